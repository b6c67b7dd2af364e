"""From what somebody asks for to files and where they may be had: the catalog, the hub, other servers."""

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from studiolo.api.downloads import DownloadRequest, FileSelection
from studiolo.api.settings import ServerSettings
from studiolo.errors import NotFoundError, OfflineError, RequestError
from studiolo.hub.belonging import quantization_of
from studiolo.hub.catalog import CatalogKeeper, CatalogModel
from studiolo.hub.choices import Choice, choose
from studiolo.hub.filenames import is_projector, quantization_in_name, target_of
from studiolo.hub.huggingface import (
    HuggingFace,
    Repository,
    endpoint_in_force,
    gated,
    is_repository,
    token_in_force,
)
from studiolo.hub.links import ModelName, parse_model_name
from studiolo.network.network import Network, Purpose
from studiolo.server.downloads.jobs.job import Job, JobFile
from studiolo.server.downloads.jobs.job_run import Source
from studiolo.server.downloads.transfer.hub_responses import RemoteFile

SHARED_FILE = "/api/v1/models/file"
_PEER_PATIENCE = 2
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_MOST_SEEN = 16
_MOST_NAMED = 5
"""Files that a message names."""

_Key = tuple[str, str | None, str, str]
"""The hub, the token that it was asked with, the repository and the commit."""


@dataclass(frozen=True)
class Order:
    """The job that was asked for. there: its files are all on the disk already."""

    job: Job
    there: bool


