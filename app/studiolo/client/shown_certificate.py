"""Look at the certificate of a server before it is trusted: nothing is sent to whoever shows it."""

import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from studiolo.client.certificates import UnexpectedCertificate, fingerprint_of
from studiolo.client.errors import map_httpx_error
from studiolo.client.transport import normalize_address, open_client
from studiolo.errors import CertificateError
from studiolo.network.network import Network

# OpenSSL's X509_V_FLAG_NO_CHECK_TIME: to be looked at, a certificate need not be valid.
_AT_ANY_TIME = 0x200000
_MOST_CAUSES = 20
_SHOWN_CHARACTERS = 200


@dataclass(frozen=True)
class ShownCertificate:
    """What a server shows of itself; what is empty is not known. fingerprint: as of Certificate."""

    fingerprint: str
    subject: str = ""
    issuer: str = ""
    names: tuple[str, ...] = ()
    begins: datetime | None = None
    ends: datetime | None = None


async def show_certificate(address: str, *, network: Network | None = None) -> ShownCertificate:
    """Return what a server shows of itself. network: the way there; without one, that of the environment.

    Raises UnreachableError where nobody answers, CertificateError for a server that has no certificate, and
    RequestError for what is no address.
    """
    address = normalize_address(address)
    if not address.startswith("https:"):
        raise CertificateError("This address has no certificate.", hint="One that begins with https:// has.")
    der = (await _refused(address, _showing(ssl.CERT_NONE), network)).shown
    try:
        # Python tells what is in a certificate only once it is trusted: here, by itself alone.
        facts = (await _refused(address, _showing(ssl.CERT_REQUIRED, der), network)).facts
    except CertificateError:
        facts = {}
    return ShownCertificate(
        fingerprint_of(der),
        subject=_name_in(facts.get("subject", ())),
        issuer=_name_in(facts.get("issuer", ())),
        names=tuple(str(value)[:_SHOWN_CHARACTERS] for _, value in facts.get("subjectAltName", ()))[:_MOST_CAUSES],
        begins=_time(facts, "notBefore"),
        ends=_time(facts, "notAfter"),
    )


async def _refused(address: str, context: ssl.SSLContext, network: Network | None) -> UnexpectedCertificate:
    try:
        async with open_client(address, context=context, network=network) as client:
            await client.get("/")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        for cause in _causes(error):
            if isinstance(cause, UnexpectedCertificate):
                return cause
        raise map_httpx_error(error, address) from error
    raise CertificateError("The server has shown no certificate.")


def _showing(mode: ssl.VerifyMode, der: bytes | None = None) -> ssl.SSLContext:
    class Shown(ssl.SSLObject):
        """Ends the connection as soon as the certificate is there."""

        def do_handshake(self) -> None:
            super().do_handshake()
            raise UnexpectedCertificate(self.getpeercert(binary_form=True) or b"", dict(self.getpeercert() or {}))

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = mode
    if der:
        context.verify_flags = ssl.VerifyFlags(ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN | _AT_ANY_TIME)
        context.load_verify_locations(cadata=der)
    context.sslobject_class = Shown
    return context


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    for _ in range(_MOST_CAUSES):
        if error is None:
            return
        yield error
        error = error.__cause__ or error.__context__


def _name_in(parts: Any) -> str:
    """Return the common name, or else the organisation, of a name as Python tells it."""
    told = {str(key): str(value) for part in parts for key, value in part}
    return (told.get("commonName") or told.get("organizationName") or "")[:_SHOWN_CHARACTERS]


def _time(facts: Mapping[str, Any], name: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(facts[name])), UTC)
    except (KeyError, ValueError, OverflowError, OSError):
        return None
