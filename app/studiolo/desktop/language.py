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


def apply(app: QApplication) -> None:
    """Speak the system's language as far as there is a translation, and else English.

    English is translated too: the texts in the program have no plural forms.
    """
    folder = str(translations_path())
    english = QTranslator(app)
    if not english.load("studiolo_en", folder):
        logger.warning("there are no translations in %s", folder)
    app.installTranslator(english)
    wanted = QTranslator(app)
    if wanted.load(QLocale(), "studiolo", "_", folder):
        app.installTranslator(wanted)
