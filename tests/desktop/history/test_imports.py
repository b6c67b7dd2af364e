"""Chats that other programs exported."""

import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from studiolo.desktop.history.database import Database
from studiolo.desktop.history.exporting import as_json
from studiolo.desktop.history.parts import FilePart, ImagePart, Part, ReasoningPart, TextPart, ToolPart
from studiolo.desktop.history.records import StoredMessage, path_to
from studiolo.errors import AppError, RequestError
from tests.stands.exports import WholeImport, read_chats


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with closing(Database(tmp_path / "history.sqlite")) as database:
        yield database


def written(folder: Path, content: Any, name: str = "conversations.json") -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content))
    return file


def branch(chat: Any) -> list[StoredMessage]:
    return path_to({message.id: message for message in chat.messages}, chat.leaf)


def node(
    name: str, parent: str | None, children: list[str], role: str = "", content: Any = None, **more: Any
) -> dict[str, Any]:
    message = {
        "author": {"role": role, **more.pop("author", {})},
        "content": content,
        "create_time": 1_700_000_000.0,
        **more,
    }
    return {"id": name, "parent": parent, "children": children, "message": message if role else None}


def said(*parts: Any) -> dict[str, Any]:
    return {"content_type": "text", "parts": list(parts)}


CHATGPT = {
    "title": "Herons",
    "conversation_id": "c1",
    "create_time": 1_700_000_000.5,
    "update_time": 1_700_000_900.0,
    "current_node": "a2",
    "mapping": {
        "root": node("root", None, ["sys"]),
        "sys": node("sys", "root", ["u1"], "system", said("")),
        "u1": node("u1", "sys", ["hidden"], "user", said("Where do herons sleep?")),
        "hidden": node(
            "hidden", "u1", ["t1"], "user", said("profile"), metadata={"is_visually_hidden_from_conversation": True}
        ),
        "t1": node(
            "t1",
            "hidden",
            ["call", "b1"],
            "assistant",
            {"content_type": "thoughts", "thoughts": [{"content": "Birds."}]},
        ),
        "call": node(
            "call", "t1", ["result"], "assistant", {"content_type": "code", "text": "search('herons')"}, recipient="web"
        ),
        "result": node("result", "call", ["a1"], "tool", said("In trees."), author={"name": "web"}),
        "a1": node("a1", "result", ["u2"], "assistant", said("In **trees**."), metadata={"model_slug": "gpt-5"}),
        "b1": node("b1", "t1", [], "assistant", said("On one leg.")),
        "u2": node(
            "u2",
            "a1",
            ["a2"],
            "user",
            {"content_type": "multimodal_text", "parts": [{"asset_pointer": "file-service://file-abc"}, "This one?"]},
        ),
        "a2": node("a2", "u2", ["u1"], "assistant", said("Yes.")),
    },
}


def test_chatgpt_with_branches_tools_and_thoughts(tmp_path: Path) -> None:
    imported = read_chats(written(tmp_path, [CHATGPT, {"mapping": 3}, {"title": "Empty", "mapping": {}}]))
    assert [name for name, _ in imported.skipped] == ["Empty"]
    (chat,) = imported.chats
    question, reply, second, last = branch(chat)
    assert (chat.title, chat.created, chat.changed) == ("Herons", 1_700_000_000.5, 1_700_000_900.0)
    assert question.parts == [TextPart("Where do herons sleep?")]
    assert reply.parts == [
        ReasoningPart("Birds."),
        ToolPart("web", "search('herons')", ""),
        ToolPart("web", "", "In trees."),
        TextPart("In **trees**."),
    ]
    assert reply.model == "gpt-5"
    assert second.parts == [FilePart("", "file-abc"), TextPart("This one?")]
    assert last.parts == [TextPart("Yes.")]
    other = [message for message in chat.messages if message.parent == question.id and message is not reply]
    assert [message.parts for message in other] == [[ReasoningPart("Birds."), TextPart("On one leg.")]]


