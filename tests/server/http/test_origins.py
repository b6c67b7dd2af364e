"""Programs that send an Origin: refused unless the settings name it, and told where."""

import time
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from tests.stands.plain_http import http_client
from tests.stands.serving import serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

OBSIDIAN = "app://obsidian.md"


@pytest_asyncio.fixture(loop_scope="module")
async def named() -> AsyncIterator[httpx.AsyncClient]:
    """A server that names one program and a family of pages."""
    origins = [OBSIDIAN, "https://*.example.com"]
    async with serving(allowed_origins=origins) as running, http_client(running.address) as http:
        yield http


async def status(http: httpx.AsyncClient, origin: str) -> int:
    return (await http.get("/api/v1/models", headers={"Origin": origin})).status_code


async def test_an_origin_that_is_named_may_ask(named: httpx.AsyncClient) -> None:
    for origin in (OBSIDIAN, "https://notes.example.com"):
        answer = await named.get("/api/v1/models", headers={"Origin": origin})
        assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (200, origin)


@pytest.mark.parametrize(
    "origin", ["app://other", "https://example.com.evil.test", "https://evil.test/.example.com.test", "null", ""]
)
async def test_others_are_refused_and_told_of_the_setting(named: httpx.AsyncClient, origin: str) -> None:
    answer = await named.get("/api/v1/models", headers={"Origin": origin})
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (403, "origin_not_allowed")
    assert "allowed_origins" in error["message"]


async def test_no_origin_takes_long_to_compare() -> None:
    async with serving(allowed_origins=["https://*.*.*.example.com"]) as running, http_client(running.address) as http:
        assert await status(http, "https://a.b.c.example.com") == 200
        assert await status(http, "https://.b.example.com") == 403
        began = time.process_time()
        assert await status(http, "https://" + ".a" * 30_000) == 403
        assert await status(http, "https://" + ".a" * 140 + "x") == 403
        assert time.process_time() - began < 1


async def test_a_preflight_may_cross_into_a_private_network(named: httpx.AsyncClient) -> None:
    asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Private-Network": "true"}
    answer = await named.options("/v1/chat/completions", headers={"Origin": OBSIDIAN, **asks})
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Private-Network"] == "true"
    assert (await named.options("/v1/chat/completions", headers={"Origin": "app://other", **asks})).status_code == 403
