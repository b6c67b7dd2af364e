"""Every common notation of MCP servers is read; what can't be read is named with its place, in bounded time."""

import base64
import contextlib
import json
import time
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studiolo.api.mcp import McpServerEntry
from studiolo.api.mcp_entry import MOST_LABEL, effects, label_of, references, shown_address
from studiolo.api.mcp_notation import read_file, read_servers
from studiolo.api.relaxed_json import NotationError, position, read_relaxed
from studiolo.errors import RequestError

PLAIN = {"command": "npx", "args": ["-y", "@acme/server-github"], "env": {"TOKEN": "t"}}
REMOTE = {"url": "https://mcp.acme.test/mcp", "headers": {"Authorization": "Bearer t"}}


def one(text: str) -> tuple[str, McpServerEntry]:
    """The one server in a text."""
    [(label, entry)] = read_servers(text).items()
    return label, entry


@pytest.mark.parametrize(
    "found",
    [
        {"mcpServers": {"github": PLAIN}},
        {"servers": {"github": PLAIN | {"type": "stdio"}}},
        {"mcp": {"servers": {"github": PLAIN}}, "editor.fontSize": 12},
        {"mcp.servers": {"github": PLAIN}},
        {"context_servers": {"github": PLAIN | {"source": "custom"}}, "theme": "One"},
        {"context_servers": {"github": {"command": {"path": "npx", "args": PLAIN["args"], "env": PLAIN["env"]}}}},
        {"mcpServers": [PLAIN | {"name": "github"}]},
        {
            "experimental": {
                "modelContextProtocolServers": [{"name": "github", "transport": PLAIN | {"type": "stdio"}}],
            }
        },
        {
            "mcp": {
                "github": {"type": "local", "command": ["npx", *PLAIN["args"]], "environment": PLAIN["env"]},
            }
        },
        {"github": PLAIN},
        [PLAIN | {"name": "github"}],
        PLAIN | {"name": "github"},
        PLAIN,
        {"command": "npx -y @acme/server-github", "env": {"TOKEN": "t"}},
    ],
)
def test_every_notation_of_a_program_is_the_same_server(found: object) -> None:
    label, entry = one(json.dumps(found))
    assert label == "github"
    assert (entry.command, entry.args, entry.env) == ("npx", ["-y", "@acme/server-github"], {"TOKEN": "t"})


@pytest.mark.parametrize("name", ["url", "serverUrl", "httpUrl"])
def test_every_name_of_an_address_is_the_same_server(name: str) -> None:
    label, entry = one(json.dumps({"mcpServers": {"acme": {name: REMOTE["url"], "headers": REMOTE["headers"]}}}))
    assert (label, entry.url, entry.headers) == ("acme", REMOTE["url"], REMOTE["headers"])


def test_inputs_with_a_default_are_filled_in_and_others_left() -> None:
    text = json.dumps(
        {
            "inputs": [{"id": "host", "type": "promptString", "default": "acme.test"}, {"id": "key", "password": True}],
            "servers": {"acme": {"url": "https://${input:host}/mcp", "headers": {"X-Key": "${input:key}"}}},
        }
    )
    _, entry = one(text)
    assert entry.url == "https://acme.test/mcp"
    assert entry.headers == {"X-Key": "${input:key}"}


def test_comments_trailing_commas_and_missing_braces_are_read() -> None:
    text = """
    // mine
    "github": { /* the "command": */ "command": "npx", "args": ["-y", "a//b", ], },
    """
    label, entry = one(text)
    assert (label, entry.args) == ("github", ["-y", "a//b"])
    assert one("```json\n" + json.dumps({"mcpServers": {"a": PLAIN}}) + "\n```")[0] == "a"
    assert one("\ufeff" + json.dumps({"mcpServers": {"a": PLAIN}}))[0] == "a"


