import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QIcon, QPalette
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from studiolo.desktop.widgets import icons, theme
from studiolo.desktop.widgets.icons import IconButton
from studiolo.desktop.widgets.theme import DARK, LIGHT, Colours


@pytest.fixture(autouse=True)
def _light_again(qapp: QApplication) -> Iterator[None]:
    yield
    theme.apply(qapp, "light")


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    ink = QColor(colour)
    parts = [ink.redF(), ink.greenF(), ink.blueF()]
    linear = [part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4) for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_every_text_is_readable_on_its_ground(colours: Colours) -> None:
    pairs = {
        (text, ground): contrast(getattr(colours, text), getattr(colours, ground))
        for text, grounds in {
            "text": ("window", "side", "card", "bubble", "selection", "danger_card"),
            "muted": ("window", "side", "card", "bubble"),
            "on_accent": ("accent", "accent_hover"),
            "link": ("window", "card"),
            "danger": ("window", "danger_card"),
        }.items()
        for ground in grounds
    }
    assert {pair: ratio for pair, ratio in pairs.items() if ratio < 4.5} == {}


def test_scheme_dresses_widgets_and_can_be_changed(qapp: QApplication, qtbot: QtBot) -> None:
    label = QLabel("x")
    qtbot.addWidget(label)
    label.show()
    for scheme, expected in (("dark", DARK), ("light", LIGHT)):
        theme.apply(qapp, scheme)  # type: ignore[arg-type]
        assert label.palette().color(QPalette.ColorRole.Window).name() == expected.window
        assert theme.colours() is expected


def test_applying_twice_does_not_enlarge_the_font_again(qapp: QApplication) -> None:
    theme.apply(qapp, "light")
    size = qapp.font().pointSizeF()
    theme.apply(qapp, "dark")
    assert qapp.font().pointSizeF() == size


def test_icon_button_is_redrawn_in_the_new_colours(qapp: QApplication, qtbot: QtBot) -> None:
    theme.apply(qapp, "light")
    button = IconButton("stop", "Stop")
    qtbot.addWidget(button)
    button.show()
    assert inks(button.icon()) == {LIGHT.muted}
    theme.apply(qapp, "dark")
    assert inks(button.icon()) == {DARK.muted}
    assert button.accessibleName() == button.toolTip() == "Stop"


@pytest.mark.parametrize("name", sorted(icons.GLYPHS))
def test_glyphs_are_those_of_the_font(name: str, qapp: QApplication) -> None:
    found = importlib.util.find_spec("qtawesome")
    assert found
    assert found.origin
    fonts = Path(found.origin).parent / "fonts"
    table = json.loads(
        (fonts / icons.FONT_FILE.replace("webfont-", "webfont-charmap-").replace(".ttf", ".json")).read_text()
    )
    assert icons.GLYPHS[name] == int(table[name], 16)
    assert inks(icons.icon(name, "#ff0000")) == {"#ff0000"}


def inks(icon: QIcon) -> set[str]:
    image = icon.pixmap(QSize(18, 18), 3.0).toImage()
    pixels = (image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height()))
    return {pixel.name() for pixel in pixels if pixel.alpha() == 255}


def test_what_can_not_be_used_is_seen_to_be_so(qapp: QApplication) -> None:
    def strength(mode: QIcon.Mode) -> int:
        image = icons.icon("play", "#000000").pixmap(18, mode=mode).toImage()
        return max(image.pixelColor(x, y).alpha() for x in range(18) for y in range(18))

    assert strength(QIcon.Mode.Disabled) < strength(QIcon.Mode.Normal) / 2
