"""What other programs' exports have that is easily lost: pictures, names of files, results of tools, names, prompts."""

import io
import json
import os
import time
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from studiolo.desktop.history.database import Database
from studiolo.desktop.history.imports import assets, reading
from studiolo.desktop.history.imports.entries import read_entries
from studiolo.desktop.history.imports.tree import ImportedChat
from studiolo.desktop.history.parts import FilePart, ImagePart, Part, ReasoningPart, TextPart, ToolPart
from studiolo.desktop.history.records import StoredMessage, path_to
from studiolo.errors import RequestError
from tests.stands.exports import ALL, CHATGPT, CLAUDE, DEEPSEEK, LM_STUDIO, OPEN_WEBUI, picture, read_chats


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with closing(Database(tmp_path / "history.sqlite")) as database:
        yield database


def written(folder: Path, content: Any, name: str = "conversations.json") -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content))
    return file


def branch(chat: ImportedChat) -> list[StoredMessage]:
    return path_to({message.id: message for message in chat.messages}, chat.leaf)


def parts_of(chat: ImportedChat) -> list[Part]:
    return [part for message in chat.messages for part in message.parts]


def archive(folder: Path, files: dict[str, bytes]) -> Path:
    file = folder / "export.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in files.items():
            packed.writestr(name, data)
    return file


@pytest.mark.parametrize("program", list(ALL))
def test_every_message_is_counted_on_both_sides(program: str, tmp_path: Path, database: Database) -> None:
    imported = read_chats(written(tmp_path, [ALL[program]]))
    assert database.take_in(imported.chats) == (1, 0)
    assert imported.read == sum(chat.kept for chat in imported.chats)
    assert imported.read == {"ChatGPT": 8, "Claude": 2, "DeepSeek": 2, "LM Studio": 3, "Open WebUI": 4}[program]


def test_chatgpt_s_pictures_are_found_by_what_they_are_and_called_what_they_were(tmp_path: Path) -> None:
    names = {"file-PIC.dat": "Screenshot.png"}
    file = archive(
        tmp_path,
        {
            "conversations-000.json": json.dumps([CHATGPT]).encode(),
            "conversation_asset_file_names.json": json.dumps(names).encode(),
            "file-PIC2.dat": b"another",
            "file-PIC.dat": picture(),
            "user-X/file_MADE-part0.png": picture("blue"),
            "file-TXT-paste.txt": b"what was pasted",
        },
    )
    (chat,) = read_chats(file).chats
    images = [part for part in parts_of(chat) if isinstance(part, ImagePart)]
    assert [(image.name, chat.images[image.file]) for image in images] == [
        ("Screenshot.png", picture()),
        ("file_MADE-part0.png", picture("blue")),
    ]
    assert FilePart("what was pasted", "heron-4.txt", 15) in parts_of(chat)


def test_pictures_beside_an_unpacked_export_are_found(tmp_path: Path) -> None:
    file = written(tmp_path / "export", [CHATGPT])
    (tmp_path / "export" / "file-PIC-sanitized.png").write_bytes(picture())
    (tmp_path / "export" / "user-X").mkdir()
    (tmp_path / "export" / "user-X" / "file_MADE.png").write_bytes(picture("blue"))
    for chosen in (file, file.parent):
        (chat,) = read_chats(chosen).chats
        assert sorted(chat.images.values()) == sorted([picture(), picture("blue")])


def test_a_message_that_is_only_a_file_stays_between_two_replies(tmp_path: Path) -> None:
    (chat,) = read_chats(written(tmp_path, [CHATGPT])).chats
    shown = branch(chat)
    assert [message.role for message in shown] == ["user", "assistant"] * 3
    assert shown[0].parts == [FilePart("", "heron-2.pdf", 123), TextPart("heron-1 summarise")]
    assert shown[2].parts == [FilePart("", "heron-4.txt")]
    assert shown[-1].model == "gpt-4o"
    assert chat.tags == ("archived",)


def test_what_a_tool_painted_is_shown_beside_what_it_was_told(tmp_path: Path) -> None:
    (chat,) = read_chats(written(tmp_path, [CHATGPT])).chats
    assert branch(chat)[-1].parts[:2] == [ToolPart("paint", "heron-7()", ""), FilePart("", "file_MADE")]


def test_citations_become_links_and_marked_names_stay_names(tmp_path: Path) -> None:
    (chat,) = read_chats(written(tmp_path, [CHATGPT])).chats
    assert branch(chat)[-1].parts[-1] == TextPart(
        "heron-8 Turin ([heron-10](https://example.org/a)) by heron-9 【4†source】"
    )


