"""Models: listed, loaded and unloaded (spec section 3); as extensions, what is on the disk and what is done with it."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from pathlib import Path

from fastapi import APIRouter, Request, Response

from studiolo.api import events
from studiolo.api.base import EXTENSION, Answer
from studiolo.api.load_dials import LoadDials
from studiolo.api.models import (
    EstimateRequest,
    ImportEvent,
    ImportRequest,
    Inventory,
    LoadOptionsBody,
    LoadRequest,
    LoadResponse,
    MemoryEstimate,
    ModelDetails,
    ModelList,
    MoveModelRequest,
    UnloadRequest,
    UnloadResponse,
    VerifyRequest,
    WorkEvent,
)
from studiolo.errors import AccessError, AppError, NotFoundError, RequestError
from studiolo.server.chat.turn import error_info
from studiolo.server.downloads.service import DownloadService
from studiolo.server.downloads.verification import Checker
from studiolo.server.engine.instance import Loading, LoadOptions
from studiolo.server.engine.pool import InstancePool
from studiolo.server.engine.upstream.instance import UpstreamInstance
from studiolo.server.engine.upstream.service import UpstreamService
from studiolo.server.http.access import may_administer
from studiolo.server.http.bodies import CheckedRoute
from studiolo.server.http.error_bodies import NATIVE_ERRORS
from studiolo.server.http.model_answers import details_answer, files_of, home_of, inventory_answer, list_models
from studiolo.server.http.progress_stream import watched
from studiolo.server.http.routing import EVENT_STREAM, json_answer
from studiolo.server.http.sse import event_stream, unless_gone
from studiolo.server.http.upstream_answers import loaded_elsewhere, refuse_unload, remote_entries
from studiolo.server.library.importing import Import, plan_import
from studiolo.server.library.moving import Move, plan_move
from studiolo.server.library.places import repository_at
from studiolo.server.library.removal import remove_model
from studiolo.server.library.scan import Library, LibraryModel
from studiolo.server.library.usage import Usage


def model_routes(
    pool: InstancePool,
    library: Library,
    downloads: DownloadService,
    usage: Usage,
    folder: Path,
    upstreams: UpstreamService,
) -> APIRouter:
    """Return the routes under `/api/v1/models`, but for those of downloads.

    Args:
        pool: The instances.
        library: The models on the disk.
        downloads: What is on its way to it.
        usage: When models were used last.
        folder: The models folder of our own.
        upstreams: The models of other machines.
    """
    router = APIRouter(prefix="/api/v1/models", responses=NATIVE_ERRORS, route_class=CheckedRoute)
    checker = Checker(downloads.sources, downloads.queue, downloads.blocks)

    @router.get("", response_model=ModelList)
    async def models() -> Response:
        """Every model on disk, with its loaded instances, and those of other machines."""
        on_disk = await pool.models()
        listed = list_models(on_disk, pool.instances, pool.sampling)
        here = {model.key for model in on_disk}
        listed.models = sorted([*listed.models, *remote_entries(upstreams.listed(here))], key=lambda entry: entry.key)
        return json_answer(listed)

    @router.post("/load", response_model=LoadResponse, responses=EVENT_STREAM)
    async def load(body: LoadRequest, request: Request) -> Response:
        """Load a model. Extension: with `Accept: text/event-stream` the load's progress is streamed."""
        try:
            loading = await _begin_load(pool, body, request)
        except NotFoundError:
            if (elsewhere := upstreams.find(body.model)) is None:
                raise
            return _load_elsewhere(elsewhere, body, request)
        if "text/event-stream" in request.headers.get("accept", ""):
            return event_stream(_load_events(loading, body))
        return await unless_gone(request, _whole_load(loading, body))

    @router.post("/unload", response_model=UnloadResponse)
    async def unload(body: UnloadRequest) -> Response:
        """Unload one instance."""
        try:
            await pool.unload(body.instance_id)
        except NotFoundError:
            refuse_unload(upstreams.find, body.instance_id)
            raise
        return json_answer(UnloadResponse(instance_id=body.instance_id))

    @router.post("/import", openapi_extra=EXTENSION)
    async def import_file(body: ImportRequest) -> Response:
        """Take a GGUF file of this machine into the models; how far it is comes as events."""
        plan = await asyncio.to_thread(plan_import, Path(body.path), body.how, body.name, folder)
        return event_stream(_import(plan))

    @router.post("/estimate", openapi_extra=EXTENSION)
    async def estimate(body: EstimateRequest, request: Request) -> MemoryEstimate:
        """How much memory a load would take, and how much is free."""
        return await pool.estimate(await pool.find_model(body.model), LoadOptions(_dials(body, request)))

    @router.delete("/{key:path}", openapi_extra=EXTENSION, status_code=204)
    async def remove(key: str, trash: bool = False) -> Response:
        """Delete a model's files, for good or into the machine's trash.

        One that is loaded, or belongs to another program, is not deleted.
        """
        model = await pool.find_model(key)
        pool.ensure_not_loaded(model)
        await asyncio.to_thread(remove_model, model, library.incoming, trash=trash)
        return Response(status_code=204)

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
        return await asyncio.to_thread(inventory_answer, models, library, loaded, usage, incoming)

    @router.get("/details/{key:path}", openapi_extra=EXTENSION)
    async def details(key: str) -> ModelDetails:
        """What the header of a model says."""
        model = await _any_model(library, pool, key)
        files = files_of(model)
        hashes = await checker.known(files)
        return await asyncio.to_thread(details_answer, model, files, hashes)

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
        home, folder = home_of(model, library), _folder(body.folder, library)
        plan = await asyncio.to_thread(plan_move, model, home, folder, library.incoming)
        return event_stream(_move(plan, pool, checker, usage))

    return router


