"""What is read of Anthropic's requests (docs.anthropic.com, Messages API, version 2023-06-01).

Keys that are not named here pass unread, as Anthropic's clients send ever new ones.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from studiolo.api.lenient import Object, PositiveLimit, Stops, Whole
from studiolo.api.openai import DialectRequest


class InputMessage(BaseModel):
    """`content` is a text or a list of blocks; null is an empty text."""

    model_config = ConfigDict(extra="allow", strict=True)

    role: Literal["user", "assistant", "system"]
    content: str | list[dict[str, Any]] | None = None


class CountTokensRequest(DialectRequest):
    """`POST /v1/messages/count_tokens`."""

    messages: list[InputMessage] = Field(min_length=1)
    system: str | list[dict[str, Any]] | None = None
    tools: list[dict[str, Any]] | None = None
    tool_choice: Object = None
    thinking: Object = None
    output_config: Object = None


class MessagesRequest(CountTokensRequest):
    """`POST /v1/messages`."""

    max_tokens: PositiveLimit
    temperature: float | None = Field(default=None, ge=0, le=2)
    top_p: float | None = Field(default=None, ge=0, le=1)
    top_k: Whole | None = Field(default=None, ge=-1)
    stop_sequences: Stops = None
    metadata: Object = None
