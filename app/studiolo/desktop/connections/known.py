"""The list of the servers that are known, as it is kept."""

import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast, get_args

from studiolo.client.certificates import SYSTEM, Certificate, CertificateKind
from studiolo.client.transport import normalize_address
from studiolo.errors import RequestError, StorageError
from studiolo.files import write_atomically
from studiolo.kept_json import keep_beside, read_kept

logger = logging.getLogger(__name__)

OWN = ""
"""The address of our own server, wherever it listens."""
NAME_CHARACTERS = 100
_FIELDS = ("address", "name", "colour", "certificate")


def host_of(address: str) -> str:
    """Return an address as it is told, without its scheme."""
    return address.partition("://")[2] or address


@dataclass(frozen=True)
class KnownServer:
    """`address` as of normalize_address; `name` is what its user calls it, empty for nothing.

    colour: a name of server_colours, empty for none. further: what a later version keeps of it.
    """

    address: str
    name: str = ""
    colour: str = ""
    certificate: Certificate = SYSTEM
    further: dict[str, Any] = field(default_factory=dict, compare=False)


class KnownServersFile:
    """A file with the servers beside our own, in their order; what of it can't be read stays in it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._unknown: dict[str, Any] = {}
        self._passed_over: list[Any] = []
        """What only a later version understands."""

    def read(self) -> tuple[list[KnownServer], str]:
        """Return the servers, and the address of the one that is selected."""
        data = read_kept(self._file, dict)
        entries = data.get("servers", [])
        if not isinstance(entries, list):
            keep_beside(self._file)
            entries = []
        self._unknown = {name: value for name, value in data.items() if name not in ("servers", "selected")}
        found: dict[str, KnownServer] = {}
        for entry in entries:
            try:
                server = _read(entry)
            except (RequestError, TypeError, KeyError, AttributeError) as error:
                logger.warning("a server in %s is passed over: %s", self._file, error)
                self._passed_over.append(entry)
            else:
                found[server.address] = server
        return list(found.values()), str(data.get("selected") or OWN)

    def write(self, servers: Iterable[KnownServer], selected: str) -> None:
        """Keep the list. Raises StorageError."""
        entries = [_written(server) for server in servers if server.address != OWN]
        whole = self._unknown | {"servers": [*entries, *self._passed_over], "selected": selected}
        try:
            write_atomically(self._file, json.dumps(whole, indent=1).encode())
        except OSError as error:
            raise StorageError(
                "The list of servers can't be kept.", hint=f"{error.strerror}.", details=str(error)
            ) from error


def _read(entry: Any) -> KnownServer:
    address = normalize_address(str(entry["address"]))
    kept = entry.get("certificate") or {}
    kind, value = (str(kept.get(name) or "") for name in ("kind", "value"))
    if kind and kind not in get_args(CertificateKind):
        raise KeyError(f"no certificate is of the kind {kind!r}")  # To trust another one would be worse than nobody.
    return KnownServer(
        address,
        str(entry.get("name") or ""),
        str(entry.get("colour") or ""),
        Certificate(cast(CertificateKind, kind), value) if kind else SYSTEM,
        {name: value for name, value in entry.items() if name not in _FIELDS},
    )


def _written(server: KnownServer) -> dict[str, Any]:
    entry: dict[str, Any] = {"address": server.address, "name": server.name}
    if server.colour:
        entry["colour"] = server.colour
    if server.certificate != SYSTEM:
        entry["certificate"] = {"kind": server.certificate.kind, "value": server.certificate.value}
    return server.further | entry
