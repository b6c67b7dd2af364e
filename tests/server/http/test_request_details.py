"""What is kept of requests beyond their line in the log, and what is counted by day."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from studiolo.api.chat import ChatRequest
from studiolo.api.server import RequestBatch, RequestDetails, TokenRequest
from studiolo.client.chat import ChatApi
from studiolo.client.client import Client
from studiolo.client.server import ServerApi
from studiolo.errors import NotFoundError
from studiolo.paths import app_paths
from studiolo.server import request_log
from studiolo.server.request_log import RequestLogbook
from studiolo.server.request_record import StreamRecord, kept_headers
from tests.stands.plain_http import http_client
from tests.stands.serving import LOCAL_KEY, serving
from tests.stands.tiny_model import write_tiny_llama
from tests.stands.waiting import until

MODEL = "acme/tiny"
SECRET = "sk-lm-abcdefgh:12345678901234567890"


@pytest.fixture
async def in_full() -> AsyncIterator[httpx.AsyncClient]:
    """A client of a server that logs requests in full, and has a small model."""
    write_tiny_llama(app_paths().models / "acme/Tiny-GGUF/Tiny-Q4_K_M.gguf", brief=True)
    async with serving(log_bodies=True, adopt_models=False) as server, http_client(server.address, timeout=60) as http:
        yield http


async def details(http: httpx.AsyncClient, route: str) -> RequestDetails:
    """Those of the last request to a route that has ended."""

    async def found() -> RequestDetails | None:
        entries = (await http.get("/api/v1/server/log")).json()["entries"]
        ids = [entry["id"] for entry in entries if entry["route"] == route and entry["status"] is not None]
        return RequestDetails(**(await http.get(f"/api/v1/server/log/{ids[-1]}")).json()) if ids else None

    return await until(found)


async def test_headers_body_and_answer_are_kept_without_secrets(in_full: httpx.AsyncClient) -> None:
    headers = {"Authorization": f"Bearer {SECRET}", "Cookie": "session=abc", "X-Title": "Note taker", "X-Odd": SECRET}
    answer = await in_full.post("/v1/models?key=hf_abcdefghijklmnop", headers=headers, json={"name": SECRET})
    assert answer.status_code == 404
    kept = await details(in_full, "/v1/models")
    text = kept.model_dump_json()
    assert SECRET not in text
    assert "session=abc" not in text
    assert "hf_abcdefghijklmnop" not in text
    shown = {header.name: header.value for header in kept.request_headers}
    assert shown["authorization"] == shown["cookie"] == "…"
    assert shown["x-odd"].startswith("sk-lm-abcd")
    assert kept.program == "Note taker"
    assert kept.in_full
    assert not kept.body_complete, "a token was cut out of it"
    assert "Unexpected endpoint" in (kept.answer or "")
    assert "content-type" in {header.name for header in kept.answer_headers}


async def test_the_events_of_a_stream_are_kept_as_they_came(in_full: httpx.AsyncClient) -> None:
    body = {"model": MODEL, "messages": [{"role": "user", "content": "Hello"}], "stream": True, "max_tokens": 6}
    sent = (await in_full.post("/v1/chat/completions", json=body)).text
    kept = await details(in_full, "/v1/chat/completions")
    assert [event.text for event in kept.events] == [frame for frame in sent.split("\n\n") if frame]
    assert kept.events[-1].text == "data: [DONE]"
    assert kept.events[0].seconds <= kept.events[-1].seconds <= (kept.seconds or 0) + 0.01
    assert kept.body_complete
    assert json.loads(kept.body) == body
    assert kept.answer is None


async def test_a_secret_that_a_stream_spells_out_is_not_told() -> None:
    whole, spelled = StreamRecord(), StreamRecord()
    for piece in ("the token is sk-", "lm-abcd", "efgh:1234567890", "1234567890"):
        spelled.add(f"data: {json.dumps({'choices': [{'delta': {'content': piece}}]})}\n\n".encode(), 0.1)
        whole.add(b'data: {"choices": [{"delta": {"content": "word "}}]}\n\n', 0.1)
    assert spelled.has_secrets
    assert not whole.has_secrets


async def test_events_beyond_the_bound_are_counted() -> None:
    stream = StreamRecord()
    for _ in range(1000):
        stream.add(b'data: {"a": 1}\n\n', 1.0)
    stream.add(b": waiting\n\n", 1.0)
    assert len(stream.events) == 300
    assert stream.skipped == 700


async def test_without_the_setting_no_text_is_kept() -> None:
    async with serving() as server, http_client(server.address) as http:
        await http.post("/v1/models", json={"a": "b"})
        kept = await details(http, "/v1/models")
        assert not kept.in_full
        assert (kept.body, kept.answer, kept.request_headers, kept.events) == (None, None, [], [])
        assert kept.program == "Python httpx"
        assert (await http.get("/api/v1/server/log/999999")).status_code == 404
        async with Client(server.address) as client:
            with pytest.raises(NotFoundError):
                await ServerApi(client).request_details(999999)


async def test_texts_of_all_requests_together_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_log, "KEPT_CHARACTERS", 1000)
    logbook = RequestLogbook()
    for _ in range(20):
        record = logbook.begin("POST", "/v1/chat/completions", "127.0.0.1")
        record.in_full, record.answer = True, "x" * 100
        logbook.end(record, status=200, seconds=0.1)
    kept = [len(logbook.details(entry.id).answer or "") for entry in logbook.entries]
    assert kept == [0] * 10 + [100] * 10, "the oldest go first"


async def test_headers_and_queries_count_among_the_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_log, "KEPT_CHARACTERS", 1000)
    logbook = RequestLogbook()
    for _ in range(20):
        record = logbook.begin("GET", "/v1/models", "127.0.0.1")
        record.in_full, record.query = True, "q" * 40
        record.request_headers = kept_headers([(b"a" * 10, b"x" * 20)])
        record.answer_headers = kept_headers([(b"b" * 10, b"x" * 20)])
        logbook.end(record, status=200, seconds=0.1)
    kept = [len(logbook.details(entry.id).query) for entry in logbook.entries]
    assert kept == [0] * 10 + [40] * 10, "the oldest go first"


async def test_followers_in_batches_hear_of_each_request_once_and_of_what_they_missed() -> None:
    logbook = RequestLogbook()
    before = logbook.begin("GET", "/early", "")
    events = logbook.follow_in_batches()
    assert [entry.route for entry in (await anext(events)).entries] == ["/early"]
    logbook.end(before, status=200, seconds=0.1)
    for _ in range(2200):
        logbook.end(logbook.begin("GET", "/many", ""), status=200, seconds=0.1)
    batches: list[RequestBatch] = []
    while not batches or batches[-1].entries[-1].id < 2201:
        batches.append(await anext(events))
    entries = [entry for batch in batches for entry in batch.entries]
    assert len({entry.id for entry in entries}) == len(entries) == 2000
    assert all(entry.status == 200 for entry in entries), "as they are by then"
    assert sum(batch.skipped for batch in batches) == 201
    assert max(len(batch.entries) for batch in batches) <= 250
    await events.aclose()


async def test_the_log_is_followed_in_batches_by_the_client() -> None:
    async with serving() as server, Client(server.address) as client, http_client(server.address) as http:
        await http.get("/lmstudio-greeting")
        seen: dict[int, Any] = {}
        batches = ServerApi(client).follow_log_in_batches()
        async for batch in batches:
            seen |= {entry.id: entry for entry in batch.entries}
            if len(seen) == 1:
                await asyncio.gather(*(http.get("/lmstudio-greeting") for _ in range(20)))
            if len(seen) == 21 and all(entry.status for entry in seen.values()):
                break
        await batches.aclose()


async def test_use_is_counted_by_day_token_and_model_and_survives() -> None:
    write_tiny_llama(app_paths().models / "acme/Tiny-GGUF/Tiny-Q4_K_M.gguf", brief=True)
    key = {"Authorization": f"Bearer {LOCAL_KEY}"}
    async with serving(adopt_models=False) as server, http_client(server.address, timeout=60) as http:
        async with Client(server.address) as client:
            token = await ServerApi(client).create_token(TokenRequest(name="laptop", permissions=["chat"]))
            answer = await ChatApi(client).complete(ChatRequest(model=MODEL, input="Hello", max_output_tokens=4))
        async with Client(server.address, token.token) as client:
            await ChatApi(client).complete(ChatRequest(model=MODEL, input="Hello", max_output_tokens=4))
        await http.post("/v1/chat/completions", json={"model": "no/body", "messages": []})
        await http.get("/v1/models")
        report = (await http.get("/api/v1/server/usage?days=1", headers=key)).json()
    assert {entry["day"] for entry in report["entries"]} == {report["today"]}
    counted = {(entry["token"], entry["model"]): entry for entry in report["entries"]}
    assert set(counted) == {("", ""), ("", MODEL), ("laptop", MODEL)}
    assert counted["", MODEL]["output_tokens"] == answer.stats.total_output_tokens
    assert counted["", MODEL]["input_tokens"] == answer.stats.input_tokens
    assert (counted["", MODEL]["requests"], counted["", MODEL]["errors"]) == (1, 0)
    assert (counted["", ""]["requests"], counted["", ""]["errors"]) == (1, 1)
    async with serving(adopt_models=False) as server, Client(server.address) as client:
        again = (await ServerApi(client).usage(7)).entries
        assert [entry.model_dump() for entry in again] == report["entries"]
        await ServerApi(client).forget_usage()
        assert (await ServerApi(client).usage(7)).entries == []
