"""Names with values, such as variables and headers; a value may be kept in the keyring instead of in a file."""

from collections.abc import Mapping
from itertools import pairwise

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from studiolo.api.mcp import SECRET_REFERENCE
from studiolo.desktop.widgets.icons import IconButton
from studiolo.desktop.widgets.theme import set_kind


def is_kept(value: str) -> bool:
    """Return whether the text of a value is in the keyring."""
    return value.startswith(SECRET_REFERENCE)


def sounds_secret(name: str) -> bool:
    """Return whether what is called so had better be kept in the keyring."""
    plain = name.casefold()
    return any(word in plain for word in ("key", "token", "secret", "password", "passwd", "authorization", "cookie"))


class PairRow(QWidget):
    """One of them. What is in the keyring already is not shown, and stays unless another value is written.

    fixed: its name is given. secret: its value goes to the keyring, whatever it is called.
    """

    removed = Signal(object)

    def __init__(self, name: str, value: str, parent: QWidget, *, fixed: bool, secret: bool) -> None:
        super().__init__(parent)
        self._kept = value if is_kept(value) else ""
        self.name = QLineEdit(name, self)
        self.name.setPlaceholderText(self.tr("Name"))
        self.name.setAccessibleName(self.tr("Name"))
        self.name.setReadOnly(fixed)
        self.field = QLineEdit("" if self._kept else value, self)
        self.field.setPlaceholderText(self.tr("Saved; enter another to replace it") if self._kept else self.tr("Value"))
        self.secret = QCheckBox(self.tr("Secret"), self)
        self.secret.setToolTip(self.tr("Keep the value apart from mcp.json, in the keyring where there is one"))
        self.secret.setChecked(secret or bool(self._kept) or sounds_secret(name))
        self.secret.setVisible(not secret)
        self.remove = IconButton("close", self.tr("Remove"), self, size=16)
        self.remove.setVisible(not fixed)
        self.remove.clicked.connect(lambda: self.removed.emit(self))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self.name, 2)
        row.addWidget(self.field, 3)
        row.addWidget(self.secret)
        row.addWidget(self.remove)
        self.secret.toggled.connect(self._hide_value)
        self.name.textEdited.connect(self._renamed)
        self._hide_value()
        self._called()

    @property
    def value(self) -> str:
        """Return the value as it is to be kept."""
        return self.field.text() or self._kept

    def _hide_value(self) -> None:
        mode = QLineEdit.EchoMode
        self.field.setEchoMode(mode.PasswordEchoOnEdit if self.secret.isChecked() else mode.Normal)

    def _renamed(self, name: str) -> None:
        if sounds_secret(name):
            self.secret.setChecked(True)
        self._called()

    def _called(self) -> None:
        name = self.name.text() or self.tr("Value")
        self.field.setAccessibleName(name)
        self.secret.setAccessibleName(self.tr("Keep %1 secret").replace("%1", name))
        self.remove.setAccessibleName(self.tr("Remove %1").replace("%1", name))


class Pairs(QWidget):
    """Any number of them. fixed: the names are given. secret: all of the values go to the keyring."""

    def __init__(
        self,
        values: Mapping[str, str] | None,
        add: str,
        parent: QWidget | None = None,
        *,
        fixed: bool = False,
        secret: bool = False,
    ) -> None:
        super().__init__(parent)
        self.rows: list[PairRow] = []
        self._fixed = fixed
        self._secret = secret
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(4)
        self.add = QPushButton(add, self)
        set_kind(self.add, "flat")
        self.add.setVisible(not fixed)
        self.add.clicked.connect(lambda: self._add("", "").name.setFocus())
        for name, value in (values or {}).items():
            self._add(name, value)
        self._layout.addWidget(self.add, 0, Qt.AlignmentFlag.AlignLeft)

    @property
    def values(self) -> dict[str, str]:
        """Return the values of the pairs that have a name."""
        return {row.name.text().strip(): row.value for row in self.rows if row.name.text().strip()}

    @property
    def secrets(self) -> list[str]:
        """Return the names of the pairs whose values go to the keyring, and are not there yet."""
        return [
            row.name.text().strip()
            for row in self.rows
            if row.secret.isChecked() and row.name.text().strip() and row.value and not is_kept(row.value)
        ]

    def _add(self, name: str, value: str) -> PairRow:
        row = PairRow(name, value, self, fixed=self._fixed, secret=self._secret)
        row.removed.connect(self._remove)
        self.rows.append(row)
        self._layout.insertWidget(len(self.rows) - 1, row)
        self._order_tabs()
        return row

    def _order_tabs(self) -> None:
        """As one sees it: a row that is new would come after the buttons of the window."""
        before = self.add.previousInFocusChain()
        while before and before is not self.add and (self.isAncestorOf(before) or not _takes_tab(before)):
            before = before.previousInFocusChain()
        stops: list[QWidget] = [before] if before and before is not self.add else []
        for row in self.rows:
            stops += [row.name, row.field, row.secret, row.remove]
        for one, following in pairwise([*stops, self.add]):
            self.setTabOrder(one, following)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._order_tabs()

    def _remove(self, row: PairRow) -> None:
        self.rows.remove(row)
        row.hide()
        row.deleteLater()
        self.add.setFocus()


def _takes_tab(widget: QWidget) -> bool:
    return bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
