"""API tokens: made, shown once, kept as hashes."""

import contextlib
import hashlib
import hmac
import json
import logging
import re
import secrets
import string
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

from studiolo.api.server import PERMISSIONS, SHOWN_CHARACTERS, TOKEN_PATTERN, TokenChange, TokenRequest
from studiolo.errors import NotFoundError, RequestError, StorageError
from studiolo.files import write_atomically
from studiolo.server.notices import Notices
from studiolo.server.tokens_file import Token as Token
from studiolo.server.tokens_file import format_time, parse_time, read_tokens

logger = logging.getLogger(__name__)

_LETTERS = string.ascii_letters + string.digits
_SHAPE = re.compile(TOKEN_PATTERN)


class TokenStore:
    """The tokens of one server, in a JSON file that only its owner can read. Changes are on disk when they return.

    What of the file can't be used opens nothing; it is kept aside and told of.
    """

    def __init__(self, file: Path, notices: Notices | None = None) -> None:
        self._file = file
        found = read_tokens(file, notices or Notices())
        self._tokens = {token.id: token for token in found.tokens}
        self._newer = found.newer
        if found.bad:
            with contextlib.suppress(StorageError):
                self._save(self._tokens)

    def all(self) -> list[Token]:
        """Return the tokens, those that were made first at the beginning."""
        return sorted(self._tokens.values(), key=lambda token: token.created_at)

    def create(self, request: TokenRequest) -> tuple[Token, str]:
        """Return a new token and its text, which is kept nowhere. Raises RequestError for a time that is none."""
        text = f"sk-lm-{_random(8)}:{_random(20)}"
        token = Token(
            id=f"tok_{secrets.token_hex(6)}",
            name=request.name,
            prefix=text[:SHOWN_CHARACTERS],
            digest=_digest(text),
            permissions=tuple(permission for permission in PERMISSIONS if permission in request.permissions),
            created_at=format_time(datetime.now(UTC)),
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
        """Return the valid token that `text` is, or None."""
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
        today = format_time(datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0))
        if token.last_used_at != today:
            token = replace(token, last_used_at=today)
            try:
                self._save({**self._tokens, token.id: token})
            except StorageError as error:
                logger.warning("%s (%s)", error.message, error.details)
        return token

    def _save(self, tokens: dict[str, Token]) -> None:
        content = json.dumps([*(asdict(token) for token in tokens.values()), *self._newer], indent=2)
        try:
            write_atomically(self._file, content.encode(), private=True)
        except OSError as error:
            raise StorageError("The tokens could not be saved, so nothing was changed.", details=str(error)) from error
        self._tokens = tokens


def has_token_shape(text: str) -> bool:
    """Return whether `text` could be a token at all (spec section 6)."""
    return _SHAPE.match(text) is not None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _random(length: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


def _checked_time(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return format_time(parse_time(text))
    except ValueError as error:
        raise RequestError(
            f"'{text[:60]}' is not a time.",
            param="expires_at",
            code="invalid_value",
            hint="A time looks like 2027-01-31T00:00:00Z.",
        ) from error
