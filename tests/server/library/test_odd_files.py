"""One odd file, link or name in a folder of models: it is told, and all others are as they were."""

import os
import shutil
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import thread_time

import pytest

from studiolo.client.client import Client
from studiolo.client.models import ModelsApi
from studiolo.errors import RequestError
from studiolo.paths import app_paths
from studiolo.server.library.gguf import KEPT_TEXT, GgufError, LongArray, LongText, read_header
from studiolo.server.library.scan import Library, LibraryModel
from tests.stands.plain_http import http_client
from tests.stands.serving import serving
from tests.stands.tiny_model import write_tiny_llama

TEXT, ARRAY, UINT32, FLOAT = 8, 9, 4, 6
PADDING = bytes(32)
"""What follows a header begins at a multiple of this."""


def text(content: bytes) -> bytes:
    return struct.pack("<Q", len(content)) + content


def pair(name: bytes, kind: int, value: bytes) -> bytes:
    return text(name) + struct.pack("<I", kind) + value


def header(*pairs: bytes, tensors: int = 0) -> bytes:
    return b"GGUF" + struct.pack("<IQQ", 3, tensors, len(pairs)) + b"".join(pairs)


def array(kind: int, count: int, content: bytes = b"") -> bytes:
    return struct.pack("<IQ", kind, count) + content


