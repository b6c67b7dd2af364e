"""From what somebody asks for to files and where they may be had: the catalog, the hub, other servers."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from studiolo.api.settings import ServerSettings
from studiolo.errors import NotFoundError, RequestError
from studiolo.hub.belonging import quantization_of
from studiolo.hub.catalog import CatalogKeeper, CatalogModel
from studiolo.hub.choices import Choice, choose
from studiolo.hub.filenames import is_projector, quantization_in_name, target_of
from studiolo.hub.huggingface import HuggingFace, Repository, endpoint_in_force, gated, token_in_force
from studiolo.hub.links import ModelName, parse_model_name
from studiolo.server.downloads.jobs.job import Job, JobFile
from studiolo.server.downloads.jobs.job_run import Source
from studiolo.server.downloads.transfer.hub_responses import RemoteFile

SHARED_FILE = "/api/v1/models/file"
_PEER_PATIENCE = 2


@dataclass(frozen=True)
class Order:
    """The job that was asked for. there: its files are all on the disk already."""

    job: Job
    there: bool


class Sources:
    """folder: where models go, `<owner>/<repository>/`."""

    def __init__(self, folder: Path, settings: Callable[[], ServerSettings], catalog: CatalogKeeper) -> None:
        self._folder = folder
        self._settings = settings
        self._catalog = catalog

    def hub(self) -> HuggingFace:
        """Return the hub of today's settings, to be entered. Raises RequestError for an address that is none."""
        settings = self._settings()
        return HuggingFace(endpoint_in_force(settings.hub_endpoint), _hub_token(settings))

    async def find(self, name: ModelName) -> tuple[Repository, CatalogModel | None]:
        """Return the repository that a name means, and what the catalog says of it. Raises AppErrors."""
        catalog = (await self._catalog.current()).catalog
        entry = None if name.link else catalog.find(name.name)
        async with self.hub() as hub:
            try:
                return await hub.repository((entry and entry.repository) or name.name, name.revision), entry
            except NotFoundError as error:
                # A name that means nothing is a bad request (spec section 5).
                raise RequestError(error.message, param="model", code="model_not_found", hint=error.hint) from error

    async def order(self, model: str, quantization: str | None) -> Order:
        """Return what is to be fetched for `model`. Raises AppErrors."""
        name = parse_model_name(model, endpoint_in_force(self._settings().hub_endpoint))
        if quantization and not name.link:
            raise RequestError(
                "A quantization goes with a link only.",
                param="quantization",
                code="invalid_value",
                hint=f"Ask for {name.name}@{quantization.lower()}.",
            )
        repository, entry = await self.find(name)
        self._check_gate(repository)
        choice, note = chosen(repository, quantization or name.quantization, name.file)
        job = self.job(repository, choice, model=entry.id if entry else repository.id, note=note)
        return await asyncio.to_thread(_with_what_is_there, job)

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
        """Return the job with the files that its repository has today. Raises AppErrors."""
        async with self.hub() as hub:
            repository = await hub.repository(job.repository)
        choice, _ = chosen(repository, job.quantization, job.files[-1].path)
        fresh = self.job(repository, choice, model=job.model)
        return replace(job, files=fresh.files, revision=fresh.revision)

    def of(self, job: Job, file: JobFile) -> list[Source]:
        """Return where a file may be had, the best first. Raises RequestError for a hub's address that is none."""
        settings = self._settings()
        sources = []
        if settings.copy_from_peers and file.sha256:
            for address in settings.download_peers:
                home = (address if "://" in address else f"http://{address}").rstrip("/")
                token = settings.download_peer_token or None
                url = f"{home}{SHARED_FILE}/{file.sha256}"
                sources.append(
                    Source(RemoteFile(url, home, job.repository, file.size, file.sha256, token), _PEER_PATIENCE)
                )
        hub = endpoint_in_force(settings.hub_endpoint)
        url = HuggingFace.file_url(hub, job.repository, job.revision, file.path)
        token = _hub_token(settings)
        return [*sources, Source(RemoteFile(url, hub, job.repository, file.size, file.sha256, token))]

    def _check_gate(self, repository: Repository) -> None:
        if repository.gated and not _hub_token(self._settings()):
            raise gated(endpoint_in_force(self._settings().hub_endpoint), repository.id)


def _hub_token(settings: ServerSettings) -> str | None:
    return token_in_force(settings.hub_token, settings.hub_endpoint)


def chosen(repository: Repository, quantization: str | None, file: str | None = None) -> tuple[Choice, str]:
    """Return the choice that has `file`, or that of a quantization, or the usual one, and a remark.

    Raises RequestError.
    """
    offered = repository.choices
    for choice in offered:
        if any(part.path == file for part in choice.files):
            return choice, ""
    return choose(offered, quantization or (quantization_of(file) if file else None))


def _with_what_is_there(job: Job) -> Order:
    preexisting = [file for file in job.files if Path(file.target).exists()]
    whole = [file for file in preexisting if Path(file.target).stat().st_size == file.size]
    return Order(
        replace(job, preexisting=tuple(file.target for file in preexisting)), there=len(whole) == len(job.files)
    )
