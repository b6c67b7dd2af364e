"""That the bundled runtime stands in for a chosen one is said above every page, until it is no longer so."""

from PySide6.QtWidgets import QApplication

from studiolo.desktop.runtimes.fallback import FallbackNotice
from studiolo.desktop.runtimes.view import RuntimesView
from studiolo.desktop.shell.navigation import CHAT, MODELS
from studiolo.paths import app_paths
from tests.stands.runtimes_server import VULKAN, runtimes_server
from tests.stands.tiny_model import write_tiny_llama
from tests.stands.waiting import until
from tests.stands.whole_window import whole_window


async def test_it_is_told_after_a_load_and_leads_to_the_runtimes(qapp: QApplication) -> None:
    write_tiny_llama(app_paths().models / "tiny/tiny/tiny.gguf")
    async with runtimes_server() as stand, whole_window(stand.address) as desk:
        window = desk.window
        notice = window.findChild(FallbackNotice)
        assert notice is not None
        assert not notice.isVisible()
        stand.fallback = "Vulkan b11429 was ended by an illegal instruction."
        window.page.load_requested.emit("tiny/tiny")
        await until(notice.isVisible, "it is told once a model was loaded")
        assert "illegal instruction" in notice.notice.label.text()
        assert "bundled runtime" in notice.notice.hint.text()
        window.show_page(MODELS)
        assert notice.isVisible()
        notice.notice.action.click()
        view = await until(lambda: next(iter(window.findChildren(RuntimesView)), None))
        await until(lambda: VULKAN in view.rows and view.fallback.isVisible())
        assert not notice.isVisible(), "the view says it by itself"
        view.fallback.action.click()
        await until(lambda: not view.fallback.isVisible())
        window.show_page(CHAT)
        await until(lambda: not notice.notice.label.text())
        assert not notice.isVisible()
        assert desk.reported == []


async def test_it_is_not_said_of_another_server(qapp: QApplication) -> None:
    async with (
        runtimes_server() as stand,
        runtimes_server(behind_of=stand) as other,
        whole_window(stand.address) as desk,
    ):
        notice = desk.window.findChild(FallbackNotice)
        assert notice is not None
        stand.fallback = "Vulkan b11429 was ended by an illegal instruction."
        notice.look()
        await until(notice.isVisible)
        other.refusals["list"] = {"type": "invalid_request", "message": "That takes the permission admin."}
        desk.servers.select(await desk.servers.add(other.address, "", None))
        await until(lambda: not notice.isVisible())
