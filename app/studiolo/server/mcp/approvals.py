"""Whether calls of tools run, and the questions that are open while a request waits for its person."""

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from studiolo.api.mcp import Decision, Policy
from studiolo.errors import AccessError, NotFoundError, RequestError
from studiolo.server.mcp.contract import (
    NOBODY,
    ApprovalVerdict,
    Caller,
    ElicitationReply,
    McpTool,
    Question,
    ServerName,
)
from studiolo.server.mcp.policies import Policies

T = TypeVar("T")

_MOST_CHAT_DECISIONS = 4096
_POLICY_OF: dict[Decision, Policy] = {"always": "allow", "never": "deny"}

_InChat = tuple[str, str, ServerName, str]


@dataclass(kw_only=True)
class _Open(Generic[T]):
    """What waits for an answer: of whom it is asked, and the answer as soon as it is there."""

    id: str
    caller: Caller
    unanswered: T
    answer: "asyncio.Future[T]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def give(self, answer: T) -> None:
        if not self.answer.done():
            self.answer.set_result(answer)

    def end(self) -> None:
        """Nobody has answered."""
        self.give(self.unanswered)

    async def wait(self) -> T:
        # Whoever waits may be cancelled; the answer, which others may wait for, is not.
        return await asyncio.shield(self.answer)


@dataclass(kw_only=True)
class OpenApproval(_Open[Decision]):
    """A call that waits for its approval."""

    tool: McpTool
    chat: str

    async def decision(self) -> Decision:
        """Wait for the decision, which is "deny" where nobody answers."""
        return await self.wait()


@dataclass(kw_only=True)
class OpenQuestion(_Open[ElicitationReply]):
    """A question of a server that waits for the person."""

    question: Question

    async def reply(self) -> ElicitationReply:
        """Wait for the person's reply, which is a cancel where nobody answers."""
        return await self.wait()


