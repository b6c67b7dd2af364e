"""Exports that are wrapped, encoded or grown oddly: read all the same, in the time and memory they are worth."""

import json
import random
import re
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from studiolo.desktop.history.database import Database
from studiolo.desktop.history.imports.tree import ImportedChat
from studiolo.desktop.history.parts import Part, ReasoningPart, TextPart, ToolPart
from studiolo.errors import RequestError
from tests.stands.exports import ALL, CHATGPT, CLAUDE, WholeImport, read_chats

MOST_SECONDS = 3.0
"""Of the processor, for any of the files here; each took from five of them to hours."""


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with closing(Database(tmp_path / "history.sqlite")) as database:
        yield database


def read(folder: Path, content: Any, *, encoding: str = "utf-8") -> WholeImport:
    file = folder / "conversations.json"
    file.write_text(json.dumps(content, ensure_ascii=False), encoding=encoding)
    began = time.process_time()
    imported = read_chats(file)
    assert time.process_time() - began < MOST_SECONDS
    return imported


def parts_of(chat: ImportedChat) -> list[Part]:
    return [part for message in chat.messages for part in message.parts]


def gpt(said: str, **more: Any) -> dict[str, Any]:
    return {"message": {"author": {"role": "assistant"}, "content": {"parts": [said]}, "metadata": more}}


def gpt_chat(said: str, **more: Any) -> list[dict[str, Any]]:
    return [{"id": "x", "mapping": {"a": gpt(said, **more)}}]


def web_chat(content: str) -> list[dict[str, Any]]:
    return [{"id": "x", "chat": {"messages": [{"role": "assistant", "content": content}]}}]


def studio_chat(*contents: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": "x", "messages": [{"versions": [{"role": "assistant", "content": list(contents), **more}]}]}


# -- encodings and wrappings


@pytest.mark.parametrize(
    "encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"]
)
def test_an_export_is_read_in_every_encoding_of_unicode(encoding: str, tmp_path: Path) -> None:
    chat = {"uuid": "1", "name": "Perché", "chat_messages": [{"sender": "human", "text": "è 漢字 🙂"}]}
    (found,) = read(tmp_path, [chat], encoding=encoding).chats
    assert found.title == "Perché"
    assert parts_of(found) == [TextPart("è 漢字 🙂")]


@pytest.mark.parametrize(
    "wrapped",
    [
        {"data": {"conversations": list(ALL.values())}},
        dict(ALL),
        [list(ALL.values())],
        [{"conversation": entry} for entry in ALL.values()],
        {"version": 3, "export": [{"at": "2026", "content": entry} for entry in ALL.values()]},
    ],
)
def test_chats_are_found_in_whatever_they_were_wrapped_in(wrapped: Any, tmp_path: Path) -> None:
    plain = [chat.title for chat in read(tmp_path, list(ALL.values())).chats]
    assert len(plain) == len(ALL)
    assert [chat.title for chat in read(tmp_path, wrapped).chats] == plain


