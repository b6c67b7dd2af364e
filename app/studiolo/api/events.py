"""The events of a chat stream: spec section 2, "Stream". `event:` and `data.type` carry the same name."""

from typing import Annotated, Any, Literal, get_args

from pydantic import Field, TypeAdapter, ValidationError

from studiolo.api.base import Answer, absent
from studiolo.api.chat import ChatResponse, InvalidToolCallMetadata, Provider
from studiolo.api.errors import ErrorInfo
from studiolo.api.hints import ToolHints
from studiolo.api.models import LoadResponse


class ChatStart(Answer):
    """This event opens every chat stream and names the instance that answers, or that is loaded to answer."""

    type: Literal["chat.start"] = "chat.start"
    model_instance_id: str | None = absent()


class ModelLoadStart(Answer):
    """The model that was asked for is not loaded, and its load begins."""

    type: Literal["model_load.start"] = "model_load.start"
    model_instance_id: str = ""


class ModelLoadProgress(Answer):
    """A load goes on; `progress` runs from 0 to 1."""

    type: Literal["model_load.progress"] = "model_load.progress"
    model_instance_id: str = ""
    progress: float = 0.0


class ModelLoadEnd(Answer):
    """The model is loaded, and the request goes on with it."""

    type: Literal["model_load.end"] = "model_load.end"
    model_instance_id: str = ""
    load_time_seconds: float = 0.0


class ModelLoadResult(Answer):
    """Extension (capability `load_progress`): the last event of a load that was asked for as a stream."""

    type: Literal["model_load.result"] = "model_load.result"
    result: LoadResponse = Field(default_factory=LoadResponse)


class ContextShortened(Answer):
    """Extension: messages are left out of the conversation, since the context has no room for all of them.

    `messages`: how many, by `policy`; `prompt_tokens`: what it had with them. The conversation is kept whole.
    """

    type: Literal["context.shortened"] = "context.shortened"
    policy: str = ""
    messages: int = 0
    prompt_tokens: int = 0
    context_length: int = 0


class PromptProcessingStart(Answer):
    """The engine begins to read the prompt, once for each round of tools."""

    type: Literal["prompt_processing.start"] = "prompt_processing.start"


class PromptProcessingProgress(Answer):
    """The engine has read a part of the prompt; `progress` runs from 0 to 1."""

    type: Literal["prompt_processing.progress"] = "prompt_processing.progress"
    progress: float = 0.0


class PromptProcessingEnd(Answer):
    """The engine has read the prompt, and what it generates follows."""

    type: Literal["prompt_processing.end"] = "prompt_processing.end"


class ReasoningStart(Answer):
    """The model begins to think; the text comes in ReasoningDelta events."""

    type: Literal["reasoning.start"] = "reasoning.start"


class ReasoningDelta(Answer):
    """`content` continues the reasoning that is open."""

    type: Literal["reasoning.delta"] = "reasoning.delta"
    content: str = ""


class ReasoningEnd(Answer):
    """The reasoning that was open is complete."""

    type: Literal["reasoning.end"] = "reasoning.end"


class MessageStart(Answer):
    """The model begins a message; the text comes in MessageDelta events."""

    type: Literal["message.start"] = "message.start"


class MessageDelta(Answer):
    """`content` continues the message that is open."""

    type: Literal["message.delta"] = "message.delta"
    content: str = ""


class MessageEnd(Answer):
    """The message that was open is complete."""

    type: Literal["message.end"] = "message.end"


class ToolCallStart(Answer):
    """The model begins to call a tool; its arguments follow in one ToolCallArguments event."""

    type: Literal["tool_call.start"] = "tool_call.start"
    tool: str = ""
    provider_info: Provider | None = absent()


class ToolCallName(Answer):
    """Undocumented but sent; a long silence may follow while the arguments are generated."""

    type: Literal["tool_call.name"] = "tool_call.name"
    tool_name: str = ""


class ToolCallArguments(Answer):
    """The model has written all arguments of the tool call."""

    type: Literal["tool_call.arguments"] = "tool_call.arguments"
    tool: str = ""
    arguments: dict[str, Any] = Field(default_factory=dict)
    provider_info: Provider | None = absent()