class Sources:
    """folder: where models go, `<owner>/<repository>/`. network: the way to all of them."""

    def __init__(
        self, folder: Path, settings: Callable[[], ServerSettings], catalog: CatalogKeeper, network: Network
    ) -> None:
        self._folder = folder
        self._settings = settings
        self._catalog = catalog
        self._network = network
        self._seen: dict[_Key, Repository] = {}
        """The repositories that were looked at last, oldest first."""

    def hub(self) -> HuggingFace:
        """Return the hub of today's settings, to be entered. Raises RequestError for an address that is none."""
        settings = self._settings()
        return HuggingFace(endpoint_in_force(settings.hub_endpoint), _hub_token(settings), network=self._network)

    def refusal(self) -> OfflineError | None:
        """Return why the hub may not be asked now; None where it may.

        Raises RequestError for an address that is none.
        """
        return self._network.refusal(endpoint_in_force(self._settings().hub_endpoint), Purpose("download"))

    def permits(self, job: Job) -> bool:
        """Return whether whoever has the files of a job may be asked now.

        Raises RequestError for a hub's address that is none.
        """
        if job.kind == "runtime":
            return all(self._network.permits(file.url, Purpose("runtime")) for file in job.files)
        return self.refusal() is None

    async def find(self, name: ModelName) -> tuple[Repository, CatalogModel | None]:
        """Return the repository that a name means, and what the catalog says of it. Raises AppErrors."""
        catalog = (await self._catalog.current()).catalog
        entry = None if name.link else catalog.find(name.name)
        async with self.hub() as hub:
            try:
                found = await hub.repository((entry and entry.repository) or name.name, name.revision)
                return self._remember(hub, found), entry
            except NotFoundError as error:
                # A name that means nothing is a bad request (spec section 5).
                raise RequestError(error.message, param="model", code="model_not_found", hint=error.hint) from error

    async def order(self, request: DownloadRequest) -> Order:
        """Return what is to be fetched, by the files that are named, or else by the model's name. Raises AppErrors."""
        name = parse_model_name(request.model, endpoint_in_force(self._settings().hub_endpoint))
        if request.selection:
            job = await self._job_of_files(request.selection, name, request.quantization)
        else:
            job = await self._job_of_name(name, request.quantization)
        return await asyncio.to_thread(_with_what_is_there, job)

    async def _job_of_name(self, name: ModelName, quantization: str | None) -> Job:
        if quantization and not name.link:
            raise RequestError(
                "A quantization goes with a link only.",
                param="quantization",
                code="invalid_value",
                hint=f"Ask for {name.name}@{quantization.lower()}.",
            )
        repository, entry = await self.find(name)
        self._check_gate(repository)
        preferred = self._settings().preferred_quantization
        choice, note = chosen(repository, quantization or name.quantization, name.file, preferred=preferred)
        return self.job(repository, choice, model=entry.id if entry else repository.id, note=note)

    async def _job_of_files(self, selection: FileSelection, name: ModelName, quantization: str | None) -> Job:
        if quantization or name.quantization:
            raise RequestError(
                "The files that are named say which quantization it is.", param="quantization", code="invalid_value"
            )
        repository = await self._repository_of(selection)
        model = await self._called(name, repository)
        self._check_gate(repository)
        return self.job(repository, selected(repository, selection.files), model=model)

    async def _repository_of(self, selection: FileSelection) -> Repository:
        """Return the repository at the revision of a selection, which its hub is asked for where nobody looked yet."""
        if not is_repository(selection.repository):
            raise RequestError(
                f"{selection.repository[:200]!r} is not the name of a repository.",
                param="selection.repository",
                code="invalid_value",
            )
        try:
            async with self.hub() as hub:
                if known := self._seen.get(_key(hub, selection.repository, selection.revision)):
                    return known
                return self._remember(hub, await hub.repository(selection.repository, selection.revision))
        except NotFoundError as error:
            raise RequestError(error.message, param="selection", code="model_not_found", hint=error.hint) from error

    async def _called(self, name: ModelName, repository: Repository) -> str:
        """Return what the model of a repository is called, for somebody who calls it `name`.

        Raises RequestError for the name of another.
        """
        entry = None if name.link else (await self._catalog.current()).catalog.find(name.name)
        if entry and (entry.repository or entry.id).lower() == repository.id.lower():
            return entry.id
        if name.name.lower() == repository.id.lower():
            return repository.id
        # A repository that was renamed has two names.
        found, entry = await self.find(name)
        if found.id != repository.id:
            raise RequestError(
                f"The files are named of {repository.id}, and '{name.name}' is {found.id}.",
                param="selection.repository",
                code="invalid_value",
            )
        return entry.id if entry else found.id

    def _remember(self, hub: HuggingFace, repository: Repository) -> Repository:
        """Keep what a commit has, which never changes, for whoever looks at it and then downloads of it."""
        if _COMMIT.fullmatch(repository.revision):
            self._seen[_key(hub, repository.id, repository.revision)] = repository
            while len(self._seen) > _MOST_SEEN:
                del self._seen[next(iter(self._seen))]
        return repository

    def job(self, repository: Repository, choice: Choice, *, model: str, note: str = "") -> Job:
        """Return the job for one choice.

        Raises RequestError for names that would leave the folder, or without a size.
        """
        folder = target_of(self._folder, repository.id)
        names = Counter(PurePosixPath(file.path).name.lower() for file in repository.files)
        files = []
        for file in sorted(choice.files, key=lambda file: not is_projector(file.path)):
            target = target_of(folder, file.path)
            alone = quantization_in_name(target.stem) or not quantization_of(file.path)
            if names[target.name.lower()] == 1 and alone:
                # A folder that alone says which quantization it is stays.
                target = folder / target.name
            if not file.size:
                raise RequestError(f"The hub does not say how large {file.path} is.", param="model")
            files.append(JobFile(file.path, str(target), file.size, file.sha256))
        page = f"{endpoint_in_force(self._settings().hub_endpoint)}/{repository.id}"
        return Job(model, repository.id, repository.revision, choice.quantization, tuple(files), note, page=page)

    async def renewed(self, job: Job) -> Job:
        """Return the job with the files that its repository has today. Raises AppErrors.

        Those of a runtime never change: the list of runtimes has their hashes.
        """
        if job.kind == "runtime":
            return job
        async with self.hub() as hub:
            repository = await hub.repository(job.repository)
        choice, _ = chosen(repository, job.quantization, job.files[-1].path)
        fresh = self.job(repository, choice, model=job.model)
        return replace(job, files=fresh.files, revision=fresh.revision)

    def of(self, job: Job, file: JobFile) -> list[Source]:
        """Return where a file may be had, the best first. Raises RequestError for a hub's address that is none."""
        settings = self._settings()
        if file.url:
            there = RemoteFile(
                file.url, file.url, job.model, file.size, file.sha256, network=self._network, reason="runtime"
            )
            return [Source(there)]
        sources = []
        if settings.copy_from_peers and file.sha256:
            for address in settings.download_peers:
                home = (address if "://" in address else f"http://{address}").rstrip("/")
                token = settings.download_peer_token or None
                url = f"{home}{SHARED_FILE}/{file.sha256}"
                there = RemoteFile(
                    url, home, job.repository, file.size, file.sha256, token, network=self._network, reason="peer"
                )
                sources.append(Source(there, _PEER_PATIENCE))
        hub = endpoint_in_force(settings.hub_endpoint)
        url = HuggingFace.file_url(hub, job.repository, job.revision, file.path)
        token = _hub_token(settings)
        there = RemoteFile(url, hub, job.repository, file.size, file.sha256, token, network=self._network)
        return [*sources, Source(there)]

    def _check_gate(self, repository: Repository) -> None:
        if repository.gated and not _hub_token(self._settings()):
            raise gated(endpoint_in_force(self._settings().hub_endpoint), repository.id)


