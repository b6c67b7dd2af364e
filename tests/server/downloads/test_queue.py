"""The queue behind the API, with a real server, a hub without the internet, and real model files."""

import asyncio
import re
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from studiolo.api.models import LoadRequest
from studiolo.client.models import ModelsApi
from studiolo.errors import AppError, NotFoundError, RequestError
from studiolo.server.downloads.jobs import host_events
from studiolo.server.downloads.jobs.host_events import SleepWatch, Surroundings
from studiolo.server.downloads.transfer.transfer import STALL_SECONDS
from tests.server.downloads.conftest import (
    FILE,
    KEY,
    MIB,
    REPO,
    MakeDesk,
    files_below,
    id_of,
    models_folder,
    noise,
    sha256,
)
from tests.stands.hub import StandHub
from tests.stands.plain_http import http_client
from tests.stands.waiting import until

ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
ENTRY = "acme/Tiny-GGUF/Tiny-Q4_K_M.gguf"


async def test_a_model_is_downloaded_and_used(desk: MakeDesk, stand: StandHub, tiny: bytes) -> None:
    stand.add(REPO, {FILE: tiny, "README.md": b"x"})
    async with desk() as one:
        job = await one.downloads.start(f"https://huggingface.co/{REPO}", "q4_k_m")
        assert re.fullmatch(r"job_[0-9a-f]{10}", id_of(job))
        assert (job.status, job.total_size_bytes) == ("downloading", len(tiny))
        done = await one.state(id_of(job), "completed")
        assert (done.status, done.downloaded_bytes) == ("completed", len(tiny))
        assert ISO.fullmatch(done.started_at or "")
        assert ISO.fullmatch(done.completed_at or "")
        assert (models_folder() / ENTRY).read_bytes() == tiny
        assert [entry.key for entry in await ModelsApi(one.client).list_models() if entry.publisher == "acme"] == [KEY]
        loaded = await ModelsApi(one.client).load(LoadRequest(model=KEY))
        assert loaded.instance_id == KEY
        again = await one.downloads.start(REPO)
        assert (again.status, again.job_id) == ("already_downloaded", None)


async def test_the_documented_answers(desk: MakeDesk, stand: StandHub) -> None:
    """Spec section 4, on the wire."""
    stand.add(REPO, {FILE: noise(3 * MIB)})
    stand.hold(after=2 * MIB)
    async with desk() as one, http_client(f"{one.address}/api/v1/models") as http:
        started = (await http.post("/download", json={"model": REPO})).json()
        assert {"job_id", "status", "total_size_bytes", "started_at"} <= set(started)

        async def status_with_speed() -> dict[str, Any] | None:
            status: dict[str, Any] = (await http.get(f"/download/status/{started['job_id']}")).json()
            return status if status["bytes_per_second"] else None

        await one.received(started["job_id"], 1)
        status = await until(status_with_speed)
        assert status
        assert status["status"] == "downloading"
        assert status["bytes_per_second"] > 0
        assert ISO.fullmatch(status["estimated_completion"])
        assert "completed_at" not in status
        unknown = await http.get("/download/status/job_0000000000")
        assert (unknown.status_code, unknown.json()["error"]["type"]) == (404, "job_not_found")
        for body in (
            {"model": "nobody/nothing"},
            {"model": "no name"},
            {"model": "../../etc/passwd"},
            {"model": REPO, "quantization": "Q4_K_M"},
            {"model": f"https://huggingface.co/{REPO}", "quantization": "Q9"},
            {"model": "https://example.com/a/b"},
        ):
            answer = await http.post("/download", json=body)
            assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request"), body


