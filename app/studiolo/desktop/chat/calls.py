"""Calls of tools that are under way in a reply: which of them an event means, how far each is, what it waits for."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from studiolo.api.chat import Provider
from studiolo.api.events import (
    ToolCallApprovalRequired,
    ToolCallArguments,
    ToolCallElicitation,
    ToolCallFailure,
    ToolCallName,
    ToolCallProgress,
    ToolCallSettled,
    ToolCallStart,
    ToolCallSuccess,
)
from studiolo.api.hints import ToolHints
from studiolo.api.mcp import provider_name
from studiolo.desktop.history.parts import Part, ToolPart

ToolEvent = (
    ToolCallStart
    | ToolCallName
    | ToolCallArguments
    | ToolCallSuccess
    | ToolCallFailure
    | ToolCallProgress
    | ToolCallApprovalRequired
    | ToolCallElicitation
    | ToolCallSettled
)


DENIED = "denied"
"""`metadata.type` of a call that was not allowed, beside those of the documented API."""


@dataclass(slots=True, eq=False)
class Approval:
    """A call waits for the person to let it run. `sent`: what was answered, until the server has heard of it."""

    id: str
    description: str = ""
    hints: ToolHints = field(default_factory=ToolHints)
    changed: bool = False
    sent: str = ""


@dataclass(slots=True, eq=False)
class Elicitation:
    """A tool asks the person: by a form (`schema`) or a page to open (`url`). `draft`: what was written so far."""

    id: str
    message: str = ""
    schema: dict[str, Any] | None = None
    url: str | None = None
    sent: str = ""
    draft: dict[str, Any] = field(default_factory=dict)


Ask = Approval | Elicitation


@dataclass(slots=True, eq=False)
class Call:
    """One that has no result yet. `begun`: monotonic seconds, when it began to run; None while it does not.

    told: its arguments are known. done, total, message: what the tool says of how far it is.
    """

    part: ToolPart
    told: bool = False
    begun: float | None = None
    asked: float | None = None
    done: float = 0.0
    total: float | None = None
    message: str = ""
    asks: list[Ask] = field(default_factory=list)

    @property
    def ask(self) -> Ask | None:
        """Return what it waits for, if it waits."""
        return self.asks[0] if self.asks else None

    def wait(self, ask: Ask) -> None:
        """Stand still until `ask` is answered; that is no time of the tool's."""
        if not any(one.id == ask.id for one in self.asks):
            self.asks.append(ask)
            self.asked = time.monotonic() if self.asked is None else self.asked

    def settle(self, ask: Ask) -> None:
        """Hear that one of the call's questions was answered."""
        self.asks.remove(ask)
        if not self.asks and self.asked is not None:
            if self.begun is not None:
                self.begun += time.monotonic() - self.asked
            self.asked = None

    def end(self) -> None:
        """Hear that the call is over, and keep how long it took."""
        if self.begun is not None:
            self.part.seconds = round(max(0.0, time.monotonic() - self.begun), 3)


