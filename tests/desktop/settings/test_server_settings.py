"""Settings of the selected server in the dialog: asked for, changed, refused, and what is said where there are none."""

import socket
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QLineEdit, QMessageBox

from studiolo.api.server import TokenRequest
from studiolo.client.client import Client
from studiolo.client.server import ServerApi
from studiolo.desktop.connections.connection import Lost
from studiolo.desktop.connections.servers import OWN
from studiolo.desktop.settings.editors import EntriesEditor, SecretEditor
from studiolo.desktop.settings.fields import in_words
from studiolo.errors import StoppedError
from tests.desktop.settings.settings_desk import SettingsDesk, operate, settings_desk, write
from tests.stands.plain_server import plain_server
from tests.stands.raw_http import raw_server, response
from tests.stands.serving import LOCAL_KEY, serving
from tests.stands.waiting import until


def notice(desk: SettingsDesk, section: str = "models") -> str:
    """What is said in place of the server's settings."""
    block = desk.dialog._page(section).blocks["server"]
    return block.notice.text.text() if block.notice.isVisible() else ""


async def test_whose_settings_they_are_is_told(qapp: QApplication) -> None:
    async with serving() as server, settings_desk() as desk:
        await desk.choose_server(server.address, LOCAL_KEY, "Office box")
        await desk.open_at_server("models")
        blocks = desk.dialog._page("models").blocks
        assert blocks["server"].told.text() == "Settings of the server Office box"
        desk.presenter.open_dialog("general")
        assert desk.dialog._page("general").blocks["desktop"].told.text() == "Settings of this desktop"


async def test_a_refusal_stands_below_the_switch_in_words_and_the_switch_goes_back(qapp: QApplication) -> None:
    async with serving() as server, settings_desk(server.address, LOCAL_KEY) as desk:
        await desk.open_at_server("server")
        row = desk.row("serve_on_network")
        operate(row.editor, True)
        await until(lambda: row.problem.isVisible())
        assert "“Require authentication”" in row.problem.text()
        assert "_" not in row.problem.text()
        assert not row.editor.widget.isChecked()  # type: ignore[attr-defined]
        operate(desk.row("require_authentication").editor, True)
        await desk.settled("require_authentication")
        operate(row.editor, True)
        await desk.settled("serve_on_network")
        assert not row.problem.isVisible()
        assert row.editor.widget.isChecked()  # type: ignore[attr-defined]


async def test_an_entry_that_can_not_be_is_refused_below_its_list(qapp: QApplication) -> None:
    async with serving() as server, settings_desk(server.address, LOCAL_KEY) as desk:
        await desk.open_at_server("models")
        row = desk.row("model_folders")
        operate(row.editor, ["not/absolute"])
        await until(lambda: row.problem.isVisible())
        assert "absolute path" in row.problem.text()
        assert isinstance(row.editor, EntriesEditor)
        assert row.editor.list.entries == []


async def test_a_folder_of_this_computer_is_chosen_and_removed(qapp: QApplication, tmp_path: Path) -> None:
    async with serving() as server, settings_desk(server.address, LOCAL_KEY) as desk:
        await desk.open_at_server("models")
        row = desk.row("model_folders")
        assert isinstance(row.editor, EntriesEditor)
        row.editor.list.browse.click()
        (dialog,) = await until(lambda: desk.window.findChildren(QFileDialog), "the dialog of folders")
        name = dialog.findChild(QLineEdit, "fileNameEdit")
        assert isinstance(name, QLineEdit)
        write(name, str(tmp_path))
        QTest.keyClick(name, Qt.Key.Key_Return)
        entries = row.editor.list
        await until(lambda: entries.entries == [str(tmp_path)])
        QTest.mouseClick(entries.removers[0], Qt.MouseButton.LeftButton)
        await until(lambda: entries.entries == [] and not row.differs)


async def test_what_another_program_changed_is_shown_after_a_change_and_when_it_is_opened(qapp: QApplication) -> None:
    async with (
        serving() as server,
        Client(server.address, LOCAL_KEY) as client,
        settings_desk(server.address, LOCAL_KEY) as desk,
    ):
        await desk.open_at_server("downloads")
        await ServerApi(client).change_settings({"download_jobs": 7})
        operate(desk.row("keep_awake").editor, False)
        await desk.settled("keep_awake")
        assert desk.row("download_jobs").editor.widget.value() == 7  # type: ignore[attr-defined]
        desk.dialog.close_panel()
        await ServerApi(client).change_settings({"download_jobs": 8})
        desk.presenter.open_dialog("downloads")
        await until(lambda: desk.row("download_jobs").editor.widget.value() == 8)  # type: ignore[attr-defined]


