"""Exports, imports, backups and the trash: the real window over the real history."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from pypdf import PdfReader
from PySide6.QtWidgets import QApplication

from studiolo.desktop.chat.pdf import write_pdf
from studiolo.desktop.chat.sidebar.trash import EMPTY, TrashDialog
from studiolo.desktop.history.database import Database
from studiolo.desktop.history.exporting import as_html
from studiolo.desktop.history.parts import ImagePart, ReasoningPart, TextPart, ToolPart, parts_to_json
from studiolo.desktop.history.records import Chat, StoredMessage
from tests.desktop.chat.test_rows import picture
from tests.desktop.chat.test_sidebar import Desk, desk
from tests.stands.waiting import until

__all__ = ["desk"]

Answer = Callable[..., None]


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Answer:
    """What is chosen in the file dialogs, whose own tests are elsewhere."""

    def choose(**chosen: object) -> None:
        for name, value in chosen.items():

            async def answer(*_: object, value: object = value, **__: object) -> object:
                return value

            monkeypatch.setattr(f"studiolo.desktop.chat.sidebar.archive.{name}", answer)

    return choose


def said(desk: Desk) -> str:
    return desk.window.page.toast.label.text()


EXPORTED = {
    "title": "From elsewhere",
    "uuid": "k1",
    "chat_messages": [{"uuid": "a", "sender": "human", "text": "A rare bittern"}],
}


async def test_chats_come_from_another_program_and_can_be_taken_out_again(
    desk: Desk, tmp_path: Path, answers: Answer
) -> None:
    file = tmp_path / "conversations.json"
    file.write_text(json.dumps([EXPORTED | {"name": "From elsewhere"}, {"chat_messages": []}]))
    answers(ask_for_files=[file])
    desk.window.sidebar.import_requested.emit()
    await until(lambda: "From elsewhere" in desk.shown)
    assert said(desk) == "1 chat(s) imported, 1 could not be read, 1 message(s) read, 1 kept"
    assert desk.window.sidebar.status.isHidden()
    desk.window.sidebar.search.setText("bittern")
    await until(lambda: any("rare bittern" in one for one in desk.shown) or "From elsewhere" in desk.shown)
    desk.window.sidebar.search.clear()
    await until(lambda: "Lisbon" in desk.shown)
    desk.window.page.toast.undo.click()
    await until(lambda: "From elsewhere" not in desk.shown)


async def test_what_is_no_export_is_told_and_changes_nothing(desk: Desk, tmp_path: Path, answers: Answer) -> None:
    file = tmp_path / "notes.json"
    file.write_text("[]")
    answers(ask_for_files=[file])
    with pytest.raises(Exception, match="no chats in notes.json"):
        await desk.sidebar.archive.take_in_files()
    assert desk.window.sidebar.status.isHidden()


async def test_several_chats_become_files_in_a_folder(desk: Desk, tmp_path: Path, answers: Answer) -> None:
    await desk.history.do(Database.create_chat, "Lisbon")
    answers(ask_for_file=tmp_path / "Mine.md")
    numbers = [chat.id for chat in await desk.history.do(Database.chats)]
    desk.window.sidebar.list.export_requested.emit(numbers)
    await until(lambda: said(desk) == "3 chat(s) exported")
    assert sorted(file.name for file in (tmp_path / "Mine").iterdir()) == ["Lisbon (2).md", "Lisbon.md", "Taxes.md"]


async def test_a_folder_is_exported_with_those_in_it(desk: Desk, tmp_path: Path, answers: Answer) -> None:
    outer = await desk.history.do(Database.create_folder, "Trips/2026")
    inner = await desk.history.do(Database.create_folder, "West", outer.id)
    lisbon, taxes = sorted(await desk.history.do(Database.chats), key=lambda chat: chat.title)
    await desk.history.do(Database.move, [lisbon.id], inner.id)
    answers(ask_for_file=tmp_path / "Trips.html")
    desk.window.sidebar.list.folder_export_requested.emit(outer.id)
    await until(lambda: said(desk) == "1 chat(s) exported")
    assert [file.name for file in (tmp_path / "Trips").iterdir()] == ["Lisbon.html"]
    assert taxes.folder is None


async def test_a_disk_that_refuses_is_told(desk: Desk, answers: Answer) -> None:
    answers(ask_for_file=Path("/proc/nowhere/chat.pdf"))
    number = (await desk.history.do(Database.chats))[0].id
    with pytest.raises(Exception, match="can't be written"):
        await desk.sidebar.archive.export([number])


async def test_everything_goes_into_a_backup_and_comes_back(desk: Desk, tmp_path: Path, answers: Answer) -> None:
    file = tmp_path / "all.studiolo-backup"
    answers(ask_for_file=file, ask_for_files=[file], ask=True)
    desk.window.sidebar.backup_requested.emit()
    await until(lambda: said(desk) == f"Everything is in {file}")
    desk.sidebar.trash([chat.id for chat in await desk.history.do(Database.chats)])
    await until(lambda: not desk.shown)
    desk.window.sidebar.restore_requested.emit()
    await until(lambda: "Lisbon" in desk.shown)
    assert "all.studiolo-backup" in said(desk)
    desk.window.page.toast.undo.click()
    await until(lambda: not desk.shown)


async def test_the_trash_gives_back_and_forgets(desk: Desk, answers: Answer) -> None:
    desk.sidebar.trash([chat.id for chat in await desk.history.do(Database.chats)])
    await until(lambda: not desk.shown)
    desk.window.sidebar.trash_requested.emit()
    await until(lambda: desk.window.findChildren(TrashDialog))
    dialog = desk.window.findChild(TrashDialog)
    assert dialog is not None
    assert dialog.list.count() == 2
    assert dialog.list.item(0).text().startswith(("Lisbon · ", "Taxes · "))
    title = dialog.list.item(0).text().split(" · ")[0]
    dialog.restore.click()
    await until(lambda: desk.shown and title in desk.shown)
    answers(ask=True)
    desk.window.sidebar.trash_requested.emit()
    await until(lambda: [one for one in desk.window.findChildren(TrashDialog) if one.isVisible()])
    again = next(one for one in desk.window.findChildren(TrashDialog) if one.isVisible())
    assert again.list.count() == 1
    again.done(EMPTY)

    async def gone() -> bool:
        return not await desk.history.do(Database.chats, trashed=True)

    await until(gone)
    assert title in desk.shown


def test_an_empty_trash_says_so(qapp: QApplication) -> None:
    dialog = TrashDialog([], None)  # type: ignore[arg-type]
    assert not dialog.empty_label.isHidden()
    assert not dialog.restore.isEnabled()
    assert not dialog.empty.isEnabled()
    dialog.deleteLater()


def message(number: int, parent: int | None, role: str, parts: list[object]) -> StoredMessage:
    return StoredMessage(number, parent, role, parts_to_json(parts), 0.0, model="maker/model")  # type: ignore[arg-type]


def test_a_pdf_has_text_code_formulas_and_images(qapp: QApplication, tmp_path: Path) -> None:
    data = picture()
    told = "It is **easy**:\n\n```python\nx = 1\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nSo $x^2$ and $\\frac{1}$."
    messages = {
        1: message(1, None, "user", [ImagePart("a" * 64, "image/png", "blue.png"), TextPart("What <is> this?")]),
        2: message(2, 1, "assistant", [ReasoningPart("Hm."), ToolPart("look", "{}", "seen"), TextPart(told)]),
    }
    file = tmp_path / "chat.pdf"
    write_pdf(Chat(1, "Blue & more", None, 0.0, 0.0, leaf=2), messages, file, {"a" * 64: data})
    pages = PdfReader(file).pages
    text = " ".join("".join(page.extract_text() for page in pages).split())
    for expected in ("Blue & more", "What <is> this?", "easy", "x = 1", "look({})", "seen", "\\frac{1}", "maker/model"):
        assert expected in text
    assert sum(len(page.images) for page in pages) >= 2
    page = as_html(Chat(1, "t", None, 0.0, 0.0, leaf=2), messages, {"a" * 64: data})
    assert 'src="data:image/png;base64,' in page


async def test_tags_find_chats_and_can_be_taken_back(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def answer(*_: object) -> str:
        return " sea,  west ,"

    monkeypatch.setattr("studiolo.desktop.chat.sidebar.panel.ask_for_text", answer)
    desk.window.sidebar.list.setCurrentIndex(desk.index("Lisbon"))
    desk.menu("Tags…")
    await until(lambda: "tagged" in said(desk))
    desk.window.sidebar.search.setText("west")
    await until(lambda: "Lisbon" in desk.shown and "Taxes" not in desk.shown)
    desk.window.sidebar.search.clear()
    desk.window.page.toast.undo.click()
    await until(lambda: "Taxes" in desk.shown)
    assert all(not chat.tags for chat in await desk.history.do(Database.chats))