class ToolApprovals:
    """Decisions on tools: those for good by `policies`, those for a chat in memory, and those that are waited for.

    A decision for good on a server that a request named counts for its chat alone: a label says nothing of who answers.
    """

    def __init__(self, policies: Policies) -> None:
        self.policies = policies
        self._chats: OrderedDict[_InChat, tuple[str, str]] = OrderedDict()
        """The definition and the source of the tool that was allowed."""
        self._approvals: dict[str, OpenApproval] = {}
        self._questions: dict[str, OpenQuestion] = {}
        self._closed = False

    def verdict(self, tool: McpTool, *, ask: bool, chat: str, caller: Caller = NOBODY) -> ApprovalVerdict:
        """Return what becomes of a call; see Approvals."""
        if not ask:
            return (
                ApprovalVerdict("run", "settings")
                if self.policies.runs_unasked(tool)
                else ApprovalVerdict("refuse", "denied")
            )
        policy, changed = self.policies.of(tool)
        if policy != "ask":
            return ApprovalVerdict("run", "always") if policy == "allow" else ApprovalVerdict("refuse", "denied")
        key = _in_chat(caller, chat, tool)
        if chat and self._chats.get(key) == (tool.digest, tool.source):
            self._chats.move_to_end(key)
            return ApprovalVerdict("run", "chat")
        return ApprovalVerdict("ask", changed=changed)

    @asynccontextmanager
    async def ask(self, tool: McpTool, *, chat: str, caller: Caller = NOBODY) -> AsyncIterator[OpenApproval]:
        """Open an approval, for as long as the context lasts; see Approvals."""
        pending = OpenApproval(id=_new_id("apr"), caller=caller, unanswered="deny", tool=tool, chat=chat)
        async with self._kept_open(pending, self._approvals):
            yield pending

    @asynccontextmanager
    async def question(self, question: Question, *, caller: Caller = NOBODY) -> AsyncIterator[OpenQuestion]:
        """Open a question, for as long as the context lasts; see Approvals."""
        pending = OpenQuestion(
            id=_new_id("eli"), caller=caller, unanswered=ElicitationReply("cancel"), question=question
        )
        async with self._kept_open(pending, self._questions):
            yield pending

    async def settle(self, approval_id: str, decision: Decision, caller: Caller, *, administers: bool) -> None:
        """Answer an approval. administers: whether the caller may decide for good, and for others.

        Raises:
            NotFoundError: It is not open any more, or not the caller's.
            AccessError: The decision would last, and the caller may not make such.
            StorageError: It could not be kept; the approval stays open.
        """
        pending = _found(self._approvals, approval_id, caller, administers=administers)
        policy = None if pending.tool.server.ephemeral else _POLICY_OF.get(decision)
        if policy and not administers:
            raise AccessError(
                "A decision for good takes the permission 'admin'.",
                status=403,
                code="permission_denied",
                hint="Decide for once or for the chat, or use a token with that permission.",
            )
        # Before anything is waited for: nobody else may answer it meanwhile.
        del self._approvals[approval_id]
        try:
            if policy:
                await asyncio.to_thread(self.policies.set, pending.tool, policy)
        except BaseException:
            if not pending.answer.done():
                self._approvals[approval_id] = pending
            raise
        if decision in ("chat", "always") and not policy and pending.chat:
            self._remember(_in_chat(pending.caller, pending.chat, pending.tool), pending.tool)
        pending.give(decision)

    def reply(self, elicitation_id: str, reply: ElicitationReply, caller: Caller, *, administers: bool) -> None:
        """Answer a question of a server.

        Raises:
            NotFoundError: It is not open any more, or not the caller's.
            RequestError: A form is accepted without what it asks for.
        """
        pending = _found(self._questions, elicitation_id, caller, administers=administers)
        if reply.action == "accept" and pending.question.schema is not None and reply.content is None:
            raise RequestError(
                "A form is accepted with what it asks for.", param="content", code="missing_required_parameter"
            )
        self._questions.pop(elicitation_id, None)
        pending.give(reply)

    def close(self) -> None:
        """Deny all that is open, and all that is asked from now on. Idempotent."""
        self._closed = True
        for approval in self._approvals.values():
            approval.end()
        for question in self._questions.values():
            question.end()

    def _remember(self, key: _InChat, tool: McpTool) -> None:
        self._chats[key] = (tool.digest, tool.source)
        self._chats.move_to_end(key)
        while len(self._chats) > _MOST_CHAT_DECISIONS:
            self._chats.popitem(last=False)

    @asynccontextmanager
    async def _kept_open(self, pending: "_P", among: "dict[str, _P]") -> AsyncIterator[None]:
        among[pending.id] = pending
        if self._closed:
            pending.end()
        try:
            yield
        finally:
            among.pop(pending.id, None)
            pending.end()


_P = TypeVar("_P", OpenApproval, OpenQuestion)


def _found(among: dict[str, _P], wanted: str, caller: Caller, *, administers: bool) -> _P:
    pending = among.get(wanted)
    if pending is None or not (administers or _is_same(pending.caller, caller)):
        raise _not_open(wanted)
    return pending


def _is_same(asker: Caller, caller: Caller) -> bool:
    if asker.token is None:
        return caller.token is None and (caller.local or not asker.local)
    return caller.token is not None and caller.token.id == asker.token.id


def _not_open(wanted: str) -> NotFoundError:
    return NotFoundError(
        f"Nothing waits for an answer under '{wanted[:80]}'.",
        what="approval",
        code="approval_not_found",
        hint="It was answered already, or the request that asked has ended.",
    )


def _in_chat(caller: Caller, chat: str, tool: McpTool) -> _InChat:
    who = f"token {caller.token.id}" if caller.token else "local" if caller.local else ""
    return who, chat, tool.server, tool.name


def _new_id(kind: str) -> str:
    return f"{kind}_{secrets.token_urlsafe(24)}"
