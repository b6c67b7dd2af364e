"""What goes with a message, presets and defaults: the real page, history and server."""

import json
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QInputDialog
from pytestqt.qtbot import QtBot

from studiolo.desktop.chat.composing.composer import Composer
from studiolo.desktop.chat.composing.reading import read_bytes
from studiolo.desktop.chat.retelling import images, written
from studiolo.desktop.chat.settings_panel.settings import ChatSettings
from studiolo.desktop.history.parts import FilePart, ImagePart
from tests.desktop.chat.desk import chat_desk
from tests.stands.waiting import until


async def test_files_are_pasted_sent_kept_and_read_by_the_model(
    qapp: QApplication, server: str, tmp_path: Path
) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("The code word is heron.")
    async with chat_desk(server) as desk:
        pasted = QMimeData()
        pasted.setUrls([QUrl.fromLocalFile(str(notes))])
        desk.composer.field.insertFromMimeData(pasted)
        await until(lambda: desk.composer.attachments)
        assert not desk.composer.tray.isHidden()
        QTest.keyClicks(desk.composer.field, "What is it?")
        desk.press(Qt.Key.Key_Return)
        assert desk.composer.attachments == []
        await desk.ended()
        question = desk.conversation.turns[0].question
        assert question.parts[0] == FilePart("The code word is heron.", "notes.txt", 23)
        assert written(question) == '<document name="notes.txt">\nThe code word is heron.\n</document>\n\nWhat is it?'
        stats = desk.conversation.turns[0].reply.stats
        assert stats is not None
        assert stats.input_tokens > 20
    async with chat_desk(server) as desk:
        desk.presenter.open_chat(await desk.latest())
        await until(lambda: desk.texts)
        assert desk.conversation.turns[0].question.parts[0] == FilePart("The code word is heron.", "notes.txt", 23)


async def test_an_image_is_kept_shown_and_refused_by_a_model_that_is_blind(
    qapp: QApplication, server: str, tmp_path: Path
) -> None:
    photo = tmp_path / "photo.webp"
    Image.new("RGB", (600, 400), "#336699").save(photo)
    async with chat_desk(server) as desk:
        desk.composer.files_given.emit([photo])
        await until(lambda: desk.composer.attachments)
        assert "can't see images" in desk.composer.warning.text()
        assert desk.composer.button.isEnabled()
        QTest.mouseClick(desk.composer.button, Qt.MouseButton.LeftButton)
        reply = desk.conversation.turns[0].reply
        await desk.ended()
        assert reply.failure is not None
        assert "image" in str(reply.failure).lower()
    async with chat_desk(server) as desk:
        desk.presenter.open_chat(await desk.latest())
        await until(lambda: desk.conversation.branch)
        image = images(desk.conversation.turns[0].question)[0]
        assert (image.media_type, image.name) == ("image/jpeg", "photo.webp")
        await until(lambda: image.file in desk.page.pictures)
        shown = desk.page.pictures.get(image.file)
        assert shown is not None
        assert abs(QColor("#336699").blue() - shown.pixelColor(10, 10).blue()) < 8


async def test_a_pasted_image_and_one_that_is_taken_back(qapp: QApplication, server: str) -> None:
    async with chat_desk(server) as desk:
        image = QImage(30, 30, QImage.Format.Format_RGB32)
        image.fill(QColor("green"))
        data = QMimeData()
        data.setImageData(image)
        desk.composer.field.insertFromMimeData(data)
        await until(lambda: desk.composer.attachments)
        part = desk.composer.attachments[0].part
        assert isinstance(part, ImagePart)
        assert part.name == "Pasted image.png"
        chips = {button.accessibleName(): button for button in desk.composer.tray.findChildren(QAbstractButton)}
        chips["Remove Pasted image.png"].click()
        assert desk.composer.attachments == []
        assert not desk.composer.button.isEnabled()