@pytest.mark.parametrize(
    ("line", "label", "command", "args", "env"),
    [
        ("npx -y @scope/server-files --flag", "files", "npx", ["-y", "@scope/server-files", "--flag"], None),
        ("$ uvx mcp-server-time@1.2 --tz 'Europe/Berlin'", "time", "uvx", None, None),
        ('A=1 B="x y" node /opt/things/index.js', "index", "node", ["/opt/things/index.js"], {"A": "1", "B": "x y"}),
        ("docker run -i --rm \\\n  ghcr.io/acme/owl-mcp:1.0", "owl", "docker", None, None),
        (r"C:\tools\owl.exe --root C:\data", "owl", r"C:\tools\owl.exe", ["--root", r"C:\data"], None),
        ('"/opt/my tools/owl" --x', "owl", "/opt/my tools/owl", ["--x"], None),
        ("python -m mcp_server_fetch", "mcp_server_fetch", "python", None, None),
    ],
)
def test_a_command_line_is_a_program(
    line: str, label: str, command: str, args: list[str] | None, env: dict[str, str] | None
) -> None:
    found, entry = one(line)
    assert (found, entry.command, entry.env) == (label, command, env)
    if args is not None:
        assert entry.args == args


def test_an_address_by_itself_is_a_server() -> None:
    assert one(" https://mcp.acme.test:8443/mcp?x=1 ") == (
        "acme.test",
        McpServerEntry(url="https://mcp.acme.test:8443/mcp?x=1"),
    )


CONFIG = base64.b64encode(json.dumps(PLAIN).encode()).decode()
WRAPPED = base64.urlsafe_b64encode(json.dumps({"github": PLAIN | {"x": "???>>>"}}).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "link",
    [
        f"studiolo://add_mcp?name=github&config={CONFIG}",
        f"studiolo://add_mcp?name=github&config={quote(CONFIG)}",
        f"lmstudio://add_mcp?name=github&config={CONFIG}",
        f"lmstudio://add_mcp?name=x&config={WRAPPED}",
        f"cursor://anysphere.cursor-deeplink/mcp/install?name=github&config={CONFIG}",
        f"https://cursor.com/install-mcp?name=github&config={CONFIG}",
        f"https://cursor.com/en/install-mcp?name=github&config={CONFIG}",
        f"vscode:mcp/install?{quote(json.dumps(PLAIN | {'name': 'github'}))}",
        f"vscode-insiders:mcp/install?{quote(json.dumps(PLAIN | {'name': 'github'}))}",
        f"https://insiders.vscode.dev/redirect/mcp/install?name=github&config={quote(json.dumps(PLAIN))}",
        "https://vscode.dev/redirect?url="
        + quote("vscode:mcp/install?" + quote(json.dumps(PLAIN | {"name": "github"}))),
    ],
)
def test_every_link_that_adds_a_server_is_read(link: str) -> None:
    label, entry = one(link)
    assert (label, entry.command, entry.env) == ("github", "npx", {"TOKEN": "t"})


