"""Workers on other machines that share a model with a llama-server (llama.cpp's RPC): are they there, and alike?

A head that finds a worker dead, or of another build, aborts (ggml-rpc.cpp): so they are tried before it is started.
"""

import asyncio
import contextlib
import struct

from studiolo.errors import EngineError
from studiolo.server.engine.deaths import RuntimeFailedError
from studiolo.server.engine.llama_flags import run_executable
from studiolo.server.runtimes.runtime import Runtime

_CONNECT_SECONDS = 5.0
_HELLO = 14
"""RPC_CMD_HELLO, in every version (ggml-rpc.cpp holds it fixed)."""
_CAPABILITIES = 24
"""Bytes of the hello's body since version 3.6; older workers take none."""
_HINT = "Start ggml-rpc-server of the same build on that machine, and look at its firewall."


async def check_workers(runtime: Runtime) -> None:
    """Return when every worker of a runtime was found there and speaks as the runtime does.

    Raises EngineError that names the one that is not there, or of another build.
    """
    silent = await silent_workers(runtime)
    if silent:
        raise EngineError(f"The worker {silent[0]} on another machine can't be reached.", hint=_HINT, retryable=True)
    try:
        # The head's own handshake, in a child: it ends that where a worker is another build's.
        await run_executable(runtime, "--rpc", ",".join(runtime.rpc), "--list-devices", seconds=30.0)
    except RuntimeFailedError as error:
        if "RPC" in error.details or "rpc" in error.details:
            versions = [await _version(address) for address in runtime.rpc]
            told = ", ".join(f"{address} {version}" for address, version in zip(runtime.rpc, versions, strict=True))
            raise EngineError(
                f"A worker on another machine has another version of llama.cpp than '{runtime.name}' ({told}).",
                hint=_HINT,
                retryable=False,
                details=error.details,
            ) from error
        raise


async def silent_workers(runtime: Runtime) -> list[str]:
    """Return the workers of a runtime that take no connection."""
    there = await asyncio.gather(*(_takes_connection(address) for address in runtime.rpc))
    return [address for address, is_there in zip(runtime.rpc, there, strict=True) if not is_there]


async def _takes_connection(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        async with asyncio.timeout(_CONNECT_SECONDS):
            _, writer = await asyncio.open_connection(host, int(port))
    except (OSError, TimeoutError):
        return False
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return True


async def _version(address: str) -> str:
    """Return the version of a worker's protocol, as it answers a hello; a word for one that does not."""
    host, _, port = address.rpartition(":")
    try:
        async with asyncio.timeout(_CONNECT_SECONDS):
            reader, writer = await asyncio.open_connection(host, int(port))
            try:
                writer.write(struct.pack("<BQ", _HELLO, _CAPABILITIES) + bytes(_CAPABILITIES))
                await reader.readexactly(8)
                return ".".join(map(str, await reader.readexactly(3)))
            finally:
                writer.close()
    except (OSError, EOFError, TimeoutError):
        return "of unknown version"
