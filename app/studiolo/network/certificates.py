"""Certificates beside those that the system trusts: a company's own, from a PEM file."""

import re
import ssl
from pathlib import Path

from studiolo.errors import RequestError
from studiolo.files import read_small

_MOST_BYTES = 4 * 2**20
_BLOCK = re.compile(rb"-----BEGIN ([A-Z ]{1,40})-----")


def check_certificates(path: str) -> int:
    """Return how many certificates are in a file. Blocking. Raises RequestError, which names the file, for none."""
    file = Path(path).expanduser()
    try:
        content = read_small(file, _MOST_BYTES)
    except OSError as error:
        raise _refused(path, f"it can't be read: {error.strerror}") from error
    kinds = _BLOCK.findall(content)
    if b"CERTIFICATE" not in kinds and b"TRUSTED CERTIFICATE" not in kinds:
        other = "it holds a private key and no certificate" if any(b"KEY" in kind for kind in kinds) else ""
        raise _refused(path, other or "it holds no certificate in the form PEM")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cafile=str(file))
    except (ssl.SSLError, OSError) as error:
        raise _refused(path, "a certificate in it is damaged") from error
    return len(context.get_ca_certs()) or sum(b"CERTIFICATE" in kind for kind in kinds)


def add_certificates(context: ssl.SSLContext, path: str) -> ssl.SSLContext:
    """Have a context trust those of a file as well; empty for none. Raises RequestError for a file of no use."""
    if path:
        check_certificates(path)
        context.load_verify_locations(cafile=str(Path(path).expanduser()))
    return context


def _refused(path: str, reason: str) -> RequestError:
    return RequestError(
        f"The certificates in {path[:300]} can't be used: {reason}.",
        param="extra_certificates",
        code="invalid_value",
        hint="Choose a file with certificates that begin with -----BEGIN CERTIFICATE-----.",
    )