async def test_what_somebody_else_changed_is_shown_while_somebody_looks(qapp: QApplication) -> None:
    async with (
        serving() as server,
        Client(server.address, LOCAL_KEY) as client,
        settings_desk(server.address, LOCAL_KEY) as desk,
    ):
        source = desk.presenter.source
        source.refresh()
        assert not source.notice.text, "nobody looks"
        await desk.open_at_server("downloads")
        await ServerApi(client).change_settings({"download_jobs": 7})
        source.refresh()
        await until(lambda: desk.row("download_jobs").editor.widget.value() == 7)  # type: ignore[attr-defined]


async def test_quick_changes_all_arrive_and_the_last_one_counts(qapp: QApplication) -> None:
    async with (
        serving() as server,
        Client(server.address, LOCAL_KEY) as client,
        settings_desk(server.address, LOCAL_KEY) as desk,
    ):
        await desk.open_at_server("downloads")
        number = desk.row("download_jobs").editor.widget
        number.setFocus()
        for _ in range(6):
            QTest.keyClick(number, Qt.Key.Key_Up)
        assert number.value() == 8, "what is shown does not wait"  # type: ignore[attr-defined]
        await desk.settled("download_jobs")
        assert number.value() == 8  # type: ignore[attr-defined]
        assert (await ServerApi(client).settings()).download_jobs == 8


async def test_a_secret_is_set_and_removed_and_never_shown(qapp: QApplication) -> None:
    async with serving() as server, settings_desk(server.address, LOCAL_KEY) as desk:
        await desk.open_at_server("network")
        row = desk.row("hub_token")
        assert isinstance(row.editor, SecretEditor)
        assert not row.editor.remove.isVisible()
        operate(row.editor, "hf_secret")
        remove = row.editor.remove
        await until(remove.isVisible)
        assert row.editor.line.text() == ""
        assert row.editor.line.echoMode() is QLineEdit.EchoMode.Password
        assert row.editor.line.placeholderText().startswith("Saved")
        shown = [line.text() for line in desk.dialog.findChildren(QLineEdit)]
        shown += [label.text() for label in desk.dialog.findChildren(QLabel)]
        assert not any("hf_secret" in text or "***" in text for text in shown)
        remove.click()
        await until(lambda: not remove.isVisible())


async def test_the_models_page_is_looked_at_again_is_told(qapp: QApplication) -> None:
    async with serving() as server, settings_desk(server.address, LOCAL_KEY) as desk:
        told: list[object] = []
        desk.presenter.server_settings_changed.connect(told.append)
        await desk.open_at_server("network")
        operate(desk.row("hub_token").editor, "hf_x")
        await desk.settled("hub_token")
        assert told == [frozenset({"hub_token"})]


async def test_a_server_of_the_documented_api_alone_says_so(qapp: QApplication) -> None:
    async with plain_server() as address, settings_desk() as desk:
        await desk.choose_server(address, None, "LM Studio")
        desk.presenter.open_dialog("models")
        await until(lambda: notice(desk).startswith("LM Studio has no settings that can be changed from here."))
        assert desk.dialog.found == []
        desk.presenter.open_dialog("advanced")
        panel = desk.presenter._advanced
        assert panel
        assert not panel.reset_server.isEnabled()


async def test_a_token_without_the_permission_says_what_is_missing(qapp: QApplication) -> None:
    async with serving(require_authentication=True) as server, Client(server.address, LOCAL_KEY) as owner:
        made = await ServerApi(owner).create_token(TokenRequest(name="guest", permissions=["chat"]))
        async with settings_desk(server.address, made.token) as desk:
            desk.presenter.open_dialog("models")
            await until(lambda: "does not let you see its settings" in notice(desk))
            assert desk.dialog._page("models").blocks["server"].notice.retry.isVisible()


async def test_a_server_that_was_stopped_is_started_from_here(qapp: QApplication) -> None:
    async with settings_desk() as desk:
        own = desk.servers.connection(OWN)
        own._become(Lost(StoppedError("The server was stopped.", hint="It can be started again.")))
        desk.presenter.open_dialog("models")
        retry = desk.dialog._page("models").blocks["server"].notice.retry
        assert "was stopped" in notice(desk)
        assert retry.text() == "Start the server"
        retry.click()
        await until(lambda: not notice(desk), "its settings")
        assert desk.dialog._page("models").blocks["server"].told.text() == "Settings of the server on this computer"


