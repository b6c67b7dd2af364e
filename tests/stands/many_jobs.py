"""A server, as a process of its own, with any number of downloads that all change twice a second.

It speaks just what is needed to watch them, in the words of the contract's own models.
"""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from studiolo.api.downloads import DOWNLOADS, DownloadEvent, DownloadInfo, DownloadList
from studiolo.api.models import ModelList
from studiolo.api.server import ServerInfo

TOTAL = 10_000_000_000
_STEP_SECONDS = 0.5


@contextmanager
def many_jobs(count: int) -> Iterator[str]:
    """Yields its address."""
    command = [sys.executable, "-m", "tests.stands.many_jobs", str(count)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    try:
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def _job(number: int, step: int) -> DownloadInfo:
    return DownloadInfo(
        status="downloading",
        job_id=f"job_{number:010x}",
        total_size_bytes=TOTAL,
        downloaded_bytes=min(TOTAL, step * 1_000_000 * (1 + number % 13) + number),
        bytes_per_second=1e6 * (1 + number % 13),
        estimated_completion="2030-01-01T00:00:00.000Z",
        model=f"acme/model-{number}",
        state="downloading",
        quantization="Q4_K_M",
        folder="/models/acme",
        url=f"https://example.org/acme/model-{number}",
        place=number,
    )


async def _serve(count: int) -> None:
    server = await asyncio.start_server(lambda reader, writer: _answer(reader, writer, count), "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, count: int) -> None:
    path = (await reader.readuntil(b"\r\n\r\n")).decode().split()[1]
    try:
        if path.endswith("/events"):
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
            await _tell(writer, count)
        body = ServerInfo(capabilities=[DOWNLOADS]) if path == "/api/v1/server" else ModelList()
        content = body.model_dump_json().encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n"
        writer.write(head.encode() + b"Connection: close\r\n\r\n" + content)
        await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


async def _tell(writer: asyncio.StreamWriter, count: int) -> None:
    def send(event: DownloadEvent) -> None:
        writer.write(f"event: {event.type}\ndata: {event.model_dump_json()}\n\n".encode())

    send(DownloadEvent(type="downloads.list", list=DownloadList(jobs=[_job(number, 0) for number in range(count)])))
    step = 0
    while True:
        await writer.drain()
        await asyncio.sleep(_STEP_SECONDS)
        step += 1
        for number in range(count):
            send(DownloadEvent(type="downloads.job", job=_job(number, step)))


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
