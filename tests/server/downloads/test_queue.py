"""The queue behind the API, with a real server, a hub without the internet, and real model files."""

import asyncio
import re

import httpx
import pytest

from studiolo.api.models import LoadRequest
from studiolo.errors import AppError, NotFoundError, RequestError
from studiolo.server.downloads import surroundings
from studiolo.server.downloads.surroundings import NetworkWatch, SleepWatch
from tests.server.downloads.conftest import FILE, KEY, MIB, REPO, files_below, models_folder, noise, sha256

ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
ENTRY = "acme/Tiny-GGUF/Tiny-Q4_K_M.gguf"


async def test_a_model_is_downloaded_and_used(desk, stand, tiny):
    stand.add(REPO, {FILE: tiny, "README.md": b"x"})
    async with desk() as one:
        job = await one.downloads.start(f"https://huggingface.co/{REPO}", "q4_k_m")
        assert re.fullmatch(r"job_[0-9a-f]{10}", job.job_id)
        assert (job.status, job.total_size_bytes) == ("downloading", len(tiny))
        done = await one.state(job.job_id, "completed")
        assert (done.status, done.downloaded_bytes) == ("completed", len(tiny))
        assert ISO.fullmatch(done.started_at)
        assert ISO.fullmatch(done.completed_at)
        assert (models_folder() / ENTRY).read_bytes() == tiny
        assert [entry.key for entry in await one.client.models() if entry.publisher == "acme"] == [KEY]
        loaded = await one.client.load(LoadRequest(model=KEY))
        assert loaded.instance_id == KEY
        again = await one.downloads.start(REPO)
        assert (again.status, again.job_id) == ("already_downloaded", None)


async def test_the_documented_answers(desk, stand):
    """Spec section 4, on the wire."""
    stand.add(REPO, {FILE: noise(3 * MIB)})
    stand.wrong.bytes_per_second = 2 * MIB
    async with desk() as one, httpx.AsyncClient(base_url=f"{one.address}/api/v1/models") as http:
        started = (await http.post("/download", json={"model": REPO})).json()
        assert {"job_id", "status", "total_size_bytes", "started_at"} <= set(started)
        await one.received(started["job_id"], 1)
        await asyncio.sleep(0.6)
        status = (await http.get(f"/download/status/{started['job_id']}")).json()
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


async def test_what_was_under_way_goes_on_after_a_restart(desk, stand):
    content = noise(6 * MIB)
    stand.add(REPO, {FILE: content})
    stand.wrong.bytes_per_second = 3 * MIB
    async with desk(download_connections=1) as one:
        job = await one.downloads.start(REPO)
        await one.received(job.job_id, 2 * MIB)
    stand.wrong.bytes_per_second = 0
    async with desk() as two:
        done = await two.state(job.job_id, "completed")
        assert done.total_size_bytes == len(content)
    assert (models_folder() / ENTRY).read_bytes() == content
    assert files_below(models_folder()) == [ENTRY]
    assert sum(asked.sent for asked in stand.downloads()) < len(content) + 2 * MIB


async def test_pause_stays_over_a_restart_and_resume_goes_on(desk, stand):
    content = noise(6 * MIB)
    stand.add(REPO, {FILE: content})
    stand.wrong.bytes_per_second = 3 * MIB
    async with desk(download_connections=1) as one:
        job = await one.downloads.start(REPO)
        await one.received(job.job_id, 2 * MIB)
        assert (await one.downloads.pause(job.job_id)).status == "paused"
        assert (await one.downloads.pause(job.job_id)).status == "paused"
    async with desk() as two:
        paused = await two.downloads.status(job.job_id)
        assert (paused.state, paused.bytes_per_second) == ("paused", None)
        assert 2 * MIB <= paused.downloaded_bytes < len(content)
        stand.wrong.bytes_per_second = 0
        await two.downloads.resume(job.job_id)
        await two.state(job.job_id, "completed")
        with pytest.raises(RequestError):
            await two.downloads.resume(job.job_id)
    assert (models_folder() / ENTRY).read_bytes() == content