def test_nodes_that_only_name_their_parents_or_go_in_circles_are_kept(tmp_path: Path) -> None:
    one_sided = json.loads(json.dumps(CHATGPT))
    for node in one_sided["mapping"].values():
        node["children"] = []
    one_sided["mapping"]["u1"]["parent"] = "a3"
    (chat,) = read_chats(written(tmp_path, [one_sided])).chats
    (whole,) = read_chats(written(tmp_path, [CHATGPT])).chats
    assert [message.raw for message in branch(chat)] == [message.raw for message in branch(whole)]


def test_results_of_tools_that_ran_side_by_side_go_to_their_calls(tmp_path: Path) -> None:
    (chat,) = read_chats(written(tmp_path, [CLAUDE])).chats
    assert chat.pinned
    assert [part for part in parts_of(chat) if isinstance(part, ToolPart)] == [
        ToolPart("weather", '{"city": "heron-26"}', "heron-28 sun"),
        ToolPart("weather", '{"city": "heron-27"}', "heron-29 rain"),
    ]


def test_deepseek_s_chats_are_read_as_what_they_are(tmp_path: Path) -> None:
    (chat,) = read_chats(written(tmp_path, [DEEPSEEK])).chats
    question, reply = branch(chat)
    assert (chat.title, chat.source) == ("heron-40", "deepseek:deep-1")
    assert question.parts == [FilePart("", "heron-41.pdf"), TextPart("heron-42 hello")]
    assert [type(part) for part in reply.parts] == [ToolPart, ReasoningPart, TextPart]
    assert (question.role, reply.model) == ("user", "deepseek-reasoner")


def test_an_unnamed_chat_of_lm_studio_comes_with_its_prompt_its_draft_and_its_pictures(
    tmp_path: Path, database: Database
) -> None:
    root = tmp_path / "lmstudio"
    file = written(root / "conversations" / "Work", LM_STUDIO, "2.conversation.json")
    (root / "user-files").mkdir()
    (root / "user-files" / "heron-64 - 1.png").write_bytes(picture())
    for chosen in (root / "conversations", file):
        (chat,) = read_chats(chosen).chats
        assert chat.settings == {"system_prompt": "heron-61 pirate"}
        assert chat.title == "heron-62"
        assert chat.changed == 1_750_000_600.0
        assert list(chat.images.values()) == [picture()]
        question, reply, system = branch(chat)
        assert question.parts[0] == TextPart("heron-62\nheron-63")
        assert reply.parts == [
            ReasoningPart("heron-65", 2.1),
            ToolPart("a", "{}", "heron-67"),
            ToolPart("b", "{}", "heron-66"),
            TextPart("heron-68 done"),
            TextPart("> heron-69"),
        ]
        assert system.parts == [TextPart("heron-70 system")]
    database.take_in([chat])
    assert database.chats()[0].draft == "heron-60 a draft"


def test_a_chat_without_any_name_is_still_read(tmp_path: Path) -> None:
    nameless = {key: value for key, value in LM_STUDIO.items() if key != "name"}
    assert len(read_chats(written(tmp_path, nameless, "1.conversation.json")).chats) == 1


def test_open_webui_s_pictures_tools_and_thoughts_are_taken_for_what_they_are(tmp_path: Path) -> None:
    (chat,) = read_chats(written(tmp_path, [OPEN_WEBUI])).chats
    question, reply, _, last = branch(chat)
    assert isinstance(question.parts[0], ImagePart)
    assert chat.images == {question.parts[0].file: picture()}
    assert question.parts[1] == FilePart("heron-84", "heron-83.txt")
    assert question.parts[2] == TextPart("heron-81 <details open>\n<summary>heron-82</summary>\nline\n</details>")
    assert reply.parts[0] == ReasoningPart("heron-85 <b>", 3.0)
    assert reply.parts[1] == ToolPart("weather", '{"q": "heron-86"}', "heron-87\nsunny")
    assert reply.parts[2] == ToolPart("code_interpreter", "print(1)", "heron-88")
    assert "<summary>heron-90</summary>" in reply.parts[3].text
    assert last.parts == [ReasoningPart("heron-92"), TextPart("heron-93")]


def test_a_picture_that_was_written_into_a_text_is_a_picture(tmp_path: Path) -> None:
    address = OPEN_WEBUI["chat"]["history"]["messages"]["u1"]["files"][0]["url"]
    entry = {"id": "x", "chat": {"messages": [{"role": "assistant", "content": f"Here: ![a fish]({address}) there."}]}}
    (chat,) = read_chats(written(tmp_path, [entry])).chats
    before, image, after = parts_of(chat)
    assert (before.text, after.text) == ("Here: ", " there.")
    assert isinstance(image, ImagePart)
    assert image.name == "a fish"


