"""What is known of a reply beyond its words: who gave it, how fast, and how it ended."""

from PySide6.QtCore import QCoreApplication, QLocale, QPoint, Qt
from PySide6.QtWidgets import QFormLayout, QFrame, QLabel, QWidget

from studiolo.desktop.chat.model import Reply


class DetailsCard(QFrame):
    """Opens at a place on the screen; Escape or a click beside it closes it."""

    def __init__(self, reply: Reply, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setProperty("kind", "popup")
        self.setAccessibleName(self.tr("Details of the reply"))
        form = QFormLayout(self)
        form.setContentsMargins(14, 12, 14, 12)
        form.setHorizontalSpacing(18)
        for name, value in details(reply):
            label = QLabel(name, self)
            label.setProperty("kind", "muted")
            told = QLabel(value, self)
            told.setTextFormat(Qt.TextFormat.PlainText)
            told.setTextInteractionFlags(
                Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
            )
            told.setAccessibleName(f"{name}: {value}")
            form.addRow(label, told)

    def open_at(self, place: QPoint) -> None:
        """Above or below `place`, wherever there is room."""
        self.adjustSize()
        screen = self.screen().availableGeometry()
        y = place.y() - self.height() if place.y() + self.height() > screen.bottom() else place.y()
        self.move(max(screen.left(), min(place.x(), screen.right() - self.width())), y)
        self.show()


def details(reply: Reply) -> list[tuple[str, str]]:
    """Names and values, in the order in which they are read."""
    locale = QLocale()
    rows = [(_tr("Model"), reply.model), (_tr("Server"), reply.server), (_tr("Ended"), _ending(reply))]
    if stats := reply.stats:
        rows += [
            (_tr("Tokens read"), locale.toString(stats.input_tokens) if stats.input_tokens else ""),
            (_tr("Tokens written"), locale.toString(stats.total_output_tokens)),
            (
                _tr("Of them reasoning"),
                locale.toString(stats.reasoning_output_tokens) if stats.reasoning_output_tokens else "",
            ),
            (_tr("Tokens a second"), locale.toString(stats.tokens_per_second, "f", 1)),
            (_tr("Time to first token"), _seconds(stats.time_to_first_token_seconds)),
            (
                _tr("Time to load the model"),
                _seconds(stats.model_load_time_seconds) if stats.model_load_time_seconds else "",
            ),
        ]
    if reply.whole:
        rows.append((_tr("Sent"), _tr("the whole chat")))
    return [(name, value) for name, value in rows if value]


def _ending(reply: Reply) -> str:
    if reply.failure:
        return str(reply.failure)
    if reply.stopped:
        return _tr("stopped by you")
    if reply.interrupted:
        return _tr("interrupted")
    if reply.edited:
        return _tr("edited by you")
    match reply.stats.stop_reason if reply.stats else None:
        case "maxPredictedTokensReached":
            return _tr("the limit of tokens was reached")
        case "contextLengthReached":
            return _tr("the context was full")
        case "eosFound" | "stopStringFound":
            return _tr("the model had finished")
    return ""


def _seconds(seconds: float) -> str:
    return _tr("%1 s").replace("%1", QLocale().toString(seconds, "f", 2))


def _tr(text: str) -> str:
    return QCoreApplication.translate("Details", text)
