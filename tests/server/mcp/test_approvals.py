"""Whether calls run, and who may say so."""

import asyncio
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from studiolo.api.mcp import Decision
from studiolo.errors import AccessError, NotFoundError, RequestError, StorageError
from studiolo.server.mcp import approvals as module
from studiolo.server.mcp import policies as policies_module
from studiolo.server.mcp.approvals import ToolApprovals
from studiolo.server.mcp.config import McpConfig
from studiolo.server.mcp.contract import NOBODY, ApprovalVerdict, Caller, ElicitationReply, McpTool, Question
from studiolo.server.mcp.policies import Policies
from studiolo.server.mcp.sessions import McpSessions
from studiolo.server.notices import Notices
from studiolo.server.secrets import Secrets
from tests.server.mcp.conftest import STANDS
from tests.server.mcp.tools import ADD, CHANGED, EPHEMERAL, holder

LOCAL = Caller(local=True)
MINE, OTHERS, ADMIN = holder("mine", "mcp"), holder("others", "mcp"), holder("admin", "admin")


@pytest.fixture
def approvals(tmp_path: Path) -> ToolApprovals:
    return ToolApprovals(Policies(tmp_path / "mcp_policies.json"))


async def decide(
    approvals: ToolApprovals, decision: Decision, *, tool: object = ADD, chat: str = "c", caller: Caller = LOCAL
) -> Decision:
    """Ask, and have the asker answer."""
    assert isinstance(tool, type(ADD))
    async with approvals.ask(tool, chat=chat, caller=caller) as pending:
        await approvals.settle(pending.id, decision, caller, administers=caller.local)
        return await pending.decision()


def verdict(
    approvals: ToolApprovals, *, tool: object = ADD, chat: str = "c", caller: Caller = LOCAL
) -> ApprovalVerdict:
    assert isinstance(tool, type(ADD))
    return approvals.verdict(tool, ask=True, chat=chat, caller=caller)


async def test_a_call_is_asked_about_until_somebody_decides(approvals: ToolApprovals) -> None:
    assert verdict(approvals) == ApprovalVerdict("ask")
    assert await decide(approvals, "once") == "once"
    assert await decide(approvals, "deny") == "deny"
    assert verdict(approvals) == ApprovalVerdict("ask")
    assert await decide(approvals, "chat") == "chat"
    assert verdict(approvals) == ApprovalVerdict("run", "chat")
    assert verdict(approvals, chat="another") == ApprovalVerdict("ask")
    assert verdict(approvals, caller=MINE) == ApprovalVerdict("ask"), "somebody else's chat of that name"
    assert await decide(approvals, "always", chat="another") == "always"
    assert verdict(approvals, chat="third") == ApprovalVerdict("run", "always")
    assert await decide(approvals, "never") == "never"
    assert verdict(approvals) == ApprovalVerdict("refuse", "denied")


@pytest.mark.parametrize("decision", ["chat", "always", "never"])
async def test_another_definition_is_asked_about(approvals: ToolApprovals, decision: Decision) -> None:
    await decide(approvals, decision)
    asked = verdict(approvals, tool=CHANGED)
    assert asked.action == "ask"
    assert asked.changed == (decision != "chat")


async def test_hints_permit_nothing(approvals: ToolApprovals) -> None:
    harmless = replace(ADD, hints=ADD.hints.model_copy(update={"read_only": True, "destructive": False}))
    assert verdict(approvals, tool=harmless).action == "ask"


async def test_a_request_that_asks_nobody_runs_what_is_not_denied(approvals: ToolApprovals) -> None:
    unasked = approvals.verdict(ADD, ask=False, chat="")
    assert unasked == ApprovalVerdict("run", "settings")
    await decide(approvals, "never")
    assert approvals.verdict(ADD, ask=False, chat="") == ApprovalVerdict("refuse", "denied")
    assert approvals.verdict(CHANGED, ask=False, chat="") == ApprovalVerdict("refuse", "denied")
    assert approvals.verdict(EPHEMERAL, ask=False, chat="") == ApprovalVerdict("run", "settings")


async def test_always_counts_for_the_chat_where_a_request_named_the_server(approvals: ToolApprovals) -> None:
    await decide(approvals, "always", tool=EPHEMERAL)
    assert verdict(approvals, tool=EPHEMERAL) == ApprovalVerdict("run", "chat")
    assert verdict(approvals, tool=EPHEMERAL, chat="another") == ApprovalVerdict("ask")
    assert verdict(approvals) == ApprovalVerdict("ask"), "it is not the server of mcp.json"


