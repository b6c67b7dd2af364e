"""When the start page is shown, what it offers, and where its ways lead."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from studiolo.api.server import TokenRequest
from studiolo.client.client import Client
from studiolo.client.server import ServerApi
from studiolo.desktop.shell.navigation import DISCOVER
from studiolo.paths import app_paths
from tests.desktop.start.desk import start_desk
from tests.stands.hub import StandHub
from tests.stands.own_catalog import entry, offer_birds, write_catalog
from tests.stands.plain_server import plain_server
from tests.stands.serving import LOCAL_KEY, STARTER, serving
from tests.stands.tiny_model import write_tiny_llama
from tests.stands.waiting import stays, until

_FIRST_BYTES = 100_000


async def test_with_the_trial_model_alone_a_model_for_the_machine_is_offered(stand: StandHub, tmp_path: Path) -> None:
    offer_birds(stand, tmp_path)
    async with serving(hub_endpoint=stand.endpoint, disk_reserve_gb=0) as server, start_desk() as desk:
        await desk.select(server.address, "Attic")
        await desk.offered()
        card = desk.card
        assert desk.window.page.placeholder.isAncestorOf(desk.page)
        assert (card.title.text(), card.caption.text()) == ("Owl", "Best for Attic")
        assert card.room_badge.text == "Fits"
        assert card.fine_print.text() == "Q4_K_M · Apache 2.0"
        assert [name for name, badge in card.abilities.items() if badge.isVisible()] == ["tools"]
        assert card.memory.total.text().endswith("of memory")
        assert card.memory.disk.text().endswith("free on the disk")
        assert [(row.offer.title, row.role.text()) for row in card.rows] == [("Wren", "Smaller"), ("Heron", "Larger")]
        assert desk.page.lead.text() == "Models run on Attic. What you write is sent there and nowhere else."
        assert QApplication.focusWidget() is desk.window.page.composer.field


async def test_with_a_model_of_ones_own_the_chat_greets(stand: StandHub, tmp_path: Path) -> None:
    offer_birds(stand, tmp_path)
    write_tiny_llama(app_paths().models / "acme/tiny/tiny.gguf")
    async with serving(hub_endpoint=stand.endpoint) as server, start_desk() as desk:
        await desk.select(server.address)
        await desk.listed()
        assert desk.chat.model
        assert desk.chat.model.key == "acme/tiny", "whoever has another model does not want the trial one"
        await stays(lambda: not desk.start.shown)
        assert desk.start.page is None, "nothing is made for nobody"
        assert not desk.window.page.trial_note.isVisible()


async def test_who_skips_it_does_not_see_it_again_until_the_settings_want_it(stand: StandHub, tmp_path: Path) -> None:
    offer_birds(stand, tmp_path)
    async with serving(hub_endpoint=stand.endpoint) as server:
        async with start_desk() as desk:
            await desk.select(server.address)
            await desk.offered()
            desk.press(desk.page.skip)
            assert not desk.page.isVisible()
            assert desk.window.page.placeholder.greeting.isVisible()
            assert QApplication.focusWidget() is desk.window.page.composer.field
        async with start_desk() as desk:
            await desk.select(server.address)
            await desk.listed()
            await stays(lambda: not desk.start.shown)
            desk.settings.change(show_start_page=True)
            await desk.offered()


async def test_a_download_is_paused_cancelled_and_asked_for_again(stand: StandHub, tmp_path: Path) -> None:
    offer_birds(stand, tmp_path)
    async with serving(hub_endpoint=stand.endpoint, disk_reserve_gb=0) as server, start_desk() as desk:
        await desk.select(server.address)
        await desk.offered()
        stand.hold(after=_FIRST_BYTES)
        desk.press(desk.card.download)
        transfer = desk.card.transfer
        await until(lambda: transfer.cancel.isVisible())
        assert not [row for row in desk.card.rows if row.isVisible()]
        desk.press(transfer.pause)
        await until(lambda: transfer.state.text().startswith("Paused"))
        assert transfer.pause.text() == "Resume"
        desk.press(transfer.cancel)
        await until(lambda: desk.card.download.isVisible())
        assert [row.isVisible() for row in desk.card.rows] == [True, True]
        stand.release()
        desk.press(desk.card.download)
        await until(lambda: desk.card.chat.isVisible())
        assert desk.start.shown, "what came is told of where it was asked for"
        desk.press(desk.card.chat)
        await until(lambda: desk.chat.model and desk.chat.model.key == "birds/owl")
        await until(lambda: desk.chat.model and desk.chat.model.loaded, "loaded before anything is asked")
        assert not desk.start.shown
        assert not desk.settings.current.show_start_page


async def test_another_than_the_best_one_can_be_had(stand: StandHub, tmp_path: Path) -> None:
    offer_birds(stand, tmp_path)
    async with serving(hub_endpoint=stand.endpoint, disk_reserve_gb=0) as server, start_desk() as desk:
        await desk.select(server.address)
        await desk.offered()
        desk.press(desk.card.rows[0].download)
        assert (desk.card.title.text(), desk.card.caption.text()) == ("Wren", "Your choice")
        await until(lambda: desk.card.chat.isVisible())
        assert [file.name for file in app_paths().models.rglob("*.gguf")] == ["Wren-Q4_K_M.gguf"]


async def test_what_fails_says_why_and_is_tried_again(stand: StandHub, tmp_path: Path) -> None:
    offer_birds(stand, tmp_path)
    async with serving(hub_endpoint=stand.endpoint, disk_reserve_gb=0) as server, start_desk() as desk:
        await desk.select(server.address)
        await desk.offered()
        owl = stand.repos.pop("birds/Owl-GGUF")
        desk.press(desk.card.download)
        await until(lambda: desk.card.retry.isVisible())
        assert "birds/Owl-GGUF" in desk.card.obstacle.text()
        assert desk.card.rows[0].isVisible(), "another one may do"
        stand.repos["birds/Owl-GGUF"] = owl
        desk.press(desk.card.retry)
        await until(lambda: desk.card.chat.isVisible())


async def test_without_the_hub_the_catalog_has_an_offer_and_the_download_says_why_not(
    stand: StandHub, tmp_path: Path
) -> None:
    offer_birds(stand, tmp_path)
    async with serving(hub_endpoint="http://127.0.0.1:9", disk_reserve_gb=0) as server, start_desk() as desk:
        await desk.select(server.address)
        await until(lambda: desk.start.shown and desk.card.download.isVisible())
        assert desk.card.fine_print.text() == "Apache 2.0"
        desk.press(desk.card.download)
        await until(lambda: desk.card.retry.isVisible())
        assert "can't be reached" in desk.card.obstacle.text()


async def test_a_download_that_went_on_is_in_the_card_at_the_next_start(stand: StandHub, tmp_path: Path) -> None:
    offer_birds(stand, tmp_path)
    async with serving(hub_endpoint=stand.endpoint, disk_reserve_gb=0) as server:
        stand.hold(after=_FIRST_BYTES)
        async with start_desk() as desk:
            await desk.select(server.address)
            await desk.offered()
            desk.press(desk.card.rows[1].download)
            await until(lambda: desk.card.transfer.cancel.isVisible())
        async with start_desk() as desk:
            await desk.select(server.address)
            await until(lambda: desk.start.shown and desk.card.transfer.cancel.isVisible())
            assert desk.card.title.text() == "Heron"
            stand.release()
            await until(lambda: desk.card.chat.isVisible())


async def test_where_nothing_has_room_it_says_so_and_offers_nothing_that_can_not_be(stand: StandHub) -> None:
    write_catalog(entry("Owl"), entry("Emu", size=10**15, recommended=None))
    async with serving(hub_endpoint=stand.endpoint, disk_reserve_gb=100_000) as server, start_desk() as desk:
        await desk.select(server.address)
        await until(lambda: desk.start.shown and desk.card.isVisible())
        assert desk.card.caption.text() == "The smallest there is"
        assert desk.card.room_badge.text == "No room on the disk"
        assert not desk.card.download.isEnabled()
        assert "disk reserve" in desk.card.obstacle.text()
        assert desk.page.server.isVisible(), "another machine may have room"


async def test_models_of_other_programs_are_offered(stand: StandHub, tmp_path: Path, application_home: Path) -> None:
    offer_birds(stand, tmp_path)
    for name in ("crow", "kite"):
        write_tiny_llama(application_home / f".lmstudio/models/acme/{name}-GGUF/{name}-Q4_0.gguf")
    async with serving(hub_endpoint=stand.endpoint) as server, start_desk() as desk:
        await desk.select(server.address, "Attic")
        await desk.offered()
        assert desk.page.found.label.text() == "2 model(s) from LM Studio are already on Attic."
        assert desk.page.found.use.text() == "Use them"
        desk.press(desk.page.found.use)
        await until(lambda: desk.chat.model and desk.chat.model.key in ("acme/crow", "acme/kite"))
        assert not desk.start.shown


async def test_a_server_without_our_extensions_is_offered_what_any_machine_takes(
    stand: StandHub, tmp_path: Path
) -> None:
    offer_birds(stand, tmp_path)
    write_catalog(entry("Owl", recommended=8), entry("Emu", size=10**12, recommended=None))
    async with plain_server(hub_endpoint=stand.endpoint) as address, start_desk() as desk:
        await desk.select(address, "Studio")
        await desk.listed()
        # It does not tell whose its models are.
        assert not desk.start.shown
        desk.start.take_models([])
        await until(lambda: desk.start.shown and desk.card.isVisible())
        assert (desk.card.title.text(), desk.card.caption.text()) == ("Owl", "A good first model")
        assert not desk.card.memory.isVisible(), "nothing is known of its memory"
        assert not desk.card.room_badge.isVisible()
        stand.hold(after=_FIRST_BYTES)
        desk.press(desk.card.download)
        await until(lambda: " of " in desk.card.transfer.state.text())
        assert not desk.card.transfer.pause.isVisible(), "it takes no orders"
        stand.release()
        await until(lambda: desk.card.chat.isVisible())
        desk.press(desk.card.chat)
        await until(lambda: desk.chat.model and desk.chat.model.key == "birds/owl")


async def test_a_token_that_may_not_download_is_told_of_and_the_rest_stays(stand: StandHub, tmp_path: Path) -> None:
    offer_birds(stand, tmp_path)
    async with serving(hub_endpoint=stand.endpoint, require_authentication=True) as server:
        async with Client(server.address, LOCAL_KEY) as owner:
            made = await ServerApi(owner).create_token(TokenRequest(name="guest", permissions=["chat", "models"]))
        async with start_desk() as desk:
            await desk.select(server.address, "Attic", made.token)
            await until(lambda: desk.start.shown and desk.page.problem.isVisible())
            assert "Your token for Attic does not allow downloads." in desk.page.problem.text()
            assert desk.page.server.isVisible()
            assert not desk.card.isVisible()


async def test_the_ways_beside_it_lead_there(stand: StandHub, tmp_path: Path) -> None:
    offer_birds(stand, tmp_path)
    async with serving(hub_endpoint=stand.endpoint) as server, start_desk() as desk:
        await desk.select(server.address)
        await desk.offered()
        assert not desk.page.file.isVisible(), "a file of this computer is not on that one"
        desk.press(desk.card.browse)
        assert desk.window.shown_page == DISCOVER
        desk.window.show_page("chat")
        desk.press(desk.page.server)
        dialog = await until(QApplication.activeModalWidget)
        assert dialog.windowTitle() == "Add a server"
        QTest.keyClick(dialog, Qt.Key.Key_Escape)
        await until(lambda: QApplication.activeModalWidget() is None)


async def test_tab_leads_through_the_page_and_on(stand: StandHub, tmp_path: Path) -> None:
    offer_birds(stand, tmp_path)
    async with serving(hub_endpoint=stand.endpoint) as server, start_desk() as desk:
        await desk.select(server.address)
        await desk.offered()
        desk.card.download.setFocus()
        visited: list[QWidget] = []
        while len(visited) < 6 and (focus := QApplication.focusWidget()):
            visited.append(focus)
            QTest.keyClick(focus, Qt.Key.Key_Tab)
        rows = [row.download for row in desk.card.rows]
        assert visited == [desk.card.download, *rows, desk.card.browse, desk.page.server, desk.page.skip]
        assert desk.card.rows[0].download.accessibleName().startswith("Download Wren, ")


async def test_the_trial_model_says_what_it_is_wherever_it_is_named(stand: StandHub, tmp_path: Path) -> None:
    offer_birds(stand, tmp_path)
    async with serving(hub_endpoint=stand.endpoint) as server, start_desk() as desk:
        await desk.select(server.address, "Attic")
        await desk.offered()
        page = desk.window.page
        assert page.picker.accessibleName() == "Model: SmolLM2 135M Instruct · Trial model · Attic"
        assert "Trial model" in page.popup.rows[STARTER].accessibleName()
        assert page.composer.field.placeholderText() == "Try it with SmolLM2 135M Instruct…"
        assert "too small for real questions" in page.trial_note.label.text()
        assert page.trial_note.isVisible()
