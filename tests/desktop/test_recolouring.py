"""The look changes while the window is open: then everything looks as if it had been made in the new one."""

import time
from collections.abc import Iterator

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from studiolo.desktop.chat.messages import Activity, Message, Phase, Reply, UserMessage
from studiolo.desktop.chat.sidebar.entries import ChatEntry, Heading
from studiolo.desktop.chat.transcript.code import CodeBlock
from studiolo.desktop.chat.transcript.markdown_run import MarkdownText
from studiolo.desktop.connections.server_button import ServerButton
from studiolo.desktop.connections.servers import Servers
from studiolo.desktop.discover.page import DiscoverPage
from studiolo.desktop.downloads.page import DownloadsPage
from studiolo.desktop.history.parts import FilePart, ReasoningPart, TextPart, ToolPart
from studiolo.desktop.history.records import Chat
from studiolo.desktop.models.page import ModelsPage
from studiolo.desktop.shell.navigation import CHAT, DISCOVER, DOWNLOADS, MODELS, TOOLS
from studiolo.desktop.shell.window import MainWindow
from studiolo.desktop.widgets import theme
from studiolo.errors import UnreachableError
from studiolo.paths import app_paths
from tests.stands.waiting import until

ANSWER = """Some `inline code`, a [link](https://example.org) and $a^2$.

| head | other |
|------|-------|
| cell | cell  |

```python
def add(one: int) -> str:
    return "text" + str(1)
```
"""


@pytest.fixture(autouse=True)
def _light_again(qapp: QApplication) -> Iterator[None]:
    flash = qapp.cursorFlashTime()
    qapp.setCursorFlashTime(0)
    yield
    qapp.setCursorFlashTime(flash)
    theme.apply(qapp, "light")


def fail(error: BaseException) -> None:
    raise error


def conversation() -> list[Message]:
    reply = Reply([ReasoningPart("Hm.", seconds=2.0), ToolPart("look", "{}", "found"), TextPart(ANSWER)])
    failed = Reply([ToolPart("look", "{}", "nothing", failed=True)])
    failed.failure = UnreachableError("Nobody is there.", hint="Start it.")
    thinking = Reply([ReasoningPart("Let me see.")])
    # The time that has passed is not to be seen yet.
    thinking.activity = Activity(Phase.THINKING, time.monotonic() + 3600)
    return [thinking, UserMessage([FilePart("text", "notes.txt", 4), TextPart("Why?")]), reply, failed]


async def window_with_everything() -> MainWindow:
    window = MainWindow(app_paths())
    window.resize(1000, 1500)
    chat = Chat(1, "A chat", None, 0.0, 0.0)
    window.sidebar.list.set_entries([Heading("today"), ChatEntry(chat)], [], 1)
    window.navigation.add(ServerButton(Servers(app_paths(), fail), fail, window.navigation))
    for name, page in ((DISCOVER, DiscoverPage), (DOWNLOADS, DownloadsPage), (MODELS, ModelsPage)):
        window.factories[name] = page
    window.page.set_model("key", "A model")
    window.page.set_messages(conversation())
    window.show()
    for name in (DISCOVER, DOWNLOADS, MODELS, CHAT):
        window.show_page(name)
    return window


async def seen(window: MainWindow, page: str) -> QImage:
    """The page as it looks once everything on it has been drawn."""
    window.show_page(page)
    QApplication.processEvents()
    texts = window.findChildren(MarkdownText)
    await until(lambda: all("formula:" in text.toHtml() for text in texts if "$" in text.written), "the formulas")
    code = [block for block in window.findChildren(CodeBlock) if block.piece.language == "python"]
    await until(lambda: all(block.complete and _coloured(block) for block in code), "the colours of code")
    window.page.transcript.flush()
    QApplication.processEvents()
    return window.grab().toImage()


@pytest.mark.parametrize("page", [CHAT, DISCOVER, DOWNLOADS, MODELS, TOOLS])
@pytest.mark.parametrize("scheme", ["dark", "light"])
async def test_after_the_look_has_changed_everything_is_as_if_made_in_it(
    page: str, scheme: theme.Scheme, qapp: QApplication
) -> None:
    theme.apply(qapp, "light" if scheme == "dark" else "dark")
    changed = await window_with_everything()
    await seen(changed, page)
    theme.apply(qapp, scheme)
    after = await seen(changed, page)
    fresh = await window_with_everything()
    expected = await seen(fresh, page)
    try:
        assert places(after, expected) == []
    finally:
        for window in (changed, fresh):
            window.close()
            window.deleteLater()


def _coloured(block: CodeBlock) -> bool:
    return bool(block.field.document().firstBlock().layout().formats())


def places(one: QImage, other: QImage) -> list[tuple[int, int]]:
    """Where two pictures differ: the corners of squares of 20 pixels."""
    side = 20
    if one == other:
        return []
    return [
        (x, y)
        for y in range(0, one.height(), side)
        for x in range(0, one.width(), side)
        if one.copy(x, y, side, side) != other.copy(x, y, side, side)
    ]