def _key(hub: HuggingFace, repository: str, revision: str) -> _Key:
    return hub.endpoint, hub.token, repository.lower(), revision


def _hub_token(settings: ServerSettings) -> str | None:
    return token_in_force(settings.hub_token, settings.hub_endpoint)


def chosen(
    repository: Repository, quantization: str | None, file: str | None = None, *, preferred: str = ""
) -> tuple[Choice, str]:
    """Return the choice that has `file`, or that of a quantization, or the usual one, and a remark.

    Raises RequestError.

    Args:
        repository: What offers them.
        quantization: What is asked for.
        file: One of the choice's files.
        preferred: The quantization that is usual; empty for the recommended one.
    """
    offered = repository.choices
    for choice in offered:
        if any(part.path == file for part in choice.files):
            return choice, ""
    return choose(offered, quantization or (quantization_of(file) if file else None), preferred)


def selected(repository: Repository, files: Sequence[str]) -> Choice:
    """Return the choice that is made of exactly these files.

    Raises RequestError, which says what is wrong with them.
    """
    offered = repository.choices
    for choice in offered:
        if sorted(file.path for file in choice.files) == sorted(files):
            return choice
    there = {file.path for file in repository.files}
    if missing := next((path for path in files if path not in there), None):
        raise RequestError(
            f"{missing[:200]!r} is not among the files of {repository.id} at {repository.revision}.",
            param="selection.files",
            code="invalid_value",
        )
    nearest = next((choice for choice in offered if any(file.path in files for file in choice.files)), None)
    names = [file.path for file in nearest.files] if nearest else []
    more = " and others" if len(names) > _MOST_NAMED else ""
    raise RequestError(
        f"These files are not one model of {repository.id}.",
        param="selection.files",
        code="invalid_value",
        hint=f"One is {', '.join(names[:_MOST_NAMED])}{more}, each once." if names else "None of them is a model.",
    )


def _with_what_is_there(job: Job) -> Order:
    preexisting = [file for file in job.files if Path(file.target).exists()]
    whole = [file for file in preexisting if Path(file.target).stat().st_size == file.size]
    return Order(
        replace(job, preexisting=tuple(file.target for file in preexisting)), there=len(whole) == len(job.files)
    )
