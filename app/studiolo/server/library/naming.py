"""What a model is called and what its numbers mean: names read off headers and file names."""

import re
from pathlib import Path

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
}
_NOT_SAID = 1024
"""LLAMA_FTYPE_GUESSED: set when the writer did not know."""

_IN_FILE_NAME = re.compile(
    r"(?i)(?:^|[-_.])((?:UD-)?(?:I?Q\d+(?:_[A-Z0-9]+)*|TQ\d_\d|BF16|F16|F32|FP16|FP32|MXFP4(?:_MOE)?))(?=$|[-_.])"
)
_SPLIT = re.compile(r"(?i)^(?P<stem>.*)-(?P<part>\d{5})-of-(?P<parts>\d{5})$")

# Bits of a weight in the type that gives a format its name; LM Studio shows the same whole numbers.
_BITS = re.compile(r"(?i)(?:UD-)?(?:I?Q|TQ|BF|FP?|MXFP)(\d+)")


def split_name(stem: str) -> tuple[str, int, int] | None:
    """`name-00002-of-00003` as (name, 2, 3); None for a file that is a whole model."""
    match = _SPLIT.match(stem)
    return (match["stem"], int(match["part"]), int(match["parts"])) if match else None


def quantization(header: GgufHeader, stem: str) -> Quantization | None:
    """How the weights are stored: by the file's own word, else its name, else its largest tensors."""
    named = _IN_FILE_NAME.findall(stem)
    said = header.metadata.get("general.file_type")
    name = None
    if isinstance(said, int) and said & ~_NOT_SAID in _FILE_TYPES and not said & _NOT_SAID:
        name = _FILE_TYPES[said]
    elif named:
        name = named[-1].upper().replace("FP", "F") if named[-1].upper().startswith("FP") else named[-1].upper()
    elif header.bytes_by_type:
        name = max(header.bytes_by_type, key=lambda kind: header.bytes_by_type[kind])
    if name is None:
        return None
    bits = _BITS.match(name)
    return Quantization(name=name, bits_per_weight=float(bits[1]) if bits else None)


def quantization_in_name(stem: str) -> str | None:
    """The quantization that a file's name mentions, in capitals."""
    named = _IN_FILE_NAME.findall(stem)
    return named[-1].upper() if named else None


def parameters_string(count: int) -> str | None:
    """`134515008` as "135M", `8190735360` as "8.2B", `7000000000` as "7B"."""
    for size, letter in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K")):
        value = count / size
        if round(value, 1) >= 1:
            text = f"{value:.0f}" if value >= 99.5 or letter in "MK" else f"{value:.1f}".removesuffix(".0")
            return text + letter
    return None


def model_key(publisher: str, repository: str) -> str:
    """`HuggingFaceTB`, `SmolLM2-135M-Instruct-GGUF` as `huggingfacetb/smollm2-135m-instruct`."""
    name = re.sub(r"(?i)[-_.]gguf$", "", repository)
    return f"{publisher}/{name}".lower() if publisher else name.lower()


def display_name(stem_or_repository: str) -> str:
    """`SmolLM2-135M-Instruct-GGUF` as "SmolLM2 135M Instruct"."""
    name = re.sub(r"(?i)[-_.]gguf$", "", stem_or_repository)
    return re.sub(r"[-_]+", " ", name).strip() or stem_or_repository


def is_projector(path: Path) -> bool:
    """Whether a file's name says that it is a vision projector: `mmproj-*.gguf` and the like."""
    return "mmproj" in path.name.lower()
