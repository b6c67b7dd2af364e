"""What lies in one repository's folder on a disk, and which of it is a model to chat with."""

import shutil
import struct
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gguf
import pytest

from studiolo.paths import app_paths
from studiolo.server.library.gguf import read_header
from studiolo.server.library.moving import plan_move
from studiolo.server.library.removal import remove_model
from studiolo.server.library.scan import Library, LibraryModel
from tests.stands.gguf_writer import GgufWriter
from tests.stands.plain_http import http_client
from tests.stands.projector import write_projector
from tests.stands.serving import serving
from tests.stands.tiny_model import write_tiny_llama

FOLDER = Path("unsloth") / "Big-GGUF"
KEY = "unsloth/big"
Put = Callable[..., Path]
Scan = Callable[[], dict[str, LibraryModel]]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_llama(tmp_path_factory.mktemp("tiny") / "tiny.gguf")


@pytest.fixture
def put(tiny: Path, tmp_path: Path) -> Put:
    """Put a whole model at a place below the repository's folder, as if it said nothing of its quantization."""

    def put(place: str) -> Path:
        path = tmp_path / FOLDER / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(tiny.read_bytes().replace(b"general.file_type", b"general.file_typo"))
        return path

    return put


@pytest.fixture
def see(tmp_path: Path) -> Put:
    """Put a projector there."""

    def see(place: str) -> Path:
        return write_projector(tmp_path / FOLDER / place, model_width=64)

    return see


@pytest.fixture
def scan(tmp_path: Path) -> Scan:
    library = Library([tmp_path], starter=False)
    return lambda: {model.key: model for model in library.scan()}


