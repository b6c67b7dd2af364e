"""`studiolo mcp`, with a real server that is a program."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from studiolo.api.mcp import ToolCallResult
from studiolo.cli.mcp_input import read_arguments, read_wish, shown_content
from studiolo.errors import RequestError
from tests.cli.conftest import Shell
from tests.stands.mcp_servers.friendly import TOOLS

FRIENDLY = str(Path(__file__).parents[1] / "stands" / "mcp_servers" / "friendly.py")


@pytest.fixture
def friendly(module_shell: Shell) -> Iterator[Shell]:
    """The module's server, with a server of tools set up."""
    added = module_shell.run("mcp", "add", "--yes", "--name", "friendly", sys.executable, FRIENDLY)
    assert added.returncode == 0, added.stderr
    yield module_shell
    for server in module_shell.json("mcp", "list")["servers"]:
        assert module_shell.run("mcp", "remove", server["label"], "--yes").returncode == 0


def test_a_server_is_added_tried_used_and_removed(friendly: Shell) -> None:
    [listed] = friendly.json("mcp", "list")["servers"]
    assert (listed["label"], listed["state"]) == ("friendly", "off")
    tried = friendly.run("mcp", "test", "friendly")
    assert tried.returncode == 0, tried.stderr
    assert tried.stdout.startswith("friendly is ready: friendly 1.2, MCP ")
    assert f"{len(TOOLS)} tools" in tried.stdout
    tools = friendly.run("mcp", "tools", "friendly")
    assert "add" in tools.stdout
    assert "reads only" in tools.stdout
    assert "tokens in all" in tools.stderr
    assert friendly.run("mcp", "call", "friendly", "add", "a=2", "b=3").stdout == "5\n"
    assert friendly.run("mcp", "call", "friendly", "add", '{"a": 2, "b": 40}').stdout == "42\n"
    assert friendly.json("mcp", "call", "friendly", "add", "a=2", "b=3")["content"] == [{"type": "text", "text": "5"}]
    assert "[image, image/png, " in friendly.run("mcp", "call", "friendly", "picture").stdout
    failed = friendly.run("mcp", "call", "friendly", "fail")
    assert failed.returncode == 1
    assert failed.stdout == "Error executing tool fail\n"
    calls = friendly.json("mcp", "log")
    assert [call["tool"] for call in calls] == ["add", "add", "add", "picture", "fail"], "oldest first"
    assert [call["tool"] for call in friendly.json("mcp", "log", "-n", "1")] == ["fail"]
    shown = friendly.run("mcp", "log").stdout
    assert "this computer" in shown
    assert "by hand" in shown
    assert friendly.run("mcp", "log", "--server", "friendly").returncode == 0
    removed = friendly.run("mcp", "remove", "friendly", "--yes")
    assert removed.stdout == "Removed friendly.\n"
    assert "No MCP servers yet" in friendly.run("mcp", "list").stderr


def test_tools_are_allowed_denied_and_asked_about(friendly: Shell) -> None:
    def policies() -> dict[str, str]:
        return {tool["name"]: tool["policy"] for tool in friendly.json("mcp", "tools", "friendly")}

    assert set(policies().values()) == {"ask"}
    denied = friendly.run("mcp", "policy", "deny", "friendly", "add", "fail")
    assert denied.stdout == "add: denied\nfail: denied\n", denied.stderr
    assert {name for name, policy in policies().items() if policy == "deny"} == {"add", "fail"}
    refused = friendly.run("mcp", "call", "friendly", "add", "a=1", "b=1")
    assert refused.returncode == 1
    assert "denied" in refused.stderr
    assert friendly.json("mcp", "policy", "allow", "friendly", "add") == [{"tool": "add", "policy": "allow"}]
    assert friendly.run("mcp", "call", "friendly", "add", "a=1", "b=1").stdout == "2\n"
    assert friendly.run("mcp", "policy", "ask", "friendly", "--all").stdout.count("asked about") == len(TOOLS)
    assert set(policies().values()) == {"ask"}
    for arguments, words in (
        (("deny", "friendly", "add", "nothing"), "no tool 'nothing'"),
        (("deny", "friendly"), "--all"),
        (("deny", "friendly", "add", "--all"), "--all"),
        (("deny", "nobody", "add"), "nobody"),
    ):
        wrong = friendly.run("mcp", "policy", *arguments)
        assert wrong.returncode == 1
        assert words in wrong.stderr
    assert friendly.run("mcp", "policy", "never", "friendly", "add").returncode == 2
    assert set(policies().values()) == {"ask"}, "nothing is decided where one name is wrong"


def test_nothing_is_added_or_removed_unasked(friendly: Shell) -> None:
    for arguments in (("add", "npx", "-y", "some-server"), ("remove", "friendly")):
        done = friendly.run("mcp", *arguments)
        assert done.returncode == 1
        assert "--yes" in done.stderr
    assert "npx -y some-server" in friendly.run("mcp", "add", "npx", "-y", "some-server").stderr, "what it would run"
    assert [server["label"] for server in friendly.json("mcp", "list")["servers"]] == ["friendly"]


