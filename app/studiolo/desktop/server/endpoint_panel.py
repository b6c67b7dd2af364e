"""One endpoint: what it does, a form filled with an example, the answer, and the same as code. Widgets only."""

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from studiolo.desktop.server.answer_view import AnswerView
from studiolo.desktop.server.code_box import CodeBox
from studiolo.desktop.server.endpoints import Endpoint
from studiolo.desktop.server.json_editor import JsonEditor
from studiolo.desktop.server.request_code import CURL, LANGUAGES, PYTHON, TYPESCRIPT
from studiolo.desktop.widgets.sizes import wear_code_font
from studiolo.desktop.widgets.still_fields import StillComboBox
from studiolo.desktop.widgets.theme import set_kind
from studiolo.desktop.widgets.tool_hints import Badge

_METHOD_KINDS = {"GET": "ok", "POST": "plain", "DELETE": "danger"}


class EndpointPanel(QScrollArea):
    """The form of an endpoint.

    Signals:
        edited: Something in the form is another way; also where it was filled in.
        send_requested: The request shall be sent.
        cancel_requested: The request that is under way shall end.
        reset_requested: The example shall be there again.
        language_chosen: The language of the code.
        model_chosen: The key of the model that examples are for.
    """

    edited = Signal()
    send_requested = Signal()
    cancel_requested = Signal()
    reset_requested = Signal()
    language_chosen = Signal(str)
    model_chosen = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        inside = QWidget(self)
        inside.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.fields: dict[str, QLineEdit] = {}
        self._endpoint: Endpoint | None = None
        self.method = Badge("", "plain", parent=inside)
        self.path = QLabel(inside)
        self.path.setTextFormat(Qt.TextFormat.PlainText)
        wear_code_font(self.path)
        self.path.setWordWrap(True)
        self.path.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.about = _label("", inside)
        self.models = StillComboBox(inside)
        self.models.setAccessibleName(self.tr("Model"))
        self.models.setSizeAdjustPolicy(StillComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.models.setMinimumContentsLength(18)
        self.models.activated.connect(lambda: self.model_chosen.emit(self.models.currentData()))
        self._model_label = _label(self.tr("Model"), inside)
        self._model_label.setWordWrap(False)
        self._model_label.setBuddy(self.models)
        self._form_box = QWidget(inside)
        self._body_title = _label(self.tr("Body"), inside, "heading")
        self.reset = QPushButton(self.tr("Reset to example"), inside)
        set_kind(self.reset, "flat")
        self.reset.clicked.connect(self.reset_requested)
        self.body = JsonEditor(self.tr("Body as JSON"), inside)
        self.body.edited.connect(self.edited)
        self.send = QPushButton(self.tr("Send"), inside)
        self.send.setProperty("kind", "primary")
        self.send.clicked.connect(self.send_requested)
        self.cancel = QPushButton(self.tr("Cancel"), inside)
        self.cancel.clicked.connect(self.cancel_requested)
        self.cancel.hide()
        self.missing = _label("", inside, "muted")
        self.answer = AnswerView(inside)
        self.languages = QTabBar(inside)
        self.languages.setProperty("kind", "views")
        self.languages.setDrawBase(False)
        self.languages.setExpanding(False)
        self.languages.setAccessibleName(self.tr("Language of the code"))
        for language in LANGUAGES:
            self.languages.addTab({CURL: "curl", PYTHON: "Python", TYPESCRIPT: "TypeScript"}[language])
        self.languages.currentChanged.connect(lambda at: self.language_chosen.emit(LANGUAGES[at]))
        self.code = CodeBox(inside)
        self._arrange(inside)
        self.setWidget(inside)

    @property
    def language(self) -> str:
        """Return the language in which the request is shown as code."""
        return LANGUAGES[self.languages.currentIndex()]

    @property
    def values(self) -> dict[str, str]:
        """Return the parameters as they are filled in."""
        return {name: field.text().strip() for name, field in self.fields.items()}

    def show_endpoint(self, endpoint: Endpoint, *, values: dict[str, str], body: str) -> None:
        """Show an endpoint with its form filled in."""
        if self._endpoint is None or endpoint.key != self._endpoint.key:
            self.verticalScrollBar().setValue(0)
        self._endpoint = endpoint
        self.method.setText(endpoint.method)
        self.method.show_kind(_METHOD_KINDS.get(endpoint.method, "warning"))
        self.path.setText(endpoint.path)
        self.about.setText(endpoint.about)
        self._fill_form(endpoint, values)
        for widget in (self._body_title, self.reset, self.body):
            widget.setVisible(endpoint.takes_body)
        if endpoint.takes_body:
            self.body.fill(body)
        self.edited.emit()

    def show_models(self, models: Sequence[str], chosen: str, *, used: bool) -> None:
        """Show of which models one may be named. used: whether the endpoint's example names one."""
        known = [self.models.itemData(row) for row in range(self.models.count())]
        with QSignalBlocker(self.models):
            if known != list(models):
                self.models.clear()
                for key in models:
                    self.models.addItem(key, key)
            self.models.setCurrentIndex(self.models.findData(chosen))
        for widget in (self.models, self._model_label):
            widget.setVisible(used and bool(models))

    def show_sendable(self, why_not: str) -> None:
        """Let the request be sent, or say what is missing."""
        self.send.setEnabled(not why_not)
        self.missing.setText(why_not)

    def show_sending(self, *, sending: bool) -> None:
        """Show whether a request is under way."""
        self.cancel.setVisible(sending)
        self.send.setVisible(not sending)
        self.missing.setVisible(not sending)

    def _fill_form(self, endpoint: Endpoint, values: dict[str, str]) -> None:
        names = [one.name for one in endpoint.parameters]
        if list(self.fields) != names:
            for row in range(self._form.rowCount() - 1, -1, -1):
                self._form.removeRow(row)
            self.fields = {}
            for one in endpoint.parameters:
                field = self.fields[one.name] = QLineEdit(self._form_box)
                field.setAccessibleName(one.name)
                field.setPlaceholderText(self.tr("Required") if one.required else self.tr("Optional"))
                field.textEdited.connect(self.edited)
                label = QLabel(one.name, self._form_box)
                label.setBuddy(field)
                self._form.addRow(label, field)
        for name, field in self.fields.items():
            if field.text() != values.get(name, ""):
                field.setText(values.get(name, ""))
        self._form_box.setVisible(bool(names))

    def _arrange(self, inside: QWidget) -> None:
        self._form = QFormLayout(self._form_box)
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.setVerticalSpacing(8)
        self._form.setHorizontalSpacing(16)
        head = QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(self.method)
        head.addWidget(self.path, 1)
        head.addWidget(self._model_label)
        head.addWidget(self.models)
        body = QHBoxLayout()
        body.addWidget(self._body_title, 1)
        body.addWidget(self.reset)
        sending = QHBoxLayout()
        sending.setSpacing(10)
        for widget in (self.send, self.cancel):
            sending.addWidget(widget)
        sending.addWidget(self.missing, 1)
        sending.addStretch()
        column = QVBoxLayout(inside)
        column.setContentsMargins(20, 16, 16, 24)
        column.setSpacing(10)
        column.addLayout(head)
        column.addWidget(self.about)
        column.addWidget(self._form_box)
        column.addLayout(body)
        column.addWidget(self.body)
        column.addLayout(sending)
        column.addWidget(self.answer)
        column.addSpacing(8)
        column.addWidget(_label(self.tr("The same as code"), inside, "heading"))
        column.addWidget(self.languages)
        column.addWidget(self.code)
        column.addStretch()


def _label(text: str, parent: QWidget, kind: str = "") -> QLabel:
    label = QLabel(text, parent)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    if kind:
        set_kind(label, kind)
    return label
