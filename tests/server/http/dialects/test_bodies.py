"""Bodies with half a character in them, packed ones, and those in another character set."""

import gzip
import json
import zlib
from typing import Any

import httpx
import pytest

from studiolo.errors import RequestError
from studiolo.server.http.encodings import readable
from tests.server.http.dialects.conftest import TALKER
from tests.server.http.dialects.requests import (
    CHAT,
    COMPLETIONS,
    MESSAGES,
    RESPONSES,
    body_for,
    prompt_tokens,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

HALF = "a\ud83db"
MIB = 2**20


async def post(http: httpx.AsyncClient, route: str, body: Any, **headers: str) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Content-Type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return await http.post(route, content=content, headers=headers)


@pytest.mark.parametrize("route", [CHAT, COMPLETIONS, RESPONSES, MESSAGES])
async def test_half_a_character_is_replaced(http: httpx.AsyncClient, route: str) -> None:
    half = await post(http, route, body_for(route, HALF))
    assert half.status_code == 200
    assert prompt_tokens(half.json()) == prompt_tokens((await post(http, route, body_for(route, "a\ufffdb"))).json())


async def test_half_a_character_is_replaced_by_lm_studio_s_own_route(http: httpx.AsyncClient) -> None:
    answer = await post(http, "/api/v1/chat", {"model": TALKER, "input": HALF, "max_output_tokens": 2})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("route", "more"),
    [
        (RESPONSES, {"previous_response_id": f"resp_{HALF}"}),
        (CHAT, {"model": HALF}),
        (CHAT, {"messages": [{"role": HALF, "content": "x"}]}),
        (CHAT, {"messages": [{"role": "user", "content": [{"type": HALF}]}]}),
        (CHAT, {"response_format": {"type": HALF}}),
        (RESPONSES, {"input": [{"role": HALF, "content": "x"}]}),
        (RESPONSES, {HALF: 1, "input": []}),
        (MESSAGES, {"tools": [{"type": HALF}]}),
        (MESSAGES, {"thinking": {"type": HALF}}),
        ("/api/v1/chat", {HALF: 1}),
        ("/api/v1/models/load", {"model": HALF}),
    ],
)
async def test_an_error_that_quotes_half_a_character_is_an_error_as_any_other(
    http: httpx.AsyncClient, route: str, more: dict[str, Any]
) -> None:
    body = body_for(route) if route.startswith("/v1") else {"model": TALKER}
    answer = await post(http, route, body | more)
    assert answer.status_code in (400, 404)
    assert answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (rb'"\ud83d\ude00"', rb'"\ud83d\ude00"'),
        (rb'"\ud83d"', rb'"\ufffd"'),
        (rb'"\ude00\ud83d"', rb'"\ufffd\ufffd"'),
        (rb'"\ud83d\ud83d\ude00"', rb'"\ufffd\ud83d\ude00"'),
        (rb'"\\ud83d \\\ud83d"', rb'"\\ud83d \\\ufffd"'),
        (b'"\xed\xa0\xbd\xed\xb8\x80 \xed\xa0\xbd"', '"😀 \ufffd"'.encode()),
        (b'\xef\xbb\xbf"\xc3\xa4"', b'"\xc3\xa4"'),
        ('"ä😀"'.encode("utf-16"), '"ä😀"'.encode()),
        ('"ä"'.encode("utf-32-le"), '"ä"'.encode()),
    ],
)
async def test_only_what_is_half_is_replaced(sent: bytes, read: bytes) -> None:
    assert readable(sent, "", None, MIB) == read


async def test_packed_bodies_are_read(http: httpx.AsyncClient) -> None:
    plain = json.dumps(body_for(CHAT)).encode()
    count = prompt_tokens((await post(http, CHAT, plain)).json())
    packer = zlib.compressobj()
    for packing, packed in (
        ("gzip", gzip.compress(plain)),
        ("gzip", gzip.compress(plain[:9]) + gzip.compress(plain[9:])),
        ("deflate", packer.compress(plain) + packer.flush()),
    ):
        answer = await post(http, CHAT, packed, Content_Encoding=packing)
        assert prompt_tokens(answer.json()) == count


@pytest.mark.parametrize(
    ("packing", "content", "status", "code"),
    [
        ("gzip", b"{}", 400, "invalid_encoding"),
        ("gzip", gzip.compress(b"{}", mtime=0)[:-6], 400, "invalid_encoding"),
        ("br", b"{}", 415, "unsupported_encoding"),
    ],
)
async def test_a_packed_body_that_can_t_be_read_says_so(
    http: httpx.AsyncClient, packing: str, content: bytes, status: int, code: str
) -> None:
    answer = await post(http, CHAT, content, Content_Encoding=packing)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


async def test_a_packed_body_is_not_unpacked_beyond_the_limit() -> None:
    with pytest.raises(RequestError) as caught:
        readable(gzip.compress(b" " * (3 * MIB)), "gzip", None, MIB)
    assert caught.value.code == "request_too_large"


@pytest.mark.parametrize("charset", ["iso-8859-1", "latin-1", "windows-1252"])
async def test_a_body_is_read_in_the_character_set_that_it_names(http: httpx.AsyncClient, charset: str) -> None:
    umlauts = json.dumps(body_for(CHAT, "äöü"), ensure_ascii=False)
    answer = await post(http, CHAT, umlauts.encode("latin-1"), Content_Type=f"application/json; charset={charset}")
    assert prompt_tokens(answer.json()) == prompt_tokens((await post(http, CHAT, umlauts.encode())).json())


@pytest.mark.parametrize("route", [CHAT, MESSAGES, "/api/v1/chat"])
@pytest.mark.parametrize(
    ("content", "kind", "code"),
    [
        ('{"model": "ä"}'.encode("latin-1"), "application/json", "invalid_json"),
        (b"{}", "application/json; charset=klingon", "unsupported_charset"),
        (b"{}", "application/json; charset=idna", "unsupported_charset"),
        (b'{"n": ' + b"1" * 5000 + b"}", "application/json", "invalid_json"),
        (b"[" * 50_000, "application/json", "invalid_json"),
    ],
    ids=["latin-1", "no set", "no set of characters", "a long number", "deep"],
)
async def test_a_body_that_can_t_be_read_says_why(
    http: httpx.AsyncClient, route: str, content: bytes, kind: str, code: str
) -> None:
    answer = await post(http, route, content, Content_Type=kind)
    error = answer.json()["error"]
    assert answer.status_code in (400, 415)
    assert "error parsing" not in error["message"]
    assert route == MESSAGES or error["code"] == code
