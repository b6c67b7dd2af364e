"""What is on the disk, and what can be done with it, as extensions: details, verifying, moving."""

import asyncio
import logging
import os
import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Response

from studiolo.api.inventory import (
    FileDetails,
    Inventory,
    ModelDetails,
    ModelFolder,
    MoveModelRequest,
    StoredModel,
    VerifyRequest,
    WorkEvent,
)
from studiolo.errors import AppError, RequestError
from studiolo.server.chat.turn import error_info
from studiolo.server.downloads.disk import disk_of, free_bytes, total_bytes
from studiolo.server.downloads.service import DownloadService
from studiolo.server.downloads.verification import Checker
from studiolo.server.engine.pool import InstancePool
from studiolo.server.http.bodies import CheckedRoute
from studiolo.server.http.error_bodies import NATIVE_ERRORS
from studiolo.server.http.progress_stream import watched
from studiolo.server.http.server import EXTENSION
from studiolo.server.http.sse import event_stream
from studiolo.server.library.gguf import GgufError, LongArray, LongText, read_header
from studiolo.server.library.moving import Move, plan_move
from studiolo.server.library.naming import printable
from studiolo.server.library.places import repository_at
from studiolo.server.library.scan import Library, LibraryModel
from studiolo.server.library.usage import Usage

logger = logging.getLogger(__name__)

_MOST_TEXT = 20_000


def inventory_routes(pool: InstancePool, library: Library, downloads: DownloadService, usage: Usage) -> APIRouter:
    """Beside those of http.library."""
    router = APIRouter(prefix="/api/v1/models", responses=NATIVE_ERRORS, route_class=CheckedRoute)
    checker = Checker(downloads.sources, downloads.queue, downloads.blocks)

    @router.get("/inventory", openapi_extra=EXTENSION)
    async def inventory() -> Inventory:
        """Every model on disk, each quantization by itself, and the folders that they are in."""
        models = await pool.models()
        loaded = {
            model.path: [instance.id for instance in pool.instances if instance.model.path == model.path]
            for model in models
        }
        incoming = {
            job.path: job.downloaded_bytes or 0
            for job in (await downloads.queue.overview()).jobs
            if job.state != "completed"
        }
        return await asyncio.to_thread(_inventory, models, library, loaded, usage, incoming)

    @router.get("/details/{key:path}", openapi_extra=EXTENSION)
    async def details(key: str) -> ModelDetails:
        """What the header of a model says."""
        model = await _any_model(library, pool, key)
        files = _files(model)
        hashes = await checker.known(files)
        return await asyncio.to_thread(_details, model, files, hashes)

    @router.post("/verify", openapi_extra=EXTENSION)
    async def verify(body: VerifyRequest) -> Response:
        """Read all of a model's files and compare them with what was downloaded; how far it is comes as events."""
        model = await _any_model(library, pool, body.model)
        return event_stream(_verify(checker, model))

    @router.post("/move", openapi_extra=EXTENSION)
    async def move(body: MoveModelRequest) -> Response:
        """Move a model to another of the folders; how far it is comes as events."""
        model = await pool.find_model(body.model)
        pool.ensure_not_loaded(model)
        home, folder = _home(model, library), _folder(body.folder, library)
        plan = await asyncio.to_thread(plan_move, model, home, folder, library.incoming)
        return event_stream(_move(plan, pool, checker, usage))

    return router


async def _any_model(library: Library, pool: InstancePool, key: str) -> LibraryModel:
    """Broken ones, too. Raises NotFoundError."""
    return await asyncio.to_thread(library.find, key) or await pool.find_model(key)


def _files(model: LibraryModel) -> list[Path]:
    return [*model.files, *model.companions]


def _folder(path: str, library: Library) -> Path:
    for folder in library.folders:
        if folder == Path(path):
            return folder
    raise RequestError(
        f"{path} is none of the folders for models.",
        param="folder",
        code="invalid_value",
        hint="The setting model_folders has them.",
    )


def _home(model: LibraryModel, library: Library) -> Path:
    """The models folder that a model is in; its own folder for one of another program."""
    homes = [folder for folder in library.folders if folder in model.path.parents]
    return max(homes, key=lambda folder: len(folder.parts), default=model.path.parent)


