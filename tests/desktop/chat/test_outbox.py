"""What is written while a reply is under way."""

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton

from studiolo.desktop.chat.composing.reading import read_bytes
from studiolo.desktop.chat.settings_panel.settings import ChatSettings
from studiolo.desktop.history.database import Database
from tests.desktop.chat.desk import ChatDesk, chat_desk
from tests.stands.waiting import until

# It never ends by itself.
LONG = ChatSettings(max_output_tokens=1500)


def write(desk: ChatDesk, text: str) -> None:
    QTest.keyClicks(desk.composer.field, text)
    desk.press(Qt.Key.Key_Return)


async def talking(desk: ChatDesk) -> None:
    write(desk, "One.")
    await until(lambda: desk.conversation.turns[-1].reply.text, "the first word")


def asked(desk: ChatDesk) -> list[str]:
    return [turn.question.text for turn in desk.conversation.turns]


def press(desk: ChatDesk, line: int, name: str) -> None:
    buttons = desk.page.waiting.lines[line].findChildren(QAbstractButton)
    next(button for button in buttons if button.accessibleName() == name).click()


async def test_messages_wait_in_sight_and_are_sent_one_after_the_other(server: str) -> None:
    async with chat_desk(server) as desk:
        desk.presenter.send("One.")
        for text in ("Two.", "Three."):
            write(desk, text)
        assert asked(desk) == ["One."]
        assert desk.page.waiting.isVisible()
        assert len(desk.page.waiting.lines) == 2
        await until(lambda: len(asked(desk)) == 3)
        await desk.ended()
        assert asked(desk) == ["One.", "Two.", "Three."]
        assert not desk.page.waiting.isVisible()


async def test_a_waiting_message_is_changed_or_removed_and_that_undone(server: str) -> None:
    async with chat_desk(server, defaults=LONG) as desk:
        await talking(desk)
        for text in ("Two.", "Three."):
            write(desk, text)
        press(desk, 0, "Edit this message")
        assert desk.composer.text == "Two."
        press(desk, 0, "Don't send this message")
        assert not desk.page.waiting.isVisible()
        desk.undo.undo()
        assert desk.composer.text == "Three.\n\nTwo."
        desk.presenter.stop()
        await desk.ended()


async def test_where_the_reply_is_stopped_what_waits_is_being_written_again(server: str) -> None:
    async with chat_desk(server, defaults=LONG) as desk:
        await talking(desk)
        desk.composer.tray.set_attachments([read_bytes(b"text", "notes.txt")])
        write(desk, "Two.")
        QTest.keyClicks(desk.composer.field, "Half")
        for place in (desk.page.picker, desk.page.transcript, desk.page.tune):
            assert desk.presenter.busy
            place.setFocus()
        QTest.keyClick(desk.page.transcript, Qt.Key.Key_Escape)
        await desk.ended()
        assert asked(desk) == ["One."]
        assert desk.composer.text == "Two.\n\nHalf"
        assert len(desk.composer.attachments) == 1


async def test_what_waits_goes_on_in_a_chat_that_is_not_in_sight_and_is_its_draft_where_it_fails(server: str) -> None:
    async with chat_desk(server) as desk:
        await desk.ask("One.")
        chat = await desk.latest()
        conversation = desk.conversation
        desk.presenter.send("Two.")
        write(desk, "Three.")
        desk.presenter.new_chat()
        assert not desk.page.waiting.isVisible()
        await desk.ended()
        assert [turn.question.text for turn in conversation.turns] == ["One.", "Two.", "Three."]
        desk.presenter.open_chat(chat)
        await until(lambda: desk.presenter.current == chat)
        desk.presenter.send("Four.")
        write(desk, "Five.")
        desk.presenter.new_chat()
        desk.presenter.stop_chat(chat)
        await desk.ended()
        assert (await desk.history.do(Database.chat, chat)).draft == "Five."


async def test_what_waits_when_the_window_is_closed_is_a_draft_at_the_next_start(server: str) -> None:
    async with chat_desk(server, defaults=LONG) as desk:
        await talking(desk)
        await until(lambda: desk.presenter.current)
        write(desk, "Two.")
    async with chat_desk(server) as desk:
        desk.presenter.open_chat(await desk.latest())
        await until(lambda: desk.presenter.current)
        assert desk.composer.text == "Two."
