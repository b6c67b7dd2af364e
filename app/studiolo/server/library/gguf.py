"""The header of a GGUF file, in milliseconds, whatever bytes are in it.

Format: version 2 and 3, little-endian, as in ggml's docs/gguf.md. Every count and length in the file is held against
the bytes that are left, and against what any model has, before anything is made of it. It is read piece by piece and
never mapped: a mapped file that shrinks meanwhile ends the whole process with SIGBUS.
"""

import os
import stat
import struct
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import FileIO
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

from studiolo.errors import StorageError

KEPT_ARRAY = 256
"""Arrays up to this many elements are kept; of longer ones (vocabularies) only the length is."""
KEPT_TEXT = 2**20
"""Texts up to this many bytes are kept; of longer ones (whole tokenizers in JSON) only the length is."""
_MAX_NAME = 64 * 1024
_MAX_DIMENSIONS = 4
_MAX_TENSORS = 1 << 16
_MAX_PAIRS = 1 << 14
_MAX_TEXTS = 1 << 22
"""Elements of all arrays of texts together: the largest vocabularies have less than a million."""
_MAX_NUMBERS = 1 << 16
"""Numbers of all arrays that are kept together; later arrays are passed over."""
_MAX_KEPT = 2**24
"""Bytes of all texts that are kept together; later ones are passed over."""
_MAX_KEPT_TEXTS = 1 << 16
"""Texts of all arrays that are kept together: each takes some fifty bytes more than it has letters."""
_MAX_NAMES = 2**24
"""Bytes of all names together; the engine takes none of more than 64, and the largest models have some thousands."""
_MAX_HEADER = 2**28
"""Bytes: the largest headers, with a tokenizer inside, have a tenth of it."""
_WINDOW = 2**20
_DEFAULT_ALIGNMENT = 32

_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9

_TOKENS, _TOKEN_TYPES = "tokenizer.ggml.tokens", "tokenizer.ggml.token_type"
_NORMAL = 1
_EXPERTS = "exps."
"""In the names of tensors that hold all experts of a layer (llama-arch.cpp)."""
_MAX_TOKEN = 4096
"""Bytes: longer tokens are no marks that anybody writes."""

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
    40: ("NVFP4", 64, 36),
    41: ("Q1_0", 128, 18),
}


class GgufError(StorageError):
    """The file is no GGUF that can be used; the message says why."""


@dataclass(frozen=True)
class LongArray:
    """An array whose elements were passed over."""

    length: int


@dataclass(frozen=True)
class LongText:
    """A text that was passed over; `length` in bytes."""

    length: int


@dataclass(frozen=True)
class GgufHeader:
    """What a file says of itself. Sizes are bytes; `parameters` counts the elements of its tensors.

    A tensor of a type that is not known here stands in `bytes_by_type` as `type 99`, with the bytes up to the next.
    `expert_bytes`: of tensors with the experts of a mixture.
    """

    version: int
    metadata: Mapping[str, Any]
    tensor_count: int
    parameters: int
    tensor_bytes: int
    bytes_by_type: Mapping[str, int]
    data_offset: int
    expert_bytes: int = 0

    @property
    def architecture(self) -> str | None:
        """Return the architecture, such as `llama`; None where the file names none."""
        value = self.metadata.get("general.architecture")
        return value if isinstance(value, str) and value else None

    def of_architecture(self, name: str) -> Any:
        """Return the value of `<architecture>.<name>`, or None."""
        return self.metadata.get(f"{self.architecture}.{name}")


def read_header(path: Path) -> GgufHeader:
    """Read the header of one file. Raises GgufError for whatever keeps it from being used."""
    return _read(path, _Reader.header)


T = TypeVar("T")


def _read(path: Path, what: "Callable[[_Reader], T]") -> T:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise GgufError("It is not a file.")
        with open(path, "rb", buffering=0, opener=_open_at_once) as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise GgufError("It is not a file.")
            if found.st_size < 24:
                raise GgufError("The file is too short to be a model.")
            return what(_Reader(file, found.st_size))
    except OSError as error:
        raise GgufError(f"The file can't be read: {error.strerror or error}.") from error
    except ValueError as error:  # A name with a NUL, or one that this system can't spell.
        raise GgufError(f"The file can't be read: {error}.") from error


def read_vocabulary(path: Path, wanted: Callable[[int, bytes], bool]) -> tuple[GgufHeader, list[tuple[int, str]]]:
    """Return the header, and of the vocabulary the tokens that are `wanted`, each with its type.

    wanted: told a token's type (ggml's llama_token_type, 1 where the file does not say) and its text in UTF-8. Raises
    GgufError, also where more than _MAX_KEPT_TEXTS tokens, or _MAX_KEPT bytes, are wanted.
    """

    def read(reader: "_Reader") -> tuple[GgufHeader, list[tuple[int, str]]]:
        header = reader.header()
        return header, reader.tokens(wanted)

    return _read(path, read)


