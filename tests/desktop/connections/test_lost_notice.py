"""What is said above a page of a server that does not answer, and the colour by which a server is known."""

from collections.abc import AsyncIterator

import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

from studiolo.desktop.chat.model_choice.picker import PickerButton
from studiolo.desktop.connections.lost_notice import LostNotice
from studiolo.desktop.connections.marks import ColourStrip
from studiolo.desktop.connections.server_colours import COLOUR_NAMES, colour_of, colour_title
from studiolo.desktop.connections.servers import OWN, Servers
from studiolo.desktop.connections.states import Lost, Ready, Starting
from studiolo.desktop.connections.words import lost_words, settled_words, state_words
from studiolo.desktop.shell.window import MainWindow
from studiolo.desktop.widgets import theme
from studiolo.errors import AccessError, AppError, CertificateError, StoppedError, UnreachableError
from studiolo.paths import app_paths
from tests.stands.serving import serving
from tests.stands.waiting import until

ATTIC = "http://127.0.0.1:9"


@pytest.fixture
async def servers(qapp: QApplication) -> AsyncIterator[Servers]:
    reported: list[BaseException] = []
    servers = Servers(app_paths(), reported.append)
    yield servers
    await servers.aclose()
    servers.deleteLater()
    assert reported == []


async def test_it_is_there_while_the_server_is_not(servers: Servers) -> None:
    window = MainWindow(app_paths())
    notice = LostNotice(servers, name_of=servers.name_of, parent=window)
    window.add_above(notice)
    window.show()
    async with serving() as server:
        servers.select(await servers.add(server.address, "Box", None))
        await until(lambda: isinstance(servers.selected.state, Ready))
        assert not notice.isVisible()
    attic = await servers.add(ATTIC, "Attic", None)
    servers.select(attic)
    await until(notice.isVisible)
    assert notice.label.text() == notice.accessibleName() == "Attic does not answer."
    assert notice.countdown.isVisible()
    notice.want(False)
    assert not notice.isVisible(), "the chat says it by itself"
    notice.want(True)
    states: list[type] = []
    servers.selected.changed.connect(lambda: states.append(type(servers.selected.state)))
    notice.retry.click()
    await until(lambda: Starting in states)
    managed: list[str] = []
    notice.manage_requested.connect(managed.append)
    await until(notice.isVisible)
    notice.manage.click()
    assert managed == [attic]
    window.activateWindow()
    await until(window.isActiveWindow)
    notice.focus_released.connect(window.focus_page)
    notice.manage.setFocus()
    notice.want(False)
    assert window.focusWidget() is window.page.composer.field, "not on whatever comes next"
    window.close()
    window.deleteLater()


async def test_a_server_is_known_by_its_colour(servers: Servers) -> None:
    strip, picker = ColourStrip(servers), PickerButton()
    strip.colour_changed.connect(picker.set_colour)
    servers.select(await servers.add(ATTIC, "Attic", None, colour="purple"))
    assert (strip.colour, strip.isHidden()) == ("purple", False)
    picker.resize(160, 32)
    picker.show()
    expected = QColor(colour_of("purple") or "")
    shown = picker.grab().toImage().pixelColor(80, picker.height() - 2)
    assert shown.name() == expected.name()
    servers.select(OWN)
    assert (strip.colour, strip.isHidden()) == ("", True)
    assert picker.grab().toImage().pixelColor(80, picker.height() - 2).name() != expected.name()
    for widget in (strip, picker):
        widget.close()
        widget.deleteLater()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_each_colour_is_seen_and_has_a_name(qapp: QApplication, scheme: theme.Scheme) -> None:
    theme.apply(qapp, scheme)
    try:
        look = theme.colours()
        for name in COLOUR_NAMES:
            colour = colour_of(name)
            assert colour
            assert min(contrast(colour, look.window), contrast(colour, look.side)) >= 3, name
            assert colour_title(name) == name.capitalize()
    finally:
        theme.apply(qapp, "light")
    assert colour_of("ultraviolet") is None, "of a later version"


def contrast(one: str, other: str) -> float:
    """As WCAG has it."""
    light, dark = sorted((_luminance(QColor(one)), _luminance(QColor(other))), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: QColor) -> float:
    parts = (colour.redF(), colour.greenF(), colour.blueF())
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(
    ("error", "again", "words", "sentence"),
    [
        (UnreachableError("gone"), True, "Lost, trying again", "Box does not answer."),
        (UnreachableError("gone"), False, "No answer", "Box does not answer."),
        (AccessError("no", status=401), False, "Token refused", "Box refuses the token."),
        (AccessError("Not yours.", status=403), False, "Not allowed", "Not yours."),
        (CertificateError("Not trusted."), False, "Certificate not trusted", "Not trusted."),
        (StoppedError("It was stopped."), False, "Stopped", "It was stopped."),
        (AppError("Odd."), False, "Can't be used", "Odd."),
    ],
)
def test_each_way_to_be_lost_has_its_words(
    qapp: QApplication, error: AppError, again: bool, words: str, sentence: str
) -> None:
    lost = Lost(error, again=again)
    assert state_words(ATTIC, lost) == settled_words(ATTIC, lost) == words
    assert lost_words("Box", lost) == sentence


def test_our_own_server_says_its_port(qapp: QApplication) -> None:
    assert state_words(OWN, Ready("http://127.0.0.1:1234")) == "Running, port 1234"
    assert state_words(ATTIC, Ready(ATTIC)) == "Connected"
    assert (state_words(OWN, Starting()), state_words(ATTIC, Starting())) == ("Starting", "Connecting")
