"""Downloads, the hub and the models folder of one of our own servers, beyond the documented API."""

from collections.abc import AsyncGenerator
from urllib.parse import quote, urlencode

from studiolo.api.base import Answer
from studiolo.api.downloads import DownloadEvent, DownloadInfo, DownloadList, DownloadRequest, MoveRequest
from studiolo.api.hub import HubDetails, HubSearch
from studiolo.api.inventory import Inventory, ModelDetails, MoveModelRequest, VerifyRequest, WorkEvent
from studiolo.api.models import ImportEvent, ImportRequest
from studiolo.client.client import Client

_JOBS = "/api/v1/models/download"
_HUB = "/api/v1/hub/models"


class DownloadsApi:
    """The extensions of a server, over a Client of it. Raises what the Client raises; NotFoundError for LM Studio."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def start(self, model: str, quantization: str | None = None) -> DownloadInfo:
        """Start a download, or join the one of the same files. A plain LM Studio server's answer has fewer facts."""
        request = DownloadRequest(model=model, quantization=quantization)
        return await self._client.request_json("POST", _JOBS, DownloadInfo, request)

    async def status(self, job_id: str) -> DownloadInfo:
        """How far a download is, from any server."""
        return await self._client.request_json("GET", f"{_JOBS}/status/{quote(job_id, safe='')}", DownloadInfo)

    async def all(self) -> DownloadList:
        """Every job, in the order of the queue."""
        return await self._client.request_json("GET", _JOBS, DownloadList)

    def follow(self) -> AsyncGenerator[DownloadEvent, None]:
        """All jobs, and then each that changes."""
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

    async def search(self, text: str, *, page: str | None = None, limit: int = 20) -> HubSearch:
        """Models of the catalog and the hub that have these words."""
        query = {"search": text, "limit": str(limit)} | ({"page": page} if page else {})
        return await self._client.request_json("GET", f"{_HUB}?{urlencode(query)}", HubSearch)

    async def details(self, name: str) -> HubDetails:
        """A repository, and which of its quantizations fit the server's machine."""
        return await self._client.request_json("GET", f"{_HUB}/{quote(name, safe='')}", HubDetails)

    async def remove(self, key: str, *, trash: bool = False) -> None:
        """Delete a model's files, for good or into the trash of the server's machine."""
        query = "?trash=true" if trash else ""
        await self._client.request_json("DELETE", f"/api/v1/models/{quote(key, safe='/')}{query}", Answer)

    async def inventory(self) -> Inventory:
        """What is on the server's disk (capability manage_models)."""
        return await self._client.request_json("GET", "/api/v1/models/inventory", Inventory)

    async def model_details(self, key: str) -> ModelDetails:
        """What the header of a model says."""
        return await self._client.request_json("GET", f"/api/v1/models/details/{quote(key, safe='/')}", ModelDetails)

    def verify(self, key: str) -> AsyncGenerator[WorkEvent, None]:
        """Compare a model's files with what was downloaded. Closing the iterator gives it up."""
        return self._client.stream_json("/api/v1/models/verify", WorkEvent, VerifyRequest(model=key))

    def move_model(self, key: str, folder: str) -> AsyncGenerator[WorkEvent, None]:
        """Move a model to another of the server's folders. Closing the iterator gives it up."""
        return self._client.stream_json("/api/v1/models/move", WorkEvent, MoveModelRequest(model=key, folder=folder))

    def take_in(self, request: ImportRequest) -> AsyncGenerator[ImportEvent, None]:
        """Take a file of the server's machine into its models. Closing the iterator gives it up."""
        return self._client.stream_json("/api/v1/models/import", ImportEvent, request)


def _job(job_id: str, action: str) -> str:
    return f"{_JOBS}/{quote(job_id, safe='')}/{action}"