def write_header(path: Path, architecture: str, **values: Any) -> Path:
    """A file without tensors that says what it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = GgufWriter(path, architecture)
    for name, value in values.items():
        writer.add_string(name.replace("__", "."), value)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()
    with path.open("ab") as file:
        file.write(bytes(32))
    return path


@pytest.mark.parametrize("drafter", ["mtp-Big-Q8_0.gguf", "MTP/Big-Q8_0-MTP.gguf"])
def test_a_drafter_hides_no_model_and_belongs_to_it(put: Put, scan: Scan, drafter: str) -> None:
    model, beside = put("Big-Q8_0.gguf"), put(drafter)
    assert [(one.path, one.drafter, one.error) for one in scan().values()] == [(model, beside, None)]


def test_of_several_drafters_a_model_has_that_of_its_quantization(put: Put, scan: Scan) -> None:
    for name in ("Big-Q8_0.gguf", "Big-Q4_K_M.gguf", "mtp-Big-Q8_0.gguf", "mtp-Big-Q4_K_M.gguf"):
        put(name)
    models = scan()
    assert {key: model.drafter and model.drafter.name for key, model in models.items()} == {
        KEY: "mtp-Big-Q4_K_M.gguf",
        f"{KEY}@q8_0": "mtp-Big-Q8_0.gguf",
    }


def test_a_whole_model_with_mtp_in_its_name_is_one(put: Put, scan: Scan) -> None:
    put("Big-MTP-Q8_0.gguf")
    assert scan()[KEY].error is None


@pytest.mark.parametrize(
    ("architecture", "values", "words"),
    [
        ("llama", {"general__type": "adapter", "tokenizer__ggml__model": "llama"}, "adapter"),
        ("llama", {"general__type": "imatrix"}, "importance matrix"),
        ("flux", {}, "images or sound (flux)"),
        ("wan", {}, "images or sound (wan)"),
        ("whisper", {}, "images or sound (whisper)"),
        ("wavtokenizer-dec", {"tokenizer__ggml__model": "none"}, "images or sound"),
    ],
)
def test_what_is_no_language_model_says_what_it_is(
    put: Put, scan: Scan, tmp_path: Path, architecture: str, values: dict[str, str], words: str
) -> None:
    good = put("Big-Q8_0.gguf")
    write_header(tmp_path / FOLDER / "Big-other-Q8_0.gguf", architecture, **values)
    write_header(tmp_path / "alone" / "repo" / "x.gguf", architecture, **values)
    models = scan()
    assert (models[KEY].path, models[KEY].error) == (good, None)
    others = [model for key, model in models.items() if key != KEY]
    assert len(others) == 2
    assert all(words in (model.error or "") for model in others)


@pytest.mark.parametrize(
    ("architecture", "values"), [("clip", {}), ("qwen3", {"general__type": "mmproj"}), ("dflash", {}), ("eagle3", {})]
)
def test_a_header_tells_what_a_name_does_not(
    put: Put, scan: Scan, tmp_path: Path, architecture: str, values: dict[str, str]
) -> None:
    put("Big-Q8_0.gguf")
    beside = write_header(tmp_path / FOLDER / "Big-F16.gguf", architecture, **values)
    [model] = scan().values()
    assert model.companions == (beside,)
    assert model.error is None


def test_a_projector_for_sound_alone_shows_nothing(put: Put, scan: Scan, tmp_path: Path) -> None:
    put("Big-Q8_0.gguf")
    path = tmp_path / FOLDER / "mmproj-audio.gguf"
    writer = GgufWriter(path, "clip")
    writer.add_bool("clip.has_audio_encoder", True)
    writer.add_bool("clip.has_vision_encoder", False)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()
    with path.open("ab") as file:
        file.write(bytes(32))
    model = scan()[KEY]
    assert (model.mmproj, model.capabilities.vision) == (path, False)


def test_a_split_model_in_its_own_folder_sees_by_the_projector_of_the_root(put: Put, see: Put, scan: Scan) -> None:
    parts = [put(f"UD-Q4_K_XL/Big-UD-Q4_K_XL-0000{part}-of-00002.gguf") for part in (1, 2)]
    eyes = see("mmproj-F16.gguf")
    [model] = scan().values()
    assert (model.files, model.mmproj, model.error) == (tuple(parts), eyes, None)
    assert model.capabilities.vision


def test_each_of_two_models_sees_by_its_own_projector(put: Put, see: Put, scan: Scan) -> None:
    for size in ("4b", "12b"):
        put(f"gemma-{size}-Q4_0.gguf")
        see(f"mmproj-gemma-{size}-F16.gguf")
    for model in scan().values():
        assert model.mmproj
        assert model.path.name.split("-")[1] in model.mmproj.name


def test_two_uploads_of_one_split_are_told_apart(put: Put, scan: Scan) -> None:
    two = [put(f"m-Q8_0-0000{part}-of-00002.gguf") for part in (1, 2)]
    put("m-Q8_0-00001-of-00003.gguf")
    models = scan()
    assert models[KEY].files == tuple(two)
    [broken] = [model for model in models.values() if model.error]
    assert "2 are missing: 2, 3" in (broken.error or "")


def test_a_folder_alone_names_the_quantization(put: Put, scan: Scan) -> None:
    for quantization in ("Q4_K_M", "Q8_0"):
        put(f"{quantization}/model-00001-of-00001.gguf")
    found = {key: model.quantization and model.quantization.name for key, model in scan().items()}
    assert found == {KEY: "Q4_K_M", f"{KEY}@q8_0": "Q8_0"}


def test_the_usual_quantization_on_a_disk_is_that_of_the_hub(put: Put, scan: Scan) -> None:
    for name in ("Big-Q8_0.gguf", "Big-MXFP4.gguf", "Big-Q2_K.gguf"):
        put(name)
    assert scan()[KEY].path.name == "Big-MXFP4.gguf"


@pytest.mark.parametrize("where", ["removed", "moved"])
def test_companions_go_with_the_last_model_that_needs_them(
    put: Put, see: Put, scan: Scan, tmp_path: Path, where: str
) -> None:
    put("Q4_0/Big-Q4_0-00001-of-00001.gguf"), put("Big-Q8_0.gguf"), put("mtp-Big.gguf"), see("mmproj-F16.gguf")
    other = tmp_path.parent / f"{tmp_path.name}-other"
    for turn, key in enumerate((f"{KEY}@q8_0", KEY)):
        model = scan()[key]
        if where == "removed":
            remove_model(model)
        else:
            plan_move(model, tmp_path, other).carry_out(lambda _: None, threading.Event())
        left = sorted(path.name for path in (tmp_path / FOLDER).rglob("*.gguf"))
        assert ("mmproj-F16.gguf" in left) == ("mtp-Big.gguf" in left) == (turn == 0)
    assert not (tmp_path / "unsloth").exists()
    if where == "moved":
        assert {path.name for path in other.rglob("*.gguf")} >= {"mtp-Big.gguf", "mmproj-F16.gguf"}
        shutil.rmtree(other)


@pytest.mark.parametrize("kind", [gguf.GGMLQuantizationType.NVFP4, gguf.GGMLQuantizationType.Q8_0])
async def test_a_new_type_is_the_engine_s_to_judge(kind: gguf.GGMLQuantizationType) -> None:
    # A width of 64 is one block of it.
    path = write_tiny_llama(app_paths().models / "acme" / "new" / "new-NVFP4.gguf", stored=kind, brief=True)
    async with serving() as server, http_client(server.address, timeout=60) as http:
        [entry] = [one for one in (await http.get("/api/v1/models")).json()["models"] if one["key"] == "acme/new"]
        assert "error" not in entry
        asked = {"model": "acme/new", "input": "x", "max_output_tokens": 3}
        assert (await http.post("/api/v1/chat", json=asked)).status_code == 200
    assert kind.name in read_header(path).bytes_by_type


def test_a_type_that_nobody_knows_here_is_no_damage(tiny: Path, tmp_path: Path) -> None:
    content = tiny.read_bytes()
    name = b"blk.0.ffn_up.weight"
    at = content.index(name) + len(name) + 4 + 16
    assert struct.unpack_from("<I", content, at)[0] == 0
    path = tmp_path / "p" / "r" / "x.gguf"
    path.parent.mkdir(parents=True)
    path.write_bytes(content[:at] + struct.pack("<I", 99) + content[at + 4 :])
    header, usual = read_header(path), read_header(tiny)
    assert header.tensor_bytes == usual.tensor_bytes, "up to the next tensor"
    assert header.bytes_by_type["type 99"] == 64 * 128 * 4
    [model] = Library([tmp_path], starter=False).scan()
    assert model.error is None


async def test_a_quantization_that_was_chosen_is_what_the_key_means(tiny: Path) -> None:
    for name in ("Big-Q4_K_M.gguf", "Big-Q8_0.gguf"):
        path = app_paths().models / FOLDER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(tiny.read_bytes().replace(b"general.file_type", b"general.file_typo"))
    async with serving() as server, http_client(server.address, timeout=60) as http:

        async def selected() -> tuple[str, list[str]]:
            models = (await http.get("/api/v1/models")).json()["models"]
            entry = next(one for one in models if one["key"] == KEY)
            assert entry["quantization"]["name"].lower() == entry["selected_variant"].partition("@")[2]
            return entry["selected_variant"], sorted(entry["variants"])

        both = [f"{KEY}@q4_k_m", f"{KEY}@q8_0"]
        assert await selected() == (both[0], both)
        for chosen in (both[1], "Q8_0"):
            change = {"model_defaults": {"Unsloth/Big": {"variant": chosen}}}
            (await http.patch("/api/v1/server/settings", json=change)).raise_for_status()
            assert await selected() == (both[1], both)
        await http.post("/api/v1/models/load", json={"model": KEY})
        assert server.pool.instances[0].model.path.name == "Big-Q8_0.gguf"
        change = {"model_defaults": {KEY: {"variant": "Q2_K"}}}
        (await http.patch("/api/v1/server/settings", json=change)).raise_for_status()
        assert await selected() == (both[0], both), "what is not there can't be meant"