@pytest.mark.parametrize(
    "link",
    [
        "studiolo://add_mcp",
        "studiolo://add_mcp?name=a",
        "studiolo://add_mcp?name=a&config=%%%",
        "studiolo://add_mcp?name=a&config=e30=",
        "studiolo://open?config=e30=",
        "vscode:mcp/install?nonsense",
        "https://vscode.dev/redirect?url=https://acme.test/mcp/install",
        "https://vscode.dev/redirect?url=" + quote("https://vscode.dev/redirect?url=vscode:mcp/install"),
        "studiolo://add_mcp?" + "a=1&" * 100,
        "cursor://[/mcp/install?config=e30=",
    ],
)
def test_a_link_that_adds_nothing_is_refused(link: str) -> None:
    with pytest.raises(RequestError):
        read_servers(link)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{\n  "mcpServers": {\n    "a": {"command": "x"}\n    "b": {}\n  }\n}', "Line 4, column 5"),
        ('{"mcpServers": {"a": {"command": 5}}}', "Line 1, column 23"),
        ('{"mcpServers": {"a": {"command": "x", "args": "-y"}}}', "Line 1, column 39"),
        ('{"mcpServers": {"a": {"command": "x",\n "url": "https://a.test"}}}', "Line 1, column 22"),
        ('{"mcpServers": {"a": {}}}', "Line 1, column 22"),
        ('{"mcpServers": {"a": "npx"}}', "Line 1, column 22"),
        ('{"mcpServers": "npx"}', "Line 1, column 16"),
        ('{"mcpServers": {"a": {"url": "file:///etc/passwd"}}}', "Line 1, column 23"),
        ('{"mcpServers": {"a": {"url": "https://"}}}', "Line 1, column 23"),
        ('{"mcpServers": {"a": {"command": "x", "timeout": -1}}}', "Line 1, column 39"),
        ('{"mcpServers": {"a": {"command": "x", "timeout": 1e999}}}', "Line 1, column 39"),
        ('{"mcpServers": {"a": {"command": "x", "timeout": true}}}', "Line 1, column 39"),
        ('{"mcpServers": {"a": {"command": "x\\u0000"}}}', "Line 1, column 22"),
        ('{"mcpServers": {"a": {"command": "x", "env": {"A=B": "1"}}}}', "Line 1, column 39"),
        ('{"mcpServers": {"a": {"command": "x"},\n"a": {"command": "y"}}}', "Line 2, column 1"),
        ('{"a": tru}', "Line 1, column 7"),
        ('{"a": "b', "Line 1, column 7"),
        ('{"a": "\\ud800"}', "Line 1, column 7"),
        ('{"a": 1} x', "Line 1, column 10"),
        ("{'a': 1}", "Line 1, column 2"),
        ('{"a": NaN}', "Line 1, column 7"),
        ('{"a": ' + "9" * 5000 + "}", "Line 1, column 7"),
        ("[" * 200_000, "Line 1, column 66"),
        ('{"a":' * 200_000, "nested too deep"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(text: str, place: str) -> None:
    with pytest.raises(RequestError) as caught:
        read_servers(text)
    assert place in caught.value.message


@pytest.mark.parametrize("text", ["", "  \n", "\ufeff", "{}", "[]", '{"mcpServers": {}}', "-x", "a 'b", "x\ny", "x\0y"])
def test_what_holds_no_server_is_refused(text: str) -> None:
    with pytest.raises(RequestError):
        read_servers(text)


@pytest.mark.parametrize(
    "text",
    [
        "/*" * 500_000,
        "//" * 500_000,
        '"' + "\\" * 1_000_000,
        '{"a": "' + "\\u0041" * 150_000,
        '{"mcpServers": {' + ",".join(f'"{n}": {{"command": "x"}}' for n in range(20_000)) + "}}",
        '{"mcpServers": {' + ",".join(f'"{n}/": {{"command": "x"}}' for n in range(999)) + "}}",
        "[" + "0," * 500_000,
        "npx " + "'" * 9_999,
        " " * 1_048_576,
        "x" * 2_000_000,
        "```" + "`\n" * 400_000,
        "studiolo://add_mcp?config=" + "A" * 199_000,
    ],
)
def test_no_text_takes_long(text: str) -> None:
    begun = time.process_time()
    with contextlib.suppress(RequestError):
        read_servers(text)
    # The time is its subject: what grows faster than the text takes minutes here.
    assert time.process_time() - begun < 10


@given(st.text(alphabet='{}[]":,/*\\ \n0n-e.\u2028mcp$`', max_size=60))
@settings(max_examples=400)
def test_nonsense_is_read_or_refused(text: str) -> None:
    try:
        servers = read_servers(text)
    except RequestError:
        return
    assert all(label == label_of(label) for label in servers)


_NAMES = ["mcpServers", "servers", "mcp", "context_servers", "command", "args", "env", "url", "transport", "timeout"]
_NAMES += ["inputs", "name", "auth"]
_VALUES = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(_NAMES),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@pytest.mark.parametrize("args", [True, 5, "-y some-server", {"a": 1}])
@pytest.mark.parametrize("command", ["npx", ["npx", "-y"], {"path": "npx"}])
def test_arguments_that_are_no_list_are_refused_by_name(command: object, args: object) -> None:
    with pytest.raises(RequestError, match="'args' can't be used"):
        read_servers(json.dumps({"mcpServers": {"one": {"command": command, "args": args}}}))


@given(_VALUES)
@settings(max_examples=400)
def test_json_of_any_shape_is_read_or_refused(value: object) -> None:
    try:
        servers = read_servers(json.dumps(value))
    except RequestError:
        return
    for entry in servers.values():
        assert bool(entry.command) != bool(entry.url)
        effects(entry)


@given(_VALUES)
@settings(max_examples=200)
def test_plain_json_means_what_it_always_means(value: object) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=1)
    try:
        assert read_relaxed(text).value == value
    except NotationError:
        pytest.fail(f"{text} is JSON")


