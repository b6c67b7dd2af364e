"""`POST /api/v1/chat`: spec section 2."""

from typing import Annotated, Any, Literal

from pydantic import Field

from studiolo.api.base import EXTENSION, MOST_NAME, Answer, Request, absent
from studiolo.api.lenient import Whole
from studiolo.api.sampling_dials import SamplingDials

ReasoningSetting = Literal["off", "low", "medium", "high", "on"]


class TextItem(Request):
    """A piece of the user's text. Real servers take both type names."""

    type: Literal["message", "text"] = "text"
    content: str


class ImageItem(Request):
    """An image as a `data:image/…;base64,` URL."""

    type: Literal["image"] = "image"
    data_url: str


InputItem = Annotated[TextItem | ImageItem, Field(discriminator="type")]


class PluginIntegration(Request):
    """An MCP server from mcp.json: `id` is `mcp/<label>`."""

    type: Literal["plugin"] = "plugin"
    id: str
    allowed_tools: list[str] | None = None


class EphemeralMcp(Request):
    """An MCP server named in the request itself."""

    type: Literal["ephemeral_mcp"] = "ephemeral_mcp"
    server_label: str
    server_url: str
    allowed_tools: list[str] | None = None
    headers: dict[str, str] | None = None


Integration = str | Annotated[PluginIntegration | EphemeralMcp, Field(discriminator="type")]


class ToolApproval(Request):
    """A streamed chat request carries this to have a person asked before a tool runs (docs/mcp.md).

    `chat` is the asker's name of the chat, for decisions that belong to it.
    """

    mode: Literal["ask"] = "ask"
    chat: str = Field(default="", max_length=200)


ContextOverflow = Literal["stop", "truncate_middle", "rolling_window"]
"""What becomes of a conversation that is too long for the context: refused, or its middle or its beginning left out."""

OverflowSetting = Annotated[
    ContextOverflow,
    Field(
        title="Conversations that are too long",
        description="What becomes of a chat that the context has no room for, where a request does not say.",
        json_schema_extra={
            "x-section": "models",
            "x-group": "Context",
            "x-told": "Where no longer context can be had. The chat itself stays whole.",
            "titles": {
                "stop": "Are refused",
                "truncate_middle": "Lose their middle",
                "rolling_window": "Lose their beginning",
            },
            "x-words": "overflow truncate rolling window sliding",
        },
    ),
]
"""The same, where a request says nothing."""


class ChatRequest(SamplingDials, Request):
    """One turn. `temperature` is documented as 0 to 1; up to 2 is allowed here, as real servers do."""

    model: str = Field(min_length=1, max_length=MOST_NAME)
    input: str | list[InputItem]
    system_prompt: str | None = None
    integrations: list[Integration] | None = None
    stream: bool = False
    temperature: float | None = Field(default=None, ge=0, le=2)
    top_p: float | None = Field(default=None, ge=0, le=1)
    min_p: float | None = Field(default=None, ge=0, le=1)
    top_k: Whole | None = Field(default=None, ge=0)
    repeat_penalty: float | None = Field(default=None, ge=0)
    max_output_tokens: Whole | None = Field(default=None, ge=1)
    reasoning: ReasoningSetting | None = None
    context_length: Whole | None = Field(default=None, ge=1)
    store: bool = True
    previous_response_id: str | None = Field(default=None, pattern=r"^resp_")
    tool_approval: ToolApproval | None = Field(default=None, json_schema_extra=EXTENSION)
    context_overflow: ContextOverflow | None = Field(default=None, json_schema_extra=EXTENSION)


class Provider(Answer):
    """Where a tool comes from: a plugin (`plugin_id`) or an ephemeral MCP server (`server_label`)."""

    type: str = ""
    plugin_id: str | None = absent()
    server_label: str | None = absent()


class ReasoningItem(Answer):
    """This item of a chat's output holds what the model thought before it answered (spec section 2)."""

    type: Literal["reasoning"] = "reasoning"
    content: str = ""


class MessageItem(Answer):
    """This item of a chat's output holds a text that the model said (spec section 2)."""

    type: Literal["message"] = "message"
    content: str = ""


class ToolCallItem(Answer):
    """A tool that was run. `output` is the MCP content list as JSON text.

    is_error: an extension, true where the tool says that it has failed; its output says why.
    """

    type: Literal["tool_call"] = "tool_call"
    tool: str = ""
    arguments: dict[str, Any] = Field(default_factory=dict)
    output: str = ""
    provider_info: Provider | None = absent()
    is_error: bool | None = absent()


class InvalidToolCallMetadata(Answer):
    """This says which call an InvalidToolCallItem or a ToolCallFailure is about, and what kind of mistake it had.

    `type` is "invalid_name" or "invalid_arguments"; of our own, "failed" (the tool could not be run to its end) or
    "denied" (it may not be run).
    """

    type: str = "invalid_arguments"
    tool_name: str = ""
    arguments: dict[str, Any] | None = absent()
    provider_info: Provider | None = absent()


class InvalidToolCallItem(Answer):
    """This item of a chat's output is a tool call that was not carried out; `reason` says why (spec section 2)."""

    type: Literal["invalid_tool_call"] = "invalid_tool_call"
    reason: str = ""
    metadata: InvalidToolCallMetadata = Field(default_factory=InvalidToolCallMetadata)


class UnknownItem(Answer):
    """An output item of a kind that this version does not know."""

    type: str = "unknown"


OutputItem = Annotated[
    Annotated[ReasoningItem | MessageItem | ToolCallItem | InvalidToolCallItem, Field(discriminator="type")]
    | UnknownItem,
    Field(union_mode="left_to_right"),
]


CONTEXT_FULL = "context_full"
"""The server's own `finish_reason` of a reply that found no more room; OpenAI's is `length`."""
STOP_REASONS = {
    "stop": "eosFound",
    "length": "maxPredictedTokensReached",
    "tool_calls": "toolCalls",
    CONTEXT_FULL: "contextLengthReached",
}
"""`finish_reason` as LM Studio's REST v0 calls it."""


class ChatStats(Answer):
    """Counts are tokens, times are seconds, `tokens_per_second` is that of generation."""

    input_tokens: int = 0
    total_output_tokens: int = 0
    reasoning_output_tokens: int = 0
    tokens_per_second: float = 0.0
    time_to_first_token_seconds: float = 0.0
    model_load_time_seconds: float | None = absent()
    estimated: bool | None = absent()
    """An extension: whether the counts are about right, as another machine's server did not tell them."""
    stop_reason: str | None = absent()
    """An extension, in the words of LM Studio's REST v0: "eosFound", "maxPredictedTokensReached" and others."""
    left_out_messages: int | None = absent()
    """An extension: messages of the conversation that the model was not given, since the context has no room."""


class ChatResponse(Answer):
    """`output` is in the order in which the model produced it."""

    model_instance_id: str = ""
    output: list[OutputItem] = Field(default_factory=list)
    stats: ChatStats = Field(default_factory=ChatStats)
    response_id: str | None = absent()

    @property
    def text(self) -> str:
        """Return the messages of the output, put together."""
        return "".join(item.content for item in self.output if isinstance(item, MessageItem))
