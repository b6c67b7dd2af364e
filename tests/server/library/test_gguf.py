"""The header reader, against the reference implementation and against damage."""

import contextlib
import os
import struct
import tracemalloc
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studiolo.server.library.gguf import KEPT_ARRAY, GgufError, LongArray, read_header
from studiolo.server.library.scan import Library
from tests.stands.mutants import mutants
from tests.stands.serving import STARTER
from tests.stands.tiny_model import write_tiny_llama


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_llama(tmp_path_factory.mktemp("tiny") / "tiny.gguf")


def reference(path: Path) -> tuple[dict[str, Any], int, int, int, int]:
    reader = gguf.GGUFReader(path)
    values = {name: field.contents() for name, field in reader.fields.items() if not name.startswith("GGUF.")}
    elements = sum(int(tensor.n_elements) for tensor in reader.tensors)
    size = sum(int(tensor.n_bytes) for tensor in reader.tensors)
    return values, len(reader.tensors), elements, size, int(reader.data_offset)


@pytest.mark.parametrize("which", ["tiny", "starter"])
def test_it_reads_what_the_reference_reads(which: str, tiny: Path) -> None:
    starter = Library([]).find(STARTER)
    assert starter
    path = tiny if which == "tiny" else starter.path
    values, tensors, elements, size, offset = reference(path)
    header = read_header(path)
    assert (header.tensor_count, header.parameters, header.tensor_bytes) == (tensors, elements, size)
    assert header.data_offset == offset
    assert header.metadata.keys() == values.keys()
    for name, value in header.metadata.items():
        if isinstance(value, LongArray):
            assert value.length == len(values[name]) > KEPT_ARRAY
        else:
            assert value == pytest.approx(values[name]) if isinstance(value, float) else value == values[name]


def test_it_reads_every_kind_of_value(tmp_path: Path) -> None:
    path = tmp_path / "kinds.gguf"
    writer = gguf.GGUFWriter(path, "llama")
    for name in ("uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64"):
        getattr(writer, f"add_{name}")(f"x.{name}", 7)
    writer.add_float32("x.float32", 0.5)
    writer.add_float64("x.float64", 0.25)
    writer.add_bool("x.bool", True)
    writer.add_string("x.text", "żółć 日本")
    writer.add_array("x.numbers", [1, 2, 3])
    writer.add_array("x.texts", ["a", "b"])
    writer.add_array("x.many", list(range(KEPT_ARRAY + 1)))
    writer.add_array("x.many_texts", ["t"] * (KEPT_ARRAY + 1))
    writer.add_tensor("t", np.zeros((2, 3), dtype=np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    read = read_header(path).metadata
    assert {
        read[f"x.{name}"] for name in ("uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64")
    } == {7}
    assert (read["x.float32"], read["x.float64"], read["x.bool"], read["x.text"]) == (0.5, 0.25, True, "żółć 日本")
    assert (read["x.numbers"], read["x.texts"]) == ([1, 2, 3], ["a", "b"])
    assert read["x.many"] == read["x.many_texts"] == LongArray(KEPT_ARRAY + 1)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "too short"),
        (b"GGUF", "too short"),
        (b"PK\x03\x04" + bytes(40), "not in GGUF format"),
        (b"GGUF" + struct.pack("<IQQ", 1, 0, 0), "version 1"),
        (b"GGUF" + struct.pack(">IQQ", 3, 0, 0), "big-endian"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 2**60), "metadata entries"),
        (b"GGUF" + struct.pack("<IQQ", 3, 2**60, 0), "tensors"),
        (b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 2**60) + bytes(20), "text of"),
    ],
)
def test_what_is_no_model_says_what_it_is(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "x.gguf"
    path.write_bytes(content)
    with pytest.raises(GgufError, match=words):
        read_header(path)


def test_a_download_that_stopped_half_way_is_cut_off(tiny: Path, tmp_path: Path) -> None:
    path = tmp_path / "half.gguf"
    content = tiny.read_bytes()
    for length in (30, 3000, len(content) - 1):
        path.write_bytes(content[:length])
        with pytest.raises(GgufError, match="cut off|more than there can be"):
            read_header(path)


def test_what_can_not_be_read_at_all(tmp_path: Path) -> None:
    (tmp_path / "folder.gguf").mkdir()
    (tmp_path / "dangling.gguf").symlink_to(tmp_path / "nowhere")
    (tmp_path / "circle.gguf").symlink_to(tmp_path / "circle.gguf")
    os.mkfifo(tmp_path / "pipe.gguf")
    for path in tmp_path.iterdir():
        with pytest.raises(GgufError):
            read_header(path)


@given(st.data())
@settings(max_examples=300)
def test_no_damage_raises_anything_but_its_own_error(
    tiny: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    content = bytearray(tiny.read_bytes())
    end = read_header(tiny).data_offset
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, end - 1))
        new = data.draw(st.binary(min_size=1, max_size=9))
        content[at : at + len(new)] = new
    path = tmp_path_factory.getbasetemp() / "damaged.gguf"
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    with contextlib.suppress(GgufError):
        read_header(path)


def test_two_hundred_mutants_are_read_or_refused(tiny: Path, tmp_path: Path) -> None:
    refused = 0
    for content in mutants(tiny.read_bytes(), read_header(tiny).data_offset, 200, seed=1):
        path = tmp_path / "m.gguf"
        path.write_bytes(content)
        try:
            read_header(path)
        except GgufError:
            refused += 1
    assert 50 < refused < 200, "the damage is neither harmless nor total"


def spelled(text: bytes) -> bytes:
    return struct.pack("<Q", len(text)) + text


def test_a_header_of_short_texts_takes_little_memory(tmp_path: Path) -> None:
    texts = struct.pack("<IIQ", 9, 8, KEPT_ARRAY) + spelled(b"ab") * KEPT_ARRAY
    head = b"GGUF" + struct.pack("<IQQ", 3, 0, 2000)
    content = head + b"".join(spelled(b"%d" % number) + texts for number in range(2000))
    (tmp_path / "m.gguf").write_bytes(content + bytes(64))
    tracemalloc.start()
    header = read_header(tmp_path / "m.gguf")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert header.metadata["0"] == ["ab"] * KEPT_ARRAY
    assert header.metadata["1999"] == LongArray(KEPT_ARRAY)
    assert peak < 16_000_000


def test_names_that_take_gigabytes_are_refused_soon(tmp_path: Path) -> None:
    with (tmp_path / "m.gguf").open("wb") as file:
        file.write(b"GGUF" + struct.pack("<IQQ", 3, 2000, 0))
        for _ in range(2000):
            file.write(struct.pack("<Q", 60_000))
            file.seek(60_000, os.SEEK_CUR)
            file.write(struct.pack("<IIQ", 0, 0, 0))
        file.write(bytes(64))
    with pytest.raises(GgufError, match="names"):
        read_header(tmp_path / "m.gguf")
