"""What is on the disk, and what is done with it, through the client of a real server."""

import asyncio
import hashlib
import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from studiolo.api.models import LoadRequest, WorkEvent
from studiolo.client.client import Client
from studiolo.client.downloads import DownloadsApi
from studiolo.client.models import ModelsApi
from studiolo.errors import NotFoundError, RequestError
from studiolo.paths import app_paths
from studiolo.server.library import moving
from tests.stands.hub import StandHub
from tests.stands.projector import write_projector
from tests.stands.serving import RunningServer, serving
from tests.stands.tiny_model import write_tiny_llama
from tests.stands.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

REPO = "acme/Tiny-GGUF"
KEY = "acme/tiny"
FILE = "Tiny-Q4_K_M.gguf"


@pytest.fixture
def model() -> Path:
    return write_tiny_llama(app_paths().models / REPO / FILE, brief=True)


@pytest.fixture
def other(tmp_path: Path) -> Path:
    folder = tmp_path / "other"
    folder.mkdir()
    return folder


async def events_of(generator: AsyncGenerator[WorkEvent, None]) -> list[WorkEvent]:
    async with aclosing(generator) as events:
        return [event async for event in _until_the_end(events)]


async def _until_the_end(events: AsyncIterator[WorkEvent]) -> AsyncIterator[WorkEvent]:
    async for event in events:
        yield event
        if event.type in ("work.result", "error"):
            return


def message_of(event: WorkEvent) -> str:
    assert event.error
    return event.error.message


async def test_the_inventory_tells_what_is_there_and_what_is_used(model: Path, other: Path) -> None:
    second = write_tiny_llama(model.with_name("Tiny-Q8_0.gguf"))
    async with serving(model_folders=[str(other)]) as server, Client(server.address) as client:
        models = ModelsApi(client)
        before = await models.inventory()
        found = {one.key: one for one in before.models}
        assert {str(model), str(second)} <= {one.path for one in before.models}, "each quantization by itself"
        assert found[KEY].path in (str(model), str(second))
        assert found[KEY].folder == str(app_paths().models)
        assert found[KEY].size_bytes == model.stat().st_size
        assert found[KEY].last_used is None
        assert not found[KEY].loaded
        own, another = before.folders
        assert (own.path, own.usual) == (str(app_paths().models), True)
        assert own.models_bytes == model.stat().st_size + second.stat().st_size
        assert 0 < own.free_bytes < own.total_bytes
        assert (another.path, another.models_bytes, another.missing) == (str(other), 0, False)

        await ModelsApi(client).load(LoadRequest(model=KEY, context_length=256))
        after = {one.key: one for one in (await models.inventory()).models}
        assert after[KEY].loaded == [KEY]
        assert after[KEY].last_used
        [instance] = next(entry for entry in await ModelsApi(client).list_models() if entry.key == KEY).loaded_instances
        assert instance.memory_bytes
        assert instance.memory_bytes > 2**20
        assert (instance.slots, instance.slots_in_use, instance.waiting) == (4, 0, 0)
    async with serving() as server, Client(server.address) as client:
        found = {one.key: one for one in (await ModelsApi(client).inventory()).models}
        assert found[KEY].last_used == after[KEY].last_used, "it is remembered"


async def test_details_come_from_the_header(model: Path, client: Client, own_server: RunningServer) -> None:
    details = await ModelsApi(client).details(KEY)
    assert details.metadata["general.architecture"] == "llama"
    assert details.metadata["tokenizer.ggml.tokens"].startswith("[")
    assert details.tensor_count > 5
    assert sum(details.tensors.values()) < model.stat().st_size
    assert [(file.path, file.sha256) for file in details.files] == [(str(model), None)]
    with pytest.raises(NotFoundError):
        await ModelsApi(client).details("no/such")