async def _begin_load(pool: InstancePool, body: LoadRequest, request: Request) -> Loading:
    model = await pool.find_model(body.model)
    return pool.load(model, LoadOptions(_dials(body, request), identifier=body.identifier))


def _dials(body: LoadOptionsBody, request: Request) -> LoadDials:
    """Return what a request chose. Raises AccessError for files of the disk that are not for who asks."""
    drafter = body.draft_model if body.draft_model and Path(body.draft_model).is_absolute() else None
    if (body.loras or drafter) and not may_administer(request):
        raise AccessError(
            "A path on the server's disk takes the permission 'admin'.",
            status=403,
            param="draft_model" if drafter else "loras",
            hint="Name a drafter by its key, or keep adapters in the model's defaults.",
        )
    return LoadDials.model_validate({name: getattr(body, name) for name in LoadDials.model_fields})


def _load_elsewhere(instance: UpstreamInstance, body: LoadRequest, request: Request) -> Response:
    """Answer at once: another machine has the model, and loads it when it is asked."""
    result = loaded_elsewhere(instance, body)
    if "text/event-stream" not in request.headers.get("accept", ""):
        return json_answer(result)

    async def told() -> AsyncGenerator[Answer, None]:
        yield events.ModelLoadStart(model_instance_id=instance.id)
        yield events.ModelLoadEnd(model_instance_id=instance.id, load_time_seconds=0.0)
        yield events.ModelLoadResult(result=result)

    return event_stream(told())


async def _load_events(loading: Loading, body: LoadRequest) -> AsyncGenerator[Answer, None]:
    yield events.ModelLoadStart(model_instance_id=loading.id)
    try:
        async with aclosing(loading.progress()) as progress:
            async for fraction in progress:
                yield events.ModelLoadProgress(model_instance_id=loading.id, progress=fraction)
    except AppError as error:
        yield events.ErrorEvent(error=error_info(error))
        return
    result = _loaded(loading, body)
    yield events.ModelLoadProgress(model_instance_id=loading.id, progress=1.0)
    yield events.ModelLoadEnd(model_instance_id=loading.id, load_time_seconds=result.load_time_seconds)
    yield events.ModelLoadResult(result=result)


async def _whole_load(loading: Loading, body: LoadRequest) -> Response:
    async with aclosing(loading.progress()) as progress:
        async for _ in progress:
            pass
    return json_answer(_loaded(loading, body))


def _loaded(loading: Loading, body: LoadRequest) -> LoadResponse:
    instance = loading.instance()
    return LoadResponse(
        type=instance.model.kind,
        instance_id=instance.id,
        load_time_seconds=instance.load_seconds,
        load_config=instance.config if body.echo_load_config else None,
    )


def _import(plan: Import) -> AsyncGenerator[ImportEvent, None]:
    """The events of an import. It is given up when nobody listens any more."""
    return watched(
        plan.carry_out,
        progressed=lambda fraction: ImportEvent(type="import.progress", progress=fraction),
        ended=lambda _: ImportEvent(type="import.result", key=plan.key),
        failed=lambda error: ImportEvent(type="error", error=error_info(error)),
    )


async def _any_model(library: Library, pool: InstancePool, key: str) -> LibraryModel:
    """Broken ones, too. Raises NotFoundError."""
    return await asyncio.to_thread(library.find, key) or await pool.find_model(key)


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


async def _verify(checker: Checker, model: LibraryModel) -> AsyncGenerator[WorkEvent, None]:
    files = files_of(model)
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
