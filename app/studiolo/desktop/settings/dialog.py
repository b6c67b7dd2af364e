"""The dialog of all settings: sections at the left, a search above them, rows at the right. Widgets only."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QIcon, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from studiolo.desktop.settings.fields import Owner, SettingField, setting_text
from studiolo.desktop.settings.page import OwnerBlock, SectionPage, rows_of
from studiolo.desktop.settings.row import SettingRow
from studiolo.desktop.settings.section_list import SectionList
from studiolo.desktop.settings.sections import SECTIONS, SectionPanels
from studiolo.desktop.widgets.announcing import announce
from studiolo.desktop.widgets.icons import IconButton, icon
from studiolo.desktop.widgets.modal_panel import ModalPanel
from studiolo.desktop.widgets.recoloured import Recoloured
from studiolo.desktop.widgets.theme import colours
from studiolo.desktop.widgets.undo import Toast

_SIZE = QSize(880, 640)
_SIDE_WIDTH = 216
_TOAST_WIDTH, _TOAST_EDGE = 400, 16
_UNBOUNDED, _AROUND_SECTIONS, _AROUND_SEARCH = 16_777_215, 16, 72
_NARROW = 660
"""Below this width the panel shows the sections or one of them."""
_OWNERS: tuple[Owner, ...] = ("desktop", "server")


class SettingsDialog(Recoloured, ModalPanel):
    """Shows the values it is given, and tells what somebody does with them.

    Signals:
        edited: A row was changed; its SettingField, and the new values by name.
        browse_requested: An entry of a row, which is a SettingField, is to be chosen.
        retry_requested: The server is to be asked again.
    """

    edited = Signal(object, dict)
    browse_requested = Signal(object)
    retry_requested = Signal()

    def __init__(self, window: QWidget, panels: SectionPanels) -> None:
        super().__init__(window, _SIZE)
        self._panels = panels
        self._sections = [one for one in SECTIONS if panels.above(one.id) or panels.of(one.id) or _has_rows(one.id)]
        self._pages: dict[str, SectionPage] = {}
        self._values: dict[Owner, Mapping[str, Any]] = {}
        self._server = ("", "", "")
        self._known: frozenset[str] = frozenset()
        self._shown = self._sections[0].id
        self._turning = False
        self.panel.setAccessibleName(self.tr("Settings"))
        self.search = QLineEdit(self.panel)
        self.search.setPlaceholderText(self.tr("Search settings"))
        self.search.setAccessibleName(self.tr("Search settings"))
        self.search.setClearButtonEnabled(True)
        self._magnifier = self.search.addAction(QIcon(), QLineEdit.ActionPosition.LeadingPosition)
        self.sections = SectionList(self._sections, self.panel)
        self.back = IconButton("arrow-left", self.tr("Back to the sections"), self.panel)
        self.title = QLabel(self.panel)
        self.title.setProperty("kind", "title")
        self.close_button = IconButton("close", self.tr("Close the settings"), self.panel)
        self.nothing = _NothingFound(self.panel)
        self.toast = Toast(self.panel)
        self._side = QWidget(self.panel)
        self._main = QWidget(self.panel)
        self._scroll = QScrollArea(self.panel)
        self._column = QVBoxLayout()
        self._whole = QBoxLayout(QBoxLayout.Direction.LeftToRight, self.panel)
        self._arrange()
        self._connect()
        self.dress()

    @property
    def shown_section(self) -> str:
        """Return the id of the section in sight; empty while something is searched for."""
        return "" if self._words else self._shown

    @property
    def rows(self) -> Iterator[SettingRow]:
        """Yield the rows of the sections that were looked at."""
        for page in self._pages.values():
            yield from page.rows

    @property
    def found(self) -> list[SettingRow]:
        """Return the rows in sight."""
        return [row for row in self.rows if row.isVisibleTo(self._main)]

    def show_section(self, section: str) -> None:
        """Turn to a section, and end the search. One that is not there is the first."""
        self._shown = section if section in {one.id for one in self._sections} else self._sections[0].id
        # The end of the search would show what is below, and then the section would again.
        self._turning = True
        self.search.clear()
        self._turning = False
        self.sections.show_chosen(self._shown)
        self._show_pages()
        self._scroll.verticalScrollBar().setValue(0)
        self._show_side(False)

    def show_field(self, owner: Owner, name: str) -> None:
        """Turn to a row, and let it have the keys."""
        field = next((one for one in _all_fields() if one.owner == owner and name in one.names), None)
        if field is not None:
            self.show_section(field.section)
            self._lead_to(self.row(field))

    def row(self, field: SettingField) -> SettingRow:
        """Return the row of a field; its section is made if it was never looked at."""
        return next(row for row in self._page(field.section).rows if row.field is field)

    def show_values(self, owner: Owner, values: Mapping[str, Any], known: frozenset[str] | None = None) -> None:
        """Show what is in force. known: the fields that the server knows; all of a desktop's are."""
        self._values[owner] = values
        if owner == "server":
            self._known = frozenset(values) if known is None else known
        for page in self._pages.values():
            self._fill(page, owner)

    def show_server(self, text: str, notice: str = "", *, retry: str = "") -> None:
        """Say whose the server's settings are, and why they can't be seen, if they can't. retry: a button's name."""
        self._server = (text, notice, retry)
        for page in self._pages.values():
            if block := page.blocks.get("server"):
                block.show_owner(text, notice, retry=retry)

    def lead_to_sections(self) -> None:
        """Go to the search, with the sections in sight also where there is no room for more."""
        self._show_side(True)
        self.search.setFocus()
        self.search.selectAll()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.search and event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._search_key(event)
        if watched is self.toast and event.type() == QEvent.Type.Show:
            self._place_toast()
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        control = event.modifiers() is Qt.KeyboardModifier.ControlModifier
        if control and event.key() in (Qt.Key.Key_F, Qt.Key.Key_Comma):
            self.lead_to_sections()
        elif control and event.key() == Qt.Key.Key_Z:
            self.toast.undo_requested.emit()
        elif control and event.key() == Qt.Key.Key_W:
            self.close_panel()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_side(self._side.isVisibleTo(self) and not self._main.isVisibleTo(self))
        self._place_toast()

    def dress(self) -> None:
        self._magnifier.setIcon(icon("magnify", colours().muted, 16))

    @property
    def _words(self) -> list[str]:
        return self.search.text().casefold().split()

    @property
    def _narrow(self) -> bool:
        return self.panel.width() < _NARROW * self.text_scale

    @property
    def _side_width(self) -> int:
        search = self.search.fontMetrics().horizontalAdvance(self.search.placeholderText()) + _AROUND_SEARCH
        return max(_SIDE_WIDTH, search, self.sections.widest + _AROUND_SECTIONS)

    def _page(self, section: str) -> SectionPage:
        if section not in self._pages:
            found = next(one for one in self._sections if one.id == section)
            page = self._pages[section] = SectionPage(
                found, self._panels.of(section), self, above=self._panels.above(section)
            )
            page.retry_requested.connect(self.retry_requested)
            order = [one.id for one in self._sections if one.id in self._pages]
            self._column.insertWidget(order.index(section), page)
            for row in page.rows:
                row.edited.connect(lambda changes, row=row: self.edited.emit(row.field, changes))
                row.browse_requested.connect(lambda row=row: self.browse_requested.emit(row.field))
            for owner in _OWNERS:
                self._fill(page, owner)
            if block := page.blocks.get("server"):
                text, notice, retry = self._server
                block.show_owner(text, notice, retry=retry)
        return self._pages[section]

    def _fill(self, page: SectionPage, owner: Owner) -> None:
        block: OwnerBlock | None = page.blocks.get(owner)
        values = self._values.get(owner)
        if block is None or values is None:
            return
        if owner == "server":
            block.show_known(self._known)
        for row in block.rows:
            if row.known:
                row.show_values(values)

    def _show_pages(self) -> None:
        words = self._words
        count = 0
        for section in self._sections:
            if not words and section.id != self._shown:
                if page := self._pages.get(section.id):
                    page.hide()
                continue
            page = self._page(section.id)
            found = page.show_found(words)
            page.setVisible(bool(found) or not words)
            count += found
        shown = next(one for one in self._sections if one.id == self._shown)
        self.title.setText(self.tr("Search results") if words else setting_text(shown.title))
        self.nothing.show_words(self.search.text().strip() if words and not count else "")
        if words:
            self.sections.show_chosen("")
            announce(self.search, self.tr("%n setting(s) found", "", count))

    def _searched(self) -> None:
        if self._turning:
            return
        if not self._words:
            self.sections.show_chosen(self._shown)
        self._show_pages()
        self._scroll.verticalScrollBar().setValue(0)
        self._show_side(True)

    def _search_key(self, event: QKeyEvent) -> bool:
        key = event.key()
        if key == Qt.Key.Key_Escape and self.search.text():
            self.search.clear()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self._words and (found := self.found):
                self._lead_to(found[0])
        elif key == Qt.Key.Key_Down:
            self.sections.setFocus()
        else:
            return False
        return True

    def _lead_to(self, row: SettingRow) -> None:
        row.editor.focus.setFocus(Qt.FocusReason.OtherFocusReason)
        # Rows have their places after the layout's next turn.
        QTimer.singleShot(0, row, lambda: self._scroll.ensureWidgetVisible(row, 0, 60))

    def _show_side(self, side: bool) -> None:
        """A narrow panel shows the sections, or what is in one, or the search with what it found; a wide one all."""
        narrow, searching = self._narrow, bool(self._words)
        self._side.setVisible(side or searching or not narrow)
        self.sections.setVisible(not (narrow and searching))
        self._main.setVisible(not side or searching or not narrow)
        self.back.setVisible(narrow and not searching)
        directions = QBoxLayout.Direction
        self._whole.setDirection(directions.TopToBottom if narrow else directions.LeftToRight)
        width = self._side_width
        self._side.setMinimumWidth(0 if narrow else width)
        self._side.setMaximumWidth(_UNBOUNDED if narrow else width)
        self.panel.side = 0 if narrow else width
        self.panel.update()

    def _place_toast(self) -> None:
        """Over the content, which never moves for it."""
        main = self._main.geometry()
        width = min(_TOAST_WIDTH, main.width() - 2 * _TOAST_EDGE)
        height = self.toast.heightForWidth(width) if self.toast.hasHeightForWidth() else self.toast.sizeHint().height()
        self.toast.setGeometry(main.left() + _TOAST_EDGE, main.bottom() - _TOAST_EDGE - height, width, height)
        self.toast.raise_()

    def _connect(self) -> None:
        self.toast.installEventFilter(self)
        self.search.installEventFilter(self)
        self.search.textChanged.connect(self._searched)
        self.sections.section_chosen.connect(self._choose)
        self.back.clicked.connect(lambda: self._show_side(True))
        self.close_button.clicked.connect(self.close_panel)
        self.nothing.clear.clicked.connect(self.lead_to_sections)
        self.nothing.clear.clicked.connect(self.search.clear)

    def _choose(self, section: str) -> None:
        keeps = self.sections.hasFocus()
        self.show_section(section)
        if keeps and self._side.isVisible():
            self.sections.setFocus()

    def _arrange(self) -> None:
        side = QVBoxLayout(self._side)
        side.setContentsMargins(8, 12, 8, 8)
        side.setSpacing(8)
        side.addWidget(self.search)
        side.addWidget(self.sections, 1)
        head = QHBoxLayout()
        head.setContentsMargins(24, 12, 12, 4)
        head.addWidget(self.back)
        head.addWidget(self.title, 1)
        head.addWidget(self.close_button)
        content = QWidget(self._scroll)
        column = QVBoxLayout(content)
        column.setContentsMargins(24, 4, 24, 24)
        column.addWidget(self.nothing)
        self._column.setSpacing(24)
        column.addLayout(self._column)
        column.addStretch(1)
        self._scroll.setWidget(content)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.viewport().setAutoFillBackground(False)
        content.setAutoFillBackground(False)
        main = QVBoxLayout(self._main)
        main.setContentsMargins(0, 0, 0, 0)
        main.setSpacing(0)
        main.addLayout(head)
        main.addWidget(self._scroll, 1)
        self._whole.setContentsMargins(1, 1, 1, 1)
        self._whole.setSpacing(0)
        self._whole.addWidget(self._side)
        self._whole.addWidget(self._main, 1)


class _NothingFound(QWidget):
    """Says that nothing was found."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.text = QLabel(self)
        self.text.setProperty("kind", "heading")
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.text.setWordWrap(True)
        hint = QLabel(self.tr("Try another word, or choose a section."), self)
        hint.setProperty("kind", "muted")
        hint.setWordWrap(True)
        self.clear = QPushButton(self.tr("Clear the search"), self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 32, 0, 0)
        layout.setSpacing(8)
        for label in (self.text, hint):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            layout.addWidget(label)
        layout.addWidget(self.clear, 0, Qt.AlignmentFlag.AlignHCenter)
        self.hide()

    def show_words(self, words: str) -> None:
        self.text.setText(self.tr("No setting is called “%1”").replace("%1", words))
        self.setVisible(bool(words))


def _all_fields() -> Sequence[SettingField]:
    return [field for section in SECTIONS for owner in _OWNERS for field in rows_of(section.id, owner)]


def _has_rows(section: str) -> bool:
    return any(rows_of(section, owner) for owner in _OWNERS)
