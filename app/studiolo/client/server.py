"""Who a server is and, of one of our own, its settings, its tokens and its request log (spec section 8)."""

from collections.abc import AsyncGenerator
from typing import Any
from urllib.parse import quote

from studiolo.api.base import Answer
from studiolo.api.server import (
    Greeting,
    ListeningStatus,
    PortRequest,
    RequestBatch,
    RequestDetails,
    RequestEntry,
    RequestLog,
    ServerInfo,
    TokenChange,
    TokenInfo,
    TokenList,
    TokenRequest,
    UsageReport,
)
from studiolo.api.settings import ServerSettings, SettingsChange
from studiolo.client.client import Client
from studiolo.errors import AccessError, EngineError, NotFoundError, ProtocolError, RequestError

_SETTINGS = "/api/v1/server/settings"
_TOKENS = "/api/v1/server/tokens"
_LOG = "/api/v1/server/log"
_USAGE = "/api/v1/server/usage"


class ServerApi:
    """The server that a Client talks to. Raises what the Client raises.

    Beyond who it is, that is NotFoundError for LM Studio.
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    async def greets(self) -> bool:
        """Return whether the server greets as LM Studio's API does; needs no token."""
        try:
            return (await self._client.request_json("GET", "/lmstudio-greeting", Greeting)).lmstudio
        except (RequestError, AccessError, ProtocolError, EngineError):
            # Whatever it is, it does not greet.
            return False

    async def info(self) -> ServerInfo | None:
        """Return who answers and with which extensions; None for a server that has none, such as LM Studio."""
        try:
            return await self._client.request_json("GET", "/api/v1/server", ServerInfo)
        except NotFoundError:
            return None

    async def status(self) -> ListeningStatus:
        """Return where it listens, and how busy it is."""
        return await self._client.request_json("GET", "/api/v1/server/status", ListeningStatus)

    async def take_port(self, *, when_free: bool) -> ListeningStatus:
        """Have it listen on the port that it was to have as soon as that is free, or wait for that no longer."""
        body = PortRequest(take_when_free=when_free)
        return await self._client.request_json("PUT", "/api/v1/server/port", ListeningStatus, body)

    async def settings(self) -> ServerSettings:
        """Return the settings in force."""
        return await self._client.request_json("GET", _SETTINGS, ServerSettings)

    async def change_settings(self, changes: dict[str, Any]) -> ServerSettings:
        """Change some, all or none."""
        return await self._client.request_json("PATCH", _SETTINGS, ServerSettings, SettingsChange(**changes))

    async def tokens(self) -> list[TokenInfo]:
        """Return the tokens, without their text."""
        return (await self._client.request_json("GET", _TOKENS, TokenList)).tokens

    async def create_token(self, request: TokenRequest) -> TokenInfo:
        """Return a new token; its text is in this answer and nowhere else."""
        return await self._client.request_json("POST", _TOKENS, TokenInfo, request)

    async def change_token(self, token_id: str, change: TokenChange) -> TokenInfo:
        """Edit a token."""
        return await self._client.request_json("PATCH", f"{_TOKENS}/{quote(token_id, safe='')}", TokenInfo, change)

    async def revoke_token(self, token_id: str) -> None:
        """Make a token worthless."""
        await self._client.request_json("DELETE", f"{_TOKENS}/{quote(token_id, safe='')}", Answer)

    async def log(self) -> list[RequestEntry]:
        """Return the last requests, oldest first."""
        return (await self._client.request_json("GET", _LOG, RequestLog)).entries

    def follow_log(self) -> AsyncGenerator[RequestEntry, None]:
        """Yield requests from now on: each when it begins and, with a status, when it ends."""
        return self._client.stream_json(f"{_LOG}/stream", RequestEntry)

    def follow_log_in_batches(self) -> AsyncGenerator[RequestBatch, None]:
        """Yield what is kept of the log, and then what is new, without texts.

        A server without the capability `request_details` tells what is new alone, a request at a time.
        """
        return self._client.stream_json(f"{_LOG}/stream?batched=true", RequestBatch)

    async def request_details(self, entry_id: int) -> RequestDetails:
        """Return all that is kept of one request (capability request_details)."""
        return await self._client.request_json("GET", f"{_LOG}/{entry_id}", RequestDetails)

    async def usage(self, days: int) -> UsageReport:
        """Return what models were used for on the last days (capability usage)."""
        return await self._client.request_json("GET", f"{_USAGE}?days={days}", UsageReport)

    async def forget_usage(self) -> None:
        """Have the server forget what it counted."""
        await self._client.request_json("DELETE", _USAGE, Answer)
