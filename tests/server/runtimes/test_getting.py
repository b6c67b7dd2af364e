"""Runtimes on their way to the disk: a real server, one that has files as llama.cpp's releases, and every trouble."""

import asyncio
import json
import os
import re
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest

from studiolo.api.chat import ChatRequest
from studiolo.api.downloads import DownloadInfo
from studiolo.api.models import LoadRequest
from studiolo.api.runtimes import BUNDLED, RuntimeEvent, RuntimeInfo, RuntimeProof
from studiolo.client.chat import ChatApi
from studiolo.client.client import Client
from studiolo.client.downloads import DownloadsApi
from studiolo.client.models import ModelsApi
from studiolo.client.network import NetworkApi
from studiolo.client.runtimes import RuntimesApi
from studiolo.client.server import ServerApi
from studiolo.errors import AppError, NotFoundError, OfflineError, RequestError
from studiolo.paths import app_paths
from studiolo.server.runtimes.detection.facts import platform_name
from tests.stands.hub import StandHub
from tests.stands.llama_executable import write_stand
from tests.stands.proxy import StandProxy, stand_proxy
from tests.stands.runtime_list import EXECUTABLE, asset, entry, list_of, ship, signed, tar_of, zip_of
from tests.stands.runtime_trials import StandTrials, use_trials
from tests.stands.serving import STARTER, serving
from tests.stands.waiting import until

MIB = 2**20
REPO = "ggml-org/release"
NAME = "llama.cpp b1 (CPU)"
NOISE = bytes(range(256)) * 4096
FILES = {"llama-server": EXECUTABLE, "libggml.so": NOISE, "LICENSE": b"MIT"}


