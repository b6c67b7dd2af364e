"""Folders to models: which files belong together, and what they are."""

import logging
import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from studiolo.api.models import Capabilities, Quantization
from studiolo.hub import filenames
from studiolo.server.library import naming
from studiolo.server.library.capabilities import capabilities, is_embedding
from studiolo.server.library.fit import MemoryShape, memory_shape
from studiolo.server.library.gguf import GgufError, GgufHeader, read_header
from studiolo.server.library.places import Found, Origin, in_folder, in_starter_package, of_other_programs

logger = logging.getLogger(__name__)

_PREFERRED = ("Q4_K_M", "Q4_K_S", "Q5_K_M", "Q4_0", "Q4_1", "Q5_K_S", "Q6_K", "Q8_0")


@dataclass(frozen=True)
class LibraryModel:
    """One model on disk. Sizes are bytes, lengths tokens.

    `files` are all its parts, `path` the one to load; `origin`: whose it is, and only what is our own is ours to
    change; `error` says why it can't be used, None for a good one.
    """

    key: str
    publisher: str
    display_name: str
    kind: Literal["llm", "embedding"]
    path: Path
    files: tuple[Path, ...]
    size_bytes: int
    mmproj: Path | None = None
    architecture: str | None = None
    quantization: Quantization | None = None
    parameters: int | None = None
    params_string: str | None = None
    max_context_length: int = 0
    capabilities: Capabilities = field(default_factory=Capabilities)
    memory: MemoryShape | None = None
    origin: Origin = "own"
    error: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """What a request may call it, in lower case: its key, and `key@quant`."""
        name = self.quantization.name if self.quantization else None
        return (self.key, f"{self.key.split('@')[0]}@{name.lower()}") if name else (self.key,)


class Library:
    """The models in some folders, `<publisher>/<repository>/*.gguf`, and the starter model where it is installed.

    adopt: those of other programs, too. `incoming` are files that are not complete, so that nobody takes them for
    broken. Reading is quick (headers are remembered while a file's size and time stay), but it is disk work: call it in
    a thread.
    """

    def __init__(self, folders: Sequence[Path], *, starter: bool = True, adopt: bool = False) -> None:
        self.folders: Sequence[Path] = tuple(folders)
        self.adopt = adopt
        self.incoming: frozenset[Path] = frozenset()
        self._starter = starter
        self._headers: dict[Path, tuple[tuple[int, int], GgufHeader | GgufError]] = {}
        self._lock = threading.Lock()

    def scan(self) -> list[LibraryModel]:
        """Every model, sorted by key, broken ones too. What stands in two places is the first's."""
        with self._lock:
            models: dict[str, LibraryModel] = {}
            repositories: dict[tuple[Path, str, str], list[Found]] = defaultdict(list)
            for found in self._files():
                repositories[found.path.parent, found.publisher, found.repository].append(found)
            for files in repositories.values():
                for model in self._repository(files):
                    _enter(model, models)
            return sorted(models.values(), key=lambda model: model.key)

    def find(self, name: str) -> LibraryModel | None:
        """The model with the key `name`, without regard to case; `key@quant` asks for that quantization."""
        wanted = name.lower()
        return next((model for model in self.scan() if wanted in model.names), None)

    def _files(self) -> Iterator[Found]:
        """Our own first: of what is there twice, the first is taken."""
        for folder in self.folders:
            for found in in_folder(folder):
                if found.path not in self.incoming:
                    yield found
        if self.adopt:
            yield from of_other_programs()
        if self._starter:
            yield from in_starter_package()

    def _repository(self, files: list[Found]) -> list[LibraryModel]:
        """The models of one folder. Several quantizations are several models: the preferred one has the bare key."""
        projectors = [found for found in files if found.projector]
        mmproj = projectors[0].path if projectors else None
        whole: dict[str, list[Found]] = defaultdict(list)
        for found in files:
            if found not in projectors:
                split = filenames.split_name(found.path.stem)
                whole[split[0] if split else found.path.stem].append(found)
        models = [self._model(stem, parts, mmproj) for stem, parts in whole.items()]
        models.sort(key=_preference)
        taken: set[str] = set()
        return [_distinct(model, taken) for model in models]

    def _model(self, stem: str, parts: list[Found], mmproj: Path | None) -> LibraryModel:
        parts.sort(key=lambda found: found.path.name)
        first = parts[0]
        paths = tuple(found.path for found in parts)
        model = LibraryModel(
            key=filenames.model_key(first.publisher, first.repository),
            publisher=first.publisher,
            display_name=filenames.display_name(first.repository),
            kind="llm",
            path=paths[0],
            files=paths,
            size_bytes=sum(_size(path) for path in paths),
            mmproj=mmproj,
            origin=first.origin,
        )
        try:
            _check_names(paths)
            _check_parts(parts)
            return _described(model, [self._header(path) for path in paths], stem)
        except GgufError as error:
            logger.info("%s can't be used: %s", first.path, error)
            problem = str(error)
        except Exception:
            # Whatever is in one file is that file's trouble, and never that of all models.
            logger.exception("%s can't be described", first.path)
            problem = "What its header says makes no sense."
        named = filenames.quantization_in_name(stem)
        return replace(model, quantization=Quantization(name=named) if named else None, error=problem)

    def _header(self, path: Path) -> GgufHeader:
        try:
            stat = path.stat()
        except (OSError, ValueError) as error:
            raise GgufError(f"The file can't be read: {getattr(error, 'strerror', None) or error}.") from error
        stamp = (stat.st_size, stat.st_mtime_ns)
        known = self._headers.get(path)
        if known is None or known[0] != stamp:
            try:
                known = (stamp, read_header(path))
            except GgufError as error:
                known = (stamp, error)
            self._headers[path] = known
        if isinstance(known[1], GgufError):
            raise known[1]
        return known[1]