def test_two_chats_that_nobody_numbered_are_two_chats(tmp_path: Path, database: Database) -> None:
    chats = [{"chat_messages": [{"sender": "human", "text": text}]} for text in ("one", "two")]
    file = written(tmp_path, chats)
    assert database.take_in(read_chats(file).chats) == (2, 0)
    assert database.take_in(read_chats(file).chats) == (0, 2)


def test_content_of_a_kind_that_is_not_known_is_kept_as_text(tmp_path: Path) -> None:
    strange = [
        {"content_type": "hologram", "depth": "heron-a"},
        {"content_type": "text", "parts": [{"content_type": "smell", "of": "heron-b"}]},
        "heron-c",
    ]
    mapping = {
        str(number): {"id": str(number), "parent": None, "message": {"author": {"role": "user"}, "content": content}}
        for number, content in enumerate(strange)
    }
    claude = {"chat_messages": [{"sender": "human", "content": [{"type": "smell", "of": "heron-d"}]}, "heron-e"]}
    imported = read_chats(written(tmp_path, [{"id": "1", "mapping": mapping}, claude]))
    told = "".join(part.text for chat in imported.chats for part in parts_of(chat))
    assert all(f"heron-{one}" in told for one in "abcde")


# -- limits


def test_a_list_of_nothing_is_given_up_soon(tmp_path: Path) -> None:
    file = archive(tmp_path, {"conversations.json": b"[" + b"[]," * 1_000_000 + b"[]]"})
    with pytest.raises(RequestError, match=r"conversations\.json can't be read: it has too many entries\.") as refused:
        read_chats(file)
    assert "smaller files" in refused.value.hint


def test_an_entry_of_millions_of_values_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studiolo.desktop.history.imports.entries._MOST_PIECES", 500_000)
    many = io.BytesIO(b'[{"a": [' + b"[]," * 1_200_000 + b"[]]}]")
    with pytest.raises(ValueError, match="too many values"):
        list(read_entries(many))


def test_a_picture_that_unpacks_to_gigabytes_is_kept_by_its_name(tmp_path: Path) -> None:
    file = tmp_path / "export.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("conversations.json", json.dumps([CHATGPT]))
        with packed.open("file-PIC-huge.png", "w") as picture_file:
            for _ in range(60):
                picture_file.write(b"\x89PNG" + bytes(999_996))
    (chat,) = read_chats(file).chats
    assert not chat.images
    assert FilePart("", "file-PIC-huge.png", 73) in parts_of(chat)


def test_json_that_unpacks_to_much_more_than_it_is_tells_so(tmp_path: Path) -> None:
    file = archive(tmp_path, {"a.json": b" " * 20_000_000, "b/c.json": json.dumps([CLAUDE]).encode()})
    imported = read_chats(file)
    assert len(imported.chats) == 1
    assert imported.skipped == [("a.json", "it holds too much for its size")]


