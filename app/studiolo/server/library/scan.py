"""Folders to models: which files belong together, and what they are."""

import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from studiolo.api.models import Capabilities, Quantization, Sampling
from studiolo.files import size_of
from studiolo.hub import filenames
from studiolo.hub.belonging import Role, Whole, drafter_of, projector_of, quantization_of, roles, wholes
from studiolo.hub.choices import rank
from studiolo.server.library import naming
from studiolo.server.library.capabilities import capabilities, is_embedding
from studiolo.server.library.fit import MemoryShape, memory_shape
from studiolo.server.library.gguf import GgufError, GgufHeader, read_header
from studiolo.server.library.places import Found, Origin, in_folder, in_starter_package, of_other_programs
from studiolo.server.library.roles import role_of, sees, why_not_alone
from studiolo.server.library.sampling import sampling_of

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class LibraryModel:
    """One model on disk. Sizes are bytes, lengths tokens.

    Attributes:
        files: All its parts; `path` is the one to load.
        mmproj: What it sees by.
        drafter: What may guess ahead for it, and can't be loaded by itself.
        experts: Of a mixture; 0 for a model that is none.
        sampling: What its file says of it.
        origin: Whose it is: only what is our own is ours to change.
        error: Why it can't be used, None for a good one.
    """

    key: str
    publisher: str
    display_name: str
    kind: Literal["llm", "embedding"]
    path: Path
    files: tuple[Path, ...]
    size_bytes: int
    mmproj: Path | None = None
    drafter: Path | None = None
    architecture: str | None = None
    quantization: Quantization | None = None
    parameters: int | None = None
    params_string: str | None = None
    max_context_length: int = 0
    capabilities: Capabilities = field(default_factory=Capabilities)
    memory: MemoryShape | None = None
    experts: int = 0
    sampling: Sampling = field(default_factory=Sampling)
    origin: Origin = "own"
    error: str | None = None

    @property
    def companions(self) -> tuple[Path, ...]:
        """Return the files that belong to it and can't be loaded by themselves."""
        return tuple(path for path in (self.mmproj, self.drafter) if path)

    @property
    def without_tools(self) -> str:
        """Return why it can't use tools, where it can't: see ServedModel."""
        return "its chat template has no place for them"

    @property
    def names(self) -> tuple[str, ...]:
        """Return what a request may call it, in lower case: its key, and `key@quant`."""
        name = self.quantization.name if self.quantization else None
        return (self.key, f"{self.key.split('@')[0]}@{name.lower()}") if name else (self.key,)


