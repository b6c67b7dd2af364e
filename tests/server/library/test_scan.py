"""Folders to models."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import pytest

from studiolo.hub import filenames
from studiolo.server.library import naming
from studiolo.server.library.gguf import read_header
from studiolo.server.library.scan import Library, LibraryModel
from tests.stands.mutants import write_mutants
from tests.stands.serving import STARTER
from tests.stands.tiny_model import CHAT_TEMPLATE, write_tiny_llama

Scan = Callable[[], dict[str, LibraryModel]]


class Put(Protocol):
    """Puts a model file at `place` below the models folder."""

    def __call__(self, place: str, **options: Any) -> Path: ...


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_llama(tmp_path_factory.mktemp("tiny") / "tiny.gguf")


@pytest.fixture
def put(tiny: Path, tmp_path: Path) -> Put:
    """Put a copy of the tiny model at `place` below the models folder."""

    def put(place: str, **options: Any) -> Path:
        path = tmp_path / "models" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        if options:
            return write_tiny_llama(path, **options)
        shutil.copy(tiny, path)
        return path

    return put


@pytest.fixture
def scan(tmp_path: Path) -> Scan:
    library = Library([tmp_path / "models"], starter=False)
    return lambda: {model.key: model for model in library.scan()}


def test_a_folder_that_is_not_there_is_empty(scan: Scan) -> None:
    assert scan() == {}


def test_a_model_is_named_by_its_place(put: Put, scan: Scan) -> None:
    path = put("SomeOne/Tiny-Model-GGUF/tiny-model.gguf")
    model = scan()["someone/tiny-model"]
    assert (model.publisher, model.display_name) == ("SomeOne", "Tiny Model")
    assert (model.path, model.files, model.error) == (path, (path,), None)
    assert (model.architecture, model.kind, model.max_context_length) == ("llama", "llm", 2048)
    assert model.quantization
    assert model.quantization.name == "F32"
    assert model.parameters == read_header(path).parameters


def test_files_that_lie_shallow_or_deep_are_models_too(put: Put, scan: Scan) -> None:
    for place in ("alone.gguf", "folder/x.gguf", "a/b/deep/x.gguf"):
        put(place)
    assert set(scan()) == {"alone", "folder", "a/b"}


def test_parts_are_one_model(put: Put, scan: Scan) -> None:
    for part in (1, 2, 3):
        put(f"p/r/big-0000{part}-of-00003.gguf")
    [model] = scan().values()
    assert [path.name for path in model.files] == [f"big-0000{part}-of-00003.gguf" for part in (1, 2, 3)]
    assert model.path == model.files[0]
    assert model.size_bytes == sum(path.stat().st_size for path in model.files)
    assert model.error is None


def test_a_missing_part_is_named(put: Put, scan: Scan) -> None:
    for part in (1, 3):
        put(f"p/r/big-0000{part}-of-00003.gguf")
    [model] = scan().values()
    assert model.error
    assert "1 are missing: 2" in model.error


def test_a_projector_belongs_to_its_model(put: Put, scan: Scan) -> None:
    put("p/r/model-Q8_0.gguf")
    projector = put("p/r/mmproj-model-f16.gguf")
    [model] = scan().values()
    assert model.mmproj == projector
    assert model.capabilities.vision is True


def test_several_quantizations_of_one_repository(put: Put, scan: Scan, tmp_path: Path) -> None:
    for name in ("m-Q8_0.gguf", "m-Q4_K_M.gguf", "m-Q2_K.gguf"):
        path = put(f"p/r/{name}")
        content = path.read_bytes()
        # The file's own word would win over its name: take it away.
        (tmp_path / "models/p/r" / name).write_bytes(content.replace(b"general.file_type", b"general.file_typo"))
    models = scan()
    assert set(models) == {"p/r", "p/r@q8_0", "p/r@q2_k"}
    assert models["p/r"].path.name == "m-Q4_K_M.gguf", "the usual choice has the bare key"
    library = Library([tmp_path / "models"], starter=False)
    for name, file in (("P/R@Q4_K_M", "m-Q4_K_M.gguf"), ("p/r@q8_0", "m-Q8_0.gguf")):
        found = library.find(name)
        assert found
        assert found.path.name == file
    assert library.find("p/r@q3_k") is None


def test_broken_files_are_listed_with_their_reason_and_break_nothing(put: Put, scan: Scan, tmp_path: Path) -> None:
    put("good/one/x.gguf")
    folder = tmp_path / "models" / "bad"
    for name in ("empty", "text", "folder", "dangling", "pipe", "locked"):
        (folder / name).mkdir(parents=True)
    (folder / "empty/x.gguf").touch()
    (folder / "text/x.gguf").write_text("this is not the model you are looking for")
    (folder / "folder/x.gguf").mkdir()
    (folder / "dangling/x.gguf").symlink_to("nowhere")
    os.mkfifo(folder / "pipe/x.gguf")
    (folder / "locked/x.gguf").write_bytes(b"GGUF")
    (folder / "locked/x.gguf").chmod(0)
    models = scan()
    assert models["good/one"].error is None
    broken = {key for key, model in models.items() if model.error}
    assert broken == {f"bad/{name}" for name in ("empty", "text", "folder", "dangling", "pipe", "locked")}


def test_links_in_a_circle_end(put: Put, scan: Scan, tmp_path: Path) -> None:
    put("p/r/x.gguf")
    (tmp_path / "models/p/again").symlink_to(tmp_path / "models")
    assert "p/r" in scan()


def test_downloads_under_way_are_not_models(put: Put, scan: Scan) -> None:
    put("p/r/x.gguf.part")
    put("p/r/.hidden/x.gguf")
    assert scan() == {}


def test_a_file_that_changes_is_read_again(put: Put, scan: Scan, tmp_path: Path) -> None:
    path = put("p/r/x.gguf")
    library = Library([tmp_path / "models"], starter=False)
    before = library.find("p/r")
    assert before
    assert before.error is None
    with open(path, "r+b") as file:
        file.truncate(100)
    after = library.find("p/r")
    assert after
    assert after.error
    os.unlink(path)
    assert library.find("p/r") is None


def test_the_starter_model_is_listed_and_gives_way(put: Put, tmp_path: Path) -> None:
    starter = Library([tmp_path / "models"]).find(STARTER)
    assert starter
    assert starter.path.name == "SmolLM2-135M-Instruct.Q4_1.gguf"
    put("HuggingFaceTB/SmolLM2-135M-Instruct-GGUF/own.gguf")
    library = Library([tmp_path / "models"])
    own = library.find(STARTER)
    assert own
    assert own.path.name == "own.gguf"
    assert len(library.scan()) == 1


@pytest.mark.parametrize(
    ("template", "tools", "reasoning"),
    [
        (CHAT_TEMPLATE, False, None),
        ("{%- if tools %}{{ tools }}{% endif %}" + CHAT_TEMPLATE, True, None),
        (CHAT_TEMPLATE + "{% if enable_thinking %}<think>{% endif %}", False, (["off", "on"], "off")),
        (CHAT_TEMPLATE + "{% if enable_thinking is not false %}<think>{% endif %}", False, (["off", "on"], "on")),
        (CHAT_TEMPLATE + "{{ reasoning_effort }}", False, (["low", "medium", "high"], "medium")),
        (CHAT_TEMPLATE.replace("assistant\\n", "assistant\\n<think>\\n"), False, (["on"], "on")),
    ],
)
def test_capabilities_come_from_the_chat_template(
    put: Put, scan: Scan, template: str, tools: bool, reasoning: tuple[list[str], str] | None
) -> None:
    put("p/r/x.gguf", chat_template=template)
    found = scan()["p/r"].capabilities
    assert found.trained_for_tool_use is tools
    assert (found.reasoning and (found.reasoning.allowed_options, found.reasoning.default)) == reasoning


def test_a_model_that_only_embeds_is_told_by_its_architecture(put: Put, scan: Scan) -> None:
    put("p/r/x.gguf", architecture="bert", chat_template=None)
    assert scan()["p/r"].kind == "embedding"


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (134515008, "135M"),
        (7_000_000_000, "7B"),
        (8_190_735_360, "8.2B"),
        (596_049_920, "596M"),
        (1e12, "1T"),
        (500, None),
    ],
)
def test_parameters_are_written_as_people_say_them(count: float, text: str | None) -> None:
    assert naming.parameters_string(int(count)) == text


@pytest.mark.parametrize(
    ("stem", "name"),
    [
        ("Qwen3-8B-Q4_K_M", "Q4_K_M"),
        ("model.IQ2_XXS", "IQ2_XXS"),
        ("gemma-3-UD-Q5_K_XL", "UD-Q5_K_XL"),
        ("llama-bf16", "BF16"),
        ("gpt-oss-20b-MXFP4", "MXFP4"),
        ("SmolLM2-135M", None),
        ("Q", None),
    ],
)
def test_quantizations_are_recognised_in_file_names(stem: str, name: str | None) -> None:
    assert filenames.quantization_in_name(stem) == name


def test_every_mutant_is_listed(tiny: Path, tmp_path: Path) -> None:
    folder = tmp_path / "models"
    written = write_mutants(tiny, read_header(tiny).data_offset, folder, 200, seed=2)
    models = Library([folder], starter=False).scan()
    assert {model.path for model in models} == set(written)
    assert any(model.error for model in models)
    assert any(not model.error for model in models)