def _described(model: LibraryModel, headers: list[GgufHeader], stem: str) -> LibraryModel:
    header = headers[0]
    if header.architecture is None:
        return replace(model, error="The file does not say which architecture it has.")
    parameters = sum(part.parameters for part in headers)
    context = header.of_architecture("context_length")
    return replace(
        model,
        kind="embedding" if is_embedding(header) else "llm",
        architecture=header.architecture,
        quantization=naming.quantization(header, stem),
        parameters=parameters,
        params_string=naming.parameters_string(parameters),
        max_context_length=context if isinstance(context, int) and 0 < context < 1 << 31 else 0,
        capabilities=capabilities(header, vision=model.mmproj is not None),
        memory=memory_shape(headers),
    )


def _check_names(paths: Sequence[Path]) -> None:
    if any(naming.printable(str(path)) != str(path) for path in paths):
        raise GgufError("The name of its file, or of a folder above, is not UTF-8, which the engine needs: rename it.")


def _check_parts(parts: list[Found]) -> None:
    splits = [split for found in parts if (split := filenames.split_name(found.path.stem))]
    if not splits:
        return
    missing = sorted(set(range(1, splits[0][2] + 1)) - {part for _, part, _ in splits})
    if missing:
        names = ", ".join(str(number) for number in missing[:5])
        raise GgufError(f"Of its {splits[0][2]} parts, {len(missing)} are missing: {names}.")


def _preference(model: LibraryModel) -> tuple[bool, int, int]:
    name = model.quantization.name if model.quantization else None
    rank = _PREFERRED.index(name) if name in _PREFERRED else len(_PREFERRED)
    return (model.error is not None, rank, model.size_bytes)


def _distinct(model: LibraryModel, taken: set[str]) -> LibraryModel:
    """Give a second quantization of a repository the key `key@quant`, and whatever still collides its file's name."""
    key = model.key
    if key in taken and model.quantization and model.quantization.name:
        key = f"{model.key}@{model.quantization.name.lower()}"
    if key in taken:
        key = f"{model.key}@{model.path.stem.lower()}"
    taken.add(key)
    return replace(model, key=key)


def _enter(model: LibraryModel, models: dict[str, LibraryModel]) -> None:
    """Add a model of another place. A quantization that is there already is not there twice."""
    known = models.get(model.key)
    if known is None:
        if model.origin == "own" or not model.error:  # What other programs broke, or have not finished, is theirs.
            models[model.key] = model
    elif model.origin != "starter" and model.quantization not in (None, known.quantization) and not model.error:
        name = model.names[-1]
        if name not in models and all(name not in other.names for other in models.values()):
            models[name] = replace(model, key=name)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except (OSError, ValueError):
        return 0  # Whoever reads its header will say what is wrong with it.
