"""Downloads: spec section 4 and, beyond it, the queue, and files for other servers."""

import asyncio
import re
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse

from studiolo.api.base import EXTENSION
from studiolo.api.downloads import DownloadInfo, DownloadJob, DownloadList, DownloadRequest, MoveRequest
from studiolo.api.settings import ServerSettings
from studiolo.errors import NotFoundError
from studiolo.server.downloads.service import DownloadService
from studiolo.server.downloads.sources import SHARED_FILE
from studiolo.server.http.bodies import CheckedRoute
from studiolo.server.http.error_bodies import NATIVE_ERRORS
from studiolo.server.http.sse import event_stream

_RANGES: dict[int | str, dict[str, Any]] = {
    206: {"description": "A part"},
    416: {"description": "There is no such part"},
}
_JOB = "/api/v1/models/download/{job_id}"


def download_routes(downloads: DownloadService, settings: Callable[[], ServerSettings]) -> APIRouter:
    """Return the routes under `/api/v1/models/download`, and that of shared files."""
    router = APIRouter(responses=NATIVE_ERRORS, route_class=CheckedRoute)
    queue, blocks = downloads.queue, downloads.blocks

    @router.post("/api/v1/models/download", response_model_exclude_none=True)
    async def download(body: DownloadRequest) -> DownloadInfo | DownloadJob:
        """Start a download, or join the one of the same files."""
        order = await downloads.sources.order(body)
        if order.there and not queue.is_fetching(order.job):
            return DownloadJob(status="already_downloaded")
        return await queue.add(order.job)

    @router.get("/api/v1/models/download/status/{job_id}", response_model_exclude_none=True)
    async def status(job_id: str) -> DownloadInfo:
        """How far a download is."""
        return queue.get(job_id)

    @router.get("/api/v1/models/download", openapi_extra=EXTENSION)
    async def all_jobs() -> DownloadList:
        """Every job, in the order of the queue."""
        return await queue.overview()

    @router.get("/api/v1/models/download/events", openapi_extra=EXTENSION)
    async def follow() -> Response:
        """All jobs, and then each that changes, as events, until the client leaves."""
        return event_stream(queue.follow())

    @router.post(f"{_JOB}/pause", openapi_extra=EXTENSION)
    async def pause(job_id: str) -> DownloadInfo:
        """Stop a job until it is resumed."""
        return await queue.pause(job_id)

    @router.post(f"{_JOB}/resume", openapi_extra=EXTENSION)
    async def resume(job_id: str) -> DownloadInfo:
        """Go on with a paused job; one that waits tries again now."""
        return await queue.resume(job_id)

    @router.post(f"{_JOB}/retry", openapi_extra=EXTENSION)
    async def retry(job_id: str) -> DownloadInfo:
        """Try a failed job again, from where it was."""
        return await queue.resume(job_id)

    @router.post(f"{_JOB}/cancel", openapi_extra=EXTENSION, status_code=204)
    async def cancel(job_id: str) -> Response:
        """Forget a job, and what came of it unless it is complete."""
        await queue.cancel(job_id)
        return Response(status_code=204)

    @router.post(f"{_JOB}/move", openapi_extra=EXTENSION)
    async def move(job_id: str, body: MoveRequest) -> DownloadInfo:
        """Put a job before another in the queue, or at its end."""
        return await queue.move(job_id, body.before)

    @router.get(f"{SHARED_FILE}/{{sha256}}", openapi_extra=EXTENSION, responses=_RANGES)
    async def shared_file(sha256: str) -> Response:
        """A file with this hash, for another server, in ranges too."""
        path = None
        if settings().share_models and re.fullmatch(r"[0-9a-f]{64}", sha256):
            path = await asyncio.to_thread(blocks.file_with, sha256)
        if path is None:
            raise NotFoundError("No such file is shared here.", what="model", param="sha256")
        return FileResponse(path, media_type="application/octet-stream", headers={"X-Linked-Etag": f'"{sha256}"'})

    return router