@pytest.mark.parametrize("name", ["chats.jsonl", "CHATS.JSON", "chats.ndjson"])
def test_files_in_folders_are_found_by_any_usual_name(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("\n".join(json.dumps(one) for one in (CHATGPT, CLAUDE)))
    assert len(read_chats(tmp_path).chats) == 2


def test_a_folder_whose_only_file_can_not_be_opened_says_so(tmp_path: Path) -> None:
    (tmp_path / "chats.json").mkdir()
    with pytest.raises(RequestError, match=r"chats\.json can't be read") as refused:
        read_chats(tmp_path)
    assert refused.value.hint == "Make sure that you may open it, or export it again."


# -- trees


def test_a_chat_that_branches_everywhere_stays_near_its_size(tmp_path: Path, database: Database) -> None:
    mapping, parent = {}, None
    for number in range(2_000):
        mapping[f"n{number}"] = gpt(f"trunk-{number} " + "w" * 1_000) | {"parent": parent}
        mapping[f"b{number}"] = gpt(f"branch-{number}.") | {"parent": parent}
        parent = f"n{number}"
    imported = read(tmp_path, [{"id": "x", "mapping": mapping}])
    (chat,) = imported.chats
    assert sum(len(message.raw) for message in chat.messages) < 20_000_000
    assert database.take_in([chat]) == (1, 0)
    assert (imported.read, chat.kept) == (4_000, 4_000)
    told = "".join(message.raw for message in chat.messages)
    for kind in ("trunk", "branch"):
        assert len(set(re.findall(rf"{kind}-\d+", told))) == 2_000


def test_a_second_version_begins_as_the_first_one_did(tmp_path: Path) -> None:
    mapping = {
        "a": gpt("begun"),
        "b": gpt("gone on") | {"parent": "a"},
        "c": gpt("another way") | {"parent": "a"},
    }
    (chat,) = read(tmp_path, [{"id": "x", "mapping": mapping}]).chats
    said = [[part.text for part in message.parts] for message in chat.messages]
    assert said == [["begun", "gone on"], ["begun", "another way"]]


# -- texts


def test_two_thousand_references_are_placed_soon(tmp_path: Path) -> None:
    marks = [f"\ue200cite\ue202turn{number}search{number}\ue201" for number in range(2_000)]
    references = [{"matched_text": mark, "alt": f"(link-{number})"} for number, mark in enumerate(marks)]
    (chat,) = read(tmp_path, gpt_chat(" ".join(marks), content_references=references)).chats
    (part, *others) = parts_of(chat)
    everything = "\n".join(one.text for one in (part, *others))
    assert all(f"(link-{number})" in everything for number in range(2_000))
    assert part.text.startswith("(link-0) (link-1) (link-2) ")


def test_references_in_a_long_text_are_all_kept(tmp_path: Path) -> None:
    references = [{"matched_text": f"gone-{number}", "alt": f"(link-{number})"} for number in range(2_000)]
    (chat,) = read(tmp_path, gpt_chat("gonegone-1 " * 100_000, content_references=references)).chats
    text, links = parts_of(chat)
    assert text.text.startswith("gone(link-1) ")
    assert links.text.splitlines() == [f"(link-{number})" for number in range(2_000) if number != 1]


@pytest.mark.parametrize(
    "content",
    [
        gpt_chat("\ue200" + "a" * 300_000),
        gpt_chat("\ue200entity\ue202" + '\\"' * 300_000 + "\ue201"),
        web_chat("<details " * 100_000),
        web_chat('<details type="tool_calls" ' + "a" * 300_000 + "></details>"),
        web_chat("![](data:image/png;base64," * 30_000),
        studio_chat(style={"type": "thinking", "title": "1" * 300_000}),
        studio_chat(*[{"type": "toolCallResult", "content": "x"}] * 30_000),
        studio_chat(*[{"type": "text", "text": "0123456789"}] * 200_000),
    ],
    ids=["mark", "entity", "details", "attribute", "picture", "seconds", "results", "pieces"],
)
def test_what_never_ends_is_read_once(content: Any, tmp_path: Path) -> None:
    read(tmp_path, content)


def test_text_in_pieces_is_one_text_and_results_find_their_calls(tmp_path: Path) -> None:
    contents: list[dict[str, Any]] = [
        *({"type": "text", "text": text} for text in ("a", " ", "b")),
        {"type": "toolCallRequest", "name": "first", "parameters": {}},
        {"type": "toolCallRequest", "name": "second", "parameters": {}},
        *({"type": "toolCallResult", "content": text} for text in ("one", "two")),
        {"type": "text", "text": "c"},
    ]
    (chat,) = read(tmp_path, studio_chat(*contents)).chats
    calls = [ToolPart("first", "{}", "one"), ToolPart("second", "{}", "two")]
    assert parts_of(chat) == [TextPart("a b"), *calls, TextPart("c")]
    (chat,) = read(tmp_path, studio_chat(*contents[:3], style={"type": "thinking", "title": "for 2.5 seconds"})).chats
    assert parts_of(chat) == [ReasoningPart("a b", 2.5)]


def test_what_nobody_knows_does_not_become_mostly_spaces(tmp_path: Path) -> None:
    value: Any = [[1, 2]] * 20_000
    for _ in range(300):
        value = [value, 0]
    entry = {"chat_messages": [{"sender": "human", "content": [{"type": "smell", "of": value}]}]}
    (chat,) = read(tmp_path, [entry]).chats
    assert sum(len(message.raw) for message in chat.messages) < 2 * len(json.dumps(entry))


def test_no_name_is_longer_than_a_list_can_show(tmp_path: Path, database: Database) -> None:
    said = [{"sender": "human", "text": "hello"}]
    long = {"uuid": "1", "name": "n" * 3_000_000, "chat_messages": said}
    web = {
        "title": "w",
        "meta": {"tags": ["t" * 1_000_000] * 3},
        "chat": {"messages": [{"role": "user", "content": "a"}]},
    }
    database.take_in(read(tmp_path, [long, web]).chats)
    assert sorted(len(chat.title) for chat in database.chats()) == [1, 500]
    assert {len(tag) for chat in database.chats() for tag in chat.tags} == {500}


# -- values that can't be taken


def deep(levels: int) -> str:
    return '{"a":' * levels + "1" + "}" * levels


@pytest.mark.parametrize("levels", [*range(850, 1_000, 10), 100_000])
def test_a_chat_that_is_nested_too_deep_harms_no_other(levels: int, tmp_path: Path) -> None:
    def chat(number: int, told: str) -> str:
        content = f'[{{"type": "text", "text": "]}}{number}"}}, {{"type": "x", "y": {told}}}]'
        return f'{{"uuid": "{number}", "chat_messages": [{{"sender": "human", "content": {content}}}]}}'

    file = tmp_path / "conversations.json"
    file.write_text(f"[{chat(1, '1')}, {chat(2, deep(levels))}, {chat(3, '1')}]")
    imported = read_chats(file)
    assert {chat.source for chat in imported.chats} >= {"claude:1", "claude:3"}
    assert len(imported.chats) + len(imported.skipped) == 3
    for one in imported.chats:
        assert all("RecursionError" not in why for _, why in imported.skipped)
        assert json.loads(one.messages[0].raw)[0]["text"].startswith("]}")


def test_blocks_in_blocks_in_blocks_are_kept_as_they_are(tmp_path: Path) -> None:
    content: Any = "the end"
    for _ in range(200):
        content = [{"type": "tool_result", "tool_use_id": "gone", "content": content}]
    (chat,) = read(tmp_path, [{"role": "user", "content": content}, {"role": "assistant", "content": "yes"}]).chats
    assert "the end" in chat.messages[0].raw


@pytest.mark.parametrize("when", [10**400, -(10**400), 1e308, float("nan"), float("inf"), "9999-99-99", True, []])
def test_a_time_that_is_none_keeps_no_chat_away(when: Any, tmp_path: Path) -> None:
    message = {"role": "user", "content": "hello", "createdAt": when, "timestamp": when}
    (chat,) = read(tmp_path, {"createdAt": when, "updatedAt": when, "messages": [message]}).chats
    assert chat.created == 0


def test_a_number_of_a_hundred_thousand_digits_keeps_no_chat_away(tmp_path: Path) -> None:
    file = tmp_path / "conversations.json"
    messages = [{"role": "user", "content": "hello", "tokens": "NUMBER"}]
    file.write_text(
        json.dumps([{"messages": messages}, {"messages": messages[:1] * 2}]).replace('"NUMBER"', "1" * 100_000)
    )
    assert len(read_chats(file).chats) == 2


def test_noise_in_the_middle_of_a_file_ends_it_there(tmp_path: Path) -> None:
    file = tmp_path / "conversations.json"
    chats = [{"uuid": str(one), "chat_messages": [{"sender": "human", "text": "w" * 1_000}]} for one in range(5_000)]
    begin = json.dumps(chats).encode()
    file.write_bytes(begin[:4_000_000] + random.Random(7).randbytes(60_000_000))
    began = time.process_time()
    imported = read_chats(file)
    assert time.process_time() - began < MOST_SECONDS
    assert len(imported.chats) == begin[:4_000_000].count(b'"}]}')
    assert len(imported.skipped) == 1


@pytest.mark.parametrize("piece", ["true", "-Infinity", "\\\\ud83d\\\\ude00", "1e400", "[]", '"a": null'])
def test_what_is_read_in_two_pieces_is_read_as_in_one(piece: str, tmp_path: Path) -> None:
    told = piece.replace("\\\\", "\\") if "\\" in piece else None
    value = f'"{told}"' if told else f"{{{piece}}}" if ":" in piece else piece
    message = f'{{"role": "user", "content": "hello", "more": {value}}}'
    at = message.index(value)
    for cut in range(at, at + len(value) + 2):
        file = tmp_path / "conversations.json"
        file.write_text(" " * ((1 << 20) - 1 - cut) + f"[{message}]")
        (chat,) = read_chats(file).chats
        assert parts_of(chat) == [TextPart("hello")]
