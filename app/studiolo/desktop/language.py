"""The window's language."""

import logging

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, QLocale, QTranslator
from PySide6.QtWidgets import QApplication

from studiolo.paths import translations_path

logger = logging.getLogger(__name__)

QT_TEXTS: dict[str, tuple[object, ...]] = {
    "QPlatformTheme": (
        QT_TRANSLATE_NOOP("QPlatformTheme", "OK"),
        QT_TRANSLATE_NOOP("QPlatformTheme", "Cancel"),
        QT_TRANSLATE_NOOP("QPlatformTheme", "Close"),
    ),
    "QMessageBox": (
        QT_TRANSLATE_NOOP("QMessageBox", "Show Details..."),
        QT_TRANSLATE_NOOP("QMessageBox", "Hide Details..."),
    ),
    "QLineEdit": (
        QT_TRANSLATE_NOOP("QLineEdit", "&Undo"),
        QT_TRANSLATE_NOOP("QLineEdit", "&Redo"),
        QT_TRANSLATE_NOOP("QLineEdit", "Cu&t"),
        QT_TRANSLATE_NOOP("QLineEdit", "&Copy"),
        QT_TRANSLATE_NOOP("QLineEdit", "&Paste"),
        QT_TRANSLATE_NOOP("QLineEdit", "Delete"),
        QT_TRANSLATE_NOOP("QLineEdit", "Select All"),
    ),
    "QWidgetTextControl": (
        QT_TRANSLATE_NOOP("QWidgetTextControl", "&Undo"),
        QT_TRANSLATE_NOOP("QWidgetTextControl", "&Redo"),
        QT_TRANSLATE_NOOP("QWidgetTextControl", "Cu&t"),
        QT_TRANSLATE_NOOP("QWidgetTextControl", "&Copy"),
        QT_TRANSLATE_NOOP("QWidgetTextControl", "Copy &Link Location"),
        QT_TRANSLATE_NOOP("QWidgetTextControl", "&Paste"),
        QT_TRANSLATE_NOOP("QWidgetTextControl", "Delete"),
        QT_TRANSLATE_NOOP("QWidgetTextControl", "Select All"),
    ),
    "QAbstractSpinBox": (
        QT_TRANSLATE_NOOP("QAbstractSpinBox", "&Select All"),
        QT_TRANSLATE_NOOP("QAbstractSpinBox", "&Step up"),
        QT_TRANSLATE_NOOP("QAbstractSpinBox", "Step &down"),
    ),
}
"""What Qt itself says in our dialogs, fields and their menus: its own translations are no part of the bundle."""


def translate(context: str, text: str) -> str:
    """Translate a text outside of a QObject's class.

    Both are literals where it is called: there the texts are collected.
    """
    return QCoreApplication.translate(context, text)


def languages() -> list[str]:
    """Return the languages that there are translations for, such as "en" or "pt_BR"."""
    return sorted(file.stem.partition("_")[2] for file in translations_path().glob("studiolo_*.qm"))


def name_of_language(code: str) -> str:
    """Return what those who speak a language call it, such as "português (Brasil)"; its code if nobody knows."""
    locale = QLocale(code)
    if locale.language() is QLocale.Language.C:
        return code
    name = locale.nativeLanguageName()
    return f"{name} ({locale.nativeTerritoryName()})" if "_" in code and "(" not in name else name


def apply(app: QApplication, chosen: str = "") -> None:
    """Speak a language as far as there is a translation, and else English. chosen: its code; empty for the system's.

    English is translated too: the texts in the program have no plural forms.
    """
    folder = str(translations_path())
    english = QTranslator(app)
    if not english.load("studiolo_en", folder):
        logger.warning("there are no translations in %s", folder)
    app.installTranslator(english)
    if chosen:
        # Dates, numbers and sizes are those of the language, too.
        QLocale.setDefault(QLocale(chosen))
    wanted = QTranslator(app)
    if wanted.load(QLocale(), "studiolo", "_", folder):
        app.installTranslator(wanted)