def test_chatgpt_as_it_is_downloaded_with_its_pictures(tmp_path: Path) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (4, 4)).save(picture, "PNG")
    file = tmp_path / "export.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("export/conversations-000.json", json.dumps([CHATGPT]))
        archive.writestr("export/user.json", "{}")
        archive.writestr("export/file-abc-heron.png", picture.getvalue())
    (chat,) = read_chats(file).chats
    image = branch(chat)[2].parts[0]
    assert isinstance(image, ImagePart)
    assert image.name == "file-abc-heron.png"
    assert chat.images == {image.file: picture.getvalue()}


CLAUDE = {
    "uuid": "k1",
    "name": "Plans",
    "created_at": "2025-01-02T03:04:05.000Z",
    "updated_at": "2025-01-03T03:04:05.000Z",
    "chat_messages": [
        {
            "uuid": "m1",
            "sender": "human",
            "text": "Read this",
            "content": [{"type": "text", "text": "Read this"}],
            "created_at": "2025-01-02T03:04:06Z",
            "attachments": [{"file_name": "a.txt", "file_size": 5, "extracted_content": "heron"}],
            "files": [{"file_name": "b.png"}],
        },
        {
            "uuid": "m2",
            "sender": "assistant",
            "content": [
                {
                    "type": "thinking",
                    "thinking": "Hm.",
                    "start_timestamp": "2025-01-02T03:04:07Z",
                    "stop_timestamp": "2025-01-02T03:04:09Z",
                },
                {"type": "tool_use", "name": "look", "input": {"at": 1}},
                {"type": "tool_result", "name": "look", "content": [{"type": "text", "text": "seen"}]},
                {"type": "text", "text": "A heron."},
            ],
        },
        {"uuid": "m3", "sender": "human", "text": "An old one, without content"},
        {"uuid": "m4", "sender": "assistant", "text": "Instead", "parent_message_uuid": "m1"},
    ],
}


def test_claude_with_documents_thoughts_and_another_version(tmp_path: Path) -> None:
    (chat,) = read_chats(written(tmp_path, [CLAUDE])).chats
    first, second, third, fourth = chat.messages
    assert first.parts == [FilePart("heron", "a.txt", 5), FilePart("", "b.png"), TextPart("Read this")]
    assert second.parts == [ReasoningPart("Hm.", 2.0), ToolPart("look", '{"at": 1}', "seen"), TextPart("A heron.")]
    assert third.parts == [TextPart("An old one, without content")]
    assert (fourth.parent, second.parent) == (first.id, first.id)
    assert chat.created == 1_735_787_045.0


LM_STUDIO = {
    "name": "Boats",
    "pinned": True,
    "createdAt": 1_700_000_000_000,
    "systemPrompt": "Be brief.",
    "messages": [
        {
            "versions": [{"type": "singleStep", "role": "user", "content": [{"type": "text", "text": "Which boat?"}]}],
            "currentlySelected": 0,
        },
        {
            "versions": [
                {
                    "type": "multiStep",
                    "role": "assistant",
                    "steps": [{"type": "contentBlock", "content": [{"type": "text", "text": "A raft"}]}],
                },
                {
                    "type": "multiStep",
                    "role": "assistant",
                    "steps": [
                        {
                            "type": "contentBlock",
                            "style": {"type": "thinking"},
                            "content": [{"type": "text", "text": "Hm"}],
                        },
                        {"type": "debugInfoBlock"},
                        {
                            "type": "contentBlock",
                            "genInfo": {"indexedModelIdentifier": "maker/model"},
                            "content": [
                                {"type": "toolCallRequest", "name": "boats", "parameters": {"size": 2}},
                                {"type": "toolCallResult", "content": "two"},
                                {"type": "text", "text": "A punt"},
                            ],
                        },
                    ],
                },
            ],
            "currentlySelected": 1,
        },
    ],
}


