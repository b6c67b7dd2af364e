"""The views of the server as they look and as the keys go: both schemes, wide and narrow."""

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from studiolo.api.server import TokenInfo
from studiolo.api.settings import ServerSettings
from studiolo.desktop.server.api_view import ApiView
from studiolo.desktop.server.code_box import CodeBox
from studiolo.desktop.server.connect_view import ConnectView, FilledSnippet
from studiolo.desktop.server.endpoints import Endpoint, ExampleModels, documented_endpoints
from studiolo.desktop.server.overview import ServerOverview
from studiolo.desktop.server.page import ServerPage
from studiolo.desktop.server.programs import PROGRAMS
from studiolo.desktop.server.state_card import ServerStanding
from studiolo.desktop.server.tokens_view import TokensView
from studiolo.desktop.widgets import theme
from tests.desktop.test_recolouring import places

_VIEWS = ("overview", "tokens", "connect", "api")
_MOST = 80


def overview(parent: QWidget) -> QWidget:
    view = ServerOverview(parent)
    view.card.show_standing(
        ServerStanding(
            "running", "Running", "since 09:14", "http://localhost:1234", "1 request running", stoppable=True
        )
    )
    view.show_settings(ServerSettings(cors=True))
    view.port.show_text("Port 1234 is used by another program.", "It is taken when it is free.")
    view.open.show_text("Anybody on your network can use this server.")
    view.rows["port"].show_problem("It can't be that.")
    return view


def tokens(parent: QWidget) -> QWidget:
    view = TokensView(parent)
    made = [
        TokenInfo(id="a", name="VS Code", prefix="sk-lm-abcd", permissions=["chat"], created_at="2026-01-01T00:00:00Z"),
        TokenInfo(id="b", name="Old", prefix="sk-lm-efgh", permissions=["admin"], expires_at="2026-01-02T00:00:00Z"),
    ]
    view.show_tokens(made, in_use="sk-lm-abcd", required=False)
    view.view.choose(0)
    return view


def connect(parent: QWidget) -> QWidget:
    view = ConnectView(parent)
    view.choose("openai")
    view.show_models(["acme/one"], "acme/one")
    view.show_program(PROGRAMS[0], [FilledSnippet("Python", 'import os\nprint("one", 1)  # so', "python")])
    view.show_token("A token is asked for.", FilledSnippet("In a terminal", "export A=1", "bash"), makeable=True)
    return view


def api(parent: QWidget) -> QWidget:
    view = ApiView(parent)
    endpoints = {one.key: one for one in documented_endpoints(ExampleModels("acme/one"))}

    def show(key: str) -> None:
        endpoint: Endpoint = endpoints[key]
        values = {one.name: one.example for one in endpoint.parameters}
        view.panel.show_endpoint(endpoint, values=values, body=endpoint.body)

    view.endpoint_chosen.connect(show)
    view.show_endpoints(list(endpoints.values()), note="")
    view.panel.show_models(["acme/one"], "acme/one", used=True)
    view.panel.show_sendable("")
    view.panel.code.show_code('curl "http://localhost:1234"', "bash", "Code")
    view.panel.answer.show_waiting()
    view.panel.answer.show_head(404, "Not Found", [("content-type", "application/json")])
    view.panel.answer.show_json('{"error": "x", "n": 3}')
    view.panel.answer.show_end(0.25, 22)
    return view


_FACTORIES: dict[str, Callable[[QWidget], QWidget]] = {
    "overview": overview,
    "tokens": tokens,
    "connect": connect,
    "api": api,
}


def page_at(view: str, *, width: int = 1000) -> ServerPage:
    page = ServerPage()
    page.resize(width, 760)
    for name, factory in _FACTORIES.items():
        page.add_view(name, name.capitalize(), factory)
    page.show()
    page.show_view(view)
    return page


def seen(page: ServerPage) -> QImage:
    for _ in range(3):
        QApplication.processEvents()
    return page.grab().toImage()


@pytest.fixture
def dressed(qapp: QApplication) -> Iterator[QApplication]:
    yield qapp
    theme.apply(qapp, "light")


