"""Rows of settings that belong together, in a card."""

from collections.abc import Collection, Sequence

from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from studiolo.desktop.settings.fields import SettingField
from studiolo.desktop.settings.row import SettingRow


class SettingCard(QWidget):
    """Rows with hairlines between them."""

    def __init__(self, heading: str, fields: Sequence[SettingField], parent: QWidget) -> None:
        """Make a row for each field. heading: What they are called together; empty for nothing."""
        super().__init__(parent)
        self.rows = [SettingRow(field, self) for field in fields]
        self._lines = [QFrame(self) for _ in fields]
        self._heading = QLabel(heading, self)
        self._heading.setProperty("kind", "heading")
        self._heading.setVisible(bool(heading))
        frame = QFrame(self)
        frame.setProperty("kind", "card")
        rows = QVBoxLayout(frame)
        rows.setContentsMargins(1, 1, 1, 1)
        rows.setSpacing(0)
        for line, row in zip(self._lines, self.rows, strict=True):
            line.setProperty("kind", "line")
            rows.addWidget(line)
            rows.addWidget(row)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4 if heading else 0, 0, 4)
        layout.setSpacing(6)
        layout.addWidget(self._heading)
        layout.addWidget(frame)

    def show_rows(self, shown: Collection[SettingRow], *, headed: bool = True) -> None:
        """Show some of the rows; without any, nothing at all. headed: Whether the heading stands above them."""
        self._heading.setVisible(headed and bool(self._heading.text()))
        first = True
        for line, row in zip(self._lines, self.rows, strict=True):
            row.setVisible(row in shown)
            line.setVisible(row in shown and not first)
            first = first and row not in shown
        self.setVisible(bool(shown))
