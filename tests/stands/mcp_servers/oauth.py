"""An MCP server behind a sign-in, and the authorization server that it sends people to: both of the official SDK."""

import asyncio
import json
import queue
import secrets
import threading
import time
from base64 import b64decode
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

from mcp.server.auth.provider import (
    AccessToken,
    AuthorizationCode,
    AuthorizationParams,
    OAuthAuthorizationServerProvider,
    ProviderTokenVerifier,
    RefreshToken,
    construct_redirect_uri,
)
from mcp.server.auth.routes import create_auth_routes
from mcp.server.auth.settings import AuthSettings, ClientRegistrationOptions, RevocationOptions
from mcp.server.mcpserver import MCPServer
from mcp.shared.auth import OAuthClientInformationFull, OAuthToken
from pydantic import AnyHttpUrl, AnyUrl
from starlette.applications import Starlette
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.stands.on_a_port import on_a_port

SCOPE = "read"
TOOL = "open_vault"
OWN_CLIENT = "owl-client"
OWN_SECRET = "owl-client-secret-text"


@dataclass
class Authority(OAuthAuthorizationServerProvider[AuthorizationCode, RefreshToken, AccessToken]):
    """Who may do what, and everything that was asked for. Each switch is what a server may do otherwise.

    lifetime: seconds that an access token is said to live. denies: the person says no. says_issuer: what it says of
    itself when it sends a browser back. change: has a last look at what it publishes. sends_on: where to, by the path.
    unknown: methods of MCP that are refused with this status, whoever asks.
    """

    lifetime: int | None = 3600
    denies: bool = False
    says_issuer: str | None = None
    unavailable: bool = False
    change: Callable[[str, dict[str, Any]], None] = lambda _path, _published: None
    sends_on: dict[str, str] = field(default_factory=dict)
    unknown: dict[str, int] = field(default_factory=dict)
    clients: dict[str, OAuthClientInformationFull] = field(default_factory=dict)
    codes: dict[str, AuthorizationCode] = field(default_factory=dict)
    access: dict[str, AccessToken] = field(default_factory=dict)
    refresh: dict[str, RefreshToken] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    texts: set[str] = field(default_factory=set)
    """Everything that is secret."""

    async def get_client(self, client_id: str) -> OAuthClientInformationFull | None:
        return self.clients.get(client_id)

    async def register_client(self, client_info: OAuthClientInformationFull) -> None:
        assert client_info.client_id
        self.clients[client_info.client_id] = client_info
        self.texts.add(client_info.client_secret or client_info.client_id)

    async def authorize(self, client: OAuthClientInformationFull, params: AuthorizationParams) -> str:
        back = str(params.redirect_uri)
        if self.denies:
            return construct_redirect_uri(back, error="access_denied", state=params.state)
        code = AuthorizationCode(
            code=self._secret(),
            scopes=params.scopes or [],
            expires_at=time.time() + 60,
            client_id=str(client.client_id),
            code_challenge=params.code_challenge,
            redirect_uri=params.redirect_uri,
            redirect_uri_provided_explicitly=params.redirect_uri_provided_explicitly,
            resource=params.resource,
        )
        self.codes[code.code] = code
        return construct_redirect_uri(back, code=code.code, state=params.state, iss=self.says_issuer)

    async def load_authorization_code(
        self, client: OAuthClientInformationFull, authorization_code: str
    ) -> AuthorizationCode | None:
        return self.codes.get(authorization_code)

    async def exchange_authorization_code(
        self, client: OAuthClientInformationFull, authorization_code: AuthorizationCode
    ) -> OAuthToken:
        self.codes.pop(authorization_code.code)
        return self.issue(str(client.client_id), authorization_code.scopes, authorization_code.resource)

    async def load_refresh_token(self, client: OAuthClientInformationFull, refresh_token: str) -> RefreshToken | None:
        return self.refresh.get(refresh_token)

    async def exchange_refresh_token(
        self, client: OAuthClientInformationFull, refresh_token: RefreshToken, scopes: list[str]
    ) -> OAuthToken:
        self.refresh.pop(refresh_token.token)
        return self.issue(str(client.client_id), scopes, refresh_token.resource)

    async def load_access_token(self, token: str) -> AccessToken | None:
        return self.access.get(token)

    async def revoke_token(self, token: AccessToken | RefreshToken) -> None:
        self.access.pop(token.token, None)
        self.refresh.pop(token.token, None)

    def issue(self, client: str, scopes: list[str], resource: str | None, *, renewable: bool = True) -> OAuthToken:
        access = AccessToken(token=self._secret(), client_id=client, scopes=scopes or [SCOPE], resource=resource)
        self.access[access.token] = access
        renewal = None
        if renewable:
            renewal = self._secret()
            self.refresh[renewal] = RefreshToken(
                token=renewal, client_id=client, scopes=scopes or [SCOPE], resource=resource
            )
        return OAuthToken(access_token=access.token, expires_in=self.lifetime, refresh_token=renewal)

    def forget_access(self) -> None:
        """As a server does that was started anew: what it issued is worth nothing, what renews it still is."""
        self.access.clear()

    def _secret(self) -> str:
        text = secrets.token_urlsafe(24)
        self.texts.add(text)
        return text


@dataclass
class Vault:
    """`url` of the MCP server, `issuer` of the authorization server, which is at another origin."""

    url: str
    issuer: str
    authority: Authority


