"""The files of a repository as choices: a quantization with all its parts and its projector."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from studiolo.errors import RequestError
from studiolo.hub.filenames import is_model, is_projector, quantization_in_name, split_name

PREFERRED = (
    *(
        "Q4_K_M",
        "UD-Q4_K_XL",
        "UD-Q4_K_M",
        "Q4_K_L",
        "Q4_K_S",
        "MXFP4",
        "MXFP4_MOE",
        "IQ4_NL",
        "IQ4_XS",
        "Q4_0",
        "Q4_1",
    ),
    *("Q5_K_M", "Q5_K_S", "Q5_0", "Q6_K", "Q8_0", "UD-Q3_K_XL", "Q3_K_L", "Q3_K_M", "Q3_K_S"),
    *("IQ3_M", "IQ3_S", "IQ3_XS", "IQ3_XXS", "BF16", "F16", "Q2_K", "IQ2_M", "F32"),
)
"""What is taken where nobody asks for one, best first; what is not in here comes after, the smallest first."""
_PROJECTORS = ("F16", "BF16", "Q8_0", "F32")


@dataclass(frozen=True)
class HubFile:
    """A file of a repository. `size`: bytes; `sha256`: in hex, None where the hub does not say."""

    path: str
    size: int
    sha256: str | None = None


@dataclass(frozen=True)
class Choice:
    """What can be downloaded as one: `files` are all the parts of a model, in order, then its projector."""

    name: str
    quantization: str | None
    files: tuple[HubFile, ...]

    @property
    def size_bytes(self) -> int:
        return sum(file.size for file in self.files)

    @property
    def vision(self) -> bool:
        return any(is_projector(file.path) for file in self.files)


def choices(files: Iterable[HubFile]) -> list[Choice]:
    """The models among `files`, the smallest first. Those of which parts are missing are left out."""
    files = list(files)
    projector = _projector([file for file in files if file.path.lower().endswith(".gguf") and is_projector(file.path)])
    parts: dict[str, list[tuple[int, int, HubFile]]] = defaultdict(list)
    for file in files:
        if is_model(file.path):
            path = PurePosixPath(file.path)
            stem, part, count = split_name(path.stem) or (path.stem, 1, 1)
            parts[str(path.parent / stem)].append((part, count, file))
    found = []
    for stem, group in parts.items():
        group.sort(key=lambda entry: entry[0])
        if [part for part, _, _ in group] != list(range(1, group[0][1] + 1)):
            continue
        name = PurePosixPath(stem).name
        whole = (*(file for _, _, file in group), *([projector] if projector else ()))
        found.append(Choice(name, quantization_in_name(name), whole))
    return sorted(found, key=lambda choice: (choice.size_bytes, choice.name))


def choose(offered: Sequence[Choice], quantization: str | None) -> tuple[Choice, str]:
    """The choice of that quantization, or else the most sensible one, and a remark where that is not Q4_K_M.

    Raises RequestError where there is none.
    """
    if not offered:
        raise RequestError("There are no GGUF files in this repository.", param="model", code="invalid_value")
    if quantization:
        wanted = quantization.upper().replace("FP", "F") if quantization.upper().startswith("FP") else quantization
        for choice in offered:
            if wanted.upper() in ((choice.quantization or "").upper(), choice.name.upper()):
                return choice, ""
        names = ", ".join(dict.fromkeys(choice.quantization or choice.name for choice in offered))
        raise RequestError(
            f"There is no {quantization} of this model.",
            param="quantization",
            code="invalid_value",
            hint=f"There is {names}.",
        )
    best = min(offered, key=_rank)
    if best.quantization in (PREFERRED[0], None):
        return best, ""
    return best, f"{PREFERRED[0]} is not offered, so it is {best.quantization}."


def _rank(choice: Choice) -> tuple[int, int]:
    name = choice.quantization
    return (PREFERRED.index(name) if name in PREFERRED else len(PREFERRED), choice.size_bytes)


def _projector(files: list[HubFile]) -> HubFile | None:
    def rank(file: HubFile) -> tuple[int, str]:
        name = quantization_in_name(PurePosixPath(file.path).stem)
        return (_PROJECTORS.index(name) if name in _PROJECTORS else len(_PROJECTORS), file.path)

    return min(files, key=rank) if files else None
