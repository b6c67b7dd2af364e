"""A form for a server of tools that one chat uses: its address, and the headers that are sent to it."""

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from studiolo.api.mcp import SECRET_REFERENCE
from studiolo.api.mcp_entry import HIDDEN
from studiolo.desktop.chat.tool_choice import ChosenServer, named
from studiolo.desktop.widgets.form_area import FormArea
from studiolo.desktop.widgets.pairs import Pairs, is_kept
from studiolo.desktop.widgets.sizes import room_for
from studiolo.desktop.widgets.theme import set_kind
from studiolo.errors import RequestError

_WIDTH = 520
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}")
_VALUE = re.compile(r"[\t\x20-\x7e]{1,16000}")
_KEPT = f"{SECRET_REFERENCE}}}"


@dataclass(frozen=True)
class ToolPlace:
    """Where the tools run, as the dialog tells it.

    name: the server that is asked; empty for our own. lists: it tells which servers of mcp.json it has, so that only an
    address is entered here. asks: it asks before a tool runs.
    """

    name: str = ""
    lists: bool = True
    asks: bool = True


@dataclass(frozen=True)
class Entered:
    """What was written.

    address: the whole of it; empty where it stays as it is. headers: the values that were written, by name. kept: the
    names of those that stay as they are.
    """

    server: ChosenServer
    address: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    kept: tuple[str, ...] = ()


class AddressDialog(QDialog):
    """`entered` is what was written, once it is accepted. before: what is to be changed; None for a new server."""

    def __init__(self, place: ToolPlace, before: ChosenServer | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.entered: Entered | None = None
        self._place = place
        self._before = before
        title = self.tr("Edit %1").replace("%1", before.label) if before else self.tr("Add a server to this chat")
        self.setWindowTitle(title)
        self.address = QLineEdit((before.url or before.id) if before else "", self)
        self.address.setPlaceholderText("https://example.com/mcp" if place.lists else "mcp/playwright, https://…")
        self.address.textChanged.connect(self._show_headers)
        self.tools = QLineEdit(", ".join(before.allowed or ()) if before else "", self)
        self.tools.setPlaceholderText(self.tr("All of them, or names such as search, fetch"))
        kept = dict.fromkeys(before.headers if before else (), _KEPT)
        self.headers = Pairs(kept, self.tr("Add a header"), self, secret=True)
        self.about = QLabel(self._about(), self)
        self.problem = QLabel(self)
        for label, kind in ((self.about, "muted"), (self.problem, "error")):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            set_kind(label, kind)
        self.problem.hide()
        text = self.tr("Save") if before else self.tr("Add") if place.asks else self.tr("Allow and add")
        self.save = QPushButton(text, self)
        self.save.setProperty("kind", "primary")
        self.save.setDefault(True)
        self.save.clicked.connect(self._check)
        self._arrange()
        self._show_headers()
        self.resize(room_for(self, _WIDTH))
        self.area.fit()
        self.address.setFocus()

    def _about(self) -> str:
        if self._place.asks:
            return self.tr("You are asked before one of its tools runs.")
        asked = self._place.name or self.tr("The server")
        return self.tr(
            "%1 runs its tools without asking you, with whatever the model gives them, until you remove it."
        ).replace("%1", asked)

    def _show_headers(self) -> None:
        """A plugin has those of mcp.json."""
        of_address = self._place.lists or "://" in self.address.text()
        self._headers_label.setVisible(of_address)
        self.headers.setVisible(of_address)
        self.note.setVisible(of_address)
        self.problem.hide()

    def _check(self) -> None:
        try:
            self.entered = self._read()
        except RequestError as error:
            self.problem.setText(str(error))
            self.problem.show()
            self.area.fit()
            return
        self.accept()

    def _read(self) -> Entered:
        written = self.address.text().strip()
        same = self._before is not None and bool(written) and written == self._before.url
        try:
            server = self._before if same and self._before else self._named(written)
        except RequestError:
            self.address.setFocus()
            raise
        server = server.model_copy(update={"allowed": self._allowed()})
        if not server.url:
            return Entered(server)
        headers: dict[str, str] = {}
        kept: list[str] = []
        taken: set[str] = set()
        for row in self.headers.rows:
            name, value = row.name.text().strip(), row.value.strip()
            if not name and not value:
                continue
            stays = is_kept(value)
            if problem := self._problem(name, value, taken, url=server.url):
                (row.field if _NAME.fullmatch(name) else row.name).setFocus()
                raise RequestError(problem)
            taken.add(name.casefold())
            if stays:
                kept.append(name)
            else:
                headers[name] = value
        address = "" if same else written.partition("#")[0]
        return Entered(server, address, headers, tuple(kept))

    def _named(self, written: str) -> ChosenServer:
        """Raises RequestError."""
        if HIDDEN in written:
            raise RequestError(self.tr("Enter the whole address again, since it has changed."))
        return named(written, address=self._place.lists)

    def _allowed(self) -> tuple[str, ...] | None:
        """The tools that the model may see, where the server does not list them to choose from."""
        if self._place.lists:
            return self._before.allowed if self._before else None
        return tuple(dict.fromkeys(filter(None, re.split(r"[\s,;]+", self.tools.text())))) or None

    def _problem(self, name: str, value: str, taken: set[str], *, url: str) -> str:
        stays = is_kept(value)
        if not _NAME.fullmatch(name):
            return self.tr("The name of a header has letters, digits and hyphens, such as Authorization.")
        if name.casefold() in taken:
            return self.tr("%1 is listed twice.").replace("%1", name)
        if stays and (self._before is None or name not in self._before.headers):
            return self.tr("Enter the value of %1 again, since its name has changed.").replace("%1", name)
        if stays and self._before and _origin(url) != _origin(self._before.url):
            # What was meant for one server is not for another.
            return self.tr("Enter the value of %1 again, since the address has changed.").replace("%1", name)
        if not stays and not _VALUE.fullmatch(value):
            told = self.tr("Enter a value for %1.") if not value else self.tr("The value of %1 can't be sent.")
            return told.replace("%1", name)
        return ""

    def _arrange(self) -> None:
        self.area = FormArea(self)
        inside = self.area.form
        form = QFormLayout(inside)
        form.setContentsMargins(0, 0, 8, 0)
        form.setVerticalSpacing(12)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        called = self.tr("Address") if self._place.lists else self.tr("Plugin or address")
        label = QLabel(called, self)
        label.setBuddy(self.address)
        self.address.setAccessibleName(called)
        self._headers_label = QLabel(self.tr("Headers"), self)
        self.headers.setAccessibleName(self._headers_label.text())
        self.note = QLabel(
            self.tr(
                "Such as Authorization. Values, and a key within the address, are kept apart from the chat, and are in "
                "no export."
            ),
            self,
        )
        self.note.setWordWrap(True)
        set_kind(self.note, "muted")
        form.addRow(label, self.address)
        self.tools.setVisible(not self._place.lists)
        if not self._place.lists:
            only = QLabel(self.tr("Tools"), self)
            only.setBuddy(self.tools)
            self.tools.setAccessibleName(only.text())
            form.addRow(only, self.tools)
        form.addRow(self._headers_label, self.headers)
        form.addRow("", self.note)
        cancel = QPushButton(self.tr("Cancel"), self)
        cancel.clicked.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setSpacing(12)
        layout.addWidget(self.area, 1)
        layout.addWidget(self.about)
        layout.addWidget(self.problem)
        buttons = QHBoxLayout()
        buttons.addStretch()
        buttons.addWidget(cancel)
        buttons.addWidget(self.save)
        layout.addLayout(buttons)


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc
