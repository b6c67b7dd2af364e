"""The SDK's OAuth flows with what they lack: tokens that survive a restart, no browser unasked, bounded requests.

The SDK does discovery, registration, PKCE, and the checks of resource, state and issuer.
"""

import logging
import warnings
from collections.abc import AsyncGenerator, Awaitable, Callable
from http import HTTPStatus
from typing import Any

import httpx2
from mcp.client.auth import OAuthClientProvider
from mcp.client.auth.extensions.client_credentials import (
    ClientCredentialsOAuthProvider,
    PrivateKeyJWTOAuthProvider,
    SignedJWTParameters,
)
from mcp.client.auth.utils import (
    extract_field_from_www_auth,
    extract_scope_from_www_auth,
    is_valid_client_metadata_url,
    union_scopes,
)
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientInformationFull, OAuthClientMetadata, OAuthMetadata
from pydantic import AnyUrl

from studiolo.server.mcp.contract import ServerSpec
from studiolo.server.mcp.failures import unreachable
from studiolo.server.mcp.oauth_store import SignInStorage

# Its traces hold what authorization servers answer, and codes.
logging.getLogger("mcp.client.auth").setLevel(logging.CRITICAL)

_TIMEOUT = httpx2.Timeout(20.0).as_dict()
_EXPIRED = 1.0
_NOBODY = "http://127.0.0.1/callback"


class Flow(OAuthClientProvider):
    """What both kinds of clients have in common. quiet: no person is there, so that nothing is begun that needs one."""

    spec: ServerSpec
    kept: SignInStorage
    quiet: bool
    more_scope: str | None = None
    """What a server asked for beyond what it was granted."""

    @property
    def signed_in(self) -> bool:
        """Return whether there is a sign-in to send."""
        return self.context.current_tokens is not None

    async def _initialize(self) -> None:
        await super()._initialize()
        context = self.context
        # The SDK would take what it finds for valid for ever, and would not know where to refresh it.
        context.token_expiry_time = self.kept.expires_at
        context.oauth_metadata = self.kept.metadata
        context.protected_resource_metadata = self.kept.resource
        context.auth_server_url = self.kept.issuer

    def _note(self) -> None:
        """Have the storage keep what was found out along with the tokens."""
        self.kept.metadata = self.context.oauth_metadata
        self.kept.resource = self.context.protected_resource_metadata
        self.kept.issuer = self.context.auth_server_url

    def _note_scope(self, response: httpx2.Response) -> None:
        if response.status_code == HTTPStatus.FORBIDDEN:
            tokens = self.context.current_tokens
            granted = union_scopes(tokens.scope if tokens else None, self.more_scope)
            self.more_scope = union_scopes(granted, extract_scope_from_www_auth(response))

    async def _handle_token_response(self, response: httpx2.Response) -> None:
        self._note()
        await super()._handle_token_response(response)

    async def _handle_refresh_response(self, response: httpx2.Response) -> bool:
        if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR or response.status_code == 429:
            raise unreachable(self.spec.name, "can't be signed in to just now: its sign-in server is not available")
        self._note()
        tokens = self.context.current_tokens
        if await super()._handle_refresh_response(response):
            return True
        if self.quiet and tokens and response.status_code in (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED):
            # It was revoked, or has expired: it is of no use any more.
            await self.kept.forget()
        return False

    async def _auth_flow(self, request: httpx2.Request) -> AsyncGenerator[httpx2.Request, httpx2.Response]:
        async with self.context.lock:
            if not self._initialized:
                await self._initialize()
        sent = self.context.current_tokens
        if self.context.is_token_valid():
            # Without the SDK's lock, which would hold each call up until the one before is answered.
            self._add_auth_header(request)
            response = yield request
            if not _refused(response):
                return
            if self.context.current_tokens is sent:
                renewable = response.status_code == HTTPStatus.UNAUTHORIZED and self.context.can_refresh_token()
                if self.quiet and not renewable:
                    self._note_scope(response)
                    return
                if response.status_code == HTTPStatus.UNAUTHORIZED:
                    self.context.token_expiry_time = _EXPIRED
        flow = super()._auth_flow(request)
        try:
            outgoing = await anext(flow)
            while True:
                if outgoing is not request:
                    outgoing.extensions.setdefault("timeout", _TIMEOUT)
                response = yield outgoing
                if self.quiet and outgoing is request and _refused(response):
                    # Whoever sent it sees that it was refused.
                    self._note_scope(response)
                    return
                outgoing = await flow.asend(response)
        except StopAsyncIteration:
            return
        finally:
            await flow.aclose()