@pytest.mark.parametrize("view", _VIEWS)
@pytest.mark.parametrize("scheme", ["dark", "light"])
async def test_after_the_look_has_changed_a_view_is_as_if_made_in_it(
    view: str, scheme: theme.Scheme, dressed: QApplication
) -> None:
    theme.apply(dressed, "light" if scheme == "dark" else "dark")
    changed = page_at(view)
    seen(changed)
    theme.apply(dressed, scheme)
    after = seen(changed)
    fresh = page_at(view)
    try:
        assert places(after, seen(fresh)) == []
    finally:
        for page in (changed, fresh):
            page.close()
            page.deleteLater()


@pytest.mark.parametrize("width", [420, 650, 1400])
@pytest.mark.parametrize("view", _VIEWS)
async def test_nothing_is_wider_than_the_page(view: str, width: int, dressed: QApplication) -> None:
    page = page_at(view, width=width)
    try:
        seen(page)
        assert page.width() == width
        shown = page.view(view)
        assert shown
        for widget in shown.findChildren(QWidget):
            if widget.isVisible() and not widget.visibleRegion().isEmpty() and type(widget).__module__.startswith("st"):
                right = widget.mapTo(page, widget.rect().topRight()).x()
                assert right <= width, widget
    finally:
        page.close()
        page.deleteLater()


@pytest.mark.parametrize("view", _VIEWS)
def test_tab_and_shift_tab_lead_the_same_way(view: str, qtbot: QtBot) -> None:
    page = page_at(view)
    page.activateWindow()
    qtbot.waitUntil(page.isActiveWindow)
    page.tabs.setFocus()
    forward = _way(Qt.Key.Key_Tab)
    back = _way(Qt.Key.Key_Backtab)
    page.close()
    page.deleteLater()
    assert back == [forward[0], *reversed(forward[1:])]
    shown = page.view(view)
    assert shown
    inside = [one for one in forward if shown.isAncestorOf(one)]
    assert len(inside) > 2
    assert not [one for one in inside if not (one.accessibleName() or getattr(one, "text", str)())]


def _way(key: Qt.Key) -> list[QWidget]:
    visited: list[QWidget] = []
    none, shift = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier
    while (focus := QApplication.focusWidget()) and focus not in visited:
        visited.append(focus)
        QTest.keyClick(focus, key, shift if key is Qt.Key.Key_Backtab else none)
        assert len(visited) < _MOST
    assert focus is visited[0]
    return visited


def test_a_view_is_made_when_it_is_looked_at_first(qtbot: QtBot) -> None:
    page = ServerPage()
    made: list[str] = []

    def factory(name: str) -> Callable[[QWidget], QWidget]:
        def make(parent: QWidget) -> QWidget:
            made.append(name)
            return QWidget(parent)

        return make

    for name in ("one", "three"):
        page.add_view(name, name, factory(name))
    page.add_view("two", "two", factory("two"), before="three")
    assert (page.views, made) == (["one", "two", "three"], [])
    with qtbot.waitExposed(page):
        page.show()
    assert (made, page.shown_view) == (["one"], "one")
    page.tabs.setFocus()
    QTest.keyClick(page.tabs, Qt.Key.Key_Right)
    assert (made, page.shown_view) == (["one", "two"], "two")
    page.show_view("one")
    assert made == ["one", "two"]
    page.close()
    page.deleteLater()


@pytest.mark.parametrize("family", ["Monospace", "Sans Serif", "Serif"])
def test_no_line_of_code_is_hidden_by_a_bar(family: str, qtbot: QtBot, dressed: QApplication) -> None:
    theme.apply(dressed, "light", code_font=family)
    window = QWidget()
    qtbot.addWidget(window)
    box = CodeBox(window)
    QVBoxLayout(window).addWidget(box)
    box.show_code("\n".join(["a = 1"] * 11 + ["b" * 200]), "python", "Python")
    window.resize(300, 600)
    with qtbot.waitExposed(window):
        window.show()
    assert box.field.horizontalScrollBar().maximum() > 0
    assert box.field.verticalScrollBar().maximum() == 0
