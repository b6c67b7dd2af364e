"""What a sign-in leaves behind, kept with the secrets: tokens, the client that was registered, where to refresh."""

import hashlib
import json
import logging
import time

from mcp.shared.auth import OAuthClientInformationFull, OAuthMetadata, OAuthToken, ProtectedResourceMetadata
from pydantic import BaseModel, ValidationError

from studiolo.errors import StorageError
from studiolo.server.mcp.contract import ServerSpec
from studiolo.server.mcp.failures import unreachable
from studiolo.server.secrets import Secrets

logger = logging.getLogger(__name__)


class Record(BaseModel):
    """Of one server, at one address, for one client. expires_at: in seconds since 1970."""

    url: str
    client_digest: str = ""
    tokens: OAuthToken
    expires_at: float | None = None
    client: OAuthClientInformationFull | None = None
    metadata: OAuthMetadata | None = None
    resource: ProtectedResourceMetadata | None = None
    issuer: str | None = None


class Records:
    """By label. What was kept for another address, or can't be understood, is as if it were not there."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets

    async def load(self, label: str, spec: ServerSpec | None = None) -> Record | None:
        """Load the record of a server. Raises StorageError where the keyring does not answer."""
        text = await self._secrets.read(self._name(label))
        try:
            record = Record.model_validate_json(text) if text else None
        except ValidationError:
            return None
        if record is None or (
            spec is not None and (record.url, record.client_digest) != (spec.url, client_digest(spec))
        ):
            return None
        self._secrets.know(*_secrets_of(record))
        return record

    async def save(self, label: str, record: Record) -> None:
        """Save the record of a server. Raises StorageError."""
        self._secrets.know(*_secrets_of(record))
        await self._secrets.keep(self._name(label), record.model_dump_json(exclude_none=True))

    async def delete(self, label: str) -> None:
        """Delete the record of a server. Raises StorageError."""
        await self._secrets.forget(self._name(label))

    def _name(self, label: str) -> str:
        # Another installation of this user may have a server of the same label.
        return f"oauth.{label}.{self._secrets.home}"


class SignInStorage:
    """The SDK's storage for one server. Nothing is kept before there are tokens: a sign-in that fails leaves nothing.

    fresh: what is there is passed over, for a sign-in that begins anew.
    """

    def __init__(self, records: Records, spec: ServerSpec, *, fresh: bool = False) -> None:
        self._records = records
        self._name = spec.name
        self._label = spec.name.label
        self._spec = spec
        self._fresh = fresh
        self._client: OAuthClientInformationFull | None = None
        self.metadata: OAuthMetadata | None = None
        self.resource: ProtectedResourceMetadata | None = None
        self.issuer: str | None = None
        self.expires_at: float | None = None

    async def load(self) -> OAuthToken | None:
        """Return the tokens, and read the rest into the fields. Raises McpServerError."""
        try:
            record = None if self._fresh else await self._records.load(self._label, self._spec)
        except StorageError as error:
            raise unreachable(
                self._name, "has its sign-in in a keyring that does not answer", hint=error.hint
            ) from error
        if record is None:
            return None
        self._client, self.metadata, self.resource = record.client, record.metadata, record.resource
        self.issuer, self.expires_at = record.issuer, record.expires_at
        return record.tokens

    async def get_tokens(self) -> OAuthToken | None:
        """Return the tokens that are kept, None where there are none. Raises McpServerError."""
        return await self.load()

    async def set_tokens(self, tokens: OAuthToken) -> None:
        """Keep new tokens together with all that a refresh needs.

        Raises StorageError for a new sign-in that can't be kept; one that was only renewed goes on from memory, and the
        log says so.
        """
        self.expires_at = time.time() + tokens.expires_in if tokens.expires_in is not None else None
        record = Record(
            url=self._spec.url or "",
            client_digest=client_digest(self._spec),
            tokens=tokens,
            expires_at=self.expires_at,
            client=self._client,
            metadata=self.metadata,
            resource=self.resource,
            issuer=self.issuer,
        )
        try:
            await self._records.save(self._label, record)
        except StorageError as error:
            if self._fresh:
                raise
            # What is in memory is good until this server ends.
            logger.warning("the sign-in to '%s' was renewed and can't be kept: %s", self._label, error)
        self._fresh = False

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        """Return the client that was registered with the server; None where none was, or before `load`."""
        return self._client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        """Hold, in memory, the client that was registered; it is kept once there are tokens."""
        self._client = client_info

    async def forget(self) -> None:
        """Forget the sign-in. Raises StorageError."""
        await self._records.delete(self._label)


def client_digest(spec: ServerSpec) -> str:
    """Return the digest of a client of one's own: what another one was given is not for it."""
    return hashlib.sha256(json.dumps(spec.auth, sort_keys=True).encode()).hexdigest()[:16] if spec.auth else ""


def _secrets_of(record: Record) -> list[str]:
    texts = [record.tokens.access_token, record.tokens.refresh_token]
    texts.append(record.client.client_secret if record.client else None)
    return [text for text in texts if text]
