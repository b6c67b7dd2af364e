"""Pictures of every page, view and dialog of the window: `make shots`.

For each of three states (`new`: of somebody who has just begun; `full`: with a history; `away`: whose server is gone)
the program is started on a home of its own, and its window is drawn in both schemes at three widths. A sheet has all
six pictures of a page.
"""

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
from PIL import Image

from studiolo.local_server import running_server
from studiolo.paths import HOME_VARIABLE, app_paths, keep_private
from tests.stands.starter import STARTER
from tests.stands.waiting import until
from tests.stands.window_shot import set_environment

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from studiolo.desktop.shell.window import MainWindow

STATES = ("new", "full", "away")
WIDTHS = (900, 1280, 1920)
SCHEMES = ("light", "dark")
HEIGHT = 800
_SETTLED_SECONDS = 1.5
"""Nothing tells when all that a page asks for has come."""
_SHEET_WIDTH = 1800
_DIALOGS = ("palette", "about", "shortcuts", "add_server", "manage_servers")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--state", choices=STATES, default="full")
    parser.add_argument("--scale", type=float, default=1.0, help="pixels per point")
    parser.add_argument("--language", default="en", help="such as de or pt_BR")
    parser.add_argument("--folder", type=Path, default=Path("build/screenshots"), help="where the sheets go")
    parser.add_argument("--only", default="", help="a word that the names of the pictures have")
    wanted = parser.parse_args()
    set_environment(wanted.language, wanted.scale)
    with tempfile.TemporaryDirectory(prefix="studiolo-shots-") as home:
        os.environ[HOME_VARIABLE] = home
        keep_private(app_paths())
        return _take_all(wanted.state, wanted.folder, wanted.only, f"{wanted.language}_{wanted.scale:g}x")


def _take_all(state: str, folder: Path, only: str, mark: str) -> int:
    # Qt reads its environment as soon as it is imported.
    from studiolo.desktop import language, loop
    from studiolo.desktop.application import Application, DesktopApp
    from studiolo.desktop.settings.store import DesktopSettingsStore
    from studiolo.desktop.shell.window import MainWindow
    from studiolo.desktop.widgets import theme

    app = Application(sys.argv[:1])
    theme.apply(app, "light")
    language.apply(app)

    async def take() -> int:
        session = DesktopApp(app, app_paths(), DesktopSettingsStore(app_paths().config / "desktop.json"))
        running = asyncio.create_task(session.run())
        window = next(widget for widget in app.topLevelWidgets() if isinstance(widget, MainWindow))
        await until(lambda: window.isVisible() and "server" in window.factories)
        await until(lambda: running_server(app_paths()), "a server")
        if state == "full":
            await asyncio.to_thread(_fill)
        if state == "away":
            await until(lambda: window.registry.is_enabled("stop_server"))
            window.registry.run("stop_server")
            await until(lambda: running_server(app_paths()) is None)
        for name, widget in _sights(window):
            if only not in name:
                continue
            await asyncio.sleep(_SETTLED_SECONDS)
            pictures = []
            for scheme in SCHEMES:
                theme.apply(app, "dark" if scheme == "dark" else "light")
                for width in WIDTHS:
                    window.resize(width, HEIGHT)
                    await asyncio.sleep(0.3)
                    file = folder / f"{state}_{name}_{mark}_{scheme}_{width}.png"
                    file.parent.mkdir(parents=True, exist_ok=True)
                    widget.grab().save(str(file))
                    pictures.append(file)
            print(_sheet(pictures, folder / f"{state}_{name}_{mark}.png"), flush=True)
        session.quit()
        await running
        return 0

    return loop.run(app, take)


def _sights(window: "MainWindow") -> Iterator[tuple[str, "QWidget"]]:
    """What there is to be looked at, each put in sight when it is asked for."""
    from PySide6.QtWidgets import QDialog

    from studiolo.desktop.server.page import ServerPage
    from studiolo.desktop.settings.dialog import SettingsDialog
    from studiolo.desktop.settings.sections import SECTIONS

    for page in ("chat", *window.factories):
        window.show_page(page)
        shown = window.current_page
        if isinstance(shown, ServerPage):
            for view in shown.views:
                shown.show_view(view)
                yield f"server-{view}", window
        else:
            yield page, window
    window.show_page("chat")
    window.registry.run("settings")
    dialog = window.findChildren(SettingsDialog)[0]
    for section in SECTIONS:
        dialog.show_section(section.id)
        yield f"settings-{section.id}", window
    dialog.close_panel()
    for action in _DIALOGS:
        window.registry.run(action)
        yield action, window
        for open_dialog in window.findChildren(QDialog):
            if open_dialog.isVisible():
                yield f"{action}-dialog", open_dialog
                open_dialog.reject()


def _fill() -> None:
    """Give the server something to tell: requests of several kinds, tokens, a benchmark, servers of tools."""
    server = running_server(app_paths())
    assert server
    with httpx.Client(base_url=server.address, headers={"Authorization": f"Bearer {server.key}"}, timeout=120) as http:
        http.post("/api/v1/models/load", json={"model": STARTER, "context_length": 2048})
        for name, permissions in (("VS Code", ["chat"]), ("Open WebUI", ["chat", "models"]), ("Backup", ["admin"])):
            made = http.post("/api/v1/server/tokens", json={"name": name, "permissions": permissions}).json()
            told = {"Authorization": f"Bearer {made['token']}"}
            said = [{"role": "user", "content": f"What is {name}?"}]
            body = {"model": STARTER, "messages": said, "max_tokens": 24}
            http.post("/v1/chat/completions", json=body, headers=told)
            http.post("/v1/messages", json=body, headers=told)
            http.post("/api/v1/chat", json={"model": STARTER, "input": "Why?", "max_output_tokens": 16}, headers=told)
        http.post("/v1/chat/completions", json={"model": "no/such", "messages": []})
        http.post("/api/v1/server/benchmarks", json={"model": STARTER, "prompt_tokens": 64, "generated_tokens": 16})
        entry = {"entry": {"command": "no-such-program", "args": ["--here"]}}
        http.put("/api/v1/mcp/servers/files", json=entry)


def _sheet(pictures: list[Path], file: Path) -> Path:
    """Put the pictures of one page into one, a row for each scheme."""
    columns = len(WIDTHS)
    images = [Image.open(picture) for picture in pictures]
    scale = _SHEET_WIDTH / sum(image.width for image in images[:columns])
    small = [image.resize((int(image.width * scale), int(image.height * scale))) for image in images]
    rows = [small[:columns], small[columns:]]
    height = max(image.height for image in small)
    sheet = Image.new("RGB", (_SHEET_WIDTH, height * len(rows)), "white")
    for number, row in enumerate(rows):
        left = 0
        for image in row:
            sheet.paste(image, (left, number * height))
            left += image.width
    sheet.save(file)
    return file


if __name__ == "__main__":
    raise SystemExit(main())
