"""A picture of the window on one of its pages, as a person would see it who has just begun: `make shot`."""

import argparse
import asyncio
import os
import sys
import tempfile
from pathlib import Path

from studiolo.local_server import running_server
from studiolo.paths import HOME_VARIABLE, app_paths, keep_private
from tests.stands.waiting import until

PAGES = ("chat", "discover", "downloads", "models", "server", "tools")
_SETTLED_SECONDS = 3.0
"""Once there is a server: nothing tells when everything that a page asks it for has come."""


def main() -> int:
    wanted = _arguments()
    name = f"{wanted.page}_{wanted.language}_{wanted.scheme}_{wanted.scale:g}x.png"
    file: Path = wanted.file or Path("build/screenshots") / name
    set_environment(wanted.language, wanted.scale)
    with tempfile.TemporaryDirectory(prefix="studiolo-shot-") as home:
        # Whoever has set a home of theirs wants to see what is in it.
        os.environ.setdefault(HOME_VARIABLE, home)
        keep_private(app_paths())
        return _take(wanted.page, wanted.scheme, file)


def set_environment(language: str, scale: float) -> None:
    """Say what Qt reads when it is imported: no screen, pixels per point, and the language.

    LANGUAGE goes before LC_ALL, and many systems set it.
    """
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    os.environ["QT_SCALE_FACTOR"] = str(scale)
    os.environ["LC_ALL"] = os.environ["LANGUAGE"] = language


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--page", choices=PAGES, default="chat")
    parser.add_argument("--language", default="en", help="such as de or pt_BR")
    parser.add_argument("--scheme", choices=("light", "dark"), default="light")
    parser.add_argument("--scale", type=float, default=1.0, help="pixels per point")
    parser.add_argument("--file", type=Path, help="where the picture goes; else below build/screenshots")
    return parser.parse_args()


def _take(page: str, scheme: str, file: Path) -> int:
    # Qt reads its environment as soon as it is imported.
    from studiolo.desktop import language, loop
    from studiolo.desktop.application import Application, DesktopApp
    from studiolo.desktop.settings.store import DesktopSettingsStore
    from studiolo.desktop.shell.window import MainWindow
    from studiolo.desktop.widgets import theme

    app = Application(sys.argv[:1])
    theme.apply(app, "dark" if scheme == "dark" else "light")
    language.apply(app)

    async def take() -> int:
        session = DesktopApp(app, app_paths(), DesktopSettingsStore(app_paths().config / "desktop.json"))
        running = asyncio.create_task(session.run())
        window = next(widget for widget in app.topLevelWidgets() if isinstance(widget, MainWindow))
        await until(lambda: window.isVisible() and (page == "chat" or page in window.factories))
        window.show_page(page)
        await until(lambda: running_server(app_paths()), "a server")
        await asyncio.sleep(_SETTLED_SECONDS)
        file.parent.mkdir(parents=True, exist_ok=True)
        taken = window.grab().save(str(file))
        session.quit()
        await running
        print(file if taken else f"{file} can't be written")
        return 0 if taken else 1

    return loop.run(app, take)


if __name__ == "__main__":
    raise SystemExit(main())