async def test_a_server_that_goes_away_is_said_and_comes_back_by_itself(qapp: QApplication) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    async with settings_desk() as desk:
        async with serving(port=port) as server:
            await desk.choose_server(server.address, LOCAL_KEY)
            await desk.open_at_server("downloads")
        row = desk.row("keep_awake")
        operate(row.editor, False)
        await until(lambda: notice(desk, "downloads"))
        assert "download_jobs" not in [one.field.name for one in desk.dialog.found]
        async with serving(port=port):
            await until(lambda: not notice(desk, "downloads"), "its settings again")
            operate(desk.row("keep_awake").editor, False)
            await desk.settled("keep_awake")
            assert not desk.row("keep_awake").problem.text()


async def test_a_token_that_was_refused_is_not_sent_again_until_somebody_wants_it(qapp: QApplication) -> None:
    async with raw_server(response(b"{}", status=401)) as server, settings_desk() as desk:
        desk.servers.select(await desk.servers.add(server.address, "Other", "wrong"))
        await until(lambda: isinstance(desk.servers.selected.state, Lost))
        asked = len(server.requests)
        desk.presenter.open_dialog("models")
        retry = desk.dialog._page("models").blocks["server"].notice.retry
        await until(retry.isVisible)
        assert not desk.presenter.source._scope._named, "nothing waits to try again"
        assert len(server.requests) == asked
        retry.click()
        await until(lambda: len(server.requests) > asked)


async def test_another_server_shows_its_own_settings(qapp: QApplication) -> None:
    nobody = response(b"{}", status=404)
    async with serving() as server, raw_server(nobody) as other, settings_desk() as desk:
        await desk.choose_server(server.address, LOCAL_KEY, "One")
        await desk.open_at_server("downloads")
        assert desk.dialog.found
        await desk.choose_server(other.address, None, "Other")
        await until(lambda: "Other has no settings" in notice(desk, "downloads"))
        desk.servers.select(server.address)
        await until(lambda: not notice(desk, "downloads"))
        assert desk.dialog._page("downloads").blocks["server"].told.text() == "Settings of the server One"


async def test_what_an_older_server_does_not_know_is_not_shown(qapp: QApplication) -> None:
    async with serving() as server, settings_desk(server.address, LOCAL_KEY) as desk:
        await desk.open_at_server("downloads")
        values = desk.presenter.source.values
        assert values
        desk.dialog.show_values("server", values, frozenset(values) - {"keep_awake", "download_limit_to"})
        shown = {row.field.name for row in desk.dialog.found}
        assert "download_jobs" in shown
        assert not shown & {"keep_awake", "download_limit_from"}


async def test_resetting_a_server_keeps_secrets_and_is_undone(qapp: QApplication) -> None:
    proxy: dict[str, Any] = {"proxy_script": "https://proxy.example/proxy.pac", "proxy_password": "of-the-proxy"}
    async with (
        serving(
            hub_token="hf_kept",
            hub_endpoint="https://mirror.example.com",
            download_jobs=5,
            offline=True,
            **proxy,
        ) as server,
        Client(server.address, LOCAL_KEY) as client,
        settings_desk(server.address, LOCAL_KEY) as desk,
    ):
        before = await ServerApi(client).settings()
        await desk.open_at_server("advanced")
        panel = desk.presenter._advanced
        assert panel
        panel.reset_server.click()
        (box,) = await until(lambda: desk.window.findChildren(QMessageBox), "the question")
        next(button for button in box.buttons() if button.text() == "Reset").click()
        await until(desk.dialog.toast.isVisible)
        after = await ServerApi(client).settings()
        assert (after.download_jobs, after.hub_endpoint) == (2, "https://mirror.example.com")
        assert after.offline
        assert after.hub_token == before.hub_token != ""
        assert after.proxy_password == before.proxy_password != ""
        desk.dialog.toast.undo.click()
        await until(lambda: (desk.presenter.source.values or {}).get("download_jobs") == 5)
        assert await ServerApi(client).settings() == before


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Switch require_authentication on.", "Switch “Require authentication” on."),
        ("'port' can't be set to that.", "“Port” can't be set to that."),
        ("The port is taken by some_program.", "The port is taken by some_program."),
    ],
)
def test_keys_of_settings_are_told_by_their_titles(qapp: QApplication, text: str, words: str) -> None:
    assert in_words(text) == words


async def test_what_is_written_is_not_overwritten_by_what_comes(qapp: QApplication) -> None:
    async with serving() as server, settings_desk(server.address, LOCAL_KEY) as desk:
        await desk.open_at_server("network")
        line = desk.row("hub_endpoint").editor.widget
        assert isinstance(line, QLineEdit)
        write(line, "https://half")
        assert desk.presenter.source.values
        desk.dialog.show_values("server", {**desk.presenter.source.values, "hub_endpoint": "https://other.example.com"})
        assert line.text() == "https://half"
        QTest.keyClick(line, Qt.Key.Key_Escape)
        assert line.text() == "https://other.example.com", "Escape takes back what was written"
        assert desk.dialog.isVisible()
