"""Whatever a hub answers, it is the hub's fault; and what can't be shown, or is no path, is refused by name."""

import asyncio
import json
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from studiolo.paths import HOME_VARIABLE
from tests.stands.plain_http import http_client
from tests.stands.raw_http import raw_server, response
from tests.stands.serving import RunningServer, serving


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningServer]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(HOME_VARIABLE, str(tmp_path_factory.mktemp("home")))
        async with serving() as server:
            yield server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http(shared: RunningServer) -> AsyncIterator[httpx.AsyncClient]:
    async with http_client(shared.address, timeout=30) as http:
        yield http


_ODD = [5, "x", [], {}, None, True, [[1]], {"a": 1}, 2**70, "\0", "\ud800", -1]
_FIELDS = ("id", "sha", "gated", "downloads", "likes", "lastModified", "tags", "pipeline_tag", "gguf", "siblings")
_REPOSITORY = {"id": "acme/m-GGUF", "sha": "a" * 40, "siblings": [{"rfilename": "m-Q4_K_M.gguf", "size": 5}]}


def _with(name: str, odd: object) -> list[bytes]:
    """As a search's answer and as a repository's."""
    entry = _REPOSITORY | {name: odd}
    inner = [
        _REPOSITORY | {"siblings": [{"rfilename": "m-Q4_K_M.gguf", "size": odd, "lfs": odd}, odd]},
        _REPOSITORY | {"gguf": {"total": odd, "context_length": odd}, "tags": [odd]},
    ]
    return [json.dumps(one).encode() for one in ([entry, *inner], entry, *inner)]


BODIES = {
    "deep lists": b"[" * 200_000,
    "deep objects": b'{"a":' * 200_000,
    "long number": b"[" + b"9" * 10_000 + b"]",
    "no JSON": b"<html>",
    "no UTF-8": b'[{"id": "\xff"}]',
    "nothing": b"",
    "a number": b"5",
    "null": b"null",
    "many numbers": b"[1,2,3]",
}


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
async def test_a_hub_that_answers_nonsense_is_a_bad_gateway(http: httpx.AsyncClient, body: bytes) -> None:
    async with raw_server(response(body)) as hub:
        await http.patch("/api/v1/server/settings", json={"hub_endpoint": hub.address})
        searched = await http.get("/api/v1/hub/models", params={"search": "zzz"})
        details = await http.get("/api/v1/hub/models/acme/m-GGUF")
        ordered = await http.post("/api/v1/models/download", json={"model": f"{hub.address}/acme/m-GGUF"})
    # A list of nothing that is known is an answer, too.
    assert searched.status_code == (200 if body == b"[1,2,3]" else 502)
    for answer in (details, ordered):
        assert answer.status_code == 502, answer.text
        assert "does not answer as a hub does" in answer.json()["error"]["message"]


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("name", _FIELDS)
async def test_a_hub_s_fields_of_other_kinds_are_no_mistake_of_ours(http: httpx.AsyncClient, name: str) -> None:
    for odd in _ODD:
        for body in _with(name, odd):
            async with raw_server(response(body)) as hub:
                await http.patch("/api/v1/server/settings", json={"hub_endpoint": hub.address})
                answers = await asyncio.gather(
                    http.get("/api/v1/hub/models", params={"search": "zzz"}),
                    http.get("/api/v1/hub/models/acme/m-GGUF"),
                )
            assert {answer.status_code for answer in answers} <= {200, 400, 502}, [one.text for one in answers]


@pytest.mark.asyncio(loop_scope="module")
async def test_the_whole_address_of_a_request_is_understood(shared: RunningServer) -> None:
    port = int(shared.address.rpartition(":")[2])
    for target, host, expected in (
        (f"http://127.0.0.1:{port}/api/v1/models?x=1", "127.0.0.1", b"200"),
        (f"HTTP://localhost:{port}/lmstudio-greeting", "evil.example", b"200"),
        (f"http://127.0.0.1:{port}", "127.0.0.1", b"200"),
        ("http://evil.example/api/v1/models", "127.0.0.1", b"403"),
        ("http://[abc/api/v1/models", "127.0.0.1", b"404"),
    ):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        status = await reader.readline()
        writer.close()
        await writer.wait_closed()
        assert status.split()[1] == expected, target


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("letter", ["\0", "\x1b", "\n", "\x7f", "\x9b"])
async def test_what_is_listed_has_no_control_characters_in_its_name(http: httpx.AsyncClient, letter: str) -> None:
    for method, path, body in (
        ("POST", "/api/v1/models/load", {"model": "a/b", "identifier": f"a{letter}b"}),
        ("POST", "/api/v1/server/tokens", {"name": f"a{letter}b"}),
        ("PATCH", "/api/v1/server/tokens/tok_0", {"name": f"a{letter}b"}),
        ("POST", "/api/v1/models/import", {"path": f"/a{letter}b.gguf", "name": f"a/b{letter}"}),
        ("POST", "/api/v1/models/move", {"model": "a/b", "folder": f"/a{letter}b"}),
        ("PATCH", "/api/v1/server/settings", {"model_defaults": {f"a{letter}b": {}}}),
    ):
        answer = await http.request(method, path, json=body)
        assert answer.status_code in (400, 404), (path, answer.text)
        assert "went wrong" not in answer.text
    assert letter not in json.dumps((await http.get("/api/v1/server/settings")).json(), ensure_ascii=False)
