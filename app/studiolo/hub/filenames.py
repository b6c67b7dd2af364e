"""What the names of model files say."""

import re
from pathlib import Path, PurePosixPath

from studiolo.errors import RequestError

_QUANTIZATION = re.compile(
    r"(?i)(?:^|[-_.])((?:UD-)?(?:I?Q\d+(?:_[A-Z0-9]+)*|TQ\d_\d|BF16|F16|F32|FP16|FP32|MXFP4(?:_MOE)?|NVFP4))(?=$|[-_.])"
)
_SPLIT = re.compile(r"(?i)^(?P<stem>.*)-(?P<part>\d{5})-of-(?P<parts>\d{5})$")
_PART = re.compile(r"(?i)(?!(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$))[^\x00-\x1f\x7f<>:\"/\\|?*]{1,200}(?<![. ])")
_PROJECTOR = re.compile(r"(?i)mmproj|^clip[-_.]|(?:vision|audio)[-_]encoder")


def split_name(stem: str) -> tuple[str, int, int] | None:
    """Split `name-00002-of-00003` into (name, 2, 3); None for a file that is a whole model."""
    match = _SPLIT.match(stem)
    return (match["stem"], int(match["part"]), int(match["parts"])) if match else None


def quantization_in_name(stem: str) -> str | None:
    """Return the quantization that a file's name mentions, in capitals; `fp16` is F16."""
    named = _QUANTIZATION.findall(stem)
    if not named:
        return None
    name: str = named[-1].upper()
    return name.replace("FP", "F") if name.startswith("FP") else name


def without_quantization(stem: str) -> str:
    """Return `Qwen3-8B` for `Qwen3-8B-UD-Q4_K_XL`."""
    return _QUANTIZATION.sub("", stem)


def is_gguf(path: str) -> bool:
    """Return whether the name of a file ends as that of a GGUF file does, in whatever case."""
    return path.lower().endswith(".gguf")


def is_projector(path: str) -> bool:
    """Return whether a file's name says that it is what a model sees or hears by: `mmproj-*.gguf` and the like."""
    return bool(_PROJECTOR.search(PurePosixPath(path).name))


def model_key(publisher: str, repository: str) -> str:
    """Return the key of a model.

    It is `huggingfacetb/smollm2-135m-instruct` for HuggingFaceTB's `SmolLM2-135M-Instruct-GGUF`.
    """
    name = re.sub(r"(?i)[-_.]gguf$", "", repository)
    return f"{publisher}/{name}".lower() if publisher else name.lower()


def display_name(stem_or_repository: str) -> str:
    """Return "SmolLM2 135M Instruct" for `SmolLM2-135M-Instruct-GGUF`."""
    name = re.sub(r"(?i)[-_.]gguf$", "", stem_or_repository)
    return re.sub(r"[-_]+", " ", name).strip() or stem_or_repository


def target_of(folder: Path, path: str) -> Path:
    """Return where the file at `path` of a repository goes below `folder`.

    Raises RequestError for what would go elsewhere.

    The rules are those of all platforms at once, so that a folder of models can be carried from one to another.
    """
    parts = path.split("/")
    if not 1 <= len(parts) <= 4 or not all(_PART.fullmatch(part) for part in parts):
        raise RequestError(
            f"The repository names a file in a way that is not accepted: {path[:100]!r}.",
            param="model",
            code="invalid_value",
        )
    return folder.joinpath(*parts)
