"""Whether what is found at run time only is there: a frozen program may lack it without a word."""

import importlib
import importlib.metadata
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing

from studiolo.paths import resource_path, translations_path


def run_self_test() -> int:
    """Print what is missing; the result is the exit status."""
    missing = 0
    for name, check in _CHECKS.items():
        try:
            check()
        except Exception as error:  # noqa: BLE001 - each lacks something else, and the others are to be told, too
            missing += 1
            print(f"{name}: {error!r}", file=sys.stderr)
    return 1 if missing else 0


def _keyring() -> None:
    # Backends are entry points: without them the keyring is one that fails.
    backends = importlib.metadata.entry_points(group="keyring.backends")
    modules = {entry.module for entry in backends}
    if not modules:
        raise LookupError("no backends")
    for module in modules:
        importlib.import_module(module)
    if sys.platform == "linux":
        importlib.import_module("secretstorage")


def _bus() -> None:
    if sys.platform == "linux":
        importlib.import_module("dbus_fast.aio")


def _search() -> None:
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("create virtual table words using fts5(text)")


def _texts() -> None:
    if not (translations_path() / "studiolo_en.qm").is_file():
        raise LookupError("no translations")


def _signatures() -> None:
    importlib.import_module("cryptography.hazmat.primitives.asymmetric.ed25519")
    for name in ("runtimes.json", "runtimes.json.sig", "runtimes.key"):
        if not resource_path(name).is_file():
            raise LookupError(f"no {name}")


_CHECKS: dict[str, Callable[[], object]] = {
    "keyring": _keyring,
    "message bus": _bus,
    "trash": lambda: importlib.import_module("send2trash"),
    "search": _search,
    "texts": _texts,
    "signatures": _signatures,
}
