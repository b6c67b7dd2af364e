"""Which runtimes are on this machine, which one runs models, and what proofs have found of them."""

import json
import logging
import re
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from studiolo.api.runtimes import BUNDLED, RuntimeProof
from studiolo.errors import NotFoundError, RequestError, StorageError
from studiolo.files import write_atomically
from studiolo.paths import Paths
from studiolo.server.runtimes.found import RUNTIME_FILE, checked_workers, described, installed_runtime, own_runtime
from studiolo.server.runtimes.runtime import BUNDLED_RUNTIME, Runtime
from studiolo.set_aside import DamagedError, kept_as, read_json, set_aside

logger = logging.getLogger(__name__)

RUNTIMES_FILE = "runtimes.json"
"""In the configuration's folder: which runtime is chosen, those of a person's own, and what proofs found."""
RUNTIMES_FOLDER = "runtimes"
"""In the data's folder: a folder for each that was downloaded."""
_MOST_OWN = 50
_LIBRARY = re.compile(r"\.(so|dll|dylib|pyd)(\.|$)")


class RuntimeRegistry:
    """The runtimes of one server. Read when it is needed first; safe from any thread.

    All methods block on a disk, apart from `chosen`, `fallback` and `proof_of` once it has been read.
    """

    def __init__(self, paths: Paths, *, tell: Callable[[str], None] = logger.warning) -> None:
        """tell: hears in a sentence of a file that can't be used, and of the bundled runtime in another one's place."""
        self.folder = paths.data / RUNTIMES_FOLDER
        self._file = paths.config / RUNTIMES_FILE
        self._tell = tell
        self._lock = threading.RLock()
        self._kept: dict[str, Any] | None = None
        """As it is in the file: what a later version wrote is written back."""
        self._installed: dict[str, Runtime] = {}
        self._own: dict[str, Runtime] = {}
        self._missed: set[str] = set()
        """Those of a person's own that the log has told to be gone."""
        self._fallback = ""

    def all(self) -> list[Runtime]:
        """Return every runtime that is here: the bundled one, the installed ones, those of a person's own."""
        with self._lock:
            self._read()
            return [BUNDLED_RUNTIME, *(self._told(one) for one in (*self._installed.values(), *self._own.values()))]

    def get(self, runtime_id: str) -> Runtime:
        """Return a runtime by its id. Raises NotFoundError."""
        if runtime := self._find_again(runtime_id):
            return runtime
        raise NotFoundError(f"No runtime '{runtime_id[:200]}' is here.", what="runtime", param="id")

    @property
    def chosen(self) -> Runtime:
        """Return the runtime that a person chose; the bundled one where nobody did, or where that is gone."""
        with self._lock:
            chosen = self._read().get("chosen", BUNDLED)
            found = self._find_again(chosen)
            if found is None:
                self.fall_back(f"The runtime '{chosen}' is not here any more.", of=chosen)
            return found or BUNDLED_RUNTIME

    @property
    def fallback(self) -> str:
        """Return why the bundled runtime is used in the chosen one's place; empty where it is not."""
        return self._fallback

    def fall_back(self, reason: str, *, of: str) -> None:
        """Use the bundled runtime in the chosen one's place until a person chooses again, and tell why.

        of: the one that failed. What a model still runs on after another one was chosen says nothing of that.
        """
        with self._lock:
            if self._read().get("chosen", BUNDLED) != of:
                logger.warning("a runtime failed that is not chosen any more: %s", reason)
                return
            if self._fallback == reason:
                return
            self._fallback = reason
        self._tell(f"Models are loaded with the bundled runtime: {reason}")

    def choose(self, runtime_id: str) -> Runtime:
        """Load models with a runtime from now on, which ends a fallback.

        Raises NotFoundError; RequestError for one that was not proved here as it is now; StorageError.
        """
        with self._lock:
            runtime = self.get(runtime_id)
            proof = self.proof_of(runtime_id)
            if runtime_id != BUNDLED and not (proof and proof.passed):
                raise RequestError(
                    f"'{runtime.name}' can't be used: {(proof.problem if proof else '') or 'it has not been tested.'}",
                    param="id",
                    code="runtime_not_proved",
                    hint=(proof.hint if proof else "") or "Test it first.",
                )
            self._write({"chosen": runtime_id})
            self._fallback = ""
            return runtime

    def add(self, path: str, name: str | None, rpc: list[str]) -> Runtime:
        """Make an executable or a folder of a person's own a runtime. Raises RequestError, StorageError."""
        with self._lock:
            entries = self._entries()
            if len(entries) >= _MOST_OWN:
                raise RequestError(f"There are {_MOST_OWN} runtimes of your own already.", hint="Remove some first.")
            place = _expanded(path)
            if not place.is_absolute():
                raise RequestError(f"'{path}' is no absolute path.", param="path", code="invalid_value")
            found = own_runtime("", name or "", place, checked_workers(rpc))
            runtime = replace(found, id=self._free_id(found.name))
            self._write({"own": [*entries, described(runtime)]})
            self._own[runtime.id] = runtime
            return runtime

    def remove_own(self, runtime_id: str) -> None:
        """Forget a runtime of a person's own, also one that is gone; its files stay.

        Raises NotFoundError; RequestError for the one in use and for one that is ours; StorageError.
        """
        with self._lock:
            name = next((one["name"] for one in self._entries() if one["id"] == runtime_id), None)
            if name is None:
                name = self.get(runtime_id).name
                raise RequestError(f"'{name}' is none of your own.", param="id", code="invalid_value")
            if self._read().get("chosen") == runtime_id:
                raise RequestError(
                    f"'{name}' is in use.", param="id", code="runtime_in_use", hint="Use another one first."
                )
            own = [entry for entry in self._entries() if entry["id"] != runtime_id]
            self._write({"own": own, "proofs": self._proofs(without=runtime_id)})
            self._own.pop(runtime_id, None)

    def rescan(self) -> None:
        """Look again at what is on the disk, after one came or went."""
        with self._lock:
            self._read()
            self._scan()

    def proof_of(self, runtime_id: str) -> RuntimeProof | None:
        """Return what the last proof found; None where there was none of the runtime as it is on the disk now."""
        with self._lock:
            kept = self._read()
            entry = self._proofs().get(runtime_id)
            runtime = self._installed.get(runtime_id) or self._own.get(runtime_id)
            if runtime_id == BUNDLED:
                runtime = BUNDLED_RUNTIME
            if not kept or not isinstance(entry, dict) or runtime is None or entry.get("stamp") != stamp_of(runtime):
                return None
            try:
                return RuntimeProof.model_validate(entry.get("proof"))
            except ValidationError:
                return None

    def note_proof(self, runtime_id: str, proof: RuntimeProof) -> None:
        """Keep what a proof found. Raises NotFoundError, StorageError."""
        with self._lock:
            entry = {"stamp": stamp_of(self.get(runtime_id)), "proof": proof.model_dump(mode="json")}
            self._write({"proofs": self._proofs(without=runtime_id) | {runtime_id: entry}})

    def _find(self, runtime_id: str) -> Runtime | None:
        return next((one for one in self.all() if one.id == runtime_id), None)

    def _find_again(self, runtime_id: str) -> Runtime | None:
        """Return a runtime by its id, also one that has come back with its disk."""
        with self._lock:
            if (found := self._find(runtime_id)) is None:
                self._scan()
                found = self._find(runtime_id)
            return found

    def _told(self, runtime: Runtime) -> Runtime:
        if runtime.build or not (proof := self.proof_of(runtime.id)):
            return runtime
        return replace(runtime, build=proof.build)

    def _proofs(self, *, without: str = "") -> dict[str, Any]:
        found = self._read().get("proofs")
        return {key: value for key, value in found.items() if key != without} if isinstance(found, dict) else {}

    def _entries(self) -> list[Any]:
        found = self._read().get("own")
        return list(found) if isinstance(found, list) else []

    def _read(self) -> dict[str, Any]:
        if self._kept is not None:
            return self._kept
        self._kept = {}
        try:
            data = read_json(self._file)
            if not isinstance(data, dict):
                raise DamagedError("it holds no runtimes")
            self._kept, odd = _usable(data)
            if odd:
                kept = kept_as(set_aside(self._file, copy=True))
                self._tell(f"{self._file}: what it has under {' and '.join(odd)} can't be used. {kept}")
        except FileNotFoundError:
            pass
        except DamagedError as error:
            kept = kept_as(set_aside(self._file))
            self._tell(f"{self._file} is damaged: {error}. {kept} Models are loaded with the bundled runtime.")
        self._scan()
        return self._kept

    def _note_own(self, entry: dict[str, Any]) -> None:
        try:
            runtime = own_runtime(entry["id"], entry["name"], Path(entry["path"]), checked_workers(entry["rpc"]))
        except RequestError as error:
            # A disk that is not plugged in comes back; the entry stays, and choosing says what is missing.
            if entry["id"] not in self._missed:
                self._missed.add(entry["id"])
                logger.warning("the runtime '%s' can't be used: %s", entry["id"], error)
            return
        self._missed.discard(runtime.id)
        self._own[runtime.id] = runtime

    def _scan(self) -> None:
        self._installed = {}
        try:
            folders = sorted(one for one in self.folder.iterdir() if one.is_dir() and not one.name.startswith("."))
        except OSError:
            folders = []  # Nothing was installed, or the folder can't be read: then nothing can be run, either.
        for folder in folders:
            try:
                self._installed[folder.name] = installed_runtime(folder)
            except FileNotFoundError:
                continue  # Not whole: it is being unpacked, or was when the power went.
            except DamagedError as error:
                kept = kept_as(set_aside(folder / RUNTIME_FILE))
                self._tell(f"{folder / RUNTIME_FILE} is damaged: {error}. {kept} Download that runtime again.")
        self._own = {}
        for entry in self._entries():
            self._note_own(entry)

    def _free_id(self, name: str) -> str:
        taken = {runtime.id for runtime in self.all()} | {str(one.get("id")) for one in self._entries()}
        stem = "own-" + (re.sub(r"[^a-z0-9._]+", "-", name.lower()).strip("-.")[:60] or "runtime")
        number = 1
        while (candidate := stem if number == 1 else f"{stem}-{number}") in taken:
            number += 1
        return candidate

    def _write(self, changed: dict[str, Any]) -> None:
        data = self._read() | changed
        try:
            write_atomically(self._file, json.dumps(data, indent=1).encode(), private=True)
        except OSError as error:
            raise StorageError(
                "The choice of runtimes can't be kept.", hint=f"{error.strerror}.", details=str(error)
            ) from error
        self._kept = data


