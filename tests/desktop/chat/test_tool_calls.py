"""Tools in a chat: chosen, asked about, run, shown and kept, over a script for what a real server does by accident."""

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, Qt, QUrl
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget

from studiolo.api.hints import ToolHints
from studiolo.desktop.chat.composing.address_dialog import AddressDialog
from studiolo.desktop.chat.messages import Reply
from studiolo.desktop.chat.settings_panel.settings import ChatSettings
from studiolo.desktop.chat.tool_choice import ChosenServer, ToolChoice, named
from studiolo.desktop.chat.transcript.ask_box import ApprovalBox, ElicitationBox
from studiolo.desktop.chat.transcript.code import CodeBlock
from studiolo.desktop.chat.transcript.result_picture import ResultPicture
from studiolo.desktop.chat.transcript.tool_run import ToolRun
from studiolo.desktop.history.database import Database
from studiolo.desktop.history.exporting import as_html, as_markdown
from studiolo.desktop.history.parts import ToolPart
from studiolo.desktop.widgets import theme
from studiolo.desktop.widgets.tool_hints import hint_badges
from studiolo.errors import RequestError
from tests.desktop.chat.desk import ChatDesk, chat_desk
from tests.stands.tool_api import Script, ToolApi, Wait, program, tool, tool_api
from tests.stands.waiting import stays, until

FILES = {"type": "plugin", "plugin_id": "mcp/files"}
CHOICE = ToolChoice(servers=(ChosenServer(id="mcp/files"),))


def event(kind: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "provider_info": FILES, **more}


def call(name: str, arguments: dict[str, Any] | None = None) -> Script:
    given = arguments or {}
    return [event("tool_call.start", tool=name), event("tool_call.arguments", tool=name, arguments=given)]


def success(name: str, content: list[dict[str, Any]], arguments: dict[str, Any] | None = None) -> dict[str, Any]:
    return event("tool_call.success", tool=name, arguments=arguments or {}, output=json.dumps(content))


def approval(name: str, number: str = "a1", **more: Any) -> dict[str, Any]:
    return event("tool_call.approval_required", approval_id=number, tool=name, description="Does it.", **more)


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def picture() -> str:
    image = QImage(20, 10, QImage.Format.Format_RGB32)
    image.fill(QColor("red"))
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]  # Its stubs ask for what it refuses.
    return base64.b64encode(bytes(data.data())).decode()


@asynccontextmanager
async def desk_with(*scripts: Script, choose: bool = True, **made: Any) -> AsyncIterator[tuple[ChatDesk, ToolApi]]:
    servers = {"files": program("files", tool("look", tokens=40), tool("wipe", tokens=60))}
    made = {"servers": servers, "scripts": list(scripts), **made}
    async with tool_api(**made) as api, chat_desk(api.address, defaults=ChatSettings()) as desk:
        if choose:
            desk.presenter.tooling.choose(CHOICE)
        yield desk, api


def runs(desk: ChatDesk) -> list[ToolRun]:
    desk.page.transcript.flush()
    rows = [desk.page.transcript.live[index] for index in sorted(desk.page.transcript.live)]
    return [run for row in rows for run in getattr(row, "runs", []) if isinstance(run, ToolRun)]


async def asked(desk: ChatDesk) -> ApprovalBox:
    box = await until(lambda: next((run.box for run in runs(desk) if run.box), None), "a card that waits")
    assert isinstance(box, ApprovalBox)
    return box


async def elicited(desk: ChatDesk) -> ElicitationBox:
    box = await until(lambda: next((run.box for run in runs(desk) if run.box), None), "a card that waits")
    assert isinstance(box, ElicitationBox)
    return box


def last_reply(desk: ChatDesk) -> Reply:
    reply = desk.conversation.branch[-1]
    assert isinstance(reply, Reply)
    return reply


