"""The colours by which a person tells servers apart: few, named, and to be seen on both grounds."""

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication

from studiolo.desktop.widgets.theme import DARK, colours

# Each has at least 3:1 against the window and the sidebar of its scheme.
_COLOURS = {
    "red": ("#c8372d", "#ff8a80"),
    "orange": ("#b85a00", "#f5a45c"),
    "green": ("#1c8f4d", "#5cc482"),
    "teal": ("#0b848c", "#4fc3cb"),
    "blue": ("#2f6fd6", "#7fb0ff"),
    "purple": ("#8446c8", "#c39bf5"),
    "pink": ("#c2387f", "#f58fc0"),
}
COLOUR_NAMES = tuple(_COLOURS)
_TITLES: dict[str, tuple[object, ...]] = {
    "ServerColours": (
        QT_TRANSLATE_NOOP("ServerColours", "None"),
        QT_TRANSLATE_NOOP("ServerColours", "Red"),
        QT_TRANSLATE_NOOP("ServerColours", "Orange"),
        QT_TRANSLATE_NOOP("ServerColours", "Green"),
        QT_TRANSLATE_NOOP("ServerColours", "Teal"),
        QT_TRANSLATE_NOOP("ServerColours", "Blue"),
        QT_TRANSLATE_NOOP("ServerColours", "Purple"),
        QT_TRANSLATE_NOOP("ServerColours", "Pink"),
    )
}


def colour_of(name: str) -> str | None:
    """Return a server's colour as #rrggbb, for the theme in force; None for no colour, or one of a later version."""
    pair = _COLOURS.get(name)
    return pair[colours() is DARK] if pair else None


def colour_title(name: str) -> str:
    """Return what a colour is called; an empty name is no colour."""
    return QCoreApplication.translate("ServerColours", name.capitalize() if name else "None")
