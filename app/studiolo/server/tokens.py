"""API tokens: made, shown once, kept as hashes."""

import hashlib
import hmac
import json
import logging
import os
import re
import secrets
import string
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from studiolo.api.tokens import PERMISSIONS, SHOWN_CHARACTERS, TOKEN_PATTERN, TokenChange, TokenInfo, TokenRequest
from studiolo.errors import NotFoundError, RequestError, StorageError

logger = logging.getLogger(__name__)

_LETTERS = string.ascii_letters + string.digits
_SHAPE = re.compile(TOKEN_PATTERN)


@dataclass(frozen=True)
class Token:
    """A token that was given out. `digest` is the SHA-256 of it: it is random enough to need no salt."""

    id: str
    name: str
    prefix: str
    digest: str
    permissions: tuple[str, ...]
    created_at: str
    expires_at: str | None = None
    last_used_at: str | None = None

    def allows(self, permission: str) -> bool:
        return permission in self.permissions or "admin" in self.permissions

    @property
    def expired(self) -> bool:
        return self.expires_at is not None and _parse_time(self.expires_at) <= datetime.now(UTC)

    def info(self, token: str | None = None) -> TokenInfo:
        return TokenInfo(**{key: value for key, value in asdict(self).items() if key != "digest"}, token=token)


class TokenStore:
    """The tokens of one server, in a JSON file that only its owner can read. Changes are on disk when they return."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._tokens = {token.id: token for token in _read(file)}

    def all(self) -> list[Token]:
        return sorted(self._tokens.values(), key=lambda token: token.created_at)

    def create(self, request: TokenRequest) -> tuple[Token, str]:
        """A new token and its text, which is kept nowhere. Raises RequestError for a time that is none."""
        text = f"sk-lm-{_random(8)}:{_random(20)}"
        token = Token(
            id=f"tok_{secrets.token_hex(6)}",
            name=request.name,
            prefix=text[:SHOWN_CHARACTERS],
            digest=_digest(text),
            permissions=tuple(permission for permission in PERMISSIONS if permission in request.permissions),
            created_at=_format_time(datetime.now(UTC)),
            expires_at=_checked_time(request.expires_at),
        )
        self._save({**self._tokens, token.id: token})
        return token, text

    def change(self, token_id: str, change: TokenChange) -> Token:
        """Edit a token; its text stays. Raises NotFoundError, RequestError."""
        token = self._get(token_id)
        if change.name is not None:
            token = replace(token, name=change.name)
        if change.permissions is not None:
            token = replace(token, permissions=tuple(change.permissions))
        if change.expires_at is not None or change.never_expires:
            token = replace(token, expires_at=_checked_time(change.expires_at))
        self._save({**self._tokens, token.id: token})
        return token

    def revoke(self, token_id: str) -> None:
        """Make a token worthless. Raises NotFoundError."""
        token = self._get(token_id)
        self._save({key: other for key, other in self._tokens.items() if key != token.id})

    def check(self, text: str) -> Token | None:
        """The valid token that `text` is, or None."""
        digest = _digest(text)
        for token in self._tokens.values():
            if hmac.compare_digest(token.digest, digest):
                return None if token.expired else self._used(token)
        return None

    def _get(self, token_id: str) -> Token:
        if token_id not in self._tokens:
            raise NotFoundError(f"No token '{token_id}' is known.", what="token", code="token_not_found")
        return self._tokens[token_id]

    def _used(self, token: Token) -> Token:
        # To the day is enough to see which tokens are in use, and it spares a write for each request.
        today = _format_time(datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0))
        if token.last_used_at != today:
            token = replace(token, last_used_at=today)
            try:
                self._save({**self._tokens, token.id: token})
            except StorageError as error:
                logger.warning("%s (%s)", error.message, error.details)
        return token

    def _save(self, tokens: dict[str, Token]) -> None:
        fresh = self._file.with_suffix(".new")
        content = json.dumps([asdict(token) for token in tokens.values()], indent=2)
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with open(descriptor, "w", encoding="utf-8") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._file)
        except OSError as error:
            raise StorageError("The tokens could not be saved, so nothing was changed.", details=str(error)) from error
        self._tokens = tokens


def has_token_shape(text: str) -> bool:
    """Whether `text` could be a token at all (spec section 6)."""
    return _SHAPE.match(text) is not None


def _read(file: Path) -> list[Token]:
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
        return [Token(**{**entry, "permissions": tuple(entry["permissions"])}) for entry in data]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError, KeyError) as error:
        # Going on without them would lock their owners out and then overwrite the file.
        raise StorageError(
            f"The tokens in {file} can't be read.", hint="Repair or remove that file.", details=str(error)
        ) from error


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _random(length: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


def _parse_time(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _format_time(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _checked_time(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return _format_time(_parse_time(text))
    except ValueError as error:
        raise RequestError(
            f"'{text[:60]}' is not a time.",
            param="expires_at",
            code="invalid_value",
            hint="A time looks like 2027-01-31T00:00:00Z.",
        ) from error
