"""Rules of the house that no tool knows."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

_ROOT = Path(__file__).parents[1]


def test_nothing_waits_by_what_swallows_a_cancel() -> None:
    """Python 3.11's `asyncio.wait_for` loses a cancel that comes in the same turn as the result: `asyncio.timeout`."""
    files = [file for folder in ("app", "tests", "benchmarks") for file in (_ROOT / folder).rglob("*.py")]
    assert len(files) > 300
    found = [f"{file.relative_to(_ROOT)}:{line}" for file in files for line in _uses_of_wait_for(file)]
    assert not found


def _uses_of_wait_for(file: Path) -> Iterator[int]:
    text = file.read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(text)) if "wait_for" in text else ():
        match node:
            case ast.Attribute(value=ast.Name(id="asyncio"), attr="wait_for", lineno=line):
                yield line
            case ast.ImportFrom(module="asyncio" | "asyncio.tasks", names=names, lineno=line):
                if any(name.name == "wait_for" for name in names):
                    yield line


_TEXTS_ALONE = frozenset({"relaxed_json.py", "open_webui.py"})
"""What is read there is one text: nothing can be nested in it."""


def test_who_reads_json_expects_it_to_be_nested_too_deep() -> None:
    """A RecursionError is no ValueError, and whoever wrote the JSON decides which of them comes."""
    files = [file for file in (_ROOT / "app").rglob("*.py") if file.name not in _TEXTS_ALONE]
    found = [f"{file.relative_to(_ROOT)}:{line}" for file in files for line in _reads_of_shallow_json(file)]
    assert not found


def _reads_of_shallow_json(file: Path) -> Iterator[int]:
    text = file.read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(text)) if "json.load" in text else ():
        if not isinstance(node, ast.Try):
            continue
        reads = any("json.load" in ast.unparse(one) for one in node.body)
        caught = {ast.unparse(each.type) for each in node.handlers if each.type}
        names = set(" ".join(caught).replace("(", "").replace(")", "").replace(",", "").split())
        if reads and "ValueError" in names and not names & {"RecursionError", "Exception"}:
            yield node.lineno


def test_no_two_classes_share_a_name() -> None:
    """Whoever searches for one finds that one. Names of one file's own begin with an underscore."""
    homes: dict[str, list[str]] = {}
    for file in (_ROOT / "app").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes.setdefault(node.name, []).append(str(file.relative_to(_ROOT)))
    assert not {name: files for name, files in homes.items() if len(files) > 1}


_PARTICIPLES = frozenset({"chosen", "drawn", "given", "grown", "heard", "left", "seen", "sent", "shown", "woken"})
"""Those that don't end in "ed"."""
_WISHES = frozenset({"asked", "wanted", "needed"})
"""A signal that asks for something is called `…_requested`, whoever does it then."""


def test_signals_end_in_what_happened() -> None:
    """`reply_finished`, `stop_requested`: whoever connects a signal reads what has happened, not who shall do what."""
    names = [name for file in (_ROOT / "app").rglob("*.py") for name in _signals_of(file)]
    assert len(names) > 200
    last = {name: name.rpartition("_")[2] for name in names}
    happened = {name for name, word in last.items() if word.endswith("ed") or word in _PARTICIPLES}
    assert not sorted(set(names) - happened)
    assert not {name for name, word in last.items() if word in _WISHES}


def _signals_of(file: Path) -> Iterator[str]:
    text = file.read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(text)) if "Signal(" in text else ():
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=ast.Name(id="Signal"))):
                yield name


def test_whoever_has_tasks_can_be_waited_for() -> None:
    """Else they go on while the window is taken apart, and find half of it."""
    owners = [
        (file.name, node)
        for file in (_ROOT / "app/studiolo/desktop").rglob("*.py")
        if "self._scope = TaskScope(" in (text := file.read_text(encoding="utf-8"))
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ClassDef) and "self._scope = TaskScope(" in ast.unparse(node)
    ]
    assert len(owners) > 30
    assert not [
        f"{name}: {owner.name}"
        for name, owner in owners
        if not any(isinstance(part, ast.AsyncFunctionDef) and part.name == "aclose" for part in owner.body)
    ]


def test_files_stay_small() -> None:
    """Where one has grown beyond about 400 lines, it holds two things."""
    lengths = {
        str(file.relative_to(_ROOT)): len(file.read_text(encoding="utf-8").splitlines())
        for file in (_ROOT / "app").rglob("*.py")
    }
    assert not {name: length for name, length in lengths.items() if length > 410}


_OPENS_CONNECTIONS = re.compile(
    r"httpx2?\.(?:AsyncClient|Client|AsyncHTTPTransport|get|post|stream)\b|create_connection|open_connection|urlopen"
    r"|http\.client\.HTTPS?Connection|\bQNetworkAccessManager|\bQTcpSocket|AsyncConnectionPool\(|\.sock_connect\(|create_datagram_endpoint|SOCK_DGRAM"
)
_MAY_OPEN = {
    "client/finding.py": "the local network, when somebody looks for servers and is not offline",
    "client/transport.py": "over NetworkTransport",
    "desktop/server/request_code.py": "a text for other programs",
    "desktop/instance.py": "the first desktop, on this machine",
    "hub/catalog.py": "over NetworkTransport",
    "hub/huggingface.py": "over NetworkTransport",
    "network/counting.py": "the network itself",
    "network/hop_connection.py": "the network itself",
    "network/transport.py": "the network itself",
    "server/announcing.py": "answers to the local network, while that is wished and the server is not offline",
    "server/downloads/transfer/connection.py": "over open_blocking",
    "server/engine/http_client.py": "engines, on this machine",
    "server/engine/rpc.py": "workers that a person added by their addresses, as llama.cpp itself reaches them",
    "server/engine/upstream/wire.py": "over NetworkTransport",
    "server/mcp/oauth.py": "over make_client",
    "server/mcp/web.py": "over McpTransport",
    "server/mcp/connection.py": "over make_client",
    "server/mcp/service.py": "over make_client",
}
"""Which files may open connections, and by which way: whatever else does would leave without the network's leave."""
_MUST_SAY = {"Client", "HuggingFace", "fetch_catalog", "RangeConnection", "make_client", "Connection", "Servers"}
_SAYS_NOTHING = {
    "cli/session.py": "whoever writes a command names the server",
    "desktop/connections/warm_up.py": "this machine",
    "server/mcp/connection.py": "the SDK's Client, over streams that are given",
}


def test_every_connection_goes_through_the_network() -> None:
    app = _ROOT / "app/studiolo"
    found = {
        str(file.relative_to(app)).replace("\\", "/")
        for file in app.rglob("*.py")
        if _OPENS_CONNECTIONS.search(file.read_text(encoding="utf-8"))
    }
    assert found <= set(_MAY_OPEN), "lead it through studiolo/network"


def test_whoever_connects_says_by_which_network() -> None:
    app = _ROOT / "app/studiolo"
    silent = []
    for file in app.rglob("*.py"):
        name = str(file.relative_to(app)).replace("\\", "/")
        if name in _SAYS_NOTHING:
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Name(id=called), keywords=keywords) if called in _MUST_SAY:
                    if not any(one.arg == "network" for one in keywords):
                        silent.append(f"{name}:{node.lineno} {called}")
    assert not silent
