"""Downloads of a server: spec section 4 and, of one of our own, the whole queue."""

from collections.abc import AsyncGenerator
from urllib.parse import quote

from pydantic import ValidationError

from studiolo.api.base import Answer
from studiolo.api.downloads import (
    DownloadEvent,
    DownloadInfo,
    DownloadList,
    DownloadRequest,
    FileSelection,
    MoveRequest,
)
from studiolo.api.hub import HubChoice, HubDetails
from studiolo.client.client import Client

_JOBS = "/api/v1/models/download"


class DownloadsApi:
    """The queue of the server that a Client talks to. Raises what the Client raises.

    Beyond `start` and `status` that is NotFoundError for LM Studio.
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    async def start(
        self, model: str, quantization: str | None = None, *, selection: FileSelection | None = None
    ) -> DownloadInfo:
        """Start a download, or join the one of the same files. A plain LM Studio server's answer has fewer facts.

        Args:
            model: A catalog id, a repository or a link.
            quantization: Which one of it, with a link only; None for the usual one.
            selection: The files of it, instead; for servers with the capability DOWNLOAD_FILES.
        """
        request = DownloadRequest(model=model, quantization=quantization, selection=selection)
        return await self._client.request_json("POST", _JOBS, DownloadInfo, request)

    async def status(self, job_id: str) -> DownloadInfo:
        """Return how far a download is, from any server."""
        return await self._client.request_json("GET", f"{_JOBS}/status/{quote(job_id, safe='')}", DownloadInfo)

    async def all(self) -> DownloadList:
        """Return every job, in the order of the queue."""
        return await self._client.request_json("GET", _JOBS, DownloadList)

    def follow(self) -> AsyncGenerator[DownloadEvent, None]:
        """Return all jobs, and then each that changes."""
        return self._client.stream_json(f"{_JOBS}/events", DownloadEvent)

    async def pause(self, job_id: str) -> DownloadInfo:
        """Stop a job until it is resumed."""
        return await self._client.request_json("POST", _job(job_id, "pause"), DownloadInfo)

    async def resume(self, job_id: str) -> DownloadInfo:
        """Go on with a paused or failed job."""
        return await self._client.request_json("POST", _job(job_id, "resume"), DownloadInfo)

    async def cancel(self, job_id: str) -> None:
        """Forget a job, and what came of it unless it is complete."""
        await self._client.request_json("POST", _job(job_id, "cancel"), Answer)

    async def move(self, job_id: str, before: str | None) -> DownloadInfo:
        """Put a job before another in the queue, or, for None, at its end."""
        return await self._client.request_json("POST", _job(job_id, "move"), DownloadInfo, MoveRequest(before=before))


def selection_of(details: HubDetails, choice: HubChoice) -> FileSelection | None:
    """Return the files of a choice, for a download to name; None where they were not told, or can't be named."""
    try:
        return FileSelection(repository=details.repository, revision=details.revision, files=choice.paths)
    except ValidationError:
        return None


def _job(job_id: str, action: str) -> str:
    return f"{_JOBS}/{quote(job_id, safe='')}/{action}"
