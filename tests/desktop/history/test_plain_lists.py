"""Exports without a format of their own: lists of roles and contents, JSON within JSON, older letters."""

import base64
import json
import os
import re
import time
from pathlib import Path
from typing import Any

import pytest

from studiolo.desktop.history.imports import plain
from studiolo.desktop.history.imports.assets import MOST_BYTES
from studiolo.desktop.history.imports.tree import ImportedChat
from studiolo.desktop.history.parts import FilePart, ImagePart, ReasoningPart, TextPart, ToolPart
from studiolo.errors import RequestError
from tests.stands.exports import ALL, WholeImport, read_chats

PROVE = bool(os.environ.get("STUDIOLO_PROVE"))
DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="


def read(folder: Path, content: Any) -> WholeImport:
    file = folder / "chats.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return read_chats(file)


def said(chat: ImportedChat) -> list[tuple[str, str]]:
    return [(message.role, "|".join(part.text for part in message.parts)) for message in chat.messages]


ASKED = [("user", "Which river?"), ("assistant", "The Po.")]
ROLES = [{"role": "user", "content": "Which river?"}, {"role": "assistant", "content": "The Po."}]
SHARED = [{"from": "human", "value": "Which river?"}, {"from": "gpt", "value": "The Po."}]


@pytest.mark.parametrize(
    "content",
    [
        ROLES,
        {"messages": ROLES},
        [{"messages": ROLES}],
        [ROLES],
        {"data": [{"id": 1, "conversation": ROLES}]},
        {"id": "a", "conversations": SHARED},
        [{"id": "a", "conversations": SHARED}],
        "\n".join(json.dumps(one) for one in ROLES),
        json.dumps(json.dumps(ROLES)),
        {"id": "a", "messages": json.dumps(ROLES)},
        [{"id": "a", "row": json.dumps({"messages": ROLES})}],
        [json.dumps({"conversations": SHARED})],
    ],
)
def test_a_plain_list_is_one_chat_however_it_is_wrapped(content: Any, tmp_path: Path) -> None:
    (chat,) = read(tmp_path, content).chats
    assert said(chat) == ASKED
    assert chat.title == "Which river?"


def test_several_plain_lists_are_several_chats(tmp_path: Path) -> None:
    other = [{"from": "system", "value": "Be brief."}, {"from": "human", "value": "Which sea?"}]
    first, second = read(tmp_path, [{"conversations": SHARED}, {"conversations": other}]).chats
    assert said(first) == ASKED
    assert said(second) == [("user", "Which sea?")]
    assert second.settings == {"system_prompt": "Be brief."}
    assert first.source != second.source


@pytest.mark.parametrize("name", list(ALL))
def test_a_chat_that_was_written_as_text_is_the_chat(name: str, tmp_path: Path) -> None:
    (plain,) = read(tmp_path, [ALL[name]]).chats
    for wrapped in (json.dumps(ALL[name]), [json.dumps(ALL[name])], {"rows": [{"content": json.dumps(ALL[name])}]}):
        (chat,) = read(tmp_path, json.dumps(wrapped)).chats
        assert said(chat) == said(plain)


def test_a_row_of_a_database_has_its_chat_as_text(tmp_path: Path) -> None:
    inner = {"messages": [{"role": "user", "content": "Which river?"}, {"role": "assistant", "content": "The Po."}]}
    row = {"id": "7", "title": "Rivers", "chat": json.dumps(inner), "meta": json.dumps({"tags": ["water"]})}
    (chat,) = read(tmp_path, [row]).chats
    assert (chat.title, chat.tags, said(chat)) == ("Rivers", ("water",), ASKED)


