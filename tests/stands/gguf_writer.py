"""The reference's writer of GGUF files, with vocabularies packed at once: it packs each text by itself, for seconds."""

import struct
from typing import Any

import gguf

_TYPE = gguf.GGUFValueType


class GgufWriter(gguf.GGUFWriter):
    """Writes what the reference writes, byte for byte."""

    def _pack_val(self, val: Any, vtype: Any, add_vtype: bool, sub_type: Any = None) -> bytes:
        usual = sub_type is None and self.endianess == gguf.GGUFEndian.LITTLE
        if vtype == _TYPE.ARRAY and usual and (packed := _packed(val)):
            return (struct.pack("<I", vtype) if add_vtype else b"") + packed
        return bytes(super()._pack_val(val, vtype, add_vtype, sub_type))


def _packed(values: Any) -> bytes | None:
    """A long list of texts or of whole numbers, with its type and its length before it; None for any other."""
    if not isinstance(values, list) or len(values) < 100:
        return None
    if all(type(value) is str for value in values):
        texts = [value.encode() for value in values]
        body = b"".join([struct.pack("<Q", len(text)) + text for text in texts])
        return struct.pack("<IQ", _TYPE.STRING, len(values)) + body
    if all(isinstance(value, int) and not isinstance(value, bool) for value in values):
        return struct.pack(f"<IQ{len(values)}i", _TYPE.INT32, len(values), *values)
    return None
