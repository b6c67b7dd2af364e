"""Where things are kept: the only module that knows about platforms, checkouts, wheels and bundles."""

import contextlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import platformdirs

HOME_VARIABLE = "STUDIOLO_HOME"
_APP = "studiolo"


@dataclass(frozen=True)
class Paths:
    """The folders of one installation. None of them need exist: whoever writes makes the folder it writes to."""

    data: Path
    config: Path
    cache: Path
    logs: Path
    runtime: Path

    @property
    def models(self) -> Path:
        """Return the folder of the models, `<publisher>/<repo>/*.gguf` below it."""
        return self.data / "models"


def keep_private(paths: Paths) -> None:
    """Make the folders and let nobody but this user look into them: there are chats, tokens and logs in them.

    Where that can't be done, they stay as they are.
    """
    for folder in (paths.data, paths.config, paths.cache, paths.logs, paths.runtime):
        with contextlib.suppress(OSError):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if sys.platform != "win32" and folder.stat().st_mode & 0o077:
                folder.chmod(0o700)


def app_paths() -> Paths:
    """Return the folders in force: below STUDIOLO_HOME where that is set, else where the platform wants them."""
    if home := os.environ.get(HOME_VARIABLE):
        root = Path(home).expanduser().absolute()
        return Paths(root / "data", root / "config", root / "cache", root / "logs", root / "run")
    dirs = platformdirs.PlatformDirs(_APP, appauthor=False)
    # Without a login session (cron, containers) Linux has no runtime folder, and platformdirs warns when it is asked.
    has_runtime = sys.platform != "linux" or "XDG_RUNTIME_DIR" in os.environ
    runtime = dirs.user_runtime_path if has_runtime else dirs.user_cache_path / "run"
    return Paths(dirs.user_data_path, dirs.user_config_path, dirs.user_cache_path, dirs.user_log_path, runtime)


def is_frozen() -> bool:
    """Return whether this is the bundle that PyInstaller made."""
    return bool(getattr(sys, "frozen", False))


def resource_path(name: str) -> Path:
    """Return the file `name` of resources/, in a checkout, a wheel or a bundle."""
    package = Path(__file__).resolve().parent
    shipped = package / "resources" / name
    return shipped if shipped.exists() else package.parents[1] / "resources" / name


def translations_path() -> Path:
    """Return the folder of the built translations, `studiolo_<language>.qm`."""
    return Path(__file__).resolve().parent / "translations"


def self_command(*arguments: str) -> list[str]:
    """Return the command line that starts this very program again in another role."""
    return [sys.executable, *arguments] if is_frozen() else [sys.executable, "-m", _APP, *arguments]
