"""Models on the disk, as extensions: removed, and taken in from elsewhere."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

from fastapi import APIRouter, Response

from studiolo.api.models import EstimateRequest, ImportEvent, ImportRequest, MemoryEstimate
from studiolo.server.chat.turn import error_info
from studiolo.server.engine.instance import LoadOptions
from studiolo.server.engine.pool import InstancePool
from studiolo.server.http.bodies import CheckedRoute
from studiolo.server.http.error_bodies import NATIVE_ERRORS
from studiolo.server.http.progress_stream import watched
from studiolo.server.http.server import EXTENSION
from studiolo.server.http.sse import event_stream
from studiolo.server.library.importing import Import, plan_import
from studiolo.server.library.removal import remove_model
from studiolo.server.library.scan import Library


def library_routes(pool: InstancePool, library: Library, folder: Path) -> APIRouter:
    """folder: the models folder of our own."""
    router = APIRouter(prefix="/api/v1/models", responses=NATIVE_ERRORS, route_class=CheckedRoute)

    @router.post("/import", openapi_extra=EXTENSION)
    async def import_file(body: ImportRequest) -> Response:
        """Take a GGUF file of this machine into the models; how far it is comes as events."""
        plan = await asyncio.to_thread(plan_import, Path(body.path), body.how, body.name, folder)
        return event_stream(_carry_out(plan))

    @router.post("/estimate", openapi_extra=EXTENSION)
    async def estimate(body: EstimateRequest) -> MemoryEstimate:
        """How much memory a load would take, and how much is free."""
        options = LoadOptions(
            context_length=body.context_length, eval_batch_size=body.eval_batch_size, parallel=body.parallel
        )
        return pool.estimate(await pool.find_model(body.model), options)

    @router.delete("/{key:path}", openapi_extra=EXTENSION, status_code=204)
    async def remove(key: str, trash: bool = False) -> Response:
        """Delete a model's files, for good or into the machine's trash.

        One that is loaded, or belongs to another program, is not deleted.
        """
        model = await pool.find_model(key)
        pool.ensure_not_loaded(model)
        await asyncio.to_thread(remove_model, model, library.incoming, trash=trash)
        return Response(status_code=204)

    return router


def _carry_out(plan: Import) -> AsyncGenerator[ImportEvent, None]:
    """The events of an import. It is given up when nobody listens any more."""
    return watched(
        plan.carry_out,
        progressed=lambda fraction: ImportEvent(type="import.progress", progress=fraction),
        ended=lambda _: ImportEvent(type="import.result", key=plan.key),
        failed=lambda error: ImportEvent(type="error", error=error_info(error)),
    )
