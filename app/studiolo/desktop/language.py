"""The window's language."""

import logging

from PySide6.QtCore import QCoreApplication, QLocale, QTranslator
from PySide6.QtWidgets import QApplication

from studiolo.paths import translations_path

logger = logging.getLogger(__name__)


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
