"""Somebody else's server with an OpenAI-compatible API, which replays what real ones sent.

The streams in `upstream_streams/` were recorded of vLLM 0.32 on a processor, Ray Serve 2.60 (its own LLM app, and
replicas of llama.cpp of which one was killed) and LiteLLM 1.106; those that are long were cut in the middle.
"""

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_STREAMS = Path(__file__).parent / "upstream_streams"
_EVENTS = "Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n"


def recorded(name: str) -> list[bytes]:
    """The events of a stream, each with its end."""
    return [event.encode() + b"\n\n" for event in (_STREAMS / f"{name}.txt").read_text().split("\n\n") if event]


def recorded_json(name: str) -> Any:
    return json.loads((_STREAMS / f"{name}.json").read_text())


@dataclass
class Replay:
    """What is answered. cut: without the end of its body. release: what the last event waits for."""

    status: int = 200
    events: list[bytes] = field(default_factory=list)
    body: bytes = b""
    headers: str = ""
    cut: bool = False
    release: asyncio.Event | None = None

    @classmethod
    def of(cls, data: Any, status: int = 200, headers: str = "") -> "Replay":
        return cls(status, body=json.dumps(data).encode(), headers=headers)


@dataclass
class Asked:
    """A request as it came. gone: set when its client closes the connection before the answer's end."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any
    gone: asyncio.Event = field(default_factory=asyncio.Event)


class UpstreamStand:
    """Answers by `routes`: the method and the path, or a function of the request. Everything else is not found."""

    def __init__(self) -> None:
        listed = {"id": "smol", "object": "model", "owned_by": "vllm", "max_model_len": 2048}
        self.routes: dict[tuple[str, str], Replay | Callable[[Asked], Replay]] = {
            ("GET", "/v1/models"): Replay.of({"object": "list", "data": [listed]}),
            ("GET", "/version"): Replay.of({"version": "0.32.0"}),
            ("POST", "/v1/chat/completions"): Replay(events=recorded("vllm_chat")),
            ("POST", "/v1/completions"): Replay(events=recorded("vllm_completion")),
        }
        self.asked: list[Asked] = []
        self.address = ""
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def chats_with(self, replay: "Replay | Callable[[Asked], Replay]") -> None:
        self.routes["POST", "/v1/chat/completions"] = replay

    @property
    def chats(self) -> list[Asked]:
        """The requests to chat so far."""
        return [one for one in self.asked if one.path == "/v1/chat/completions"]

    @property
    def port(self) -> int:
        return int(self.address.rsplit(":", 1)[1])

    async def start(self, port: int = 0, *, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> None:
        self._server = await asyncio.start_server(self._serve, host, port, ssl=tls)
        name = f"[{host}]" if ":" in host else host
        scheme = "https" if tls else "http"
        self.address = f"{scheme}://{name}:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        """As a machine whose plug is pulled: what it was saying breaks off."""
        if self._server:
            self._server.close()
            for task in self._tasks:
                task.cancel()
            if self._tasks:
                await asyncio.wait(self._tasks)
            await self._server.wait_closed()
            self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        try:
            await self._answer(reader, writer)
        except (asyncio.CancelledError, OSError, asyncio.IncompleteReadError):
            pass  # It was stopped, or nobody wants the rest.
        finally:
            self._tasks.discard(task)
            writer.close()
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        method, path, _ = head[0].split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        content = await reader.readexactly(int(headers.get("content-length", "0")))
        asked = Asked(method, path, headers, json.loads(content) if content else None)
        self.asked.append(asked)
        found = self.routes.get((method, path), Replay.of({"detail": "Not Found"}, 404))
        replay = found(asked) if callable(found) else found
        writer.write(f"HTTP/1.1 {replay.status} X\r\nConnection: close\r\n{replay.headers}".encode())
        if not replay.events:
            kind = "Content-Type: application/json\r\n" if replay.body else ""
            writer.write(f"{kind}Content-Length: {len(replay.body)}\r\n\r\n".encode() + replay.body)
            await writer.drain()
            return
        writer.write(f"{_EVENTS}\r\n".encode())
        leaving = asyncio.create_task(_note_end(reader, asked))
        try:
            for number, event in enumerate(replay.events):
                if replay.release is not None and number == len(replay.events) - 1:
                    await replay.release.wait()
                writer.write(f"{len(event):x}\r\n".encode() + event + b"\r\n")
                await writer.drain()
            if not replay.cut:
                writer.write(b"0\r\n\r\n")
            await writer.drain()
        finally:
            leaving.cancel()


async def _note_end(reader: asyncio.StreamReader, asked: Asked) -> None:
    await reader.read(1)
    asked.gone.set()


@asynccontextmanager
async def upstream_stand(*, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> AsyncIterator[UpstreamStand]:
    stand = UpstreamStand()
    await stand.start(host=host, tls=tls)
    try:
        yield stand
    finally:
        await stand.stop()
