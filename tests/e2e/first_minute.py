"""The first minute of somebody without a model, in a process of its own: `python -m tests.e2e.first_minute mouse`.

`mouse` and `keys` go from a fresh home to the first answer of a downloaded model, with nothing but that. Clicks are at
a place of the window and keys go to the window, so that they reach what a person would reach. Each step is printed.
`second HAND ADDRESS TOKEN` goes there on another server, which is killed and started again between two steps.
"""

import asyncio
import sys
from collections.abc import Callable
from typing import TypeVar

import httpx
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QApplication, QPushButton, QWidget

from studiolo.desktop import loop
from studiolo.desktop.application import Application, DesktopApp
from studiolo.desktop.chat.transcript.reply import ReplyRow
from studiolo.desktop.connections.add_server import AddServerDialog
from studiolo.desktop.settings.store import DesktopSettingsStore
from studiolo.desktop.shell.window import MainWindow
from studiolo.desktop.start.page import StartPage
from studiolo.desktop.widgets import theme
from studiolo.paths import app_paths
from tests.stands.plain_http import plain_get
from tests.stands.waiting import LIMIT_SECONDS, until

T = TypeVar("T")

_MOST_TABS = 60
_LONG = "Write a very long story about a lighthouse keeper and the sea, in many chapters."
_NONE, _SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier


async def step(what: str, true: Callable[[], object], seconds: float = LIMIT_SECONDS) -> None:
    await until(true, what, seconds=seconds)
    print(what, flush=True)