class ToolCallSuccess(Answer):
    """The tool has run, and `output` is its result as text."""

    type: Literal["tool_call.success"] = "tool_call.success"
    tool: str = ""
    arguments: dict[str, Any] = Field(default_factory=dict)
    output: str = ""
    provider_info: Provider | None = absent()
    is_error: bool | None = absent()
    """An extension: see ToolCallItem."""


class ToolCallFailure(Answer):
    """The tool call was not carried out; `reason` says why, and `metadata` what the call was."""

    type: Literal["tool_call.failure"] = "tool_call.failure"
    reason: str = ""
    metadata: InvalidToolCallMetadata = Field(default_factory=InvalidToolCallMetadata)


class ToolCallProgress(Answer):
    """Extension (capability `mcp`): a tool says how far it is; `total` is None where it does not know."""

    type: Literal["tool_call.progress"] = "tool_call.progress"
    tool: str = ""
    progress: float = 0.0
    total: float | None = absent()
    message: str | None = absent()
    provider_info: Provider | None = absent()


class ToolCallApprovalRequired(Answer):
    """Extension (capability `tool_approval`): the call waits for `POST /api/v1/mcp/approvals/{approval_id}`.

    `changed`: the tool was allowed once, with another definition. `hints` are its server's own words.
    """

    type: Literal["tool_call.approval_required"] = "tool_call.approval_required"
    approval_id: str = ""
    tool: str = ""
    arguments: dict[str, Any] = Field(default_factory=dict)
    description: str = ""
    hints: ToolHints = Field(default_factory=ToolHints)
    changed: bool = False
    provider_info: Provider | None = absent()


class ToolCallElicitation(Answer):
    """Extension (capability `tool_approval`): a tool asks the person, and waits for the answer.

    The answer goes to `POST /api/v1/mcp/elicitations/{elicitation_id}`. The event has either `requested_schema`, a
    form, or `url`, a page to open.
    """

    type: Literal["tool_call.elicitation_required"] = "tool_call.elicitation_required"
    elicitation_id: str = ""
    tool: str = ""
    message: str = ""
    requested_schema: dict[str, Any] | None = absent()
    url: str | None = absent()
    provider_info: Provider | None = absent()


class ToolCallSettled(Answer):
    """Extension (capability `tool_approval`): an approval or an elicitation is answered, from wherever; `id` is its."""

    type: Literal["tool_call.settled"] = "tool_call.settled"
    id: str = ""
    decision: str = ""


class ErrorEvent(Answer):
    """Does not end the stream: `chat.end` still follows with what was generated."""

    type: Literal["error"] = "error"
    error: ErrorInfo = Field(default_factory=ErrorInfo)


class ChatEnd(Answer):
    """This event closes every chat stream; `result` is the answer that the request gets without a stream."""

    type: Literal["chat.end"] = "chat.end"
    result: ChatResponse = Field(default_factory=ChatResponse)


class UnknownEvent(Answer):
    """An event of a later version: to be ignored, kept for logs."""

    type: str = "unknown"
    data: Any = None


KnownEvent = (
    ChatStart
    | ModelLoadStart
    | ModelLoadProgress
    | ModelLoadEnd
    | ModelLoadResult
    | ContextShortened
    | PromptProcessingStart
    | PromptProcessingProgress
    | PromptProcessingEnd
    | ReasoningStart
    | ReasoningDelta
    | ReasoningEnd
    | MessageStart
    | MessageDelta
    | MessageEnd
    | ToolCallStart
    | ToolCallName
    | ToolCallArguments
    | ToolCallSuccess
    | ToolCallFailure
    | ToolCallProgress
    | ToolCallApprovalRequired
    | ToolCallElicitation
    | ToolCallSettled
    | ErrorEvent
    | ChatEnd
)
Event = KnownEvent | UnknownEvent

KNOWN_EVENTS = frozenset(kind.model_fields["type"].default for kind in get_args(KnownEvent))
"""The names of all events that this version understands."""

_known: TypeAdapter[KnownEvent] = TypeAdapter(Annotated[KnownEvent, Field(discriminator="type")])


def parse_event(name: str, data: Any) -> Event:
    """Return one event from its SSE name and its decoded JSON.

    Whatever is not understood becomes an UnknownEvent.
    """
    payload = {**data, "type": data.get("type") or name} if isinstance(data, dict) else {"type": name}
    try:
        return _known.validate_python(payload)
    except ValidationError:
        return UnknownEvent(type=str(payload["type"]), data=data)