def _expanded(path: str) -> Path:
    """Return a path with the folder of a user in place of `~`; one that begins with nobody's stays as it is."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


def _usable(data: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return what can be used of the file, and the names of what has something that can't."""
    own = data.get("own", [])
    entries = [entry for entry in own if _is_own(entry)] if isinstance(own, list) else []
    usable = data | {"own": entries}
    odd = ["own"] if entries != own else []
    for key, kind in (("chosen", str), ("proofs", dict)):
        if key in data and not isinstance(data[key], kind):
            del usable[key]
            odd.append(key)
    return usable, odd


def _is_own(entry: object) -> bool:
    if not isinstance(entry, dict):
        return False
    texts = all(isinstance(entry.get(key), str) and entry[key] for key in ("id", "path", "name"))
    rpc = entry.get("rpc")
    return texts and isinstance(rpc, list) and all(isinstance(one, str) for one in rpc)


def stamp_of(runtime: Runtime) -> list[int | str]:
    """Return what changes when a runtime's program or libraries do: a proof is one of these files and of no others."""
    if runtime.kind == BUNDLED:
        return []
    folder = runtime.executable.parent if runtime.executable else runtime.folder
    assert folder
    folders = (folder,) if runtime.executable else (folder / "xllamacpp", folder / "xllamacpp.libs")
    try:
        files = [file for one in folders if one.is_dir() for file in one.iterdir() if _LIBRARY.search(file.name)]
        status = [file.stat() for file in (*files, *([runtime.executable] if runtime.executable else []))]
    except OSError:
        return ["gone"]
    newest = max((one.st_mtime_ns for one in status), default=0)
    return [len(status), sum(one.st_size for one in status), newest, *runtime.rpc]
