"""One entry for every role, so that the frozen bundle can start itself in each.

No argument opens the desktop, `--hidden` leaves its window out, a link is shown in it; arguments that nobody types make
this process a worker of an engine or of the window, or have it look for what it may lack; anything else is the command
line. Each role is imported only when it is played: none pays for another's start.
"""

import os
import sys
from types import ModuleType
from typing import cast

from studiolo import HIDDEN
from studiolo.collector import held_collector, release_collector
from studiolo.desktop.worker.roles import ATTACHMENT_WORKER, FORMULA_WORKER, IMPORT_WORKER

ENGINE_WORKER = "--engine-worker"
SELF_TEST = "--self-test"
LINKS = ("studiolo://", "lmstudio://")
"""How links begin that a browser hands to us."""


def main(arguments: list[str] | None = None) -> int:
    """Play the role that the arguments name; the result is the exit status."""
    _restore_library_path()
    # httpx has a command line of its own, which it imports with all it needs where that happens to be installed: 97
    # modules and 40 ms of each start.
    sys.modules.setdefault("httpx._main", cast("ModuleType", None))
    with held_collector():
        return _play(sys.argv[1:] if arguments is None else arguments)


def _play(argv: list[str]) -> int:
    if not argv or argv == [HIDDEN]:
        from studiolo.desktop.app import run_desktop

        return run_desktop(hidden=bool(argv))
    if len(argv) == 1 and argv[0].lower().startswith(LINKS):
        from studiolo.desktop.app import run_desktop

        return run_desktop(link=argv[0])
    if argv[0] == ENGINE_WORKER:
        from studiolo.server.engine.worker import run_worker

        return run_worker()
    if argv == [ATTACHMENT_WORKER]:
        from studiolo.desktop.chat.composing.attachment_worker import run_attachment_worker

        return run_attachment_worker()
    if argv == [FORMULA_WORKER]:
        from studiolo.desktop.worker.formulas import run_formula_worker

        return run_formula_worker()
    if argv == [IMPORT_WORKER]:
        from studiolo.desktop.history.imports.import_worker import run_import_worker

        return run_import_worker()
    if argv == [SELF_TEST]:
        from studiolo.self_test import run_self_test

        return run_self_test()
    if argv[:2] == ["server", "start"] and "--foreground" in argv:
        from studiolo.server.run import run_server

        return run_server(argv[2:])
    from studiolo.cli.main import run_cli

    release_collector()
    return run_cli(argv)


def _restore_library_path() -> None:
    # PyInstaller's boot loader points this at the bundle; every program we start would load our libraries.
    if getattr(sys, "frozen", False) and sys.platform != "win32":
        original = os.environ.pop("LD_LIBRARY_PATH_ORIG", None)
        os.environ.pop("LD_LIBRARY_PATH", None)
        if original is not None:
            os.environ["LD_LIBRARY_PATH"] = original


if __name__ == "__main__":
    sys.exit(main())
