"""Rows of the load dialog: a title, a field, what is wrong with what was entered, and a sentence. Widgets only."""

import math
import re
from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QLocale, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QLineEdit, QPlainTextEdit, QWidget

from studiolo.api.load_dials import MOST_PATH
from studiolo.desktop.language import translate
from studiolo.desktop.loading.dials import Dial, alive_text, automatic_text, choices_of, help_of, title_of
from studiolo.desktop.widgets.sizes import Resized, sizes, wear_code_font
from studiolo.desktop.widgets.still_fields import StillComboBox
from studiolo.desktop.widgets.theme import set_kind

_TITLE_WIDTH, _FIELD_WIDTH = 190, 210
_GIGABYTE = 1_000_000_000
_SOME = "some"
_TEMPLATE_LINES = 5


class DialRow(Resized, QWidget):
    """`changed`: something else was entered."""

    changed = Signal()

    def __init__(self, dial: Dial, field: QWidget, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.dial = dial
        self.title = QLabel(title_of(dial.name), self)
        self.title.setWordWrap(True)
        self.title.setBuddy(field)
        self.help = QLabel(help_of(dial.name), self)
        self.help.setWordWrap(True)
        set_kind(self.help, "help")
        self.error = QLabel(self)
        self.error.setWordWrap(True)
        self.error.setTextFormat(Qt.TextFormat.PlainText)
        set_kind(self.error, "error")
        self.error.hide()
        field.setParent(self)
        field.setAccessibleName(self.title.text())
        field.setAccessibleDescription(self.help.text())
        self._field = field
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(2)
        grid.addWidget(self.title, 0, 0)
        grid.addWidget(field, 0, 1)
        grid.addWidget(self.error, 1, 0, 1, 2)
        grid.addWidget(self.help, 2, 0, 1, 2)
        grid.setColumnStretch(0, 1)
        self.fit()

    @property
    def value(self) -> Any:
        """Return what was entered; None for nothing, or what can't be understood."""
        raise NotImplementedError

    @property
    def problem(self) -> str:
        """Return what is wrong with what was entered; empty for nothing."""
        return ""

    def propose(self, value: Any) -> None:
        """Show a value; nobody is told."""
        raise NotImplementedError

    def show_problem(self, text: str) -> None:
        """Say what is wrong; an empty text: nothing."""
        self.error.setText(text)
        self.error.setVisible(bool(text))

    def take_focus(self) -> None:
        """Lead to the field."""
        self._field.setFocus()

    def fit(self) -> None:
        self.title.setMinimumWidth(sizes().scaled(_TITLE_WIDTH))
        if not isinstance(self._field, QPlainTextEdit):
            self._field.setFixedWidth(sizes().scaled(_FIELD_WIDTH))


class ChoiceDial(DialRow):
    """A choice among a few values."""

    def __init__(self, dial: Dial, devices: Sequence[tuple[str, str]], parent: QWidget | None) -> None:
        self.box = StillComboBox(parent)
        super().__init__(dial, self.box, parent)
        for value, text in choices_of(dial.name, devices):
            self.box.addItem(text, value)
        self.box.currentIndexChanged.connect(lambda _: self.changed.emit())

    @property
    def value(self) -> Any:
        return self.box.currentData()

    def propose(self, value: Any) -> None:
        values = [self.box.itemData(row) for row in range(self.box.count())]
        # Not `findData`: to Qt, True is 1.
        row = next((number for number, one in enumerate(values) if one is value or one == value), -1)
        self.box.blockSignals(True)
        if row < 0:
            self.box.addItem(alive_text(value) if isinstance(value, int) else str(value), value)
            row = self.box.count() - 1
        self.box.setCurrentIndex(row)
        self.box.blockSignals(False)


class LayersDial(DialRow):
    """Layers on the card: as the engine thinks best, all, none, or so many."""

    def __init__(self, dial: Dial, parent: QWidget | None) -> None:
        field = QWidget(parent)
        self.box = StillComboBox(field)
        self.number = QLineEdit(field)
        super().__init__(dial, field, parent)
        self.box.addItem(automatic_text(), None)
        self.box.addItem(translate("Loading", "All"), -1)
        self.box.addItem(translate("Loading", "None: the processor"), 0)
        self.box.addItem(translate("Loading", "So many"), _SOME)
        self.number.setText("16")
        self.number.hide()
        self.box.setAccessibleName(self.title.text())
        self.number.setAccessibleName(translate("Loading", "Number of layers on the card"))
        row = QHBoxLayout(field)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self.box, 1)
        row.addWidget(self.number)
        self.number.setMaximumWidth(sizes().scaled(64))
        field.setFocusProxy(self.box)
        self.box.currentIndexChanged.connect(self._chosen)
        self.number.textChanged.connect(lambda _: self.changed.emit())

    @property
    def value(self) -> Any:
        chosen = self.box.currentData()
        return _whole(self.dial, self.number.text())[0] if chosen == _SOME else chosen

    @property
    def problem(self) -> str:
        if self.box.currentData() != _SOME:
            return ""
        value, wrong = _whole(self.dial, self.number.text())
        return wrong if wrong or value is not None else _range_text(self.dial)

    def propose(self, value: Any) -> None:
        for field in (self.box, self.number):
            field.blockSignals(True)
        row = {None: 0, -1: 1, 0: 2}.get(value, 3)
        self.box.setCurrentIndex(row)
        if row == 3:
            self.number.setText(str(value))
        self.number.setVisible(row == 3)
        for field in (self.box, self.number):
            field.blockSignals(False)

    def _chosen(self) -> None:
        self.number.setVisible(self.box.currentData() == _SOME)
        self.changed.emit()


