"""A hub without the internet: answers as Hugging Face does, with a "CDN" on another origin, and misbehaves on order.

Checked with the real `huggingface_hub` client (tests/hub/test_stand.py).
"""

import hashlib
import json
import os
import re
import select
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

PIECE = 256 * 1024
_GATE_SECONDS = 0.02


@dataclass
class Asked:
    """One request. `sent`: bytes of a file that went out; `start`: its first one's place."""

    origin: str
    method: str
    path: str
    headers: dict[str, str]
    start: int = 0
    sent: int = 0


@dataclass
class Misbehaviour:
    """What the CDN does wrong, or slowly. Counters go down with each time."""

    statuses: list[int] = field(default_factory=list)
    """Answered instead, one a request."""
    retry_after: str | None = None
    cuts: list[int] = field(default_factory=list)
    """After so many bytes of an answer the connection is cut, one a request."""
    stalls: list[int] = field(default_factory=list)
    """After so many bytes of an answer nothing more comes, one a request."""
    bytes_per_second: int = 0
    signature_requests: int = 0
    """A signed address is good for so many requests; 0: for all."""
    ignore_range: bool = False
    extra_bytes: int = 0
    """So much more, or less, than there is, is promised by Content-Range and Content-Length."""
    elsewhere: str | None = None
    """The origin that the CDN redirects to."""


@dataclass
class Repo:
    files: dict[str, bytes | Path]
    gated: bool = False
    claimed: dict[str, str] = field(default_factory=dict)
    """File to the sha256 that is told, where it is not the true one."""
    tags: tuple[str, ...] = ("gguf", "license:apache-2.0")

    def size(self, name: str) -> int:
        content = self.files[name]
        return content.stat().st_size if isinstance(content, Path) else len(content)

    def sha256(self, name: str) -> str:
        content = self.files[name]
        return self.claimed.get(name) or (_digest_of(content) if isinstance(content, Path) else _sha256(content))


class StandHub:
    """The hub; `endpoint` is its address. `asked` are all requests, oldest first."""

    TOKEN = "hf_standstandstand"

    def __init__(self) -> None:
        self.repos: dict[str, Repo] = {}
        self.wrong = Misbehaviour()
        self.hub_statuses: list[int] = []
        self.pages: dict[str, bytes] = {}
        self.renamed: dict[str, str] = {}
        """Former names of repositories, with the names of today."""
        self.asked: list[Asked] = []
        self.stopping = threading.Event()
        self.signatures: dict[str, int] = {}
        self.connections: dict[threading.Thread, socket.socket] = {}
        self._gate = threading.Condition()
        self._left: int | None = None
        self._servers = [self._serve("hub"), self._serve("cdn")]
        self.endpoint, self.cdn = (f"http://127.0.0.1:{server.server_address[1]}" for server in self._servers)

    def add(self, name: str, files: Mapping[str, bytes | Path], **more: Any) -> Repo:
        self.repos[name] = Repo(dict(files), **more)
        return self.repos[name]

    def hold(self, *, after: int = 0) -> None:
        """Send `after` more bytes of files, to everybody together, and nothing beyond until `release`."""
        with self._gate:
            self._left = after
            self._gate.notify_all()

    @property
    def holds(self) -> bool:
        """Whether not everything is sent."""
        return self._left is not None

    def release(self) -> None:
        """Send everything, however much it is."""
        with self._gate:
            self._left = None
            self._gate.notify_all()

    def admitted(self, count: int) -> int:
        """How many of `count` bytes may go out now; 0 after a little while of waiting in vain."""
        with self._gate:
            if self._left == 0:
                self._gate.wait(_GATE_SECONDS)
            if self._left is None:
                return count
            count = min(count, self._left)
            self._left -= count
            return count

    def downloads(self) -> list[Asked]:
        """What was asked of the CDN."""
        return [asked for asked in self.asked if asked.origin == "cdn"]

    def close(self) -> None:
        self.stopping.set()
        for server in self._servers:
            server.shutdown()
            server.server_close()
        for thread, connection in list(self.connections.items()):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            thread.join(5)

    def _serve(self, origin: str) -> ThreadingHTTPServer:
        handler = type("Handler", (_Handler,), {"stand": self, "origin": origin})
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        server.daemon_threads = True
        server.block_on_close = False
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return server


