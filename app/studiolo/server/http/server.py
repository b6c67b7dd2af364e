"""Who answers here, and what we offer beyond the documented API (spec section 8)."""

import asyncio
import os
from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import PlainTextResponse

from studiolo import __version__
from studiolo.api.base import EXTENSION
from studiolo.api.downloads import DOWNLOAD_FILES, DOWNLOADS, SHARED_FILES
from studiolo.api.hub import HUB, MODEL_PICKS
from studiolo.api.machine import BENCHMARKS, MACHINE
from studiolo.api.mcp import MCP, TOOL_APPROVAL
from studiolo.api.models import DELETE_MODELS, ESTIMATE_MEMORY, IMPORT_MODELS, LOAD_DIALS, MANAGE_MODELS
from studiolo.api.network import NETWORK
from studiolo.api.runtimes import RUNTIMES
from studiolo.api.sampling_dials import SAMPLING_DIALS
from studiolo.api.server import (
    BROKEN_MODELS,
    LOAD_IDENTIFIER,
    LOAD_PROGRESS,
    MOST_USAGE_DAYS,
    REQUEST_DETAILS,
    REQUEST_LOG,
    SERVER_STATUS,
    TOKENS,
    USAGE,
    Greeting,
    ListeningStatus,
    PortRequest,
    RequestDetails,
    RequestLog,
    ServerInfo,
    TokenChange,
    TokenInfo,
    TokenList,
    TokenRequest,
    UsageReport,
)
from studiolo.api.settings import SETTINGS, ServerSettings, SettingsChange
from studiolo.api.upstreams import UPSTREAMS
from studiolo.server.engine.pool import InstancePool
from studiolo.server.http.bodies import CheckedRoute
from studiolo.server.http.error_bodies import NATIVE_ERRORS
from studiolo.server.http.sse import event_stream
from studiolo.server.ports import EVERYWHERE, Listening, network_hosts
from studiolo.server.request_log import RequestLogbook
from studiolo.server.request_usage import RequestUsage
from studiolo.server.settings import ServerSettingsStore
from studiolo.server.tokens import TokenStore

_CAPABILITIES = (
    *(LOAD_PROGRESS, LOAD_IDENTIFIER, BROKEN_MODELS, SETTINGS, TOKENS, REQUEST_LOG, SERVER_STATUS),
    *(DOWNLOADS, DOWNLOAD_FILES, HUB, SHARED_FILES, DELETE_MODELS, IMPORT_MODELS, ESTIMATE_MEMORY, MANAGE_MODELS),
    *(MCP, TOOL_APPROVAL, MODEL_PICKS, NETWORK, REQUEST_DETAILS, USAGE, MACHINE, BENCHMARKS),
    *(LOAD_DIALS, SAMPLING_DIALS, RUNTIMES, UPSTREAMS),
)


class StatusReader:
    """Tells where a server listens, and how busy its models are."""

    def __init__(self, listening: Listening, pool: InstancePool, elsewhere: Callable[[], int]) -> None:
        """elsewhere: how many requests other machines work on for this one."""
        self.listening = listening
        self._pool = pool
        self._elsewhere = elsewhere

    async def read(self) -> ListeningStatus:
        """Return both as they are now."""
        place = self.listening
        holder, hosts = await asyncio.gather(asyncio.to_thread(place.find_holder), asyncio.to_thread(network_hosts))
        busy = [(one.busy, one.settings.parallel) for one in self._pool.instances]
        return ListeningStatus(
            started_at=place.started.isoformat(timespec="seconds").replace("+00:00", "Z"),
            on_network=place.host == EVERYWHERE if place.host else None,
            port=place.port or None,
            wanted_port=place.wanted or None,
            port_holder=holder,
            takes_wanted_port=place.takes_wanted,
            network_hosts=hosts,
            requests_running=sum(min(count, slots) for count, slots in busy) + self._elsewhere(),
            requests_waiting=sum(max(0, count - slots) for count, slots in busy),
        )