@pytest.mark.parametrize("tool", [ADD, EPHEMERAL])
async def test_another_program_or_address_behind_the_label_is_asked_about(
    approvals: ToolApprovals, tool: McpTool
) -> None:
    await decide(approvals, "chat", tool=tool)
    assert verdict(approvals, tool=replace(tool, source="another")) == ApprovalVerdict("ask")


async def test_what_is_allowed_is_what_asked_and_not_what_its_label_stands_for_since(
    sessions: McpSessions, tmp_path: Path
) -> None:
    config = McpConfig(tmp_path / "mcp.json", Secrets(tmp_path / "secrets.json", Notices()), Notices())
    approvals = ToolApprovals(Policies(tmp_path / "mcp_policies.json"))

    async def tool(*arguments: str) -> McpTool:
        await config.put("sums", {"command": sys.executable, "args": [str(STANDS / "friendly.py"), *arguments]}, [])
        async with sessions.session(config.spec("sums")) as session:
            return next(one for one in await session.tools() if one.name == "add")

    first = await tool()
    async with approvals.ask(first, chat="c", caller=LOCAL) as pending:
        second = await tool("--old")
        assert second.digest == first.digest
        await approvals.settle(pending.id, "always", LOCAL, administers=True)
    assert verdict(approvals, tool=first) == ApprovalVerdict("run", "always")
    assert verdict(approvals, tool=second) == ApprovalVerdict("ask", changed=True)


async def test_without_a_name_of_the_chat_a_decision_for_it_is_for_once(approvals: ToolApprovals) -> None:
    await decide(approvals, "chat", chat="")
    assert verdict(approvals, chat="") == ApprovalVerdict("ask")


