"""A llama-server of its own build as an engine's process: started through our worker, ready when it says so."""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any

import psutil

from studiolo.errors import EngineError, StorageError
from studiolo.server.engine.contract import EngineSettings, OnProgress
from studiolo.server.engine.devices import devices_of
from studiolo.server.engine.http_client import EngineHttp, WireErrors
from studiolo.server.engine.llama_flags import Launch, arguments, batch_sizes, known_flags
from studiolo.server.engine.process import EngineProcess, EngineReady, new_door
from studiolo.server.engine.rpc import check_workers
from studiolo.server.runtimes.runtime import Runtime

logger = logging.getLogger(__name__)

_LOOK_SECONDS = 0.05
_HEALTHY = {"status": "ok"}


class ExecutableProcess(EngineProcess):
    """One llama-server, which has taken the place of our worker. It asks its listener's visitors for `key`."""

    template: Path | None = None
    """The file of a chat template, which is removed with the process."""

    @classmethod
    async def spawn(cls, settings: EngineSettings, sockets: Path, runtime: Runtime) -> "ExecutableProcess":
        """Start a llama-server on `settings`, as EngineProcess.spawn does.

        Raises RuntimeFailedError where it can't be executed, RequestError for a dial that it does not have, EngineError
        where a worker on another machine is not there.
        """
        known = await known_flags(runtime)
        if runtime.rpc:
            await check_workers(runtime)
        devices = await devices_of(runtime) if settings.device_memory_limit is not None else []
        key, socket, address = new_door(sockets)
        template = await asyncio.to_thread(_keep_template, settings, sockets)
        launch = Launch(address, devices, template, runtime.backend != "cpu" or bool(runtime.rpc), runtime.rpc)
        try:
            command = [str(runtime.executable), *arguments(settings, launch, known)]
            logger.info("%s is started: %s", runtime.name, " ".join(command))
            engine = await cls._begin({"command": command, "key": key}, key, socket, runtime)
        except BaseException:
            _remove(template)
            raise
        engine.template = template
        return engine

    async def wait_ready(self, settings: EngineSettings, on_progress: OnProgress) -> EngineReady:
        """See EngineProcess.wait_ready."""
        assert self._process.stdout
        await self._wait_turn()
        watcher = asyncio.create_task(self._report_progress(settings.size_bytes, on_progress))
        try:
            address = await self._wait_healthy()
            if address:
                await self._scale_adapters(address, settings)
        finally:
            watcher.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watcher
            _remove(self.template)
        if not address:
            raise await self._load_failure(settings)
        cards = self.runtime.backend != "cpu"
        batch, at_once = batch_sizes(settings.to_json(), cards=cards or bool(self.runtime.rpc))
        return EngineReady(address, batch, cards, at_once, settings.threads)

    async def close(self) -> None:
        """See EngineProcess.close."""
        await super().close()
        _remove(self.template)

    async def _wait_healthy(self) -> str | None:
        """Return its address once it is loaded; None where it has ended before."""
        while not self.ended:
            if address := self._address():
                with contextlib.suppress(*WireErrors):
                    if await EngineHttp(address, self.key).get("/health") == _HEALTHY:
                        return address
            await asyncio.sleep(_LOOK_SECONDS)
        return None

    async def _scale_adapters(self, address: str, settings: EngineSettings) -> None:
        """Tell how strong each adapter is, before anybody asks for anything. Raises EngineError."""
        if all(lora.scale == 1 for lora in settings.loras):
            return
        scales = [{"id": number, "scale": lora.scale} for number, lora in enumerate(settings.loras)]
        try:
            async with EngineHttp(address, self.key).open("POST", "/lora-adapters", scales) as answer:
                said = await answer.read()
        except WireErrors as error:
            raise EngineError("The engine ended while its adapters were scaled.", details=str(error)) from error
        if answer.status != HTTPStatus.OK:
            told = said.decode(errors="replace")[:500]
            raise EngineError("The engine does not take the scales of the adapters.", details=told, retryable=False)

    def _address(self) -> str | None:
        """Return where it listens, which for a port only the kernel knows: others could say so of theirs."""
        if self._socket:
            return f"unix://{self._socket}"
        with contextlib.suppress(psutil.Error):
            for connection in psutil.Process(self.pid).net_connections("tcp4"):
                if connection.status == psutil.CONN_LISTEN and connection.laddr.ip == "127.0.0.1":
                    return f"http://127.0.0.1:{connection.laddr.port}"
        return None


def _keep_template(settings: EngineSettings, folder: Path) -> Path | None:
    """Write a template to a file for the time of a load: as an argument it may be longer than those can be."""
    if settings.chat_template is None:
        return None
    file = folder / f"{secrets.token_hex(6)}.jinja"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.write_text(settings.chat_template, encoding="utf-8")
    except OSError as error:
        raise StorageError("The chat template can't be handed to the engine.", details=str(error)) from error
    return file


def _remove(file: Path | None) -> None:
    if file:
        with contextlib.suppress(OSError):
            file.unlink(missing_ok=True)


def devices_with_layers(lines: Sequence[str]) -> list[str]:
    """Return which devices hold a model's layers, by the lines of a load (`load_tensors` in src/llama-model.cpp)."""
    found: dict[str, Any] = {}
    for line in lines:
        head, mark, _ = line.partition(" model buffer size = ")
        if mark:
            found[head.split()[-1]] = None
    return list(found)
