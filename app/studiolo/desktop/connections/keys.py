"""Tokens of servers: in the system's keyring, or where there is none, in a file that only this user can read."""

import json
import logging
from pathlib import Path
from typing import Any

import keyring

from studiolo.errors import StorageError
from studiolo.files import write_atomically
from studiolo.kept_json import read_kept

logger = logging.getLogger(__name__)

_SERVICE = "studiolo"


class Keys:
    """Blocking: a keyring may ask its owner first. Call it in a thread."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def read(self, address: str) -> str | None:
        """The token for a server; None where there is none."""
        # What is in the file came while the keyring did not answer: it is newer.
        if token := self._kept().get(address):
            return token
        try:
            return keyring.get_password(_SERVICE, address)
        except Exception as error:  # noqa: BLE001 - backends raise their own beside KeyringError: of the bus, of the system
            logger.info("the keyring does not answer: %r", error)
            return None

    def keep(self, address: str, token: str | None) -> None:
        """Remember a server's token; None or empty forgets it. Raises StorageError."""
        in_keyring = False
        try:
            if token:
                keyring.set_password(_SERVICE, address, token)
                in_keyring = True
            elif keyring.get_password(_SERVICE, address):
                keyring.delete_password(_SERVICE, address)
        except Exception as error:  # noqa: BLE001 - as above
            logger.info("the keyring does not answer, a file is used: %r", error)
        kept = read_kept(self._file, dict)
        kept.pop(address, None)
        if token and not in_keyring:
            kept[address] = token
        if kept or self._file.exists():
            self._write(kept)

    def _kept(self) -> dict[str, str]:
        kept = read_kept(self._file, dict)
        return {name: token for name, token in kept.items() if isinstance(token, str)}

    def _write(self, kept: dict[str, Any]) -> None:
        try:
            write_atomically(self._file, json.dumps(kept).encode(), private=True)
        except OSError as error:
            raise StorageError("The token can't be kept.", hint=f"{error.strerror}.", details=str(error)) from error
