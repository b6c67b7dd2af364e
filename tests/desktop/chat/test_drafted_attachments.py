"""What goes with a draft: all of it is to be seen, opened and removed, and it stays with its draft."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QFrame

from studiolo.desktop.chat.composing.attachments import AttachmentTray
from studiolo.desktop.chat.document_viewer import DocumentViewer
from tests.desktop.chat.desk import chat_desk
from tests.stands.waiting import until


def files(folder: Path, count: int) -> list[Path]:
    made = [folder / f"notes {number}.txt" for number in range(count)]
    for number, file in enumerate(made):
        file.write_text(f"The notes of day {number}.")
    return made


async def test_attachments_stay_with_their_draft_while_other_chats_are_looked_at(server: str, tmp_path: Path) -> None:
    async with chat_desk(server) as desk:
        await desk.ask("One.")
        first = await desk.latest()
        desk.presenter.new_chat()
        await desk.ask("Two.")
        second = await desk.latest()
        desk.presenter.new_chat()
        for chat, count in ((first, 1), (second, 2), (None, 3)):
            if chat is None:
                desk.presenter.new_chat()
            else:
                desk.presenter.open_chat(chat)
            await until(lambda chat=chat: desk.presenter.current == chat)  # type: ignore[misc]
            desk.composer.files_given.emit(files(tmp_path, count))
            await until(lambda count=count: len(desk.composer.attachments) == count)  # type: ignore[misc]
        for chat, count in ((second, 2), (first, 1), (None, 3), (first, 1)):
            if chat is None:
                desk.presenter.new_chat()
            else:
                desk.presenter.open_chat(chat)
            await until(lambda chat=chat: desk.presenter.current == chat)  # type: ignore[misc]
            assert len(desk.composer.attachments) == count


def chips(tray: AttachmentTray) -> list[QFrame]:
    return [one for one in tray.findChildren(QFrame) if one.property("kind") == "chip" and one.isVisible()]


async def test_every_attachment_is_to_be_seen_opened_and_removed(server: str, tmp_path: Path) -> None:
    async with chat_desk(server) as desk:
        desk.composer.files_given.emit(files(tmp_path, 20))
        tray = desk.composer.tray
        await until(lambda: len(desk.composer.attachments) == 20)
        for width in (800, 420):
            desk.page.resize(width, 700)
            await until(lambda: tray.height() < 200 and tray.verticalScrollBar().maximum() > 0)
            assert len(chips(tray)) == 20
            for one, other in zip(chips(tray), chips(tray)[1:], strict=False):
                assert not one.geometry().intersects(other.geometry())
            assert all(0 <= chip.x() <= tray.width() - chip.width() for chip in chips(tray))
        last = chips(tray)[-1]
        last.setFocus()
        QTest.keyClick(last, Qt.Key.Key_Return)
        dialog = await until(lambda: next(iter(desk.page.findChildren(DocumentViewer)), None))
        assert dialog.field.toPlainText() == desk.composer.attachments[-1].part.text
        dialog.close()
        await until(lambda: QApplication.activeModalWidget() is None)
        for chip in chips(tray)[3:]:
            chip.findChildren(QAbstractButton)[0].click()
        await until(lambda: len(chips(tray)) == 3)
        assert len(desk.composer.attachments) == 3
