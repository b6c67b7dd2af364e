"""The header of a GGUF file, in milliseconds, whatever bytes are in it.

Format: version 2 and 3, little-endian, as in ggml's docs/gguf.md. Every count and length in the file is held against
the bytes that are left, and against what any model has, before anything is made of it.
"""

import mmap
import struct
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studiolo.errors import StorageError

KEPT_ARRAY = 256
"""Arrays up to this many elements are kept; of longer ones (vocabularies) only the length is."""
_MAX_NAME = 64 * 1024
_MAX_DIMENSIONS = 4
_MAX_TENSORS = 1 << 20
_MAX_PAIRS = 1 << 16
_MAX_STRINGS = 1 << 23
_DEFAULT_ALIGNMENT = 32

_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9

# ggml_type: (name, elements of a block, bytes of a block), as in ggml.c's type_traits.
TENSOR_TYPES: Mapping[int, tuple[str, int, int]] = {
    0: ("F32", 1, 4),
    1: ("F16", 1, 2),
    2: ("Q4_0", 32, 18),
    3: ("Q4_1", 32, 20),
    6: ("Q5_0", 32, 22),
    7: ("Q5_1", 32, 24),
    8: ("Q8_0", 32, 34),
    9: ("Q8_1", 32, 36),
    10: ("Q2_K", 256, 84),
    11: ("Q3_K", 256, 110),
    12: ("Q4_K", 256, 144),
    13: ("Q5_K", 256, 176),
    14: ("Q6_K", 256, 210),
    15: ("Q8_K", 256, 292),
    16: ("IQ2_XXS", 256, 66),
    17: ("IQ2_XS", 256, 74),
    18: ("IQ3_XXS", 256, 98),
    19: ("IQ1_S", 256, 50),
    20: ("IQ4_NL", 32, 18),
    21: ("IQ3_S", 256, 110),
    22: ("IQ2_S", 256, 82),
    23: ("IQ4_XS", 256, 136),
    24: ("I8", 1, 1),
    25: ("I16", 1, 2),
    26: ("I32", 1, 4),
    27: ("I64", 1, 8),
    28: ("F64", 1, 8),
    29: ("IQ1_M", 256, 56),
    30: ("BF16", 1, 2),
    34: ("TQ1_0", 256, 54),
    35: ("TQ2_0", 256, 66),
    39: ("MXFP4", 32, 17),
}


class GgufError(StorageError):
    """The file is no GGUF that can be used; the message says why."""


@dataclass(frozen=True)
class LongArray:
    """An array whose elements were passed over."""

    length: int


@dataclass(frozen=True)
class GgufHeader:
    """What a file says of itself. Sizes are bytes; `parameters` counts the elements of its tensors."""

    version: int
    metadata: Mapping[str, Any]
    tensor_count: int
    parameters: int
    tensor_bytes: int
    bytes_by_type: Mapping[str, int]
    data_offset: int

    @property
    def architecture(self) -> str | None:
        value = self.metadata.get("general.architecture")
        return value if isinstance(value, str) and value else None

    def of_architecture(self, name: str) -> Any:
        """The value of `<architecture>.<name>`, or None."""
        return self.metadata.get(f"{self.architecture}.{name}")


def read_header(path: Path) -> GgufHeader:
    """Read the header of one file. Raises GgufError for whatever keeps it from being used."""
    try:
        if not path.is_file():
            raise GgufError("It is not a file.")
        with path.open("rb") as file:
            if file.seek(0, 2) < 24:
                raise GgufError("The file is too short to be a model.")
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
                return _Reader(view).header()
    except OSError as error:
        raise GgufError(f"The file can't be read: {error.strerror or error}.") from error


