"""The check of a server in the window: asks before it loads, can be stopped, and copied without secrets."""

from PySide6.QtWidgets import QApplication, QMessageBox

from studiolo.client.checking import CheckOutcome, ServerCheck
from studiolo.client.client import Client
from studiolo.client.models import ModelsApi
from studiolo.desktop.connections.states import Ready
from studiolo.desktop.known_servers.check_dialog import CheckDialog
from studiolo.desktop.known_servers.check_words import CHECK_TEXTS
from studiolo.paths import app_paths
from tests.desktop.known_servers.test_servers_dialog import Managing, managing, ring
from tests.stands.serving import serving
from tests.stands.tiny_model import write_tiny_llama
from tests.stands.waiting import until

__all__ = ["managing", "ring"]


async def begun(managing: Managing, address: str, answer: str) -> CheckDialog:
    """Begin a check, and say whether a model may be loaded."""
    await managing.servers.add(address, "Office box", "not shown to anybody")
    await until(lambda: isinstance(managing.servers.connection(address).state, Ready))
    managing.presenter.check_server(address)
    dialog = await until(lambda: managing.presenter.check.dialog)
    box = await until(lambda: next(iter(dialog.findChildren(QMessageBox)), None))
    assert "Load acme/tiny on Office box" in box.text()
    next(one for one in box.buttons() if one.text() == answer).click()
    return dialog


async def test_a_server_is_checked_row_by_row_and_the_result_copied(managing: Managing) -> None:
    write_tiny_llama(app_paths().models / "acme/Tiny-GGUF/Tiny-Q4_K_M.gguf", brief=True)
    async with serving() as server:
        dialog = await begun(managing, server.address, "Load it")
        await until(lambda: dialog.run.text() == "Check again")
        assert len(dialog.rows) == dialog.table.topLevelItemCount() == 22
        assert {row.outcome for row in dialog.rows} == {CheckOutcome.HOLDS, CheckOutcome.SKIPPED}
        assert "21" in dialog.summary.text()
        item = dialog.table.topLevelItem(0)
        assert item
        assert (item.text(0), item.text(2)) == ("Greets as LM Studio does", "OK")
        dialog.copy.click()
        text = QApplication.clipboard().text()
        assert text.startswith(f"Check of Office box {server.address}")
        assert "not shown to anybody" not in text
        dialog.accept()
        await until(lambda: managing.presenter.check.dialog is None)


async def test_without_leave_no_model_is_loaded(managing: Managing) -> None:
    write_tiny_llama(app_paths().models / "acme/Tiny-GGUF/Tiny-Q4_K_M.gguf", brief=True)
    async with serving() as server:
        dialog = await begun(managing, server.address, "Check without a model")
        await until(lambda: dialog.run.text() == "Check again")
        skipped = [row for row in dialog.rows if row.outcome is CheckOutcome.SKIPPED]
        assert {"load", "chat"} <= {row.step for row in skipped}
        async with Client(server.address) as client:
            assert not any(one.loaded_instances for one in await ModelsApi(client).list_models())
        dialog.accept()


async def test_a_server_that_is_gone_is_said_and_can_be_checked_again(managing: Managing) -> None:
    address = await managing.servers.add("http://127.0.0.1:9", "Attic", None)
    managing.presenter.check_server(address)
    dialog = await until(lambda: managing.presenter.check.dialog)
    await until(lambda: "no server to talk to" in dialog.summary.text())
    assert dialog.run.text() == "Check again"
    assert not dialog.copy.isEnabled()
    dialog.accept()


async def test_each_title_can_be_translated() -> None:
    async def never(_: object) -> bool:
        return False

    listed = {str(text[1] if isinstance(text, tuple) else text) for text in CHECK_TEXTS["ServerCheck"]}
    async with Client("http://127.0.0.1:9") as client:
        assert {title for _, title, *_ in ServerCheck(client, may_load=never).steps} <= listed
