"""Secrets in the system's keyring; tokens of servers, where there is none, in a file that only this user can read.

Blocking: a keyring may ask its owner first. Importing it takes a while: do that late.
"""

import json
import logging
from pathlib import Path
from typing import Any

import keyring
import keyring.backends.fail
import keyring.backends.null

from studiolo.errors import StorageError
from studiolo.files import write_atomically
from studiolo.kept_json import read_kept

logger = logging.getLogger(__name__)

_SERVICE = "studiolo"


class KeyringError(Exception):
    """The keyring keeps or tells nothing. absent: this system has none, so that waiting does not help."""

    def __init__(self, *, absent: bool) -> None:
        super().__init__("there is no keyring" if absent else "the keyring does not answer")
        self.absent = absent


def read_secret(service: str, name: str) -> str | None:
    """Return a secret; None where there is none of that name. Raises KeyringError."""
    try:
        _require()
        return keyring.get_password(service, name)
    except KeyringError:
        raise
    except Exception as error:  # noqa: BLE001 - backends raise their own beside KeyringError: of the bus, of the system
        raise _silent(error) from None


def keep_secret(service: str, name: str, value: str) -> None:
    """Keep a secret. Raises KeyringError, also where the keyring takes it and has not kept it."""
    try:
        _require()
        keyring.set_password(service, name, value)
        kept = keyring.get_password(service, name)
    except KeyringError:
        raise
    except Exception as error:  # noqa: BLE001 - as above
        raise _silent(error) from None
    if kept != value:
        raise KeyringError(absent=True)


def forget_secret(service: str, name: str) -> None:
    """Remove a secret. Raises KeyringError."""
    try:
        _require()
        if keyring.get_password(service, name) is not None:
            keyring.delete_password(service, name)
    except KeyringError:
        raise
    except Exception as error:  # noqa: BLE001 - as above
        raise _silent(error) from None


def _require() -> None:
    if isinstance(keyring.get_keyring(), keyring.backends.fail.Keyring | keyring.backends.null.Keyring):
        raise KeyringError(absent=True)


def _silent(error: Exception) -> KeyringError:
    # Only its kind: nobody knows what a backend puts into its words.
    logger.info("the keyring does not answer: %s", type(error).__name__)
    return KeyringError(absent=False)


class Keys:
    """Tokens by the addresses of servers."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def read(self, address: str) -> str | None:
        """Return the token for a server; None where there is none."""
        # What is in the file came while the keyring did not answer: it is newer.
        if token := self._kept().get(address):
            return token
        try:
            return read_secret(_SERVICE, address)
        except KeyringError:
            return None

    def keep(self, address: str, token: str | None) -> None:
        """Remember a server's token; None or empty forgets it. Raises StorageError."""
        in_keyring = False
        try:
            if token:
                keep_secret(_SERVICE, address, token)
                in_keyring = True
            else:
                forget_secret(_SERVICE, address)
        except KeyringError as error:
            logger.info("%s, a file is used", error)
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
