"""What stands between the client and a server: proxies, certificates, names, and servers of another kind."""

import asyncio
import shutil
import ssl
import subprocess
import sys
from pathlib import Path

import pytest

from studiolo.client.client import Client
from studiolo.client.models import ModelsApi
from studiolo.errors import AccessError, AppError, NotFoundError, ProtocolError, RequestError, UnreachableError
from tests.stands.raw_http import raw_server, response

MODELS = response(b'{"models": []}')


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


async def failure(address: str, token: str | None = None) -> AppError:
    with pytest.raises(AppError) as caught:
        async with Client(address, token) as client:
            await ModelsApi(client).list_models()
    return caught.value


async def test_the_proxy_of_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    async with raw_server(MODELS) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.address)
        async with Client("models.invalid:99") as client:
            assert await ModelsApi(client).list_models() == []
    assert proxy.requests == ["GET http://models.invalid:99/api/v1/models HTTP/1.1"]


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "ALL_PROXY"])
async def test_this_machine_is_never_asked_by_a_proxy(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    async with raw_server() as proxy, raw_server(MODELS) as server:
        monkeypatch.setenv(variable, proxy.address)
        async with Client(server.address) as client:
            assert await ModelsApi(client).list_models() == []
    assert proxy.requests == []


async def test_a_proxy_that_nobody_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    async with raw_server() as gone:
        monkeypatch.setenv("HTTP_PROXY", gone.address)
    assert isinstance(await failure("models.invalid"), UnreachableError)


async def test_a_proxy_that_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    async with raw_server(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n") as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.address)
        error = await failure("https://models.invalid")
    assert isinstance(error, UnreachableError)
    assert "proxy" in error.message


@pytest.mark.parametrize("proxy", ["socks5://user:secret@127.0.0.1:1", "socks://127.0.0.1:1", "http://[::1"])
async def test_a_proxy_that_httpx_does_not_know(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy)
    error = await failure("models.invalid")
    assert isinstance(error, RequestError)
    assert "proxy" in error.message
    assert "secret" not in str(error) + error.details


async def test_a_name_that_nobody_has() -> None:
    error = await failure("models.invalid")
    assert isinstance(error, UnreachableError)
    assert "known by the name" in error.message


async def test_what_does_not_speak_tls() -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    async with server:
        error = await failure(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    assert isinstance(error, ProtocolError)
    assert "does not speak https" in error.message
    assert "http://" in error.hint


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that nobody has signed but itself, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("makes its certificate with openssl")
    folder = tmp_path_factory.mktemp("tls")
    made = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=here"]
    made += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run(["openssl", "req", *made], cwd=folder, check=True, capture_output=True)
    return folder / "cert.pem", folder / "key.pem"


@pytest.fixture
def tls(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context


async def test_a_certificate_that_nobody_vouches_for(tls: ssl.SSLContext) -> None:
    async with raw_server(MODELS, tls=tls) as server:
        error = await failure(server.address, "sk-lm-secret")
        # The token was not shown to whoever that was.
        assert server.received == []
    assert isinstance(error, ProtocolError)
    assert "certificate" in error.message
    assert not error.retryable


async def test_a_certificate_of_ones_own(
    tls: ssl.SSLContext, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    async with raw_server(MODELS, tls=tls) as server, Client(server.address) as client:
        assert await ModelsApi(client).list_models() == []


def test_no_certificates_are_read_for_an_address_without_tls() -> None:
    script = (
        "import asyncio, ssl, studiolo.client.transport as t\n"
        "def read(*a, **k): raise SystemExit('certificates were read')\n"
        "ssl.SSLContext.load_verify_locations = ssl.SSLContext.load_default_certs = read\n"
        "try: asyncio.run(t.open_client('http://127.0.0.1:1').get('/'))\n"
        "except t.httpx.ConnectError: pass\n"
        "try: asyncio.run(t.open_client('https://127.0.0.1:1').get('/'))\n"
        "except SystemExit: print('only for https')\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "only for https"


async def test_a_redirect_is_shown_and_not_followed() -> None:
    async with raw_server(response(b"")) as elsewhere:
        moved = response(b"", status=308, headers=f"Location: {elsewhere.address}/api\r\n")
        async with raw_server(moved) as server:
            error = await failure(server.address, "sk-lm-secret")
        assert elsewhere.requests == []
    assert isinstance(error, ProtocolError)
    assert elsewhere.address in error.message


@pytest.mark.parametrize(
    ("status", "kind"), [(401, AccessError), (403, AccessError), (404, NotFoundError), (503, UnreachableError)]
)
async def test_a_web_server_of_another_kind(status: int, kind: type[AppError]) -> None:
    async with raw_server(response(b"<html>", status=status, kind="text/html")) as server:
        error = await failure(server.address)
    assert type(error) is kind
    assert error.hint