async def test_decisions_for_chats_are_bounded(approvals: ToolApprovals, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_CHAT_DECISIONS", 3)
    for number in range(3):
        await decide(approvals, "chat", chat=f"chat {number}")
    assert verdict(approvals, chat="chat 0").action == "run"
    await decide(approvals, "chat", chat="chat 3")
    assert [verdict(approvals, chat=f"chat {number}").action for number in range(4)] == ["run", "ask", "run", "run"]


async def test_ids_are_not_to_be_guessed(approvals: ToolApprovals) -> None:
    async with approvals.ask(ADD, chat="") as one, approvals.ask(ADD, chat="") as two:
        assert one.id != two.id
        assert len(one.id) > 30


@pytest.mark.parametrize(
    ("asker", "answerer", "may"),
    [
        (MINE, MINE, True),
        (MINE, OTHERS, False),
        (MINE, NOBODY, False),
        (MINE, LOCAL, False),  # but for administering, which the local key always does
        (LOCAL, LOCAL, True),
        (LOCAL, MINE, False),
        (LOCAL, NOBODY, False),
        (NOBODY, NOBODY, True),
        (NOBODY, LOCAL, True),
        (NOBODY, MINE, False),
    ],
)
async def test_an_approval_belongs_to_who_asked(
    approvals: ToolApprovals, asker: Caller, answerer: Caller, may: bool
) -> None:
    async with approvals.ask(ADD, chat="c", caller=asker) as pending:
        if may:
            await approvals.settle(pending.id, "once", answerer, administers=False)
        else:
            with pytest.raises(NotFoundError):
                await approvals.settle(pending.id, "once", answerer, administers=False)
            await approvals.settle(pending.id, "once", ADMIN, administers=True)
        assert await pending.decision() == "once"


@pytest.mark.parametrize("decision", ["always", "never"])
async def test_a_decision_for_good_takes_an_administrator(approvals: ToolApprovals, decision: Decision) -> None:
    async with approvals.ask(ADD, chat="c", caller=MINE) as pending:
        with pytest.raises(AccessError) as refused:
            await approvals.settle(pending.id, decision, MINE, administers=False)
        assert refused.value.status == 403
        await approvals.settle(pending.id, "deny", MINE, administers=False)
        assert await pending.decision() == "deny"
    assert approvals.policies.of(ADD) == ("ask", False)


async def test_an_approval_is_settled_once(approvals: ToolApprovals) -> None:
    async with approvals.ask(ADD, chat="c", caller=LOCAL) as pending:
        results = await asyncio.gather(
            *(approvals.settle(pending.id, "always", LOCAL, administers=True) for _ in range(3)),
            approvals.settle(pending.id, "never", LOCAL, administers=True),
            return_exceptions=True,
        )
        assert [type(result) for result in results].count(type(None)) == 1
        assert await pending.decision() == "always"
        assert await pending.decision() == "always"
    assert approvals.policies.of(ADD)[0] == "allow"


async def test_what_ends_unanswered_is_denied(approvals: ToolApprovals) -> None:
    async with approvals.ask(ADD, chat="c", caller=LOCAL) as pending:
        waiting = asyncio.create_task(pending.decision())
        await asyncio.sleep(0)
    assert await waiting == "deny"
    with pytest.raises(NotFoundError):
        await approvals.settle(pending.id, "once", LOCAL, administers=True)


async def test_a_request_that_is_cancelled_leaves_nothing_open(approvals: ToolApprovals) -> None:
    opened: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def request() -> None:
        async with approvals.ask(ADD, chat="c", caller=LOCAL) as pending:
            opened.set_result(pending.id)
            await pending.decision()

    task = asyncio.create_task(request())
    wanted = await opened
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    with pytest.raises(NotFoundError):
        await approvals.settle(wanted, "once", LOCAL, administers=True)


async def test_a_wait_that_is_given_up_leaves_the_answer_to_others(approvals: ToolApprovals) -> None:
    async with approvals.ask(ADD, chat="c", caller=LOCAL) as pending:
        first = asyncio.create_task(pending.decision())
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.wait([first])
        await approvals.settle(pending.id, "once", LOCAL, administers=True)
        assert await pending.decision() == "once"


async def test_what_can_not_be_kept_stays_open(approvals: ToolApprovals, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(policies_module, "write_atomically", full)
    async with approvals.ask(ADD, chat="c", caller=LOCAL) as pending:
        with pytest.raises(StorageError):
            await approvals.settle(pending.id, "always", LOCAL, administers=True)
        await approvals.settle(pending.id, "once", LOCAL, administers=True)
        assert await pending.decision() == "once"


async def test_the_end_of_the_server_denies_what_is_open(approvals: ToolApprovals) -> None:
    question = Question(ADD.server, "Which?", schema={"type": "object"})
    async with approvals.ask(ADD, chat="c") as pending, approvals.question(question) as asked:
        approvals.close()
        assert await pending.decision() == "deny"
        assert await asked.reply() == ElicitationReply("cancel")
    async with approvals.ask(ADD, chat="c") as late:
        assert await late.decision() == "deny"


FORM = Question(ADD.server, "Which?", schema={"type": "object"})
PAGE = Question(ADD.server, "Sign in.", url="https://example.com")


@pytest.mark.parametrize(
    ("question", "reply"),
    [
        (FORM, ElicitationReply("accept", {"a": 1})),
        (FORM, ElicitationReply("decline")),
        (PAGE, ElicitationReply("accept")),
        (PAGE, ElicitationReply("cancel")),
    ],
)
async def test_a_question_is_answered_by_who_was_asked(
    approvals: ToolApprovals, question: Question, reply: ElicitationReply
) -> None:
    async with approvals.question(question, caller=MINE) as pending:
        with pytest.raises(NotFoundError):
            approvals.reply(pending.id, reply, OTHERS, administers=False)
        approvals.reply(pending.id, reply, MINE, administers=False)
        assert await pending.reply() == reply
        with pytest.raises(NotFoundError):
            approvals.reply(pending.id, reply, MINE, administers=False)


async def test_a_form_is_not_accepted_empty_handed(approvals: ToolApprovals) -> None:
    async with approvals.question(FORM, caller=MINE) as pending:
        with pytest.raises(RequestError) as refused:
            approvals.reply(pending.id, ElicitationReply("accept"), MINE, administers=False)
        assert refused.value.param == "content"
        approvals.reply(pending.id, ElicitationReply("accept", {}), MINE, administers=False)
        assert await pending.reply() == ElicitationReply("accept", {})


async def test_an_approval_is_no_answer_to_a_question(approvals: ToolApprovals) -> None:
    async with approvals.question(FORM, caller=LOCAL) as asked, approvals.ask(ADD, chat="", caller=LOCAL) as pending:
        with pytest.raises(NotFoundError):
            await approvals.settle(asked.id, "once", LOCAL, administers=True)
        with pytest.raises(NotFoundError):
            approvals.reply(pending.id, ElicitationReply("accept", {}), LOCAL, administers=True)
