"""API tokens, as an extension: `/api/v1/server/tokens`. Shape of a token: spec section 6."""

from typing import Literal

from pydantic import Field

from studiolo.api.base import SHOWABLE, Answer, Request, absent

TOKENS = "tokens"
"""Capability: tokens can be made, listed, edited and revoked."""

Permission = Literal["chat", "models", "downloads", "mcp", "admin"]
PERMISSIONS: tuple[Permission, ...] = ("chat", "models", "downloads", "mcp", "admin")
USUAL_PERMISSIONS: tuple[Permission, ...] = ("chat", "models", "downloads")

TOKEN_PATTERN = r"^sk-lm-[A-Za-z0-9]{8}:[A-Za-z0-9]{20}$"
SHOWN_CHARACTERS = 10


class TokenRequest(Request):
    """A new token. `expires_at` is ISO 8601 in UTC; None never expires."""

    name: str = Field(min_length=1, max_length=100, pattern=SHOWABLE)
    permissions: list[Permission] = Field(default_factory=lambda: list(USUAL_PERMISSIONS), min_length=1)
    expires_at: str | None = None


class TokenChange(Request):
    """What is to be another way; what is left out stays."""

    name: str | None = Field(default=None, min_length=1, max_length=100, pattern=SHOWABLE)
    permissions: list[Permission] | None = Field(default=None, min_length=1)
    expires_at: str | None = None
    never_expires: bool = False


class TokenInfo(Answer):
    """A token as it is listed. `prefix` is its first ten characters; `token` is there once, when it is made."""

    id: str = ""
    name: str = ""
    prefix: str = ""
    permissions: list[str] = Field(default_factory=list)
    created_at: str = ""
    expires_at: str | None = None
    last_used_at: str | None = None
    token: str | None = absent()


class TokenList(Answer):
    """`GET /api/v1/server/tokens` answers with this; no token's text is in it."""

    tokens: list[TokenInfo] = Field(default_factory=list)
