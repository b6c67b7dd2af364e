"""Hugging Face's API, as far as models need it (spec section 9): search, the files of a repository, their addresses."""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, urljoin, urlsplit

import httpx

from studiolo import __version__
from studiolo.errors import AppError, NotFoundError, ProtocolError, RequestError, UnreachableError
from studiolo.hub.choices import Choice, HubFile, choices
from studiolo.network.network import Network, Purpose
from studiolo.network.transport import NetworkTransport, plain_context

DEFAULT_ENDPOINT = "https://huggingface.co"
ENDPOINT_VARIABLE, TOKEN_VARIABLE = "HF_ENDPOINT", "HF_TOKEN"
GATED = "gated_repository"
"""Error code: the repository's owner wants to be asked first."""

_PURPOSE = Purpose("hub")
_TIMEOUT = httpx.Timeout(30.0, connect=10.0)
_HOST = re.compile(r"[\w.:%-]{1,253}")
_MOST_TOKEN = 8000
"""Characters: servers take no longer header."""
_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")
_CARD = "README.md"
_CARD_BYTES = 256 * 1024
_DESCRIPTION_BYTES = 64 * 1024
_MOST_BYTES = 64 * 2**20
_UNSHOWABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_MOST_RESULTS = 1000
_MOST_TEXT = 1000
"""Characters."""
_FENCE = "---"
_NEXT_PAGE = re.compile(r'<([^>]+)>;\s*rel="next"')


@dataclass(frozen=True)
class Repository:
    """A repository and, where they were asked for, its files. `revision`: the commit; `updated`: ISO 8601."""

    id: str
    revision: str = "main"
    gated: bool = False
    downloads: int = 0
    likes: int = 0
    updated: str | None = None
    license: str | None = None
    pipeline: str | None = None
    parameters: int | None = None
    context_length: int | None = None
    files: tuple[HubFile, ...] = field(default=(), repr=False)

    @property
    def choices(self) -> list[Choice]:
        """Return what can be downloaded of the files, each quantization as one choice."""
        return choices(self.files)


@dataclass(frozen=True)
class _Fetched:
    content: bytes
    headers: httpx.Headers


@dataclass(frozen=True)
class SearchPage:
    """Some results; `next_page` is to be given to `search` for more, None at the end."""

    repositories: list[Repository]
    next_page: str | None


def endpoint_in_force(setting: str = "") -> str:
    """Return the hub's address: the setting, else HF_ENDPOINT, else Hugging Face.

    Raises RequestError for no address.
    """
    address = (setting or os.environ.get(ENDPOINT_VARIABLE, "") or DEFAULT_ENDPOINT).strip().rstrip("/")
    refused = RequestError(f"'{address}' is not the address of a hub.", hint=f"Usually it is {DEFAULT_ENDPOINT}.")
    try:
        parts, (scheme, host, _) = urlsplit(address), origin(address)
    except ValueError as error:
        raise refused from error
    if scheme not in ("http", "https") or not is_host(host) or parts.query or parts.username:
        raise refused
    return address


def token_in_force(setting: str = "", endpoint: str = "") -> str | None:
    """Return the token for the hub at `endpoint`, a setting as well; None where there is none for it.

    That of the environment is for the environment's hub, or for Hugging Face: whoever may change settings must not have
    it sent elsewhere. Raises RequestError for one that no header can hold.
    """
    token = setting.strip()
    if not token and origin(endpoint_in_force(endpoint)) == origin(endpoint_in_force()):
        token = os.environ.get(TOKEN_VARIABLE, "").strip()
    if not is_token(token):
        raise RequestError(
            "The hub's token has characters in it that no token has.",
            hint=f"Copy it again, all of it: the setting hub_token, or {TOKEN_VARIABLE}.",
        )
    return token or None


def is_token(text: str) -> bool:
    """Return whether a header can hold it."""
    return text.isascii() and text.isprintable() and len(text) <= _MOST_TOKEN


def is_host(text: str) -> bool:
    """Return whether it can be the name of a host, or an address; as urlsplit gives it."""
    return _HOST.fullmatch(text) is not None


def is_repository(name: str) -> bool:
    """Return whether a text has the form of a repository's name, `owner/name`, by the rules of Hugging Face."""
    return bool(_REPOSITORY.fullmatch(name)) and ".." not in name and "--" not in name