async def test_attachments_stay_with_the_draft_of_their_chat(qapp: QApplication, server: str, tmp_path: Path) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("x")
    async with chat_desk(server) as desk:
        await desk.ask("One")
        first = desk.presenter.current
        assert first is not None
        desk.composer.files_given.emit([notes])
        await until(lambda: desk.composer.attachments)
        desk.presenter.new_chat()
        assert desk.composer.attachments == []
        desk.presenter.open_chat(first)
        await until(lambda: desk.composer.attachments)
        assert [one.part.name for one in desk.composer.attachments] == ["notes.txt"]


async def test_the_draft_of_a_new_chat_is_there_at_the_next_start(qapp: QApplication, server: str) -> None:
    async with chat_desk(server) as desk:
        QTest.keyClicks(desk.composer.field, "Not yet sent")
    async with chat_desk(server) as desk:
        await until(lambda: desk.composer.text == "Not yet sent")


async def test_arrow_keys_bring_back_what_was_sent(qapp: QApplication, server: str) -> None:
    async with chat_desk(server) as desk:
        await desk.ask("First", "Second")
        field = desk.composer.field
        for expected in ("Second", "First", "First"):
            desk.press(Qt.Key.Key_Up)
            assert field.toPlainText() == expected
        desk.press(Qt.Key.Key_Down)
        desk.press(Qt.Key.Key_Down)
        assert field.toPlainText() == ""
        QTest.keyClicks(field, "being written")
        desk.press(Qt.Key.Key_Up)
        assert field.toPlainText() == "being written"


async def test_the_gauge_follows_the_chat_and_warns(qapp: QApplication, own_server: str) -> None:
    async with chat_desk(own_server) as desk:
        desk.presenter.tuning.set_settings(ChatSettings(context_length=256, max_output_tokens=8))
        await desk.ask("Count the herons on the river, please.")
        stats = desk.conversation.turns[0].reply.stats
        assert stats is not None
        gauge = desk.composer.gauge
        assert gauge.used == stats.input_tokens + stats.total_output_tokens
        assert gauge.limit == 256
        assert not gauge.full
        desk.composer.set_text("word " * 300)
        assert gauge.full
        assert "more than the model can hold" in desk.composer.warning.text()
        desk.composer.set_text("")
        assert desk.composer.warning.isHidden()


async def test_a_preset_is_saved_offered_by_a_slash_applied_and_undone(qapp: QApplication, server: str) -> None:
    poet = ChatSettings(system_prompt="You are a poet.", temperature=1.2)
    async with chat_desk(server, defaults=ChatSettings()) as desk:
        desk.presenter.tuning.set_settings(poet)
        desk.page.inspector.show_settings(poet)
        desk.page.inspector.preset_saved.emit()
        await until(lambda: desk.page.findChild(QInputDialog))
        dialog = desk.page.findChild(QInputDialog)
        assert dialog is not None
        dialog.setTextValue("Poet")
        dialog.accept()
        await until(lambda: desk.presenter.tuning.presets)
    async with chat_desk(server, defaults=ChatSettings()) as desk:
        await until(lambda: desk.presenter.tuning.presets)
        QTest.keyClicks(desk.composer.field, "/po")
        offered = desk.composer.presets
        assert offered.isVisible()
        assert offered.currentItem().text() == "Poet"
        desk.press(Qt.Key.Key_Return)
        assert not offered.isVisible()
        assert desk.composer.text == ""
        assert desk.conversation.settings == poet
        assert desk.page.inspector.temperature.value() == 1.2
        desk.undo.undo()
        assert desk.conversation.settings == ChatSettings()
        desk.presenter.tuning.remove("Poet")
        assert desk.page.inspector.preset.count() == 1
        desk.undo.undo()
        assert desk.page.inspector.preset.count() == 2


