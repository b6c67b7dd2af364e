"""What people, files and other servers get wrong about upstreams: told in words, and the server goes on."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from studiolo.errors import ContextOverflowError
from studiolo.paths import app_paths
from studiolo.server.engine.upstream.errors import refusal
from studiolo.server.engine.upstream.upstreams_file import UpstreamsFile
from tests.stands.plain_http import http_client
from tests.stands.ring import no_keyring
from tests.stands.serving import RunningServer, serving
from tests.stands.upstream_stand import Asked, Replay, UpstreamStand, recorded, upstream_stand
from tests.stands.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

SAYS = [{"role": "user", "content": "Say hello in five words."}]
KEY = "sk-of-the-box"
DOT = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAABwAAAAcCAIAAAD9b0jDAAAAJElEQVR42mM4EaBBdcQwauiooaOGjho6auiooaOGjho6"
    "MgwFAHZe1C4Y5WEPAAAAAElFTkSuQmCC"
)
SHOWS = [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": DOT}}]}]


@pytest_asyncio.fixture(loop_scope="module")
async def stand() -> AsyncIterator[UpstreamStand]:
    async with upstream_stand() as stand:
        yield stand


@pytest_asyncio.fixture(loop_scope="module")
async def other() -> AsyncIterator[UpstreamStand]:
    async with upstream_stand() as stand:
        yield stand


async def add(http: httpx.AsyncClient, stand: UpstreamStand, name: str = "box", **more: Any) -> None:
    answer = await http.post("/api/v1/upstreams", json={"address": stand.address, "name": name, **more})
    assert answer.status_code == 200, answer.text
    stand.asked.clear()


async def chat(http: httpx.AsyncClient, **more: Any) -> httpx.Response:
    return await http.post("/v1/chat/completions", json={"model": "smol", "messages": SAYS, **more})


async def one(http: httpx.AsyncClient) -> dict[str, Any]:
    info: dict[str, Any] = (await http.get("/api/v1/upstreams")).json()["upstreams"][0]
    return info


async def test_an_address_that_nobody_can_be_asked_by_is_refused(
    own_server: RunningServer, http: httpx.AsyncClient, stand: UpstreamStand
) -> None:
    await add(http, stand)
    for text in ("http://☃.net", "http://256.1.1.1:80", "http://[v1.x]", "http://[::1]x"):
        for answer in (
            await http.post("/api/v1/upstreams", json={"address": text}),
            await http.patch("/api/v1/upstreams/box", json={"address": text}),
        ):
            assert (answer.status_code, answer.json()["error"]["param"]) == (400, "address"), answer.text
            assert "is not the address of a server" in answer.json()["error"]["message"]
    assert (await chat(http)).status_code == 200


async def test_a_key_that_was_spoilt_by_hand_is_told(stand: UpstreamStand) -> None:
    with no_keyring():
        async with serving() as first, http_client(first.address) as http:
            await add(http, stand, key=KEY)
        kept = app_paths().data / "upstream_keys.json"
        kept.write_text(json.dumps(dict.fromkeys(json.loads(kept.read_text()), "schlüssel")))
        async with serving() as second, http_client(second.address) as http:
            async with asyncio.timeout(60):
                while (info := await one(http))["state"] == "unknown":
                    await asyncio.sleep(0)
            assert "has signs that can't be sent" in info["problem"]
            assert stand.asked == []


async def test_one_that_is_removed_while_it_is_looked_at(
    own_server: RunningServer, http: httpx.AsyncClient, stand: UpstreamStand
) -> None:
    await add(http, stand)
    stand.chats_with(Replay(events=recorded("vllm_chat"), release=asyncio.Event()))
    checking = asyncio.create_task(http.post("/api/v1/upstreams/box/check", json={}))
    await until(lambda: len(stand.chats) == 1)
    chatting = asyncio.create_task(chat(http))
    await until(lambda: len(stand.chats) == 2)
    assert (await http.delete("/api/v1/upstreams/box")).status_code == 204
    assert (await checking).status_code == 404
    assert "'box' (http" in (await chatting).json()["error"]["message"]
    assert (await http.get("/api/v1/upstreams")).json() == {"upstreams": []}


async def test_a_server_whose_routes_move_is_found_again(
    own_server: RunningServer, http: httpx.AsyncClient, stand: UpstreamStand, other: UpstreamStand
) -> None:
    for route in ("models", "chat/completions"):
        method = "GET" if route == "models" else "POST"
        other.routes[method, f"/{route}"] = other.routes.pop((method, f"/v1/{route}"))
    await add(http, other)
    assert (await one(http))["bare_routes"]
    assert (await http.patch("/api/v1/upstreams/box", json={"address": stand.address})).status_code == 200
    assert (await http.post("/api/v1/upstreams/box/check", json={})).status_code == 200
    assert (await chat(http)).status_code == 200


async def test_names_that_differ_in_case_mean_what_they_say(
    own_server: RunningServer, http: httpx.AsyncClient, stand: UpstreamStand, other: UpstreamStand
) -> None:
    other.routes["GET", "/v1/models"] = Replay.of({"data": [{"id": "SMOL", "owned_by": "vllm"}]})
    await add(http, stand)
    await add(http, other, "two")
    assert (await chat(http)).status_code == (await chat(http, model="SMOL")).status_code == 200
    assert (len(stand.chats), len(other.chats)) == (1, 1)


async def test_no_two_servers_have_one_name(
    own_server: RunningServer, http: httpx.AsyncClient, stand: UpstreamStand, other: UpstreamStand
) -> None:
    await add(http, stand)
    await add(http, other, "two")
    refused = await http.patch("/api/v1/upstreams/two", json={"name": "BOX"})
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "name")
    assert (await http.patch("/api/v1/upstreams/two", json={"name": "Two"})).status_code == 200


async def test_an_image_goes_where_it_is_read(
    own_server: RunningServer, http: httpx.AsyncClient, stand: UpstreamStand, other: UpstreamStand
) -> None:
    def blind(asked: Asked) -> Replay:
        if "image_url" in json.dumps(asked.body):
            return Replay.of({"error": {"message": "smol is not a multimodal model"}}, 400)
        return Replay(events=recorded("vllm_chat"))

    stand.chats_with(blind)
    await add(http, stand)
    await add(http, other, "two")
    assert (await chat(http, messages=SHOWS)).status_code == 200
    assert (len(stand.chats), len(other.chats)) == (0, 1)


async def test_what_a_place_turns_out_not_to_do_another_one_does(
    own_server: RunningServer, http: httpx.AsyncClient, stand: UpstreamStand, other: UpstreamStand
) -> None:
    await add(http, stand)
    await add(http, other, "two")
    stand.chats_with(Replay.of({"error": {"message": "smol is not a multimodal model"}}, 400))
    assert (await chat(http, messages=SHOWS)).status_code == 200
    assert (len(stand.chats), len(other.chats)) == (1, 1)
    assert (await one(http))["state"] == "ready", "that its model does not see is no trouble of the server"
    other.chats_with(Replay.of({"error": {"message": "smol is not a multimodal model"}}, 400))
    assert (await chat(http, messages=SHOWS)).status_code == 400


async def test_odd_answers_are_told_in_words(
    own_server: RunningServer, http: httpx.AsyncClient, stand: UpstreamStand
) -> None:
    await add(http, stand, key=KEY)
    stand.chats_with(Replay(body=b"\xff\xfe\x00"))
    assert "answers without a stream" in (await chat(http)).json()["error"]["message"]
    stand.chats_with(Replay(events=[b'data: {"error": {"message": "no key sk-of-the-box"}}\n\n']))
    told = (await chat(http)).json()["error"]["message"]
    assert "no key …" in told
    assert KEY not in told


async def test_counts_that_are_no_numbers() -> None:
    body = b'{"error": {"type": "exceed_context_size_error", "n_prompt_tokens": 1e999, "n_ctx": 5}}'
    error = refusal(400, body, None, place="box", model="smol")
    assert not isinstance(error, ContextOverflowError)


async def test_a_kept_entry_with_an_odd_id_is_set_aside(tmp_path: Path) -> None:
    file = tmp_path / "upstreams.json"
    good = {"id": "box", "name": "box", "address": "http://box:8000"}
    file.write_text(json.dumps({"upstreams": [good, good | {"id": []}, good | {"id": {}}, 5]}))
    told: list[str] = []
    assert [info.id for info in UpstreamsFile(file, tell=told.append).read()] == ["box"]
    assert "3 of 4 entries" in told[0]


async def test_what_is_kept_with_a_message_is_not_sent(
    own_server: RunningServer, http: httpx.AsyncClient, stand: UpstreamStand
) -> None:
    await add(http, stand)
    first = (await http.post("/v1/responses", json={"model": "smol", "input": "Hello"})).json()
    assert first["status"] == "incomplete", "it was cut short, which is kept with it"
    again = {"model": "smol", "input": "Go on", "previous_response_id": first["id"]}
    assert (await http.post("/v1/responses", json=again)).status_code == 200
    assert [sorted(message) for message in stand.chats[-1].body["messages"]] == [["content", "role"]] * 3


async def test_a_limit_of_the_server_s_own_is_no_full_context(
    own_server: RunningServer, http: httpx.AsyncClient, stand: UpstreamStand
) -> None:
    await add(http, stand)
    body = {"model": "smol", "input": "Hello"}
    cut = (await http.post("/api/v1/chat", json=body)).json()
    assert cut["stats"]["stop_reason"] == "maxPredictedTokensReached", "27 tokens of 2048"
    await add(http, stand, context_length=27)
    full = (await http.post("/api/v1/chat", json=body)).json()
    assert full["stats"]["stop_reason"] == "contextLengthReached"
