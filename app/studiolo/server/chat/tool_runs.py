"""The calls of one round of a turn: each judged, run and told of, those of a round at the same time."""

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from studiolo.api import events
from studiolo.api.chat import InvalidToolCallItem, InvalidToolCallMetadata, ToolApproval, ToolCallItem
from studiolo.errors import ToolError
from studiolo.server.chat.images import readable_content
from studiolo.server.chat.tool_calls import ModelCall, SoundCall, UnsoundCall, check_call
from studiolo.server.mcp.contract import Caller, ElicitationReply, Mcp, McpTool, Question, ToolResult, Toolset
from studiolo.server.mcp.results import message_content

Body = dict[str, Any]
Ended = Literal["succeeded", "failed", "cancelled", "denied"]

_PROGRESS_SECONDS = 0.1
"""Of a tool that reports more often, the last word of so long is told."""
_RUN_DECISIONS = ("once", "chat", "always")
_DENIED = "The person did not allow this call."
_REFUSED = "This tool is not allowed."


@dataclass(frozen=True)
class Outcome:
    """What became of a call: the item of the output, and what the model is told, as `content` of a tool message."""

    call: ModelCall
    item: ToolCallItem | InvalidToolCallItem
    content: str | list[Body]

    def message(self) -> Body:
        """Return the tool message that tells the model of the outcome."""
        return {"role": "tool", "tool_call_id": self.call.id, "content": self.content}


class ToolRuns:
    """Runs the calls of a turn. sees: whether the model reads images. approval: how the request wants to be asked."""

    def __init__(
        self, toolset: Toolset, mcp: Mcp, caller: Caller, *, sees: bool, approval: ToolApproval | None
    ) -> None:
        self._toolset = toolset
        self._mcp = mcp
        self._caller = caller
        self._sees = sees
        self._approval = approval
        self.outcomes: list[Outcome] = []
        """Of the last round, in the order of its calls."""

    async def run(self, calls: Sequence[ModelCall]) -> AsyncGenerator[events.Event, None]:
        """Run calls at the same time; the events of them, as they come. Closing the iterator cancels what runs."""
        self.outcomes = []
        queue: asyncio.Queue[events.Event | None] = asyncio.Queue()
        tasks = [asyncio.create_task(self._carry_out(call, queue), name=f"tool {call.name[:40]}") for call in calls]
        together = asyncio.gather(*tasks, return_exceptions=True)
        together.add_done_callback(lambda _: queue.put_nowait(None))
        try:
            while (event := await queue.get()) is not None:
                yield event
            self.outcomes = [task.result() for task in tasks]
        finally:
            for task in tasks:
                task.cancel()
            # What was cancelled tells its server so.
            await asyncio.wait(tasks)

    async def _carry_out(self, call: ModelCall, queue: "asyncio.Queue[events.Event | None]") -> Outcome:
        checked = await asyncio.to_thread(check_call, call, self._toolset)
        if isinstance(checked, UnsoundCall):
            queue.put_nowait(_arguments_event(checked))
            return self._failed(call, checked, queue)
        return await _Run(self, checked, queue).carry_out()

    def _failed(self, call: ModelCall, unsound: UnsoundCall, queue: "asyncio.Queue[events.Event | None]") -> Outcome:
        provider = unsound.offered.tool.server.provider if unsound.offered else None
        metadata = InvalidToolCallMetadata(
            type=unsound.kind,
            tool_name=unsound.offered.tool.name if unsound.offered else call.name,
            arguments=unsound.arguments,
            provider_info=provider,
        )
        return _failure(call, unsound.reason, metadata, queue)


