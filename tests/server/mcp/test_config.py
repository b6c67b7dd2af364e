"""mcp.json is read, watched and edited; whatever becomes of it, what was good stays in use and nothing is lost."""

import asyncio
import json
import os
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studiolo.api.mcp_notation import read_file
from studiolo.errors import AppError, McpServerError, NotFoundError, RequestError
from studiolo.server.mcp.config import McpConfig
from studiolo.server.mcp.editing import with_server, without_server
from studiolo.server.notices import Notices
from studiolo.server.secrets import Secrets
from tests.server.damage import STATES
from tests.stands.ring import Ring, ring_in_use
from tests.stands.waiting import until

TEXT = """// my servers
{
    "theme": "dark", // not ours
    "mcpServers": {
        /* files */
        "files": {"command": "npx", "args": ["-y", "server-files"], "colour": "red"},
        "web": {"url": "https://mcp.acme.test/mcp", "timeout": 90} // the last one
    },
}
"""


@pytest.fixture
def ring() -> Iterator[Ring]:
    with ring_in_use() as ring:
        yield ring


async def opened(folder: Path, text: str | None = TEXT) -> tuple[McpConfig, Path, Notices]:
    file = folder / "mcp.json"
    if text is not None:
        file.write_text(text)
    notices = Notices()
    config = McpConfig(file, Secrets(folder / "secrets.json", notices), notices)
    await config.open()
    return config, file, notices


@asynccontextmanager
async def watched(config: McpConfig) -> AsyncIterator[list[frozenset[str]]]:
    told: list[frozenset[str]] = []
    task = asyncio.create_task(config.watch(told.append))
    try:
        yield told
    finally:
        task.cancel()
        await asyncio.wait([task])


async def test_a_file_is_read_with_what_others_wrote_into_it(ring: Ring, tmp_path: Path) -> None:
    config, _, notices = await opened(tmp_path)
    assert list(config.entries) == ["files", "web"]
    spec = config.spec("files")
    assert (spec.name.id, spec.command, spec.args, spec.private) == ("mcp/files", "npx", ("-y", "server-files"), True)
    assert (config.spec("web").url, config.spec("web").timeout) == ("https://mcp.acme.test/mcp", 90)
    assert config.spec("files").timeout == 60
    assert config.problem is None
    assert notices.all == ()
    with pytest.raises(NotFoundError, match="owl"):
        config.spec("owl")


async def test_no_file_is_no_server(ring: Ring, tmp_path: Path) -> None:
    config, file, notices = await opened(tmp_path, None)
    assert dict(config.entries) == {}
    assert notices.all == ()
    assert "mcpServers" in await config.text()
    await config.put("a", {"command": "x"}, [])
    assert json.loads(file.read_text()) == {"mcpServers": {"a": {"command": "x"}}}


async def test_a_change_is_in_force_and_only_what_changed_is_told(ring: Ring, tmp_path: Path) -> None:
    config, file, _ = await opened(tmp_path)
    async with watched(config) as told:
        file.write_text(TEXT.replace("timeout", "time"))
        await until(lambda: bool(told))
        assert told == [frozenset({"web"})]
        fresh = tmp_path / "new"
        fresh.write_text(TEXT.replace("timeout", "time").replace('files":', 'disk":'))
        fresh.replace(file)
        await until(lambda: len(told) == 2)
        assert told[1] == {"files", "disk"}
        file.unlink()
        await until(lambda: len(told) == 3)
        assert told[2] == {"disk", "web"}
        assert dict(config.entries) == {}


async def test_a_broken_file_is_named_with_its_line_and_the_last_good_one_stays(ring: Ring, tmp_path: Path) -> None:
    config, file, _ = await opened(tmp_path)
    async with watched(config) as told:
        broken = TEXT.replace('"red"},', '"red"}')
        file.write_text(broken)
        await until(lambda: config.problem is not None)
        assert "Line 7" in str(config.problem)
        assert list(config.entries) == ["files", "web"]
        assert await config.text() == broken
        with pytest.raises(RequestError, match="Line 7"):
            await config.put("a", {"command": "x"}, [])
        with pytest.raises(RequestError, match="Line 7"):
            await config.remove("web")
        assert file.read_text() == broken
        file.write_text(TEXT)
        await until(lambda: config.problem is None)
    assert told == []