@pytest.mark.parametrize(
    ("button", "decision"),
    [("once", "once"), ("chat", "chat"), ("deny", "deny"), ("always", "always"), ("never", "never")],
)
async def test_every_answer_to_a_tool_that_waits_reaches_the_server(button: str, decision: str) -> None:
    settled = event("tool_call.settled", id="a1", decision=decision)
    ending = (
        event("tool_call.failure", reason="The person said no.", metadata={"tool_name": "wipe", "provider_info": FILES})
        if decision in ("deny", "never")
        else success("wipe", [text("wiped")], {"path": "a"})
    )
    script = [*call("wipe", {"path": "a"}), approval("wipe", arguments={"path": "a"}), Wait, settled, ending]
    async with desk_with(script) as (desk, api):
        desk.presenter.send("Wipe it.")
        box = await asked(desk)
        if button in ("always", "never"):
            menu = box.open_menu()
            menu.actions()[0 if button == "always" else 1].trigger()
            menu.close()
        else:
            getattr(box, button).click()
        await desk.ended()
        assert api.answered == [("a1", {"decision": decision})]
        part = last_reply(desk).parts[0]
        assert isinstance(part, ToolPart)
        assert part.approval == decision
        [run] = runs(desk)
        assert run.box is None
        expected = "wipe was not allowed · files" if part.denied else "Called wipe · files"
        assert run.header.text() == expected


async def test_a_tool_that_waits_can_be_answered_by_keyboard_and_never_by_enter_alone() -> None:
    script = [*call("wipe"), approval("wipe", hints={"destructive": True}, changed=True), Wait]
    async with desk_with(script) as (desk, api):
        desk.page.activateWindow()
        desk.page.take_focus()
        desk.presenter.send("Wipe it.")
        box = await asked(desk)
        await until(lambda: box.hasFocus(), "the focus at what waits")
        said = box.announcement
        assert "wipe" in said
        assert "files" in said
        assert "changed" in said
        assert "delete" in said
        QTest.keyClick(box, Qt.Key.Key_Return)
        await stays(lambda: not api.answered)
        QTest.keyClick(box, Qt.Key.Key_Tab)
        focus = QApplication.focusWidget()
        assert focus is box.once
        QTest.keyClick(box.once, Qt.Key.Key_Tab)
        QTest.keyClick(box.chat, Qt.Key.Key_Space)
        await until(lambda: api.answered)
        assert api.answered == [("a1", {"decision": "chat"})]
        assert desk.composer.field.hasFocus()


async def test_what_somebody_writes_is_not_interrupted_by_a_tool_that_waits() -> None:
    async with desk_with([*call("wipe"), approval("wipe"), Wait]) as (desk, api):
        desk.page.activateWindow()
        desk.composer.set_text("and then")
        desk.presenter.send("Wipe it.")
        await asked(desk)
        assert desk.composer.field.hasFocus()
        desk.press(Qt.Key.Key_Return)
        await stays(lambda: not api.answered)


async def test_stopping_the_reply_denies_what_is_open() -> None:
    async with desk_with([*call("wipe"), approval("wipe"), Wait]) as (desk, api):
        desk.presenter.send("Wipe it.")
        box = await asked(desk)
        desk.presenter.stop()
        await desk.ended()
        await until(lambda: api.closed == 1, "that the server is told")
        [run] = runs(desk)
        assert run.box is None
        assert run.header.text() == "wipe was not allowed · files"
        assert api.answered == []
        del box


