"""A model's page: what it is, what there is of it, and the button that brings it. Widgets only."""

from collections.abc import Mapping

from PySide6.QtCore import QSize, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QImage, QTextDocument
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from studiolo.api.hub import HubChoice, HubDetails
from studiolo.desktop.discover.choices import ChoiceColumn, ChoiceTable
from studiolo.desktop.discover.finders import UNKNOWN
from studiolo.desktop.downloads.jobs import Download
from studiolo.desktop.widgets.formatting import count_text, size_text
from studiolo.desktop.widgets.sizes import Resized, sizes
from studiolo.desktop.widgets.table import TableView

_WIDTHS = (150, 44, 72, 88, 136)
_NARROW = 520
_ROWS_SEEN = 7
_MOST_TEXT = 20_000


class ModelPanel(Resized, QWidget):
    """`download_requested` carries a HubChoice, `show_requested` the Download that it is."""

    download_requested = Signal(object)
    show_requested = Signal(object)
    token_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._details: HubDetails | None = None
        self._starting: frozenset[str] = frozenset()
        self.title = QLabel(self)
        self.title.setProperty("kind", "title")
        self.title.setWordWrap(True)
        self.name = QLabel(self)
        self.facts = QLabel(self)
        self.sentence = QLabel(self)
        self.link = QPushButton(self.tr("Open its page"), self)
        self.gate = QFrame(self)
        self.gate.setProperty("kind", "danger")
        self.token = QPushButton(self.tr("Access token…"), self)
        self.table = ChoiceTable()
        self.view = TableView(self.table, self.tr("Quantizations"), self)
        self.view.setSelectionMode(TableView.SelectionMode.SingleSelection)
        self.view.set_widths(_WIDTHS, ChoiceColumn.NAME)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.memory = QLabel(self)
        self.memory.setWordWrap(True)
        self.download = QPushButton(self)
        self.download.setProperty("kind", "primary")
        self.remark = QLabel(self)
        self.remark.setWordWrap(True)
        self.description = _Description(self)
        self._arrange()
        self.view.rows_chosen.connect(self._chosen_changed)
        self.view.row_activated.connect(lambda _: self.download.click())
        self.download.clicked.connect(self._press)
        self.link.clicked.connect(self._open_page)
        self.token.clicked.connect(self.token_requested)

    @property
    def details(self) -> HubDetails | None:
        """Return the model that is shown, if one is."""
        return self._details

    @property
    def chosen(self) -> HubChoice | None:
        """Return the quantization that is chosen, if one is."""
        rows = self.view.chosen_rows
        return self.table.choices[rows[0]] if rows else None

    def show_details(self, details: HubDetails, *, server: str, settable: bool) -> None:
        """Show a model. server: the name of the one that it would run on; settable: a token can be given to it.

        Shown again, the same repository keeps its chosen row.
        """
        before = self.chosen.name if self.chosen and self._details and self._details.page == details.page else None
        self._details = details
        model = details.model
        self.title.setText(model.title or details.repository)
        self.name.setText(details.repository)
        self.facts.setText(self._facts(details))
        self.sentence.setText(model.sentence or "")
        self.sentence.setVisible(bool(model.sentence))
        self.gate.setVisible(model.gated)
        self.token.setVisible(settable)
        self.table.show(details.choices)
        self.view.setFixedHeight(self._table_height())
        self.view.setVisible(bool(details.choices))
        self.memory.setText(self._memory(details, server))
        self.remark.setText(details.remark)
        self.remark.setVisible(bool(details.remark))
        self.description.show_text(details.description or self.tr("Its author says nothing about it."))
        names = [choice.name for choice in details.choices]
        usual = next((row for row, choice in enumerate(details.choices) if choice.usual), 0)
        if names:
            self.view.choose(names.index(before) if before in names else usual)
        self._chosen_changed()

    def show_jobs(self, jobs: Mapping[str, Download]) -> None:
        """Show what is going on with the model's files. jobs: by the names of their choices."""
        self.table.show_jobs(jobs)
        self._chosen_changed()

    def show_starting(self, names: frozenset[str]) -> None:
        """Show which downloads are being asked for. names: of their choices."""
        self._starting = names
        self._chosen_changed()

    def show_remark(self, text: str) -> None:
        """Show what the server said of a download."""
        self.remark.setText(text)
        self.remark.setVisible(bool(text))

    def resizeEvent(self, event: object) -> None:
        self.fit()

    def fit(self) -> None:
        """Show what there is room for."""
        self.view.setColumnHidden(ChoiceColumn.BITS, self.width() < sizes().scaled(_NARROW))
        self.view.setFixedHeight(self._table_height())

    def _facts(self, details: HubDetails) -> str:
        model = details.model
        pieces = [
            model.parameters or "",
            ", ".join(model.capabilities),
            self.tr("Licence: %1").replace("%1", model.license) if model.license else self.tr("No licence is named"),
            self.tr("%1 downloads").replace("%1", count_text(model.downloads)) if model.downloads else "",
            self.tr("%1 likes").replace("%1", count_text(model.likes)) if model.likes and model.likes > 1 else "",
            self.tr("Changed on %1").replace("%1", model.updated[:10]) if model.updated else "",
        ]
        return "  ·  ".join(piece for piece in pieces if piece)

    def _memory(self, details: HubDetails, server: str) -> str:
        if not details.choices:
            return self.tr("There are no GGUF files in this repository. Search for a conversion of it.")
        if not details.memory_total_bytes:
            text = self.tr("%1 tells neither what fits its memory nor what it has already.")
            return text.replace("%1", server)
        text = self.tr("%1: %2 of %3 of memory free, %4 free on its disk.")
        for place, told in (
            ("%2", size_text(details.memory_free_bytes)),
            ("%3", size_text(details.memory_total_bytes)),
            ("%4", size_text(details.disk_free_bytes)),
            ("%1", server),
        ):
            text = text.replace(place, told)
        return text

    def _table_height(self) -> int:
        rows = min(len(self.table.choices), _ROWS_SEEN)
        row = self.view.sizeHintForRow(0) if rows else 0
        return self.view.header().sizeHint().height() + rows * row + 4

    def _chosen_changed(self) -> None:
        choice = self.chosen
        self.download.setVisible(choice is not None)
        if choice is None:
            return
        state = self.table.state_of(choice)
        # A server that does not tell what it has may have lost it since.
        there = state == "downloaded" and choice.state != UNKNOWN
        name = choice.quantization or choice.name
        if there:
            self.download.setText(self.tr("Downloaded"))
        elif self.table.job_of(choice) is not None and state in ("downloading", "paused"):
            self.download.setText(self.tr("Show the download"))
        elif state == "partial":
            self.download.setText(self.tr("Go on with %1").replace("%1", name))
        else:
            text = self.tr("Download %1 (%2)").replace("%1", name)
            self.download.setText(text.replace("%2", size_text(choice.size_bytes)))
        self.download.setEnabled(not there and choice.name not in self._starting)

    def _press(self) -> None:
        choice = self.chosen
        if choice is None:
            return
        job = self.table.job_of(choice)
        if job is not None and job.group in ("running", "waiting", "paused"):
            self.show_requested.emit(job)
        else:
            self.download_requested.emit(choice)

    def _open_page(self) -> None:
        if self._details and self._details.page.startswith(("https://", "http://")):
            QDesktopServices.openUrl(QUrl(self._details.page))

    def _arrange(self) -> None:
        for label in (self.name, self.facts, self.sentence, self.memory, self.remark, self.title):
            label.setTextFormat(Qt.TextFormat.PlainText)
        for label in (self.name, self.facts, self.memory, self.remark):
            label.setProperty("kind", "muted")
        self.name.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.facts.setWordWrap(True)
        self.sentence.setWordWrap(True)
        inside = QVBoxLayout(self.gate)
        told = QLabel(
            self.tr(
                "Its author gives it to those who agreed to the terms on its page. Agree there, and give the server an "
                "access token of your account."
            ),
            self.gate,
        )
        told.setWordWrap(True)
        inside.addWidget(told)
        inside.addWidget(self.token, 0, Qt.AlignmentFlag.AlignLeft)
        top = QHBoxLayout()
        top.addWidget(self.title, 1)
        top.addWidget(self.link, 0, Qt.AlignmentFlag.AlignTop)
        buttons = QHBoxLayout()
        buttons.addWidget(self.download)
        buttons.addWidget(self.remark, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 8, 16, 0)
        layout.setSpacing(8)
        layout.addLayout(top)
        for widget in (self.name, self.facts, self.sentence, self.gate, self.view, self.memory):
            layout.addWidget(widget)
        layout.addLayout(buttons)
        layout.addWidget(self.description, 1)


