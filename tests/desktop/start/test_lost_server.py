"""The start page while the server that it offers models for goes away and comes back."""

from pathlib import Path

from studiolo.desktop.connections.connection import Lost
from tests.desktop.start.desk import start_desk
from tests.stands.hub import StandHub
from tests.stands.own_catalog import offer_birds
from tests.stands.second_server import second_server
from tests.stands.starter import starter_model
from tests.stands.waiting import until

_FIRST_BYTES = 20_000_000


async def test_a_download_is_gone_on_with_once_its_server_is_back(stand: StandHub, tmp_path: Path) -> None:
    with second_server(tmp_path / "attic", stand.endpoint) as attic:
        offer_birds(stand, tmp_path, model=starter_model(), data=attic.home / "data")
        async with start_desk() as desk:
            await desk.select(attic.address, "Attic", attic.token)
            await desk.offered()
            stand.hold(after=_FIRST_BYTES)
            desk.press(desk.card.download)
            await until(lambda: desk.card.transfer.bar.value() > 0)
            attic.kill()
            desk.servers.selected.retry()
            await until(lambda: isinstance(desk.servers.selected.state, Lost))
            assert not desk.page.isVisible(), "why there is no server is said in its place"
            stand.release()
            attic.start()
            desk.servers.selected.retry()
            await until(lambda: desk.page.isVisible() and desk.card.chat.isVisible())
            assert desk.card.title.text() == "Owl"
