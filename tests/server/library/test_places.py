"""Models of other programs: seen where they lie, and left as they are."""

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path

import gguf
import pytest

from studiolo.api.chat import ChatRequest
from studiolo.client.chat import ChatApi
from studiolo.client.client import Client
from studiolo.client.models import ModelsApi
from studiolo.errors import RequestError
from studiolo.server.library.places import repository_at
from studiolo.server.library.scan import Library, LibraryModel
from tests.stands.serving import serving
from tests.stands.tiny_model import write_tiny_llama


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "person"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    for name in ("HF_HUB_CACHE", "HF_HOME", "OLLAMA_MODELS", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    return home


def found(folders: Sequence[Path] = ()) -> dict[str, LibraryModel]:
    return {model.key: model for model in Library(folders, starter=False, adopt=True).scan()}


def put_in_ollama(folder: Path, name: str = "llama3.2", tag: str = "3b", owner: str = "library") -> Path:
    blobs = folder / "blobs"
    model = write_tiny_llama(blobs / "new")
    digest = hashlib.sha256(model.read_bytes()).hexdigest()
    model = model.rename(blobs / f"sha256-{digest}")
    manifest = folder / "manifests" / "registry.ollama.ai" / owner / name / tag
    manifest.parent.mkdir(parents=True)
    layers = [
        {"mediaType": "application/vnd.ollama.image.license", "digest": "sha256:0"},
        {"mediaType": "application/vnd.ollama.image.model", "digest": f"sha256:{digest}", "size": 1},
    ]
    manifest.write_text(json.dumps({"schemaVersion": 2, "layers": layers}))
    return model


def put_in_cache(
    cache: Path,
    name: str = "acme--Tiny-GGUF",
    file: str = "Tiny-Q4_0.gguf",
    commit: str = "c" * 40,
    *,
    main: bool = True,
) -> Path:
    """As huggingface_hub does: a blob, and a link to it from the snapshot."""
    repository = cache / f"models--{name}"
    blob = write_tiny_llama(repository / "blobs" / commit)
    snapshot = repository / "snapshots" / commit
    snapshot.mkdir(parents=True)
    (snapshot / file).symlink_to(os.path.relpath(blob, snapshot))
    if main:
        (repository / "refs").mkdir(exist_ok=True)
        (repository / "refs" / "main").write_text(commit)
    return snapshot / file


def test_nothing_is_there(home: Path) -> None:
    assert found() == {}


def test_lm_studios_folders(home: Path) -> None:
    write_tiny_llama(home / ".lmstudio" / "models" / "acme" / "One-GGUF" / "One-Q4_0.gguf")
    write_tiny_llama(home / ".cache" / "lm-studio" / "models" / "acme" / "Two-GGUF" / "Two-Q4_0.gguf")
    elsewhere = home / "big disk"
    write_tiny_llama(elsewhere / "acme" / "Three-GGUF" / "Three-Q4_0.gguf")
    (home / ".lmstudio" / "settings.json").write_text(json.dumps({"downloadsFolder": str(elsewhere)}))
    models = found()
    assert sorted(models) == ["acme/one", "acme/three", "acme/two"]
    assert {model.origin for model in models.values()} == {"lm_studio"}
    (home / ".lmstudio" / "settings.json").write_text("{broken")
    assert "acme/one" in found()


def test_lm_studio_that_lives_elsewhere(home: Path) -> None:
    write_tiny_llama(home / "portable" / "models" / "acme" / "One-GGUF" / "One-Q4_0.gguf")
    (home / ".lmstudio-home-pointer").write_text(f"{home / 'portable'}\n")
    assert list(found()) == ["acme/one"]


def test_the_hugging_face_cache(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = home / ".cache" / "huggingface" / "hub"
    old = put_in_cache(cache, commit="a" * 40, main=False)
    new = put_in_cache(cache, commit="b" * 40)
    (old.parents[3] / "models--acme--Empty-GGUF" / "snapshots").mkdir(parents=True)
    broken = cache / "models--acme--Half-GGUF" / "snapshots" / ("d" * 40)
    broken.mkdir(parents=True)
    (broken / "Half-Q4_0.gguf").symlink_to("../../blobs/not-there")
    [model] = found().values()
    assert (model.key, model.origin, model.path) == ("acme/tiny", "hugging_face", new)
    monkeypatch.setenv("HF_HUB_CACHE", str(home / "other"))
    assert found() == {}


def test_ollamas_blobs(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_in_ollama(home / ".ollama" / "models")
    put_in_ollama(home / ".ollama" / "models", "mine", "latest", "somebody")
    models = found()
    assert sorted(models) == ["ollama/llama3.2-3b", "somebody/mine"]
    assert models["somebody/mine"].origin == "ollama"
    manifest = home / ".ollama" / "models" / "manifests" / "registry.ollama.ai" / "library" / "bad" / "latest"
    manifest.parent.mkdir()
    for content in ("{", "[]", '{"layers": [1, {"mediaType": "application/vnd.ollama.image.model"}]}', "\0" * 99):
        manifest.write_text(content)
        assert len(found()) == 2
    layer = {"mediaType": "application/vnd.ollama.image.model", "digest": "../../../../../../etc/passwd"}
    manifest.write_text(json.dumps({"layers": [layer]}))
    assert len(found()) == 2


def test_our_own_come_first(home: Path, tmp_path: Path) -> None:
    own = tmp_path / "models"
    write_tiny_llama(own / "acme" / "Tiny-GGUF" / "Tiny-Q4_K_M.gguf")
    lm_studio = home / ".lmstudio" / "models" / "acme" / "Tiny-GGUF"
    write_tiny_llama(lm_studio / "Tiny-Q4_K_M.gguf")
    assert [model.origin for model in found([own]).values()] == ["own"]


def test_another_quantization_of_another_program_is_there_too(home: Path, tmp_path: Path) -> None:
    own = tmp_path / "models"
    write_tiny_llama(own / "acme" / "Tiny-GGUF" / "Tiny-F32.gguf")
    write_tiny_llama(
        home / ".lmstudio" / "models" / "acme" / "Tiny-GGUF" / "Tiny-Q8_0.gguf",
        file_type=gguf.LlamaFileType.MOSTLY_Q8_0,
    )
    models = found([own])
    assert {key: model.origin for key, model in models.items()} == {"acme/tiny": "own", "acme/tiny@q8_0": "lm_studio"}


def test_what_others_have_not_finished_is_not_shown(home: Path) -> None:
    folder = home / ".lmstudio" / "models" / "acme" / "Half-GGUF"
    write_tiny_llama(folder / "Half-00001-of-00002.gguf")
    assert found() == {}


async def test_an_adopted_model_answers_and_is_not_removed(home: Path) -> None:
    blob = put_in_ollama(home / ".ollama" / "models")
    async with serving() as running, Client(running.address) as client:
        [entry] = [entry for entry in await ModelsApi(client).list_models() if entry.publisher == "ollama"]
        assert entry.origin == "ollama"
        reply = await ChatApi(client).complete(ChatRequest(model="ollama/llama3.2-3b", input="Hi", max_output_tokens=3))
        assert reply.stats.total_output_tokens == 3
        await ModelsApi(client).unload(reply.model_instance_id)
        with pytest.raises(RequestError, match="belongs to Ollama"):
            await ModelsApi(client).remove("ollama/llama3.2-3b")
        assert blob.exists()
    async with serving(adopt_models=False) as running, Client(running.address) as client:
        assert "ollama/llama3.2-3b" not in [entry.key for entry in await ModelsApi(client).list_models()]


def test_which_repository_a_place_names(home: Path) -> None:
    own, cache = home / "models", home / ".cache" / "huggingface" / "hub"
    for place in ("acme/One-GGUF/One-Q4_0.gguf", "acme/Two-GGUF/Q4_0/Two-Q4_0.gguf", "local/Mine/Mine.gguf", "x.gguf"):
        write_tiny_llama(own / place)
    put_in_cache(cache, name="acme--Three-GGUF")
    put_in_ollama(home / ".ollama" / "models")
    models = found([own])
    named = {key: repository_at(model.path, model.publisher, model.origin) for key, model in models.items()}
    assert named == {
        "acme/one": "acme/One-GGUF",
        "acme/two": "acme/Two-GGUF",
        "acme/three": "acme/Three-GGUF",
        "local/mine": None,
        "x": None,
        "ollama/llama3.2-3b": None,
    }
