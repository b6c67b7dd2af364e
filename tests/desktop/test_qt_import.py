"""What importing Qt leaves as it was."""

import subprocess
import sys

_PROGRAM = """
import builtins
before = builtins.__import__
from studiolo.desktop.qt_import import import_qt
import_qt()
import studiolo.desktop.application
print(builtins.__import__ is before)
"""


def test_imports_after_qt_are_python_s_own() -> None:
    """With those of PySide6, the source of every module is read once more while the window opens."""
    told = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True)
    assert told.stdout == "True\n"
