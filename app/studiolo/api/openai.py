"""What is read of OpenAI's requests (platform.openai.com/docs/api-reference, as of 2026-11).

Keys that are not named here pass, as OpenAI's clients send ever new ones. Extensions: `ttl`, which LM Studio has, too
(seconds that a model loaded just in time may idle after this request), and `exact_model` (true: a name that nobody
knows is refused, whatever the settings say).
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from studiolo.api.base import MOST_NAME, Request
from studiolo.api.lenient import EmptyListIsNone, Limit, Object, PositiveLimit, Stops, Whole


class DialectRequest(BaseModel):
    """A request in somebody else's dialect: strict about what is read, tolerant about the rest."""

    model_config = ConfigDict(extra="allow", strict=True)

    model: str = Field(max_length=MOST_NAME)
    stream: bool | None = None


class StreamOptions(BaseModel):
    """This is `stream_options` of a completion; `include_usage` asks for a last chunk with the counts of tokens."""

    model_config = ConfigDict(extra="allow", strict=True)

    include_usage: bool | None = None


class CompletionRequest(DialectRequest):
    """What both kinds of completion have in common. llama.cpp's own words are taken as they are."""

    stream_options: Annotated[StreamOptions | None, EmptyListIsNone] = None
    n: Whole | None = None
    ttl: float | None = Field(default=None, gt=0)
    exact_model: bool | None = None
    max_tokens: Limit = None
    temperature: float | None = Field(default=None, ge=0)
    top_p: float | None = Field(default=None, ge=0, le=1)
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    seed: Whole | None = None
    stop: Stops = None
    logit_bias: Annotated[dict[str, float] | None, EmptyListIsNone] = None
    user: str | None = None


class ChatMessage(BaseModel):
    """A message of a chat. `content` is a text or a list of parts; null is an empty text."""

    model_config = ConfigDict(extra="allow", strict=True)

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[dict[str, Any]] | None = None
    tool_calls: list[dict[str, Any]] | None = None


class ChatCompletionRequest(CompletionRequest):
    """`POST /v1/chat/completions`."""

    messages: list[ChatMessage] = Field(min_length=1)
    max_completion_tokens: Limit = None
    logprobs: bool | None = None
    top_logprobs: Whole | None = Field(default=None, ge=0, le=20)
    tools: list[dict[str, Any]] | None = None
    tool_choice: Annotated[str | dict[str, Any] | None, EmptyListIsNone] = None
    parallel_tool_calls: bool | None = None
    response_format: Object = None
    reasoning_effort: str | None = None


class TextCompletionRequest(CompletionRequest):
    """`POST /v1/completions`: `prompt` is a text, tokens, or a list of either."""

    prompt: str | list[str] | list[int] | list[list[int]]
    logprobs: Whole | None = Field(default=None, ge=0, le=20)
    echo: bool | None = None
    suffix: str | None = None
    best_of: Whole | None = None


class EmbeddingRequest(BaseModel):
    """`POST /v1/embeddings`: `input` is a text, tokens, or a list of either."""

    model_config = ConfigDict(extra="allow", strict=True)

    model: str = Field(min_length=1, max_length=MOST_NAME)
    input: str | list[str] | list[int] | list[list[int]]
    encoding_format: Literal["float", "base64"] | None = None
    dimensions: Whole | None = Field(default=None, ge=1)
    ttl: float | None = Field(default=None, gt=0)


class ReasoningOptions(BaseModel):
    """This is `reasoning` of a response: how hard the model should think, and whether a summary is wanted."""

    model_config = ConfigDict(extra="allow", strict=True)

    effort: str | None = None
    summary: str | None = None


class ResponsesRequest(DialectRequest):
    """`POST /v1/responses`: `input` is a text or a list of items."""

    input: str | list[dict[str, Any]]
    instructions: str | None = None
    previous_response_id: str | None = None
    store: bool | None = None
    temperature: float | None = Field(default=None, ge=0)
    top_p: float | None = Field(default=None, ge=0, le=1)
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    top_logprobs: Whole | None = Field(default=None, ge=0, le=20)
    max_output_tokens: PositiveLimit = None
    max_tool_calls: Whole | None = Field(default=None, ge=0)
    tools: list[dict[str, Any]] | None = None
    tool_choice: Annotated[str | dict[str, Any] | None, EmptyListIsNone] = None
    parallel_tool_calls: bool | None = None
    reasoning: Annotated[ReasoningOptions | None, EmptyListIsNone] = None
    text: Object = None
    metadata: Object = None
    truncation: str | None = None
    background: bool | None = None
    service_tier: str | None = None
    safety_identifier: str | None = None
    prompt_cache_key: str | None = None
    ttl: float | None = Field(default=None, gt=0)


class PromptFunction(Request):
    """What was called; `arguments` is JSON as text."""

    name: str
    arguments: str


class PromptCall(Request):
    """A call of an assistant's message."""

    id: str
    type: Literal["function"] = "function"
    function: PromptFunction


class PromptMessage(Request):
    """One message. `content`: text, or parts as OpenAI has them (`text`, `image_url`).

    An assistant's message may have called tools; the message of a tool says by `tool_call_id` which call it answers.
    """

    role: Literal["system", "user", "assistant", "tool"]
    content: str | list[dict[str, Any]]
    tool_calls: list[PromptCall] | None = None
    tool_call_id: str | None = None


class StreamedCompletionRequest(Request):
    """`max_tokens` and the sampling as in a ChatRequest, in OpenAI's words.

    `exact_model`, an extension of ours: a chat with a model that is gone is not gone on with by another.
    """

    model: str = Field(min_length=1)
    messages: list[PromptMessage]
    stream: bool = True
    stream_options: dict[str, bool] = Field(default_factory=lambda: {"include_usage": True})
    temperature: float | None = None
    top_p: float | None = None
    min_p: float | None = None
    top_k: int | None = None
    repeat_penalty: float | None = None
    max_tokens: int | None = None
    reasoning_effort: str | None = None
    exact_model: bool = True