async def test_a_form_is_checked_before_it_is_sent() -> None:
    schema = {
        "type": "object",
        "properties": {
            "name": {"type": "string", "minLength": 2},
            "guests": {"type": "integer", "minimum": 1, "maximum": 8},
            "room": {"type": "string", "enum": ["a", "b"]},
            "mail": {"type": "boolean", "default": True},
        },
        "required": ["name", "guests"],
    }
    asks = event(
        "tool_call.elicitation_required", elicitation_id="e1", tool="book", message="For?", requested_schema=schema
    )
    script = [*call("book"), asks, Wait, event("tool_call.settled", id="e1", decision="accept")]
    async with desk_with([*script, success("book", [text("ok")])]) as (desk, api):
        desk.presenter.send("Book.")
        box = await elicited(desk)
        assert box.form
        name, guests = box.form.editors["name"], box.form.editors["guests"]
        assert isinstance(name, QLineEdit)
        assert isinstance(guests, QLineEdit)
        name.setText("A")
        guests.setText("9")
        box.send.click()
        assert box.form.problems["name"].text()
        assert box.form.problems["guests"].text()
        assert api.answered == []
        name.setText("Ada")
        guests.setText("2")
        box.send.click()
        await desk.ended()
        assert api.answered == [("e1", {"action": "accept", "content": {"name": "Ada", "guests": 2, "mail": True}})]


async def test_a_form_keeps_what_was_written_when_its_row_is_made_anew() -> None:
    schema = {"type": "object", "properties": {"name": {"type": "string"}}}
    asks = event(
        "tool_call.elicitation_required", elicitation_id="e1", tool="book", message="For?", requested_schema=schema
    )
    async with desk_with([*call("book"), asks, Wait]) as (desk, _):
        desk.presenter.send("Book.")
        box = await elicited(desk)
        assert box.form
        QTest.keyClicks(box.form.editors["name"], "Ada")
        desk.page.transcript.set_messages(desk.conversation.branch)
        again = await elicited(desk)
        assert again is not box
        assert again.form
        assert again.form.written == {"name": "Ada"}


