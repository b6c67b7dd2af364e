"""The desktop's entry. It imports no Qt before it knows that there is a display: Qt would end the process."""

import os
import sys

_NO_DISPLAY = """\
Studiolo can't open its window: there is no display.
Without one, use these instead:
  studiolo server start    serve the REST API
  studiolo chat            chat in this terminal"""


def run_desktop(*, hidden: bool = False, link: str = "") -> int:
    """Open the window and stay until somebody quits; the result is the exit status.

    hidden: it waits in the tray. link: of a browser; what it would do is shown.
    """
    if not _has_display():
        print(_NO_DISPLAY, file=sys.stderr)
        return 1
    from studiolo.desktop.instance import INSTANCE_FILE, call_first
    from studiolo.paths import app_paths, keep_private

    paths = app_paths()
    keep_private(paths)
    if call_first(paths.runtime / INSTANCE_FILE, hidden=hidden, link=link):
        return 0
    from studiolo.desktop.qt_import import import_qt

    import_qt()
    from studiolo.desktop.application import run_session

    return run_session(paths, hidden=hidden, link=link)


def _has_display() -> bool:
    if sys.platform in ("win32", "darwin"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))