class PersonFlow(Flow):
    """A person signs in, in a browser.

    page: where the browser comes back to. show: gets the address of the page to open; None where nobody is there.
    more_scope: to be asked for beside what the server names now.
    """

    def __init__(
        self,
        spec: ServerSpec,
        kept: SignInStorage,
        *,
        page: str | None = None,
        show: Callable[[str], Awaitable[None]] | None = None,
        answer: Callable[[], Awaitable[AuthorizationCodeResult]] | None = None,
        more_scope: str | None = None,
    ) -> None:
        client_id = _text(spec, "CLIENT_ID")
        self.spec, self.kept, self.quiet = spec, kept, show is None
        self.more_scope = more_scope
        self._redirects = [AnyUrl(page or _NOBODY)]
        by_document = client_id if is_valid_client_metadata_url(client_id) else None
        metadata = OAuthClientMetadata(
            client_name="Studiolo",
            redirect_uris=self._redirects,
            token_endpoint_auth_method=None,
            scope=_text(spec, "scope"),
        )
        super().__init__(spec.url or "", metadata, kept, show, answer, client_metadata_url=by_document)
        self._own = None if by_document else client_id

    async def _initialize(self) -> None:
        await super()._initialize()
        if self._own:
            client = OAuthClientInformationFull(
                client_id=self._own,
                client_secret=_text(self.spec, "CLIENT_SECRET"),
                redirect_uris=self._redirects,
            )
            self.context.client_info = client
            await self.kept.set_client_info(client)

    async def _perform_authorization_code_grant(self) -> tuple[str, str]:
        if configured := _text(self.spec, "scope"):
            asked = self.context.client_metadata.scope or ""
            more = "offline_access" if "offline_access" in asked.split() else None
            self.context.client_metadata.scope = union_scopes(configured, more)
        self.context.client_metadata.scope = union_scopes(self.context.client_metadata.scope, self.more_scope)
        return await super()._perform_authorization_code_grant()

    async def _exchange_token_authorization_code(self, auth_code: str, code_verifier: str) -> httpx2.Request:
        self._choose_method()
        return await super()._exchange_token_authorization_code(auth_code, code_verifier)

    async def _refresh_token(self) -> httpx2.Request:
        self._choose_method()
        return await super()._refresh_token()

    def _choose_method(self) -> None:
        """A client of one's own says who it is in the way that the server takes."""
        client, metadata = self.context.client_info, self.context.oauth_metadata
        if self._own and client:
            client.token_endpoint_auth_method = _method(self.spec, metadata)
            if not client.client_secret:
                client.token_endpoint_auth_method = "none"


class SecretFlow(Flow, ClientCredentialsOAuthProvider):
    """A client with a secret of its own signs in by itself."""

    def __init__(self, spec: ServerSpec, kept: SignInStorage) -> None:
        self.spec, self.kept, self.quiet = spec, kept, False
        with warnings.catch_warnings():
            # Without `issuer` the server says where the secret goes, as it does for every other sign-in.
            warnings.simplefilter("ignore")
            ClientCredentialsOAuthProvider.__init__(
                self,
                spec.url or "",
                kept,
                _text(spec, "CLIENT_ID") or "",
                _text(spec, "CLIENT_SECRET") or "",
                scope=_text(spec, "scope"),
                issuer=_text(spec, "issuer"),
            )

    async def _exchange_token_client_credentials(self) -> httpx2.Request:
        client, metadata = self.context.client_info, self.context.oauth_metadata
        if client:
            client.token_endpoint_auth_method = _method(self.spec, metadata)
        return await super()._exchange_token_client_credentials()


class KeyFlow(Flow, PrivateKeyJWTOAuthProvider):
    """A client signs in by itself with a private key."""

    def __init__(self, spec: ServerSpec, kept: SignInStorage) -> None:
        self.spec, self.kept, self.quiet = spec, kept, False
        client_id = _text(spec, "CLIENT_ID") or ""
        signed = SignedJWTParameters(
            issuer=client_id,
            subject=client_id,
            signing_key=_text(spec, "PRIVATE_KEY") or "",
            signing_algorithm=_text(spec, "ALGORITHM") or "RS256",
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # as above
            PrivateKeyJWTOAuthProvider.__init__(
                self,
                spec.url or "",
                kept,
                client_id,
                signed.create_assertion_provider(),
                scope=_text(spec, "scope"),
                issuer=_text(spec, "issuer"),
            )


def signs_in_by_itself(spec: ServerSpec) -> bool:
    """Return whether no person is needed: mcp.json says so, or there is a private key."""
    return bool(spec.url) and (_text(spec, "grant_type") == "client_credentials" or bool(_text(spec, "PRIVATE_KEY")))


def machine_flow(spec: ServerSpec, kept: SignInStorage) -> Flow:
    """Return the flow of a client that signs in by itself."""
    return KeyFlow(spec, kept) if _text(spec, "PRIVATE_KEY") else SecretFlow(spec, kept)


def _refused(response: httpx2.Response) -> bool:
    if response.status_code == HTTPStatus.UNAUTHORIZED:
        return True
    scope = extract_field_from_www_auth(response, "error") == "insufficient_scope"
    return response.status_code == HTTPStatus.FORBIDDEN and scope


def _method(spec: ServerSpec, metadata: OAuthMetadata | None) -> str:
    """How a secret is sent: as mcp.json says, or as RFC 8414 has it where the server says nothing."""
    if configured := _text(spec, "token_endpoint_auth_method"):
        return configured
    supported = metadata.token_endpoint_auth_methods_supported if metadata else None
    return "client_secret_post" if supported and "client_secret_basic" not in supported else "client_secret_basic"


def _text(spec: ServerSpec, name: str) -> str | None:
    value: Any = (spec.auth or {}).get(name)
    return value if isinstance(value, str) and value else None