async def test_an_entry_that_is_wrong_keeps_its_last_good_form(ring: Ring, tmp_path: Path) -> None:
    config, file, _ = await opened(tmp_path)
    async with watched(config) as told:
        file.write_text(TEXT.replace('["-y", "server-files"]', "5").replace("90", "91"))
        await until(lambda: bool(told))
    assert told == [frozenset({"web"})]
    assert "Line 6" in str(config.problem)
    assert "files" in str(config.problem)
    assert config.spec("files").args == ("-y", "server-files")
    assert config.spec("web").timeout == 91


# What a user may not read or write is walked by tests/server/damage.py, as somebody else than root.
@pytest.mark.parametrize("state", [state for state in STATES if state not in ("unreadable", "unwritable")])
async def test_a_damaged_file_loses_nothing_and_is_told(ring: Ring, tmp_path: Path, state: str) -> None:
    folder = tmp_path / "config"
    folder.mkdir()
    file = folder / "mcp.json"
    file.write_text(json.dumps({"mcpServers": {"a": {"command": "x"}}}))
    STATES[state](file)
    before = _content(file)
    notices = Notices()
    config = McpConfig(file, Secrets(tmp_path / "secrets.json", notices), notices)
    await config.open()
    sound = state in ("missing", "newer")
    assert list(config.entries) == (["a"] if state == "newer" else [])
    assert [str(file) in text for text in notices.all] == ([] if sound else [True])
    assert (config.problem is None) == sound
    assert _content(file) == before, "it stays where it is"
    with nullcontext() if sound else pytest.raises(AppError):
        await config.put("b", {"command": "y"}, [])
    if not sound:
        await config.replace_text('{"mcpServers": {"c": {"command": "z"}}}')
        assert config.problem is None
        assert list(config.entries) == ["c"]
        assert before in [_content(path) for path in folder.glob("mcp.json.broken-*")], "what was there is kept"
    if state == "newer":
        assert json.loads(file.read_text())["from_the_future"] == {"a": 1}


def _content(path: Path) -> bytes | list[str] | None:
    if path.is_dir():
        return [part.name for part in path.iterdir()]
    return path.read_bytes() if path.exists() else None


async def test_no_name_is_spoiled_where_a_file_is_no_text(ring: Ring, tmp_path: Path) -> None:
    (tmp_path / "mcp.json").write_bytes(b"\xff\xfe{}")
    config, _file, notices = await opened(tmp_path, None)
    assert config.problem == "It is no text in UTF-8."
    assert "It is no text in UTF-8." in notices.all[0]
    with pytest.raises(RequestError, match="It is no text in UTF-8"):
        await config.put("a", {"command": "a"}, [])


@pytest.mark.parametrize("text", ["", " \n\t", "\ufeff"])
async def test_an_empty_file_is_told_of_with_what_to_do(ring: Ring, tmp_path: Path, text: str) -> None:
    config, file, _notices = await opened(tmp_path, text)
    assert config.problem == "It is empty."
    with pytest.raises(RequestError, match=r"so it is not changed. It is empty\.") as refused:
        await config.put("a", {"command": "a"}, [])
    assert "delete it" in refused.value.hint
    assert str(file) in refused.value.hint