class Calls:
    """Those of one reply, in the order in which they were begun. Several may run at once."""

    def __init__(self) -> None:
        self._open: list[Call] = []

    def __iter__(self) -> Iterator[Call]:
        return iter(self._open)

    def __bool__(self) -> bool:
        return bool(self._open)

    def of(self, part: ToolPart) -> Call | None:
        """Return the call of a part; None for one that is over."""
        return next((call for call in self._open if call.part is part), None)

    @property
    def asks(self) -> list[Ask]:
        """Return what waits for the person."""
        return [ask for call in self._open for ask in call.asks]

    def end(self) -> None:
        """Hear that the reply is over: what has no result will have none."""
        for call in self._open:
            if any(isinstance(ask, Approval) for ask in call.asks):
                call.part.approval = "deny"
        self._open = []

    def take(self, event: ToolEvent, parts: list[Part]) -> Call | None:
        """Take in one event; a call that begins is added to `parts`. The call that it is about."""
        match event:
            case ToolCallStart():
                call = self._begin(parts)
                _name(call.part, event.tool, event.provider_info)
            case ToolCallName():
                call = next((one for one in reversed(self._open) if not one.told), None) or self._begin(parts)
                call.part.name = event.tool_name or call.part.name
            case ToolCallArguments():
                call = self._untold(event.tool) or self._begin(parts)
                _name(call.part, event.tool, event.provider_info)
                call.part.arguments = _json(event.arguments)
                call.told, call.begun = True, time.monotonic()
            case ToolCallApprovalRequired():
                call = self._meant(event.tool, event.provider_info, event.arguments) or self._begin(parts)
                _name(call.part, event.tool, event.provider_info)
                call.part.arguments = _json(event.arguments)
                call.told = True
                call.begun = time.monotonic() if call.begun is None else call.begun
                call.wait(Approval(event.approval_id, event.description, event.hints, event.changed))
            case ToolCallElicitation():
                call = self._meant(event.tool, event.provider_info) or self._begin(parts)
                _name(call.part, event.tool, event.provider_info)
                call.wait(Elicitation(event.elicitation_id, event.message, event.requested_schema, event.url))
            case ToolCallSettled():
                return self._settle(event)
            case ToolCallProgress():
                found = self._meant(event.tool, event.provider_info)
                if found:
                    found.done, found.total, found.message = event.progress, event.total, event.message or ""
                return found
            case ToolCallSuccess():
                call = self._meant(event.tool, event.provider_info, event.arguments) or self._begin(parts)
                _name(call.part, event.tool, event.provider_info)
                call.part.arguments = _json(event.arguments)
                call.part.output, call.part.failed = event.output, bool(event.is_error)
                self._over(call)
            case ToolCallFailure():
                metadata = event.metadata
                call = self._meant(metadata.tool_name, metadata.provider_info, metadata.arguments) or self._begin(parts)
                _name(call.part, metadata.tool_name, metadata.provider_info)
                if metadata.arguments is not None:
                    call.part.arguments = _json(metadata.arguments)
                call.part.output, call.part.failed = event.reason, True
                if metadata.type == DENIED:
                    call.part.approval = call.part.approval or "never"
                self._over(call)
        return call

    def _begin(self, parts: list[Part]) -> Call:
        call = Call(ToolPart())
        parts.append(call.part)
        self._open.append(call)
        return call

    def _over(self, call: Call) -> None:
        call.end()
        self._open.remove(call)

    def _settle(self, event: ToolCallSettled) -> Call | None:
        for call in self._open:
            for ask in call.asks:
                if ask.id == event.id:
                    if isinstance(ask, Approval):
                        call.part.approval = event.decision
                    call.settle(ask)
                    return call
        return None

    def _untold(self, tool: str) -> Call | None:
        """Return the one whose arguments come now."""
        waiting = [call for call in self._open if not call.told]
        named = [call for call in waiting if call.part.name in (tool, "")]
        return next(iter(named or waiting), None)

    def _meant(self, tool: str, provider: Provider | None, arguments: dict[str, Any] | None = None) -> Call | None:
        """Return the one that is the most like it. Events name no call: of two that are alike, the first."""
        server, given = provider_name(provider), _json(arguments) if arguments is not None else ""
        found = [call for call in self._open if not tool or call.part.name in (tool, "")]
        if not found:
            return None

        def likeness(call: Call) -> tuple[bool, bool, bool]:
            part = call.part
            return part.name == tool, not server or part.server == server, not given or part.arguments == given

        return max(found, key=likeness)


def _name(part: ToolPart, tool: str, provider: Provider | None) -> None:
    part.name = tool or part.name
    part.server = provider_name(provider) or part.server


def _json(arguments: dict[str, Any]) -> str:
    return json.dumps(arguments, ensure_ascii=False)
