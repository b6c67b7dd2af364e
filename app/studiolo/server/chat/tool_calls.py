"""Calls that a model makes: put together from the engine's chunks, and checked against what was offered."""

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from studiolo.server.chat.mending import read_arguments
from studiolo.server.engine.chunk import CallDelta
from studiolo.server.mcp.contract import OfferedTool, Toolset

Body = dict[str, Any]

_MOST_REASON = 1000
"""Characters of what a model is told of its mistake."""
_MOST_NAMES = 20


@dataclass
class ModelCall:
    """A call as the model wrote it; `arguments` is text that may be no JSON."""

    id: str
    name: str
    arguments: str = ""

    def message(self) -> Body:
        """Return the call as a conversation keeps it, in OpenAI's form: templates read arguments that are an object."""
        read = read_arguments(self.arguments)
        arguments = json.dumps({"arguments": self.arguments} if read is None else read, ensure_ascii=False)
        return {"id": self.id, "type": "function", "function": {"name": self.name, "arguments": arguments}}


@dataclass(frozen=True)
class SoundCall:
    """A call that can be made."""

    call: ModelCall
    offered: OfferedTool
    arguments: Body


@dataclass(frozen=True)
class UnsoundCall:
    """A call that can't be made: `kind` and `reason` are those of an invalid_tool_call (spec section 2)."""

    call: ModelCall
    kind: Literal["invalid_name", "invalid_arguments"]
    reason: str
    offered: OfferedTool | None = None
    arguments: Body | None = None


class CallCollector:
    """Puts the deltas of one completion's calls together."""

    def __init__(self) -> None:
        self._calls: dict[int, ModelCall] = {}

    @property
    def calls(self) -> list[ModelCall]:
        """Return the calls as far as they came, in the order in which they began."""
        return list(self._calls.values())

    def feed(self, deltas: Sequence[CallDelta]) -> list[ModelCall]:
        """Take the calls of a delta in; those that begin with it."""
        begun = []
        for delta in deltas:
            number = len(self._calls) if delta.number is None else delta.number
            call = self._calls.get(number)
            if call is None:
                call = self._calls[number] = ModelCall(delta.id or new_call_id(), delta.name)
                begun.append(call)
            call.arguments += delta.arguments
        return begun


def new_call_id() -> str:
    """Return an id for a call that the engine gave none: `call_` and 24 random hex digits."""
    return f"call_{secrets.token_hex(12)}"


def check_call(call: ModelCall, toolset: Toolset) -> SoundCall | UnsoundCall:
    """Return whether a call names a tool that was offered, with arguments that its schema takes.

    Call it in a thread: the first time it takes a moment.
    """
    # Late: what reads schemas takes 50 ms to import, and a server without tools never does.
    from studiolo.server.chat.argument_check import mistake_in

    offered = toolset.find(call.name)
    if offered is None:
        names = [tool.model_name for tool in toolset.tools]
        listed = ", ".join(names[:_MOST_NAMES]) + (", …" if len(names) > _MOST_NAMES else "")
        return UnsoundCall(call, "invalid_name", f"There is no tool '{call.name[:80]}'. The tools are: {listed}.")
    arguments = read_arguments(call.arguments)
    if arguments is None:
        reason = f"The arguments of '{call.name[:80]}' are not a JSON object."
        return UnsoundCall(call, "invalid_arguments", reason, offered)
    if mistake := mistake_in(arguments, offered.tool.input_schema):
        reason = f"The arguments of '{call.name[:80]}' do not fit its schema: {mistake}"[:_MOST_REASON]
        return UnsoundCall(call, "invalid_arguments", reason, offered, arguments)
    return SoundCall(call, offered, arguments)