async def test_verifying_asks_the_hub_for_what_was_not_downloaded_here(model: Path, stand: StandHub) -> None:
    stand.add(REPO, {FILE: model.read_bytes()})
    async with serving(hub_endpoint=stand.endpoint) as server, Client(server.address) as client:
        models = ModelsApi(client)
        assert (await events_of(models.verify(KEY)))[-1].verdict == "matches"
        details = await models.details(KEY)
        assert details.files[0].sha256 == hashlib.sha256(model.read_bytes()).hexdigest()
        content = bytearray(model.read_bytes())
        content[-100] ^= 1
        model.write_bytes(content)
        last = (await events_of(models.verify(KEY)))[-1]
        assert (last.verdict, last.files) == ("differs", [FILE])


async def test_what_came_from_elsewhere_may_be_another_revision(model: Path, stand: StandHub) -> None:
    today = model.read_bytes() + b"newer"
    stand.add(REPO, {FILE: today, "Tiny-Q8_0.gguf": b"x"})
    async with serving(hub_endpoint=stand.endpoint) as server, Client(server.address) as client:
        models = ModelsApi(client)
        last = (await events_of(models.verify(KEY)))[-1]
        assert (last.verdict, last.files) == ("other_revision", [FILE])
        model.write_bytes(today)
        assert (await events_of(models.verify(KEY)))[-1].verdict == "matches"
        model.write_bytes(today[:-1] + b"?")
        last = (await events_of(models.verify(KEY)))[-1]
        assert (last.verdict, last.files) == ("differs", [FILE]), "it is known what it was"


async def is_completed(downloads: DownloadsApi, job_id: str) -> bool:
    return (await downloads.status(job_id)).state == "completed"


async def test_what_was_downloaded_here_is_held_to_what_it_was(model: Path, stand: StandHub) -> None:
    content = model.read_bytes()
    model.unlink()
    stand.add(REPO, {FILE: content})
    async with serving(hub_endpoint=stand.endpoint, disk_reserve_gb=0) as server, Client(server.address) as client:
        downloads = DownloadsApi(client)
        models = ModelsApi(client)
        job = await downloads.start(REPO)
        assert job.job_id
        await until(partial(is_completed, downloads, job.job_id))
        stand.add(REPO, {FILE: content + b"newer"})
        assert (await events_of(models.verify(KEY)))[-1].verdict == "matches"
        model.write_bytes(content[:-1] + b"?")
        last = (await events_of(models.verify(KEY)))[-1]
        assert (last.verdict, last.files) == ("differs", [FILE])


async def test_the_hub_does_not_hear_of_places_that_are_not_its(model: Path, stand: StandHub) -> None:
    own = app_paths().models
    places = [own / "Secret.gguf", own / "Mine" / "Secret.gguf", own / "local" / "Secret" / "Secret.gguf"]
    for place in places:
        write_tiny_llama(place)
    async with serving(hub_endpoint=stand.endpoint) as server, Client(server.address) as client:
        models = ModelsApi(client)
        keys = {one.path: one.key for one in (await models.inventory()).models}
        for place in places:
            assert (await events_of(models.verify(keys[str(place)])))[-1].verdict == "unknown"
        assert stand.asked == []
        await events_of(models.verify(KEY))
        assert [asked.path for asked in stand.asked] == [f"/api/models/{REPO}/revision/main?blobs=true"]


async def test_verifying_what_nobody_knows_says_so(model: Path, stand: StandHub) -> None:
    async with serving(hub_endpoint=stand.endpoint) as server, Client(server.address) as client:
        last = (await events_of(ModelsApi(client).verify(KEY)))[-1]
        assert (last.verdict, last.files) == ("unknown", [FILE])


@pytest.mark.parametrize("same_disk", [True, False])
async def test_a_model_moves_to_another_folder(
    model: Path, other: Path, monkeypatch: pytest.MonkeyPatch, same_disk: bool
) -> None:
    monkeypatch.setattr(moving, "same_disk", lambda *_: same_disk)
    content = model.read_bytes()
    async with serving(model_folders=[str(other)]) as server, Client(server.address) as client:
        models = ModelsApi(client)
        await ModelsApi(client).load(LoadRequest(model=KEY, context_length=256))
        with pytest.raises(RequestError, match="is loaded"):
            await events_of(models.move(KEY, str(other)))
        await ModelsApi(client).unload(KEY)
        with pytest.raises(RequestError, match="none of the folders"):
            await events_of(models.move(KEY, "/etc"))
        assert (await events_of(models.move(KEY, str(other))))[-1].type == "work.result"
        [found] = [one for one in (await models.inventory()).models if one.key == KEY]
        assert found.folder == str(other)
        assert found.last_used
        assert (other / REPO / FILE).read_bytes() == content
        assert not model.parent.parent.exists()
        with pytest.raises(RequestError, match="already"):
            await events_of(models.move(KEY, str(other)))


