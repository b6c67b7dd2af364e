"""The texts of the window: all are collected for those who translate, and plurals are right in English."""

import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PySide6.QtCore import QLocale, QTranslator
from PySide6.QtWidgets import QApplication, QLineEdit, QMessageBox, QPlainTextEdit, QTextBrowser
from pytestqt.qtbot import QtBot

from studiolo.desktop import language
from studiolo.desktop.downloads.page import DownloadsPage

ROOT = Path(__file__).parents[2]


def texts(file: Path) -> set[tuple[str, str]]:
    """Contexts and sources of what is in use."""
    found = set()
    for context in ElementTree.parse(file).iter("context"):
        for message in context.iter("message"):
            translation = message.find("translation")
            if translation is not None and translation.get("type") not in ("vanished", "obsolete"):
                found.add((context.findtext("name") or "", message.findtext("source") or ""))
    return found


@pytest.mark.parametrize("file", sorted((ROOT / "translations").glob("*.ts")), ids=lambda file: file.stem)
def test_every_text_is_collected(file: Path, tmp_path: Path) -> None:
    fresh = Path(shutil.copy(file, tmp_path))
    tool = Path(sys.executable).with_name("pyside6-lupdate")
    arguments = ["-recursive", "-extensions", "py", str(ROOT / "app/studiolo/desktop"), "-locations", "none"]
    subprocess.run([tool, *arguments, "-ts", fresh], check=True, capture_output=True)
    assert texts(file) == texts(fresh), "run `make strings`"


def test_no_text_is_hidden_from_who_collects_them() -> None:
    """The tool sees literals only: behind a function of another name, or in a variable, they would never be found."""
    hidden = re.compile(r"""(?:self\.tr|(?<!\.)translate)\((?!\s*["'])""")
    allowed = {"language.py", "settings/fields.py"}
    for file in (ROOT / "app/studiolo/desktop").rglob("*.py"):
        if file.relative_to(ROOT / "app/studiolo/desktop").as_posix() not in allowed:
            assert not hidden.search(file.read_text(encoding="utf-8")), file


def test_english_has_a_form_for_one_and_for_many_wherever_it_counts() -> None:
    counted = [
        message
        for message in ElementTree.parse(ROOT / "translations" / "studiolo_en.ts").iter("message")
        if message.get("numerus")
    ]
    assert counted
    for message in counted:
        forms = [form.text for form in message.iter("numerusform")]
        assert len(forms) == 2, message.findtext("source")
        assert all(forms), message.findtext("source")


@pytest.mark.parametrize("file", sorted((ROOT / "translations").glob("*.ts")), ids=lambda file: file.stem)
def test_a_translation_fills_in_what_its_source_does(file: Path) -> None:
    """A form for one thing may say so in words; what is called %1 must be named in each, finished or not."""
    for message in ElementTree.parse(file).iter("message"):
        translation = message.find("translation")
        if translation is None or translation.get("type") in ("vanished", "obsolete"):
            continue
        source = message.findtext("source") or ""
        forms = [form.text or "" for form in translation.iter("numerusform")] or [translation.text or ""]
        for text in forms if any(forms) or not translation.get("type") else ():
            assert _filled(text) | {"%n"} == _filled(source) | {"%n"}, (source, text)


def _filled(text: str) -> set[str]:
    return set(re.findall(r"%(?:[1-9]|n)", text))


def test_what_qt_says_by_itself_can_be_translated(qapp: QApplication, qtbot: QtBot, tmp_path: Path) -> None:
    translator = QTranslator(qapp)
    assert translator.load(str(_translated(language.QT_TEXTS, tmp_path)))
    qapp.installTranslator(translator)
    try:
        box = QMessageBox()
        qtbot.addWidget(box)
        standard = QMessageBox.StandardButton
        box.setStandardButtons(standard.Ok | standard.Cancel | standard.Close)
        box.setDetailedText("More.")
        said = [button.text() for button in box.buttons()]
        line, text, browser = QLineEdit("a"), QPlainTextEdit("a"), QTextBrowser()
        browser.setHtml('<a href="https://example.org">a</a>')
        for field in (line, text, browser):
            qtbot.addWidget(field)
            menu = field.createStandardContextMenu()
            said += [action.text() for action in menu.actions() if not action.isSeparator()]
            menu.deleteLater()
    finally:
        qapp.removeTranslator(translator)
        translator.deleteLater()
    assert len(said) > 15
    assert [text for text in said if not text.startswith("«")] == []


def _translated(texts: Mapping[str, Sequence[object]], folder: Path) -> Path:
    """Return a built translation that puts each text between quotation marks."""
    root = ElementTree.Element("TS", version="2.1", language="fr_FR")
    for name, sources in texts.items():
        context = ElementTree.SubElement(root, "context")
        ElementTree.SubElement(context, "name").text = name
        for source in sources:
            message = ElementTree.SubElement(context, "message")
            ElementTree.SubElement(message, "source").text = str(source)
            ElementTree.SubElement(message, "translation").text = f"«{source}»"
    ElementTree.ElementTree(root).write(folder / "qt.ts", encoding="utf-8")
    tool = Path(sys.executable).with_name("pyside6-lrelease")
    subprocess.run([tool, "-silent", folder / "qt.ts", "-qm", folder / "qt.qm"], check=True)
    return folder / "qt.qm"


def test_a_language_that_was_chosen_goes_before_the_system_s(
    qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = _translated({"Navigation": ["Discover"]}, tmp_path)
    built.rename(tmp_path / "studiolo_fr.qm")
    shutil.copy(ROOT / "app/studiolo/translations/studiolo_en.qm", tmp_path)
    monkeypatch.setattr(language, "translations_path", lambda: tmp_path)
    before, locale = len(qapp.findChildren(QTranslator)), QLocale()
    assert language.languages() == ["en", "fr"]
    assert language.name_of_language("fr") == "français"
    assert language.name_of_language("pt_BR") == "português (Brasil)"
    try:
        language.apply(qapp, "fr")
        assert language.translate("Navigation", "Discover") == "«Discover»"
        assert QLocale().language() is QLocale.Language.French, "dates and numbers, too"
    finally:
        QLocale.setDefault(locale)
        for translator in qapp.findChildren(QTranslator)[before:]:
            qapp.removeTranslator(translator)
            translator.deleteLater()


def test_one_is_no_plural(qapp: QApplication) -> None:
    before = len(qapp.findChildren(QTranslator))
    language.apply(qapp)
    added = qapp.findChildren(QTranslator)[before:]
    try:
        assert added
        assert not added[0].isEmpty()
        page = DownloadsPage()
        assert page.cancelled_text(["a", "b"]).startswith("2 downloads cancelled.")
        assert page.tr("%n download(s) chosen", "", 1) == "1 download chosen"
        page.deleteLater()
    finally:
        for translator in added:
            qapp.removeTranslator(translator)
            translator.deleteLater()
