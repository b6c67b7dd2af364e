"""What a model is called and what its numbers mean: what is read off headers and file names."""

import re

from studiolo.api.models import Quantization
from studiolo.server.library.gguf import GgufHeader

# llama_ftype, as in llama.h: how a file says it was quantized.
_FILE_TYPES = {
    0: "F32",
    1: "F16",
    2: "Q4_0",
    3: "Q4_1",
    7: "Q8_0",
    8: "Q5_0",
    9: "Q5_1",
    10: "Q2_K",
    11: "Q3_K_S",
    12: "Q3_K_M",
    13: "Q3_K_L",
    14: "Q4_K_S",
    15: "Q4_K_M",
    16: "Q5_K_S",
    17: "Q5_K_M",
    18: "Q6_K",
    19: "IQ2_XXS",
    20: "IQ2_XS",
    21: "Q2_K_S",
    22: "IQ3_XS",
    23: "IQ3_XXS",
    24: "IQ1_S",
    25: "IQ4_NL",
    26: "IQ3_S",
    27: "IQ3_M",
    28: "IQ2_S",
    29: "IQ2_M",
    30: "IQ4_XS",
    31: "IQ1_M",
    32: "BF16",
    36: "TQ1_0",
    37: "TQ2_0",
    38: "MXFP4_MOE",
    39: "NVFP4",
    40: "Q1_0",
}
_NOT_SAID = 1024
"""LLAMA_FTYPE_GUESSED: set when the writer did not know."""

# Bits of a weight in the type that gives a format its name; LM Studio shows the same whole numbers.
_BITS = re.compile(r"(?i)(?:UD-)?(?:I?Q|TQ|BF|FP?|MXFP|NVFP)(\d+)")


def quantization(header: GgufHeader, named: str | None) -> Quantization | None:
    """Return how the weights are stored: by the file's own word, else its name's, else its largest tensors."""
    said = header.metadata.get("general.file_type")
    name = None
    if isinstance(said, int) and said & ~_NOT_SAID in _FILE_TYPES and not said & _NOT_SAID:
        name = _FILE_TYPES[said]
    elif named:
        name = named
    elif header.bytes_by_type:
        name = max(header.bytes_by_type, key=lambda kind: header.bytes_by_type[kind])
    if name is None:
        return None
    bits = _BITS.match(name)
    return Quantization(name=name, bits_per_weight=float(bits[1]) if bits else None)


def printable(name: str) -> str:
    """Return a name from the disk as it may be written anywhere.

    On some systems names are bytes, and need not be UTF-8.
    """
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def parameters_string(count: int) -> str | None:
    """Return `134515008` as "135M", `8190735360` as "8.2B", `7000000000` as "7B"."""
    for size, letter in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K")):
        value = count / size
        if round(value, 1) >= 1:
            text = f"{value:.0f}" if value >= 99.5 or letter in "MK" else f"{value:.1f}".removesuffix(".0")
            return text + letter
    return None