class _Reader:
    """A position in a file, and the bytes that are left."""

    def __init__(self, view: mmap.mmap) -> None:
        self._view = view
        self._size = len(view)
        self._at = 0

    def header(self) -> GgufHeader:
        if self._take(4) != b"GGUF":
            raise GgufError("The file is not in GGUF format.")
        version = self._number("I")
        if version not in (2, 3):
            if int.from_bytes(version.to_bytes(4, "little"), "big") in (2, 3):
                raise GgufError("The file is in big-endian byte order, which this machine can't use.")
            raise GgufError(f"The file has GGUF version {version}; versions 2 and 3 are known.")
        tensors, pairs = self._number("Q"), self._number("Q")
        self._check_count(pairs, 13, _MAX_PAIRS, "metadata entries")
        self._check_count(tensors, 25, _MAX_TENSORS, "tensors")
        metadata = {}
        for _ in range(pairs):
            key = self._string(_MAX_NAME)
            metadata[key] = self._value(self._number("I"), key)
        return self._with_tensors(version, metadata, tensors)

    def _with_tensors(self, version: int, metadata: dict[str, Any], count: int) -> GgufHeader:
        sizes: Counter[str] = Counter()
        parameters = end = 0
        for _ in range(count):
            elements, type_name, size, offset = self._tensor()
            parameters += elements
            sizes[type_name] += size
            end = max(end, offset + size)
        alignment = metadata.get("general.alignment", _DEFAULT_ALIGNMENT)
        if not isinstance(alignment, int) or isinstance(alignment, bool) or not 0 < alignment <= 1 << 20:
            raise GgufError(f"The file has an alignment of {alignment!r}, which makes no sense.")
        start = -(-self._at // alignment) * alignment
        if start + end > self._size:
            raise GgufError(f"The file is cut off: it should have {start + end} bytes and has {self._size}.")
        return GgufHeader(version, metadata, count, parameters, sum(sizes.values()), dict(sizes), start)

    def _tensor(self) -> tuple[int, str, int, int]:
        name = self._string(_MAX_NAME)
        dimensions = self._number("I")
        if dimensions > _MAX_DIMENSIONS:
            raise GgufError(f"The tensor '{name[:60]}' claims {dimensions} dimensions.")
        elements = 1
        for _ in range(dimensions):
            elements *= self._number("Q")
        kind = self._number("I")
        offset = self._number("Q")
        if kind not in TENSOR_TYPES:
            raise GgufError(f"The tensor '{name[:60]}' has the unknown type {kind}.")
        type_name, block, block_bytes = TENSOR_TYPES[kind]
        return elements, type_name, -(-elements // block) * block_bytes, offset

    def _value(self, kind: int, key: str) -> Any:
        if kind in _SCALARS:
            return self._number(_SCALARS[kind])
        if kind == _STRING:
            return self._string(self._size)
        if kind != _ARRAY:
            raise GgufError(f"The metadata entry '{key[:60]}' has the unknown type {kind}.")
        element, length = self._number("I"), self._number("Q")
        if element in _SCALARS:
            width = struct.calcsize("<" + _SCALARS[element])
            self._check_count(length, width, self._size, f"numbers in '{key[:60]}'")
            if length > KEPT_ARRAY:
                self._at += length * width
                return LongArray(length)
            return list(struct.unpack(f"<{length}{_SCALARS[element]}", self._take(length * width)))
        if element == _STRING:
            self._check_count(length, 8, _MAX_STRINGS, f"strings in '{key[:60]}'")
            return self._strings(length)
        raise GgufError(f"The metadata entry '{key[:60]}' is an array of the unknown type {element}.")

    def _strings(self, count: int) -> list[str] | LongArray:
        if count <= KEPT_ARRAY:
            return [self._string(self._size) for _ in range(count)]
        # The hot loop of the whole reader: a vocabulary has hundreds of thousands of strings.
        view, at, last = self._view, self._at, self._size - 8
        unpack = struct.Struct("<Q").unpack_from
        for _ in range(count):
            if at > last:
                raise self._cut_off()
            at += 8 + unpack(view, at)[0]
        if at > self._size:
            raise self._cut_off()
        self._at = at
        return LongArray(count)

    def _string(self, limit: int) -> str:
        length = self._number("Q")
        if length > limit:
            raise GgufError(f"The header claims a text of {length} bytes.")
        return self._take(length).decode("utf-8", "replace")

    def _number(self, code: str) -> Any:
        return struct.unpack("<" + code, self._take(struct.calcsize("<" + code)))[0]

    def _take(self, count: int) -> bytes:
        if count > self._size - self._at:
            raise self._cut_off()
        self._at += count
        return self._view[self._at - count : self._at]

    def _check_count(self, count: int, least_bytes: int, limit: int, what: str) -> None:
        if count > min(limit, (self._size - self._at) // least_bytes):
            raise GgufError(f"The header claims {count} {what}, more than there can be.")

    def _cut_off(self) -> GgufError:
        return GgufError(f"The file is cut off or damaged: its header runs past its {self._size} bytes.")