def test_servers_are_added_from_json_a_file_and_an_address(friendly: Shell, tmp_path: Path) -> None:
    servers = json.dumps({"mcpServers": {"one": {"command": "a"}, "two": {"url": "https://mcp.example/mcp"}}})
    file = tmp_path / "theirs.json"
    file.write_text(servers)
    assert friendly.run("mcp", "add", "--yes", servers).stdout == "Added one.\nAdded two.\n"
    assert friendly.run("mcp", "add", "--yes", str(file)).returncode == 0
    assert friendly.run("mcp", "add", "--yes", "-", stdin=servers).returncode == 0
    added = friendly.run(
        "mcp",
        "add",
        "https://far.example/mcp",
        "--yes",
        "--name",
        "far",
        "--header",
        "X-A: b",
        "--secret",
        "X-Key=hunter2",
    )
    assert added.returncode == 0, added.stderr
    assert "hunter2" not in added.stdout + added.stderr
    [far] = [server for server in friendly.json("mcp", "list")["servers"] if server["label"] == "far"]
    assert far["entry"]["headers"]["X-A"] == "b"
    assert far["entry"]["headers"]["X-Key"].startswith("${keyring:")
    assert "hunter2" not in (friendly.paths.config / "mcp.json").read_text()


def test_what_is_wrong_is_said_with_what_to_do(friendly: Shell) -> None:
    assert friendly.run("mcp", "add", "--yes", "--name", "broken", "/no/such/program").returncode == 0
    for arguments, words in (
        (("test", "broken"), "/no/such/program"),
        (("tools", "broken"), "/no/such/program"),
        (("call", "broken", "x"), "/no/such/program"),
        (("test", "nobody"), "nobody"),
        (("remove", "nobody", "--yes"), "studiolo mcp list"),
        (("call", "friendly", "nothing"), "no tool 'nothing'"),
        (("call", "friendly", "add", "a"), "NAME=VALUE"),
        (("call", "friendly", "add", "{a"), "no JSON"),
        (("add", "--yes", "{"), "Line 1"),
        (("add", "--yes", "https://x.example", "--env", "A=b"), "--header"),
        (("add", "--yes", "https://x.example", "--secret", "A"), "--secret A=VALUE"),
        (("add", "--yes", "https://x.example", "more"), "'more'"),
        (("add", "--yes", "prog", "--env", "A"), "has no value"),
        (("sign-in", "broken"), "broken"),
    ):
        done = friendly.run("mcp", *arguments)
        assert done.returncode == 1, arguments
        assert words in done.stderr, (arguments, done.stderr)
        assert "mistake in Studiolo" not in done.stderr
    assert friendly.run("mcp", "sign-out", "nobody").returncode == 1


def test_arguments_are_read_as_the_schema_has_them() -> None:
    schema = {"properties": {"text": {"type": "string"}, "count": {"type": "integer"}, "list": {"type": "array"}}}
    given = ["text=5", "count=5", "list=[1, 2]", "other=true", "more=a=b"]
    expected = {"text": "5", "count": 5, "list": [1, 2], "other": True, "more": "a=b"}
    assert read_arguments(given, schema) == expected
    assert read_arguments(['{"text": 5}'], schema) == {"text": 5}
    assert read_arguments([], {}) == {}
    assert read_arguments(["a=b"], {"properties": []}) == {"a": "b"}


def test_a_command_keeps_its_own_options() -> None:
    [wish] = read_wish(["npx", "-y", "@acme/files", "/tmp/a b"], name=None, env=["A=b=c"], headers=[], secrets=[])
    assert (wish.entry["command"], wish.entry["args"]) == ("npx", ["-y", "@acme/files", "/tmp/a b"])
    assert wish.entry["env"] == {"A": "b=c"}
    with pytest.raises(RequestError):
        read_wish(
            ['{"mcpServers": {"a": {"command": "x"}, "b": {"command": "y"}}}'], name="c", env=[], headers=[], secrets=[]
        )


def test_results_of_every_kind_are_shown() -> None:
    content = [
        {"type": "text", "text": "a\nb"},
        {"type": "image", "data": "QUJD", "mimeType": "image/png"},
        {"type": "resource", "resource": {"uri": "note://1", "text": "note"}},
        {"type": "resource_link", "uri": "file:///x", "name": "x"},
        {},
    ]
    shown = shown_content(ToolCallResult(content=content))
    assert shown == "a\nb\n[image, image/png, 3 B]\nnote\n[resource_link, file:///x]\n[something]"
    assert shown_content(ToolCallResult(structured={"a": 1})) == '{\n  "a": 1\n}'