class Desk:
    """A server that runs, its runtimes and downloads seen through the client."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.runtimes = RuntimesApi(client)
        self.downloads = DownloadsApi(client)

    async def info(self, runtime_id: str = "cpu-b1") -> RuntimeInfo:
        return next(one for one in (await self.runtimes.runtimes()).runtimes if one.id == runtime_id)

    async def job(self, runtime_id: str = "cpu-b1", *states: str) -> DownloadInfo:
        """The download of a runtime, once it is in one of these states."""

        async def look() -> DownloadInfo | None:
            jobs = (await self.downloads.all()).jobs
            found = [job for job in jobs if Path(job.folder).name == runtime_id]
            return found[0] if found and (not states or found[0].state in states) else None

        found = await until(look, f"the download of {runtime_id} to be {' or '.join(states)}")
        assert found
        return found

    async def got(self, runtime_id: str = "cpu-b1") -> RuntimeInfo:
        """Have one downloaded, and wait for it."""
        await self.runtimes.get_runtime(runtime_id)
        job = await self.job(runtime_id, "completed", "failed")
        assert job.state == "completed", job.message
        return await self.info(runtime_id)


@asynccontextmanager
async def running(**settings: Any) -> AsyncIterator[Desk]:
    async with serving(disk_reserve_gb=0, **settings) as server, Client(server.address) as client:
        yield Desk(client)


class Releases:
    """A server with files of releases, and the list that names them."""

    def __init__(self, stand: StandHub, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self.stand = stand
        self._monkeypatch = monkeypatch
        self._folder = folder
        self.address = f"{stand.endpoint}/{REPO}/resolve/main/"

    def offer(self, *entries: dict[str, Any], has: dict[str, bytes]) -> None:
        self.stand.add(REPO, has)
        ship(self._monkeypatch, self._folder, list_of(*entries))

    def offer_one(self, content: bytes, name: str = "llama-b1.tar.gz", **other: Any) -> None:
        told = {key: other.pop(key) for key in ("size", "sha256") if key in other}
        self.offer(entry(asset(name, content, **told), release=self.address, **other), has={name: content})


@pytest.fixture
def releases(stand: StandHub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Releases:
    return Releases(stand, monkeypatch, tmp_path / "resources")


def folder() -> Path:
    return app_paths().data / "runtimes"


def names() -> list[str]:
    return sorted(path.name for path in folder().iterdir()) if folder().exists() else []


async def test_one_is_downloaded_unpacked_and_listed(releases: Releases) -> None:
    releases.offer_one(tar_of(FILES, links={"libggml.so.0": "libggml.so"}))
    async with running() as desk:
        before = await desk.runtimes.runtimes()
        assert [one.id for one in before.runtimes] == [BUNDLED, "cpu-b1"]
        bundled, offered = before.runtimes
        assert (bundled.state, bundled.in_use, offered.state, offered.fits) == ("ready", True, "available", True)
        assert (before.manifest, offered.licence, offered.build) == ("2030-01-01", "MIT", "b1")
        assert before.machine.startswith(platform_name())
        started = await desk.runtimes.get_runtime("cpu-b1")
        assert started.state in ("downloading", "installed")
        job = await desk.job("cpu-b1", "completed")
        assert (job.kind, job.model, job.remark, job.path) == ("runtime", NAME, "Licence: MIT.", "")
        assert job.folder == str(folder() / "cpu-b1")
        found = await desk.info()
        assert (found.state, found.in_use, found.kind, found.own) == ("installed", False, "llama-server", False)
        assert found.size_bytes > len(NOISE)
        assert (found.folder, found.job_id) == (str(folder() / "cpu-b1"), None)
        assert names() == ["cpu-b1"]
        assert (folder() / "cpu-b1" / "libggml.so.0").read_bytes() == NOISE
        asked = len(releases.stand.asked)
        assert (await desk.runtimes.get_runtime("cpu-b1")).state == "installed"
        assert len(releases.stand.asked) == asked, "it is here"
    async with running() as desk:
        assert (await desk.info()).state == "installed"
        assert (await desk.job()).state == "completed"


async def test_what_one_consists_of_comes_together_and_sizes_are_asked_for(releases: Releases) -> None:
    main, cuda = tar_of(FILES), tar_of({"libcudart.so.12": NOISE}, top="cudart/")
    one = entry(
        asset("llama-b1.tar.gz", main, size=0), asset("cudart-b1.tar.gz", cuda, size=0), release=releases.address
    )
    releases.offer(one, has={"llama-b1.tar.gz": main, "cudart-b1.tar.gz": cuda})
    async with running() as desk:
        assert (await desk.info()).size_bytes == 0
        await desk.got()
        assert (await desk.job()).total_size_bytes == len(main) + len(cuda)
        assert (folder() / "cpu-b1" / "libcudart.so.12").exists()


async def test_a_cut_line_goes_on_where_it_was(releases: Releases) -> None:
    content = tar_of({**FILES, "noise": os.urandom(3 * MIB)})
    releases.offer_one(content)
    releases.stand.wrong.cuts = [MIB // 2, MIB + 5]
    async with running() as desk:
        await desk.got()
    assert sum(asked.sent for asked in releases.stand.downloads()) < 2 * len(content)


async def test_a_restart_goes_on(releases: Releases) -> None:
    releases.offer_one(tar_of({**FILES, "noise": os.urandom(3 * MIB)}))
    releases.stand.hold(after=MIB)
    async with running() as desk:
        await desk.runtimes.get_runtime("cpu-b1")
        job = await desk.job("cpu-b1", "downloading")
        assert (await desk.info()).state == "downloading"
        assert (await desk.info()).job_id == job.job_id
        assert (await desk.downloads.pause(job.job_id or "")).state == "paused"
    releases.stand.release()
    with closing(sqlite3.connect(app_paths().data / "downloads.sqlite")) as database:
        [(record,)] = database.execute("SELECT record FROM jobs").fetchall()
    assert '"kind": "runtime"' in record
    async with running() as desk:
        again = await desk.job("cpu-b1", "paused")
        assert again.kind == "runtime"
        await desk.downloads.resume(again.job_id or "")
        await desk.job("cpu-b1", "completed")
        assert (await desk.info()).state == "installed"


async def test_a_download_that_is_cancelled_leaves_nothing(releases: Releases) -> None:
    releases.offer_one(tar_of({**FILES, "noise": os.urandom(3 * MIB)}))
    releases.stand.hold(after=MIB)
    async with running() as desk:
        await desk.runtimes.get_runtime("cpu-b1")
        job = await desk.job("cpu-b1", "downloading")
        await desk.downloads.cancel(job.job_id or "")
        assert names() == []
        assert (await desk.info()).state == "available"
        releases.stand.release()
        assert (await desk.got()).state == "installed"


def _bad_archives() -> dict[str, tuple[bytes, dict[str, Any], str]]:
    good = tar_of(FILES)
    return {
        "damaged": (good[:-1] + b"x", {"sha256": asset("x", good)["sha256"]}, "is not what the list of runtimes says"),
        "zip slip": (zip_of({**FILES, "../../../escaped": b"x"}), {"name": "llama-b1.zip"}, "leads out of it"),
        "truncated": (good[: len(good) // 2], {}, "is not used"),
        "of another program": (tar_of({"ollama": EXECUTABLE}), {}, "no llama-server"),
    }


@pytest.mark.parametrize("name", list(_bad_archives()))
async def test_what_is_no_runtime_is_refused_and_the_old_one_stays(
    releases: Releases, tmp_path: Path, name: str
) -> None:
    content, other, words = _bad_archives()[name]
    old = tar_of({"llama-server": b"old"})
    file = other.pop("name", "llama-b1.tar.gz")
    releases.offer(
        entry(asset(file, content, **other), release=releases.address),
        entry(asset("old.tar.gz", old), id="old-b0", release=releases.address),
        has={file: content, "old.tar.gz": old},
    )
    async with running() as desk:
        await desk.got("old-b0")
        await desk.runtimes.get_runtime("cpu-b1")
        job = await desk.job("cpu-b1", "failed")
        assert words in job.message
        assert job.hint
        found = await desk.info()
        assert (found.state, found.problem, found.hint) == ("available", job.message, job.hint)
        assert (await desk.info("old-b0")).state == "installed"
        await desk.downloads.cancel(job.job_id or "")
    assert names() == ["old-b0"]
    assert (folder() / "old-b0" / "llama-server").read_bytes() == b"old"
    assert not list(app_paths().data.rglob("escaped*"))


async def test_a_release_that_is_gone_is_said_so(releases: Releases) -> None:
    releases.offer(entry(asset("llama-b1.tar.gz", b"x", size=0), release=releases.address), has={"other": b"x"})
    async with running() as desk:
        with pytest.raises(AppError, match=r"does not give llama-b1.tar.gz \(status 404\)"):
            await desk.runtimes.get_runtime("cpu-b1")
    releases.offer(entry(asset("llama-b1.tar.gz", b"x"), release=releases.address), has={"other": b"x"})
    async with running() as desk:
        await desk.runtimes.get_runtime("cpu-b1")
        job = await desk.job("cpu-b1", "failed")
        assert "does not give llama-b1.tar.gz (status 404)" in job.message
        assert "newer list" in job.hint


async def test_what_is_for_another_machine_is_refused(releases: Releases) -> None:
    releases.offer(
        entry(id="windows-b1", platform="windows-arm64"),
        entry(id="new-b1", glibc="99.1"),
        entry(id="cuda-b1", backend="cuda13", driver="580", toolkit="13.4", compute="7.5"),
        has={},
    )
    async with running() as desk:
        for name, kind in (("windows-b1", NotFoundError), ("nothing", NotFoundError), ("new-b1", RequestError)):
            with pytest.raises(kind):
                await desk.runtimes.get_runtime(name)
        listed = {one.id: one for one in (await desk.runtimes.runtimes()).runtimes}
        assert set(listed) == {BUNDLED, "new-b1", "cuda-b1"}
        assert not listed["new-b1"].fits
        assert "glibc 99.1" in listed["new-b1"].reason
        with pytest.raises(RequestError, match="does not fit this machine.*glibc 99.1"):
            await desk.runtimes.get_runtime("new-b1")
        assert (await desk.downloads.all()).jobs == []
    assert names() == []


@pytest.fixture
def proxy() -> Iterator[StandProxy]:
    with stand_proxy() as proxy:
        yield proxy


async def test_offline_nothing_is_asked_and_it_waits(releases: Releases, proxy: StandProxy) -> None:
    sized = entry(asset("llama-b1.tar.gz", b"x"), release="https://release.example/b1/")
    unsized = entry(asset("llama-b2.tar.gz", b"x", size=0), id="cpu-b2", release="https://release.example/b2/")
    releases.offer(sized, unsized, has={})
    async with running(offline=True, proxy_mode="manual", proxy_address=proxy.address) as desk:
        await desk.runtimes.get_runtime("cpu-b1")
        job = await desk.job("cpu-b1", "offline")
        assert "Work offline" in job.hint
        with pytest.raises(OfflineError):
            await desk.runtimes.get_runtime("cpu-b2")
        with pytest.raises(OfflineError):
            await desk.runtimes.refresh_runtimes("https://release.example/list.json")
        assert proxy.connections == 0
        entries = await NetworkApi(desk.client).connections()
        assert {(one.purpose, one.result, one.host) for one in entries} == {("runtime", "blocked", "release.example")}
        proxy.refused = 503
        await ServerApi(desk.client).change_settings({"offline": False})
        await until(lambda: proxy.asked, "the proxy to be asked")
        assert proxy.asked[0] == "release.example:443"


async def test_a_newer_list_comes_only_when_it_is_asked_for(releases: Releases) -> None:
    releases.offer_one(tar_of(FILES))
    newer = list_of(entry(id="cpu-b2", name="newer"), date="2031-01-01")
    pages = releases.stand.pages
    pages |= {"/list.json": newer, "/list.json.sig": signed(newer).encode()}
    address = f"{releases.stand.endpoint}/list.json"
    async with running() as desk:
        await desk.got()
        assert not [one for one in releases.stand.asked if "list" in one.path]
        found = await desk.runtimes.refresh_runtimes(address)
        assert (found.manifest, [one.id for one in found.runtimes]) == ("2031-01-01", [BUNDLED, "cpu-b1", "cpu-b2"])
        older = list_of(entry(), date="2030-06-01")
        for content, signature, words in (
            (older, signed(older), "older"),
            (newer.replace(b"2031", b"2039"), signed(newer), "not signed"),
            (newer, "", "not signed"),
            (b"x" * (MIB + 1), signed(newer), "too large"),
        ):
            pages |= {"/list.json": content, "/list.json.sig": signature.encode()}
            with pytest.raises(RequestError, match=words):
                await desk.runtimes.refresh_runtimes(address)
        for odd in ("file:///etc/passwd", "nonsense", "http://[::1/x", "http://a:99999/x", "http://:5/x"):
            with pytest.raises(RequestError, match="is no address of the web"):
                await desk.runtimes.refresh_runtimes(odd)
        for away in (f"{releases.stand.endpoint}/gone.json", "http://me:secret@127.0.0.1:1/x"):
            with pytest.raises(AppError) as caught:
                await desk.runtimes.refresh_runtimes(away)
            assert "secret" not in f"{caught.value} {caught.value.details}"
        assert (await desk.runtimes.runtimes()).manifest == "2031-01-01"
    async with running() as desk:
        assert (await desk.runtimes.runtimes()).manifest == "2031-01-01"


@pytest.fixture
def trials(monkeypatch: pytest.MonkeyPatch) -> type[StandTrials]:
    return use_trials(monkeypatch)


async def _events(desk: Desk, runtime_id: str = "cpu-b1") -> list[RuntimeEvent]:
    return [event async for event in desk.runtimes.test_runtime(runtime_id)]


async def test_none_is_used_that_was_not_proved_and_one_click_leads_back(
    releases: Releases, trials: type[StandTrials]
) -> None:
    releases.offer_one(tar_of(FILES))
    async with running() as desk:
        with pytest.raises(RequestError, match=r"not downloaded yet. Get it first"):
            await _events(desk)
        with pytest.raises(RequestError, match="not downloaded yet"):
            await desk.runtimes.use_runtime("cpu-b1")
        with pytest.raises(NotFoundError):
            await _events(desk, "nothing")
        await desk.got()
        with pytest.raises(RequestError, match="not been tested"):
            await desk.runtimes.use_runtime("cpu-b1")
        trials.proof = RuntimeProof(passed=False, problem="It dies of an illegal instruction.", hint="Get another one.")
        [*_, last] = await _events(desk)
        assert last.result
        assert (last.result.state, last.result.problem) == ("failed", "It dies of an illegal instruction.")
        with pytest.raises(RequestError, match="illegal instruction"):
            await desk.runtimes.use_runtime("cpu-b1")
        trials.proof = RuntimeProof(passed=True, tokens_per_second=12.5)
        events = await _events(desk)
        assert (events[0].type, events[-1].type) == ("runtime.progress", "runtime.result")
        assert events[-1].result
        assert events[-1].result.state == "ready"
        used = await desk.runtimes.use_runtime("cpu-b1")
        assert used.in_use
        with pytest.raises(RequestError, match="in use"):
            await desk.runtimes.remove_runtime("cpu-b1")
    async with running() as desk:
        assert (await desk.info()).in_use
        assert not (await desk.info(BUNDLED)).in_use
        assert (await desk.runtimes.use_runtime(BUNDLED)).in_use
        await desk.runtimes.remove_runtime("cpu-b1")
        assert names() == []
        assert (await desk.info()).state == "available"
        assert (await desk.got()).state == "installed", "and once more"


async def test_none_is_removed_that_something_needs(releases: Releases, trials: type[StandTrials]) -> None:
    releases.offer_one(tar_of(FILES))
    async with running() as desk:
        await desk.got()
        with pytest.raises(RequestError, match="bundled runtime stays"):
            await desk.runtimes.remove_runtime(BUNDLED)
        for name in ("nothing", "..", "../models", "%2e%2e"):
            with pytest.raises(NotFoundError):
                await desk.runtimes.remove_runtime(name)
        trials.loading = True
        with pytest.raises(RequestError, match="being loaded with"):
            await desk.runtimes.remove_runtime("cpu-b1")
        trials.loading = False
        trials.hold = asyncio.Event()
        proving = asyncio.create_task(_events(desk))
        await until(lambda: _is_proving(desk), "the proof to begin")
        with pytest.raises(RequestError, match="being tested"):
            await desk.runtimes.remove_runtime("cpu-b1")
        with pytest.raises(RequestError, match="is being tested"):
            await _events(desk, BUNDLED)
        proving.cancel()
        await asyncio.wait([proving])
        trials.hold.set()
        await until(lambda: _is_idle(desk), "the proof to be given up")
        await desk.runtimes.remove_runtime("cpu-b1")
        assert names() == []


async def _is_proving(desk: Desk) -> bool:
    return (await desk.info()).state == "proving"


async def _is_idle(desk: Desk) -> bool:
    return (await desk.info()).state != "proving"


async def test_one_of_a_person_s_own_is_added_and_forgotten(trials: type[StandTrials], tmp_path: Path) -> None:
    mine = tmp_path / "build" / "llama-server"
    mine.parent.mkdir()
    mine.write_bytes(EXECUTABLE)
    mine.chmod(0o755)
    async with running() as desk:
        added = await desk.runtimes.add_runtime(str(mine), "mine", ["10.0.0.2:50052"])
        assert (added.own, added.name, added.rpc, added.state) == (True, "mine", ["10.0.0.2:50052"], "installed")
        found = {one.id: one for one in await desk.runtimes.runtime_devices()}
        assert [one.id for one in found[BUNDLED].devices] == ["CPU"]
        assert (found[added.id].problem, found[added.id].hint) == ("It does not begin.", "Get another.")
        await desk.runtimes.remove_runtime(added.id)
        assert mine.exists()
        with pytest.raises(RequestError):
            await desk.runtimes.add_runtime(str(tmp_path / "nothing"))


async def test_a_download_really_becomes_what_models_run_on(releases: Releases, tmp_path: Path) -> None:
    """Its archive holds an executable that answers as llama-server does: proved, used, loaded with, and gone again."""
    write_stand(tmp_path / "made")
    files = {file.name: file.read_bytes() for file in (tmp_path / "made").iterdir()}
    releases.offer_one(tar_of(files))
    async with running(default_context_length=512) as desk:
        models, chat = ModelsApi(desk.client), ChatApi(desk.client)
        await desk.got()
        [*progress, last] = await _events(desk)
        assert {event.stage for event in progress} >= {"load", "processor"}
        assert last.result
        assert last.result.proof
        assert last.result.proof.passed, last.result.proof
        assert (last.result.state, last.result.build) == ("ready", "b1")
        assert (await desk.runtimes.use_runtime("cpu-b1")).in_use
        await models.load(LoadRequest(model=STARTER))
        reply = await chat.complete(ChatRequest(model=STARTER, input="Hi", max_output_tokens=4, store=False))
        assert reply.stats.total_output_tokens == 4
        assert (await desk.runtimes.runtimes()).fallback == ""
        await desk.runtimes.use_runtime(BUNDLED)
        with pytest.raises(RequestError, match=rf"{STARTER} is loaded with {re.escape(NAME)}. Unload it first"):
            await desk.runtimes.remove_runtime("cpu-b1")
        assert names() == ["cpu-b1"]
        await models.unload(STARTER)
        await desk.runtimes.remove_runtime("cpu-b1")
        assert names() == []


async def test_what_dies_here_is_found_out_and_the_bundled_one_stays(releases: Releases, tmp_path: Path) -> None:
    write_stand(tmp_path / "made", at_load="illegal")
    files = {file.name: file.read_bytes() for file in (tmp_path / "made").iterdir()}
    releases.offer_one(tar_of(files))
    async with running() as desk:
        await desk.got()
        [*_, last] = await _events(desk)
        assert last.result
        assert last.result.state == "failed"
        assert last.result.problem
        assert last.result.hint
        with pytest.raises(RequestError):
            await desk.runtimes.use_runtime("cpu-b1")
        assert (await desk.info(BUNDLED)).in_use
        await desk.runtimes.remove_runtime("cpu-b1")


async def test_a_record_that_says_of_no_runtime_fails_in_words(releases: Releases) -> None:
    releases.offer_one(tar_of(FILES))
    releases.stand.hold()
    async with running() as desk:
        await desk.runtimes.get_runtime("cpu-b1")
        await desk.job("cpu-b1", "downloading")
    releases.stand.release()
    with closing(sqlite3.connect(app_paths().data / "downloads.sqlite")) as database:
        [(record,)] = database.execute("SELECT record FROM jobs").fetchall()
        changed = json.dumps(json.loads(record) | {"entry": '{"id": "../../elsewhere"}'})
        database.execute("UPDATE jobs SET record = ?", (changed,))
        database.commit()
    async with running() as desk:
        job = await desk.job("cpu-b1", "failed")
        assert "of a runtime, but not of which" in job.message
        assert not list(app_paths().data.rglob("*elsewhere*"))
        assert (await desk.got()).state == "installed", "it can be had anew"
