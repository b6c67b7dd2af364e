"""A model that several machines have: the least busy is asked, who fails comes last, and nothing is said twice."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from tests.stands.serving import RunningServer
from tests.stands.upstream_stand import Asked, Replay, UpstreamStand, recorded, upstream_stand
from tests.stands.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

STREAMS = 20


@pytest_asyncio.fixture(loop_scope="module")
async def two(own_server: RunningServer, http: httpx.AsyncClient) -> AsyncIterator[tuple[UpstreamStand, UpstreamStand]]:
    """Two machines that have `smol`, known as "one" and "two"."""
    async with upstream_stand() as one, upstream_stand() as other:
        for name, stand in (("one", one), ("two", other)):
            added = await http.post("/api/v1/upstreams", json={"address": stand.address, "name": name})
            assert added.status_code == 200, added.text
            stand.asked.clear()
        yield one, other


async def stream(http: httpx.AsyncClient, model: str = "smol") -> str:
    """How a reply ended: "whole", "error" with a clear one, or "nothing"."""
    body = {"model": model, "input": "Hello", "stream": True, "store": False}
    async with http.stream("POST", "/api/v1/chat", json=body) as answer:
        text = (await answer.aread()).decode()
    if answer.status_code != 200 or "event: error" in text:
        assert "'one' (http" in text or "'two' (http" in text, text
        return "error"
    last = json.loads(text.strip().rsplit("data: ", 1)[1])
    return "whole" if last["result"]["stats"].get("stop_reason") else "nothing"


async def test_one_entry_and_the_least_busy_is_asked(
    http: httpx.AsyncClient, two: tuple[UpstreamStand, UpstreamStand]
) -> None:
    listed = (await http.get("/api/v1/models")).json()["models"]
    (entry,) = [entry for entry in listed if entry["key"] == "smol"]
    assert [place["name"] for place in entry["places"]] == ["one", "two"]
    assert entry["display_name"] == "smol (one, two)"
    release = asyncio.Event()
    for stand in two:
        stand.chats_with(Replay(events=recorded("vllm_chat"), release=release))
    streams = [asyncio.create_task(stream(http)) for _ in range(6)]
    await until(lambda: [len(stand.chats) for stand in two] == [3, 3], "each has half of them")
    release.set()
    assert Counter(await asyncio.gather(*streams)) == {"whole": 6}
    assert await stream(http, "two/smol") == "whole"
    assert len(two[1].chats) == 4, "one place can be named"


async def test_twenty_streams_while_a_machine_dies(
    http: httpx.AsyncClient, two: tuple[UpstreamStand, UpstreamStand]
) -> None:
    one, other = two
    release = asyncio.Event()
    one.chats_with(Replay(events=recorded("vllm_chat"), release=asyncio.Event()))
    other.chats_with(Replay(events=recorded("vllm_chat"), release=release))
    streams = [asyncio.create_task(stream(http)) for _ in range(STREAMS)]
    await until(lambda: len(one.chats) + len(other.chats) == STREAMS)
    await one.stop()
    release.set()
    ended = Counter(await asyncio.gather(*streams))
    assert ended["whole"] + ended["error"] == STREAMS
    assert ended["error"] == len(one.chats), "what had begun to speak breaks off, and is not said again elsewhere"
    assert [await stream(http) for _ in range(STREAMS)] == ["whole"] * STREAMS
    states = {info["id"]: info["state"] for info in (await http.get("/api/v1/upstreams")).json()["upstreams"]}
    assert states == {"one": "away", "two": "ready"}
    one.chats_with(Replay(events=recorded("vllm_chat")))
    await one.start(one.port)

    async def is_back() -> bool:
        upstreams = (await http.get("/api/v1/upstreams")).json()["upstreams"]
        return all(info["state"] == "ready" for info in upstreams)

    await until(is_back, "it is asked how it is, and has its place again")
    before = len(one.chats)
    assert await stream(http) == "whole"
    assert len(one.chats) == before + 1


async def test_who_fails_at_once_gets_nothing_however_little_it_has_to_do(
    http: httpx.AsyncClient, two: tuple[UpstreamStand, UpstreamStand]
) -> None:
    one, other = two
    one.chats_with(Replay.of({"error": {"message": "llama.cpp ended (-9)"}}, 500))
    assert [await stream(http) for _ in range(STREAMS)] == ["whole"] * STREAMS
    assert len(other.chats) == STREAMS
    assert len(one.chats) < STREAMS / 2, "once, and again only when it has answered how it is"


async def test_what_failed_before_its_first_token_is_asked_elsewhere_once(
    http: httpx.AsyncClient, two: tuple[UpstreamStand, UpstreamStand]
) -> None:
    one, other = two
    opening = recorded("vllm_chat")[:1]
    error = b'data: {"error": {"message": "EngineCore encountered an issue.", "code": 500}}\n\n'
    one.chats_with(Replay(events=[*opening, error, b"data: [DONE]\n\n"]))
    assert await stream(http) == "whole"
    assert (len(one.chats), len(other.chats)) == (1, 1)
    other.chats_with(Replay.of({"error": {"message": "busy"}}, 429))
    one.chats_with(Replay.of({"error": {"message": "busy"}}, 503))
    answer = await http.post(
        "/v1/chat/completions", json={"model": "smol", "messages": [{"role": "user", "content": "x"}]}
    )
    assert answer.status_code == 503
    assert (len(one.chats), len(other.chats)) == (2, 2), "and no more than once"


async def test_who_has_too_much_to_do_rests(http: httpx.AsyncClient, two: tuple[UpstreamStand, UpstreamStand]) -> None:
    one, _ = two
    one.chats_with(Replay.of({"error": {"message": "Rate limit"}}, 429, "Retry-After: 20\r\n"))
    assert [await stream(http) for _ in range(5)] == ["whole"] * 5
    assert len(one.chats) == 1


async def test_what_takes_tools_is_asked_with_tools(
    http: httpx.AsyncClient, two: tuple[UpstreamStand, UpstreamStand]
) -> None:
    one, other = two

    def without_tools(asked: Asked) -> Replay:
        if asked.body.get("tools"):
            return Replay.of({"error": {"message": "tools are not supported"}}, 400)
        return Replay(events=recorded("vllm_chat"))

    one.chats_with(without_tools)
    assert (await http.post("/api/v1/upstreams/one/check", json={})).json()["models"][0]["tools"] is False
    one.asked.clear()
    tools = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]
    for _ in range(3):
        body = {"model": "smol", "messages": [{"role": "user", "content": "x"}], "tools": tools}
        assert (await http.post("/v1/chat/completions", json=body)).status_code == 200
    assert (len(one.chats), len(other.chats)) == (0, 3)


async def test_a_machine_that_is_removed_ends_what_it_says(
    http: httpx.AsyncClient, two: tuple[UpstreamStand, UpstreamStand]
) -> None:
    one, _ = two
    one.chats_with(Replay(events=recorded("vllm_chat"), release=asyncio.Event()))
    speaking = asyncio.create_task(stream(http))
    await until(lambda: one.chats)
    assert (await http.delete("/api/v1/upstreams/one")).status_code == 204
    assert await speaking == "error"
    assert await stream(http) == "whole"
    assert (await http.delete("/api/v1/upstreams/two")).status_code == 204
    assert not [one for one in (await http.get("/v1/models")).json()["data"] if one["id"] == "smol"]


async def test_what_other_machines_have_is_not_told_to_a_server_that_asks_for_itself(
    http: httpx.AsyncClient, two: tuple[UpstreamStand, UpstreamStand]
) -> None:
    via = {"X-Studiolo-Upstream": "1"}
    assert "smol" not in (await http.get("/v1/models", headers=via)).text.replace("smollm2", "")
    asked = await http.post("/v1/chat/completions", json={"model": "smol", "exact_model": True}, headers=via)
    assert asked.status_code == 400


async def test_a_prompt_that_one_refuses_is_not_asked_elsewhere(
    http: httpx.AsyncClient, two: tuple[UpstreamStand, UpstreamStand]
) -> None:
    one, other = two
    one.chats_with(Replay.of({"error": {"message": "top_k must be positive"}}, 400))
    body = {"model": "smol", "messages": [{"role": "user", "content": "x"}]}
    assert (await http.post("/v1/chat/completions", json=body)).status_code == 400
    assert not other.chats
    assert (await http.get("/api/v1/upstreams")).json()["upstreams"][0]["state"] == "ready"
