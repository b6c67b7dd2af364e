"""What can be downloaded, for somebody who chooses."""

import json
import os
from pathlib import Path

import pytest

from studiolo.client.server import ServerApi
from studiolo.errors import AppError, RequestError
from studiolo.paths import app_paths
from tests.server.downloads.conftest import FILE, MIB, REPO, MakeDesk, id_of, models_folder, noise
from tests.stands.hub import StandHub
from tests.stands.plain_http import http_client
from tests.stands.tiny_model import write_tiny_llama
from tests.stands.waiting import until


async def test_the_catalog_comes_first_and_pages_go_on(desk: MakeDesk, stand: StandHub) -> None:
    for number in range(5):
        stand.add(f"acme/qwen3-8b-{number}-GGUF", {"x-Q4_0.gguf": b"x"})
    async with desk() as one:
        first = await one.hub.search("qwen3-8b", limit=3)
        assert (first.models[0].name, first.models[0].source) == ("qwen/qwen3-8b", "catalog")
        assert first.models[0].sentence
        hub = [model.name for model in first.models if model.source == "huggingface"]
        assert hub == [f"acme/qwen3-8b-{number}-GGUF" for number in range(3)]
        second = await one.hub.search("qwen3-8b", limit=3, page=first.next_page)
        assert [model.name for model in second.models] == [f"acme/qwen3-8b-{number}-GGUF" for number in (3, 4)]
        assert second.next_page is None
        with pytest.raises(RequestError, match="no page of this hub"):
            await one.hub.search("x", page="http://127.0.0.1:9/steal")


async def test_without_words_the_picks_for_this_machine_come_first(desk: MakeDesk, stand: StandHub) -> None:
    async with desk() as one:
        models = (await one.hub.search("")).models
        assert len(models) >= 60
        picks = [model.recommended for model in models]
        assert picks[0]
        assert picks == sorted(picks, reverse=True)
        assert not [asked for asked in stand.asked if asked.path.startswith("/api/models?")], "the hub is not asked"


async def test_the_picks_for_this_machine_come_without_the_hub(desk: MakeDesk) -> None:
    async with desk(hub_endpoint="http://127.0.0.1:9", disk_reserve_gb=0) as one:
        told = await one.hub.picks()
        best = told.picks[0]
        assert (best.role, best.fits_disk) == ("best", True)
        assert 0 < told.memory_free_bytes <= told.memory_total_bytes
        assert told.disk_free_bytes > 0
        assert told.catalog_models >= 60
    async with desk(hub_endpoint="http://127.0.0.1:9", disk_reserve_gb=100_000) as one:
        [smallest] = (await one.hub.picks()).picks
        assert not smallest.fits_disk


async def test_a_hub_that_is_away_leaves_the_catalog(desk: MakeDesk) -> None:
    async with desk(hub_endpoint="http://127.0.0.1:9") as one:
        found = await one.hub.search("gemma")
        assert found.models
        assert found.problem
        assert "can't be reached" in found.problem
        with pytest.raises(AppError, match="can't be reached"):
            await one.hub.search("no such words in the catalog")