def test_lm_studios_folder_with_versions(tmp_path: Path, database: Database) -> None:
    written(tmp_path / "conversations", LM_STUDIO, "1.conversation.json")
    written(tmp_path / "conversations", LM_STUDIO | {"name": "Same, filed"}, "Work/Trips/2.conversation.json")
    imported = read_chats(tmp_path / "conversations")
    assert database.take_in(imported.chats) == (2, 0)
    filed, plain = sorted(database.chats(), key=lambda chat: chat.title, reverse=True)
    names = {folder.id: folder for folder in database.folders()}
    assert filed.folder is not None
    assert names[filed.folder].name == "Trips"
    above = names[filed.folder].parent
    assert above is not None
    assert names[above].name == "Work"
    assert (plain.title, plain.pinned, plain.folder) == ("Boats", True, None)
    assert database.settings(plain.id) == {"system_prompt": "Be brief."}
    messages = database.messages(plain.id)
    question, reply = path_to(messages, plain.leaf)
    assert reply.parts == [ReasoningPart("Hm"), ToolPart("boats", '{"size": 2}', "two"), TextPart("A punt")]
    assert reply.model == "maker/model"
    assert next(one.parts for one in messages.values() if one.parent == question.id) == [TextPart("A raft")]
    assert [hit.title for hit in database.search("punt")] == ["Same, filed", "Boats"]


OPEN_WEBUI = {
    "id": "w1",
    "title": "Tides",
    "created_at": 1_700_000_000,
    "updated_at": 1_700_000_100,
    "pinned": False,
    "meta": {"tags": ["sea"]},
    "chat": {
        "history": {
            "currentId": "r2",
            "messages": {
                "r2": {
                    "id": "r2",
                    "parentId": "q",
                    "role": "assistant",
                    "model": "tiny",
                    "timestamp": 1_700_000_050,
                    "content": (
                        '<details type="reasoning" done="true" duration="4">\n'
                        "<summary>Thought for 4 seconds</summary>\n"
                        "&gt; The moon\n&gt; pulls.\n</details>\nTwice a day."
                    ),
                },
                "q": {
                    "id": "q",
                    "parentId": None,
                    "role": "user",
                    "content": "How often?",
                    "files": [{"name": "t.txt", "file": {"data": {"content": "low"}}}],
                },
                "r1": {"id": "r1", "parentId": "q", "role": "assistant", "content": "Never."},
                "loop": {"id": "loop", "parentId": "loop", "role": "user", "content": "Round."},
            },
        }
    },
}


def test_open_webui_with_thoughts_and_a_circle(tmp_path: Path) -> None:
    (chat,) = read_chats(written(tmp_path, [OPEN_WEBUI], "chats.json")).chats
    question, reply = branch(chat)
    assert question.parts == [FilePart("low", "t.txt"), TextPart("How often?")]
    assert reply.parts == [ReasoningPart("The moon\npulls.", 4.0), TextPart("Twice a day.")]
    assert chat.tags == ("sea",)
    assert len(chat.messages) == 4


def test_our_own_export_comes_back_whole(tmp_path: Path, database: Database) -> None:
    source = database.create_chat("Round trip")
    asked = database.add_message(source.id, None, "user", [TextPart("Why? \0 你好")])
    database.add_message(source.id, asked.id, "assistant", [TextPart("Once")], state="stopped", model="m")
    thought: list[Part] = [ReasoningPart("Hm", 1.5), TextPart("Twice")]
    database.add_message(source.id, asked.id, "assistant", thought, model="m", details={"server": "here"})
    database.set_tags(source.id, ["a"])
    file = tmp_path / "chat.json"
    file.write_text(as_json(database.chat(source.id), database.messages(source.id)))
    with closing(Database(tmp_path / "other.sqlite")) as other:
        other.add_message(other.create_chat("Another").id, None, "user", [TextPart("x")])
        assert other.take_in(read_chats(file).chats) == (1, 0)
        copy = next(chat for chat in other.chats() if chat.title == "Round trip")
        assert copy.tags == ("a",)
        before, after = list(database.messages(source.id).values()), list(other.messages(copy.id).values())
        for one, two in zip(before, after, strict=True):
            assert (one.role, one.parts, one.state, one.model, dict(one.details)) == (
                two.role,
                two.parts,
                two.state,
                two.model,
                dict(two.details),
            )
        assert [one.parts for one in path_to(other.messages(copy.id), copy.leaf)] == [
            [TextPart("Why? \0 你好")],
            thought,
        ]


