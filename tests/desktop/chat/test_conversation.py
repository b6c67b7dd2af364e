"""The tree of a conversation: versions, branches, and what is on the disk of it."""

from collections.abc import Mapping
from unittest.mock import patch

from studiolo.api.chat import ChatResponse, ChatStats
from studiolo.api.events import ChatEnd, MessageDelta
from studiolo.desktop.chat.autosave import state_of, title_from
from studiolo.desktop.chat.conversation import Conversation, details_of
from studiolo.desktop.chat.messages import Reply, Turn, UserMessage
from studiolo.desktop.history.parts import parts_from_json, parts_to_json
from studiolo.desktop.history.records import Chat, Role, State, StoredMessage
from studiolo.errors import UnreachableError


def answered(conversation: Conversation, question: str, text: str) -> Turn:
    turn = conversation.ask(question)
    say(turn.reply, text)
    return turn


def say(reply: Reply, text: str) -> None:
    reply.apply(MessageDelta(content=text))
    reply.apply(ChatEnd(result=ChatResponse(stats=ChatStats(total_output_tokens=3), response_id=f"resp_{text}")))


def texts(conversation: Conversation) -> list[str]:
    return [message.text for message in conversation.branch]


def test_another_reply_is_a_version_beside_the_first() -> None:
    conversation = Conversation()
    first = answered(conversation, "Where to?", "Lisbon").reply
    answered(conversation, "And then?", "Porto")
    again = conversation.ask_again(first)
    say(again, "Rome")
    assert texts(conversation) == ["Where to?", "Rome"]
    assert again.version == (2, 2)
    assert conversation.turn_over(again, -1)
    assert texts(conversation) == ["Where to?", "Lisbon", "And then?", "Porto"], "what followed is there again"
    assert first.version == (1, 2)
    assert not conversation.turn_over(first, -1)
    assert conversation.turn_over(first, 1)
    assert texts(conversation) == ["Where to?", "Rome"]


def test_an_edited_question_leaves_the_old_one_beside_it() -> None:
    conversation = Conversation()
    answered(conversation, "Hello", "Hi")
    turn = answered(conversation, "Where to?", "Lisbon")
    edited = conversation.edit(turn.question, "When?")
    say(edited.reply, "In May")
    assert texts(conversation) == ["Hello", "Hi", "When?", "In May"]
    assert edited.question.version == (2, 2)
    conversation.turn_over(edited.question, -1)
    assert texts(conversation) == ["Hello", "Hi", "Where to?", "Lisbon"]


def test_the_first_question_can_be_edited_too() -> None:
    conversation = Conversation()
    turn = answered(conversation, "Hello", "Hi")
    conversation.edit(turn.question, "Good day")
    assert [message.version for message in conversation.branch] == [(2, 2), (1, 1)]


def test_what_is_removed_can_be_put_back() -> None:
    conversation = Conversation()
    first = answered(conversation, "Where to?", "Lisbon")
    answered(conversation, "And then?", "Porto")
    before = list(conversation.branch)
    gone = conversation.remove(first.reply)
    assert texts(conversation) == ["Where to?"]
    conversation.put_back(gone)
    assert conversation.branch == before


def test_removing_a_version_shows_another() -> None:
    conversation = Conversation()
    first = answered(conversation, "Where to?", "Lisbon").reply
    again = conversation.ask_again(first)
    say(again, "Rome")
    conversation.remove(again)
    assert texts(conversation) == ["Where to?", "Lisbon"]
    assert first.version == (1, 1)


def stored(
    number: int,
    parent: int | None,
    role: Role,
    text: str,
    *,
    state: State = "complete",
    model: str = "",
    details: Mapping[str, object] | None = None,
) -> StoredMessage:
    raw = f'[{{"type":"text","text":"{text}"}}]'
    return StoredMessage(number, parent, role, raw, 0.0, state, model, details or {})


def test_as_the_history_has_it() -> None:
    kept = [
        stored(1, None, "user", "Where to?"),
        stored(2, 1, "assistant", "Lisbon", model="m", details={"response_id": "resp_1", "server": "http://s"}),
        stored(3, 1, "assistant", "Rome", state="interrupted"),
        stored(4, 2, "user", "And then?"),
        stored(5, 99, "user", "an orphan"),
    ]
    chat = Chat(1, "t", None, 0.0, 0.0, leaf=4)
    conversation = Conversation.of(chat, {one.id: one for one in kept})
    assert texts(conversation) == ["Where to?", "Lisbon", "And then?"]
    _, first, _ = conversation.branch
    assert isinstance(first, Reply)
    assert (first.version, first.response_id, first.server, first.model) == ((1, 2), "resp_1", "http://s", "m")
    conversation.turn_over(first, 1)
    other = conversation.branch[1]
    assert isinstance(other, Reply)
    assert other.interrupted
    assert state_of(other) == "interrupted"
    lost = Conversation.of(Chat(1, "t", None, 0.0, 0.0, leaf=77), {one.id: one for one in kept})
    assert texts(lost) == ["an orphan"]


def test_how_a_reply_ended_is_kept() -> None:
    ended = Reply()
    say(ended, "Hi")
    failed = Reply()
    failed.fail(UnreachableError("Gone.", hint="Try again.", details="x"))
    stopped = Reply()
    stopped.stop()
    for reply in (ended, failed, stopped):
        one = StoredMessage(
            1, None, "assistant", parts_to_json(reply.parts), 0.0, state_of(reply), "m", details_of(reply)
        )
        [again] = Conversation.of(Chat(1, "t", None, 0.0, 0.0), {1: one}).branch
        assert isinstance(again, Reply)
        assert (again.text, again.stats, again.stopped) == (reply.text, reply.stats, reply.stopped)
        assert str(again.failure) == str(reply.failure)


def test_messages_nobody_looks_at_are_not_read() -> None:
    with patch("studiolo.desktop.chat.messages.parts_from_json", wraps=parts_from_json) as read:
        message = UserMessage(raw='[{"type":"text","text":"one\\ntwo"}]')
        assert message.size > 10
        assert message.lines == 2
        assert not read.called
        assert message.text == "one\ntwo"
        assert read.called
    assert message.text == "one\ntwo"
    assert message.lines == 2


def test_titles() -> None:
    assert title_from("\n\n## Plan a **trip**\nto Lisbon") == "Plan a **trip"
    assert title_from("word " * 40) == "word word word word word word word word word…"
    assert title_from("x" * 100) == "x" * 48 + "…"
    assert title_from("   ") == ""