async def test_a_models_defaults_hold_where_a_chat_says_nothing(qapp: QApplication, server: str) -> None:
    async with chat_desk(server) as desk:
        desk.presenter.tuning.set_settings(ChatSettings(max_output_tokens=3))
        await desk.presenter.tuning.make_default()
        assert desk.conversation.settings == ChatSettings()
        assert "3" in desk.page.inspector.max_output_tokens.specialValueText()
    async with chat_desk(server) as desk:
        await until(lambda: desk.presenter.tuning.defaults)
        await desk.ask("Go on and on.")
        stats = desk.conversation.turns[0].reply.stats
        assert stats is not None
        assert stats.total_output_tokens <= 3
        desk.presenter.tuning.set_settings(ChatSettings(max_output_tokens=2))
        desk.presenter.actions.ask_again(desk.conversation.turns[0].reply)
        await desk.ended()
        again = desk.conversation.turns[0].reply.stats
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

    monkeypatch.setattr("studiolo.desktop.chat.settings_panel.presenter.ask_for_file", target)
    monkeypatch.setattr("studiolo.desktop.chat.settings_panel.presenter.ask_for_files", source)
    async with chat_desk(server, defaults=ChatSettings()) as desk:
        tuning = desk.presenter.tuning
        settings = ChatSettings(system_prompt="Brief.", top_k=7)
        monkeypatch.setattr("studiolo.desktop.chat.settings_panel.presenter.ask_for_text", lambda *_: _answer("Brief"))
        tuning.set_settings(settings)
        await tuning.save_preset()
        await tuning.export()
        assert json.loads(file.read_text())["presets"][0]["settings"] == {"system_prompt": "Brief.", "top_k": 7}
        tuning.remove("Brief")
        await tuning.take_in()
        assert [preset.settings for preset in tuning.presets] == [settings]
        file.write_text("[1, 2")
        with pytest.raises(Exception, match="has no presets"):
            await tuning.take_in()
        assert len(tuning.presets) == 1


async def _answer(text: str) -> str:
    return text


def test_a_file_is_dropped_anywhere_on_the_composer(qtbot: QtBot) -> None:
    one = Composer()
    qtbot.addWidget(one)
    one.show()
    reading = one.tray.begin("notes.txt")
    assert not one.button.isEnabled()
    one.tray.end(reading, read_bytes(b"text", "notes.txt"))
    assert one.button.isEnabled()
    with qtbot.waitSignal(one.sent) as sent:
        one.button.click()
    assert sent.args is not None
    assert sent.args[0] == ""
    assert [attachment.part.name for attachment in sent.args[1]] == ["notes.txt"]


async def test_files_that_can_t_be_attached_say_so_where_the_others_are(
    qapp: QApplication, server: str, tmp_path: Path
) -> None:
    good = tmp_path / "good.txt"
    good.write_text("Good.")
    broken = [tmp_path / f"broken {number}.png" for number in range(3)]
    for file in broken:
        file.write_bytes(b"no image")
    async with chat_desk(server) as desk:
        windows = len([one for one in QApplication.topLevelWidgets() if one.isVisible()])
        desk.composer.take_focus()
        desk.composer.files_given.emit([*broken, good])
        tray = desk.composer.tray
        await until(lambda: not tray.reading and desk.composer.attachments)
        assert [one.part.name for one in desk.composer.attachments] == ["good.txt"]
        assert tray.refusal
        assert desk.composer.warning.text() == str(tray.refusal)
        assert "can't be attached" in desk.composer.warning.text()
        assert len([one for one in QApplication.topLevelWidgets() if one.isVisible()]) == windows
        desk.composer.set_text("Look")
        desk.press(Qt.Key.Key_Return)
        assert tray.refusal is None
        assert not desk.composer.warning.isVisible()
        await desk.ended()


async def test_the_ring_fills_before_the_model_is_loaded(qapp: QApplication, server: str) -> None:
    async with chat_desk(server) as desk:
        desk.composer.set_text("word " * 4_000)
        assert desk.composer.gauge.limit > 0
        assert desk.composer.gauge.share > 0