class _Description(QTextBrowser):
    """Fetches nothing: images and styles of strangers stay where they are."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Description"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setOpenLinks(False)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(80)
        self._shown = ""
        self.anchorClicked.connect(self._follow)

    def sizeHint(self) -> QSize:
        return QSize(300, 200)

    def show_text(self, text: str) -> None:
        """Markdown. What is beyond a long page of it is left out: nobody should wait for it."""
        if text == self._shown:
            return
        self._shown = text
        if len(text) > _MOST_TEXT:
            text = f"{text[:_MOST_TEXT].rpartition(chr(10))[0]}\n\n…"
        features = QTextDocument.MarkdownFeature.MarkdownDialectGitHub | QTextDocument.MarkdownFeature.MarkdownNoHTML
        self.document().setDefaultFont(self.font())
        self.document().setMarkdown(text, features)
        self.document().setDefaultFont(self.font())
        self.verticalScrollBar().setValue(0)

    def loadResource(self, kind: int, name: QUrl | str) -> object:
        # For nothing at all Qt would look for a file of that name itself.
        return QImage(1, 1, QImage.Format.Format_ARGB32) if kind == QTextDocument.ResourceType.ImageResource else b""

    def _follow(self, address: QUrl) -> None:
        if address.scheme() in ("https", "http"):
            QDesktopServices.openUrl(address)