@pytest.mark.parametrize(
    ("given_", "seconds"), [(60, 60), ("90", 90), (3600, 3600), (300_000, 300), (5000, 5), (0.5, 0.5)]
)
def test_a_timeout_is_in_seconds_where_a_program_had_milliseconds(given_: object, seconds: float) -> None:
    _, entry = one(json.dumps({"mcpServers": {"a": PLAIN | {"timeout": given_}}}))
    assert entry.timeout == seconds


def test_what_is_not_known_is_kept() -> None:
    _, entry = one(json.dumps({"mcpServers": {"a": PLAIN | {"alwaysAllow": ["x"], "type": "stdio", "enabled": False}}}))
    assert entry.model_dump()["alwaysAllow"] == ["x"]
    assert entry.disabled is True


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("github.com/acme/owl", "github.com-acme-owl"),
        ("My Server", "My Server"),
        ("  \t\x1b[31m ", "[31m"),
        ("", "server"),
        ("../..", "server"),
        ("Übung", "Übung"),
        ("\ud800", "server"),
        ("x" * 200, "x" * MOST_LABEL),
        ("git\u200bhub\u202e", "github"),
    ],
)
def test_a_label_is_made_one_that_can_be_named(name: str, label: str) -> None:
    assert label_of(name) == label
    assert label_of(label) == label


def test_a_label_is_never_used_twice() -> None:
    servers = read_servers(json.dumps({"mcpServers": {"a/b": PLAIN, "a-b": PLAIN, "a?b": PLAIN}}))
    assert list(servers) == ["a-b", "a-b-2", "a-b-3"]


def test_the_confirmation_names_everything_and_no_secret() -> None:
    entry = McpServerEntry(command="npx", args=["-y", "a b", "x\n$ ls\u202e"], env={"TOKEN": "hidden"}, cwd="/tmp/x")
    told = "\n".join(effects(entry))
    for part in ("npx -y 'a b'", "/tmp/x", "TOKEN", "\\u000a", "\\u202e"):
        assert part in told
    assert "hidden" not in told
    told = "\n".join(effects(McpServerEntry(url="https://me:hidden@a.test/x?key=hidden", headers={"X-Key": "hidden"})))
    assert "a.test/x?key=…" in told
    assert "X-Key" in told
    assert "hidden" not in told


def test_the_confirmation_names_what_an_entry_takes_of_the_computer() -> None:
    entry = McpServerEntry(
        url="https://far.example/${env:USER_KEY}",
        headers={"X-Key": "${keyring:other.env.TOKEN}", "X-More": "a${API_KEY:-none}b ${userHome} ${input:asked}"},
        auth={"CLIENT_SECRET": "${API_KEY}"},
    )
    assert references(entry) == ["API_KEY", "USER_KEY", "keyring:other.env.TOKEN"]
    assert "of the server's computer: API_KEY, USER_KEY, keyring:other.env.TOKEN" in "\n".join(effects(entry))
    assert not references(McpServerEntry(url="https://far.example", headers={"X-Key": "$API_KEY"}))


def test_an_entry_that_is_wrong_spoils_no_other_of_a_file() -> None:
    text = '{"mcpServers": {"a": {"command": "x"},\n "b": {"command": 5}, "c": {"url": "https://c.test"}}}'
    read = read_file(text)
    assert list(read.servers) == ["a", "c"]
    assert list(read.names) == ["a", "b", "c"]
    assert position(text, read.bad["b"].offset)[0] == 2
    assert read.container == ("mcpServers",)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://example.com/mcp", "https://example.com/mcp"),
        ("https://example.com/api/v1/my-server/sse", "https://example.com/api/v1/my-server/sse"),
        ("https://a-host-with-9-digits-0123456789.example/mcp", "https://a-host-with-9-digits-0123456789.example/mcp"),
        ("https://me:word@example.com:80/mcp?key=v&b=&c#f", "https://…@example.com:80/mcp?key=…&b=&…"),
        ("https://example.com?key=a@b/c:d", "https://example.com?key=…"),
        ("https://example.com/s/OWE4ZjU0YzktODQ/mcp", "https://example.com/s/…/mcp"),
        ("https://example.com/123e4567-e89b-12d3-a456-426614174000/sse", "https://example.com/…/sse"),
        ("http://[::1]:80/mcp", "http://[::1]:80/mcp"),
    ],
)
def test_what_may_be_a_key_in_an_address_is_not_shown(url: str, shown: str) -> None:
    assert shown_address(url) == shown
    assert shown_address(shown) == shown