@contextmanager
def stand_hub() -> Iterator[StandHub]:
    hub = StandHub()
    try:
        yield hub
    finally:
        hub.close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    stand: StandHub
    origin: str

    def setup(self) -> None:
        super().setup()
        self.stand.connections[threading.current_thread()] = self.connection

    def handle(self) -> None:
        with suppress(OSError):  # Who downloads may be killed at any moment.
            super().handle()

    def finish(self) -> None:
        with suppress(OSError):
            super().finish()
        self.stand.connections.pop(threading.current_thread(), None)

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        self.record = Asked(self.origin, self.command, self.path, dict(self.headers))
        self.stand.asked.append(self.record)
        try:
            (self._hub if self.origin == "hub" else self._cdn)()
        except OSError:
            self.close_connection = True

    def _answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _json(self, data: object, status: int = 200, **headers: str) -> None:
        body = json.dumps(data).encode()
        self._answer(status, body, **({"Content-Type": "application/json; charset=utf-8"} | headers))

    def _hub(self) -> None:
        if self.stand.hub_statuses:
            self._json({"error": "no"}, self.stand.hub_statuses.pop(0), Retry_After="1")
            return
        url = urlsplit(self.path)
        path, query = unquote(url.path), parse_qs(url.query)
        if path in self.stand.pages:
            self._answer(200, self.stand.pages[path])
            return
        if path == "/api/models":
            self._search(query)
            return
        if match := re.fullmatch(r"/api/models/([^/]+/[^/]+)(?:/revision/([^/]+))?", path):
            self._info(match[1], match[2] or "main", blobs="blobs" in query)
            return
        if match := re.fullmatch(r"/api/models/([^/]+/[^/]+)/tree/([^/]+)/?", path):
            self._tree(match[1])
            return
        if match := re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path):
            self._resolve(match[1], match[3])
            return
        self._json({"error": "Not found"}, 404)

    def _search(self, query: dict[str, list[str]]) -> None:
        words = query.get("search", [""])[0].lower()
        names = [name for name in self.stand.repos if words in name.lower()]
        limit, start = int(query.get("limit", ["100"])[0]), int(query.get("cursor", ["0"])[0])
        link = {}
        if start + limit < len(names):
            following = f"{self.stand.endpoint}/api/models?search={quote(words)}&limit={limit}&cursor={start + limit}"
            link["Link"] = f'<{following}>; rel="next"'
        self._json([self._described(name, blobs=None) for name in names[start : start + limit]], 200, **link)

    def _described(self, name: str, *, blobs: bool | None) -> dict[str, Any]:
        repo = self.stand.repos[name]
        data = {
            "_id": "1",
            "id": name,
            "modelId": name,
            "author": name.split("/")[0],
            "sha": _revision(repo),
            "lastModified": "2026-01-01T00:00:00.000Z",
            "createdAt": "2026-01-01T00:00:00.000Z",
            "private": False,
            "gated": "manual" if repo.gated else False,
            "disabled": False,
            "downloads": 5,
            "likes": 1,
            "tags": list(repo.tags),
            "pipeline_tag": "text-generation",
            "library_name": "gguf",
        }
        if blobs is not None:
            data["siblings"] = [_sibling(repo, file) if blobs else {"rfilename": file} for file in repo.files]
        return data

    def _known(self, name: str, *, gate: bool = False) -> Repo | None:
        repo = self.stand.repos.get(name)
        if repo is None:
            self._json({"error": "Repository not found"}, 404, X_Error_Code="RepoNotFound")
        elif gate and repo.gated and self.headers.get("Authorization") != f"Bearer {self.stand.TOKEN}":
            status = 403 if self.headers.get("Authorization") else 401
            self._json({"error": "Access is restricted"}, status, X_Error_Code="GatedRepo")
            return None
        return repo

    def _info(self, name: str, revision: str, *, blobs: bool) -> None:
        if today := self.stand.renamed.get(name):
            self._json({}, 307, Location=self.path.replace(name, today, 1))
        elif (repo := self._known(name)) and revision not in ("main", _revision(repo)):
            self._json({"error": f"Invalid rev id: {revision}"}, 404, X_Error_Code="RevisionNotFound")
        elif repo:
            self._json(self._described(name, blobs=blobs))

    def _tree(self, name: str) -> None:
        if repo := self._known(name):
            self._json(
                [
                    {
                        "type": "file",
                        "oid": "0" * 40,
                        "size": repo.size(file),
                        "path": file,
                        "lfs": {"oid": repo.sha256(file), "size": repo.size(file), "pointerSize": 135},
                    }
                    for file in repo.files
                ]
            )

    def _resolve(self, name: str, file: str) -> None:
        repo = self._known(name, gate=True)
        if repo is None:
            return
        if file not in repo.files:
            self._answer(404, b"Entry not found", X_Error_Code="EntryNotFound", X_Repo_Commit=_revision(repo))
            return
        signature = os.urandom(6).hex()
        self.stand.signatures[signature] = self.stand.wrong.signature_requests
        self._answer(
            302,
            Location=f"{self.stand.cdn}/{quote(name)}/{quote(file)}?Signature={signature}",
            X_Repo_Commit=_revision(repo),
            X_Linked_Etag=f'"{repo.sha256(file)}"',
            X_Linked_Size=str(repo.size(file)),
            Accept_Ranges="bytes",
        )

    def _cdn(self) -> None:
        wrong = self.stand.wrong
        if wrong.elsewhere:
            self._answer(302, Location=wrong.elsewhere + self.path)
            return
        if wrong.statuses:
            headers = {"Retry-After": wrong.retry_after} if wrong.retry_after else {}
            self._answer(wrong.statuses.pop(0), b"no", **headers)
            return
        url = urlsplit(self.path)
        signature = parse_qs(url.query).get("Signature", [""])[0]
        left = self.stand.signatures.get(signature)
        if left is None or left < 0:
            self._answer(403, b"<Error><Code>AccessDenied</Code></Error>")
            return
        if left:
            self.stand.signatures[signature] = left - 1 or -1
        owner, name, file = unquote(url.path).lstrip("/").split("/", 2)
        self._file(self.stand.repos[f"{owner}/{name}"], file)
        return

    def _file(self, repo: Repo, file: str) -> None:
        wrong, size = self.stand.wrong, repo.size(file)
        claimed = size + wrong.extra_bytes
        headers = {"ETag": '"cdn-etag"', "Accept-Ranges": "bytes", "Content-Type": "application/octet-stream"}
        start, end, status = 0, claimed - 1, 200
        match = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if match and not wrong.ignore_range:
            start, end, status = int(match[1]), min(int(match[2] or claimed - 1), claimed - 1), 206
            if start >= claimed:
                self._answer(416, b"", **headers, **{"Content-Range": f"bytes */{claimed}"})
                return
            headers["Content-Range"] = f"bytes {start}-{end}/{claimed}"
        self.record.start = start
        self.send_response(status)
        for name, value in (headers | {"Content-Length": str(end - start + 1)}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self._send(repo.files[file], start, min(end, size - 1))
            if end >= size:
                self.close_connection = True  # It promised more than there is.

    def _send(self, content: bytes | Path, start: int, end: int) -> None:
        wrong = self.stand.wrong
        cut = wrong.cuts.pop(0) if wrong.cuts else None
        stall = wrong.stalls.pop(0) if wrong.stalls else None
        stop = min(end + 1, start + (cut if cut is not None else stall if stall is not None else end + 1))
        if isinstance(content, Path):
            self._send_file(content, start, stop)
        else:
            for place in range(start, stop, PIECE):
                self._put(content[place : min(place + PIECE, stop)])
        if stall is not None:
            self.stand.stopping.wait(600)
        if cut is not None:
            self.close_connection = True
            self.connection.close()

    def _send_file(self, path: Path, start: int, stop: int) -> None:
        with path.open("rb") as file:
            if not (self.stand.wrong.bytes_per_second or self.stand.holds):
                self.wfile.flush()
                self.record.sent += self.connection.sendfile(file, start, stop - start) if stop > start else 0
                return
            file.seek(start)
            for place in range(start, stop, PIECE):
                self._put(file.read(min(PIECE, stop - place)))

    def _put(self, piece: bytes) -> None:
        speed = self.stand.wrong.bytes_per_second
        if speed:
            time.sleep(len(piece) / speed)  # What is asked for is this very rate.
        while piece:
            count = self.stand.admitted(len(piece))
            if not count and self._is_left():
                raise ConnectionAbortedError("Nobody waits for it any more.")
            self.wfile.write(piece[:count])
            self.record.sent += count
            piece = piece[count:]

    def _is_left(self) -> bool:
        """Whether who asked has gone, or the stand ends."""
        closed = bool(select.select([self.connection], [], [], 0)[0]) and not self.connection.recv(1, socket.MSG_PEEK)
        return closed or self.stand.stopping.is_set()


def _sibling(repo: Repo, name: str) -> dict[str, Any]:
    size = repo.size(name)
    lfs = {"sha256": repo.sha256(name), "size": size, "pointerSize": 135}
    return {"rfilename": name, "blobId": "0" * 40, "size": size, "lfs": lfs}


def _revision(repo: Repo) -> str:
    return hashlib.sha1("".join(repo.sha256(name) for name in repo.files).encode()).hexdigest()


def _sha256(content: bytes) -> str:
    known = _DIGESTS.get(id(content))
    if known is None or known[0] is not content:
        known = _DIGESTS[id(content)] = (content, hashlib.sha256(content).hexdigest())
    return known[1]


def _digest_of(path: Path) -> str:
    stamp = (path, path.stat().st_mtime_ns)
    if stamp not in _FILE_DIGESTS:
        with path.open("rb") as file:
            _FILE_DIGESTS[stamp] = hashlib.file_digest(file, "sha256").hexdigest()
    return _FILE_DIGESTS[stamp]


_DIGESTS: dict[int, tuple[bytes, str]] = {}
_FILE_DIGESTS: dict[tuple[Path, int], str] = {}