async def test_what_was_under_way_goes_on_after_a_restart(desk: MakeDesk, stand: StandHub) -> None:
    content = noise(6 * MIB)
    stand.add(REPO, {FILE: content})
    stand.hold(after=2 * MIB + 1000)
    async with desk(download_connections=1) as one:
        job = await one.downloads.start(REPO)
        await one.received(id_of(job), 2 * MIB)
    stand.release()
    async with desk() as two:
        done = await two.state(id_of(job), "completed")
        assert done.total_size_bytes == len(content)
    assert (models_folder() / ENTRY).read_bytes() == content
    assert files_below(models_folder()) == [ENTRY]
    assert sum(asked.sent for asked in stand.downloads()) < len(content) + 2 * MIB


async def test_pause_stays_over_a_restart_and_resume_goes_on(desk: MakeDesk, stand: StandHub) -> None:
    content = noise(6 * MIB)
    stand.add(REPO, {FILE: content})
    stand.hold(after=2 * MIB + 1000)
    async with desk(download_connections=1) as one:
        job = await one.downloads.start(REPO)
        await one.received(id_of(job), 2 * MIB)
        assert (await one.downloads.pause(id_of(job))).status == "paused"
        assert (await one.downloads.pause(id_of(job))).status == "paused"
    async with desk() as two:
        paused = await two.downloads.status(id_of(job))
        assert (paused.state, paused.bytes_per_second) == ("paused", None)
        assert paused.downloaded_bytes
        assert 2 * MIB <= paused.downloaded_bytes < len(content)
        stand.release()
        await two.downloads.resume(id_of(job))
        await two.state(id_of(job), "completed")
        with pytest.raises(RequestError):
            await two.downloads.resume(id_of(job))
    assert (models_folder() / ENTRY).read_bytes() == content


async def test_two_requests_for_one_file_join_one_job(desk: MakeDesk, stand: StandHub) -> None:
    stand.add(REPO, {FILE: noise(2 * MIB)})
    stand.hold()
    async with desk() as one:
        first, second = await asyncio.gather(one.downloads.start(REPO), one.downloads.start(f"{REPO}@q4_k_m"))
        assert first.job_id == second.job_id
        await one.downloads.pause(id_of(first))
        third = await one.downloads.start(REPO)
        assert (third.job_id, third.state) == (first.job_id, "queued"), "asking again goes on with it"


async def test_so_many_at_a_time_in_their_order(desk: MakeDesk, stand: StandHub) -> None:
    for name in "abcd":
        stand.add(f"acme/{name}-GGUF", {f"{name}-Q4_K_M.gguf": noise(MIB)})
    stand.hold()
    async with desk(download_jobs=1) as one:
        jobs = [id_of(await one.downloads.start(f"acme/{name}-GGUF")) for name in "abcd"]
        a, b, c, d = jobs
        await one.state(a, "downloading")
        await one.downloads.move(d, b)
        await one.downloads.move(b, None)
        listed = await one.downloads.all()
        assert [job.job_id for job in listed.jobs] == [a, d, c, b]
        assert [job.state for job in listed.jobs] == ["downloading", "queued", "queued", "queued"]
        assert listed.disk_free_bytes > MIB
        stand.hold(after=MIB)
        await one.state(d, "downloading")
        states = {job.job_id: job.state for job in (await one.downloads.all()).jobs}
        assert (states[a], states[b], states[c]) == ("completed", "queued", "queued")
        stand.release()
        for job_id in jobs:
            await one.state(job_id, "completed")
        with pytest.raises(NotFoundError):
            await one.downloads.move(a, "job_0")


async def test_cancel_leaves_nothing(desk: MakeDesk, stand: StandHub) -> None:
    stand.add(REPO, {FILE: noise(4 * MIB)})
    stand.hold(after=MIB)
    async with desk() as one:
        job = await one.downloads.start(REPO)
        await one.received(id_of(job), MIB)
        await one.downloads.cancel(id_of(job))
        with pytest.raises(NotFoundError) as raised:
            await one.downloads.status(id_of(job))
        assert raised.value.what == "job"
        assert not list(models_folder().glob("*")), "nor an empty folder"
        stand.release()
        job = await one.downloads.start(REPO)
        await one.state(id_of(job), "completed")
        await one.downloads.cancel(id_of(job))
        assert (await one.downloads.all()).jobs == []
        assert files_below(models_folder()) == [ENTRY], "what is complete stays"
    async with desk() as two:
        assert (await two.downloads.all()).jobs == []


