"""What the program leaves on the clipboard when it ends."""

from PySide6.QtGui import QGuiApplication

_SHARED = ("xcb", "wayland", "windows", "cocoa")
"""Platforms whose clipboard is the system's. They let go of what was copied while Python is still there, and a
clipboard manager may keep it."""


def release_clipboard() -> None:
    """Clear a clipboard that ends with this process anyway; to be called last, while the application still lives.

    On other platforms (offscreen, a remote screen, a bare framebuffer) Qt keeps what was copied in a static variable,
    which is destroyed after Python is gone; a QMimeData that was made in Python then ends the process with SIGSEGV.
    """
    if QGuiApplication.instance() is not None and not QGuiApplication.platformName().startswith(_SHARED):
        QGuiApplication.clipboard().clear()
