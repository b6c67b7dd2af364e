"""The file of the tokens: what can be understood of it opens something, the rest opens nothing and is kept."""

import re
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from studiolo.api.server import TokenInfo
from studiolo.server.notices import Notices
from studiolo.set_aside import DamagedError, kept_as, read_json, set_aside, was_set_aside

TOKENS_FILE = "tokens.json"
"""In the data folder."""
_DIGEST = re.compile(r"[0-9a-f]{64}")


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
        """Return whether the token has a permission; `admin` includes every other."""
        return permission in self.permissions or "admin" in self.permissions

    @property
    def expired(self) -> bool:
        """Return whether the token's time is over; a token without an end never expires."""
        return self.expires_at is not None and parse_time(self.expires_at) <= datetime.now(UTC)

    def info(self, token: str | None = None) -> TokenInfo:
        """Return what the API tells of the token; `token` is its text, which is known only when it is made."""
        return TokenInfo(**{key: value for key, value in asdict(self).items() if key != "digest"}, token=token)


@dataclass
class FoundTokens:
    """newer: entries of a later version, as they were. bad: how many others are of no use."""

    bad: int = 0
    tokens: list[Token] = field(default_factory=list)
    newer: list[Any] = field(default_factory=list)


def have_tokens(file: Path) -> bool:
    """Return whether tokens were ever kept at `file`, be they readable or not, and were not all revoked."""
    try:
        return bool(read_json(file))
    except FileNotFoundError:
        return was_set_aside(file)
    except DamagedError:
        return True


def read_tokens(file: Path, notices: Notices) -> FoundTokens:
    """Return the tokens at `file`.

    A file that can't be used at all is set aside; of entries that can't be, a copy is kept.
    """
    found = FoundTokens()
    try:
        data = read_json(file)
        if not isinstance(data, list):
            raise DamagedError("it holds no tokens")
    except FileNotFoundError:
        return found
    except DamagedError as error:
        kept = kept_as(set_aside(file))
        notices.add(f"{file} is damaged: {error}. {kept} No token is valid any more: make new ones.")
        return found
    for entry in data:
        if token := _understood(entry):
            found.tokens.append(token)
        elif isinstance(entry, dict) and entry.keys() > {part.name for part in fields(Token)}:
            # What is not known may restrict it, so it is not valid here, and not lost either.
            found.newer.append(entry)
        else:
            found.bad += 1
    if found.bad:
        kept = kept_as(set_aside(file, copy=True))
        notices.add(f"{file}: {found.bad} of {len(data)} tokens can't be understood and are not valid any more. {kept}")
    if found.newer:
        notices.add(f"{file}: {len(found.newer)} tokens were made by a newer version and are not valid in this one.")
    return found


def _understood(entry: Any) -> Token | None:
    names = {part.name for part in fields(Token)}
    if not isinstance(entry, dict) or entry.keys() - names:
        return None
    try:
        token = Token(**{**entry, "permissions": tuple(entry["permissions"])})
        texts = (token.id, token.name, token.prefix, token.digest, token.created_at, *token.permissions)
        maybe = (token.expires_at, token.last_used_at)
        if not all(isinstance(text, str) for text in texts) or not all(isinstance(t, str | None) for t in maybe):
            return None
        if token.expires_at is not None:
            parse_time(token.expires_at)
        return token if _DIGEST.fullmatch(token.digest) and isinstance(entry["permissions"], list) else None
    except (TypeError, KeyError, ValueError):
        return None


def parse_time(text: str) -> datetime:
    """Return the time that an ISO 8601 text stands for. Raises ValueError."""
    time = datetime.fromisoformat(text)
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def format_time(time: datetime) -> str:
    """Return a time as ISO 8601 in UTC."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