async def test_two_requests_for_one_file_join_one_job(desk, stand):
    stand.add(REPO, {FILE: noise(2 * MIB)})
    stand.wrong.bytes_per_second = MIB
    async with desk() as one:
        first, second = await asyncio.gather(one.downloads.start(REPO), one.downloads.start(f"{REPO}@q4_k_m"))
        assert first.job_id == second.job_id
        await one.downloads.pause(first.job_id)
        third = await one.downloads.start(REPO)
        assert (third.job_id, third.state) == (first.job_id, "queued"), "asking again goes on with it"


async def test_so_many_at_a_time_in_their_order(desk, stand):
    for name in "abcd":
        stand.add(f"acme/{name}-GGUF", {f"{name}-Q4_K_M.gguf": noise(MIB)})
    stand.wrong.bytes_per_second = MIB // 2
    async with desk(download_jobs=1) as one:
        jobs = [(await one.downloads.start(f"acme/{name}-GGUF")).job_id for name in "abcd"]
        a, b, c, d = jobs
        await one.state(a, "downloading")
        await one.downloads.move(d, b)
        await one.downloads.move(b, None)
        listed = await one.downloads.all()
        assert [job.job_id for job in listed.jobs] == [a, d, c, b]
        assert [job.state for job in listed.jobs] == ["downloading", "queued", "queued", "queued"]
        assert listed.disk_free_bytes > MIB
        await one.state(d, "downloading")
        states = {job.job_id: job.state for job in (await one.downloads.all()).jobs}
        assert (states[a], states[b], states[c]) == ("completed", "queued", "queued")
        stand.wrong.bytes_per_second = 0
        for job_id in jobs:
            await one.state(job_id, "completed")
        with pytest.raises(NotFoundError):
            await one.downloads.move(a, "job_0")


async def test_cancel_leaves_nothing(desk, stand):
    stand.add(REPO, {FILE: noise(4 * MIB)})
    stand.wrong.bytes_per_second = MIB
    async with desk() as one:
        job = await one.downloads.start(REPO)
        await one.received(job.job_id, MIB)
        await one.downloads.cancel(job.job_id)
        with pytest.raises(NotFoundError) as raised:
            await one.downloads.status(job.job_id)
        assert raised.value.what == "job"
        assert not list(models_folder().glob("*")), "nor an empty folder"
        stand.wrong.bytes_per_second = 0
        job = await one.downloads.start(REPO)
        await one.state(job.job_id, "completed")
        await one.downloads.cancel(job.job_id)
        assert (await one.downloads.all()).jobs == []
        assert files_below(models_folder()) == [ENTRY], "what is complete stays"
    async with desk() as two:
        assert (await two.downloads.all()).jobs == []


async def test_events_tell_of_everything(desk, stand):
    stand.add(REPO, {FILE: noise(2 * MIB)})
    stand.wrong.bytes_per_second = MIB
    async with desk() as one:
        events = one.downloads.follow()
        first = await anext(events)
        assert (first.type, first.list.jobs) == ("downloads.list", [])
        job = await one.downloads.start(REPO)
        states, received = [], []
        async for event in events:
            assert event.type == "downloads.job"
            assert event.job.job_id == job.job_id
            states.append(event.job.state)
            received.append(event.job.downloaded_bytes)
            if event.job.state == "completed":
                break
        assert list(dict.fromkeys(states))[:2] == ["queued", "downloading"]
        assert received == sorted(received)
        assert len(set(received)) > 2
        await one.downloads.cancel(job.job_id)
        removed = await anext(events)
        assert (removed.type, removed.job_id) == ("downloads.removed", job.job_id)
        await events.aclose()


async def test_all_parts_and_the_projector_are_one_job(desk, stand):
    parts = {f"Q4_K_M/Tiny-Q4_K_M-0000{n}-of-00003.gguf": noise(MIB) for n in (1, 2, 3)}
    stand.add(REPO, {**parts, "mmproj-F16.gguf": noise(MIB), "Tiny-Q8_0.gguf": noise(MIB)})
    stand.wrong.bytes_per_second = 2 * MIB
    async with desk(download_connections=1) as one:
        job = await one.downloads.start(REPO)
        assert (job.total_size_bytes, job.files) == (4 * MIB, 4)
        await one.received(job.job_id, 3 * MIB)
        assert len(files_below(models_folder())) > 1
        assert not [entry for entry in await one.client.models() if entry.publisher == "acme"], "not while parts miss"
        stand.wrong.bytes_per_second = 0
        await one.state(job.job_id, "completed")
        names = [name.rpartition("/")[2] for name in files_below(models_folder())]
        assert names == [*(f"Tiny-Q4_K_M-0000{n}-of-00003.gguf" for n in (1, 2, 3)), "mmproj-F16.gguf"]
        other = await one.downloads.start(f"{REPO}@q8_0")
        stand.wrong.bytes_per_second = MIB // 4
        await one.state(other.job_id, "downloading", "completed")
        await one.downloads.cancel(other.job_id)
        assert "acme/Tiny-GGUF/mmproj-F16.gguf" in files_below(models_folder()), "another model uses it"