def test_the_same_export_twice_makes_no_second_chat(tmp_path: Path, database: Database) -> None:
    file = written(tmp_path, [CHATGPT])
    assert database.take_in(read_chats(file).chats) == (1, 0)
    assert database.take_in(read_chats(file).chats) == (0, 1)
    assert len(database.chats()) == 1


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "There are no chats"),
        ("{}", "There are no chats"),
        ("[]", "There are no chats"),
        ('[{"a": 1}]', "no chats"),
    ],
)
def test_what_is_no_export_says_so(tmp_path: Path, content: str, says: str) -> None:
    file = tmp_path / "a.json"
    file.write_text(content)
    with pytest.raises(RequestError, match=says) as refused:
        read_chats(file)
    assert "ChatGPT" in refused.value.hint


def test_missing_and_damaged_files(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="can't be read"):
        read_chats(tmp_path / "gone.json")
    file = tmp_path / "export.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("conversations.json", json.dumps([CHATGPT]) * 50)
    whole = file.read_bytes()
    file.write_bytes(whole[:40] + b"\0" * 60 + whole[100:])
    with pytest.raises(AppError):
        read_chats(file)


def test_one_broken_chat_does_not_keep_the_others(tmp_path: Path) -> None:
    broken = {"title": "Broken", "mapping": {"a": node("a", None, [], "user", said("x")) | {"message": 3}, "b": []}}
    imported = read_chats(written(tmp_path, [broken, CHATGPT]))
    assert [chat.title for chat in imported.chats] == ["Herons"]
    assert imported.skipped


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


def mutated(draw: st.DrawFn, value: Any) -> Any:
    """The same, with something else somewhere in it."""
    if draw(st.integers(0, 12)) == 0:
        return draw(JSON)
    if isinstance(value, dict):
        return {key: mutated(draw, one) for key, one in value.items()}
    return [mutated(draw, one) for one in value] if isinstance(value, list) else value


@given(data=st.data())
@settings(max_examples=150, suppress_health_check=list(HealthCheck))
def test_whatever_an_export_says_nothing_breaks(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    shape = data.draw(st.sampled_from([CHATGPT, CLAUDE, LM_STUDIO, OPEN_WEBUI]))
    folder = tmp_path_factory.mktemp("export")
    file = written(folder, [data.draw(st.composite(lambda draw: mutated(draw, shape))())])
    try:
        imported = read_chats(file)
    except RequestError:
        imported = WholeImport()
    with closing(Database(folder / "history.sqlite")) as database:
        new, _ = database.take_in(imported.chats)
        assert len(database.chats()) == new
        for chat in database.chats():
            assert all(message.parts for message in database.messages(chat.id).values())


def test_a_backup_puts_everything_back_and_so_does_the_one_before(tmp_path: Path, database: Database) -> None:
    chat = database.create_chat("Before")
    database.add_message(chat.id, None, "user", [TextPart("heron")])
    backup = tmp_path / "all.backup"
    database.backup(backup)
    database.rename(chat.id, "After")
    kept = database.put_back(backup)
    assert [one.title for one in database.chats()] == ["Before"]
    assert database.search("heron")
    database.put_back(kept)
    assert [one.title for one in database.chats()] == ["After"]


@pytest.mark.parametrize("content", [b"", b"no database" * 100])
def test_what_is_no_backup_changes_nothing(tmp_path: Path, database: Database, content: bytes) -> None:
    database.create_chat("Here")
    file = tmp_path / "x.backup"
    file.write_bytes(content)
    with pytest.raises(ValueError, match="no backup"):
        database.put_back(file)
    assert [one.title for one in database.chats()] == ["Here"]