async def test_events_tell_of_everything(desk: MakeDesk, stand: StandHub) -> None:
    stand.add(REPO, {FILE: noise(2 * MIB)})
    stand.hold(after=MIB)
    async with desk() as one:
        events = one.downloads.follow()
        first = await anext(events)
        assert first.list
        assert (first.type, first.list.jobs) == ("downloads.list", [])
        job = await one.downloads.start(REPO)
        states: list[str] = []
        received: list[int] = []
        async for event in events:
            assert event.type == "downloads.job"
            assert event.job
            assert event.job.job_id == job.job_id
            states.append(event.job.state)
            received.append(event.job.downloaded_bytes or 0)
            if received[-1] == MIB:
                stand.release()
            if event.job.state == "completed":
                break
        assert list(dict.fromkeys(states))[:2] == ["queued", "downloading"]
        assert received == sorted(received)
        assert len(set(received)) > 2
        await one.downloads.cancel(id_of(job))
        removed = await anext(events)
        assert (removed.type, removed.job_id) == ("downloads.removed", job.job_id)
        await events.aclose()


async def test_all_parts_and_the_projector_are_one_job(desk: MakeDesk, stand: StandHub) -> None:
    parts = {f"Q4_K_M/Tiny-Q4_K_M-0000{n}-of-00003.gguf": noise(MIB) for n in (1, 2, 3)}
    stand.add(REPO, {**parts, "mmproj-F16.gguf": noise(MIB), "Tiny-Q8_0.gguf": noise(MIB)})
    stand.hold(after=3 * MIB + 1000)
    async with desk(download_connections=1) as one:
        job = await one.downloads.start(REPO)
        assert (job.total_size_bytes, job.files) == (4 * MIB, 4)
        await one.received(id_of(job), 3 * MIB)
        assert len(files_below(models_folder())) > 1
        assert not [entry for entry in await ModelsApi(one.client).list_models() if entry.publisher == "acme"], (
            "not while parts miss"
        )
        stand.release()
        await one.state(id_of(job), "completed")
        names = [name.rpartition("/")[2] for name in files_below(models_folder())]
        assert names == [*(f"Tiny-Q4_K_M-0000{n}-of-00003.gguf" for n in (1, 2, 3)), "mmproj-F16.gguf"]
        stand.hold()
        other = await one.downloads.start(f"{REPO}@q8_0")
        await one.state(id_of(other), "downloading")
        await one.downloads.cancel(id_of(other))
        assert "acme/Tiny-GGUF/mmproj-F16.gguf" in files_below(models_folder()), "another model uses it"


async def test_the_nearest_quantization_is_taken_and_told(desk: MakeDesk, stand: StandHub) -> None:
    stand.add(REPO, {"Tiny-Q8_0.gguf": noise(1000), "Tiny-Q5_K_M.gguf": noise(1000), "Tiny-Q2_K.gguf": noise(900)})
    async with desk() as one:
        job = await one.downloads.start(REPO)
        assert job.quantization == "Q5_K_M"
        assert "Q4_K_M is not offered" in job.remark
        job = await one.downloads.start(f"https://huggingface.co/{REPO}/blob/main/Tiny-Q2_K.gguf")
        assert (job.quantization, job.remark) == ("Q2_K", "")


async def test_a_path_that_would_leave_the_folder_is_refused(desk: MakeDesk, stand: StandHub) -> None:
    stand.add(REPO, {"../../evil-Q4_K_M.gguf": noise(1000)})
    async with desk() as one:
        with pytest.raises(RequestError, match="not accepted"):
            await one.downloads.start(REPO)
    assert not list(models_folder().parent.rglob("evil*"))