def write_sparse(path: Path, begin: bytes, size: int) -> Path:
    """A file that claims `size` bytes and takes a few kB of the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(begin)
    os.truncate(path, size)
    return path


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_llama(tmp_path_factory.mktemp("tiny") / "tiny.gguf")


@pytest.fixture
def scan(tiny: Path, tmp_path: Path) -> Callable[[], dict[str, LibraryModel]]:
    """Lists a folder in which one good model is."""
    good = tmp_path / "models" / "good" / "one" / "good.gguf"
    good.parent.mkdir(parents=True)
    shutil.copy(tiny, good)
    library = Library([tmp_path / "models"], starter=False)
    return lambda: {model.key: model for model in library.scan()}


def test_a_file_that_shrinks_while_it_is_read_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "shrinking.gguf"
    content = header(pair(b"tokens", ARRAY, array(TEXT, 300_000, text(b"a token") * 300_000))) + PADDING
    path.write_bytes(content)
    stop = threading.Event()

    def shrink_and_grow() -> None:
        while not stop.is_set():
            os.truncate(path, 100)
            path.write_bytes(content)

    other = threading.Thread(target=shrink_and_grow)
    other.start()
    try:
        for _ in range(40):
            # A mapped file would end the process here.
            with suppress(GgufError):
                assert read_header(path).metadata["tokens"] == LongArray(300_000)
    finally:
        stop.set()
        other.join()


@pytest.mark.parametrize(
    "begin",
    [
        header(pair(b"huge", TEXT, struct.pack("<Q", 2**32))),
        header(pair(b"huge", ARRAY, array(TEXT, 1000, struct.pack("<Q", 2**32)))),
        header(pair(b"huge", ARRAY, array(FLOAT, 2**32))),
        header(struct.pack("<Q", 2**32)),
        header(struct.pack("<QQ", 2**32, 0), tensors=1),
    ],
    ids=["text", "text of an array", "numbers", "name", "name of a tensor"],
)
def test_a_sparse_file_with_a_huge_header_takes_neither_memory_nor_time(
    begin: bytes, tmp_path: Path, scan: Callable[[], dict[str, LibraryModel]]
) -> None:
    write_sparse(tmp_path / "models" / "odd" / "sparse" / "x.gguf", begin, 2**36)
    began = thread_time()
    models = scan()
    assert thread_time() - began < 1
    assert models["good/one"].error is None
    assert models["odd/sparse"].error


@pytest.mark.parametrize(
    "pairs",
    [
        [pair(b"%d" % number, ARRAY, array(TEXT, 1_000_000, text(b"") * 1_000_000)) for number in range(6)],
        [pair(b"%d" % number, ARRAY, array(UINT32, 256, bytes(1024))) for number in range(10_000)],
        [pair(b"%d" % number, TEXT, text(b"x" * 100)) for number in range(20_000)],
    ],
    ids=["texts", "numbers", "entries"],
)
def test_arrays_of_millions_take_no_time(pairs: list[bytes], tmp_path: Path) -> None:
    path = tmp_path / "many.gguf"
    path.write_bytes(header(*pairs) + PADDING)
    began = thread_time()
    kept: list[list[object]] = []
    with suppress(GgufError):
        kept = [value for value in read_header(path).metadata.values() if isinstance(value, list)]
    assert sum(map(len, kept)) <= 1 << 16
    assert thread_time() - began < 2, "so long, at most, others wait for the list of models"


def test_a_long_text_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "long.gguf"
    path.write_bytes(
        header(
            pair(b"tokenizer.huggingface.json", TEXT, text(b"x" * (KEPT_TEXT + 1))),
            pair(b"short", TEXT, text(b"kept")),
        )
        + PADDING
    )
    found = read_header(path).metadata
    assert found == {"tokenizer.huggingface.json": LongText(KEPT_TEXT + 1), "short": "kept"}


def test_links_that_may_not_be_followed_hide_no_model(
    tmp_path: Path, scan: Callable[[], dict[str, LibraryModel]]
) -> None:
    for folder in (tmp_path / "models", tmp_path / "models" / "good", tmp_path / "models" / "good" / "one"):
        (folder / "circle").symlink_to("circle")
        (folder / "long").symlink_to("x" * 300)
        (folder / "circle.gguf").symlink_to("circle.gguf")
        (folder / "long.gguf").symlink_to("x" * 300)
    models = scan()
    assert models["good/one"].error is None
    assert {key for key, model in models.items() if not model.error} == {"good/one"}


def test_a_name_that_is_no_utf8_is_told_and_can_be_written(
    tiny: Path, tmp_path: Path, scan: Callable[[], dict[str, LibraryModel]]
) -> None:
    for place in (b"odd/name/m\xff.gguf", b"odd/\xfe/m.gguf", b"\xfd/three/m.gguf", b"\xfc.gguf"):
        path = Path(os.fsdecode(os.fsencode(tmp_path / "models") + b"/" + place))
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(tiny, path)
    models = scan()
    assert models["good/one"].error is None
    odd = [model for key, model in models.items() if key != "good/one"]
    assert len(odd) == 4
    for model in odd:
        assert "not UTF-8" in (model.error or "")
        f"{model.key}{model.publisher}{model.display_name}".encode()


def test_a_model_folder_whose_name_is_impossible_is_empty(tiny: Path, tmp_path: Path) -> None:
    shutil.copy(tiny, tmp_path / "good.gguf")
    library = Library([Path("with\0nul"), Path("x" * 300), tmp_path], starter=False)
    assert [model.key for model in library.scan()] == ["good"]


@pytest.mark.parametrize("place", [".lmstudio/settings.json", ".lmstudio-home-pointer"])
def test_a_pipe_among_other_programs_settings_is_not_waited_for(
    place: str, tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    good = tmp_path / ".lmstudio" / "models" / "a" / "b" / "good.gguf"
    good.parent.mkdir(parents=True)
    shutil.copy(tiny, good)
    os.mkfifo(tmp_path / place)
    (tmp_path / ".cache" / "lm-studio").mkdir(parents=True)
    (tmp_path / ".cache" / "lm-studio" / "models").symlink_to("models")
    assert [model.key for model in Library([], starter=False, adopt=True).scan()] == ["a/b"]


async def test_listings_and_chats_go_on_beside_odd_files(tiny: Path) -> None:
    models = app_paths().models
    write_sparse(models / "odd" / "sparse" / "x.gguf", header(pair(b"huge", TEXT, struct.pack("<Q", 2**32))), 2**33)
    (models / "odd" / "circle").symlink_to("circle")
    odd = Path(os.fsdecode(os.fsencode(models) + b"/odd/name/m\xff.gguf"))
    good = models / "good" / "one" / "good.gguf"
    for path in (odd, good):
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(tiny, path)
    async with serving() as server, Client(server.address) as client:
        listed = {entry.key: getattr(entry, "error", None) for entry in await ModelsApi(client).list_models()}
        assert listed["good/one"] is None
        assert listed["odd/sparse"]
        assert listed["odd/name"]
        stored = {model.key: model for model in (await ModelsApi(client).inventory()).models}
        assert "�" in stored["odd/name"].path
        async with http_client(server.address) as http:
            names = {model["id"] for model in (await http.get("/v1/models")).json()["data"]}
            assert "good/one" in names
            assert not any(name.startswith("odd/") for name in names)
            asked = {"model": "good/one", "input": "Hello", "max_output_tokens": 3}
            answer = await http.post("/api/v1/chat", json=asked, timeout=60)
            assert answer.status_code == 200
        with pytest.raises(RequestError, match="can't be read"):
            await ModelsApi(client).details("odd/sparse")
        for key in ("odd/name", "good/one"):
            assert (await ModelsApi(client).details(key)).tensor_count > 0