class Library:
    """The models in some folders, `<publisher>/<repository>/*.gguf`, and the starter model where it is installed.

    Reading is quick (headers are remembered while a file's size and time stay), but it is disk work, for a thread.

    Attributes:
        folders: Ours, the first one for downloads.
        adopt: Whether those of other programs are listed, too.
        incoming: Files that are not complete, so that nobody takes them for broken.
        selected: Key to the quantization that it alone means, where a person chose one.
        aliases: What else keys are called, in lower case: names of a catalog. Asked where no key is found.
    """

    def __init__(self, folders: Sequence[Path], *, starter: bool = True, adopt: bool = False) -> None:
        self.folders: Sequence[Path] = tuple(folders)
        self.adopt = adopt
        self.incoming: frozenset[Path] = frozenset()
        self.selected: Mapping[str, str] = {}
        self.aliases: Callable[[], Mapping[str, str]] = dict
        self._starter = starter
        self._headers: dict[Path, tuple[tuple[int, int], GgufHeader | GgufError]] = {}
        self._lock = threading.Lock()

    def scan(self) -> list[LibraryModel]:
        """Return every model, sorted by key, broken ones too. What stands in two places is the first's."""
        with self._lock:
            models: dict[str, LibraryModel] = {}
            repositories: dict[tuple[str, Path, str, str], list[Found]] = defaultdict(list)
            for found in self._files():
                repositories[found.origin, found.home, found.publisher, found.repository].append(found)
            for files in repositories.values():
                for model in self._repository(files):
                    _enter(model, models)
            return sorted(models.values(), key=lambda model: model.key)

    def find(self, name: str) -> LibraryModel | None:
        """Return the model with the key `name`, without regard to case; `key@quant` asks for that quantization.

        What a key is called elsewhere is as good as the key.
        """
        models, wanted = self.scan(), name.lower()
        if found := next((model for model in models if wanted in model.names), None):
            return found
        alias, at, quantization = wanted.partition("@")
        wanted = f"{self.aliases().get(alias, '')}{at}{quantization}"
        return next((model for model in models if wanted in model.names), None)

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
        """Return the models of one repository; of several quantizations the preferred one has the bare key."""
        by_place = {found.place: found for found in files}
        what = self._roles(by_place)
        whole = wholes(place for place, role in what.items() if role in ("model", "other"))
        firsts = [one.paths[0] for one in whole if what[one.paths[0]] == "model"]
        companions: dict[Role, list[str]] = defaultdict(list)
        for place, role in what.items():
            companions[role].append(place)
        models = []
        for one in whole:
            mmproj = projector_of(one.paths[0], firsts, companions["projector"])
            drafter = drafter_of(one.paths[0], firsts, companions["drafter"])
            beside = [by_place[place].path if place else None for place in (mmproj, drafter)]
            models.append(self._model(one, [by_place[place] for place in one.paths], *beside))
        chosen = self.selected.get(models[0].key) if models else None
        models.sort(key=lambda model: _preference(model, chosen))
        taken: set[str] = set()
        return [_distinct(model, taken) for model in models]

    def _roles(self, files: dict[str, Found]) -> dict[str, Role]:
        named = roles(files)
        found: dict[str, Role] = {}
        for place, file in files.items():
            split = filenames.split_name(file.path.stem)
            header = self._header_or_none(file.path)
            first = split is None or split[1] == 1
            found[place] = file.role or role_of(header, named.get(place, "model"), first=first)
        return found

    def _model(self, whole: Whole, parts: list[Found], mmproj: Path | None, drafter: Path | None) -> LibraryModel:
        first = parts[0]
        paths = tuple(found.path for found in parts)
        model = LibraryModel(
            key=filenames.model_key(first.publisher, first.repository),
            publisher=first.publisher,
            display_name=filenames.display_name(first.repository),
            kind="llm",
            path=paths[0],
            files=paths,
            size_bytes=sum(size_of(path) for path in paths),
            mmproj=mmproj,
            drafter=drafter,
            origin=first.origin,
        )
        named = quantization_of(first.place)
        try:
            _check_names(paths)
            _check_parts(whole)
            headers = [self._header(path) for path in paths]
            if first.role is None and role_of(headers[0], "model", first=True) == "other":
                raise GgufError(why_not_alone(headers[0]))
            vision = mmproj is not None and sees(self._header_or_none(mmproj))
            return _described(model, headers, named, vision=vision)
        except GgufError as error:
            logger.info("%s can't be used: %s", first.path, error)
            problem = str(error)
        except Exception:
            # Whatever is in one file is that file's trouble, and never that of all models.
            logger.exception("%s can't be described", first.path)
            problem = "What its header says makes no sense."
        return replace(model, quantization=Quantization(name=named) if named else None, error=problem)

    def _header_or_none(self, path: Path) -> GgufHeader | None:
        try:
            return self._header(path)
        except GgufError:
            return None

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


def _described(model: LibraryModel, headers: list[GgufHeader], named: str | None, *, vision: bool) -> LibraryModel:
    header = headers[0]
    if header.architecture is None:
        return replace(model, error="The file does not say which architecture it has.")
    parameters = sum(part.parameters for part in headers)
    context, experts = header.of_architecture("context_length"), header.of_architecture("expert_count")
    return replace(
        model,
        kind="embedding" if is_embedding(header) else "llm",
        architecture=header.architecture,
        quantization=naming.quantization(header, named),
        parameters=parameters,
        params_string=naming.parameters_string(parameters),
        max_context_length=context if isinstance(context, int) and 0 < context < 1 << 31 else 0,
        capabilities=capabilities(header, vision=vision),
        memory=memory_shape(headers),
        experts=experts if isinstance(experts, int) and 0 < experts < 1 << 16 else 0,
        sampling=sampling_of(header.metadata),
    )


def _check_names(paths: Sequence[Path]) -> None:
    if any(naming.printable(str(path)) != str(path) for path in paths):
        raise GgufError("The name of its file, or of a folder above, is not UTF-8, which the engine needs: rename it.")


def _check_parts(whole: Whole) -> None:
    if missing := whole.missing:
        names = ", ".join(str(number) for number in missing[:5])
        raise GgufError(f"Of its {whole.count} parts, {len(missing)} are missing: {names}.")


def _preference(model: LibraryModel, chosen: str | None) -> tuple[bool, bool, int, int]:
    name = model.quantization.name if model.quantization else None
    return (model.error is not None, (name or "").lower() != (chosen or "").lower(), rank(name), model.size_bytes)


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