async def test_a_gated_repository_says_what_to_do(desk: MakeDesk, stand: StandHub) -> None:
    stand.add(REPO, {FILE: noise(1000)}, gated=True)
    async with desk() as one:
        with pytest.raises(RequestError) as raised:
            await one.downloads.start(REPO)
        assert raised.value.code == "gated_repository"
        assert "hub_token" in str(raised.value)
    async with desk(hub_token=stand.TOKEN) as two:
        job = await two.downloads.start(REPO)
        await two.state(id_of(job), "completed")
    assert not any("Authorization" in asked.headers for asked in stand.downloads())


async def test_a_file_that_was_changed_on_the_hub_is_fetched_anew(desk: MakeDesk, stand: StandHub) -> None:
    repo = stand.add(REPO, {FILE: noise(6 * MIB)})
    stand.hold(after=2 * MIB + 1000)
    async with desk(download_connections=1) as one:
        job = await one.downloads.start(REPO)
        await one.received(id_of(job), 2 * MIB)
        await one.downloads.pause(id_of(job))
        stand.release()
        repo.files[FILE] = content = noise(5 * MIB)
        await one.downloads.resume(id_of(job))
        done = await one.state(id_of(job), "completed", "failed")
        assert (done.state, done.total_size_bytes) == ("completed", len(content))
        assert "changed on the hub" in done.remark
    assert (models_folder() / ENTRY).read_bytes() == content


async def test_a_wrong_hash_fails_with_both_and_can_be_tried_again(desk: MakeDesk, stand: StandHub) -> None:
    content = noise(2 * MIB)
    repo = stand.add(REPO, {FILE: content}, claimed={FILE: "0" * 64})
    async with desk() as one:
        job = await one.downloads.start(REPO)
        failed = await one.state(id_of(job), "failed")
        assert failed.status == "failed"
        assert sha256(content)[:12] in failed.message
        assert "0" * 12 in failed.message
        assert failed.hint
        repo.claimed.clear()
        await one.downloads.resume(id_of(job))
        await one.state(id_of(job), "completed")


async def test_a_file_of_the_same_size_and_another_content_is_not_taken_for_it(desk: MakeDesk, stand: StandHub) -> None:
    content, second = noise(2 * MIB), noise(MIB)
    stand.add(REPO, {"Tiny-Q4_K_M-00001-of-00002.gguf": content, "Tiny-Q4_K_M-00002-of-00002.gguf": second})
    there = models_folder() / "acme/Tiny-GGUF/Tiny-Q4_K_M-00001-of-00002.gguf"
    there.parent.mkdir(parents=True)
    there.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    async with desk() as one:
        job = await one.downloads.start(REPO)
        await one.state(id_of(job), "completed")
    assert there.read_bytes() == content


async def test_a_size_that_is_a_lie_fails_once_for_all(desk: MakeDesk, stand: StandHub) -> None:
    stand.add(REPO, {FILE: noise(2 * MIB)})
    stand.wrong.extra_bytes = 4096
    async with desk() as one:
        job = await one.downloads.start(REPO)
        failed = await one.state(id_of(job), "failed")
        assert "another size" in failed.message


