"""Settings and the request log over the wire."""

import asyncio
import json

import httpx
import pytest

from studiolo.api.chat import ChatRequest
from studiolo.api.events import MessageStart
from studiolo.client.native import Client
from studiolo.errors import AppError
from studiolo.paths import app_paths
from tests.stands.serving import STARTER, serving


@pytest.fixture
async def http(server):
    async with httpx.AsyncClient(base_url=server.address) as http:
        yield http


async def ask(client, **more):
    return await client.chat_once(ChatRequest(model=STARTER, input="Say hello.", max_output_tokens=4, **more))


async def test_settings_are_read_changed_and_kept(http):
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
async def test_a_change_that_can_not_be_changes_nothing(http, change, param):
    before = (await http.get("/api/v1/server/settings")).json()
    answer = await http.patch("/api/v1/server/settings", json=change)
    assert answer.status_code == 400
    assert param in answer.json()["error"]["param"]
    assert (await http.get("/api/v1/server/settings")).json() == before
    assert not (app_paths().config / "server.json").exists()


async def test_secrets_are_set_and_never_shown(http):
    secret = {"hub_token": "hf_very_secret", "download_peer_token": "sk-lm-abcdefgh:abcdefghijklmnopqrst"}
    changed = (await http.patch("/api/v1/server/settings", json=secret)).json()
    shown = (await http.get("/api/v1/server/settings")).json()
    assert changed["hub_token"] == shown["hub_token"] == shown["download_peer_token"] == "********"
    file = app_paths().config / "server.json"
    assert file.stat().st_mode & 0o777 == 0o600
    await http.patch("/api/v1/server/settings", json={"hub_token": "********", "cors": True})
    assert json.loads(file.read_text())["hub_token"] == "hf_very_secret", "sent back as it was shown, it stays"
    await http.patch("/api/v1/server/settings", json={"hub_token": ""})
    assert (await http.get("/api/v1/server/settings")).json()["hub_token"] == ""


async def test_the_network_can_be_served_with_authentication_or_on_purpose(http):
    both = {"serve_on_network": True, "require_authentication": True}
    assert (await http.patch("/api/v1/server/settings", json=both)).status_code == 200


async def test_a_new_context_length_is_in_force_at_once(http, client):
    await http.patch("/api/v1/server/settings", json={"default_context_length": 512})
    await ask(client)
    entry = next(entry for entry in await client.models() if entry.key == STARTER)
    assert entry.loaded_instances[0].config.context_length == 512


async def test_a_new_folder_is_in_force_at_once(http, client, tmp_path):
    from tests.stands.tiny_model import write_tiny_llama

    write_tiny_llama(tmp_path / "elsewhere" / "some" / "model" / "x.gguf")
    assert "some/model" not in {entry.key for entry in await client.models()}
    await http.patch("/api/v1/server/settings", json={"model_folders": [str(tmp_path / "elsewhere")]})
    assert "some/model" in {entry.key for entry in await client.models()}


async def test_requests_are_in_the_log(http, client):
    await ask(client)
    with pytest.raises(AppError):
        await client.chat_once(ChatRequest(model="no/body", input="x"))
    entries = (await http.get("/api/v1/server/log")).json()["entries"]
    good, bad = [entry for entry in entries if entry["route"] == "/api/v1/chat"]
    assert (good["method"], good["status"], good["model"]) == ("POST", 200, STARTER)
    assert good["output_tokens"] > 0
    assert good["input_tokens"] > 0
    assert good["tokens_per_second"] > 0
    assert good["time_to_first_token_seconds"] > 0
    assert good["queue_position"] == 0
    assert good["seconds"] > 0
    assert good["error"] is None
    assert good["body"] is None
    assert (bad["status"], "no/body" in bad["error"]) == (404, True)


async def test_a_request_that_waits_for_a_slot_says_so(http, client):
    await ask(client)
    await asyncio.gather(*(ask(client, temperature=0.0) for _ in range(6)))
    entries = (await http.get("/api/v1/server/log")).json()["entries"]
    assert sorted(entry["queue_position"] for entry in entries if entry["route"] == "/api/v1/chat")[-2:] == [1, 2]


async def test_requests_beyond_the_slots_are_served_in_their_order(client):
    await ask(client)
    begun = []

    async def one(number):
        async for event in client.chat(ChatRequest(model=STARTER, input="Tell a story.", max_output_tokens=24)):
            if isinstance(event, MessageStart):
                begun.append(number)

    tasks = []
    for number in range(12):
        tasks.append(asyncio.create_task(one(number)))
        await asyncio.sleep(0.02)
    await asyncio.gather(*tasks)
    slots = 4
    assert all(abs(place - number) < slots for place, number in enumerate(begun)), begun


async def test_bodies_only_when_switched_on_and_never_secrets():
    image = "data:image/png;base64," + "A" * 500
    secret = "sk-lm-abcdefgh:12345678901234567890"
    async with serving(log_bodies=True) as server, Client(server.address) as client:
        items = [{"type": "text", "content": secret}, {"type": "image", "data_url": image}]
        with pytest.raises(AppError):
            await client.chat_once(ChatRequest.model_validate({"model": STARTER, "input": items}))
        async with httpx.AsyncClient(base_url=server.address) as http:
            text = (await http.get("/api/v1/server/log")).text
        assert "[image]" in text
        assert "AAAA" not in text
        assert secret not in text
        assert "sk-lm-abcd" in text


async def test_the_log_can_be_followed(http, client):
    seen = []
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
    assert seen[1]["model"] == STARTER


async def test_the_log_is_bounded(server, http):
    from studiolo.server.request_log import KEPT_ENTRIES

    for _ in range(0, KEPT_ENTRIES + 100, 20):
        await asyncio.gather(*(http.get("/lmstudio-greeting") for _ in range(20)))
    assert len((await http.get("/api/v1/server/log")).json()["entries"]) == KEPT_ENTRIES


async def test_an_abandoned_request_is_in_the_log_as_such(http, client, server):
    await ask(client)
    asking = asyncio.create_task(
        client.chat_once(ChatRequest(model=STARTER, input="Tell a very long story.", temperature=0))
    )
    await asyncio.sleep(0.5)
    asking.cancel()
    await asyncio.wait([asking])
    async with asyncio.timeout(5):
        while (await http.get("/api/v1/server/log")).json()["entries"][-1]["status"] != 499:
            await asyncio.sleep(0.05)