def test_tools_thoughts_and_pictures_of_a_plain_list_are_what_they_are(tmp_path: Path) -> None:
    picture = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{DOT}"}}
    call = {"id": "c", "type": "function", "function": {"name": "look", "arguments": '{"at": 1}'}}
    messages = [
        {"role": "system", "content": "Be exact."},
        {"role": "user", "content": [{"type": "text", "text": "What is it?"}, picture]},
        {"role": "assistant", "content": None, "reasoning_content": "I look.", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c", "content": "a dot"},
        {"role": "assistant", "content": "A dot."},
    ]
    (chat,) = read(tmp_path, {"messages": messages, "model": "seer"}).chats
    asked, answered = chat.messages
    text, image = asked.parts
    assert text == TextPart("What is it?")
    assert isinstance(image, ImagePart)
    assert list(chat.images) == [image.file]
    assert answered.parts == [ReasoningPart("I look."), ToolPart("look", '{"at": 1}', "a dot"), TextPart("A dot.")]
    assert (answered.model, chat.settings) == ("seer", {"system_prompt": "Be exact."})


def libre(name: str, parent: str | None, text: str, *, user: bool) -> dict[str, Any]:
    sender = {"sender": "User" if user else "Mistral", "isCreatedByUser": user}
    return {"messageId": name, "parentMessageId": parent, "text": text, **sender}


NOBODY = "00000000-0000-0000-0000-000000000000"


def test_messages_with_parents_are_a_tree(tmp_path: Path) -> None:
    messages = [
        libre("u", NOBODY, "Which river?", user=True),
        libre("a", "u", "The Po.", user=False) | {"model": "mistral-7b"},
        libre("b", "u", "The Arno.", user=False) | {"content": [{"type": "think", "think": "hm"}, {"type": "text"}]},
    ]
    (chat,) = read(tmp_path, {"conversationId": "x", "title": "Rivers", "messages": messages}).chats
    assert (chat.title, chat.source) == ("Rivers", "plain:x")
    assert said(chat) == [*ASKED, ("assistant", "hm")]
    assert [message.parent for message in chat.messages] == [None, 1, 1]
    assert chat.messages[1].model == "mistral-7b"


def test_answers_that_lie_within_their_question_are_a_tree(tmp_path: Path) -> None:
    first = libre("u", NOBODY, "Which river?", user=True)
    first["children"] = [libre("a", "u", "The Po.", user=False), libre("b", "u", "The Arno.", user=False)]
    (chat,) = read(tmp_path, {"conversationId": "x", "recursive": True, "messages": [first]}).chats
    assert said(chat) == [*ASKED, ("assistant", "The Arno.")]
    assert [message.parent for message in chat.messages] == [None, 1, 1]


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
def test_letters_of_western_europe_are_read_as_they_were_written(encoding: str, tmp_path: Path) -> None:
    text = "Perché costò così? Größe, œuvre, 5 €" if encoding == "cp1252" else "Perché costò così? Größe"
    file = tmp_path / "chats.json"
    content = json.dumps([{"role": "user", "content": text}], ensure_ascii=False)
    file.write_bytes(content.encode(encoding))
    (chat,) = read_chats(file).chats
    assert said(chat) == [("user", text)]


def test_a_byte_that_is_wrong_harms_none_of_its_neighbours(tmp_path: Path) -> None:
    file = tmp_path / "chats.json"
    file.write_bytes('[{"role": "user", "content": "è 漢字 '.encode() + b"\xe8\x81" + ' 🙂"}]'.encode())
    (chat,) = read_chats(file).chats
    assert said(chat) == [("user", "è 漢字 è\x81 🙂")]


@pytest.mark.parametrize(
    "content",
    [
        [1, "[2]"],
        {"name": "pkg", "scripts": {"test": "x"}, "files": ["a"], "author": {"name": "A"}, "history": ["1.0", "1.1"]},
        {"messages": {"en": {"from": "From", "text": "Text"}}, "conversation": "weekly"},
        {"history": [{"role": "user", "name": "Ada"}, {"role": "user", "name": "Bob"}]},
        {"messages": [1, 2]},
        {"role": "x"},
        json.dumps("{" * 1_000),
        [{"from": "Rome"}],
        [{"from": "Rome", "text": "Come at eight.", "to": "Paris"}, {"from": "Paris", "value": "3"}],
        [{"from": "ada@example.org", "content": "Hello", "subject": "x"}],
        [{"role": "admin", "value": 1}, {"role": "user", "value": 2}],
        {"rows": [1, 2, 3, {"role": "user", "content": "one of many"}]},
        {"rows": [{"content": "[" + "1," * 100_000 + "1]"}]},
    ],
)
def test_what_is_no_chat_stays_none(content: Any, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="no chats"):
        read(tmp_path, content)


def lines(count: int, content: str = "") -> str:
    each = ({"role": "assistant" if one % 2 else "user", "content": f"{one}{content}"} for one in range(count))
    return "\n".join(map(json.dumps, each))


def numbers(chats: list[ImportedChat]) -> list[int]:
    """What the messages of `lines` begin with."""
    return [int(text.split()[0]) for chat in chats for _, text in said(chat)]


@pytest.mark.proof
def test_more_messages_than_a_chat_can_have_are_several_chats(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert plain.MOST_GATHERED == 100_000
    most = 100_000 if PROVE else 2_000
    monkeypatch.setattr(plain, "MOST_GATHERED", most)
    began = time.process_time()
    chats = read(tmp_path, lines(most + 100)).chats
    assert time.process_time() - began < 20
    assert numbers(chats) == list(range(most + 100))
    assert [len(chat.messages) for chat in chats] == [most, 100]


def test_more_text_than_a_chat_can_have_is_several_chats(tmp_path: Path) -> None:
    chats = read(tmp_path, lines(8, " " + "w" * 10_000_000)).chats
    assert len(chats) == 3
    assert numbers(chats) == list(range(8))


@pytest.mark.parametrize("end", ['\n{"role": "user", "con', "\n" + "[" * 100_000, "\n?"])
def test_messages_before_what_is_broken_are_a_chat(end: str, tmp_path: Path) -> None:
    imported = read(tmp_path, lines(3) + end)
    assert numbers(imported.chats) == [0, 1, 2]
    assert len(imported.skipped) == 1


def test_a_few_values_among_messages_do_no_harm_and_a_few_messages_among_values_are_no_chat(tmp_path: Path) -> None:
    (chat,) = read(tmp_path, [ROLES[0], {"at": "noon"}, ROLES[1]]).chats
    assert said(chat) == ASKED
    people = [{"name": "Ada", "from": "Rome", "text": "hello"}, {"name": "Bob", "role": "admin", "text": "hi"}]
    with pytest.raises(RequestError, match="no chats"):
        read(tmp_path, [*people, {"name": "Cy", "role": "user", "text": "hey"}])


def test_a_chat_that_was_written_as_text_within_text_ends_somewhere(tmp_path: Path) -> None:
    deep: Any = ROLES
    for _ in range(12):
        deep = [json.dumps(deep)]
    began = time.process_time()
    with pytest.raises(RequestError, match="no chats"):
        read(tmp_path, deep)
    (chat,) = read(tmp_path, [{"messages": json.dumps(ROLES)}, {"rows": ["[" * 2_000_000, "[1," * 1_000_000]}]).chats
    assert said(chat) == ASKED
    long = [{"role": "user", "content": "w" * 50_000_000}]
    (chat,) = read(tmp_path, {"messages": json.dumps(long)}).chats
    assert said(chat) == [("user", long[0]["content"])]
    assert time.process_time() - began < 10


def test_bytes_that_are_all_wrong_are_read_in_their_time(tmp_path: Path) -> None:
    file = tmp_path / "chats.json"
    file.write_bytes(b'[{"role": "user", "content": "' + b"\xe8 " * 2_000_000 + b'"}]')
    began = time.process_time()
    (chat,) = read_chats(file).chats
    assert time.process_time() - began < 10
    assert said(chat) == [("user", "è " * 2_000_000)]


def test_odd_parents_lose_no_message(tmp_path: Path) -> None:
    def tree(*messages: dict[str, Any]) -> tuple[list[str], list[int | None]]:
        (chat,) = read(tmp_path, {"messages": list(messages)}).chats
        return [text for _, text in said(chat)], [message.parent for message in chat.messages]

    first, second = libre("a", "b", "Which river?", user=True), libre("b", "a", "The Po.", user=False)
    assert tree(first, second) == (["Which river?", "The Po."], [None, 1])
    tail = libre("c", "a", "And the Arno?", user=False)
    assert tree(tail, second, first) == (["Which river?", "The Po.", "And the Arno?"], [None, 1, 1])
    assert tree(first | {"parentMessageId": "a"}, second) == (["Which river?", "The Po."], [None, 1])
    assert tree(second, first | {"parentMessageId": NOBODY}) == (["Which river?", "The Po."], [None, 1])
    again = libre("c", NOBODY, "Which sea?", user=True)
    assert tree(first | {"parentMessageId": NOBODY}, second, again) == (
        ["Which river?", "The Po.", "Which sea?"],
        [None, 1, None],
    )
    assert tree(first, second | {"messageId": "a"}) == (["Which river?", "The Po."], [None, 1])
    many = [libre(str(one), str((one + 1) % 50_000), str(one), user=one % 2 == 0) for one in range(50_000)]
    began = time.process_time()
    assert sorted(map(int, tree(*many)[0])) == list(range(50_000))
    assert time.process_time() - began < 10


def test_rows_with_the_same_number_in_two_files_are_two_chats(tmp_path: Path) -> None:
    other = [{"from": "human", "value": "Which sea?"}]
    first, again = (read(tmp_path, {"id": "1", "conversations": SHARED}).chats[0] for _ in range(2))
    second = read(tmp_path, {"id": "1", "conversations": other}).chats[0]
    assert first.source == again.source
    assert first.source != second.source


def test_an_observation_stands_beside_what_was_called(tmp_path: Path) -> None:
    called = [
        {"from": "human", "value": "What is it?"},
        {"from": "function_call", "value": '{"name": "look", "arguments": {}}'},
        {"from": "observation", "value": "a dot"},
        {"from": "gpt", "value": "A dot."},
    ]
    (chat,) = read(tmp_path, {"conversations": called}).chats
    assert chat.messages[1].parts == [ToolPart("", '{"name": "look", "arguments": {}}', "a dot"), TextPart("A dot.")]


# -- blocks of other makers


def block(kind: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, **more}


def test_a_list_in_anthropic_s_form_keeps_thoughts_tools_pictures_and_documents(tmp_path: Path) -> None:
    picture = block("image", source={"type": "base64", "media_type": "image/png", "data": DOT})
    letter = block("document", title="letter.txt", source={"type": "text", "data": "Dear Ada"})
    calls = [block("tool_use", id=one, name="look", input={"at": one}) for one in ("a", "b")]
    results = [
        block("tool_result", tool_use_id="b", content=[block("text", text="a line"), picture]),
        block("tool_result", tool_use_id="a", content="a dot", is_error=True),
    ]
    messages = [
        {"role": "user", "content": [picture, letter, block("text", text="What is it?")]},
        {
            "role": "assistant",
            "content": [
                block("thinking", thinking="I look.", signature="x"),
                block("thinking", thinking="", signature="x"),
                block("redacted_thinking", data="x"),
                *calls,
            ],
        },
        {"role": "user", "content": results},
        {"role": "assistant", "content": [block("text", text="A dot and a line.")]},
    ]
    request = {"model": "claude", "system": [block("text", text="Be exact.")], "messages": messages}
    (chat,) = read(tmp_path, request).chats
    asked, called, shown, answered = chat.messages
    image, document, text = asked.parts
    assert isinstance(image, ImagePart)
    assert (document, text) == (FilePart("Dear Ada", "letter.txt", 8), TextPart("What is it?"))
    assert called.parts == [
        ReasoningPart("I look."),
        ToolPart("look", '{"at": "a"}', "a dot", failed=True),
        ToolPart("look", '{"at": "b"}', "a line"),
    ]
    assert (shown.role, shown.parts) == ("user", [image])
    assert answered.parts == [TextPart("A dot and a line.")]
    assert chat.settings == {"system_prompt": "Be exact."}


def test_what_a_tool_said_that_nobody_called_is_not_what_a_person_said(tmp_path: Path) -> None:
    result = block("tool_result", tool_use_id="gone", content="a dot")
    (chat,) = read(tmp_path, [{"role": "user", "content": [result, block("text", text="And now?")]}]).chats
    tool, person = chat.messages
    assert (tool.role, tool.parts) == ("assistant", [ToolPart("", "", "a dot")])
    assert (person.role, person.parts) == ("user", [TextPart("And now?")])


@pytest.mark.parametrize("python", [False, True])
def test_a_list_in_gemini_s_form_keeps_thoughts_tools_and_pictures(tmp_path: Path, *, python: bool) -> None:
    def name(of: str) -> str:
        return re.sub("[A-Z]", lambda found: "_" + found[0].lower(), of) if python else of

    picture = {name("inlineData"): {name("mimeType"): "image/png", "data": DOT}}
    calls = [{name("functionCall"): {"name": "look", "args": {"at": at}}} for at in (1, 2)]
    results = [
        {name("functionResponse"): {"name": "look", "response": {"result": "a dot"}}},
        {name("functionResponse"): {"name": "look", "response": {"colour": "red"}}},
    ]
    contents = [
        {"role": "user", "parts": [{"text": "What is it?"}, picture]},
        {"role": "model", "parts": [{"text": "I look.", "thought": True}, *calls, {name("thoughtSignature"): "x"}]},
        {"role": "user", "parts": results},
        {
            "role": "model",
            "parts": [
                {name("executableCode"): {"language": "PYTHON", "code": "1 + 1"}},
                {name("codeExecutionResult"): {"outcome": "OUTCOME_OK", "output": "2"}},
                {"text": "Two."},
            ],
        },
    ]
    request = {name("systemInstruction"): {"parts": [{"text": "Be exact."}]}, "contents": contents}
    (chat,) = read(tmp_path, request).chats
    asked, answered = chat.messages
    assert asked.parts[0] == TextPart("What is it?")
    assert isinstance(asked.parts[1], ImagePart)
    assert answered.parts == [
        ReasoningPart("I look."),
        ToolPart("look", '{"at": 1}', "a dot"),
        ToolPart("look", '{"at": 2}', '{"colour": "red"}'),
        ToolPart("code", "1 + 1", "2"),
        TextPart("Two."),
    ]
    assert chat.settings == {"system_prompt": "Be exact."}


def test_a_prompt_of_ai_studio_is_a_chat(tmp_path: Path) -> None:
    chunks = [
        {"text": "What is it?", "role": "user", "tokenCount": 4},
        {"inlineFile": {"mimeType": "image/png", "data": DOT}, "role": "user"},
        {"driveDocument": {"id": "1aB"}, "role": "user"},
        {"text": "I look.", "role": "model", "isThought": True, "parts": [{"text": "I ", "thought": True}]},
        {"text": "A dot.", "role": "model", "finishReason": "STOP", "parts": [{"text": "A "}, {"text": "dot."}]},
        {"parts": [{"text": "Really."}], "role": "model"},
    ]
    prompt = {"chunks": chunks, "pendingInputs": [{"text": "And", "role": "user"}]}
    settings = {"model": "models/gemini-2.5-pro", "temperature": 1.0}
    content = {"runSettings": settings, "systemInstruction": {"text": "Be exact."}, "chunkedPrompt": prompt}
    (chat,) = read(tmp_path, content).chats
    asked, answered = chat.messages
    assert [type(part) for part in asked.parts] == [TextPart, ImagePart, FilePart]
    assert asked.parts[2] == FilePart("", "1aB")
    assert answered.parts == [ReasoningPart("I look."), TextPart("A dot."), TextPart("Really.")]
    assert (answered.model, chat.draft) == ("gemini-2.5-pro", "And")
    assert chat.settings == {"system_prompt": "Be exact."}


def test_a_function_that_was_called_the_old_way_is_a_call(tmp_path: Path) -> None:
    call = {"name": "look", "arguments": '{"at": 1}'}
    messages = [
        {"role": "user", "content": "What is it?"},
        {"role": "assistant", "content": None, "function_call": call},
        {"role": "function", "name": "look", "content": "a dot"},
    ]
    (chat,) = read(tmp_path, messages).chats
    assert chat.messages[1].parts == [ToolPart("look", '{"at": 1}', "a dot")]


def test_calls_with_the_same_number_are_answered_one_after_the_other(tmp_path: Path) -> None:
    def call(at: int) -> dict[str, Any]:
        return {"id": "c", "function": {"name": "look", "arguments": f'{{"at": {at}}}'}}

    said = [{"role": "tool", "tool_call_id": "c", "content": text} for text in ("first", "second", "third")]
    (chat,) = read(tmp_path, [{"role": "assistant", "tool_calls": [call(1), call(2)]}, *said]).chats
    assert chat.messages[0].parts == [
        ToolPart("look", '{"at": 1}', "first"),
        ToolPart("look", '{"at": 2}', "second"),
        ToolPart("", "", "third"),
    ]


def test_a_picture_somewhere_else_keeps_its_address(tmp_path: Path) -> None:
    address = "https://example.org/rivers.png"
    pictures = [
        block("image_url", image_url={"url": address}),
        block("image", source={"type": "url", "url": address}),
        {"fileData": {"mimeType": "image/png", "fileUri": address}},
    ]
    (chat,) = read(tmp_path, [{"role": "user", "content": pictures}]).chats
    assert all(address in f"{part}" for part in chat.messages[0].parts)


@pytest.mark.parametrize(("written", "most"), [("base64", 1_000_000), ("percents", 1_000_000), ("blocks", MOST_BYTES)])
def test_a_picture_within_a_chat_may_be_as_large_as_one_beside_it(
    written: str, most: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # One of them as large as they may be; the others differ in how they are written alone.
    monkeypatch.setattr("studiolo.desktop.history.imports.assets.MOST_BYTES", most)

    def message(size: int) -> dict[str, Any]:
        data = base64.b64decode(DOT).ljust(size, b"w")
        text = base64.b64encode(data).decode()
        if written == "blocks":
            return {"role": "user", "content": [block("image", source={"type": "base64", "data": text})]}
        address = f"data:image/png;base64,{text}"
        if written == "percents":
            address = "data:image/png," + "".join(f"%{one:02x}" for one in data[:100]) + data[100:].decode()
        return {"role": "user", "content": [{"type": "image_url", "image_url": {"url": address}}]}

    (chat,) = read(tmp_path, [message(most)]).chats
    (part,) = chat.messages[0].parts
    assert isinstance(part, ImagePart)
    assert len(chat.images[part.file]) == most
    (chat,) = read(tmp_path, [message(most + 3)]).chats
    (part,) = chat.messages[0].parts
    assert isinstance(part, FilePart)
    assert not chat.images
