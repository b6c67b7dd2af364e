"""What a server says of its tool, as plain badges: its own words, and no promise."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from studiolo.api.hints import ToolHints
from studiolo.desktop.language import translate
from studiolo.desktop.widgets.theme import set_kind


class Badge(QLabel):
    """A word on a ground. kind: "plain", "ok", "warning" or "danger"."""

    def __init__(self, text: str, kind: str, tip: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setProperty("badge", "true")
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setToolTip(tip)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Maximum)
        self.show_kind(kind)

    def show_kind(self, kind: str) -> None:
        """Show another kind of badge, in its colours."""
        set_kind(self, f"badge-{kind}")


def hint_badges(hints: ToolHints, parent: QWidget) -> list[Badge]:
    """Return what colours a decision: that it changes nothing, or may take something away, or reaches further."""
    said = translate("ToolHints", "Its server says so; nobody has checked it.")
    badges = []
    if hints.destructive and not hints.read_only:
        badges.append(Badge(translate("ToolHints", "May delete or overwrite"), "danger", said, parent))
    if hints.read_only:
        badges.append(Badge(translate("ToolHints", "Only reads"), "plain", said, parent))
    elif hints.read_only is False and not hints.destructive:
        badges.append(Badge(translate("ToolHints", "Makes changes"), "warning", said, parent))
    if hints.open_world:
        badges.append(Badge(translate("ToolHints", "Reaches other services"), "plain", said, parent))
    if hints.idempotent and not hints.read_only:
        badges.append(Badge(translate("ToolHints", "Safe to repeat"), "plain", said, parent))
    return badges