def _open_at_once(path: str, flags: int) -> int:
    """Open without waiting: what was a file a moment ago may be a pipe now."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


@dataclass(frozen=True)
class _Tensor:
    type_name: str
    elements: int
    size: int | None
    """Bytes; None where only what comes after it tells."""
    offset: int
    of_experts: bool


class _Reader:
    """A position in a file, a window of what is there, and the bytes that are left."""

    def __init__(self, file: FileIO, size: int) -> None:
        self._file = file
        self._size = size
        self._at = 0
        self._window = b""
        self._start = 0
        self._texts = self._numbers = self._kept = self._kept_texts = self._names = 0
        self._arrays: dict[str, tuple[int, int, int]] = {}
        """Return of each array the type of its elements, how many they are, and where they begin."""

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
        self._check_count(tensors, 24, _MAX_TENSORS, "tensors")
        metadata = {}
        for _ in range(pairs):
            key = self._name()
            metadata[key] = self._value(self._number("I"), key)
        return self._with_tensors(version, metadata, [self._tensor() for _ in range(tensors)])

    def _with_tensors(self, version: int, metadata: dict[str, Any], tensors: list[_Tensor]) -> GgufHeader:
        alignment = metadata.get("general.alignment", _DEFAULT_ALIGNMENT)
        if not isinstance(alignment, int) or isinstance(alignment, bool) or not 0 < alignment <= 1 << 20:
            raise GgufError(f"The file has an alignment of {str(alignment)[:60]}, which makes no sense.")
        start = -(-self._at // alignment) * alignment
        sizes = _sizes(tensors, max(0, self._size - start))
        end = max((tensor.offset + size for tensor, size in zip(tensors, sizes, strict=True)), default=0)
        if start + end > self._size:
            raise GgufError(f"The file is cut off: it should have {start + end} bytes and has {self._size}.")
        by_type: Counter[str] = Counter()
        for tensor, size in zip(tensors, sizes, strict=True):
            by_type[tensor.type_name] += size
        parameters = sum(tensor.elements for tensor in tensors)
        experts = sum(size for tensor, size in zip(tensors, sizes, strict=True) if tensor.of_experts)
        return GgufHeader(version, metadata, len(tensors), parameters, sum(sizes), dict(by_type), start, experts)

    def _tensor(self) -> _Tensor:
        name = self._name()
        dimensions = self._number("I")
        if dimensions > _MAX_DIMENSIONS:
            raise GgufError(f"The tensor '{name[:60]}' claims {dimensions} dimensions.")
        elements = 1
        for _ in range(dimensions):
            elements *= self._number("Q")
        kind = self._number("I")
        offset = self._number("Q")
        if kind not in TENSOR_TYPES:
            # Engines learn new types before we do: it is theirs to judge.
            return _Tensor(f"type {kind}", elements, None, offset, _EXPERTS in name)
        type_name, block, block_bytes = TENSOR_TYPES[kind]
        return _Tensor(type_name, elements, -(-elements // block) * block_bytes, offset, _EXPERTS in name)

    def _value(self, kind: int, key: str) -> Any:
        if kind in _SCALARS:
            return self._number(_SCALARS[kind])
        if kind == _STRING:
            return self._text()
        if kind != _ARRAY:
            raise GgufError(f"The metadata entry '{key[:60]}' has the unknown type {kind}.")
        element, length = self._number("I"), self._number("Q")
        self._arrays[key] = (element, length, self._at)
        if element in _SCALARS:
            width = struct.calcsize("<" + _SCALARS[element])
            self._check_count(length, width, self._size, f"numbers in '{key[:60]}'")
            self._numbers += min(length, KEPT_ARRAY)
            if length > KEPT_ARRAY or self._numbers > _MAX_NUMBERS:
                self._skip(length * width)
                return LongArray(length)
            return list(struct.unpack(f"<{length}{_SCALARS[element]}", self._take(length * width)))
        if element == _STRING:
            self._texts += length
            self._check_count(length, 8, _MAX_TEXTS, f"texts in '{key[:60]}'")
            if self._texts > _MAX_TEXTS:
                raise GgufError("The header holds more texts than that of any model.")
            return self._text_array(length)
        raise GgufError(f"The metadata entry '{key[:60]}' is an array of the unknown type {element}.")

    def _text_array(self, count: int) -> list[Any] | LongArray:
        self._kept_texts += min(count, KEPT_ARRAY)
        if count <= KEPT_ARRAY and self._kept_texts <= _MAX_KEPT_TEXTS:
            return [self._text() for _ in range(count)]
        # The hot loop of the whole reader: a vocabulary has hundreds of thousands of texts.
        unpack = struct.Struct("<Q").unpack_from
        left = count
        while left:
            self._need(8)
            window, at, last = self._window, self._at - self._start, len(self._window) - 8
            while left and at <= last:
                at += 8 + unpack(window, at)[0]
                left -= 1
            self._at = self._start + at
            self._check_position()
        return LongArray(count)

    def tokens(self, wanted: Callable[[int, bytes], bool]) -> list[tuple[int, str]]:
        """See read_vocabulary; after `header`."""
        element, count, begin = self._arrays.get(_TOKENS, (_STRING, 0, 0))
        if element != _STRING:
            return []
        kinds = self._token_types()
        unpack = struct.Struct("<Q").unpack_from
        self._go(begin)
        found: list[tuple[int, str]] = []
        size = 0
        for number in range(count):
            at = self._at - self._start
            if at + 8 > len(self._window):
                self._need(8)
                at = self._at - self._start
            length = unpack(self._window, at)[0]
            self._at += 8
            kind = kinds[number] if number < len(kinds) else _NORMAL
            if length <= _MAX_TOKEN and wanted(kind, text := self._take(length)):
                found.append((kind, text.decode("utf-8", "replace")))
                size += length
                if len(found) > _MAX_KEPT_TEXTS or size > _MAX_KEPT:
                    raise GgufError("The vocabulary has more special tokens than that of any model.")
            elif length > _MAX_TOKEN:
                self._skip(length)
        return found

    def _token_types(self) -> Sequence[int]:
        element, count, begin = self._arrays.get(_TOKEN_TYPES, (0, 0, 0))
        if element not in _SCALARS or count > _MAX_TEXTS:
            return ()
        self._go(begin)
        code = _SCALARS[element]
        return struct.unpack(f"<{count}{code}", self._take(count * struct.calcsize("<" + code)))

    def _go(self, at: int) -> None:
        self._at = self._start = at
        self._window = b""

    def _text(self) -> str | LongText:
        length = self._number("Q")
        if length > KEPT_TEXT or self._kept + length > _MAX_KEPT:
            self._skip(length)
            return LongText(length)
        self._kept += length
        return self._take(length).decode("utf-8", "replace")

    def _name(self) -> str:
        length = self._number("Q")
        self._names += length
        if length > _MAX_NAME:
            raise GgufError(f"The header claims a text of {length} bytes.")
        if self._names > _MAX_NAMES:
            raise GgufError(f"The header has more than {_MAX_NAMES} bytes of names.")
        return self._take(length).decode("utf-8", "replace")

    def _number(self, code: str) -> Any:
        return struct.unpack("<" + code, self._take(struct.calcsize("<" + code)))[0]

    def _take(self, count: int) -> bytes:
        self._need(count)
        at = self._at - self._start
        self._at += count
        return self._window[at : at + count]

    def _skip(self, count: int) -> None:
        self._at += count
        self._check_position()

    def _need(self, count: int) -> None:
        """Have the next `count` bytes in the window, or say that they are not there."""
        if self._at - self._start + count <= len(self._window):
            return
        if count > self._size - self._at:
            raise self._cut_off()
        self._file.seek(self._at)
        self._start, self._window = self._at, b""
        while len(self._window) < count:  # One read may give less than was asked for.
            piece = self._file.read(max(_WINDOW, count) - len(self._window))
            if not piece:
                raise self._cut_off()  # It was longer when it was opened.
            self._window += piece

    def _check_position(self) -> None:
        if self._at > self._size:
            raise self._cut_off()
        if self._at > _MAX_HEADER:
            raise GgufError(f"The header has more than {_MAX_HEADER} bytes, far more than that of any model.")

    def _check_count(self, count: int, least_bytes: int, limit: int, what: str) -> None:
        if count > min(limit, (self._size - self._at) // least_bytes):
            raise GgufError(f"The header claims {count} {what}, more than there can be.")

    def _cut_off(self) -> GgufError:
        return GgufError(f"The file is cut off or damaged: its header runs past its {self._size} bytes.")


def _sizes(tensors: list[_Tensor], room: int) -> list[int]:
    """Return the bytes of each tensor.

    One of an unknown type reaches to the next, the last one to the end of `room`.
    """
    if all(tensor.size is not None for tensor in tensors):
        return [tensor.size or 0 for tensor in tensors]
    offsets = sorted({*(tensor.offset for tensor in tensors), room})
    following = dict(pairwise(offsets))
    return [
        max(0, following.get(tensor.offset, room) - tensor.offset) if tensor.size is None else tensor.size
        for tensor in tensors
    ]
