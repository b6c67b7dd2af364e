"""What the checks of a server are called, and what they come to, in the window's language."""

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication

from studiolo.client.checking import CheckOutcome
from studiolo.desktop.language import translate

# The titles of ServerCheck.steps, and why a check is skipped.
CHECK_TEXTS: dict[str, tuple[object, ...]] = {
    "ServerCheck": (
        QT_TRANSLATE_NOOP("ServerCheck", "Greets as LM Studio does"),
        QT_TRANSLATE_NOOP("ServerCheck", "Says what it can do beyond the API"),
        QT_TRANSLATE_NOOP("ServerCheck", "Lists its models"),
        QT_TRANSLATE_NOOP("ServerCheck", "Refuses an unknown route"),
        QT_TRANSLATE_NOOP("ServerCheck", "Refuses an unknown model"),
        QT_TRANSLATE_NOOP("ServerCheck", "Says which field is missing"),
        QT_TRANSLATE_NOOP("ServerCheck", "Refuses an unknown field"),
        QT_TRANSLATE_NOOP("ServerCheck", "Knows no download that is none"),
        QT_TRANSLATE_NOOP("ServerCheck", "Refuses to unload what is not loaded"),
        QT_TRANSLATE_NOOP("ServerCheck", "Loads a model"),
        QT_TRANSLATE_NOOP("ServerCheck", "Replies"),
        QT_TRANSLATE_NOOP("ServerCheck", "Goes on from an earlier reply"),
        QT_TRANSLATE_NOOP("ServerCheck", "Refuses an unknown earlier reply"),
        QT_TRANSLATE_NOOP("ServerCheck", "Streams a reply"),
        QT_TRANSLATE_NOOP("ServerCheck", "OpenAI: lists models"),
        QT_TRANSLATE_NOOP("ServerCheck", "OpenAI: replies"),
        QT_TRANSLATE_NOOP("ServerCheck", "OpenAI: streams a reply"),
        QT_TRANSLATE_NOOP("ServerCheck", "OpenAI: completes a text"),
        QT_TRANSLATE_NOOP("ServerCheck", "OpenAI: replies by Responses"),
        QT_TRANSLATE_NOOP("ServerCheck", "OpenAI: embeds a text"),
        QT_TRANSLATE_NOOP("ServerCheck", "Anthropic: replies"),
        QT_TRANSLATE_NOOP("ServerCheck", "Unloads the model again"),
        QT_TRANSLATE_NOOP("ServerCheck", "A model is loaded already."),
        QT_TRANSLATE_NOOP("ServerCheck", "There is no model that can reply."),
        QT_TRANSLATE_NOOP("ServerCheck", "No model is loaded, and none was to be loaded."),
        QT_TRANSLATE_NOOP("ServerCheck", "There is no earlier reply."),
        QT_TRANSLATE_NOOP("ServerCheck", "No embedding model is loaded."),
        QT_TRANSLATE_NOOP("ServerCheck", "Nothing was loaded for this check."),
        QT_TRANSLATE_NOOP("ServerCheck", "It takes a loaded model."),
    )
}


def check_text(text: str) -> str:
    """Return a title, or a reason, of ServerCheck as it is shown."""
    return QCoreApplication.translate("ServerCheck", text)


def outcome_text(outcome: CheckOutcome) -> str:
    """Return what a check came to."""
    match outcome:
        case CheckOutcome.HOLDS:
            return translate("ServerCheck", "OK")
        case CheckOutcome.NOT_OFFERED:
            return translate("ServerCheck", "Not offered")
        case CheckOutcome.WRONG:
            return translate("ServerCheck", "Wrong")
        case CheckOutcome.SKIPPED:
            return translate("ServerCheck", "Skipped")
