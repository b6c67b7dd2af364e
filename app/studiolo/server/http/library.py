"""Models on the disk, as extensions: removed, and taken in from elsewhere."""

import asyncio
import logging
import threading
from collections.abc import AsyncGenerator
from pathlib import Path

from fastapi import APIRouter, Response

from studiolo.api.models import EstimateRequest, ImportEvent, ImportRequest, MemoryEstimate
from studiolo.errors import AppError, RequestError
from studiolo.server.chat.turn import error_info
from studiolo.server.engine.instance import LoadOptions
from studiolo.server.engine.pool import Pool
from studiolo.server.http.dialects import NATIVE_ERRORS
from studiolo.server.http.extensions import EXTENSION
from studiolo.server.http.sse import event_stream
from studiolo.server.library.importing import Import, plan_import
from studiolo.server.library.removal import remove_model

logger = logging.getLogger(__name__)


def library_routes(pool: Pool, folder: Path) -> APIRouter:
    """folder: the models folder of our own."""
    router = APIRouter(prefix="/api/v1/models", responses=NATIVE_ERRORS)

    @router.post("/import", openapi_extra=EXTENSION)
    async def import_file(body: ImportRequest) -> Response:
        """Take a GGUF file of this machine into the models; how far it is comes as events."""
        plan = await asyncio.to_thread(plan_import, Path(body.path), body.how, body.name, folder)
        return event_stream(_carry_out(plan))

    @router.post("/estimate", openapi_extra=EXTENSION)
    async def estimate(body: EstimateRequest) -> MemoryEstimate:
        """How much memory a load would take, and how much is free."""
        options = LoadOptions(context_length=body.context_length, eval_batch_size=body.eval_batch_size)
        return pool.estimate(await pool.find_model(body.model), options)

    @router.delete("/{key:path}", openapi_extra=EXTENSION, status_code=204)
    async def remove(key: str) -> Response:
        """Delete a model's files. One that is loaded, or belongs to another program, is not deleted."""
        model = await pool.find_model(key)
        loaded = [instance.id for instance in pool.instances if instance.model.path == model.path]
        if loaded:
            raise RequestError(
                f"'{model.key}' is loaded.",
                param="model",
                code="model_loaded",
                hint=f"Unload {' and '.join(loaded)} first.",
            )
        await asyncio.to_thread(remove_model, model)
        return Response(status_code=204)

    return router


async def _carry_out(plan: Import) -> AsyncGenerator[ImportEvent, None]:
    """The events of an import. It is given up when nobody listens any more."""
    stop, fraction = threading.Event(), 0.0

    def progress(now: float) -> None:
        nonlocal fraction
        fraction = now

    work = asyncio.create_task(asyncio.to_thread(plan.carry_out, progress, stop))
    try:
        while not work.done():
            yield ImportEvent(type="import.progress", progress=fraction)
            await asyncio.wait([work], timeout=0.25)
        work.result()
        yield ImportEvent(type="import.result", key=plan.key)
    except AppError as error:
        yield ImportEvent(type="error", error=error_info(error))
    finally:
        stop.set()
        await asyncio.wait([work])
        if failure := work.exception():
            logger.info("an import ended early: %r", failure)
