"""Bodies as JSON in UTF-8, however they were sent: packed, in another character set, with half a character in them.

What is read of them is quoted in errors, kept in files and sent to the engine, all of which are UTF-8.
"""

import codecs
import json
import zlib
from email.message import Message as Header

from studiolo.errors import RequestError
from studiolo.server.halves import without_halves

_PACKED = ("gzip", "x-gzip", "deflate")
_USUAL_RATIO = 20
_FREE_BYTES = 2**20
"""What may come of a packed body: JSON shrinks to a tenth, and what shrinks further is made to take memory."""

# Others that Python knows are no character sets, or take time that grows with the square of the length.
_CHARACTER_SETS = ("ascii", "utf-8", "utf-16", "utf-32", "iso8859", "cp125", "cp437", "cp850", "mac-", "koi8")
_ASIAN_SETS = ("gb", "big5", "shift_jis", "cp932", "euc_", "cp949")


def readable(body: bytes, packing: str, charset: str | None, most_bytes: int) -> bytes:
    """Return `body` unpacked, in UTF-8, and with U+FFFD for every half of a character. Raises RequestError."""
    if packing not in ("", "identity"):
        body = _unpacked(body, packing, min(most_bytes, _FREE_BYTES + _USUAL_RATIO * len(body)))
    if len(body) > most_bytes:
        raise _too_large(most_bytes)
    return without_halves(_as_utf8(body, charset))


def _unpacked(body: bytes, packing: str, most_bytes: int) -> bytes:
    if packing not in _PACKED:
        raise RequestError(
            f"Bodies packed with '{packing[:40]}' are not read.",
            code="unsupported_encoding",
            hint="Send them plain, or with Content-Encoding: gzip.",
        )
    out = bytearray()
    try:
        while body:
            stream = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # gzip or zlib, by the first bytes.
            out += stream.decompress(body, most_bytes + 1 - len(out))
            if len(out) > most_bytes:
                raise _too_large(most_bytes)
            if not stream.eof:
                raise zlib.error("it ends too early")
            body = stream.unused_data
    except zlib.error as error:
        raise RequestError(
            f"The body is not {packing}, as its Content-Encoding says: {error}.", code="invalid_encoding"
        ) from error
    return bytes(out)


def _as_utf8(body: bytes, charset: str | None) -> bytes:
    name = charset or json.detect_encoding(body)
    name = "utf-8" if name in ("ascii", "utf-8-sig") else name
    if name == "utf-8" and body.isascii():
        return body
    try:
        text = body.decode(name, "surrogatepass" if name.startswith("utf") else "strict")
        return text.removeprefix("\ufeff").encode()
    except UnicodeEncodeError:
        # Two halves that belong together are one character; a half alone is none.
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()
    except UnicodeDecodeError as error:
        raise RequestError(
            f"The body is not {name.upper()}: byte {error.start} can't be.",
            code="invalid_json",
            hint="Send JSON in UTF-8, or name its character set in the Content-Type header.",
        ) from error


def charset_of(content_type: str) -> str | None:
    """Return the character set that a Content-Type names, None where it names none. Raises RequestError."""
    header = Header()
    header["content-type"] = content_type
    name = header.get_content_charset()
    if name is None:
        return None
    try:
        known = codecs.lookup(name).name
    except LookupError:
        known = ""
    if not known.startswith((*_CHARACTER_SETS, *_ASIAN_SETS)):
        raise RequestError(
            f"The character set '{name[:40]}' is not known here.", code="unsupported_charset", hint="Send UTF-8."
        )
    return known


def _too_large(most_bytes: int) -> RequestError:
    return RequestError(f"The body has more than {most_bytes // 2**20} MiB.", code="request_too_large")