class HuggingFace:
    """The hub at one address. The token is sent to that origin and to no other. network: the way there."""

    def __init__(self, endpoint: str, token: str | None = None, *, network: Network) -> None:
        self.endpoint = endpoint
        self.token = token
        secure = endpoint.startswith("https:")
        self._http = httpx.AsyncClient(
            headers={"User-Agent": f"studiolo/{__version__}", "Accept-Encoding": "identity"},
            timeout=_TIMEOUT,
            follow_redirects=False,
            trust_env=False,
            verify=plain_context(),
            transport=NetworkTransport(
                network, _PURPOSE, certificates=network.certificates if secure else plain_context
            ),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def search(self, query: str, *, limit: int = 20, page: str | None = None) -> SearchPage:
        """Return repositories with GGUF files, the most downloaded first. Raises AppErrors."""
        wanted = {"search": query, "filter": "gguf", "sort": "downloads", "direction": "-1", "limit": str(limit)}
        address = page or f"{self.endpoint}/api/models?{httpx.QueryParams(wanted)}"
        if not self._is_ours(address):
            raise RequestError("That is no page of this hub's.", param="page", code="invalid_value")
        data, headers = await self._get(address)
        if not isinstance(data, list):
            raise self._nonsense()
        following = _NEXT_PAGE.search(headers.get("Link", ""))
        link = self._joined(address, following[1]) if following else None
        results = [self._repository(item) for item in data[:_MOST_RESULTS] if _is_described(item)]
        return SearchPage(results, link if link and self._is_ours(link) else None)

    async def repository(self, name: str, revision: str = "main") -> Repository:
        """Return a repository with its files.

        Raises NotFoundError, RequestError with the code GATED, UnreachableError.
        """
        if not is_repository(name):
            raise RequestError(f"'{name}' is not the name of a repository.", param="model", code="invalid_value")
        address = f"{self.endpoint}/api/models/{name}/revision/{quote(revision, safe='')}?blobs=true"
        data, _ = await self._get(address, repository=name)
        if not _is_described(data):
            raise self._nonsense()
        return self._repository(data)

    @staticmethod
    def file_url(endpoint: str, repository: str, revision: str, path: str) -> str:
        """Return the address of a file's content at one revision of a repository."""
        return f"{endpoint}/{repository}/resolve/{quote(revision, safe='')}/{quote(path)}"

    def _is_ours(self, address: str) -> bool:
        try:
            return origin(address) == origin(self.endpoint)
        except ValueError:
            return False

    def _joined(self, address: str, link: str) -> str:
        """Return where a link of the answer from `address` leads. Raises ProtocolError for a link to nowhere."""
        try:
            joined = urljoin(address, link)
            origin(joined)
        except ValueError as error:
            raise self._nonsense() from error
        return joined

    def _nonsense(self) -> ProtocolError:
        return ProtocolError(f"{self.endpoint} does not answer as a hub does.", hint="Check the hub's address.")

    async def card(self, repository: Repository) -> str:
        """Return what a repository says of itself, in Markdown, without its front matter; empty for nothing.

        Cut if long.
        """
        if not any(file.path == _CARD for file in repository.files):
            return ""
        address = self.file_url(self.endpoint, repository.id, repository.revision, _CARD)
        answer = await self._fetch(address, repository=repository.id, most=_CARD_BYTES)
        return _cut(_without_front_matter(answer.content.decode("utf-8", "replace")).strip())

    async def _get(self, address: str, *, repository: str = "") -> tuple[Any, httpx.Headers]:
        answer = await self._fetch(address, repository=repository)
        try:
            return json.loads(answer.content), answer.headers
        except (ValueError, RecursionError) as error:
            raise self._nonsense() from error

    async def _fetch(self, address: str, *, repository: str, most: int = _MOST_BYTES) -> _Fetched:
        """most: bytes that are read."""
        for _ in range(5):
            headers = {"Authorization": f"Bearer {self.token}"} if self.token and self._is_ours(address) else {}
            try:
                async with self._http.stream("GET", address, headers=headers) as answer:
                    if not answer.has_redirect_location:
                        content = bytearray()
                        async for piece in answer.aiter_bytes():
                            content += piece
                            if len(content) >= most:
                                break
                        break
            except httpx.InvalidURL as error:
                raise RequestError("That is no address at this hub.", code="invalid_value") from error
            except httpx.ProxyError as error:
                raise _proxy_refuses(self.endpoint, f"{type(error).__name__}: {error}") from error
            except httpx.HTTPError as error:
                raise UnreachableError(
                    f"{urlsplit(self.endpoint).netloc} can't be reached.",
                    hint="Check this machine's connection to the internet.",
                    details=f"{type(error).__name__}: {error}",
                ) from error
            # A repository that was renamed, or a file that is kept elsewhere.
            address = self._joined(address, answer.headers["Location"])
        else:
            raise self._nonsense()
        if answer.status_code != HTTPStatus.OK:
            raise refusal(answer.status_code, answer.headers, self.endpoint, repository)
        return _Fetched(bytes(content[:most]), answer.headers)

    def _repository(self, data: dict[str, Any]) -> Repository:
        tags = [tag for tag in _several(data.get("tags")) if _text(tag)]
        gguf = _object(data.get("gguf"))
        return Repository(
            id=data["id"],
            revision=_text(data.get("sha")) or "main",
            gated=bool(data.get("gated")),
            downloads=_count(data.get("downloads")),
            likes=_count(data.get("likes")),
            updated=_text(data.get("lastModified")),
            license=next((tag.removeprefix("license:") for tag in tags if tag.startswith("license:")), None),
            pipeline=_text(data.get("pipeline_tag")),
            parameters=_count(gguf.get("total")) or None,
            context_length=_count(gguf.get("context_length")) or None,
            files=tuple(
                _file(item) for item in _several(data.get("siblings")) if _text(_object(item).get("rfilename"))
            ),
        )


def origin(address: str) -> tuple[str, str, int | None]:
    """Return scheme, host and port. Raises ValueError."""
    parts = urlsplit(address)
    return parts.scheme, parts.hostname or "", parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def refusal(status: int, headers: Mapping[str, str], endpoint: str, repository: str = "") -> AppError:
    """Return what a hub's status means. `headers` are looked up by their usual spelling."""
    code, host = headers.get("X-Error-Code", ""), urlsplit(endpoint).netloc
    if code == "GatedRepo" or (status == HTTPStatus.FORBIDDEN and not code):
        return gated(endpoint, repository)
    if code == "EntryNotFound":
        return NotFoundError(f"A file of '{repository}' is no longer there.", what="model", code="model_not_found")
    if code == "RevisionNotFound":
        return NotFoundError(f"This revision of '{repository}' is gone.", what="model", code="model_not_found")
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND):
        # A private repository is answered like one that isn't there.
        return NotFoundError(
            f"There is no '{repository}' at {host}.",
            what="model",
            code="model_not_found",
            hint="Check the spelling. A private one takes a token: the setting hub_token, or HF_TOKEN.",
        )
    if status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        return _proxy_refuses(endpoint, f"status {status}")
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        seconds = retry_after(headers)
        wait = f"in {seconds:.0f} seconds" if seconds else "in a few minutes"
        return UnreachableError(f"{host} wants fewer requests.", hint=f"Try again {wait}; a token allows for more.")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return UnreachableError(f"{host} has trouble (status {status}).", hint="Try again later.")
    return ProtocolError(f"{host} answered with status {status}.", hint="Check the hub's address.")


