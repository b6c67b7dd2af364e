"""All that a person can have done with runtimes: list, get, prove, use, remove them; what the routes are made of."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from studiolo.api.downloads import DownloadInfo
from studiolo.api.runtimes import (
    BUNDLED,
    RuntimeDevice,
    RuntimeEvent,
    RuntimeInfo,
    RuntimeList,
    RuntimeProof,
    RuntimeState,
)
from studiolo.errors import AppError, NotFoundError, ProtocolError, RequestError
from studiolo.server.chat.turn import error_info
from studiolo.server.downloads.jobs.job import Job, JobFile
from studiolo.server.downloads.runtime_files import RuntimeFiles
from studiolo.server.downloads.service import DownloadService
from studiolo.server.engine.build import engine_version
from studiolo.server.engine.contract import Engine
from studiolo.server.engine.pool import InstancePool
from studiolo.server.library.scan import LibraryModel
from studiolo.server.machine.graphics import Graphics
from studiolo.server.runtimes.detection.facts import MachineFacts, facts_in_words, look_at_machine, platform_name
from studiolo.server.runtimes.install import RuntimeInstaller
from studiolo.server.runtimes.manifest import MOST_MANIFEST_BYTES, ManifestKeeper, RuntimeEntry
from studiolo.server.runtimes.offer import choose, judge, needs_of
from studiolo.server.runtimes.registry import RuntimeRegistry
from studiolo.server.runtimes.runtime import Runtime

logger = logging.getLogger(__name__)

_MOST_SIGNATURE_BYTES = 1000
_MOST_TRIAL_BYTES = 4 * 10**9
"""A larger model takes too long to prove anything by."""


OnStage = Callable[[str, float], None]
"""Told the stage of a proof, and how much of all is done, 0 to 1."""


class RuntimeProver(Protocol):
    """What tries runtimes, in a process of their own and within a time. Raises AppErrors where they can't be tried."""

    async def prove(self, runtime: Runtime, model: LibraryModel, on_stage: OnStage) -> RuntimeProof:
        """Return what was found with a model; that the runtime fails is found, and raised by nobody."""
        ...

    async def devices_of(self, runtime: Runtime) -> list[RuntimeDevice]:
        """Return what a runtime says that it can compute on."""
        ...

    def runtime_of(self, engine: Engine) -> str:
        """Return the id of the runtime that a loaded model runs on."""
        ...

    def is_loading_with(self, runtime_id: str) -> bool:
        """Return whether a model is being loaded with a runtime just now."""
        ...


@dataclass(frozen=True)
class _Known:
    """What is known while a list is made."""

    facts: MachineFacts
    entries: dict[str, RuntimeEntry]
    offered: str | None
    jobs: dict[str, DownloadInfo]
    in_use: str


