"""The files of a repository as choices: a quantization with all its parts and its projector."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from studiolo.errors import RequestError
from studiolo.hub.belonging import Whole, projector_of, quantization_of, roles, wholes
from studiolo.hub.filenames import is_projector

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
        """Return the size of all files together, in bytes."""
        return sum(file.size for file in self.files)

    @property
    def vision(self) -> bool:
        """Return whether a projector is among the files, so that the model can see images."""
        return any(is_projector(file.path) for file in self.files)


def rank(quantization: str | None) -> int:
    """Return the place of a quantization among those that are taken unasked, here and of what is on a disk.

    0 is the best.
    """
    return PREFERRED.index(quantization) if quantization in PREFERRED else len(PREFERRED)


def choices(files: Iterable[HubFile]) -> list[Choice]:
    """Return the models among `files`, the smallest first. Those of which parts are missing are left out.

    Of a model that was uploaded in two splits, the one in fewer parts is offered.
    """
    by_path = {file.path: file for file in files}
    what = roles(by_path)
    whole = [one for one in wholes(path for path in by_path if what.get(path) == "model") if not one.missing]
    firsts = [one.paths[0] for one in whole]
    projectors = [path for path, role in what.items() if role == "projector"]
    once: dict[tuple[str, str], Whole] = {}
    for one in sorted(whole, key=lambda one: -one.count):
        once[str(PurePosixPath(one.paths[0]).parent), one.stem] = one
    stems = Counter(one.stem for one in once.values())
    found = []
    for one in once.values():
        projector = projector_of(one.paths[0], firsts, projectors)
        paths = (*one.paths, *([projector] if projector else ()))
        folder = str(PurePosixPath(one.paths[0]).parent)
        name = one.stem if stems[one.stem] == 1 else f"{folder}/{one.stem}"
        found.append(Choice(name, quantization_of(one.paths[0]), tuple(by_path[path] for path in paths)))
    return sorted(found, key=lambda choice: (choice.size_bytes, choice.name))


def choose(offered: Sequence[Choice], quantization: str | None, preferred: str = "") -> tuple[Choice, str]:
    """Return the choice of that quantization, or else the most sensible one, and a remark where that is not usual.

    Raises RequestError where there is none.

    Args:
        offered: What there is.
        quantization: What is asked for; then nothing else is taken.
        preferred: What is usual where nobody asks; empty for Q4_K_M.
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
    usual = preferred or PREFERRED[0]
    best = min(offered, key=lambda choice: (choice.quantization != usual, *_rank(choice)))
    if best.quantization in (usual, None):
        return best, ""
    return best, f"{usual} is not offered, so it is {best.quantization}."


def _rank(choice: Choice) -> tuple[int, int]:
    return (rank(choice.quantization), choice.size_bytes)