def _proxy_refuses(endpoint: str, details: str) -> UnreachableError:
    return UnreachableError(
        f"The proxy does not connect to {urlsplit(endpoint).netloc}.",
        hint="Check the proxy, its user name and its password in the settings, under Network.",
        details=details,
    )


def gated(endpoint: str, repository: str) -> RequestError:
    """Return a repository whose owner wants to know who downloads it."""
    return RequestError(
        f"The owner of '{repository}' wants to be asked before it is downloaded.",
        param="model",
        code=GATED,
        hint=f"Accept the conditions at {endpoint}/{repository}, and set hub_token to your token.",
    )


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds of Retry-After; None where it is missing or a date."""
    try:
        return max(0.0, min(float(headers.get("Retry-After", "")), 3600.0))
    except ValueError:
        return None


def _without_front_matter(text: str) -> str:
    """Return what follows the metadata, which stand between two lines of dashes at the very beginning."""
    # Whoever wrote it may have meant harm: each line is looked at once.
    lines = text.removeprefix("\ufeff").split("\n")
    if lines[0].rstrip() != _FENCE:
        return text
    end = next((number for number, line in enumerate(lines) if number and line.rstrip() == _FENCE), 0)
    return "\n".join(lines[end + 1 :]) if end else text


def _cut(text: str) -> str:
    """Return as many lines as a description may have."""
    data = text.encode()
    if len(data) <= _DESCRIPTION_BYTES:
        return text
    kept = data[:_DESCRIPTION_BYTES].decode(errors="ignore")
    return kept.rpartition("\n")[0] or kept


def _file(item: dict[str, Any]) -> HubFile:
    lfs = _object(item.get("lfs"))
    digest = lfs.get("sha256")
    known = digest if isinstance(digest, str) and re.fullmatch(r"[0-9a-f]{64}", digest) else None
    return HubFile(item["rfilename"], _count(lfs.get("size", item.get("size"))), known)


def _is_described(item: Any) -> bool:
    """Return whether it is an object that names a repository."""
    return isinstance(item, dict) and isinstance(item.get("id"), str) and is_repository(item["id"])


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str | None:
    """None for what is no text, or none that can be shown and passed on."""
    sound = isinstance(value, str) and len(value) <= _MOST_TEXT and not _UNSHOWABLE.search(value)
    return value if sound else None


def _count(value: Any) -> int:
    """0 for what is no number that a file's size or a model's parameters can be."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63 else 0