class TextDial(DialRow):
    """What is written, and understood when the field is left; nothing is for the engine to choose."""

    def __init__(self, dial: Dial, parent: QWidget | None) -> None:
        self._read, self._write = _UNDERSTOOD[dial.kind]
        self.field: QLineEdit | QPlainTextEdit
        if dial.kind == "lines":
            self.field = area = QPlainTextEdit(parent)
            area.setTabChangesFocus(True)
            wear_code_font(area)
            area.setPlaceholderText(translate("Loading", "That of the file"))
            area.setFixedHeight(_TEMPLATE_LINES * area.fontMetrics().lineSpacing() + 12)
        else:
            self.field = line = QLineEdit(parent)
            line.setPlaceholderText(automatic_text() if dial.kind not in ("text", "adapters") else "")
            line.editingFinished.connect(lambda: self.show_problem(self.problem))
        super().__init__(dial, self.field, parent)
        self.field.textChanged.connect(self._edited)

    @property
    def text(self) -> str:
        """Return what is written."""
        return (self.field.toPlainText() if isinstance(self.field, QPlainTextEdit) else self.field.text()).strip()

    @property
    def value(self) -> Any:
        return self._read(self.dial, self.text)[0] if self.text else None

    @property
    def problem(self) -> str:
        return self._read(self.dial, self.text)[1] if self.text else ""

    def propose(self, value: Any) -> None:
        self.field.blockSignals(True)
        text = "" if value is None else self._write(value)
        if isinstance(self.field, QPlainTextEdit):
            self.field.setPlainText(text)
        else:
            self.field.setText(text)
        self.field.blockSignals(False)

    def _edited(self) -> None:
        self.show_problem("")
        self.changed.emit()


def make_row(dial: Dial, devices: Sequence[tuple[str, str]], parent: QWidget | None) -> DialRow:
    """Return the row of a dial. devices: the ids and names of the cards."""
    if dial.kind == "layers":
        return LayersDial(dial, parent)
    if dial.kind in ("choice", "yes_no"):
        return ChoiceDial(dial, devices, parent)
    return TextDial(dial, parent)


Understood = tuple[Any, str]
"""A value, and what is wrong with what was written."""


def _range_text(dial: Dial) -> str:
    text = (
        translate("Loading", "Enter a whole number from %1 to %2.")
        if dial.kind in ("whole", "layers")
        else translate("Loading", "Enter a number from %1 to %2.")
    )
    locale = QLocale()
    least, most = locale.toString(float(dial.least), "g", 15), locale.toString(float(dial.most), "g", 15)
    return text.replace("%1", least).replace("%2", most)


def _number(text: str) -> float | None:
    """Return a number as the person's language writes it, or as programs do."""
    value, understood = QLocale().toDouble(text)
    if not understood:
        value, understood = QLocale.c().toDouble(text)
    return value if understood and math.isfinite(value) else None


def _whole(dial: Dial, text: str) -> Understood:
    value = _number(text)
    if value is None or value != int(value) or not dial.least <= value <= dial.most:
        return None, _range_text(dial)
    return int(value), ""


def _decimal(dial: Dial, text: str) -> Understood:
    value = _number(text)
    return (None, _range_text(dial)) if value is None or not dial.least <= value <= dial.most else (value, "")


def _gigabytes(dial: Dial, text: str) -> Understood:
    value, wrong = _decimal(dial, text)
    return (None, wrong) if value is None else (round(value * _GIGABYTE), "")


def _split(dial: Dial, text: str) -> Understood:
    # A comma within a number is no separator where numbers are written so.
    separator = r"[;\s]+" if QLocale().decimalPoint() == "," else r"[;,\s]+"
    shares = [_number(one) for one in re.split(separator, text) if one]
    known = [one for one in shares if one is not None and one >= 0]
    if not 0 < len(known) == len(shares) <= dial.most or not sum(known):
        return None, translate("Loading", "Enter a number for each card, such as “3, 1”.")
    return known, ""


def _adapters(dial: Dial, text: str) -> Understood:
    found: list[dict[str, Any]] = []
    for part in (one.strip() for one in text.split(";")):
        if not part:
            continue
        path, at, strength = part.rpartition(" @ ")
        scale = _number(strength) if at else 1.0
        if len(part) > MOST_PATH:
            return None, translate("Loading", "A path has at most %1 characters.").replace("%1", str(MOST_PATH))
        if scale is None or not -10 <= scale <= 10:
            return None, translate("Loading", "The strength of %1 is a number from -10 to 10.").replace("%1", path)
        found.append({"path": path.strip() if at else part, "scale": scale})
    if len(found) > dial.most:
        return None, translate("Loading", "At most %1 adapters go on a model.").replace("%1", str(int(dial.most)))
    return found, ""


def _plain(dial: Dial, text: str) -> Understood:
    if len(text) > dial.most:
        wrong = translate("Loading", "At most %1 characters.")
        return None, wrong.replace("%1", QLocale().toString(int(dial.most)))
    return text, ""


def _adapters_text(value: Any) -> str:
    return "; ".join(one["path"] if one["scale"] == 1 else f"{one['path']} @ {one['scale']:g}" for one in value)


def _number_text(value: Any) -> str:
    return QLocale().toString(float(value), "g", 15).replace(QLocale().groupSeparator(), "")


_UNDERSTOOD: dict[str, tuple[Callable[[Dial, str], Understood], Callable[[Any], str]]] = {
    "whole": (_whole, str),
    "decimal": (_decimal, _number_text),
    "gigabytes": (_gigabytes, lambda value: _number_text(value / _GIGABYTE)),
    "split": (_split, lambda value: "; ".join(_number_text(one) for one in value)),
    "adapters": (_adapters, _adapters_text),
    "text": (_plain, str),
    "lines": (_plain, str),
}
"""How what is written becomes a value, and a value what is written."""
