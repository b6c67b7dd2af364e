"""What the hub's answers to a download mean (spec section 9)."""

import http.client
import re
from dataclasses import dataclass, field
from urllib.parse import unquote, urljoin, urlsplit

from studiolo.api.network import PurposeKind
from studiolo.errors import AppError, ProtocolError
from studiolo.hub.huggingface import refusal, retry_after
from studiolo.network.network import Network, Purpose

_SHOWN = 12
_CONTENT_RANGE = re.compile(r"bytes (?:(\d{1,19})-(\d{1,19})|\*)/(\d{1,19})", re.ASCII)
_LENGTH = re.compile(r"\d{1,19}", re.ASCII)


@dataclass(frozen=True)
class RemoteFile:
    """What is fetched. `home`: the hub, which alone gets `token`; `size`: bytes; `sha256`: None if nobody knows.

    `network`: the way there; `reason`: why it is fetched, "peer" for what is copied from another server.
    """

    url: str
    home: str
    repository: str
    size: int
    sha256: str | None = None
    token: str | None = field(default=None, repr=False)
    network: Network = field(default_factory=Network, repr=False, compare=False)
    reason: PurposeKind = "download"

    @property
    def purpose(self) -> Purpose:
        """Return why it is connected to."""
        return Purpose(self.reason, self.repository)

    @property
    def holder(self) -> str:
        """Return who has it, in words."""
        return urlsplit(self.home).netloc if self.reason == "runtime" else "the hub"

    @property
    def name(self) -> str:
        """Return the file's name, the last part of the path in its address, unquoted."""
        return unquote(urlsplit(self.url).path.rpartition("/")[2])


class FileChangedError(ProtocolError):
    """The hub has another file now than when the download was begun."""


class TryAgain(Exception):
    """wait: seconds that were asked for; answered: the hub did answer; at_once: nothing is gained by waiting."""

    def __init__(
        self, reason: str, *, wait: float | None = None, answered: bool = False, at_once: bool = False
    ) -> None:
        super().__init__(reason)
        self.wait = wait
        self.answered = answered
        self.at_once = at_once


def signed_address(answer: http.client.HTTPResponse, remote: RemoteFile) -> str:
    """Return where the hub says that the bytes are. Raises TryAgain, AppErrors."""
    headers = dict(answer.getheaders())
    if answer.status == 429 or answer.status >= 500:
        raise TryAgain(f"{remote.holder} answers with status {answer.status}", wait=retry_after(headers), answered=True)
    if answer.status >= 400:
        raise _refusal_of(remote, answer.status, headers)
    etag = headers.get("X-Linked-Etag", "").strip('"')
    is_told = remote.reason != "runtime" and re.fullmatch(r"[0-9a-f]{64}", etag)
    if remote.sha256 and is_told and etag != remote.sha256:
        raise FileChangedError(
            f"{remote.name} was changed on the hub.",
            hint="Start the download anew.",
            details=_other_hash(etag, remote),
        )
    try:
        return urljoin(remote.url, headers.get("Location", ""))
    except ValueError as error:
        raise ProtocolError(f"{remote.home} does not say where {remote.name} is.", hint="Check its address.") from error


def wrong_content(remote: RemoteFile, found: str) -> ProtocolError:
    """Return the error for a file that came whole, with another sha256 than it should have."""
    if remote.reason == "runtime":
        said = "is not what the list of runtimes says it is."
        hint = "It was damaged or changed on the way, so it is not used. Try again later."
    else:
        said = "is not what the hub says it is."
        hint = "Try again later; if it happens again, tell the owner of the repository."
    return ProtocolError(f"{remote.name} {said}", hint=hint, details=_other_hash(found, remote))


def _other_hash(found: str, remote: RemoteFile) -> str:
    """Return in words that a hash is another one, with as much of both as tells them apart."""
    return f"Its sha256 begins with {found[:_SHOWN]} instead of {(remote.sha256 or '')[:_SHOWN]}."


def check_part(answer: http.client.HTTPResponse, remote: RemoteFile, start: int, end: int) -> None:
    """Check that an answer brings the bytes from `start` to before `end`, or all. Raises TryAgain, AppErrors."""
    status = answer.status
    if status in (206, 416):
        match = _CONTENT_RANGE.fullmatch(answer.getheader("Content-Range", ""))
        total = int(match[3]) if match else None
        if total is not None and total != remote.size:
            raise _other_size(remote, total)
        if status == 416 or not match or match[1] is None or (int(match[1]), int(match[2])) != (start, end - 1):
            raise TryAgain(f"{remote.holder} sends another part than it was asked for", answered=True)
    elif status == 200:
        length = answer.getheader("Content-Length") or ""
        if _LENGTH.fullmatch(length) and int(length) != remote.size:
            raise _other_size(remote, int(length))
    elif status in (401, 403, 410):
        raise TryAgain(f"the address is no longer good (status {status})", answered=True, at_once=True)
    elif status in (408, 425, 429) or status >= 500:
        wait = retry_after({"Retry-After": answer.getheader("Retry-After", "")})
        raise TryAgain(f"{remote.holder} answers with status {status}", wait=wait, answered=True)
    else:
        raise _refusal_of(remote, status, dict(answer.getheaders()))


def _refusal_of(remote: RemoteFile, status: int, headers: dict[str, str]) -> AppError:
    if remote.reason != "runtime":
        return refusal(status, headers, remote.home, remote.repository)
    return ProtocolError(
        f"{remote.holder} does not give {remote.name} (status {status}).",
        hint="A newer list of runtimes may name another file. Nothing was changed.",
    )


def _other_size(remote: RemoteFile, size: int) -> AppError:
    return FileChangedError(
        f"{remote.name} has another size than the hub said.",
        hint="It was changed, or something on the way changes it. Start the download anew.",
        details=f"{size} bytes instead of {remote.size}",
    )