class _Run:
    """One call that can be made, and who watches it."""

    def __init__(self, runs: ToolRuns, sound: SoundCall, queue: "asyncio.Queue[events.Event | None]") -> None:
        self._runs = runs
        self._sound = sound
        self._queue = queue
        self._told = 0.0
        self._provider = sound.offered.tool.server.provider

    @property
    def _tool(self) -> McpTool:
        return self._sound.offered.tool

    async def carry_out(self) -> Outcome:
        self._queue.put_nowait(_arguments_event(self._sound))
        try:
            approved, allowed = await self._judged()
        except BaseException as error:
            over: Ended = "cancelled" if isinstance(error, asyncio.CancelledError) else "failed"
            await self._note(None, approved="", ended=over, seconds=0.0)
            raise
        if not allowed:
            await self._note(None, approved="denied", ended="denied", seconds=0.0)
            return self._refused(_DENIED if approved == "asked" else _REFUSED, kind="denied")
        begun = time.monotonic()
        ended: Ended = "cancelled"
        result: ToolResult | None = None
        try:
            watcher = self if self._runs._approval else None
            result = await self._runs._toolset.call(self._sound.offered, self._sound.arguments, watcher)
            ended = "failed" if result.is_error else "succeeded"
        except ToolError as error:
            ended = "failed"
            return self._refused(str(error), kind="failed")
        finally:
            await self._note(result, approved=approved, ended=ended, seconds=time.monotonic() - begun)
        return await self._succeeded(result)

    async def _judged(self) -> tuple[str, bool]:
        """Return how the call came to be permitted, and whether it is."""
        approval = self._runs._approval
        chat = approval.chat if approval else ""
        approvals, caller = self._runs._mcp.approvals, self._runs._caller
        verdict = approvals.verdict(self._tool, ask=approval is not None, chat=chat, caller=caller)
        if verdict.action != "ask":
            return verdict.how, verdict.action == "run"
        async with approvals.ask(self._tool, chat=chat, caller=caller) as pending:
            self._queue.put_nowait(
                events.ToolCallApprovalRequired(
                    approval_id=pending.id,
                    tool=self._tool.name,
                    arguments=self._sound.arguments,
                    description=self._tool.description,
                    hints=self._tool.hints,
                    changed=verdict.changed,
                    provider_info=self._provider,
                )
            )
            decision = await pending.decision()
            self._queue.put_nowait(events.ToolCallSettled(id=pending.id, decision=decision))
        return (decision, True) if decision in _RUN_DECISIONS else ("asked", False)

    async def answer(self, question: Question) -> ElicitationReply:
        """Ask whoever watches the reply; see Watcher."""
        async with self._runs._mcp.approvals.question(question, caller=self._runs._caller) as pending:
            self._queue.put_nowait(
                events.ToolCallElicitation(
                    elicitation_id=pending.id,
                    tool=self._tool.name,
                    message=question.message,
                    requested_schema=question.schema,
                    url=question.url,
                    provider_info=self._provider,
                )
            )
            reply = await pending.reply()
            self._queue.put_nowait(events.ToolCallSettled(id=pending.id, decision=reply.action))
        return reply

    def progress(self, done: float, total: float | None, message: str | None) -> None:
        """See Watcher."""
        now = time.monotonic()
        if now < self._told + _PROGRESS_SECONDS and done != total:
            return
        self._told = now
        self._queue.put_nowait(
            events.ToolCallProgress(
                tool=self._tool.name, progress=done, total=total, message=message, provider_info=self._provider
            )
        )

    async def _note(self, result: ToolResult | None, *, approved: str, ended: Ended, seconds: float) -> None:
        await self._runs._mcp.ledger.note(
            caller=self._runs._caller,
            tool=self._tool,
            arguments=self._sound.arguments,
            result=result,
            approved=approved,
            ended=ended,
            seconds=seconds,
        )

    async def _succeeded(self, result: ToolResult) -> Outcome:
        told: Body = {"tool": self._tool.name, "arguments": self._sound.arguments, "output": result.output}
        told["is_error"] = result.is_error or None
        self._queue.put_nowait(events.ToolCallSuccess(**told, provider_info=self._provider))
        item = ToolCallItem(**told, provider_info=self._provider)
        content = await readable_content(message_content(result, sees=self._runs._sees))
        return Outcome(self._sound.call, item, content)

    def _refused(self, reason: str, *, kind: str) -> Outcome:
        metadata = InvalidToolCallMetadata(
            type=kind, tool_name=self._tool.name, arguments=self._sound.arguments, provider_info=self._provider
        )
        return _failure(self._sound.call, reason, metadata, self._queue)


def _arguments_event(checked: SoundCall | UnsoundCall) -> events.ToolCallArguments:
    tool = checked.offered.tool if checked.offered else None
    return events.ToolCallArguments(
        tool=tool.name if tool else checked.call.name,
        arguments=checked.arguments or {},
        provider_info=tool.server.provider if tool else None,
    )


def _failure(
    call: ModelCall, reason: str, metadata: InvalidToolCallMetadata, queue: "asyncio.Queue[events.Event | None]"
) -> Outcome:
    queue.put_nowait(events.ToolCallFailure(reason=reason, metadata=metadata))
    return Outcome(call, InvalidToolCallItem(reason=reason, metadata=metadata), f"Error: {reason}")