async def test_the_nearest_quantization_is_taken_and_told(desk, stand):
    stand.add(REPO, {"Tiny-Q8_0.gguf": noise(1000), "Tiny-Q5_K_M.gguf": noise(1000), "Tiny-Q2_K.gguf": noise(900)})
    async with desk() as one:
        job = await one.downloads.start(REPO)
        assert job.quantization == "Q5_K_M"
        assert "Q4_K_M is not offered" in job.remark
        job = await one.downloads.start(f"https://huggingface.co/{REPO}/blob/main/Tiny-Q2_K.gguf")
        assert (job.quantization, job.remark) == ("Q2_K", "")


async def test_a_path_that_would_leave_the_folder_is_refused(desk, stand):
    stand.add(REPO, {"../../evil-Q4_K_M.gguf": noise(1000)})
    async with desk() as one:
        with pytest.raises(RequestError, match="not accepted"):
            await one.downloads.start(REPO)
    assert not list(models_folder().parent.rglob("evil*"))


async def test_a_gated_repository_says_what_to_do(desk, stand):
    stand.add(REPO, {FILE: noise(1000)}, gated=True)
    async with desk() as one:
        with pytest.raises(RequestError) as raised:
            await one.downloads.start(REPO)
        assert raised.value.code == "gated_repository"
        assert "hub_token" in str(raised.value)
    async with desk(hub_token=stand.TOKEN) as two:
        job = await two.downloads.start(REPO)
        await two.state(job.job_id, "completed")
    assert not any("Authorization" in asked.headers for asked in stand.downloads())


async def test_a_file_that_was_changed_on_the_hub_is_fetched_anew(desk, stand):
    repo = stand.add(REPO, {FILE: noise(6 * MIB)})
    stand.wrong.bytes_per_second = 3 * MIB
    async with desk(download_connections=1) as one:
        job = await one.downloads.start(REPO)
        await one.received(job.job_id, 2 * MIB)
        await one.downloads.pause(job.job_id)
        stand.wrong.bytes_per_second = 0
        repo.files[FILE] = content = noise(5 * MIB)
        await one.downloads.resume(job.job_id)
        done = await one.state(job.job_id, "completed", "failed")
        assert (done.state, done.total_size_bytes) == ("completed", len(content))
        assert "changed on the hub" in done.remark
    assert (models_folder() / ENTRY).read_bytes() == content


async def test_a_wrong_hash_fails_with_both_and_can_be_tried_again(desk, stand):
    content = noise(2 * MIB)
    repo = stand.add(REPO, {FILE: content}, claimed={FILE: "0" * 64})
    async with desk() as one:
        job = await one.downloads.start(REPO)
        failed = await one.state(job.job_id, "failed")
        assert failed.status == "failed"
        assert sha256(content)[:12] in failed.message
        assert "0" * 12 in failed.message
        assert failed.hint
        repo.claimed.clear()
        await one.downloads.resume(job.job_id)
        await one.state(job.job_id, "completed")


async def test_a_size_that_is_a_lie_fails_once_for_all(desk, stand):
    stand.add(REPO, {FILE: noise(2 * MIB)})
    stand.wrong.extra_bytes = 4096
    async with desk() as one:
        job = await one.downloads.start(REPO)
        failed = await one.state(job.job_id, "failed")
        assert "another size" in failed.message


