"""Every file that a server keeps, every way in which one may be damaged, and what a server does then.

Run as a program it walks all of them and prints a line of JSON for each: as a user without privileges, from whom the
permissions of files are no secret kept.
"""

import asyncio
import json
import os
import shutil
import sqlite3
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import httpx

from studiolo.api.machine import Benchmark
from studiolo.api.runtimes import RuntimeProof
from studiolo.api.server import TokenRequest
from studiolo.api.upstreams import UpstreamInfo
from studiolo.errors import AppError
from studiolo.files import write_atomically
from studiolo.local_server import running_server
from studiolo.network.ledger import ConnectionLedger
from studiolo.paths import HOME_VARIABLE, Paths, app_paths, resource_path
from studiolo.server.app import build_app, read_settings
from studiolo.server.chat.responses import ResponseStore
from studiolo.server.downloads.jobs.job import Job, JobFile
from studiolo.server.downloads.jobs.journal import JobJournal
from studiolo.server.downloads.transfer.blocks import BlockJournal
from studiolo.server.engine.bench_file import BENCHMARKS_FILE, BenchmarkFile
from studiolo.server.engine.calibration import CALIBRATION_FILE, Calibration
from studiolo.server.engine.upstream.service import KEYS_FILE
from studiolo.server.engine.upstream.upstreams_file import UPSTREAMS_FILE, UpstreamsFile
from studiolo.server.library.usage import Usage
from studiolo.server.mcp.contract import NOBODY
from studiolo.server.mcp.ledger import LEDGER_FILE, ToolLedger
from studiolo.server.mcp.policies import POLICIES_FILE, Policies
from studiolo.server.mcp.service import SECRETS_FILE
from studiolo.server.notices import Notices
from studiolo.server.presence import Presence
from studiolo.server.request_usage import USAGE_FILE, RequestUsage
from studiolo.server.runtimes.manifest import MANIFEST_FILE, ManifestKeeper
from studiolo.server.runtimes.registry import RuntimeRegistry
from studiolo.server.settings import ServerSettingsStore
from studiolo.server.tokens import TokenStore
from tests.server.mcp.tools import ADD
from tests.stands.starter import STARTER

KEY = "the key of this machine"
SECRET = "the-secret-of-a-server"
_OTHER = {"entry": {"command": "no-such-program", "env": {"KEY": SECRET}}, "secrets": ["env.KEY"]}
RESPONSE = "resp_1"
FILES = (
    "config/server.json",
    "config/server_secrets.json",
    "data/tokens.json",
    "data/downloads.sqlite",
    "data/blocks.sqlite",
    "data/responses.sqlite",
    "data/catalog.json",
    "data/usage.json",
    "data/mcp_policies.json",
    "data/mcp_secrets.json",
    "data/mcp_calls.sqlite",
    "config/upstreams.json",
    "data/upstream_keys.json",
    "data/request_usage.sqlite",
    "data/benchmarks.json",
    "data/runtime_manifest.json",
    "data/memory_calibration.json",
    "data/server_connections.jsonl",
    "config/mcp.json",
    "config/runtimes.json",
    "run/server.json",
    "run/server.lock",
    "run/room",
    "run/engines",
    "run/mcp/programs.json",
    "logs/server.log",
)
_FOLDERS = ("run/engines",)


@dataclass
class Outcome:
    """What became of one damaged file. begun: the server serves; said: what it tells a person; kept: what was in the
    file is still somewhere; closed: whether nobody gets in without a token, now and after the next start; works: what
    could be done; failed: what could not, and the reason that was told."""

    file: str
    state: str
    begun: bool = False
    refused: str = ""
    said: list[str] = field(default_factory=list)
    kept: bool = False
    closed: list[bool] = field(default_factory=list)
    token: bool = False
    works: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    mistake: str = ""
    jobs: int = 0