async def test_a_model_that_is_loaded_while_it_is_copied_stays(
    model: Path, other: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moving, "same_disk", lambda *_: False)
    loop, copy = asyncio.get_running_loop(), moving._copy
    async with serving(model_folders=[str(other)]) as server, Client(server.address) as client:

        def copy_and_load(source: Path, target: Path, came: Callable[[int], None]) -> str:
            load = ModelsApi(client).load(LoadRequest(model=KEY, context_length=256))
            asyncio.run_coroutine_threadsafe(load, loop).result(30)
            return copy(source, target, came)

        monkeypatch.setattr(moving, "_copy", copy_and_load)
        last = (await events_of(ModelsApi(client).move(KEY, str(other))))[-1]
        assert (last.type, last.error and last.error.code) == ("error", "model_loaded")
        assert model.exists()
        assert list(other.iterdir()) == []


async def test_a_model_that_is_being_loaded_is_neither_moved_nor_removed(model: Path, other: Path) -> None:
    async with serving(model_folders=[str(other)]) as server, Client(server.address) as client:
        loading = ModelsApi(client).stream_load(LoadRequest(model=KEY, context_length=256))
        await anext(loading)
        for attempt in (events_of(ModelsApi(client).move(KEY, str(other))), ModelsApi(client).remove(KEY)):
            with pytest.raises(RequestError, match="is loaded"):
                await attempt
        assert model.exists()
        await loading.aclose()


async def test_a_quantization_that_is_coming_keeps_its_projector(model: Path, stand: StandHub) -> None:
    """Its file is not even begun: the job waits."""
    eyes = write_projector(model.with_name("mmproj-Tiny.gguf"), model_width=64)
    stand.add(REPO, {"Tiny-Q8_0.gguf": model.read_bytes(), eyes.name: eyes.read_bytes()})
    settings: dict[str, Any] = {"hub_endpoint": stand.endpoint, "disk_reserve_gb": 0, "download_jobs": 1}
    stand.wrong.statuses = [503] * 1000
    async with serving(**settings) as server, Client(server.address) as client:
        downloads = DownloadsApi(client)
        models = ModelsApi(client)
        job = await downloads.start(REPO, None)
        assert job.job_id
        await downloads.pause(job.job_id)
        for part in model.parent.glob("*.part*"):
            part.unlink(missing_ok=True)
        await models.remove(KEY)
        assert not model.exists()
        assert eyes.exists()


async def test_a_disk_that_writes_something_else_loses_nothing(
    model: Path, other: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moving, "same_disk", lambda *_: False)
    monkeypatch.setattr(moving, "sha256_of", lambda *_: "another")
    async with serving(model_folders=[str(other)]) as server, Client(server.address) as client:
        last = (await events_of(ModelsApi(client).move(KEY, str(other))))[-1]
    assert last.type == "error"
    assert "not written as it was read" in message_of(last)
    assert model.exists()
    assert list(other.iterdir()) == []


async def test_the_trash_has_what_was_removed(model: Path, client: Client, own_server: RunningServer) -> None:
    content = model.read_bytes()
    await ModelsApi(client).remove(KEY, trash=True)
    assert not model.exists()
    places = [Path.home(), Path(os.environ["HOME"]), *Path(app_paths().models).parents]
    import send2trash.plat_other as trash

    found = [*Path(os.fsdecode(trash.HOMETRASH_B)).rglob(FILE)] + [
        file for place in places for file in place.glob(f".Trash*/files/{FILE}")
    ]
    assert content in [file.read_bytes() for file in found]