class Person:
    """Looks at the window, and uses the mouse or the keyboard."""

    def __init__(self, window: MainWindow) -> None:
        self.window = window

    @property
    def page(self) -> StartPage:
        [page] = self.window.findChildren(StartPage)
        return page

    @property
    def composer(self) -> str:
        return self.window.page.composer.text

    def sees(self, widget: QWidget) -> bool:
        return widget.isVisible() and widget.isEnabled() and not widget.visibleRegion().isEmpty()

    def sees_page(self) -> bool:
        return any(self.sees(page.card) for page in self.window.findChildren(StartPage))

    @property
    def last(self) -> ReplyRow | None:
        rows = [row for row in self.window.findChildren(ReplyRow) if row.isVisible()]
        return max(rows, key=lambda row: row.mapTo(self.window, QPoint()).y(), default=None)

    def answered(self) -> bool:
        return any(row.runs and row.message.text for row in self.window.findChildren(ReplyRow))

    def click(self, widget: QWidget) -> None:
        assert self.sees(widget), widget
        window = widget.window()
        place = QPointF(widget.mapTo(window, QPoint(widget.width() // 2, widget.height() // 2)))
        left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
        for kind, held in ((QEvent.Type.MouseButtonPress, left), (QEvent.Type.MouseButtonRelease, none)):
            self._send(QMouseEvent(kind, place, window.mapToGlobal(place), left, held, _NONE))

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = _NONE, text: str = "") -> None:
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            self._send(QKeyEvent(kind, key, modifier, text))

    def type(self, text: str) -> None:
        for letter in text:
            self.press(Qt.Key(ord(letter.upper())), text=letter)

    def _send(self, event: QEvent) -> None:
        # QTest would let the event loop run, within a task of that loop.
        window = QApplication.activeModalWidget() or self.window
        QApplication.sendEvent(window.windowHandle(), event)

    def use(self, hand: str, button: QPushButton) -> None:
        """Click a button, or go to it by the keyboard and press Space."""
        if hand == "mouse":
            self.click(button)
        else:
            self.go_back_to(button.text())
            self.press(Qt.Key.Key_Space)

    def button(self, name: str, within: QWidget | None = None) -> QPushButton:
        place = within or self.window
        buttons = [one for one in place.findChildren(QPushButton) if one.text() == name and self.sees(one)]
        assert buttons, name
        return buttons[0]

    def go_back_to(self, name: str) -> None:
        """Press Shift+Tab until the button of that name has the focus."""
        passed = []
        for _ in range(_MOST_TABS):
            focus = QApplication.focusWidget()
            passed.append(focus.accessibleName() or str(focus) if focus else "nothing")
            if isinstance(focus, QPushButton) and focus.text() == name:
                return
            self.press(Qt.Key.Key_Backtab, _SHIFT)
        raise AssertionError(f"no way leads to {name}: it passes {', '.join(passed)}")


async def offered(person: Person) -> None:
    await step("the start page is in sight", person.sees_page)
    await step("what the hub says is known", lambda: person.page.card.fine_print.text() == "Q4_K_M · Apache 2.0")
    assert person.page.card.title.text() == "Owl"
    assert person.window.page.trial_note.isVisible()


async def mouse(person: Person) -> None:
    await offered(person)
    card = person.page.card
    person.click(card.download)
    await step("it comes", lambda: person.sees(card.transfer.cancel))
    person.click(card.transfer.pause)
    await step("it is paused", lambda: "Paused" in card.transfer.state.text())
    person.click(card.transfer.pause)
    await step("it is here", lambda: person.sees(card.chat))
    person.click(card.chat)
    await step("it answers from now on", lambda: "Owl" in person.window.page.picker.text())
    assert not person.sees_page()
    prompt = person.window.page.placeholder.prompts[0]
    await step("prompts are in sight", lambda: person.sees(prompt))
    person.click(prompt)
    assert person.composer == prompt.text()
    person.click(person.window.page.composer.button)
    await step("an answer", person.answered)


async def keys(person: Person) -> None:
    await offered(person)
    card = person.page.card
    person.type("Hoo")
    assert person.composer == "Hoo", "one can write at once"
    person.go_back_to(card.download.text())
    person.press(Qt.Key.Key_Space)
    await step("it comes", lambda: card.transfer.pause.hasFocus())
    person.press(Qt.Key.Key_Space)
    await step("it is paused", lambda: "Paused" in card.transfer.state.text())
    person.press(Qt.Key.Key_Space)
    await step("the way to the chat has the focus", card.chat.hasFocus)
    person.press(Qt.Key.Key_Space)
    await step("it answers from now on", lambda: "Owl" in person.window.page.picker.text())
    await step("one can write", person.window.page.composer.field.hasFocus)
    # The model has a word to say to that: to a sound alone it may say nothing.
    person.type(" is what owls say. Tell me about owls.")
    person.press(Qt.Key.Key_Return)
    await step("an answer", person.answered)


async def second(person: Person) -> None:
    hand, address, token = sys.argv[2:]
    page, composer = person.window.page, person.window.page.composer
    await step("the start page is in sight", person.sees_page)
    person.use(hand, person.button("Connect to a server…"))
    dialog = await until(lambda: _dialog(AddServerDialog))
    for field, text in ((dialog.address, address), (dialog.token, token), (dialog.name, "Attic")):
        if hand == "mouse":
            person.click(field)
        person.type(text)
        if hand == "keys":
            person.press(Qt.Key.Key_Tab)
    if hand == "mouse":
        person.click(dialog.add)
    else:
        person.press(Qt.Key.Key_Return)
    await step("the second server is talked to", lambda: person.page.card.caption.text() == "Best for Attic")
    assert "Attic" in person.page.lead.text()
    assert not person.page.file.isVisible(), "a file of this computer is not on that one"
    await step("what the hub says is known", lambda: person.page.card.fine_print.text() == "Q4_K_M · Apache 2.0")
    # Where there is a screen, its window manager does this when a dialog is closed.
    person.window.activateWindow()
    await step("the window is in front again", person.window.isActiveWindow)
    person.use(hand, person.page.card.download)
    await step("it can be chatted with", lambda: person.sees(person.page.card.chat))
    if hand == "keys":
        await step("the way to the chat has the focus", person.page.card.chat.hasFocus)
    person.use(hand, person.page.card.chat)
    await step("it answers from now on", lambda: "Owl · Attic" in page.picker.text() and composer.field.hasFocus())
    person.type(_LONG)
    if hand == "mouse":
        person.click(composer.button)
    else:
        person.press(Qt.Key.Key_Return)
    await step("it writes", person.answered)
    await step("it is lost", lambda: (row := person.last) and row.failure and row.failure.isVisible())
    lost = person.last
    assert lost
    assert lost.message.text, "what had come stays"
    if hand == "mouse":
        person.click(composer.field)
    person.type("And then?")
    assert person.composer == "And then?", "one can write on"
    await step("it may come back", lambda: True)
    await step("it is back", lambda: answers(address))
    person.use(hand, person.button("Retry", lost))
    await step("it goes on", lambda: (row := person.last) and not row.message.failure and row.message.text)
    assert person.composer == "And then?", "nothing that was typed is lost"


def _dialog(kind: type[T]) -> T | None:
    shown = QApplication.activeModalWidget()
    return shown if isinstance(shown, kind) else None


async def answers(address: str) -> bool:
    try:
        answer = await asyncio.to_thread(plain_get, f"http://{address}/lmstudio-greeting")
    except httpx.HTTPError:
        return False
    return answer.status_code == 200


def main() -> int:
    app = Application(["studiolo"])
    theme.apply(app, "light")

    async def run() -> int:
        session = DesktopApp(app, app_paths(), DesktopSettingsStore(app_paths().config / "desktop.json"))
        running = asyncio.ensure_future(session.run())
        try:
            await step("the window is open", lambda: session._window.isVisible() and session._stages)
            session._window.resize(1100, 860)
            await {"mouse": mouse, "keys": keys, "second": second}[sys.argv[1]](Person(session._window))
        finally:
            # Whatever has failed, the server must not outlive the window.
            session.quit()
            await running
        return 0

    return loop.run(app, run)


if __name__ == "__main__":
    sys.exit(main())
