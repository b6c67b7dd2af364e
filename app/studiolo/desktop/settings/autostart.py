"""Starting at login, hidden: each platform has its own place for that."""

import os
import plistlib
import shlex
import sys
from pathlib import Path

from studiolo import HIDDEN
from studiolo.errors import StorageError
from studiolo.files import write_atomically

_NAME = "studiolo"
_RUN_KEY = r"Software\Microsoft\Windows\CurrentVersion\Run"


def start_at_login(wanted: bool) -> None:
    """Make the entry, or remove it. Raises StorageError."""
    try:
        if sys.platform == "win32":
            _set_run_key(wanted)
            return
        file, content = _agent() if sys.platform == "darwin" else _desktop_entry()
        if wanted:
            write_atomically(file, content)
        else:
            file.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(
            "Starting at login could not be set.", hint=f"{error.strerror}.", details=str(error)
        ) from error


def command() -> list[str]:
    """Return how this installation is started without its window."""
    if getattr(sys, "frozen", False):
        return [sys.executable, HIDDEN]
    return [sys.executable, "-m", "studiolo", HIDDEN]


def _desktop_entry() -> tuple[Path, bytes]:
    folder = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "autostart"
    lines = ["[Desktop Entry]", "Type=Application", "Name=Studiolo", f"Exec={_exec(command())}", "Icon=studiolo"]
    lines.append("X-GNOME-Autostart-enabled=true")
    return folder / f"{_NAME}.desktop", ("\n".join(lines) + "\n").encode()


def _exec(arguments: list[str]) -> str:
    """Quoted as the Desktop Entry Specification says."""
    quoted = []
    for argument in arguments:
        text = argument.replace("%", "%%")
        if any(letter in text for letter in " \t\n\"'\\><~|&;$*?#()`"):
            for letter in '\\"`$':
                text = text.replace(letter, f"\\{letter}")
            text = f'"{text}"'.replace("\\", "\\\\")
        quoted.append(text)
    return " ".join(quoted)


def _agent() -> tuple[Path, bytes]:
    label = "app.studiolo"
    file = Path.home() / "Library/LaunchAgents" / f"{label}.plist"
    entry = {"Label": label, "ProgramArguments": command(), "RunAtLoad": True, "ProcessType": "Interactive"}
    return file, plistlib.dumps(entry)


def _set_run_key(wanted: bool) -> None:
    if sys.platform != "win32":
        return
    import winreg

    with winreg.CreateKey(winreg.HKEY_CURRENT_USER, _RUN_KEY) as key:
        if wanted:
            text = " ".join(shlex.quote(part) if '"' in part else f'"{part}"' for part in command())
            winreg.SetValueEx(key, "Studiolo", 0, winreg.REG_SZ, text)
            return
        try:
            winreg.DeleteValue(key, "Studiolo")
        except FileNotFoundError:
            return