async def test_a_break_in_an_address_is_told(ring: Ring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config, _file, _notices = await opened(tmp_path)
    for url in ("https://a.test/m\ncp", "https://a.test/mcp\t", "\rhttps://a.test"):
        with pytest.raises(RequestError, match="line break or a tab in the address|begins with http"):
            await config.put("a", {"url": url}, [])
    monkeypatch.setenv("A_PLACE", "a.test/\nmcp")
    await config.put("a", {"url": "https://${A_PLACE}"}, [])
    with pytest.raises(McpServerError, match="line break in its address"):
        config.spec("a")


async def test_a_permission_is_for_a_program_with_its_variables(ring: Ring, tmp_path: Path) -> None:
    config, _file, _notices = await opened(tmp_path)
    sources = set()
    for env in ({}, {"A": "1"}, {"A": "2"}, {"B": "2"}):
        await config.put("a", {"command": "a", "env": env}, [])
        sources.add(config.spec("a").source)
    assert len(sources) == 4


async def test_an_edit_leaves_the_rest_as_a_person_wrote_it(ring: Ring, tmp_path: Path) -> None:
    config, file, _ = await opened(tmp_path)
    await config.put("web", {"url": "https://other.test"}, [])
    assert "// the last one" in file.read_text()
    await config.put("new", {"command": "x", "args": ["é"]}, [])
    await config.remove("files")
    text = file.read_text()
    assert '"theme": "dark", // not ours' in text
    assert "/* files */" in text
    assert list(config.entries) == ["web", "new"]
    assert config.spec("new").args == ("é",)
    if os.name == "posix":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with pytest.raises(NotFoundError):
        await config.remove("files")


async def test_what_is_not_known_of_an_entry_is_kept(ring: Ring, tmp_path: Path) -> None:
    config, file, _ = await opened(tmp_path)
    entry = config.entries["files"].model_dump(mode="json")
    await config.put("files", entry | {"timeout": 5}, [])
    assert read_file(file.read_text()).root.at("mcpServers", "files", "colour").value == "red"  # type: ignore[union-attr]


async def test_a_file_behind_a_link_is_written_where_it_is(ring: Ring, tmp_path: Path) -> None:
    kept = tmp_path / "dotfiles.json"
    kept.write_text(TEXT)
    (tmp_path / "mcp.json").symlink_to(kept)
    config, file, _ = await opened(tmp_path, None)
    await config.put("new", {"command": "x"}, [])
    assert file.is_symlink()
    assert '"new"' in kept.read_text()


@pytest.mark.parametrize("label", ["", "a/b", " a", "x" * 65, "a\n", "..", "a?b"])
async def test_a_label_that_nothing_can_name_is_refused(ring: Ring, tmp_path: Path, label: str) -> None:
    config, file, _ = await opened(tmp_path)
    with pytest.raises(RequestError):
        await config.put(label, {"command": "x"}, [])
    assert file.read_text() == TEXT


@pytest.mark.parametrize("entry", [{}, {"command": 5}, {"url": "ftp://x"}, {"command": "x", "url": "https://x"}])
async def test_an_entry_that_is_none_is_refused(ring: Ring, tmp_path: Path, entry: dict[str, object]) -> None:
    config, file, _ = await opened(tmp_path)
    with pytest.raises(RequestError):
        await config.put("a", entry, [])
    with pytest.raises(RequestError, match="Line 1"):
        await config.replace_text(json.dumps({"mcpServers": {"a": entry}}))
    assert file.read_text() == TEXT


async def test_secrets_go_to_the_keyring_and_leave_it_with_their_server(ring: Ring, tmp_path: Path) -> None:
    config, file, _ = await opened(tmp_path)
    entry = {"command": "x", "env": {"KEY": "hidden-key", "MODE": "fast"}, "auth": {"CLIENT_SECRET": "hidden-too"}}
    await config.put("acme", entry, ["env.KEY", "auth.CLIENT_SECRET"])
    assert "hidden" not in file.read_text()
    assert sorted(ring.kept.values()) == ["hidden-key", "hidden-too"]
    spec = config.spec("acme")
    assert spec.env == {"KEY": "hidden-key", "MODE": "fast"}
    assert spec.auth == {"CLIENT_SECRET": "hidden-too"}
    assert "hidden" not in config.entries["acme"].model_dump_json()
    again = config.entries["acme"].model_dump(mode="json")
    await config.put("acme", again | {"env": {"KEY": "other-key"}}, ["env.KEY"])
    assert sorted(ring.kept.values()) == ["hidden-too", "other-key"]
    assert config.spec("acme").env == {"KEY": "other-key"}
    with pytest.raises(RequestError, match="headers.X"):
        await config.put("acme", again, ["headers.X"])
    await config.remove("acme")
    assert ring.kept == {}


async def test_a_secret_that_a_person_put_there_stays(ring: Ring, tmp_path: Path) -> None:
    ring.kept["acme.env.KEY"] = "mine"
    text = json.dumps({"mcpServers": {"acme": {"command": "x", "env": {"KEY": "${keyring:acme.env.KEY}"}}}})
    config, _, _ = await opened(tmp_path, text)
    assert config.spec("acme").env == {"KEY": "mine"}
    await config.remove("acme")
    assert ring.kept == {"acme.env.KEY": "mine"}


async def test_a_file_that_can_not_be_written_leaves_no_secret_behind(ring: Ring, tmp_path: Path) -> None:
    config, file, _ = await opened(tmp_path)
    (tmp_path / "mcp.json.new").mkdir()
    with pytest.raises(AppError):
        await config.put("acme", {"command": "x", "env": {"KEY": "hidden"}}, ["env.KEY"])
    assert ring.kept == {}
    assert file.read_text() == TEXT
    assert "acme" not in config.entries


async def test_variables_are_filled_in_where_they_are_used(
    ring: Ring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OWL_HOST", "owl.test")
    monkeypatch.delenv("OWL_KEY", raising=False)
    entry = {
        "url": "https://${env:OWL_HOST}/${OWL_HOST}?p=${OWL_PORT:-80}&x=$OWL_HOST",
        "headers": {"Authorization": "Bearer ${OWL_KEY}"},
    }
    config, _, _ = await opened(tmp_path, json.dumps({"mcpServers": {"owl": entry}}))
    with pytest.raises(McpServerError, match="OWL_KEY") as caught:
        config.spec("owl")
    assert caught.value.server == "mcp/owl"
    assert caught.value.hint
    monkeypatch.setenv("OWL_KEY", "k")
    assert config.spec("owl").url == "https://owl.test/owl.test?p=80&x=$OWL_HOST"
    assert config.spec("owl").headers == {"Authorization": "Bearer k"}
    monkeypatch.setenv("OWL_KEY", "k\r\nX-Evil: 1")
    with pytest.raises(McpServerError) as caught:
        config.spec("owl")
    assert "Evil" not in str(caught.value)
    monkeypatch.setenv("OWL_HOST", "")
    assert config.entries["owl"].url == entry["url"]


async def test_a_secret_that_is_missing_is_named_and_found_when_it_is_there(ring: Ring, tmp_path: Path) -> None:
    text = json.dumps({"mcpServers": {"owl": {"command": "x", "args": ["${keyring:owl-key}"]}}})
    config, _, _ = await opened(tmp_path, text)
    with pytest.raises(McpServerError, match="owl-key"):
        config.spec("owl")
    ring.kept["owl-key"] = "k"
    assert (await config.prepared_spec("owl")).args == ("k",)
    assert config.spec("owl").args == ("k",)


async def test_a_locked_keyring_is_told_apart_from_a_missing_secret(ring: Ring, tmp_path: Path) -> None:
    ring.locked = True
    text = json.dumps({"mcpServers": {"owl": {"command": "x", "args": ["${keyring:owl-key}"]}, "b": {"command": "y"}}})
    config, _, _ = await opened(tmp_path, text)
    with pytest.raises(McpServerError, match="does not answer") as caught:
        config.spec("owl")
    assert caught.value.retryable
    assert config.spec("b").command == "y"
    with pytest.raises(NotFoundError):
        await config.prepared_spec("c")


async def test_what_is_switched_off_is_not_used(ring: Ring, tmp_path: Path) -> None:
    config, _, _ = await opened(tmp_path, '{"mcpServers": {"a": {"command": "x", "disabled": true}}}')
    assert config.entries["a"].disabled
    with pytest.raises(McpServerError, match="switched off"):
        config.spec("a")


@pytest.mark.parametrize(
    ("entry", "transport"),
    [
        ({"url": "https://a.test/sse", "type": "sse"}, "sse"),
        ({"url": "https://a.test", "type": "streamable-http"}, "http"),
        ({"url": "https://a.test", "transport": "streamableHttp"}, "http"),
        ({"url": "https://a.test", "type": "remote"}, None),
        ({"command": "x", "type": "sse"}, None),
    ],
)
async def test_a_hint_of_the_transport_is_taken(
    ring: Ring, tmp_path: Path, entry: dict[str, str], transport: str | None
) -> None:
    config, _, _ = await opened(tmp_path, json.dumps({"mcpServers": {"a": entry}}))
    assert config.spec("a").transport == transport


_NAMES = st.sampled_from(["a", "b", "c d", "é", 'q"'])
_STEPS = st.lists(st.tuples(st.booleans(), _NAMES, st.sampled_from(["x", "a\nb", "// y", "}"])), max_size=8)
_BEGINNINGS = [
    "{}",
    '{"mcpServers": {}}',
    '{"mcpServers": { // none\n } }',
    TEXT,
    '{"mcpServers":{"a":{"command":"1"},"b":{"command":"2"},},"x":1,}',
    '"a": {"command": "1"}',
    '{"servers": {\r\n\t"b": {"command": "1"} /* , */ , // x\r\n\t"a": {"command": "2"}\r\n}}',
    '{"x": "mcpServers"\n// end\n}',
]


@given(st.sampled_from(_BEGINNINGS), _STEPS)
@settings(max_examples=300)
def test_any_row_of_edits_ends_with_what_was_asked_for(text: str, steps: list[tuple[bool, str, str]]) -> None:
    expected = {name: entry.command for name, entry in read_file(text).servers.items()}
    for add, name, command in steps:
        read = read_file(text)
        if add:
            text = with_server(text, read, name, {"command": command})
            expected[name] = command
        else:
            text = without_server(text, read, name)
            expected.pop(name, None)
    assert {
        read.names[label]: entry.command for read in [read_file(text)] for label, entry in read.servers.items()
    } == expected
