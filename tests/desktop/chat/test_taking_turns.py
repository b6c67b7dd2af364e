"""A model whose template takes user and assistant in turns only, whatever became of the replies."""

from collections.abc import AsyncIterator

import pytest

from studiolo.desktop.chat.conversation import Conversation
from studiolo.desktop.chat.messages import Reply
from studiolo.desktop.history.database import Database
from studiolo.desktop.history.parts import ReasoningPart, TextPart
from studiolo.errors import UnreachableError
from studiolo.paths import app_paths
from tests.desktop.chat.desk import MODEL, ChatDesk, chat_desk
from tests.stands.serving import serving
from tests.stands.tiny_model import CHAT_TEMPLATE, write_tiny_llama
from tests.stands.waiting import until

STRICT = (
    "{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Roles must alternate user/assistant/user/assistant.') }}{% endif %}{% endfor %}"
) + CHAT_TEMPLATE


@pytest.fixture
async def desk() -> AsyncIterator[ChatDesk]:
    write_tiny_llama(app_paths().models / f"{MODEL}/tiny.gguf", chat_template=STRICT)
    async with serving() as server, chat_desk(server.address) as desk:
        yield desk


async def asked(desk: ChatDesk, text: str) -> Reply:
    await desk.ask(text)
    return desk.conversation.turns[-1].reply


async def test_a_chat_goes_on_after_replies_that_were_stopped_before_their_first_word(desk: ChatDesk) -> None:
    assert not (await asked(desk, "One.")).failure
    for text in ("Two.", "Three."):
        desk.presenter.send(text)
        desk.presenter.stop()
        await desk.ended()
        stopped = desk.conversation.turns[-1].reply
        assert stopped.stopped
        assert not stopped.text
    answer = await asked(desk, "Four.")
    assert answer.failure is None
    assert answer.text
    assert answer.whole


@pytest.mark.parametrize("kind", ["failed", "thought", "twice"])
async def test_a_chat_goes_on_whatever_one_side_said_twice(desk: ChatDesk, kind: str) -> None:
    conversation: Conversation = desk.conversation
    match kind:
        case "failed":
            conversation.ask("One.").reply.fail(UnreachableError("Nobody is there."))
        case "thought":
            reply = conversation.ask("One.").reply
            reply.parts = [ReasoningPart("Hm.")]
            reply.stop()
        case "twice":
            first = conversation.ask("One.").reply
            first.parts = [TextPart("So.")]
            first.stop()
            conversation.insert(Reply([TextPart("And so.")]), first)
    answer = await asked(desk, "Two.")
    assert answer.failure is None
    assert answer.text


async def test_a_message_that_was_stopped_at_once_is_kept(desk: ChatDesk) -> None:
    desk.presenter.send("A long question.")
    desk.presenter.stop()
    await desk.ended()
    await until(lambda: desk.conversation.leaf and desk.conversation.leaf.id, "the reply on the disk")
    kept = await desk.history.do(Database.messages, await desk.latest())
    assert [(message.role, message.state) for message in kept.values()] == [
        ("user", "complete"),
        ("assistant", "stopped"),
    ]
