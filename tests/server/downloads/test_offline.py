"""Downloads while nothing may leave: they pause, say why, and go on by themselves."""

from collections.abc import Iterator

import pytest

from studiolo.client.server import ServerApi
from studiolo.errors import OfflineError
from tests.server.downloads.conftest import FILE, MIB, REPO, MakeDesk, id_of, noise
from tests.stands.hub import StandHub
from tests.stands.proxy import StandProxy, stand_proxy

HUB = "http://hub.example"


@pytest.fixture
def proxy(stand: StandHub) -> Iterator[StandProxy]:
    port = int(stand.endpoint.rpartition(":")[2])
    with stand_proxy(names={"hub.example": ("127.0.0.1", port)}) as proxy:
        yield proxy


async def test_a_download_pauses_with_its_reason_and_goes_on(
    desk: MakeDesk, stand: StandHub, proxy: StandProxy
) -> None:
    content = noise(3 * MIB)
    stand.add(REPO, {FILE: content})
    stand.hold(after=MIB)
    async with desk(hub_endpoint=HUB, proxy_mode="manual", proxy_address=proxy.address) as one:
        settings = ServerApi(one.client)
        job = id_of(await one.downloads.start(REPO))
        await one.received(job, MIB)
        await settings.change_settings({"offline": True})
        paused = await one.state(job, "offline")
        assert (paused.status, paused.message) == ("paused", "The server is offline by choice.")
        assert "Work offline" in paused.hint
        stand.release()
        asked = len(proxy.asked)
        assert (await one.downloads.resume(job)).state == "queued"
        await one.state(job, "offline")
        assert len(proxy.asked) == asked
        await settings.change_settings({"offline": False})
        assert (await one.state(job, "completed")).downloaded_bytes == len(content)


async def test_a_new_download_and_a_search_are_refused_with_the_code(
    desk: MakeDesk, stand: StandHub, proxy: StandProxy
) -> None:
    async with desk(hub_endpoint=HUB, proxy_mode="manual", proxy_address=proxy.address, offline=True) as one:
        with pytest.raises(OfflineError) as refused:
            await one.downloads.start(REPO)
        assert refused.value.code == "offline"
        with pytest.raises(OfflineError):
            await one.hub.details(REPO)
        with pytest.raises(OfflineError):
            await one.hub.search("no such model anywhere")
        # What is known here is still shown, with the reason why there is no more.
        found = await one.hub.search("qwen")
        assert found.models
        assert "offline by choice" in (found.problem or "")
    assert proxy.connections == 0


async def test_a_restart_stays_offline_and_keeps_the_job(desk: MakeDesk, stand: StandHub, proxy: StandProxy) -> None:
    stand.add(REPO, {FILE: noise(2 * MIB)})
    stand.hold(after=MIB)
    async with desk(hub_endpoint=HUB, proxy_mode="manual", proxy_address=proxy.address) as one:
        job = id_of(await one.downloads.start(REPO))
        await one.received(job, MIB)
        await ServerApi(one.client).change_settings({"offline": True})
        await one.state(job, "offline")
    stand.release()
    asked = len(proxy.asked)
    async with desk(hub_endpoint=HUB) as one:
        await one.state(job, "offline")
        assert len(proxy.asked) == asked
        await ServerApi(one.client).change_settings({"offline": False})
        await one.state(job, "completed")