async def test_a_network_that_is_away_is_waited_for_and_noticed(desk, stand, monkeypatch):
    """It would wait for long; the network's return ends that."""
    monkeypatch.setattr(surroundings, "_NETWORK_STEP", 0.1)
    stand.add(REPO, {FILE: (content := noise(3 * MIB))})
    stand.wrong.statuses, stand.wrong.retry_after = [503], "600"
    async with desk(download_connections=1) as one:
        job = await one.downloads.start(REPO)
        waiting = await one.state(job.job_id, "waiting")
        assert (waiting.status, waiting.estimated_completion) == ("downloading", None)
        assert "503" in waiting.message
        monkeypatch.setattr(NetworkWatch, "_look", lambda self: frozenset({("wlan0", "10.0.0.7")}))
        await one.state(job.job_id, "completed")
    assert (models_folder() / ENTRY).read_bytes() == content


async def test_after_sleep_connections_are_made_anew(desk, stand, monkeypatch):
    stand.add(REPO, {FILE: noise(3 * MIB)})
    stand.wrong.stalls = [MIB]
    async with desk(download_connections=1) as one:
        job = await one.downloads.start(REPO)
        await one.received(job.job_id, MIB)
        real = SleepWatch.slept
        monkeypatch.setattr(SleepWatch, "slept", lambda self, expected: real(self, expected) or True)
        await asyncio.sleep(0.6)
        monkeypatch.setattr(SleepWatch, "slept", real)
        await one.state(job.job_id, "completed", seconds=15)


async def test_the_limit_is_in_force_at_once(desk, stand):
    stand.add(REPO, {FILE: noise(8 * MIB)})
    async with desk(download_limit=MIB) as one, httpx.AsyncClient(base_url=one.address) as http:
        job = await one.downloads.start(REPO)
        await one.received(job.job_id, 1)
        await asyncio.sleep(2)
        slow = await one.downloads.status(job.job_id)
        assert slow.downloaded_bytes < 5 * MIB
        await http.patch("/api/v1/server/settings", json={"download_limit": 0})
        await one.state(job.job_id, "completed", seconds=3)


async def test_a_hub_that_can_not_be_reached_is_told(desk, stand):
    async with desk(hub_endpoint="http://127.0.0.1:9") as one:
        with pytest.raises(AppError, match="can't be reached"):
            await one.downloads.start(REPO)


async def test_other_servers_give_what_they_have(desk, stand, application_home, tmp_path, monkeypatch):
    content = noise(3 * MIB)
    stand.add(REPO, {FILE: content})
    async with desk(share_models=True, require_authentication=False) as giver:
        job = await giver.downloads.start(REPO)
        await giver.state(job.job_id, "completed")
        fetched = len(stand.downloads())
        monkeypatch.setenv("STUDIOLO_HOME", str(tmp_path / "other"))
        peers = ["127.0.0.1:9", giver.address.removeprefix("http://")]
        async with desk(copy_from_peers=True, download_peers=peers) as taker:
            job = await taker.downloads.start(REPO)
            await taker.state(job.job_id, "completed")
        assert len(stand.downloads()) == fetched, "not a byte from the hub"
        assert (models_folder() / ENTRY).read_bytes() == content


async def test_what_is_not_shared_is_not_given(desk, stand):
    content = noise(1000)
    stand.add(REPO, {FILE: content})
    async with desk() as one, httpx.AsyncClient(base_url=one.address) as http:
        job = await one.downloads.start(REPO)
        await one.state(job.job_id, "completed")
        place = f"/api/v1/models/file/{sha256(content)}"
        assert (await http.get(place)).status_code == 404
        await http.patch("/api/v1/server/settings", json={"share_models": True})
        part = await http.get(place, headers={"Range": "bytes=10-19"})
        assert (part.status_code, part.content) == (206, content[10:20])
        (models_folder() / ENTRY).write_bytes(noise(1000))
        assert (await http.get(place)).status_code == 404, "it is another file now"
        assert (await http.get("/api/v1/models/file/..%2f..%2fx")).status_code == 404


async def test_peers_that_lie_are_no_harm(desk, stand, tmp_path):
    content = noise(2 * MIB)
    stand.add(REPO, {FILE: content})
    stand.pages[f"/api/v1/models/file/{sha256(content)}"] = noise(2 * MIB)
    async with desk(copy_from_peers=True, download_peers=[stand.endpoint]) as one:
        job = await one.downloads.start(REPO)
        await one.state(job.job_id, "completed")
    assert (models_folder() / ENTRY).read_bytes() == content