@asynccontextmanager
async def vault(*, registers: bool = True) -> AsyncIterator[Vault]:
    """Both, on ports of their own. registers: whether programs may register themselves."""
    authority = Authority()
    front, behind = _Late(), _Late()
    async with on_a_port(front) as issuer, on_a_port(behind) as address:
        url = f"{address}/mcp"
        front.app = _Watched(authority, _authorization_server(authority, issuer, registers))
        server = MCPServer(
            "vault",
            auth=AuthSettings(
                issuer_url=AnyHttpUrl(issuer),
                resource_server_url=AnyHttpUrl(url),
                required_scopes=[SCOPE],
                validate_token_resource=False,
            ),
            token_verifier=ProviderTokenVerifier(authority),
        )

        @server.tool(name=TOOL)
        def open_vault() -> str:
            """Open it."""
            return "gold"

        behind.app = _Watched(authority, server.streamable_http_app())
        try:
            async with server.session_manager.run():
                yield Vault(url, issuer, authority)
        finally:
            await _end_watchers()


@contextmanager
def vault_in_a_thread() -> Iterator[Vault]:
    """Both for a test without an event loop."""
    found: queue.Queue[Vault | BaseException] = queue.Queue()
    ending: list[Callable[[], object]] = []

    async def stand() -> None:
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        ending.append(lambda: loop.call_soon_threadsafe(ended.set))
        async with vault() as made:
            found.put(made)
            await ended.wait()

    def run() -> None:
        try:
            asyncio.run(stand())
        except BaseException as error:
            found.put(error)
            raise

    thread = threading.Thread(target=run, name="vault")
    thread.start()
    made = found.get()
    if isinstance(made, BaseException):
        raise made
    try:
        yield made
    finally:
        ending[0]()
        thread.join()


async def _end_watchers() -> None:
    """What the library for streams leaves running until a server of its own kind ends."""
    left = {task for task in asyncio.all_tasks() if "_shutdown_watcher" in str(task.get_coro())}
    for task in left:
        task.cancel()
    if left:
        await asyncio.wait(left)


def own_client(port: int) -> OAuthClientInformationFull:
    """A client that a person registered by hand, with the port of its page."""
    return OAuthClientInformationFull(
        client_id=OWN_CLIENT,
        client_secret=OWN_SECRET,
        redirect_uris=[AnyUrl(f"http://127.0.0.1:{port}/callback")],
        token_endpoint_auth_method="client_secret_basic",
        scope=SCOPE,
    )


def _authorization_server(authority: Authority, issuer: str, registers: bool) -> Starlette:
    return Starlette(
        routes=create_auth_routes(
            authority,
            AnyHttpUrl(issuer),
            client_registration_options=ClientRegistrationOptions(
                enabled=registers, valid_scopes=[SCOPE], default_scopes=[SCOPE]
            ),
            revocation_options=RevocationOptions(enabled=True),
        )
    )


class _Late:
    """An application that is known after its port."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


class _Watched:
    """Notes what is asked for, changes what is published, and knows the grant that the SDK's server does not."""

    def __init__(self, authority: Authority, app: ASGIApp) -> None:
        self._authority = authority
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if path != "/mcp":
            self._authority.asked.append(path)
        if path in self._authority.sends_on:
            await _answer(send, 307, {}, location=self._authority.sends_on[path])
            return
        if path == "/token":
            if self._authority.unavailable:
                await _answer(send, 503, {"error": "temporarily_unavailable"})
                return
            body = await _body(receive)
            if b"grant_type=client_credentials" in body:
                await self._by_itself(scope, send)
                return
            receive = _again(body, receive)
        if path == "/mcp" and self._authority.unknown:
            body = await _body(receive)
            method = json.loads(body).get("method") if body else None
            if status := self._authority.unknown.get(str(method)):
                await _answer(send, status, {"error": "unsupported"})
                return
            receive = _again(body, receive)
        if "/.well-known/" in path:
            send = self._changing(path, send)
        await self._app(scope, receive, send)

    async def _by_itself(self, scope: Scope, send: Send) -> None:
        given = dict(scope["headers"]).get(b"authorization", b"").removeprefix(b"Basic ")
        if b64decode(given).decode() != f"{OWN_CLIENT}:{OWN_SECRET}":
            await _answer(send, 401, {"error": "invalid_client"})
            return
        token = self._authority.issue(OWN_CLIENT, [SCOPE], None, renewable=False)
        await _answer(send, 200, token.model_dump(mode="json", exclude_none=True))

    def _changing(self, path: str, send: Send) -> Send:
        begun: list[Message] = []

        async def changing(message: Message) -> None:
            if message["type"] == "http.response.start":
                begun.append(message)
                return
            [start] = begun
            if start["status"] != 200:
                await send(start)
                await send(message)
                return
            published = json.loads(message["body"])
            self._authority.change(path, published)
            await _answer(send, 200, published)

        return changing


async def _body(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


def _again(body: bytes, receive: Receive) -> Receive:
    """A body that was read already, and whatever comes after it."""
    left: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return left.pop() if left else await receive()

    return receive_again


async def _answer(send: Send, status: int, content: dict[str, Any], **more: str) -> None:
    body = json.dumps(content).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    headers += [(name.encode(), value.encode()) for name, value in more.items()]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
