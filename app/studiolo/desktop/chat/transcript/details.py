"""What is known of a reply beyond its words: who gave it, how fast, and how it ended."""

from PySide6.QtCore import QLocale, QPoint, Qt
from PySide6.QtWidgets import QFormLayout, QFrame, QLabel, QWidget

from studiolo.desktop.chat.messages import Reply
from studiolo.desktop.language import translate


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
        """Open above or below `place`, wherever there is room."""
        self.adjustSize()
        screen = self.screen().availableGeometry()
        y = place.y() - self.height() if place.y() + self.height() > screen.bottom() else place.y()
        self.move(max(screen.left(), min(place.x(), screen.right() - self.width())), y)
        self.show()


def details(reply: Reply) -> list[tuple[str, str]]:
    """Return names and values, in the order in which they are read."""
    locale = QLocale()
    rows = [
        (translate("Details", "Model"), reply.model),
        (translate("Details", "Server"), reply.server),
        (translate("Details", "Ended"), _ending(reply)),
    ]
    if stats := reply.stats:
        rows += [
            (translate("Details", "Tokens read"), locale.toString(stats.input_tokens) if stats.input_tokens else ""),
            (translate("Details", "Tokens written"), locale.toString(stats.total_output_tokens)),
            (
                translate("Details", "Of them reasoning"),
                locale.toString(stats.reasoning_output_tokens) if stats.reasoning_output_tokens else "",
            ),
            (translate("Details", "Tokens a second"), locale.toString(stats.tokens_per_second, "f", 1)),
            (translate("Details", "Time to first token"), _seconds(stats.time_to_first_token_seconds)),
            (
                translate("Details", "Time to load the model"),
                _seconds(stats.model_load_time_seconds) if stats.model_load_time_seconds else "",
            ),
        ]
    if reply.whole:
        rows.append((translate("Details", "Sent"), translate("Details", "the whole chat")))
    if reply.without_tools:
        why = translate("Details", "not used: a reply that is gone on with in mid-sentence can't call any")
        rows.append((translate("Details", "Tools"), why))
    return [(name, value) for name, value in rows if value]


def _ending(reply: Reply) -> str:
    if reply.failure:
        return str(reply.failure)
    if reply.stopped:
        return translate("Details", "stopped by you")
    if reply.interrupted:
        return translate("Details", "interrupted")
    if reply.edited:
        return translate("Details", "edited by you")
    match reply.stats.stop_reason if reply.stats else None:
        case "maxPredictedTokensReached":
            return translate("Details", "the limit of tokens was reached")
        case "contextLengthReached":
            return translate("Details", "the context was full")
        case "eosFound" | "stopStringFound":
            return translate("Details", "the model had finished")
    return ""


def _seconds(seconds: float) -> str:
    return translate("Details", "%1 s").replace("%1", QLocale().toString(seconds, "f", 2))
