"""Settings and the request log over the wire."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from studiolo.api.chat import ChatRequest, ChatResponse
from studiolo.api.events import MessageStart, PromptProcessingStart
from studiolo.client.chat import ChatApi
from studiolo.client.client import Client
from studiolo.client.models import ModelsApi
from studiolo.errors import AppError
from studiolo.paths import app_paths
from studiolo.server import request_log
from studiolo.server.engine.contract import COMPLETIONS
from studiolo.server.http.access import permission_for
from tests.stands.plain_http import http_client
from tests.stands.serving import RunningServer, serving
from tests.stands.slots import busy
from tests.stands.starter import STARTER
from tests.stands.tiny_model import write_tiny_llama
from tests.stands.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

MODEL = "acme/babbler"


@pytest.fixture(scope="module")
def starter(babbler: str) -> str:
    """What is said does not matter here."""
    return babbler


async def ask(client: Client, **more: Any) -> ChatResponse:
    request: dict[str, Any] = {"model": MODEL, "input": "Say hello.", "max_output_tokens": 4, **more}
    return await ChatApi(client).complete(ChatRequest(**request))


async def logged(http: httpx.AsyncClient) -> list[dict[str, Any]]:
    """The chats in the log of requests."""
    entries = (await http.get("/api/v1/server/log")).json()["entries"]
    return [entry for entry in entries if entry["route"] == "/api/v1/chat"]


async def test_settings_are_read_changed_and_kept(http: httpx.AsyncClient, own_server: RunningServer) -> None:
    settings = (await http.get("/api/v1/server/settings")).json()
    assert (settings["port"], settings["just_in_time_loading"], settings["idle_minutes"]) == (1234, True, 60)
    changed = await http.patch("/api/v1/server/settings", json={"idle_minutes": 5, "default_context_length": 1024})
    assert changed.json()["idle_minutes"] == 5
    assert json.loads((app_paths().config / "server.json").read_text()) == {
        "idle_minutes": 5.0,
        "default_context_length": 1024,
    }


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"port": 99999}, "port"),
        ({"idle_minutes": 0}, "idle_minutes"),
        ({"cors": "yes"}, "cors"),
        ({"nonsense": 1}, "nonsense"),
        ({"serve_on_network": True}, "serve_on_network"),
        ({"allow_mcp_json": True}, "allow_mcp_json"),
        ({"hub_endpoint": "nonsense"}, "hub_endpoint"),
        ({"download_limit_from": "25:00"}, "download_limit_from"),
        ({"download_jobs": 0}, "download_jobs"),
        ({"cors": True, "port": -1}, "port"),
    ],
)
async def test_a_change_that_can_not_be_changes_nothing(
    http: httpx.AsyncClient, change: dict[str, Any], param: str
) -> None:
    before = (await http.get("/api/v1/server/settings")).json()
    answer = await http.patch("/api/v1/server/settings", json=change)
    assert answer.status_code == 400
    assert param in answer.json()["error"]["param"]
    assert (await http.get("/api/v1/server/settings")).json() == before
    assert not (app_paths().config / "server.json").exists()


async def test_secrets_are_set_and_never_shown(http: httpx.AsyncClient, own_server: RunningServer) -> None:
    secret = {"hub_token": "hf_very_secret", "download_peer_token": "sk-lm-abcdefgh:abcdefghijklmnopqrst"}
    changed = (await http.patch("/api/v1/server/settings", json=secret)).json()
    shown = (await http.get("/api/v1/server/settings")).json()
    assert changed["hub_token"] == shown["hub_token"] == shown["download_peer_token"] == "********"
    file = app_paths().config / "server.json"
    assert file.stat().st_mode & 0o777 == 0o600
    await http.patch("/api/v1/server/settings", json={"hub_token": "********", "cors": True})
    kept = json.loads(file.with_name("server_secrets.json").read_text())
    assert kept["hub_token"]["value"] == "hf_very_secret", "sent back as it was shown, it stays"
    assert "hf_very_secret" not in file.read_text()
    await http.patch("/api/v1/server/settings", json={"hub_token": ""})
    assert (await http.get("/api/v1/server/settings")).json()["hub_token"] == ""


async def test_the_network_can_be_served_with_authentication_or_on_purpose(
    http: httpx.AsyncClient, own_server: RunningServer
) -> None:
    both = {"serve_on_network": True, "require_authentication": True}
    assert (await http.patch("/api/v1/server/settings", json=both)).status_code == 200


async def test_a_new_context_length_is_in_force_at_once(
    http: httpx.AsyncClient, client: Client, own_server: RunningServer, tiny: str
) -> None:
    await http.patch("/api/v1/server/settings", json={"default_context_length": 512})
    await ask(client, model=tiny)
    entry = next(entry for entry in await ModelsApi(client).list_models() if entry.key == tiny)
    assert entry.loaded_instances[0].config.context_length == 512


async def test_a_new_folder_is_in_force_at_once(
    http: httpx.AsyncClient, client: Client, own_server: RunningServer, tmp_path: Path
) -> None:
    write_tiny_llama(tmp_path / "elsewhere" / "some" / "model" / "x.gguf")
    assert "some/model" not in {entry.key for entry in await ModelsApi(client).list_models()}
    await http.patch("/api/v1/server/settings", json={"model_folders": [str(tmp_path / "elsewhere")]})
    assert "some/model" in {entry.key for entry in await ModelsApi(client).list_models()}


async def test_requests_are_in_the_log(http: httpx.AsyncClient, client: Client) -> None:
    before = len(await logged(http))
    await ask(client)
    with pytest.raises(AppError):
        await ChatApi(client).complete(ChatRequest(model="no/body", input="x"))
    good, bad = (await logged(http))[before:]
    assert (good["method"], good["status"], good["model"]) == ("POST", 200, MODEL)
    assert good["output_tokens"] > 0
    assert good["input_tokens"] > 0
    assert good["tokens_per_second"] > 0
    assert good["time_to_first_token_seconds"] > 0
    assert good["queue_position"] == 0
    assert good["seconds"] > 0
    assert good["error"] is None
    assert good["body"] is None
    assert (bad["status"], "no/body" in bad["error"]) == (404, True)


async def test_a_request_that_waits_for_a_slot_says_so(http: httpx.AsyncClient, client: Client) -> None:
    before = len(await logged(http))
    await asyncio.gather(*(ask(client, max_output_tokens=100) for _ in range(6)))
    entries = (await logged(http))[before:]
    assert sorted(entry["queue_position"] for entry in entries) == [0, 0, 0, 0, 1, 2]


async def test_requests_beyond_the_slots_are_served_in_their_order(client: Client, server: RunningServer) -> None:
    begun: list[int] = []
    engine = server.pool.instances[0].engine

    async def one(number: int, arrived: asyncio.Event) -> None:
        async for event in ChatApi(client).stream(
            ChatRequest(model=MODEL, input="Tell a story.", max_output_tokens=60)
        ):
            if isinstance(event, PromptProcessingStart):
                arrived.set()
            if isinstance(event, MessageStart):
                begun.append(number)

    tasks = []
    for number in range(12):
        arrived = asyncio.Event()
        tasks.append(asyncio.create_task(one(number, arrived)))
        await arrived.wait()
        # The engine reads in several threads: once it has read something longer that came later, it has this one.
        await engine.count(COMPLETIONS, {"prompt": "word " * 1000})
    await asyncio.gather(*tasks)
    slots = 4
    assert all(abs(place - number) < slots for place, number in enumerate(begun)), begun


async def test_bodies_only_when_switched_on_and_never_secrets() -> None:
    image = "data:image/png;base64," + "A" * 500
    secret = "sk-lm-abcdefgh:12345678901234567890"
    async with serving(log_bodies=True) as server, Client(server.address) as client:
        items = [{"type": "text", "content": secret}, {"type": "image", "data_url": image}]
        with pytest.raises(AppError):
            await ChatApi(client).complete(ChatRequest.model_validate({"model": STARTER, "input": items}))
        async with http_client(server.address) as http:
            text = (await http.get("/api/v1/server/log")).text
        assert "[image]" in text
        assert "AAAA" not in text
        assert secret not in text
        assert "sk-lm-abcd" in text


async def test_the_log_can_be_followed(http: httpx.AsyncClient, client: Client) -> None:
    seen: list[dict[str, Any]] = []
    async with http.stream("GET", "/api/v1/server/log/stream") as stream:
        asking = asyncio.create_task(ask(client))
        async for line in stream.aiter_lines():
            if line.startswith("data:"):
                seen.append(json.loads(line[5:]))
            if seen and seen[-1]["status"]:
                break
        await asking
    assert [entry["status"] for entry in seen] == [None, 200]
    assert seen[0]["id"] == seen[1]["id"]
    assert seen[1]["model"] == MODEL


async def test_the_log_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_log, "KEPT_ENTRIES", 50)
    async with serving() as server, http_client(server.address) as http:
        for _ in range(3):
            await asyncio.gather(*(http.get("/lmstudio-greeting") for _ in range(20)))
        assert len((await http.get("/api/v1/server/log")).json()["entries"]) == 50


async def test_an_abandoned_request_is_in_the_log_as_such(
    http: httpx.AsyncClient, client: Client, server: RunningServer
) -> None:
    asking = asyncio.create_task(ask(client, input="Tell a very long story.", max_output_tokens=1900))
    await until(lambda: busy(server))
    asking.cancel()
    await asyncio.wait([asking])

    async def abandoned() -> bool:
        return 499 in [entry["status"] for entry in await logged(http)]

    await until(abandoned)


_ROW = re.compile(r"^\| `([A-Z]+) (\S+)` \| (?:`(\w+)`)? \| (?:`(\w+)`)? \| `\S+` \| \S", re.MULTILINE)


_FIELD = re.compile(r"^\| `(\w+)` \| `([A-Z]+ \S+)` \| `(\w+)` \| `(\S+)` \| \S", re.MULTILINE)


async def test_the_table_of_fields_is_that_of_the_server(http: httpx.AsyncClient) -> None:
    root = Path(__file__).parents[3]
    text = (root / "docs/api.md").read_text(encoding="utf-8")
    rows = {(field, route): (capability, file) for field, route, capability, file in _FIELD.findall(text)}
    document = (await http.get("/openapi.json")).json()
    bodies = {
        f"{method.upper()} {path}": operation["requestBody"]["content"]["application/json"]["schema"]
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if "requestBody" in operation and path.startswith("/api/v1/") and not operation.get("x-extension")
    }
    marked = {
        (name, route)
        for route, schema in bodies.items()
        for name, field in document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]["properties"].items()
        if field.get("x-extension")
    }
    assert set(rows) == marked
    assert len(marked) == 24 + 18
    announced = set((await http.get("/api/v1/server")).json()["capabilities"])
    for (field, _), (capability, file) in rows.items():
        assert capability in announced
        assert re.search(rf"^    {field}: ", (root / "app/studiolo" / file).read_text(encoding="utf-8"), re.MULTILINE)


async def test_the_table_of_extensions_is_that_of_the_server(http: httpx.AsyncClient) -> None:
    text = (Path(__file__).parents[3] / "docs/api.md").read_text(encoding="utf-8")
    rows = {(method, path): (capability, permission) for method, path, capability, permission in _ROW.findall(text)}
    paths = (await http.get("/openapi.json")).json()["paths"]
    operations = {(method.upper(), path): it for path, methods in paths.items() for method, it in methods.items()}
    extensions = {route for route, operation in operations.items() if operation.get("x-extension")}
    assert set(rows) == extensions, "the table in docs/api.md, section 8, has the rows on the left"
    for (method, path), (_, permission) in rows.items():
        assert permission == (permission_for(method, path) or ""), (method, path)
    announced = set((await http.get("/api/v1/server")).json()["capabilities"])
    named = {capability for capability, _ in rows.values() if capability}
    assert named <= announced
    assert all(f"`{capability}`" in text for capability in announced)
