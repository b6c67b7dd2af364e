"""Which certificate of a server is trusted: those that the system trusts, those of a file, or one alone."""

import hashlib
import re
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import httpx

from studiolo.errors import CertificateError
from studiolo.files import read_small

CertificateKind = Literal["system", "file", "pinned"]

_MOST_BYTES = 4 * 2**20
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Certificate:
    """`value`: of a file its path, of one that is pinned the SHA-256 of it, as 64 hexadecimal digits."""

    kind: CertificateKind = "system"
    value: str = ""


SYSTEM = Certificate()


class UnexpectedCertificate(ssl.SSLCertVerificationError):
    """A server has shown another certificate than the one that is trusted.

    `shown` is that, as DER; `facts` are what Python tells of it, where it was read.
    """

    def __init__(self, shown: bytes, facts: dict[str, Any] | None = None) -> None:
        super().__init__("another certificate than the trusted one")
        self.shown = shown
        self.facts = facts or {}


def fingerprint_of(der: bytes) -> str:
    """Return what a certificate is known by."""
    return hashlib.sha256(der).hexdigest()


def read_fingerprint(text: str) -> str:
    """Return a fingerprint as it is kept, from what a person has copied: with colons, in capitals.

    Raises CertificateError.
    """
    bare = re.sub(r"[\s:]", "", text.lower().removeprefix("sha256").removeprefix("sha-256"))
    if not _FINGERPRINT.fullmatch(bare):
        raise CertificateError("This is not a SHA-256 fingerprint.", hint="It has 64 digits from 0 to 9 and A to F.")
    return bare


def open_context(certificate: Certificate | None) -> ssl.SSLContext:
    """Return how a server proves who it is; None for a client that never uses TLS. Raises CertificateError."""
    if certificate is None:
        # It trusts nobody: to load the authorities takes longer than a request on this machine.
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    match certificate.kind:
        case "pinned":
            return _pinned(read_fingerprint(certificate.value))
        case "file":
            return _from_file(Path(certificate.value))
        case _:
            # The authorities of browsers (or of SSL_CERT_FILE), and those that this system trusts besides.
            context = httpx.create_ssl_context()
            context.load_default_certs()
            return context


def _from_file(file: Path) -> ssl.SSLContext:
    try:
        text = read_small(file, _MOST_BYTES).decode("ascii", errors="ignore")
    except OSError as error:
        raise CertificateError(
            f"The certificate file {file} can't be read.", hint=f"{error.strerror or error}."
        ) from error
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # A file may have the server's own certificate, without whoever signed it.
    context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    try:
        context.load_verify_locations(cadata=text)
    except (ssl.SSLError, ValueError) as error:
        raise CertificateError(
            f"There is no certificate in {file}.",
            hint="It is a text that has BEGIN CERTIFICATE in it, often called .pem or .crt.",
            details=str(error),
        ) from error
    return context


def _pinned(fingerprint: str) -> ssl.SSLContext:
    class Checked(ssl.SSLObject):
        """Looks at the certificate before a byte of the request is sent."""

        def do_handshake(self) -> None:
            super().do_handshake()
            shown = self.getpeercert(binary_form=True) or b""
            if fingerprint_of(shown) != fingerprint:
                raise UnexpectedCertificate(shown)

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # Who it is is known by this one certificate: neither its name nor who signed it adds to that.
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.sslobject_class = Checked
    return context
