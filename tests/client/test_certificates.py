"""Which certificate of a server is trusted, and that nothing is sent to a server with another one."""

import shutil
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from studiolo.client.certificates import Certificate, open_context, read_fingerprint
from studiolo.client.client import Client
from studiolo.client.models import ModelsApi
from studiolo.client.shown_certificate import show_certificate
from studiolo.errors import CertificateError, UnreachableError
from tests.stands.raw_http import raw_server, response

MODELS = response(b'{"models": []}')
TOKEN = "sk-lm-secret"


@dataclass
class Identity:
    """What a server proves itself with: its certificate as a file, and how it listens."""

    file: Path
    tls: ssl.SSLContext


def made_in(folder: Path, *, days: str = "2", names: str = "IP:127.0.0.1") -> Identity:
    made = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", days, "-subj", "/CN=office-box"]
    made += ["-addext", f"subjectAltName={names}", "-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run(["openssl", "req", *made], cwd=folder, check=True, capture_output=True)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return Identity(folder / "cert.pem", tls)


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    if shutil.which("openssl") is None:
        pytest.skip("makes its certificate with openssl")
    return made_in(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory, identity: Identity) -> Identity:
    return made_in(tmp_path_factory.mktemp("other"), names="DNS:elsewhere.example")


async def test_a_certificate_is_shown_before_anything_is_sent(identity: Identity) -> None:
    async with raw_server(MODELS, tls=identity.tls) as server:
        shown = await show_certificate(server.address)
        assert server.received == []
    told = subprocess.run(
        ["openssl", "x509", "-in", identity.file, "-noout", "-fingerprint", "-sha256"], capture_output=True, check=True
    )
    assert shown.fingerprint == read_fingerprint(told.stdout.decode().partition("=")[2])
    assert (shown.subject, shown.issuer, shown.names) == ("office-box", "office-box", ("127.0.0.1",))
    assert shown.begins
    assert shown.ends
    assert (shown.ends - shown.begins).days == 2


async def test_a_pinned_certificate_is_trusted_whatever_it_is_called(other: Identity) -> None:
    async with raw_server(MODELS, tls=other.tls) as server:
        shown = await show_certificate(server.address)
        pinned = Certificate("pinned", shown.fingerprint)
        async with Client(server.address, TOKEN, certificate=pinned) as client:
            assert await ModelsApi(client).list_models() == []


async def test_another_certificate_than_the_pinned_one_gets_nothing(identity: Identity, other: Identity) -> None:
    async with raw_server(MODELS, tls=identity.tls) as server:
        pinned = Certificate("pinned", (await show_certificate(server.address)).fingerprint)
    async with raw_server(MODELS, tls=other.tls) as server:
        async with Client(server.address, TOKEN, certificate=pinned) as client:
            with pytest.raises(CertificateError, match="another certificate") as raised:
                await ModelsApi(client).list_models()
        assert server.received == [], "the token was not shown to whoever that was"
    assert not raised.value.retryable
    assert TOKEN not in f"{raised.value} {raised.value.details}"


async def test_the_certificate_of_a_file_is_trusted_for_the_names_it_has(identity: Identity, other: Identity) -> None:
    async with raw_server(MODELS, tls=identity.tls) as server:
        async with Client(server.address, certificate=Certificate("file", str(identity.file))) as client:
            assert await ModelsApi(client).list_models() == []
        async with Client(server.address, certificate=Certificate("file", str(other.file))) as client:
            with pytest.raises(CertificateError):
                await ModelsApi(client).list_models()
    async with raw_server(MODELS, tls=other.tls) as server:
        async with Client(server.address, certificate=Certificate("file", str(other.file))) as client:
            with pytest.raises(CertificateError):
                await ModelsApi(client).list_models()
        assert server.received == []


def test_a_file_without_a_certificate_is_refused_by_name(tmp_path: Path) -> None:
    for name, content in (("empty.pem", b""), ("noise.pem", bytes(range(256))), ("text.pem", b"BEGIN CERTIFICATE")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(CertificateError, match=name):
            open_context(Certificate("file", str(tmp_path / name)))
    for missing in (tmp_path / "gone.pem", tmp_path):
        with pytest.raises(CertificateError, match="can't be read"):
            open_context(Certificate("file", str(missing)))


@pytest.mark.parametrize("text", ["", "ab" * 31, "zz" * 32, "ab" * 33, "🦉" * 64])
def test_what_is_no_fingerprint_is_refused(text: str) -> None:
    with pytest.raises(CertificateError):
        read_fingerprint(text)


async def test_who_has_no_certificate_shows_none() -> None:
    with pytest.raises(CertificateError):
        await show_certificate("http://127.0.0.1:9")
    with pytest.raises(UnreachableError):
        await show_certificate("https://127.0.0.1:9")
