"""What goes with a message, presets and defaults: the real page, history and server."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QInputDialog
from pytestqt.qtbot import QtBot

from studiolo.desktop.chat.composing.composer import Composer
from studiolo.desktop.chat.composing.reading import read_bytes
from studiolo.desktop.chat.presenter import ChatPresenter
from studiolo.desktop.chat.replies import images, written
from studiolo.desktop.chat.settings import ChatSettings
from studiolo.desktop.history.parts import FilePart, ImagePart
from studiolo.paths import app_paths
from tests.desktop.chat.test_kept import desk, ended, latest, texts, until
from tests.stands.serving import serving
from tests.stands.tiny_model import write_tiny_llama


@pytest.fixture
async def server() -> AsyncIterator[str]:
    write_tiny_llama(app_paths().models / "tiny" / "tiny" / "tiny.gguf", brief=True)
    async with serving() as running:
        yield running.address


def key(presenter: ChatPresenter, key: Qt.Key) -> None:
    QTest.keyClick(presenter._page.composer.field, key)


def composer(presenter: ChatPresenter) -> Composer:
    return presenter._page.composer


async def test_files_are_pasted_sent_kept_and_read_by_the_model(
    qapp: QApplication, server: str, tmp_path: Path
) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("The code word is heron.")
    async with desk(server) as presenter:
        pasted = QMimeData()
        pasted.setUrls([QUrl.fromLocalFile(str(notes))])
        composer(presenter).field.insertFromMimeData(pasted)
        await until(lambda: composer(presenter).attachments)
        assert not composer(presenter).tray.isHidden()
        QTest.keyClicks(composer(presenter).field, "What is it?")
        key(presenter, Qt.Key.Key_Return)
        assert composer(presenter).attachments == []
        await ended(presenter)
        question = presenter._conversation.turns[0].question
        assert question.parts[0] == FilePart("The code word is heron.", "notes.txt", 23)
        assert written(question) == '<document name="notes.txt">\nThe code word is heron.\n</document>\n\nWhat is it?'
        stats = presenter._conversation.turns[0].reply.stats
        assert stats is not None
        assert stats.input_tokens > 20
    async with desk(server) as presenter:
        presenter.open_chat(await latest(presenter))
        await until(lambda: texts(presenter))
        assert presenter._conversation.turns[0].question.parts[0] == FilePart(
            "The code word is heron.", "notes.txt", 23
        )


async def test_an_image_is_kept_shown_and_refused_by_a_model_that_is_blind(
    qapp: QApplication, server: str, tmp_path: Path
) -> None:
    photo = tmp_path / "photo.webp"
    Image.new("RGB", (600, 400), "#336699").save(photo)
    async with desk(server) as presenter:
        presenter._composing.attach([photo])
        await until(lambda: composer(presenter).attachments)
        assert "can't see images" in composer(presenter).warning.text()
        assert composer(presenter).button.isEnabled()
        QTest.mouseClick(composer(presenter).button, Qt.MouseButton.LeftButton)
        reply = presenter._conversation.turns[0].reply
        await ended(presenter)
        assert reply.failure is not None
        assert "image" in str(reply.failure).lower()
    async with desk(server) as presenter:
        presenter.open_chat(await latest(presenter))
        await until(lambda: presenter._conversation.branch)
        image = images(presenter._conversation.turns[0].question)[0]
        assert (image.media_type, image.name) == ("image/jpeg", "photo.webp")
        await until(lambda: presenter._page.pictures._kept.get(image.file))
        shown = presenter._page.pictures.get(image.file)
        assert shown is not None
        assert abs(QColor("#336699").blue() - shown.pixelColor(10, 10).blue()) < 8


async def test_a_pasted_image_and_one_that_is_taken_back(qapp: QApplication, server: str) -> None:
    async with desk(server) as presenter:
        image = QImage(30, 30, QImage.Format.Format_RGB32)
        image.fill(QColor("green"))
        data = QMimeData()
        data.setImageData(image)
        composer(presenter).field.insertFromMimeData(data)
        await until(lambda: composer(presenter).attachments)
        part = composer(presenter).attachments[0].part
        assert isinstance(part, ImagePart)
        assert part.name == "Pasted image.png"
        composer(presenter).tray._chips[0].remove.click()
        assert composer(presenter).attachments == []
        assert not composer(presenter).button.isEnabled()


async def test_attachments_stay_with_the_draft_of_their_chat(qapp: QApplication, server: str, tmp_path: Path) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("x")
    async with desk(server) as presenter:
        presenter.send("One")
        await ended(presenter)
        first = presenter._conversation
        presenter._composing.attach([notes])
        await until(lambda: composer(presenter).attachments)
        presenter.new_chat()
        assert composer(presenter).attachments == []
        presenter._show(first)
        assert [one.part.name for one in composer(presenter).attachments] == ["notes.txt"]


async def test_the_draft_of_a_new_chat_is_there_at_the_next_start(qapp: QApplication, server: str) -> None:
    async with desk(server) as presenter:
        QTest.keyClicks(composer(presenter).field, "Not yet sent")
    async with desk(server) as presenter:
        await until(lambda: composer(presenter).text == "Not yet sent")


async def test_arrow_keys_bring_back_what_was_sent(qapp: QApplication, server: str) -> None:
    async with desk(server) as presenter:
        for text in ("First", "Second"):
            presenter.send(text)
            await ended(presenter)
        field = composer(presenter).field
        for expected in ("Second", "First", "First"):
            key(presenter, Qt.Key.Key_Up)
            assert field.toPlainText() == expected
        key(presenter, Qt.Key.Key_Down)
        key(presenter, Qt.Key.Key_Down)
        assert field.toPlainText() == ""
        QTest.keyClicks(field, "being written")
        key(presenter, Qt.Key.Key_Up)
        assert field.toPlainText() == "being written"


async def test_the_gauge_follows_the_chat_and_warns(qapp: QApplication, server: str) -> None:
    async with desk(server) as presenter:
        presenter._tuning.set_settings(ChatSettings(context_length=256, max_output_tokens=8))
        presenter.send("Count the herons on the river, please.")
        await ended(presenter)
        stats = presenter._conversation.turns[0].reply.stats
        assert stats is not None
        gauge = composer(presenter).gauge
        assert gauge._used == stats.input_tokens + stats.total_output_tokens
        assert gauge._limit == 256
        assert not gauge.full
        composer(presenter).set_text("word " * 300)
        assert gauge.full
        assert "more than the model can hold" in composer(presenter).warning.text()
        composer(presenter).set_text("")
        assert composer(presenter).warning.isHidden()


async def test_a_preset_is_saved_offered_by_a_slash_applied_and_undone(qapp: QApplication, server: str) -> None:
    poet = ChatSettings(system_prompt="You are a poet.", temperature=1.2)
    async with desk(server) as presenter:
        presenter._tuning.set_settings(poet)
        presenter._page.inspector.show_settings(poet)
        presenter._page.inspector.preset_saved.emit()
        await until(lambda: presenter._page.findChild(QInputDialog))
        dialog = presenter._page.findChild(QInputDialog)
        assert dialog is not None
        dialog.setTextValue("Poet")
        dialog.accept()
        await until(lambda: presenter._tuning._presets)
    async with desk(server) as presenter:
        await until(lambda: presenter._tuning._presets)
        QTest.keyClicks(composer(presenter).field, "/po")
        offered = composer(presenter).presets
        assert offered.isVisible()
        assert offered.currentItem().text() == "Poet"
        key(presenter, Qt.Key.Key_Return)
        assert not offered.isVisible()
        assert composer(presenter).text == ""
        assert presenter._conversation.settings == poet
        assert presenter._page.inspector.temperature.value() == 1.2
        presenter._undo.undo()
        assert presenter._conversation.settings == ChatSettings()
        presenter._tuning.remove("Poet")
        assert presenter._page.inspector.preset.count() == 1
        presenter._undo.undo()
        assert presenter._page.inspector.preset.count() == 2


async def test_a_models_defaults_hold_where_a_chat_says_nothing(qapp: QApplication, server: str) -> None:
    async with desk(server) as presenter:
        presenter._tuning.set_settings(ChatSettings(max_output_tokens=3))
        presenter._tuning.make_default()
        assert presenter._conversation.settings == ChatSettings()
        assert "3" in presenter._page.inspector.max_output_tokens.specialValueText()
    async with desk(server) as presenter:
        await until(lambda: presenter._tuning._defaults)
        presenter.send("Go on and on.")
        await ended(presenter)
        stats = presenter._conversation.turns[0].reply.stats
        assert stats is not None
        assert stats.total_output_tokens <= 3
        presenter._tuning.set_settings(ChatSettings(max_output_tokens=2))
        presenter.ask_again(presenter._conversation.turns[0].reply)
        await ended(presenter)
        again = presenter._conversation.turns[0].reply.stats
        assert again is not None
        assert again.total_output_tokens <= 2


async def test_presets_travel_as_a_file(
    qapp: QApplication, server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "presets.json"

    async def target(*_: object, **__: object) -> Path:
        return file

    async def source(*_: object, **__: object) -> list[Path]:
        return [file]

    monkeypatch.setattr("studiolo.desktop.chat.tuning.ask_for_file", target)
    monkeypatch.setattr("studiolo.desktop.chat.tuning.ask_for_files", source)
    async with desk(server) as presenter:
        tuning = presenter._tuning
        settings = ChatSettings(system_prompt="Brief.", top_k=7)
        monkeypatch.setattr("studiolo.desktop.chat.tuning.ask_for_text", lambda *_: _answer("Brief"))
        tuning.set_settings(settings)
        await tuning._save_preset()
        await tuning._export()
        assert json.loads(file.read_text())["presets"][0]["settings"] == {"system_prompt": "Brief.", "top_k": 7}
        tuning.remove("Brief")
        await tuning._import()
        assert [preset.settings for preset in tuning._presets] == [settings]
        file.write_text("[1, 2")
        with pytest.raises(Exception, match="has no presets"):
            await tuning._import()
        assert len(tuning._presets) == 1


async def _answer(text: str) -> str:
    return text


def test_a_file_is_dropped_anywhere_on_the_composer(qtbot: QtBot) -> None:
    one = Composer()
    qtbot.addWidget(one)
    one.show()
    one.set_ready(True)
    reading = one.tray.begin("notes.txt")
    assert not one.button.isEnabled()
    one.tray.end(reading, read_bytes(b"text", "notes.txt"))
    assert one.button.isEnabled()
    with qtbot.waitSignal(one.sent) as sent:
        one.button.click()
    assert sent.args is not None
    assert sent.args[0] == ""
    assert [attachment.part.name for attachment in sent.args[1]] == ["notes.txt"]