async def test_an_address_is_shown_in_full_and_opened_by_nothing_but_a_click(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def browser(url: QUrl) -> bool:
        opened.append(url.toString())
        return True

    monkeypatch.setattr("studiolo.desktop.chat.answering.QDesktopServices.openUrl", browser)
    url = "https://pay.example/confirm?session=" + "a" * 300
    asks = event("tool_call.elicitation_required", elicitation_id="e1", tool="pay", message="Pay.", url=url)
    async with desk_with([*call("pay"), asks, Wait]) as (desk, api):
        desk.presenter.send("Pay.")
        box = await elicited(desk)
        assert box.address.toPlainText() == url
        await stays(lambda: not opened)
        box.send.click()
        await until(lambda: api.answered)
        assert opened == [url]
        assert api.answered == [("e1", {"action": "accept"})]


@pytest.mark.parametrize("url", ["file:///etc/passwd", "javascript:alert(1)", "studiolo://add_mcp", "https://", ""])
async def test_an_address_for_no_browser_can_only_be_declined(url: str) -> None:
    asks = event("tool_call.elicitation_required", elicitation_id="e1", tool="pay", message="Pay.", url=url)
    async with desk_with([*call("pay"), asks, Wait]) as (desk, api):
        desk.presenter.send("Pay.")
        box = await elicited(desk)
        assert not box.send.isVisible()
        box.decline.click()
        await until(lambda: api.answered)
        assert api.answered == [("e1", {"action": "decline"})]


async def test_calls_at_the_same_time_keep_their_own_results() -> None:
    script = [
        *call("look", {"path": "a"}),
        *call("look", {"path": "b"}),
        event("tool_call.progress", tool="look", progress=1, total=4, message="half way"),
        success("look", [text("B")], {"path": "b"}),
        success("look", [text("A")], {"path": "a"}),
        {"type": "message.delta", "content": "Both."},
    ]
    async with desk_with(script) as (desk, _):
        await desk.ask("Look.")
        parts = [part for part in last_reply(desk).parts if isinstance(part, ToolPart)]
        assert [json.loads(part.arguments)["path"] for part in parts] == ["a", "b"]
        assert [json.loads(part.output or "")[0]["text"] for part in parts] == ["A", "B"]
        assert all(part.seconds is not None for part in parts)


async def test_results_are_shown_as_text_and_pictures_and_nothing_in_them_acts() -> None:
    evil = '<img src="http://tracker.example/x"><a href="https://evil.example">Click</a> **bold**'
    content = [text(evil), {"type": "image", "mimeType": "image/png", "data": picture()}]
    content.append({"type": "image", "mimeType": "image/svg+xml", "data": "PHN2Zy8+"})
    async with desk_with([*call("look"), success("look", content)]) as (desk, _):
        await desk.ask("Look.")
        [run] = runs(desk)
        assert run.results == []
        run.header.click()
        desk.page.transcript.flush()
        assert run.returned.field.toPlainText() == evil
        [shown] = [one for one in run.results if isinstance(one, ResultPicture)]
        assert not shown.pixmap.isNull()


async def test_calls_are_kept_with_the_chat_and_shown_again_at_the_next_start() -> None:
    script = [*call("look", {"path": "a"}), success("look", [text("found")], {"path": "a"}), approval("wipe"), Wait]
    servers = {"files": program("files", tool("look"))}
    async with tool_api(servers=servers, scripts=[script]) as api:
        async with chat_desk(api.address, defaults=ChatSettings()) as desk:
            desk.presenter.tooling.choose(CHOICE)
            desk.presenter.send("Look.")
            await asked(desk)
        async with chat_desk(api.address, defaults=ChatSettings()) as desk:
            desk.presenter.open_chat(await desk.latest())
            await until(lambda: len(desk.conversation.branch) == 2)
            assert [run.header.text() for run in runs(desk)] == ["Called look · files", "wipe was not allowed · files"]
            assert desk.conversation.tools == ToolChoice(server=api.address, servers=CHOICE.servers)
            number = await desk.latest()
            chat = await desk.history.do(Database.chat, number)
            messages = await desk.history.do(Database.messages, number)
            assert "found" in as_markdown(chat, messages)
            assert "found" in as_html(chat, messages)


async def test_a_name_of_a_stranger_hides_nothing_and_takes_no_key() -> None:
    name = "a&b\u202e"
    async with desk_with([*call(name), success(name, [text("ok")])]) as (desk, _):
        await desk.ask("Look.")
        assert runs(desk)[0].header.text() == "Called a&&b\\u202e · files"


async def test_an_approval_shows_all_that_would_run_and_nothing_in_it_can_hide() -> None:
    given = {"path": "note\u202etxt.exe\u200b\u009b2J"}
    script = [*call("wipe"), approval("wipe", arguments=given), Wait, success("wipe", [text("ok")], given)]
    async with desk_with(script) as (desk, _):
        desk.presenter.send("Wipe it.")
        box = await asked(desk)
        shown = runs(desk)[0].given.field.toPlainText()
        assert shown.isascii(), "whatever turns text around is spelled out"
        assert json.loads(shown) == given, "and it is what the approval is for"
        box.once.click()
        await desk.ended()


async def test_a_new_chat_has_no_tools_until_they_are_chosen() -> None:
    async with desk_with([], [], choose=False) as (desk, api):
        await desk.ask("Hello.")
        assert "integrations" not in api.asked[0]
        desk.presenter.tooling.choose(CHOICE)
        await desk.ask("And now?")
        assert api.asked[1]["integrations"] == [{"type": "plugin", "id": "mcp/files"}]
        assert api.asked[1]["tool_approval"]["mode"] == "ask"
        assert api.asked[1]["tool_approval"]["chat"]
        desk.presenter.new_chat()
        await desk.ask("Hello again.")
        assert "integrations" not in api.asked[2]


async def test_servers_and_single_tools_are_chosen_with_what_their_definitions_take() -> None:
    async with desk_with(choose=False) as (desk, _):
        tools, picker = desk.composer.tools, desk.composer.tool_picker
        assert tools.isVisible()
        tools.click()
        await until(lambda: picker.tree.topLevelItemCount() == 1)
        item = picker.tree.topLevelItem(0)
        assert item
        item.setCheckState(0, Qt.CheckState.Checked)
        await until(lambda: "100" in picker.price.text())
        assert desk.conversation.tools.servers == (ChosenServer(id="mcp/files"),)
        assert desk.composer.gauge.used >= 100
        wipe = item.child(1)
        assert wipe
        wipe.setCheckState(0, Qt.CheckState.Unchecked)
        assert desk.conversation.tools.servers == (ChosenServer(id="mcp/files", allowed=("look",)),)
        picker.tree.topLevelItem(0).setCheckState(0, Qt.CheckState.Unchecked)  # type: ignore[union-attr]
        assert not desk.conversation.tools.servers
        picker.close()


async def test_tools_chosen_at_one_server_are_not_sent_to_another() -> None:
    async with desk_with([]) as (desk, api):
        desk.conversation.tools = ToolChoice(server="http://elsewhere:1234", servers=CHOICE.servers)
        await desk.ask("Hello.")
        assert "integrations" not in api.asked[0]


async def test_a_plain_server_gets_what_the_person_agreed_to_and_no_extension() -> None:
    async with desk_with([], capabilities=[], choose=False) as (desk, api):
        desk.composer.tools.click()
        desk.composer.tool_picker.add.click()
        dialog = await until(lambda: QApplication.activeModalWidget())
        assert isinstance(dialog, AddressDialog)
        assert "without asking" in dialog.about.text()
        assert dialog.save.text() == "Allow and add"
        dialog.address.setText("mcp/playwright")
        assert not dialog.headers.isVisible(), "a plugin has those of mcp.json"
        dialog.save.click()
        await until(lambda: desk.conversation.tools.servers)
        await desk.ask("Hello.")
        assert api.asked[0]["integrations"] == [{"type": "plugin", "id": "mcp/playwright"}]
        assert "tool_approval" not in api.asked[0]


async def test_a_chat_whose_reply_was_stopped_goes_on_with_its_tools() -> None:
    async with desk_with([*call("wipe"), approval("wipe"), Wait], []) as (desk, api):
        desk.presenter.send("Wipe it.")
        await asked(desk)
        desk.presenter.stop()
        await desk.ended()
        await desk.ask("Then look.")
        assert "previous_response_id" not in api.asked[1]
        assert api.asked[1]["integrations"]
        assert "Wipe it." in api.asked[1]["input"]
        assert api.asked[1]["input"].endswith("Then look.")


def test_a_plugin_and_an_address_are_told_apart() -> None:
    assert named("mcp/playwright") == ChosenServer(id="mcp/playwright")
    assert named("playwright") == ChosenServer(id="mcp/playwright")
    assert named("https://example.com/mcp") == ChosenServer(id="example.com", url="https://example.com/mcp")
    for wrong in ("file:///etc", "https://", "two words", "mcp/", "https://ada:secret@example.com/mcp"):
        with pytest.raises(RequestError):
            named(wrong)
    with pytest.raises(RequestError):
        named("mcp/playwright", address=True)


def test_two_addresses_of_one_host_have_a_label_each() -> None:
    choice = ToolChoice()
    for url in ("https://example.com/a", "https://example.com/b", "https://example.com/a"):
        choice = choice.with_server(choice.free(named(url)))
    assert [(one.id, one.url) for one in choice.servers] == [
        ("example.com-2", "https://example.com/b"),
        ("example.com", "https://example.com/a"),
    ]


async def test_prompts_stand_behind_the_slash_and_ask_for_their_arguments() -> None:
    prompts = [{"name": "greet", "description": "Greets.", "arguments": [{"name": "who", "required": True}]}]
    async with desk_with(prompts=prompts) as (desk, api):
        presets = desk.composer.presets

        def offered() -> bool:
            desk.composer.set_text("/gre")
            return presets.isVisible()

        await until(offered)
        desk.press(Qt.Key.Key_Return)
        dialog = await until(lambda: QApplication.activeModalWidget())
        form = dialog.form  # type: ignore[attr-defined]
        dialog.insert.click()  # type: ignore[attr-defined]
        assert dialog.isVisible(), "an argument is needed"
        form.editors["who"].setText("Ada")
        dialog.insert.click()  # type: ignore[attr-defined]
        await until(lambda: "Ada" in desk.composer.text)
        assert api.prompted == [{"name": "greet", "arguments": {"who": "Ada"}}]


async def test_resources_are_attached_as_what_they_are() -> None:
    resources = [{"uri": "note://one", "name": "One"}, {"uri": "pic://two", "name": "Two"}]
    contents = {
        "note://one": {"uri": "note://one", "mime_type": "text/plain", "text": "The first note."},
        "pic://two": {"uri": "pic://two", "mime_type": "image/png", "data": picture()},
    }
    async with desk_with(resources=resources, contents=contents) as (desk, _):
        for row in (0, 1):
            menu = await until(desk.composer._attach)
            menu.actions()[1].trigger()
            menu.close()
            dialog = await until(lambda: QApplication.activeModalWidget())
            dialog.list.setCurrentRow(row)  # type: ignore[attr-defined]
            dialog.attach.click()  # type: ignore[attr-defined]
            await until(lambda: len(desk.composer.attachments) == row + 1)  # noqa: B023
        note, image = desk.composer.attachments
        assert note.part.text == "The first note."
        assert image.data


def test_hints_sort_and_colour_and_never_permit(qapp: QApplication) -> None:
    parent = QWidget()
    badges = hint_badges(ToolHints(destructive=True, read_only=False, open_world=True), parent)
    assert [badge.property("kind") for badge in badges] == ["badge-danger", "badge-plain"]
    assert [badge.text() for badge in hint_badges(ToolHints(read_only=True), parent)] == ["Only reads"]
    assert hint_badges(ToolHints(), parent) == []
    parent.deleteLater()


async def test_a_card_that_changes_its_height_while_rows_are_shown_anew_spoils_none() -> None:
    long = "\n\n".join(f"Paragraph {number} of the owl." for number in range(3000))
    script = [
        *call("look"),
        success("look", [text("an owl")]),
        {"type": "message.start"},
        {"type": "message.delta", "content": long},
        {"type": "message.end"},
    ]
    async with desk_with(script) as (desk, _):
        await desk.ask("Look.")
        transcript = desk.page.transcript
        transcript.go_to(last_reply(desk))
        await until(lambda: runs(desk))
        part = last_reply(desk).parts[0]
        assert isinstance(part, ToolPart)
        part.seconds = 12_345.0
        transcript.set_branch(list(desk.conversation.branch))
        [run] = runs(desk)
        assert len(run.badge.text()) > len("< 0.1 s")


async def test_a_sentence_that_a_tool_returned_is_wrapped_and_json_is_not() -> None:
    told = "The owl was not found. " * 20
    script = [*call("look"), success("look", [text(told), text('{"a": 1}'), text("x" * 100_000)])]
    async with desk_with(script) as (desk, _):
        await desk.ask("Look.")
        [run] = runs(desk)
        assert run.badge.text() in ("< 0.1 s", "0.1 s", "0.2 s")
        run.header.click()
        wrapped = [block.wrap.isChecked() for block in run.results if isinstance(block, CodeBlock)]
        assert wrapped == [True, False, False]
        first = run.returned.field
        assert first.verticalScrollBar().value() == 0


async def test_the_colours_of_a_card_follow_the_look(qapp: QApplication) -> None:
    script = [*call("look", {"path": "a"}), approval("look", arguments={"path": "a"}), Wait]
    async with desk_with(script) as (desk, _):
        desk.presenter.send("Look.")
        await asked(desk)
        [run] = runs(desk)

        def drawn() -> set[str]:
            formats = run.given.field.document().findBlockByNumber(1).layout().formats()
            return {one.format.foreground().color().name() for one in formats}

        try:
            await until(lambda: theme.LIGHT.code_string in drawn(), "the colours of light")
            theme.apply(qapp, "dark")
            await until(lambda: theme.DARK.code_string in drawn(), "those of dark")
            assert theme.LIGHT.code_string not in drawn()
        finally:
            theme.apply(qapp, "light")
        desk.presenter.stop()
        await desk.ended()
