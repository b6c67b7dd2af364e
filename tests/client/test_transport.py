import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiolo.client.client import Client
from studiolo.client.probe import probe
from studiolo.client.transport import is_loopback, normalize_address
from studiolo.errors import RequestError, UnreachableError
from tests.stands.raw_http import raw_server, response

UNKNOWN = b'{"error": "Unexpected endpoint or method. (GET /api/v1/server)"}'
MODELS = b'{"models": []}'
GREETING = response(b'{"lmstudio": true}')
REFUSED = response(b'{"error": {"message": "no", "code": "invalid_api_key"}}', status=401)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("localhost", "http://localhost:1234"),
        (" localhost:99/ ", "http://localhost:99"),
        ("http://x", "http://x:1234"),
        ("https://models.example.org", "https://models.example.org"),
        ("https://x:8443/base/", "https://x:8443/base"),
        ("192.168.1.5", "http://192.168.1.5:1234"),
        ("[::1]:5", "http://[::1]:5"),
        ("HTTP://X", "http://x:1234"),
        ("::1", "http://[::1]:1234"),
        ("http://x:", "http://x:1234"),
        ("bücher.example", "http://bücher.example:1234"),
        # What people copy out of other programs' settings.
        ("http://localhost:1234/v1", "http://localhost:1234"),
        ("http://x:1/base/api/v1/", "http://x:1/base"),
    ],
)
def test_addresses_as_people_write_them(text: str, address: str) -> None:
    assert normalize_address(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "http://",
        "ftp://x",
        "x:99999",
        "x:abc",
        "a b",
        "http://x?y=1",
        "http://u:p@x",
        "[::1",
        "http://:p@x",
        "http//x",
        "x:0",
        "a..b",
        "a" * 64,
        "x\\y",
        "*",
        "-x",
        "999.1.1.1",
        "x\x00y",
        "x#y",
        ":1234",
    ],
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(RequestError):
        normalize_address(text)


@given(st.text(max_size=40))
def test_nothing_but_a_request_error_is_raised(text: str) -> None:
    try:
        address = normalize_address(text)
    except RequestError:
        return
    assert normalize_address(address) == address
    httpx.URL(address)


def test_loopback_is_recognised() -> None:
    assert all(
        is_loopback(f"http://{host}:1") for host in ("localhost", "127.0.0.1", "127.9.9.9", "[::1]", "a.localhost")
    )
    assert all(is_loopback(f"http://{host}:1") for host in ("0.0.0.0", "[::]", "[::ffff:127.0.0.1]", "localhost."))
    assert not any(is_loopback(f"http://{host}:1") for host in ("192.168.1.1", "example.org", "localhost.example.org"))


@pytest.mark.parametrize(
    ("answers", "kind", "needs_token"),
    [
        ([response(b'{"name": "studiolo", "version": "9", "capabilities": ["x"]}')], "studiolo", False),
        ([response(UNKNOWN, status=404), response(MODELS), GREETING], "lmstudio", False),
        ([response(UNKNOWN), response(MODELS), GREETING], "lmstudio", False),
        ([response(UNKNOWN), response(b'{"models": [{"key": "m"}]}'), response(b"<html>")], "lmstudio", False),
        ([REFUSED, GREETING], "lmstudio", True),
        ([response(UNKNOWN), REFUSED, GREETING], "lmstudio", True),
        ([response(b"A router wants a password.", status=401)], "other", True),
        ([response(UNKNOWN), response(b"", status=500), GREETING], "lmstudio", False),
        # LM Studio before 0.4, and a server that says yes to everything.
        ([response(UNKNOWN), response(UNKNOWN), GREETING], "other", False),
        ([response(b"{}")], "other", False),
        ([response(b"<html>")], "other", False),
        ([response(b'{"error": "no"}', status=404), response(b"<html>")], "other", False),
    ],
)
async def test_who_is_there(answers: list[bytes], kind: str, needs_token: bool) -> None:
    async with raw_server(*answers) as server, Client(server.address) as client:
        found = await probe(client)
    assert (found.kind, found.needs_token) == (kind, needs_token)


async def test_nobody_is_there() -> None:
    async with raw_server() as server:
        address = server.address
    async with Client(address) as client:
        with pytest.raises(UnreachableError):
            await probe(client)