class RuntimeDesk:
    """The runtimes of one server, here and to be had. All methods raise AppErrors."""

    def __init__(
        self,
        registry: RuntimeRegistry,
        manifest: ManifestKeeper,
        installer: RuntimeInstaller,
        downloads: DownloadService,
        files: RuntimeFiles,
        pool: InstancePool,
        prover: RuntimeProver,
    ) -> None:
        self._registry = registry
        self._manifest = manifest
        self._installer = installer
        self._downloads = downloads
        self._files = files
        self._pool = pool
        self._prover = prover
        self._graphics: Graphics | None = None
        self._proving: str | None = None

    async def clean_up(self) -> None:
        """Remove what a server that was killed left of runtimes. Before the first download goes on."""
        jobs = await self._jobs()
        under_way = [runtime_id for runtime_id, job in jobs.items() if job.status != "completed"]
        await asyncio.to_thread(self._installer.clean_up, under_way)

    async def listing(self) -> RuntimeList:
        """Return the runtimes that are here, and those that can be downloaded for this machine."""
        known = await self._look()
        here = await asyncio.to_thread(self._here, known)
        there = {one.id for one in here}
        others = [self._available(entry, known) for entry in known.entries.values() if entry.id not in there]
        others.sort(key=lambda one: (not one.offered, not one.fits))
        return RuntimeList(
            runtimes=[*here, *others],
            fallback=self._registry.fallback,
            manifest=self._manifest.current.date,
            machine=facts_in_words(known.facts),
        )

    async def devices(self) -> RuntimeList:
        """Return the runtimes that are here, each with the devices that it finds itself."""
        listed = await self.listing()
        found = []
        for info in listed.runtimes:
            if info.state == "available" or info.state == "downloading":
                continue
            runtime = await asyncio.to_thread(self._registry.get, info.id)
            try:
                found.append(info.model_copy(update={"devices": await self._prover.devices_of(runtime)}))
            except AppError as error:
                found.append(info.model_copy(update={"problem": error.message, "hint": error.hint}))
        return listed.model_copy(update={"runtimes": found})

    async def get(self, runtime_id: str) -> RuntimeInfo:
        """Have a runtime downloaded, if it is not here yet. Nothing uses it by that."""
        if not await self._is_here(runtime_id):
            entry = await asyncio.to_thread(self._manifest.find, runtime_id, platform_name())
            verdict = judge(entry, await self._facts())
            if not verdict.fits:
                raise RequestError(
                    f"{entry.name} does not fit this machine. {verdict.reason}", param="id", code="runtime_does_not_fit"
                )
            await self._downloads.queue.add(await self._job(entry))
        return await self._info(runtime_id)

    async def use(self, runtime_id: str) -> RuntimeInfo:
        """Have models loaded with a runtime from now on. Those that are loaded stay as they are."""
        await self._runtime(runtime_id)
        await asyncio.to_thread(self._registry.choose, runtime_id)
        return await self._info(runtime_id)

    async def add(self, path: str, name: str | None, rpc: list[str]) -> RuntimeInfo:
        """Have an executable or a folder of a person's own be a runtime."""
        runtime = await asyncio.to_thread(self._registry.add, path, name, rpc)
        return await self._info(runtime.id)

    async def remove(self, runtime_id: str) -> None:
        """Remove a runtime: what was downloaded from the disk, of one's own only that it is known."""
        try:
            runtime, chosen = await asyncio.to_thread(lambda: (self._registry.get(runtime_id), self._registry.chosen))
        except NotFoundError:
            # One of a person's own whose files are gone is still known.
            await asyncio.to_thread(self._registry.remove_own, runtime_id)
            return
        self._check_removable(runtime, chosen)
        if runtime.own:
            await asyncio.to_thread(self._registry.remove_own, runtime_id)
            return
        await asyncio.to_thread(self._installer.remove, runtime_id)

    async def refresh(self, address: str) -> RuntimeList:
        """Have a newer list of what can be downloaded in force, from an address that a person gave."""
        try:
            content = await self._files.content_of(address, MOST_MANIFEST_BYTES)
            signature = await self._files.content_of(f"{address}.sig", _MOST_SIGNATURE_BYTES)
            await asyncio.to_thread(self._manifest.replace, content, signature.decode("ascii", errors="replace"))
        except ProtocolError as error:
            # Whoever asked named the address: trying again would change nothing.
            raise RequestError(
                error.message, param="address", code="runtime_list_refused", hint=error.hint, details=error.details
            ) from error
        return await self.listing()

    async def prove(self, runtime_id: str) -> AsyncGenerator[RuntimeEvent, None]:
        """Prove a runtime and tell how far that is; closing the iterator gives it up.

        That the runtime fails is its result, an error only what kept it from being tried.
        """
        try:
            runtime = await self._runtime(runtime_id)
            model = self._trial_model(await self._pool.models())
            with self._proving_one(runtime):
                proving = asyncio.create_task(self._proof(runtime, model, stages := _Stages()))
                proving.add_done_callback(lambda _: stages.end())
                try:
                    async for stage, progress in stages:
                        yield RuntimeEvent(stage=stage, progress=progress)
                    await proving
                finally:
                    proving.cancel()
                    await asyncio.wait([proving])
            yield RuntimeEvent(type="runtime.result", progress=1.0, result=await self._info(runtime_id))
        except AppError as error:
            yield RuntimeEvent(type="error", error=error_info(error))

    # -- what is known

    async def _look(self) -> _Known:
        facts = await self._facts()
        entries = await asyncio.to_thread(self._manifest.of_platform, facts.platform)
        offered = choose(entries, facts)
        if self._registry.fallback:
            await asyncio.to_thread(self._registry.rescan)  # What was gone may be back.
        in_use = BUNDLED if self._registry.fallback else (await asyncio.to_thread(lambda: self._registry.chosen)).id
        return _Known(
            facts=facts,
            entries={entry.id: entry for entry in entries},
            offered=offered.id if offered else None,
            jobs=await self._jobs(),
            in_use=in_use,
        )

    async def _facts(self) -> MachineFacts:
        return await asyncio.to_thread(self._look_at_machine)

    def _look_at_machine(self) -> MachineFacts:
        self._graphics = self._graphics or Graphics()
        return look_at_machine(self._graphics)

    async def _jobs(self) -> dict[str, DownloadInfo]:
        """The downloads of runtimes, by the id of what each makes."""
        listed = await self._downloads.queue.overview()
        return {Path(job.folder).name: job for job in listed.jobs if job.kind == "runtime"}

    async def _info(self, runtime_id: str) -> RuntimeInfo:
        for info in (await self.listing()).runtimes:
            if info.id == runtime_id:
                return info
        raise NotFoundError(f"No runtime '{runtime_id[:60]}' is known here.", what="runtime", param="id")

    async def _runtime(self, runtime_id: str) -> Runtime:
        """A runtime that is here. Raises NotFoundError, RequestError for one that could be."""
        try:
            return await asyncio.to_thread(self._registry.get, runtime_id)
        except NotFoundError:
            entry = await asyncio.to_thread(self._manifest.find, runtime_id, platform_name())
            raise RequestError(
                f"{entry.name} was not downloaded yet.", param="id", code="runtime_not_here", hint="Get it first."
            ) from None

    async def _is_here(self, runtime_id: str) -> bool:
        return any(one.id == runtime_id for one in await asyncio.to_thread(self._registry.all))

    def _here(self, known: _Known) -> list[RuntimeInfo]:
        return [self._installed(runtime, known) for runtime in self._registry.all()]

    def _installed(self, runtime: Runtime, known: _Known) -> RuntimeInfo:
        entry, proof = known.entries.get(runtime.id), self._registry.proof_of(runtime.id)
        verdict = judge(entry, known.facts) if entry else None
        failed = proof is not None and not proof.passed
        state: RuntimeState = "failed" if failed else "ready" if proof or runtime.id == BUNDLED else "installed"
        return RuntimeInfo(
            id=runtime.id,
            name=runtime.name,
            kind=runtime.kind,
            build=runtime.build or (engine_version() if runtime.id == BUNDLED else ""),
            backend=runtime.backend,
            state="proving" if runtime.id == self._proving else state,
            own=runtime.own,
            in_use=runtime.id == known.in_use,
            offered=runtime.id == known.offered,
            fits=verdict.fits if verdict else True,
            reason=verdict.reason if verdict else "",
            needs=needs_of(entry) if entry else "",
            folder=str(runtime.folder or ""),
            licence=runtime.licence,
            size_bytes=0 if runtime.own or runtime.id == BUNDLED else self._installer.size_of(runtime.id),
            rpc=list(runtime.rpc),
            devices=proof.devices if proof else [],
            problem=proof.problem if proof and failed else "",
            hint=proof.hint if proof and failed else "",
            proof=proof,
        )

    def _available(self, entry: RuntimeEntry, known: _Known) -> RuntimeInfo:
        verdict, job = judge(entry, known.facts), known.jobs.get(entry.id)
        under_way = job is not None and job.state not in ("completed", "failed")
        told = job is not None and job.state != "completed"
        return RuntimeInfo(
            id=entry.id,
            name=entry.name,
            build=entry.build,
            backend=entry.backend,
            state="downloading" if under_way else "available",
            offered=entry.id == known.offered,
            fits=verdict.fits,
            reason=verdict.reason,
            needs=needs_of(entry),
            licence=entry.licence,
            size_bytes=(job.total_size_bytes or 0) if job and under_way else entry.size_bytes,
            downloaded_bytes=job.downloaded_bytes if job and under_way else None,
            job_id=job.job_id if job and told else None,
            problem=job.message if job and told else "",
            hint=job.hint if job and told else "",
        )

    # -- what is done

    async def _job(self, entry: RuntimeEntry) -> Job:
        files = []
        for asset in entry.assets:
            url = entry.url_of(asset)
            size = asset.size or await self._files.size_of(url)
            target = self._installer.archive(entry, asset.name)
            files.append(JobFile(asset.name, str(target), size, asset.sha256, url))
        return Job(
            entry.name,
            repository="",
            revision="",
            quantization=None,
            files=tuple(files),
            note=f"Licence: {entry.licence}.",
            page=entry.release.replace("/download/", "/tag/").rstrip("/"),
            kind="runtime",
            entry=entry.model_dump_json(),
        )

    def _check_removable(self, runtime: Runtime, chosen: Runtime) -> None:
        """Raise RequestError for a runtime that somebody or something needs."""
        if runtime.id == BUNDLED:
            raise RequestError("The bundled runtime stays: all others fall back to it.", param="id")
        if runtime.id == self._proving:
            raise RequestError(f"{runtime.name} is being tested.", param="id", hint="Wait until that is over.")
        if chosen.id == runtime.id:
            raise RequestError(
                f"{runtime.name} is in use.", param="id", code="runtime_in_use", hint="Use another one first."
            )
        if self._prover.is_loading_with(runtime.id):
            raise RequestError(
                f"A model is being loaded with {runtime.name}.",
                param="id",
                code="runtime_in_use",
                hint="Use another one, and unload the model.",
            )
        if loaded := [one.id for one in self._pool.instances if self._prover.runtime_of(one.engine) == runtime.id]:
            raise RequestError(
                f"{', '.join(loaded)} is loaded with {runtime.name}.",
                param="id",
                code="runtime_in_use",
                hint="Unload it first.",
            )

    async def _proof(self, runtime: Runtime, model: LibraryModel, stages: "_Stages") -> None:
        proof = await self._prover.prove(runtime, model, stages.tell)
        await asyncio.to_thread(self._registry.note_proof, runtime.id, proof)

    @contextmanager
    def _proving_one(self, runtime: Runtime) -> Iterator[None]:
        """One at a time: each loads a model, and is measured."""
        if self._proving:
            raise RequestError(
                f"{self._proving} is being tested.", param="id", code="runtime_busy", hint="Wait until that is over."
            )
        self._proving = runtime.id
        try:
            yield
        finally:
            self._proving = None

    @staticmethod
    def _trial_model(models: list[LibraryModel]) -> LibraryModel:
        """The model that a runtime is proved with: the one that comes along, else the smallest that chats."""
        fitting = [one for one in models if one.kind == "llm" and not one.error and one.size_bytes <= _MOST_TRIAL_BYTES]
        if not fitting:
            raise RequestError("There is no small model to test with.", hint="Download one of less than 4 GB first.")
        return min(fitting, key=lambda one: (one.origin != "starter", one.size_bytes))


class _Stages:
    """The stages that a proof told, for one who listens; of several in between the last."""

    def __init__(self) -> None:
        self._last = ("devices", 0.0)
        self._ended = False
        self._changed = asyncio.Event()
        self._changed.set()

    def tell(self, stage: str, progress: float) -> None:
        self._last = (stage, progress)
        self._changed.set()

    def end(self) -> None:
        self._ended = True
        self._changed.set()

    async def __aiter__(self) -> AsyncIterator[tuple[str, float]]:
        while not self._ended:
            await self._changed.wait()
            self._changed.clear()
            if not self._ended:
                yield self._last
