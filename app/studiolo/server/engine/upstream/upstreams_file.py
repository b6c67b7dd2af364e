"""The other servers that were added, kept in a file that only this user reads. Their keys are not in it."""

import json
import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from studiolo.api.upstreams import UpstreamInfo
from studiolo.errors import RequestError, StorageError
from studiolo.files import write_atomically
from studiolo.server.engine.upstream.address import base_address
from studiolo.set_aside import DamagedError, kept_as, read_json, set_aside

logger = logging.getLogger(__name__)

UPSTREAMS_FILE = "upstreams.json"
"""In the config folder."""
MOST_UPSTREAMS = 100

_ENTRIES = "upstreams"
_PASSING = ("state", "problem", "busy")
"""What is told of a server, and not kept."""


class UpstreamsFile:
    """Safe from any thread; all methods block. tell: hears in a sentence of a file that can't be used."""

    def __init__(self, file: Path, *, tell: Callable[[str], None] = logger.warning) -> None:
        self._file = file
        self._tell = tell
        self._lock = threading.Lock()
        self._rest: dict[str, Any] = {}
        self._raw: dict[str, dict[str, Any]] = {}
        """What a later version wrote, of the file and of each server: it is written back."""

    def read(self) -> list[UpstreamInfo]:
        """Return what is kept. What can't be used is set aside, and told."""
        with self._lock:
            try:
                data = read_json(self._file)
                entries = data.get(_ENTRIES) if isinstance(data, dict) else None
                if not isinstance(entries, list):
                    raise DamagedError("it holds no servers")
            except FileNotFoundError:
                return []
            except DamagedError as error:
                kept = kept_as(set_aside(self._file))
                self._tell(f"{self._file} is damaged: {error}. {kept} Add the other servers again.")
                return []
            found = [info for entry in entries[:MOST_UPSTREAMS] if (info := _read(entry))]
            good = {info.id: info for info in found}
            if bad := len(entries) - len(good):
                kept = kept_as(set_aside(self._file, copy=True))
                self._tell(f"{self._file}: {bad} of {len(entries)} entries are no servers. {kept}")
            self._rest = {name: value for name, value in data.items() if name != _ENTRIES}
            self._raw = {entry["id"]: entry for entry in entries if _id_of(entry) in good}
            return list(good.values())

    def write(self, upstreams: Sequence[UpstreamInfo]) -> None:
        """Keep these and no others. Raises StorageError."""
        with self._lock:
            told = [
                self._raw.get(info.id, {}) | info.model_dump(mode="json", exclude=set(_PASSING)) for info in upstreams
            ]
            try:
                content = json.dumps({**self._rest, _ENTRIES: told}, indent=1).encode()
                write_atomically(self._file, content, private=True)
            except OSError as error:
                raise StorageError(
                    "The list of other servers can't be kept.", hint=f"{error.strerror}.", details=str(error)
                ) from error


def _id_of(entry: Any) -> str | None:
    found = entry.get("id") if isinstance(entry, dict) else None
    return found if isinstance(found, str) else None


def _read(entry: Any) -> UpstreamInfo | None:
    if not isinstance(entry, dict):
        return None
    try:
        kept = {name: value for name, value in entry.items() if name not in _PASSING}
        info = UpstreamInfo.model_validate(kept)
        good = bool(info.id and info.name) and base_address(info.address) == info.address
    except (ValidationError, RequestError):
        return None
    return info if good else None