async def test_a_network_that_is_away_is_waited_for_and_noticed(
    desk: MakeDesk, stand: StandHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would wait for long; the network's return ends that."""
    monkeypatch.setattr(Surroundings, "network_seconds", 0.1)
    stand.add(REPO, {FILE: (content := noise(3 * MIB))})
    stand.wrong.statuses, stand.wrong.retry_after = [503], "600"
    async with desk(download_connections=1) as one:
        job = await one.downloads.start(REPO)
        waiting = await one.state(id_of(job), "waiting")
        assert (waiting.status, waiting.estimated_completion) == ("downloading", None)
        assert "503" in waiting.message
        monkeypatch.setattr(host_events, "network_addresses", lambda: frozenset({("wlan0", "10.0.0.7")}))
        await one.state(id_of(job), "completed")
    assert (models_folder() / ENTRY).read_bytes() == content


async def test_after_sleep_connections_are_made_anew(
    desk: MakeDesk, stand: StandHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand.add(REPO, {FILE: noise(3 * MIB)})
    stand.wrong.stalls = [MIB]
    async with desk(download_connections=1) as one:
        job = await one.downloads.start(REPO)
        await one.received(id_of(job), MIB)
        woken = threading.Event()

        def sleeps_once(watch: SleepWatch, expected: float) -> bool:
            slept = not woken.is_set()
            woken.set()
            return slept

        began = time.monotonic()
        monkeypatch.setattr(SleepWatch, "slept", sleeps_once)
        await one.state(id_of(job), "completed")
        assert woken.is_set()
        assert time.monotonic() - began < STALL_SECONDS, "or else its silence would have ended the connection"


async def test_the_limit_is_in_force_at_once(desk: MakeDesk, stand: StandHub) -> None:
    stand.add(REPO, {FILE: noise(8 * MIB)})
    async with desk(download_limit=MIB // 2) as one, http_client(one.address) as http:
        job = await one.downloads.start(REPO)
        began = time.monotonic()
        await one.received(id_of(job), MIB * 3 // 4)
        assert time.monotonic() - began > 1, "it would take a hundredth of that"
        began = time.monotonic()
        await http.patch("/api/v1/server/settings", json={"download_limit": 0})
        await one.state(id_of(job), "completed")
        assert time.monotonic() - began < 12, "with the limit, the rest takes 14"


async def test_a_hub_that_can_not_be_reached_is_told(desk: MakeDesk, stand: StandHub) -> None:
    async with desk(hub_endpoint="http://127.0.0.1:9") as one:
        with pytest.raises(AppError, match="can't be reached"):
            await one.downloads.start(REPO)


async def test_other_servers_give_what_they_have(
    desk: MakeDesk, stand: StandHub, application_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = noise(3 * MIB)
    stand.add(REPO, {FILE: content})
    async with desk(share_models=True, require_authentication=False) as giver:
        job = await giver.downloads.start(REPO)
        await giver.state(id_of(job), "completed")
        fetched = len(stand.downloads())
        monkeypatch.setenv("STUDIOLO_HOME", str(tmp_path / "other"))
        peers = ["127.0.0.1:9", giver.address.removeprefix("http://")]
        async with desk(copy_from_peers=True, download_peers=peers) as taker:
            job = await taker.downloads.start(REPO)
            await taker.state(id_of(job), "completed")
        assert len(stand.downloads()) == fetched, "not a byte from the hub"
        assert (models_folder() / ENTRY).read_bytes() == content


async def test_what_is_not_shared_is_not_given(desk: MakeDesk, stand: StandHub) -> None:
    content = noise(1000)
    stand.add(REPO, {FILE: content})
    async with desk() as one, http_client(one.address) as http:
        job = await one.downloads.start(REPO)
        await one.state(id_of(job), "completed")
        place = f"/api/v1/models/file/{sha256(content)}"
        assert (await http.get(place)).status_code == 404
        await http.patch("/api/v1/server/settings", json={"share_models": True})
        part = await http.get(place, headers={"Range": "bytes=10-19"})
        assert (part.status_code, part.content) == (206, content[10:20])
        (models_folder() / ENTRY).write_bytes(noise(1000))
        assert (await http.get(place)).status_code == 404, "it is another file now"
        assert (await http.get("/api/v1/models/file/..%2f..%2fx")).status_code == 404


async def test_peers_that_lie_are_no_harm(desk: MakeDesk, stand: StandHub, tmp_path: Path) -> None:
    content = noise(2 * MIB)
    stand.add(REPO, {FILE: content})
    stand.pages[f"/api/v1/models/file/{sha256(content)}"] = noise(2 * MIB)
    async with desk(copy_from_peers=True, download_peers=[stand.endpoint]) as one:
        job = await one.downloads.start(REPO)
        await one.state(id_of(job), "completed")
    assert (models_folder() / ENTRY).read_bytes() == content