def _cut(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def _wrong_types(path: Path) -> None:
    if path.suffix == ".sqlite":
        path.unlink()
        with closing(sqlite3.connect(path)) as other:
            other.executescript(
                "CREATE TABLE jobs (id, place, state, record); INSERT INTO jobs VALUES (1, 'x', x'00', 5);"
                "CREATE TABLE blocks (file, number, checksum); INSERT INTO blocks VALUES (1, 'x', 'y');"
                "CREATE TABLE hashes (file, size, modified, sha256); INSERT INTO hashes VALUES (1, 'x', 'y', 5);"
                "CREATE TABLE responses (id, parent, model, system, messages, created, used);"
                "INSERT INTO responses VALUES (1, 2, 3, 4, 5, 'x', 'y');"
                "CREATE TABLE calls (id, at, asked_by, tool); INSERT INTO calls VALUES ('x', x'00', 5, 6);"
                "CREATE TABLE usage (day, token, model, requests, errors, input_tokens, output_tokens, cached_tokens);"
                "INSERT INTO usage VALUES ('9999', 5, x'00', 'x', 'y', 'z', 1, 2);"
                "PRAGMA user_version = 1;"
            )
        return
    try:
        data = json.loads(path.read_bytes())
    except ValueError:
        data = {}
    wrong = (
        [{"id": 5, "digest": [], "permissions": "all"}] if isinstance(data, list) else {key: [["x"]] for key in data}
    )
    path.write_text(json.dumps(wrong))


def _newer(path: Path) -> None:
    if path.suffix == ".sqlite":
        with closing(sqlite3.connect(path)) as database:
            database.execute("PRAGMA user_version = 99")
        return
    try:
        data = json.loads(path.read_bytes())
    except ValueError:
        data = {}
    if isinstance(data, list):
        path.write_text(json.dumps([entry | {"only_from": ["10.0.0.1"]} for entry in data]))
    else:
        path.write_text(json.dumps(data | {"version": 2, "from_the_future": {"a": 1}}))


def _unwritable(path: Path) -> None:
    path.chmod(0o555 if path.is_dir() else 0o444)
    path.parent.chmod(0o555)


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()
    (path / "within").write_text("somebody's")


STATES: dict[str, Callable[[Path], object]] = {
    "missing": Path.unlink,
    "empty": lambda path: path.write_bytes(b""),
    "cut": _cut,
    "zeroed": lambda path: path.write_bytes(bytes(path.stat().st_size)),
    "noise": lambda path: path.write_bytes(os.urandom(max(64, path.stat().st_size))),
    "wrong types": _wrong_types,
    "nested": lambda path: path.write_bytes(b"[" * 200_000),
    "newer": _newer,
    "unreadable": lambda path: path.chmod(0),
    "unwritable": _unwritable,
    "a folder": _folder,
}


def walk() -> Iterator[tuple[str, str]]:
    """Every pair of a file and a state."""
    for file in FILES:
        for state in STATES:
            yield file, state


def make_home(home: Path) -> str:
    """Everything that a server with some history has; the result is a valid token."""
    os.environ[HOME_VARIABLE] = str(home)
    paths = app_paths()
    ServerSettingsStore(paths.config / "server.json").change(
        {"require_authentication": True, "default_context_length": 1024, "hub_token": SECRET}
    )
    _, token = TokenStore(paths.data / "tokens.json").create(TokenRequest(name="laptop", permissions=["chat"]))
    with closing(JobJournal(paths.data / "downloads.sqlite")) as journal:
        target = paths.models / "acme" / "tiny" / "tiny-Q4_K_M.gguf"
        file = JobFile("tiny-Q4_K_M.gguf", str(target), 5_000_000)
        journal.save([Job("acme/tiny", "acme/tiny", "main", "Q4_K_M", (file,), state="paused")])
    with closing(BlockJournal(paths.data / "blocks.sqlite")) as blocks:
        blocks.add(str(target), {0: 7})
    catalog = json.loads(resource_path("catalog.json").read_bytes())
    (paths.data / "catalog.json").write_text(json.dumps(catalog | {"models": catalog["models"][:3]}))
    Usage(paths.data / "usage.json").note(target)
    asyncio.run(_keep_a_chat(paths))
    server = {"command": "no-such-program", "env": {"KEY": "${keyring:sums.env.KEY}"}}
    (paths.config / "mcp.json").write_text(json.dumps({"mcpServers": {"sums": server}}))
    write_atomically(paths.data / SECRETS_FILE, json.dumps({"sums.env.KEY": SECRET}).encode(), private=True)
    upstream = UpstreamInfo(id="box", name="box", address="http://127.0.0.1:9", has_key=True)
    UpstreamsFile(paths.config / UPSTREAMS_FILE).write([upstream])
    write_atomically(paths.data / KEYS_FILE, json.dumps({"box.0.0": SECRET}).encode(), private=True)
    Policies(paths.data / POLICIES_FILE).set(ADD, "deny")
    asyncio.run(_note_a_call(paths))
    asyncio.run(_count_a_request(paths))
    BenchmarkFile(paths.data / BENCHMARKS_FILE).add(Benchmark(model="acme/tiny", tokens_per_second=5.0))
    ours, signature = (resource_path(f"runtimes.json{end}").read_text(encoding="utf-8") for end in ("", ".sig"))
    ManifestKeeper(paths.data / MANIFEST_FILE).replace(ours.encode(), signature)
    Calibration(paths.data / CALIBRATION_FILE).note("bundled", "llama", estimated=10**15, measured=11 * 10**14)
    ConnectionLedger(paths.data / "server_connections.jsonl").block("hub.example", 443, "hub")
    runtimes = RuntimeRegistry(paths)
    runtimes.note_proof(runtimes.add(sys.executable, "Mine", []).id, RuntimeProof(passed=True))
    runtimes.choose("own-mine")
    presence = Presence(paths)
    presence.claim()
    presence.announce(host="127.0.0.1", port=1, key=KEY)
    state = json.loads((paths.runtime / "server.json").read_bytes())
    presence.withdraw()
    presence.release()
    (paths.runtime / "server.json").write_text(json.dumps(state | {"created": 5.0}))
    (paths.runtime / "engines").mkdir()
    (paths.runtime / "mcp").mkdir()
    (paths.runtime / "mcp" / "programs.json").write_text("{}")
    paths.logs.mkdir()
    (paths.logs / "server.log").write_text("a line\n")
    return token


async def _keep_a_chat(paths: Paths) -> None:
    store = ResponseStore(paths.data / "responses.sqlite", keep_days=30)
    said = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    await store.add(parent=None, model="m", system=None, messages=said, response_id=RESPONSE)
    await store.aclose()


async def _note_a_call(paths: Paths) -> None:
    ledger = ToolLedger(paths.data / LEDGER_FILE, in_full=lambda: False)
    await ledger.note(
        caller=NOBODY, tool=ADD, arguments={}, result=None, approved="once", ended="succeeded", seconds=1.0
    )
    await ledger.aclose()


async def _count_a_request(paths: Paths) -> None:
    usage = RequestUsage(paths.data / USAGE_FILE)
    usage.add(token="laptop", model="acme/tiny", failed=False, used=(1, 2, 0))
    await usage.aclose()


def look(template: Path, token: str, file: str, state: str) -> Outcome:
    """Damage one file of a copy of `template`, and see what a server does with it."""
    outcome = Outcome(file, state)
    with _copy(template) as home:
        os.environ[HOME_VARIABLE] = str(home)
        path = home / file
        if file in _FOLDERS:
            path.rmdir()
            path.write_text("a file in the place of a folder")
        STATES[state](path)
        before = _content(path)
        try:
            # What lets people in must do so no more after the next start.
            for _ in range(2 if file in ("config/server.json", "data/tokens.json") else 1):
                presence, notices = _begin(app_paths())
                asyncio.run(_serve_once(app_paths(), presence, lambda http: _use(http, token, outcome)))
                outcome.said += notices.all
            outcome.begun = True
        except AppError as error:
            outcome.refused = str(error)
        except Exception as error:  # noqa: BLE001
            outcome.mistake = repr(error)
        left = [content for one in path.parent.glob(f"{path.name}*") if (content := _content(one))]
        outcome.kept = not before or any(_is_within(before, content) for content in left)
    return outcome


def _begin(paths: Paths) -> tuple[Presence, Notices]:
    presence = Presence(paths)
    presence.claim()
    return presence, presence.notices


async def _serve_once(paths: Paths, presence: Presence, use: Callable[[httpx.AsyncClient], object]) -> None:
    """What run.py does around the HTTP server."""
    try:
        settings = read_settings(paths, presence.notices)
        app = build_app(paths, settings, local_key=KEY, notices=presence.notices)
        await app.open()
        beside = asyncio.create_task(app.run())
        await asyncio.sleep(0)
        try:
            presence.announce(host="127.0.0.1", port=1, key=KEY)
            assert running_server(paths), "it can be found"
            transport = httpx.ASGITransport(app.asgi)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
                await use(http)  # type: ignore[misc]
        finally:
            presence.withdraw()
            beside.cancel()
            await asyncio.wait([beside])
            await app.pool.aclose()
            await app.mcp.disconnect()
            await app.mcp.aclose()
            await app.store.aclose()
            await app.usage.aclose()
    finally:
        presence.release()


async def _use(http: httpx.AsyncClient, token: str, outcome: Outcome) -> None:
    refused = await http.get("/api/v1/models")
    wrong = await http.get("/api/v1/models", headers={"Authorization": "Bearer sk-lm-abcdefgh:12345678901234567890"})
    outcome.closed.append((refused.status_code, wrong.status_code) == (401, 401))
    outcome.token = (await http.get("/api/v1/models", headers={"Authorization": f"Bearer {token}"})).status_code == 200
    http.headers["Authorization"] = f"Bearer {KEY}"
    for name, method, path, body, expected in (
        ("models", "GET", "/api/v1/models", None, 200),
        ("settings", "PATCH", "/api/v1/server/settings", {"download_jobs": 3}, 200),
        ("tokens", "POST", "/api/v1/server/tokens", {"name": "new"}, 200),
        ("downloads", "GET", "/api/v1/models/download", None, 200),
        ("catalog", "GET", "/api/v1/hub/models", None, 200),
        ("inventory", "GET", "/api/v1/models/inventory", None, 200),
        ("MCP servers", "GET", "/api/v1/mcp/servers", None, 200),
        ("tool calls", "GET", "/api/v1/mcp/calls", None, 200),
        ("a secret", "PUT", "/api/v1/mcp/servers/other", _OTHER, 200),
        ("another server", "POST", "/api/v1/upstreams/box/check", {}, 500),
        ("chats", "GET", f"/v1/responses/{RESPONSE}", None, 200),
        ("usage", "GET", "/api/v1/server/usage", None, 200),
        ("benchmarks", "GET", "/api/v1/server/benchmarks", None, 200),
        ("memory", "POST", "/api/v1/models/estimate", {"model": STARTER}, 200),
        ("connections", "GET", "/api/v1/server/connections", None, 200),
        ("runtimes", "GET", "/api/v1/runtimes", None, 200),
    ):
        answer = await http.request(method, path, json=body)
        if answer.status_code == expected:
            outcome.works.append(name)
            if name == "downloads":
                outcome.jobs = len(answer.json()["jobs"])
        else:
            outcome.failed[name] = f"{answer.status_code} {answer.text[:300]}"


_SQLITE = b"SQLite format 3".hex()


def _is_within(before: str, after: str) -> bool:
    """Whether a file has what another had. What is not known of a newer version's JSON is enough; and a database says
    in its head how it is opened."""
    future = [word.encode().hex() for word in ("from_the_future", "only_from")]
    same = before == after or (before.startswith(_SQLITE) and before[200:] == after[200:])
    return same or any(word in before and word in after for word in future)


def _content(path: Path) -> str | None:
    """What is in a file or folder, however it is protected; None for nothing."""
    if path.is_dir():
        return "folder: " + " ".join(sorted(part.name for part in path.iterdir()))
    if not path.exists():
        return None
    mode = stat.S_IMODE(path.stat().st_mode)
    if not mode & 0o400:
        path.chmod(0o600)
    try:
        return path.read_bytes().hex()
    finally:
        if not mode & 0o400:
            path.chmod(mode)


@contextmanager
def _copy(template: Path) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp())
    try:
        home = folder / "home"
        shutil.copytree(template, home)
        yield home
    finally:
        for one in [folder, *folder.rglob("*")]:
            if one.is_dir():
                one.chmod(0o700)
        shutil.rmtree(folder)


def main(wanted: list[str]) -> None:
    """Walk all pairs, or those whose state is named."""
    with tempfile.TemporaryDirectory() as folder:
        token = make_home(Path(folder) / "home")
        for file, state in walk():
            if not wanted or state in wanted:
                print(json.dumps(asdict(look(Path(folder) / "home", token, file, state))), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
