"""Models of a server and their instances: spec section 3, and what our own servers do with files beyond it."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from urllib.parse import quote

from studiolo.api.base import Answer
from studiolo.api.events import ErrorEvent, Event, ModelLoadResult
from studiolo.api.models import (
    EstimateRequest,
    ImportEvent,
    ImportRequest,
    Inventory,
    LoadRequest,
    LoadResponse,
    MemoryEstimate,
    ModelDetails,
    ModelEntry,
    ModelList,
    MoveModelRequest,
    UnloadRequest,
    UnloadResponse,
    VerifyRequest,
    WorkEvent,
)
from studiolo.client.client import EVENT_STREAM, Client
from studiolo.client.errors import error_from_info
from studiolo.client.transport import LOAD_TIMEOUT
from studiolo.errors import NotFoundError

_MODELS = "/api/v1/models"


class ModelsApi:
    """The models of the server that a Client talks to. Raises what the Client raises.

    For what is beyond the documented API that is NotFoundError at LM Studio.
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    async def list_models(self) -> list[ModelEntry]:
        """Return every model on disk, with its loaded instances."""
        return (await self._client.request_json("GET", _MODELS, ModelList)).models

    async def load(self, request: LoadRequest) -> LoadResponse:
        """Load a model and wait until it is; minutes for a large one."""
        return await self._client.request_json("POST", f"{_MODELS}/load", LoadResponse, request, timeout=LOAD_TIMEOUT)

    async def stream_load(self, request: LoadRequest) -> AsyncGenerator[Event, None]:
        """Load a model and watch: ModelLoadStart, ModelLoadProgress, ModelLoadEnd, and ModelLoadResult last.

        A server without the capability `load_progress` gives the result alone. Closing the iterator gives the load up
        where the server can. An error event is raised as its AppError.
        """
        answered = self._client.stream_events(
            f"{_MODELS}/load",
            request,
            LoadResponse,
            _loaded,
            subject="The load",
            accepts=f"{EVENT_STREAM}, application/json",
            timeout=LOAD_TIMEOUT,
        )
        async with aclosing(answered) as events:
            async for event in events:
                if isinstance(event, ErrorEvent):
                    raise error_from_info(event.error)
                yield event
                if isinstance(event, ModelLoadResult):
                    return

    async def estimate_memory(self, request: EstimateRequest) -> MemoryEstimate | None:
        """Return how much memory a load would take; None where the server can't tell (`estimate_memory`)."""
        try:
            return await self._client.request_json("POST", f"{_MODELS}/estimate", MemoryEstimate, request)
        except NotFoundError as error:
            if error.what == "model":
                raise
            return None

    async def unload(self, instance_id: str) -> UnloadResponse:
        """Unload one instance."""
        request = UnloadRequest(instance_id=instance_id)
        try:
            return await self._client.request_json("POST", f"{_MODELS}/unload", UnloadResponse, request)
        except NotFoundError as error:
            # The wire has one type for both; what is not there is what was asked for.
            error.what = "instance" if error.what == "model" else error.what
            raise

    async def remove(self, key: str, *, trash: bool = False) -> None:
        """Delete a model's files, for good or into the trash of the server's machine."""
        query = "?trash=true" if trash else ""
        await self._client.request_json("DELETE", f"{_MODELS}/{quote(key, safe='/')}{query}", Answer)

    async def inventory(self) -> Inventory:
        """Return what is on the server's disk (capability manage_models)."""
        return await self._client.request_json("GET", f"{_MODELS}/inventory", Inventory)

    async def details(self, key: str) -> ModelDetails:
        """Return what the header of a model says."""
        return await self._client.request_json("GET", f"{_MODELS}/details/{quote(key, safe='/')}", ModelDetails)

    def verify(self, key: str) -> AsyncGenerator[WorkEvent, None]:
        """Compare a model's files with what was downloaded. Closing the iterator gives it up."""
        return self._client.stream_json(f"{_MODELS}/verify", WorkEvent, VerifyRequest(model=key))

    def move(self, key: str, folder: str) -> AsyncGenerator[WorkEvent, None]:
        """Move a model to another of the server's folders. Closing the iterator gives it up."""
        return self._client.stream_json(f"{_MODELS}/move", WorkEvent, MoveModelRequest(model=key, folder=folder))

    def import_file(self, request: ImportRequest) -> AsyncGenerator[ImportEvent, None]:
        """Take a file of the server's machine into its models. Closing the iterator gives it up."""
        return self._client.stream_json(f"{_MODELS}/import", ImportEvent, request)


def _loaded(result: LoadResponse) -> Event:
    return ModelLoadResult(result=result)
