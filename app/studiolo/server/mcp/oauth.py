"""Sign-in to MCP servers by OAuth. Imports the SDK: import this module late."""

import asyncio
import contextlib
import json
import logging
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import httpx2
from mcp.client.auth import OAuthFlowError, OAuthRegistrationError, OAuthTokenError
from mcp.shared.auth import AuthorizationCodeResult
from mcp_types import CLIENT_CAPABILITIES_META_KEY, CLIENT_INFO_META_KEY, PROTOCOL_VERSION_META_KEY

from studiolo import __version__
from studiolo.errors import AppError, McpServerError, StorageError
from studiolo.server.mcp.addresses import PrivateAddressError
from studiolo.server.mcp.contract import ServerName, ServerSpec
from studiolo.server.mcp.failures import Mask, unreachable
from studiolo.server.mcp.oauth_flow import Flow, PersonFlow, machine_flow, signs_in_by_itself
from studiolo.server.mcp.oauth_store import Record, Records, SignInStorage
from studiolo.server.mcp.sign_in_page import SignInPage
from studiolo.server.secrets import Secrets

logger = logging.getLogger(__name__)

_PERSON_SECONDS = 600.0
"""So long a person may take in the browser."""
_PAGE_SECONDS = 45.0
"""So long finding out where to sign in may take."""
_REVOKE_SECONDS = 10.0
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_REVISION = "2025-11-25"
_NEWER_REVISION = "2026-07-28"
_CLIENT = {"name": "studiolo", "version": __version__}
_NEWER_META = {
    PROTOCOL_VERSION_META_KEY: _NEWER_REVISION,
    CLIENT_INFO_META_KEY: _CLIENT,
    CLIENT_CAPABILITIES_META_KEY: {},
}
_HELLO = {"protocolVersion": _REVISION, "capabilities": {}, "clientInfo": _CLIENT}
_NEWER = {"MCP-Protocol-Version": _NEWER_REVISION}
_QUESTIONS: tuple[tuple[dict[str, str], tuple[tuple[str, dict[str, Any]], ...]], ...] = (
    (_NEWER, (("server/discover", {"_meta": _NEWER_META}), ("tools/list", {"_meta": _NEWER_META}))),
    ({}, (("initialize", _HELLO), ("tools/list", {}))),
)
"""What a server is asked so that it says where to sign in, with the headers that go with it: in the newer era, then in
the older one. Some let everybody begin, and want to know who it is when something is asked for."""
_SESSION = "Mcp-Session-Id"
_HEADERS = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}

ClientFactory = Callable[[ServerSpec], httpx2.AsyncClient]
"""Makes an HTTP client that obeys the address rule of a server, for whatever address it is sent to."""


@dataclass
class _UnderWay:
    url: "asyncio.Future[str]"
    task: "asyncio.Task[None]"


class _RefusedError(Exception):
    """The person, or the authorization server, said no."""