def server_routes(
    settings: ServerSettingsStore,
    tokens: TokenStore,
    logbook: RequestLogbook,
    usage: RequestUsage,
    status: StatusReader,
) -> APIRouter:
    """Return the routes of the greeting, and those under `/api/v1/server`, but for those of the machine.

    Args:
        settings: What can be read and changed.
        tokens: What can be made, listed, edited and revoked.
        logbook: The last requests.
        usage: What is counted of all requests by day.
        status: Where the server listens, and how busy it is.
    """
    router = APIRouter(responses=NATIVE_ERRORS, route_class=CheckedRoute)

    @router.get("/", include_in_schema=False)
    async def here() -> Response:
        """That somebody is here: programs look before they ask, and never need a token for it."""
        return PlainTextResponse("Studiolo is running.")

    @router.get("/lmstudio-greeting")
    async def greeting() -> Greeting:
        """How official SDKs find a server; never needs a token."""
        return Greeting(lmstudio=True)

    @router.get("/api/v1/server", openapi_extra=EXTENSION)
    async def server() -> ServerInfo:
        """Who answers here and what it can do."""
        return ServerInfo(version=__version__, capabilities=list(_CAPABILITIES), pid=os.getpid())

    @router.get("/api/v1/server/status", openapi_extra=EXTENSION)
    async def read_status() -> ListeningStatus:
        """Where the server listens, and how many requests its models work on."""
        return await status.read()

    @router.put("/api/v1/server/port", openapi_extra=EXTENSION)
    async def choose_port(body: PortRequest) -> ListeningStatus:
        """Listen on the port that the server was to have as well, as soon as that is free, or no longer wait for it."""
        status.listening.take_wanted(take=body.take_when_free)
        return await status.read()

    @router.get("/api/v1/server/settings", openapi_extra=EXTENSION)
    async def read_settings() -> ServerSettings:
        """The settings in force."""
        return settings.current.without_secrets()

    @router.patch("/api/v1/server/settings", openapi_extra=EXTENSION)
    async def change_settings(body: SettingsChange) -> ServerSettings:
        """Change some settings, all or none; in force at once, but for port and network."""
        return settings.change(body.model_dump(exclude_unset=True)).without_secrets()

    @router.get("/api/v1/server/tokens", openapi_extra=EXTENSION)
    async def list_tokens() -> TokenList:
        """The tokens, without their text."""
        return TokenList(tokens=[token.info() for token in tokens.all()])

    @router.post("/api/v1/server/tokens", openapi_extra=EXTENSION)
    async def create_token(body: TokenRequest) -> TokenInfo:
        """A new token; its text is in this answer and nowhere else."""
        settings.ensure_kept()
        token, text = tokens.create(body)
        return token.info(text)

    @router.patch("/api/v1/server/tokens/{token_id}", openapi_extra=EXTENSION)
    async def change_token(token_id: str, body: TokenChange) -> TokenInfo:
        """Edit a token."""
        return tokens.change(token_id, body).info()

    @router.delete("/api/v1/server/tokens/{token_id}", openapi_extra=EXTENSION, status_code=204)
    async def revoke_token(token_id: str) -> Response:
        """Make a token worthless."""
        tokens.revoke(token_id)
        return Response(status_code=204)

    @router.get("/api/v1/server/log", openapi_extra=EXTENSION)
    async def read_log() -> RequestLog:
        """The last requests, oldest first."""
        return RequestLog(entries=logbook.entries)

    @router.get("/api/v1/server/log/stream", openapi_extra=EXTENSION)
    async def follow_log(batched: bool = False) -> Response:
        """Requests as they begin and end, as events, until the client leaves. Batched, an event has many of them."""
        return event_stream(logbook.follow_in_batches() if batched else logbook.follow())

    @router.get("/api/v1/server/log/{entry_id}", openapi_extra=EXTENSION)
    async def read_request(entry_id: int) -> RequestDetails:
        """All that is kept of one request."""
        return logbook.details(entry_id)

    @router.get("/api/v1/server/usage", openapi_extra=EXTENSION)
    async def read_usage(days: Annotated[int, Query(ge=1, le=MOST_USAGE_DAYS)] = 30) -> UsageReport:
        """What models were used for on the last days, by token and model."""
        return await usage.report(days)

    @router.delete("/api/v1/server/usage", openapi_extra=EXTENSION, status_code=204)
    async def forget_usage() -> Response:
        """Forget what was counted."""
        await usage.forget()
        return Response(status_code=204)

    return router
