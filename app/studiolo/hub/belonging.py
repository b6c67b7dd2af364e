"""Which files of a repository belong together: the parts of a model, its projector, its drafter.

Goes by paths alone, which is all that a hub tells; on a disk the files' own headers have the last word.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from studiolo.hub.filenames import is_gguf, is_projector, quantization_in_name, split_name, without_quantization

Role = Literal["model", "projector", "drafter", "other"]
"""`drafter`: a small model that guesses ahead for a large one; `other`: nothing that can be loaded by itself."""

PROJECTOR_PRECISIONS = ("F16", "BF16", "Q8_0", "F32")
"""Best first: more precision than a model's eyes were trained with shows nothing more."""
_MTP_FOLDER = "mtp"
_NO_MODEL = frozenset({"imatrix", "vocab"})
# What a word means only while other files of the repository do without it: a whole model may have it in its name.
_BESIDE: dict[str, Role] = {
    **dict.fromkeys(("draft", "drafter", "dflash", "eagle", "eagle3", "speculator"), "drafter"),
    **dict.fromkeys(("lora", "adapter", "wavtokenizer", "vocoder", "whisper", "vae"), "other"),
}
_NOT_A_NAME = frozenset(
    {"mmproj", "proj", "clip", "vision", "audio", "encoder", "model", "mtp", "gguf", "ud", *_BESIDE}
)
_SEPARATORS = re.compile(r"[-_.\s]+")


@dataclass(frozen=True)
class Whole:
    """A model that is one file or several: `paths` are its parts in order, of `count` that there should be."""

    paths: tuple[str, ...]
    count: int = 1

    @property
    def stem(self) -> str:
        """Return its file's name without the number of the part."""
        stem = PurePosixPath(self.paths[0]).stem
        split = split_name(stem)
        return split[0] if split else stem

    @property
    def missing(self) -> list[int]:
        """Return the numbers of the parts that are not there."""
        there = {split[1] for path in self.paths if (split := split_name(PurePosixPath(path).stem))} or {1}
        return sorted(set(range(1, self.count + 1)) - there)


def roles(paths: Iterable[str]) -> dict[str, Role]:
    """Return what each .gguf file of a repository is, by its name and those of the others."""
    files = [path for path in paths if is_gguf(path)]
    found = {path: _role(path) for path in files}
    models = [path for path in files if found[path] == "model"]
    for path in models:
        for word in _words(path) & _BESIDE.keys():
            if any(word not in _words(other) for other in models):
                found[path] = _BESIDE[word]
    return found


def is_model(path: str) -> bool:
    """Return whether a file of this name, seen alone, is a model or a part of one."""
    return is_gguf(path) and _role(path) == "model"


def wholes(paths: Iterable[str]) -> list[Whole]:
    """Return models of parts that belong together: same folder, same name, same number of parts."""
    groups: dict[tuple[str, str, int], list[str]] = defaultdict(list)
    for path in paths:
        place = PurePosixPath(path)
        split = split_name(place.stem)
        stem, _, count = split or (place.stem, 1, 0)
        groups[str(place.parent), stem, count].append(path)
    return [Whole(tuple(sorted(group)), max(1, count)) for (_, _, count), group in groups.items()]


def quantization_of(path: str) -> str | None:
    """Return the quantization that a file's name mentions, or that of the nearest folder whose name does."""
    place = PurePosixPath(path)
    stems = (place.stem, *(folder.name for folder in place.parents))
    return next((named for stem in stems if (named := quantization_in_name(stem))), None)


def projector_of(model: str, models: Collection[str], projectors: Sequence[str]) -> str | None:
    """Return the projector that goes with a model, of those of its repository.

    The one whose name is most like the model's.

    One that is called after another of `models` is not taken. Among equals the nearest folder decides, then precision.
    """
    homes = {PurePosixPath(other).parent for other in models}
    fitting = []
    for projector in projectors:
        score = _likeness(projector, model)
        if score < max((_likeness(projector, other) for other in models), default=0):
            continue
        near = _nearness(projector, model)
        # In a folder of other models it is theirs, unless its name says otherwise.
        if near or score or PurePosixPath(projector).parent not in homes:
            fitting.append((-score, -near, _precision(projector), projector))
    return min(fitting)[-1] if fitting else None


def drafter_of(model: str, models: Collection[str], drafters: Sequence[str]) -> str | None:
    """Return the drafter that goes with a model: as a projector does, in the same quantization if there is one."""
    fitting = [path for path in drafters if projector_of(model, models, [path])]
    wanted = quantization_of(model)
    return min(fitting, key=lambda path: (-_likeness(path, model), quantization_of(path) != wanted, path), default=None)


def _role(path: str) -> Role:
    place = PurePosixPath(path)
    if is_projector(path):
        return "projector"
    # Whole models may have MTP in their names; a drafter's begins with it, or lies in a folder of that name.
    if place.name.lower().startswith("mtp-") or any(part.lower() == _MTP_FOLDER for part in place.parts[:-1]):
        return "drafter"
    return "other" if _words(path) & _NO_MODEL else "model"


def _words(path: str) -> set[str]:
    return set(_SEPARATORS.split(PurePosixPath(path).stem.lower()))


def _name(path: str) -> list[str]:
    """Return the words that a model is called by, without how it is stored or what the file is for."""
    stem = PurePosixPath(path).stem
    split = split_name(stem)
    words = _SEPARATORS.split(without_quantization(split[0] if split else stem).lower())
    return [word for word in words if word and word not in _NOT_A_NAME]


def _likeness(path: str, model: str) -> int:
    """Return how many words two names begin with together."""
    count = 0
    for one, other in zip(_name(path), _name(model), strict=False):
        if one != other:
            break
        count += 1
    return count


def _nearness(path: str, model: str) -> int:
    """Higher for a nearer folder; 0 for one that the model is not in."""
    folder, home = PurePosixPath(path).parent, PurePosixPath(model).parent
    return 1 + len(folder.parts) if folder == home or folder in home.parents else 0


def _precision(path: str) -> int:
    name = quantization_of(path)
    return PROJECTOR_PRECISIONS.index(name) if name in PROJECTOR_PRECISIONS else len(PROJECTOR_PRECISIONS)
