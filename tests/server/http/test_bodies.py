"""Bodies of requests: how they are read, what is too much, and what is told of them."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from studiolo.api.server import RequestLog
from studiolo.paths import app_paths
from studiolo.server.app import build_app
from studiolo.server.body_census import MOST_NUMBERS, MOST_VALUES, MOST_WIDE_TEXT, BodyCensus
from studiolo.server.engine.encoding import encoded
from studiolo.server.http.bodies import MOST_BYTES, MOST_PLAIN_BYTES, CheckedRoute
from studiolo.server.settings import ServerSettingsStore
from tests.stands.serving import LOCAL_KEY, RunningServer

JSON = {"Content-Type": "application/json"}
pytestmark = pytest.mark.asyncio(loop_scope="module")


async def refused(http: httpx.AsyncClient, content: bytes, path: str = "/api/v1/chat") -> dict[str, str]:
    answer = await http.post(path, content=content, headers=JSON)
    assert answer.status_code == 400, answer.text
    error = answer.json()["error"]
    assert isinstance(error, dict)
    return error


async def test_every_route_with_a_body_reads_it_this_way() -> None:
    app = build_app(app_paths(), ServerSettingsStore(app_paths().config / "server.json"), local_key=LOCAL_KEY).asgi
    while not isinstance(app, FastAPI):
        app = app._app  # type: ignore[attr-defined]
    routes = [route for route in walked(app) if route.body_field]
    assert len(routes) > 15
    assert [route.path for route in routes if not isinstance(route, CheckedRoute)] == []


def walked(owner: object) -> Iterator[APIRoute]:
    for route in getattr(owner, "routes", ()):
        if included := getattr(route, "original_router", None):
            yield from walked(included)
        elif isinstance(route, APIRoute):
            yield route


async def test_the_first_of_many_mistakes_is_told(http: httpx.AsyncClient) -> None:
    items: list[object] = [{"type": "text", "content": "fine"}, {"type": "text"}, {"type": "text", "content": 5}] + [
        []
    ] * 900
    error = await refused(http, json.dumps({"model": "x", "input": items}).encode())
    assert error["param"] == "input.1.content"
    error = await refused(
        http,
        json.dumps({"model": "x", "messages": [{"role": "user"}] * 9 + [{}, {"role": 1}]}).encode(),
        "/v1/messages",
    )
    assert error["message"] == '"messages.9.role" is required'


@pytest.mark.parametrize("where", ["body", "item"])
async def test_thousands_of_unknown_keys_make_a_short_text(http: httpx.AsyncClient, where: str) -> None:
    odd = {f"odd_{number}_{'x' * 40}": number for number in range(30_000)}
    item = {"type": "text", "content": "x"}
    body = {"model": "x", "input": [item], **odd} if where == "body" else {"model": "x", "input": [item | odd]}
    error = await refused(http, json.dumps(body).encode())
    assert error["code"] == "unrecognized_keys"
    assert "odd_0_" in error["message"]
    assert "and others" in error["message"]
    assert len(error["message"]) < 500


async def test_a_long_value_is_not_sent_back(http: httpx.AsyncClient) -> None:
    for body in (
        {"model": "m" * 900, "input": "x"},
        {"model": "m" * 50_000, "input": "x"},
        {"model": "x", "k" * 50_000: 1},
    ):
        answer = await http.post("/api/v1/chat", json=body)
        assert answer.status_code in (400, 404)
        assert len(answer.content) < 2000


async def test_half_an_emoji_is_replaced_and_the_rest_is_read(http: httpx.AsyncClient) -> None:
    answer = await http.post("/api/v1/chat", content=b'{"model":"cut \\ud83d here","input":"x"}', headers=JSON)
    assert answer.status_code == 404
    assert "cut � here" in answer.json()["error"]["message"]
    error = await refused(http, b'{"model":"x","input":"x","\\udc00":1}')
    assert "�" in error["message"]


async def test_a_packed_body_is_read_and_one_that_only_takes_memory_is_not(http: httpx.AsyncClient) -> None:
    body = b'{"model":"nobody","input":"' + b"word " * 1000 + b'"}'
    head = JSON | {"Content-Encoding": "gzip"}
    answer = await http.post("/api/v1/chat", content=gzip.compress(body), headers=head)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "model_not_found")
    bomb = gzip.compress(b'{"model":"nobody","input":"' + b" " * 60_000_000 + b'"}')
    assert len(bomb) < 100_000
    answer = await http.post("/api/v1/chat", content=bomb, headers=head)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "request_too_large")


async def test_a_body_in_another_character_set_is_read(http: httpx.AsyncClient) -> None:
    body = '{"model":"größer","input":"x"}'
    for charset in ("latin-1", "utf-16", "utf-8"):
        head = {"Content-Type": f"application/json; charset={charset}"}
        answer = await http.post("/api/v1/chat", content=body.encode(charset), headers=head)
        assert "größer" in answer.json()["error"]["message"], charset
    answer = await http.post("/api/v1/chat", content=body.encode("utf-16"), headers=JSON)
    assert "größer" in answer.json()["error"]["message"], "JSON knows what it is in"


async def test_a_byte_order_mark_before_the_body_is_passed_over(http: httpx.AsyncClient) -> None:
    answer = await http.post("/api/v1/chat", content=b'\xef\xbb\xbf{"model":"nobody","input":"x"}', headers=JSON)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "model_not_found")


@pytest.mark.parametrize(
    "content",
    [b"", b"  \n", b"{", b'{"a":1}}', b"\xff", b"[" * 500, b"\0", b"{'a':1}"],
)
async def test_what_is_no_json_says_so(http: httpx.AsyncClient, content: bytes) -> None:
    assert (await refused(http, content))["code"] == "invalid_json"


@pytest.mark.parametrize("content", [b"null", b"5", b'"text"', b"[]", b"true"])
async def test_json_that_is_no_object_is_told(http: httpx.AsyncClient, content: bytes) -> None:
    assert "must be a JSON object" in (await refused(http, content))["message"]


async def test_a_body_beyond_the_limit_of_its_route_is_refused_in_the_dialect(http: httpx.AsyncClient) -> None:
    answer = await http.post(
        "/api/v1/models/load", content=b'{"model":"' + b"x" * MOST_PLAIN_BYTES + b'"}', headers=JSON
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "request_too_large")
    reader, writer = await asyncio.open_connection(http.base_url.host, http.base_url.port)
    head = "POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    writer.write(f"{head}Content-Length: {MOST_BYTES + 1}\r\n\r\n{{".encode())
    answered = await reader.readuntil(b"}}")
    writer.close()
    assert answered.startswith(b"HTTP/1.1 413"), "at once, before it comes"
    assert b'"request_too_large"' in answered


async def test_a_body_without_a_length_has_the_same_limit(http: httpx.AsyncClient) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b'{"model":"'
        for _ in range(20):
            yield b"x" * (MOST_PLAIN_BYTES // 16)

    answer = await http.post("/api/v1/models/load", content=pieces(), headers=JSON)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "request_too_large")


async def test_a_body_that_would_become_far_larger_is_refused(http: httpx.AsyncClient) -> None:
    answer = await http.post(
        "/v1/responses", content=b'{"model":"x","input":[' + b"[]," * MOST_VALUES + b"[]]}", headers=JSON
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "request_too_large")


async def test_what_is_kept_of_a_large_body_is_short_and_without_its_images(
    http: httpx.AsyncClient, own_server: RunningServer
) -> None:
    await http.patch("/api/v1/server/settings", json={"log_bodies": True})
    image = "data:image/png;base64," + "iVBORw0K" * 200_000
    items = [{"type": "image", "data_url": image}, {"type": "text", "content": "after the image"}]
    await http.post("/api/v1/chat", json={"model": "x", "input": items})
    await http.post("/api/v1/chat", json={"model": "x", "input": "word " * 400_000})
    log = RequestLog.model_validate((await http.get("/api/v1/server/log")).json())
    image_body, text_body = (entry.body or "" for entry in log.entries[-2:])
    assert "[image]" in image_body
    assert "after the image" in image_body
    assert "iVBOR" not in image_body
    assert len(text_body) < 21_000


async def test_a_packed_body_is_kept_as_it_can_be_read(http: httpx.AsyncClient, own_server: RunningServer) -> None:
    await http.patch("/api/v1/server/settings", json={"log_bodies": True})
    packed = gzip.compress(json.dumps({"model": "x", "input": "packed once"}).encode())
    await http.post("/api/v1/chat", content=packed, headers={**JSON, "Content-Encoding": "gzip"})
    await http.post("/api/v1/chat", content='{"model": "x", "input": "wide"}'.encode("utf-16"), headers=JSON)
    log = RequestLog.model_validate((await http.get("/api/v1/server/log")).json())
    packed_body, wide_body = (entry.body or "" for entry in log.entries[-2:])
    assert "packed once" in packed_body
    assert '"wide"' in wide_body


async def test_settings_are_not_taken_in_by_the_thousand(http: httpx.AsyncClient) -> None:
    defaults = {f"model-{number}": {"context_length": -1} for number in range(20_000)}
    answer = await http.patch("/api/v1/server/settings", json={"model_defaults": defaults})
    assert answer.status_code == 400
    assert len(answer.content) < 500


@pytest.mark.parametrize("step", [1, 2, 3, 7, 1000])
async def test_a_body_is_counted_rightly_wherever_it_is_cut(step: int) -> None:
    body = json.dumps(
        {"a": ['"', "\\", '\\"', "x,[{", "[\\\\"], "b": [{}, [], [1, 2, 3.5, None]], "ü": "\U0001f600"}
    ).encode()
    whole, cut = BodyCensus(), BodyCensus()
    whole.feed(body)
    for at in range(0, len(body), step):
        cut.feed(body[at : at + step])
    assert vars(cut) | {"_wide": 0} == vars(whole) | {"_wide": 0}
    values = 1 + 1 + 5 + 1 + 3 + 1 + 3  # Keys are texts, too.
    assert vars(whole)["_values"] == values


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'["x",' * (MOST_VALUES // 2 + 1), "texts, lists and objects"),
        (b"[" + b"1," * (MOST_NUMBERS + 1), "numbers"),
        ('["' + "ü" * (MOST_WIDE_TEXT // 2 + 1) + '"]', "MiB of text"),
        (b'["' + b"\\u00fc" * (MOST_WIDE_TEXT // 5) + b'"]', "MiB of text"),
        (b'["' + b"x" * (2 * MOST_WIDE_TEXT) + b'"]', ""),
    ],
)
async def test_what_is_too_much_is_named(body: bytes | str, words: str) -> None:
    census = BodyCensus()
    census.feed(body.encode() if isinstance(body, str) else body)
    assert words in census.problem
    assert bool(words) == bool(census.problem)


async def test_a_large_request_reaches_the_engine_as_it_is() -> None:
    odd = 'quotes " and \\ and \x01 and ü and \U0001f600 '
    body = {
        "a": odd * 60_000,
        "b": [odd, {"c": "x" * 3_000_000, "d": None, "e": [1, 2.5, True]}] * 2,
        "f": list(range(9)),
    }
    pieces = await encoded(body)
    assert json.loads(b"".join(pieces)) == body
    assert max(map(len, pieces)) < 5_000_000
    assert json.loads(b"".join(await encoded({"small": odd}))) == {"small": odd}
    async with asyncio.timeout(1):
        assert await encoded(None) == []