def _inventory(
    models: list[LibraryModel],
    library: Library,
    loaded: dict[Path, list[str]],
    usage: Usage,
    incoming: dict[str, int],
) -> Inventory:
    stored = [
        _stored(model, printable(str(_home(model, library))), loaded[model.path], usage.of(model.path))
        for model in models
    ]
    folders = []
    for number, path in enumerate(library.folders):
        inside = [model for model in stored if model.folder == str(path)]
        coming = [count for file, count in incoming.items() if file and path in Path(file).parents]
        folders.append(_described(path, usual=number == 0, models=inside, incoming=sum(coming)))
    return Inventory(models=stored, folders=folders)


def _stored(model: LibraryModel, folder: str, loaded: list[str], last_used: str | None) -> StoredModel:
    return StoredModel(
        key=model.key,
        type=model.kind,
        display_name=model.display_name,
        publisher=model.publisher,
        architecture=model.architecture,
        quantization=model.quantization.name if model.quantization else None,
        parameters=model.params_string,
        size_bytes=sum(_size(file) for file in _files(model)),
        max_context_length=model.max_context_length,
        files=len(model.files),
        path=printable(str(model.path)),
        folder=folder,
        origin=model.origin,
        last_used=last_used,
        loaded=loaded,
        error=model.error,
    )


def _described(path: Path, *, usual: bool, models: list[StoredModel], incoming: int) -> ModelFolder:
    try:
        missing = not usual and not os.access(path, os.R_OK)
        return ModelFolder(
            path=str(path),
            disk=str(disk_of(path)),
            usual=usual,
            missing=missing,
            models_bytes=sum(model.size_bytes for model in models),
            incoming_bytes=incoming,
            free_bytes=free_bytes(path),
            total_bytes=total_bytes(path),
        )
    except OSError as error:
        logger.info("%s can't be looked at: %s", path, error)
        return ModelFolder(path=str(path), usual=usual, missing=True)


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0


def _details(model: LibraryModel, files: list[Path], hashes: dict[Path, str]) -> ModelDetails:
    """Raises RequestError for a header that can't be read."""
    try:
        header = read_header(model.path)
    except GgufError as error:
        message = f"The header of '{model.key}' can't be read: {error}"
        raise RequestError(message, param="model", code="invalid_value") from error
    return ModelDetails(
        key=model.key,
        files=[
            FileDetails(path=printable(str(file)), size_bytes=_size(file), sha256=hashes.get(file)) for file in files
        ],
        version=header.version,
        tensor_count=header.tensor_count,
        parameters=header.parameters,
        tensors=dict(sorted(header.bytes_by_type.items(), key=lambda entry: -entry[1])),
        metadata={name: _told(value) for name, value in header.metadata.items()},
    )


def _told(value: Any) -> str:
    if isinstance(value, LongArray | LongText):
        return f"[{value.length}]"
    text = ", ".join(map(_told, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= _MOST_TEXT else f"{text[:_MOST_TEXT]}…"


async def _verify(checker: Checker, model: LibraryModel) -> AsyncGenerator[WorkEvent, None]:
    files = _files(model)
    expected = await checker.expected(files, repository_at(model.path, model.publisher, model.origin))
    events = watched(
        lambda progress, stop: checker.check(expected, files, progress, stop),
        progressed=_progressed,
        ended=lambda verdict: WorkEvent(type="work.result", verdict=verdict.word, files=verdict.files),
        failed=_failed,
    )
    async with aclosing(events):
        async for event in events:
            yield event


async def _move(plan: Move, pool: InstancePool, checker: Checker, usage: Usage) -> AsyncGenerator[WorkEvent, None]:
    known = await checker.known([step.source for step in plan.steps])

    def work(progress: Callable[[float], None], stop: threading.Event) -> None:
        for entry in plan.carry_out(progress, stop, lambda: pool.ensure_not_loaded(plan.model)):
            if sha256 := known.get(entry.source) or entry.sha256:
                checker.remember(entry.target, sha256)
            usage.moved(entry.source, entry.target)

    events = watched(
        work, progressed=_progressed, ended=lambda _: WorkEvent(type="work.result", progress=1.0), failed=_failed
    )
    async with aclosing(events):
        async for event in events:
            yield event


def _progressed(fraction: float) -> WorkEvent:
    return WorkEvent(type="work.progress", progress=fraction)


def _failed(error: AppError) -> WorkEvent:
    return WorkEvent(type="error", error=error_info(error))