class SignIns:
    """Tokens of servers, and the sign-ins that are under way.

    changed: hears the label of a server that was signed in to or out of. person_seconds: how long a person may take.
    """

    def __init__(
        self,
        secrets: Secrets,
        client: ClientFactory,
        changed: Callable[[str], object],
        *,
        person_seconds: float = _PERSON_SECONDS,
    ) -> None:
        self._secrets = secrets
        self._records = Records(secrets)
        self._client = client
        self._changed = changed
        self._person_seconds = person_seconds
        self._under_way: dict[str, _UnderWay] = {}
        self._failures: dict[str, AppError] = {}
        self._flows: dict[str, tuple[ServerSpec, Flow]] = {}

    def auth(self, spec: ServerSpec) -> httpx2.Auth | None:
        """Return what signs the requests of all connections to a server in.

        It is None for a program, and where its headers sign in already.

        It opens no browser: where a person would have to sign in, the refusal is the answer to the request.
        """
        if not spec.url or spec.name.ephemeral or any(name.lower() == "authorization" for name in spec.headers):
            return None
        label = spec.name.label
        # One for all, so that a token is refreshed once.
        if label not in self._flows or self._flows[label][0] != spec:
            kept = SignInStorage(self._records, spec)
            flow = machine_flow(spec, kept) if signs_in_by_itself(spec) else PersonFlow(spec, kept)
            self._flows[label] = (spec, flow)
        return self._flows[label][1]

    async def begin_sign_in(self, spec: ServerSpec) -> str:
        """Return the page to open; the rest happens in the background.

        A sign-in to the same server that is under way ends.

        Raises McpServerError: It wants no sign-in, or none that is understood.
        """
        name = spec.name
        if not spec.url or name.ephemeral or signs_in_by_itself(spec):
            raise unreachable(name, "has no page to sign in at", hint=_no_page(spec), retryable=False)
        await self._end(name.label)
        url: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(self._sign_in(spec, url), name=f"{name.id} sign-in")
        self._under_way[name.label] = _UnderWay(url, task)
        task.add_done_callback(partial(self._over, name.label))
        either: set[asyncio.Future[Any]] = {url, task}
        try:
            await asyncio.wait(either, timeout=_PAGE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            task.cancel()  # Nobody will hear of its page.
            raise
        if url.done() and not url.cancelled():
            return url.result()
        if not task.done():
            task.cancel()
            raise unreachable(name, "did not say in time where to sign in")
        await self.wait(name.label)
        raise unreachable(name, "asks for no sign-in", hint="It can be used as it is.", retryable=False)

    def failure(self, label: str) -> AppError | None:
        """Return why the last sign-in to a server failed, until another one begins."""
        return self._failures.get(label)

    def under_way(self, label: str) -> bool:
        """Return whether a person is signing in."""
        return label in self._under_way and not self._under_way[label].task.done()

    def _over(self, label: str, task: "asyncio.Task[None]") -> None:
        # Who began it has the page by now, and looks from time to time how it goes.
        if not task.cancelled() and isinstance(error := task.exception(), AppError):
            self._failures[label] = error

    async def wait(self, label: str) -> None:
        """Wait until the sign-in is over. Raises McpServerError with the reason why it failed."""
        under_way = self._under_way.get(label)
        if under_way is None:
            return
        await asyncio.wait({under_way.task})
        if under_way.task.cancelled():
            raise unreachable(ServerName(label), "was not signed in to: another sign-in began, or the server ended")
        under_way.task.result()

    async def cancel(self, label: str) -> None:
        """End the sign-in to a server that is under way, if one is."""
        await self._end(label)

    async def sign_out(self, spec: ServerSpec) -> None:
        """Revoke the tokens where the server can, and delete them in any case. Raises StorageError."""
        label = spec.name.label
        await self._end(label)
        record = await self._records.load(label)
        await self.forget(label)
        if record and record.url == spec.url:
            try:
                async with asyncio.timeout(_REVOKE_SECONDS), self._client(spec) as http:
                    await _revoke(http, record)
            except (httpx2.HTTPError, PrivateAddressError, TimeoutError, AppError, ValueError, OSError) as error:
                logger.info("the sign-in to '%s' is deleted, but was not revoked: %s", label, type(error).__name__)
        self._changed(label)

    async def forget(self, label: str) -> None:
        """Delete what is kept of a server, which is not there any more. Raises StorageError."""
        self._flows.pop(label, None)
        await self._records.delete(label)

    async def signed_in(self, label: str) -> bool | None:
        """Return whether there are tokens; None where no sign-in is known to be needed. Raises StorageError."""
        return True if await self._records.load(label) else None

    async def aclose(self) -> None:
        """End what is under way."""
        for label in list(self._under_way):
            await self._end(label)

    async def _end(self, label: str) -> None:
        self._failures.pop(label, None)
        under_way = self._under_way.pop(label, None)
        if under_way and not under_way.task.done():
            under_way.task.cancel()
            await asyncio.wait({under_way.task})

    async def _sign_in(self, spec: ServerSpec, url: "asyncio.Future[str]") -> None:
        try:
            async with asyncio.timeout(self._person_seconds), SignInPage(_port(spec)) as page:
                await self._go_through(spec, page, url)
        except StorageError as error:
            raise unreachable(spec.name, "is signed in to, and that can't be kept", hint=error.message) from error
        except AppError:
            raise
        except Exception as error:  # noqa: BLE001 - each is told by its kind; what an SDK raises has no end
            told = _told(error, spec, self._secrets)
            logger.info("%s (%s)", told.message, type(error).__name__)
            raise told from None
        if url.done():
            self._flows.pop(spec.name.label, None)
            self._changed(spec.name.label)

    async def _go_through(self, spec: ServerSpec, page: SignInPage, url: "asyncio.Future[str]") -> None:
        async def show(address: str) -> None:
            _check_page(address, spec)
            if url.done():
                raise unreachable(spec.name, "asks for a second sign-in at once", retryable=False)
            page.expect(parse_qs(urlsplit(address).query)["state"][-1])
            url.set_result(address)

        async def answer() -> AuthorizationCodeResult:
            found = await page.answer()
            if found.error:
                raise _RefusedError(found.error)
            return AuthorizationCodeResult(code=found.code, state=found.state, iss=found.issuer)

        former = self._flows.get(spec.name.label)
        flow = PersonFlow(
            spec,
            SignInStorage(self._records, spec, fresh=True),
            page=page.address,
            show=show,
            answer=answer,
            more_scope=former[1].more_scope if former and former[0] == spec else None,
        )
        async with self._client(spec) as http:
            status, headers = await _ask_until(http, spec, flow, url.done)
            if status in (401, 403):
                raise unreachable(spec.name, "does not accept the sign-in", hint="Sign in as somebody else.")
            if _SESSION in headers:
                if tokens := flow.context.current_tokens:
                    headers["Authorization"] = f"Bearer {tokens.access_token}"
                with contextlib.suppress(httpx2.HTTPError):
                    await http.delete(spec.url or "", headers=headers)


async def _ask_until(
    http: httpx2.AsyncClient, spec: ServerSpec, auth: httpx2.Auth, enough: Callable[[], bool]
) -> tuple[int, dict[str, str]]:
    """Ask a server `_QUESTIONS` until `enough`; the last status, and the headers of the session that it began."""
    status, headers = 0, dict(_HEADERS)
    for more, questions in _QUESTIONS:
        for number, (method, params) in enumerate(questions):
            named = headers | more | ({"Mcp-Method": method} if more else {})
            message = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
            # Only its head is read.
            asked = http.stream("POST", spec.url or "", content=json.dumps(message), headers=named, auth=auth)
            async with asked as response:
                status, session = response.status_code, response.headers.get(_SESSION)
            if session:
                headers |= {_SESSION: session, "MCP-Protocol-Version": _REVISION}
            if enough():
                return status, headers
            if status >= HTTPStatus.BAD_REQUEST:
                break
    return status, headers


async def _revoke(http: httpx2.AsyncClient, record: Record) -> None:
    endpoint = record.metadata.revocation_endpoint if record.metadata else None
    if not endpoint:
        return
    kinds = {"refresh_token": record.tokens.refresh_token, "access_token": record.tokens.access_token}
    for kind, token in kinds.items():
        if not token:
            continue
        # The SDK's server wants the client's secret in the form beside the header.
        for in_form in (False, True):
            data = {"token": token, "token_type_hint": kind}
            headers = _own_name(record, data, in_form=in_form)
            # Not by the client's own methods: those add the headers that are meant for the MCP server.
            answer = await http.send(httpx2.Request("POST", str(endpoint), data=data, headers=headers))
            if answer.is_success:
                break


def _own_name(record: Record, data: dict[str, str], *, in_form: bool) -> dict[str, str]:
    """Say which client asks, in the headers that are returned, and in the form too where it is wanted there."""
    if not record.client or not record.client.client_id:
        return {}
    data["client_id"] = record.client.client_id
    secret = record.client.client_secret
    if secret and (in_form or record.client.token_endpoint_auth_method == "client_secret_post"):
        data["client_secret"] = secret
    if secret and record.client.token_endpoint_auth_method != "client_secret_post":
        pair = f"{quote(record.client.client_id, safe='')}:{quote(secret, safe='')}"
        return {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}
    return {}


def _check_page(address: str, spec: ServerSpec) -> None:
    """An address is opened in a browser: it must be one of the web, and encrypted unless it is on this machine."""
    parts = urlsplit(address)
    plain = parts.scheme == "http" and parts.hostname in (*_LOOPBACK, urlsplit(spec.url or "").hostname)
    if (parts.scheme != "https" and not plain) or not parts.hostname:
        raise unreachable(spec.name, "names a page to sign in at that is not safe to open", retryable=False)


def _port(spec: ServerSpec) -> int:
    """Which a client of one's own is registered with; 0 for any."""
    value = (spec.auth or {}).get("redirect_port", 0)
    with contextlib.suppress(TypeError, ValueError):
        if 0 <= int(value) < 65536:
            return int(value)
    raise unreachable(spec.name, "has a `redirect_port` that is none in mcp.json", retryable=False)


def _no_page(spec: ServerSpec) -> str:
    if spec.name.ephemeral:
        return "Send what it asks for in `headers`, or add it to mcp.json."
    return "It signs in by itself." if spec.url else "It is a program on this computer."


def _told(error: Exception, spec: ServerSpec, secrets: Secrets) -> McpServerError:
    """What a person hears of a sign-in that failed."""
    details = Mask(spec)(secrets.cut(f"{type(error).__name__}: {error}"), 200)
    hint, retryable = "Try to sign in again.", True
    match error:
        case PrivateAddressError():
            reason, retryable = "sends its sign-in to an address of this computer or of a private network", False
            hint = "Tell whoever runs it."
        case _RefusedError():
            reason = "was not signed in to: the sign-in was refused"
        case TimeoutError():
            reason = "was not signed in to in time"
        case OAuthRegistrationError():
            reason = "does not let programs register themselves"
            hint = "Register one with its provider, and put its CLIENT_ID and CLIENT_SECRET into `auth` in mcp.json."
            retryable = False
        case OAuthTokenError():
            reason = "did not complete the sign-in"
        case OAuthFlowError():
            reason, retryable = "offers a sign-in that can't be trusted or understood", False
            hint = "Tell whoever runs it."
        case httpx2.HTTPError() | httpx2.InvalidURL() | httpx2.StreamError():
            reason, hint = "or its sign-in server can't be reached", "Check its address and the network."
        case OSError():
            reason = "can't be signed in to: the port for its answer is in use"
        case _:
            reason, hint = "answers a sign-in with what is no OAuth", "Tell whoever runs it."
    return unreachable(spec.name, reason, hint=hint, retryable=retryable, details=details)