@pytest.mark.parametrize("size", [1 << 20, (1 << 20) - 1, (1 << 20) + 1, 3 << 20])
def test_a_file_is_read_in_pieces_without_a_seam(size: int) -> None:
    entries = [{"a": "é" * 1_000, "number": number, "b": [1.5, -2]} for number in range(size // 1_050)]
    text = json.dumps(entries, ensure_ascii=False)
    assert list(read_entries(io.BytesIO(text.encode()))) == entries


@pytest.mark.parametrize(
    ("content", "values"),
    [("", []), ("[]", []), ("[1, 2]", [1, 2]), ('{"a": 1}\n{"b": 2}\n', [{"a": 1}, {"b": 2}]), ("\ufeff [12]", [12])],
)
def test_lists_and_lines_are_read_alike(content: str, values: list[Any]) -> None:
    assert list(read_entries(io.BytesIO(content.encode()))) == values


@pytest.mark.parametrize("content", ["[" * 200_000, '{"a":' * 200_000, "[1, 2", "[{]", "nonsense"])
def test_what_is_broken_or_too_deep_is_told(content: str, tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text(content)
    with pytest.raises(RequestError, match="There are no chats"):
        read_chats(file)


def test_chats_before_what_is_broken_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text(json.dumps([CLAUDE, DEEPSEEK])[:-1] + ", {broken")
    imported = read_chats(file)
    assert len(imported.chats) == 2
    assert imported.skipped[0][0] == "a.json"
    told = imported.as_error()
    assert told
    assert told.message == "a.json can't be read further: it is damaged."
    assert "Export the rest again" in told.hint


def test_more_files_than_are_read_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_MOST_FILES", 2)
    content = json.dumps([CLAUDE]).encode()
    packed = archive(tmp_path, {f"{number}.json": content for number in range(3)})
    for number in range(3):
        written(tmp_path / "folder", [CLAUDE], f"{number}.json")
    for chosen in (packed, tmp_path / "folder"):
        imported = read_chats(chosen)
        assert len(imported.chats) == 2
        told = imported.as_error()
        assert told
        assert "more than 2 files" in told.message


@pytest.mark.parametrize(("at", "value", "told"), [(6, 1, "protected by a password"), (8, 99, "packed otherwise")])
def test_an_archive_that_can_not_be_unpacked_says_why(at: int, value: int, told: str, tmp_path: Path) -> None:
    file = archive(tmp_path, {"conversations.json": json.dumps([CLAUDE]).encode()})
    content = bytearray(file.read_bytes())
    for place in (at, content.index(b"PK\x01\x02") + at + 2):
        content[place] = value  # Once before the file, once in the list of files.
    file.write_bytes(content)
    with pytest.raises(RequestError, match=told) as refused:
        read_chats(file)
    assert refused.value.hint == "Unpack it and import the folder."


def test_what_is_beside_the_chats_and_no_export_is_not_told_as_missing(tmp_path: Path) -> None:
    written(tmp_path / "folder", [CLAUDE])
    (tmp_path / "folder" / "settings.json").write_text("// no JSON")
    imported = read_chats(tmp_path / "folder")
    assert (len(imported.chats), imported.as_error()) == (1, None)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.json")
    with pytest.raises(RequestError, match="can't be read"):
        read_chats(tmp_path / "a.json")
    written(tmp_path, [CLAUDE], "b.json")
    assert len(read_chats(tmp_path).chats) == 1


def cited(text: str, *references: dict[str, str]) -> Any:
    message = {"author": {"role": "user"}, "content": {"parts": [text]}, "metadata": {"content_references": references}}
    return [{"title": "t", "id": "x", "mapping": {"a": {"id": "a", "message": message}}}]


def test_a_link_is_not_looked_through_for_the_next_one(tmp_path: Path) -> None:
    doubling = {"matched_text": "a", "alt": "aa"}
    (chat,) = read_chats(written(tmp_path, cited("a b", *[doubling] * 60))).chats
    assert [part.text for part in parts_of(chat) if isinstance(part, TextPart)] == ["aa b"]


def test_links_make_no_text_endless(tmp_path: Path) -> None:
    (chat,) = read_chats(written(tmp_path, cited("a" * 50_000, {"matched_text": "a", "alt": "b" * 50_000}))).chats
    assert sum(len(part.text) for part in parts_of(chat) if isinstance(part, TextPart)) < 5_000_000


def test_of_two_links_for_one_mark_none_is_lost(tmp_path: Path) -> None:
    first, second = ({"matched_text": "[1]", "alt": f"(https://example.com/{number})"} for number in (1, 2))
    (chat,) = read_chats(written(tmp_path, cited("So [1].", first, second))).chats
    assert [part.text for part in parts_of(chat) if isinstance(part, TextPart)] == [
        "So (https://example.com/1).",
        "(https://example.com/2)",
    ]


def test_nothing_but_commas_is_given_up_soon() -> None:
    began = time.process_time()
    assert list(read_entries(io.BytesIO(b"[" + b"," * 10_000_000 + b"1]"))) == [1]
    assert time.process_time() - began < 2


def test_pictures_that_are_too_many_for_the_memory_are_kept_by_their_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assets, "MOST_BYTES_OF_CHAT", 2500)
    pointers = [{"asset_pointer": f"file-service://file-{number}"} for number in range(4)]
    message = {"author": {"role": "user"}, "content": {"content_type": "multimodal_text", "parts": pointers}}
    chats = [{"id": name, "mapping": {"a": {"id": "a", "message": message}}} for name in "xy"]
    pictures = {f"file-{number}.dat": b"BM" + bytes([number]) * 998 for number in range(4)}
    found = read_chats(archive(tmp_path, {"conversations.json": json.dumps(chats).encode(), **pictures}))
    for chat in found.chats:
        assert [type(part) for part in parts_of(chat)] == [ImagePart, ImagePart, FilePart, FilePart]
        assert [part.name for part in parts_of(chat) if isinstance(part, FilePart)] == ["file-2.dat", "file-3.dat"]
        assert len(chat.images) == 2
