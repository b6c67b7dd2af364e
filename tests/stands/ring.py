"""A keyring in memory, which may be locked, break, or never answer."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import keyring
from keyring.backend import KeyringBackend
from keyring.errors import KeyringError


class Ring(KeyringBackend):
    """What is kept, by name. `open` is waited for: it is set unless a test has the keyring ask its owner."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kept: dict[str, str] = {}
        self.locked = self.broken = False
        self.open = threading.Event()
        self.open.set()

    def _check(self) -> None:
        self.open.wait()
        if self.broken:
            raise ConnectionResetError("the bus went away")
        if self.locked:
            raise KeyringError("locked")

    def get_password(self, service: str, username: str) -> str | None:
        self._check()
        return self.kept.get(username)

    def set_password(self, service: str, username: str, password: str) -> None:
        self._check()
        self.kept[username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._check()
        del self.kept[username]


@contextmanager
def ring_in_use() -> Iterator[Ring]:
    """The system's keyring, within the context."""
    former = keyring.get_keyring()
    ring = Ring()
    keyring.set_keyring(ring)
    try:
        yield ring
    finally:
        ring.open.set()
        keyring.set_keyring(former)


@contextmanager
def no_keyring() -> Iterator[None]:
    """A system without one, as a machine without a desktop is."""
    import keyring.backends.fail

    former = keyring.get_keyring()
    keyring.set_keyring(keyring.backends.fail.Keyring())  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        keyring.set_keyring(former)