async def test_a_repository_and_what_of_it_fits(
    desk: MakeDesk, stand: StandHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = {"Tiny-Q2_K.gguf": MIB, FILE: 4 * MIB, "Tiny-Q8_0.gguf": 6 * MIB}
    stand.add(REPO, {name: noise(size) for name, size in sizes.items()})

    class Memory:
        total, available = 8 * 2**30, 605 * 2**20

    monkeypatch.setattr("studiolo.server.downloads.hub_catalog.psutil.virtual_memory", lambda: Memory)
    monkeypatch.setattr("studiolo.server.downloads.hub_catalog.free_bytes", lambda folder: 5 * MIB)
    async with desk() as one:
        details = await one.hub.details(REPO)
        assert (details.repository, details.page) == (REPO, f"{stand.endpoint}/{REPO}")
        assert [(choice.quantization, choice.usual) for choice in details.choices] == [
            ("Q2_K", False),
            ("Q4_K_M", True),
            ("Q8_0", False),
        ]
        assert [choice.memory for choice in details.choices] == ["fits", "fits", "tight"]
        assert [choice.fits_disk for choice in details.choices] == [True, True, False]
        assert [choice.state for choice in details.choices] == ["absent"] * 3
        Memory.total = 2 * 2**30
        assert (await one.hub.details(REPO)).choices[-1].memory == "too_large"
        with pytest.raises(RequestError):
            await one.hub.details("nobody/nothing")


async def test_the_preferred_quantization_is_the_usual_one_where_it_is_offered(desk: MakeDesk, stand: StandHub) -> None:
    stand.add(REPO, {FILE: noise(MIB), "Tiny-Q8_0.gguf": noise(MIB)})
    async with desk(preferred_quantization="Q8_0") as one:
        details = await one.hub.details(REPO)
        assert [choice.quantization for choice in details.choices if choice.usual] == ["Q8_0"]
        job = await one.downloads.start(f"{stand.endpoint}/{REPO}")
        assert job.quantization == "Q8_0"
        await one.state(id_of(job), "completed", "already_downloaded")
        await ServerApi(one.client).change_settings({"preferred_quantization": "Q6_K"})
        details = await one.hub.details(REPO)
        assert [choice.quantization for choice in details.choices if choice.usual] == ["Q4_K_M"]
        assert details.remark == "Q6_K is not offered, so it is Q4_K_M."


async def test_what_is_there_is_marked(desk: MakeDesk, stand: StandHub) -> None:
    stand.add(REPO, {FILE: noise(4 * MIB), "Tiny-Q8_0.gguf": noise(4 * MIB)})
    stand.hold(after=2 * MIB)
    async with desk() as one:
        job = await one.downloads.start(REPO)
        await one.received(id_of(job), 2 * MIB)
        states = {choice.quantization: choice.state for choice in (await one.hub.details(REPO)).choices}
        assert states == {"Q4_K_M": "downloading", "Q8_0": "absent"}
        stand.release()
        await one.state(id_of(job), "completed")
        [q4, _] = (await one.hub.details(REPO)).choices
        assert (q4.state, q4.received_bytes) == ("downloaded", 4 * MIB)
        (models_folder() / REPO / FILE).unlink()
        assert (await one.hub.details(REPO)).choices[0].state == "absent"


async def test_a_projector_that_is_there_begins_no_other_quantization(desk: MakeDesk, stand: StandHub) -> None:
    files = {FILE: noise(MIB), "Tiny-Q8_0.gguf": noise(2 * MIB), "mmproj-Tiny-F16.gguf": noise(MIB)}
    stand.add(REPO, files)
    async with desk() as one:
        job = await one.downloads.start(REPO)
        await one.state(id_of(job), "completed")
        states = {choice.quantization: choice.state for choice in (await one.hub.details(REPO)).choices}
        assert states == {"Q4_K_M": "downloaded", "Q8_0": "absent"}


async def test_a_catalog_of_ones_own_is_used_and_a_broken_one_is_told(desk: MakeDesk, stand: StandHub) -> None:
    entry = {"id": "me/mine", "name": "Mine", "sentence": "s", "sources": [{"kind": "huggingface", "repo": REPO}]}
    stand.add(REPO, {FILE: noise(1000)})
    own = app_paths().data / "catalog.json"
    own.parent.mkdir(parents=True)
    own.write_text(json.dumps({"version": 1, "date": "2099-01-01", "models": [entry]}))
    async with desk() as one:
        assert [model.name for model in (await one.hub.search("")).models] == ["me/mine"]
        job = await one.downloads.start("me/mine")
        assert (job.model, job.quantization) == ("me/mine", "Q4_K_M")
        await one.state(id_of(job), "completed")
        own.write_text('{"version": 1')
        os.utime(own, (1, 1))
        found = await one.hub.search("")
        assert len(found.models) > 60
        assert found.problem
        assert str(own) in found.problem


async def test_a_model_that_came_by_its_name_in_the_catalog_is_used_by_that_name(
    desk: MakeDesk, stand: StandHub, tmp_path: Path
) -> None:
    entry = {"id": "Me/Mine", "name": "Mine", "sentence": "s", "sources": [{"kind": "huggingface", "repo": REPO}]}
    own = app_paths().data / "catalog.json"
    own.parent.mkdir(parents=True)
    own.write_text(json.dumps({"version": 1, "date": "2099-01-01", "models": [entry]}))
    content = write_tiny_llama(tmp_path / "tiny.gguf", brief=True).read_bytes()
    stand.add(REPO, {FILE: content.replace(b"general.file_type", b"general.file_typo")})
    async with desk() as one, http_client(one.address, timeout=60) as http:
        await one.state(id_of(await one.downloads.start("me/mine")), "completed")
        for name in ("me/mine", "Me/Mine", "me/mine@q4_k_m"):
            asked = {"model": name, "input": "Hi", "max_output_tokens": 2}
            answer = await http.post("/api/v1/chat", json=asked)
            assert answer.status_code == 200, answer.text
        assert (await http.get("/v1/models/me/mine")).status_code == 200
        for name in ("me/mine@q8_0", "me/other"):
            answer = await http.post("/api/v1/models/load", json={"model": name})
            assert answer.status_code == 404, answer.text


async def test_a_catalog_from_an_address(desk: MakeDesk, stand: StandHub) -> None:
    entry = {"id": "me/mine", "name": "Mine", "sentence": "s", "sources": [{"kind": "huggingface", "repo": REPO}]}
    stand.pages["/catalog.json"] = json.dumps({"version": 1, "date": "2099-01-01", "models": [entry]}).encode()
    async with desk(catalog_url=f"{stand.endpoint}/catalog.json") as one:

        async def names() -> list[str]:
            return [model.name for model in (await one.hub.search("")).models]

        async def is_fetched() -> bool:
            return await names() == ["me/mine"]

        await until(is_fetched)
