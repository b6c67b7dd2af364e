"""Workers on other machines that share a model with a llama-server (llama.cpp's RPC): are they there, and alike?

A head that finds a worker dead, or of another build, aborts (ggml-rpc.cpp): so they are tried before it is started. A
worker serves one head at a time, lets one or two others wait without a word, and dies of SIGPIPE when it comes to one
that has said hello and closed its connection since. So a hello that nobody answers is taken back by a reset.
"""

import asyncio
import socket
import struct
from typing import Literal

from studiolo.errors import EngineError
from studiolo.server.engine.deaths import RuntimeFailedError
from studiolo.server.engine.llama_flags import run_executable
from studiolo.server.runtimes.runtime import Runtime

_CONNECT_SECONDS = 5.0
_ANSWER_SECONDS = 5.0
_HANDSHAKE_SECONDS = 60.0
_HELLO, _CAPABILITIES = 14, 24
"""RPC_CMD_HELLO, which ggml-rpc.cpp holds fixed, and the bytes of its body (RPC_CONN_CAPS_SIZE in transport.h)."""
_RESET = struct.pack("ii", 1, 0)
_HINT = "Start ggml-rpc-server of the same build on that machine, and look at its firewall."

Finding = Literal["away", "silent", "unknown"] | tuple[int, int, int]
"""What a hello came to: nobody takes it, nobody answers it, an answer of another kind, or a protocol's version."""


async def check_workers(runtime: Runtime) -> str:
    """Return what a runtime lists as its devices, once every worker was found there and speaks as the runtime does.

    Raises EngineError that names the one that is not there, that serves somebody else, or that is of another build.
    """
    found = dict(zip(runtime.rpc, await asyncio.gather(*map(_greet, runtime.rpc)), strict=True))
    if away := _those(found, "away"):
        raise EngineError(f"The worker {away[0]} on another machine can't be reached.", hint=_HINT, retryable=True)
    if silent := _those(found, "silent"):
        raise EngineError(
            f"The worker {silent[0]} on another machine does not answer.",
            hint="A worker serves one model at a time: unload the other one, here or where it is, and try again.",
            retryable=True,
        )
    try:
        # The head's own handshake, in a child: it aborts that where a worker is another build's.
        shake = ("--rpc", ",".join(runtime.rpc), "--list-devices")
        return (await run_executable(runtime, *shake, seconds=_HANDSHAKE_SECONDS)).stdout
    except RuntimeFailedError as error:
        if "rpc" not in error.details.lower():
            raise
        told = ", ".join(f"{address} {_version(one)}" for address, one in found.items())
        raise EngineError(
            f"A worker on another machine has another version of llama.cpp than '{runtime.name}' ({told}).",
            hint=_HINT,
            retryable=False,
            details=error.details,
        ) from error


async def lost_workers(runtime: Runtime) -> list[str]:
    """Return the workers of a runtime that nobody reaches any more."""
    found = dict(zip(runtime.rpc, await asyncio.gather(*map(_greet, runtime.rpc)), strict=True))
    return _those(found, "away")


def _those(found: dict[str, Finding], what: Finding) -> list[str]:
    return [address for address, one in found.items() if one == what]


def _version(finding: Finding) -> str:
    return ".".join(map(str, finding)) if isinstance(finding, tuple) else "of unknown version"


async def _greet(address: str) -> Finding:
    """Say hello to a worker, and return what came of it."""
    host, _, port = address.rpartition(":")
    try:
        async with asyncio.timeout(_CONNECT_SECONDS):
            reader, writer = await asyncio.open_connection(host, int(port))
    except (OSError, TimeoutError):
        return "away"
    try:
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        writer.write(struct.pack("<BQ", _HELLO, _CAPABILITIES) + bytes(_CAPABILITIES))
        async with asyncio.timeout(_ANSWER_SECONDS):
            await reader.readexactly(8)
            major, minor, patch = await reader.readexactly(3)
        return major, minor, patch
    except TimeoutError:
        return "silent"
    except (OSError, EOFError):
        return "unknown"  # Workers of other years close the connection at a hello of this length.
    finally:
        writer.transport.abort()
