"""An engine that speaks llama-server's HTTP dialect: a worker of ours and the connection to it."""

import json
import logging
import re
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from http import HTTPStatus
from pathlib import Path
from typing import Any

from studiolo.api.models import LlmConfig
from studiolo.errors import AppError, EngineError, RequestError, UnsupportedError
from studiolo.server.engine.chunk import Chunk
from studiolo.server.engine.context_budget import CellsTakenError, context_is_shared, context_overflow
from studiolo.server.engine.contract import CHAT, TEMPLATE, EngineSettings, OnProgress
from studiolo.server.engine.deaths import HUNG, Fault
from studiolo.server.engine.executable import ExecutableProcess
from studiolo.server.engine.http_client import EngineHttp, WireErrors
from studiolo.server.engine.process import EngineProcess, EngineReady
from studiolo.server.engine.pulse import Pulse
from studiolo.server.runtimes.runtime import BUNDLED_RUNTIME, Runtime

logger = logging.getLogger(__name__)

_CONTEXT_SHARED = "Context size has been exceeded"
"""What llama-server tells all of its slots when their cells are used up (server-context.cpp)."""


_TOO_LARGE_A_BATCH = re.compile(r"input \((\d+) tokens\) is too large to process.*batch size: (\d+)")
"""What it says of an input to embed, which is read in one piece (server-context.cpp)."""

_FIELD = re.compile(r"Field '([\w.]{1,80})': (.*)", re.DOTALL)
"""What it says of a field that it can't use (server-task.cpp)."""

_LIBRARY_S_OWN = re.compile(r"\[json\.exception\.[\w.]+\] ?")

_NO_NUMBER = ("[json.exception.parse_error.101]", "[json.exception.out_of_range.406]")
"""Of our own JSON it can't read the numbers that others have and it has not, and nothing else."""

_TEMPLATE_S_OWN = re.compile(r"Jinja Exception: ([^\n]+)")
"""What a template says of itself stands last, below what the engine has tried with it (common/chat.cpp)."""


def refuse_unknown_dials(settings: EngineSettings) -> None:
    """Raise UnsupportedError for what xllamacpp can't be told: it has no overrides of what a model's header says."""
    if settings.num_experts is not None:
        raise UnsupportedError(
            "The bundled engine can't change the number of experts.",
            param="num_experts",
            hint="A runtime of the kind llama-server can.",
        )


class LlamaServer:
    """A loaded model in a process of its own."""

    def __init__(
        self,
        process: EngineProcess,
        settings: EngineSettings,
        ready: EngineReady,
        on_crash: Callable[[Fault], None] = lambda _: None,
        on_end: Callable[[], None] = lambda: None,
    ) -> None:
        self._process = process
        self._on_crash = on_crash
        self._on_end = on_end
        self._settings = settings
        self._ready = ready
        self._closing = False
        self._wire = EngineHttp(ready.address, process.key)
        self._silent = False
        self._told = False
        self._pulse = Pulse(process.pid, lambda: self._wire.get("/health"), self._end_silent)

    @classmethod
    async def start(
        cls,
        settings: EngineSettings,
        on_progress: OnProgress,
        *,
        sockets: Path,
        runtime: Runtime = BUNDLED_RUNTIME,
        on_crash: Callable[[Fault], None] = lambda _: None,
        on_end: Callable[[], None] = lambda: None,
    ) -> "LlamaServer":
        """Load a model. Cancelling this ends the process.

        Args:
            settings: How to load it.
            on_progress: Hears how far it is.
            sockets: A folder of ours for unix sockets.
            runtime: What runs it.
            on_crash: Hears what was wrong with a runtime that ended in the middle of its work, not the bundled one.
            on_end: Called when the process has ended.

        Raises:
            EngineError: The engine's reason why the model can't be loaded.
            RuntimeFailedError: The runtime can't do its work here, whatever the model.
            UnsupportedError: Something was chosen that the bundled one has no way to be told.
        """
        spawn: type[EngineProcess] | type[ExecutableProcess] = ExecutableProcess
        if runtime.kind != "llama-server":
            refuse_unknown_dials(settings)
            spawn = EngineProcess
        process = await spawn.spawn(settings, sockets, runtime)
        try:
            ready = await process.wait_ready(settings, on_progress)
        except BaseException:
            await process.close()
            raise
        return cls(process, settings, ready, on_crash, on_end)

    @property
    def pid(self) -> int:
        """Return the id of the worker's process."""
        return self._process.pid

    @property
    def lines(self) -> list[str]:
        """Return the last that its process said."""
        return self._process.lines

    @property
    def wire(self) -> EngineHttp:
        """Return HTTP to the process, past everything that this class makes of it."""
        return self._wire

    @property
    def config(self) -> LlmConfig:
        """Return the settings in force: those of the load, and what the engine told."""
        return self._settings.as_config(
            eval_batch_size=self._ready.eval_batch_size,
            physical_batch_size=self._ready.physical_batch_size,
            threads=self._ready.threads,
        )

    async def stream(self, route: str, body: dict[str, Any]) -> AsyncGenerator[Chunk, None]:
        """See Engine.stream. There is no whole answer to ask for: only a stream can be cancelled."""
        if self._closing:
            raise await self._failure()
        request = {**body, "stream": True, "return_progress": True, "stream_options": {"include_usage": True}}
        finished = False
        try:
            async with self._pulse.waited_for(), self._wire.open("POST", route, request) as answer:
                if answer.status != HTTPStatus.OK:
                    raise _refusal(_error_of(await answer.read()))
                async with aclosing(answer.lines()) as lines:
                    async for line in lines:
                        self._pulse.beat()
                        if line == b"data: [DONE]":
                            finished = True
                            break
                        if line.startswith(b"data: ") and (chunk := json.loads(line[6:])):
                            if "error" in chunk:
                                raise _breakdown(chunk["error"])
                            yield Chunk.of(chunk)
        except WireErrors as error:
            raise await self._failure() from error
        if not finished:
            raise await self._failure()

    async def ask(self, route: str, body: dict[str, Any]) -> dict[str, Any]:
        """See Engine.ask."""
        if self._closing:
            raise await self._failure()
        try:
            async with self._pulse.waited_for(), self._wire.open("POST", route, body) as answer:
                content = await answer.read()
                if answer.status != HTTPStatus.OK:
                    raise _refusal(_error_of(content))
                result: dict[str, Any] = json.loads(content)
                return result
        except WireErrors as error:
            raise await self._failure() from error

    async def count(self, route: str, body: dict[str, Any]) -> int:
        """See Engine.count."""
        prompt = (await self.ask(TEMPLATE, body))["prompt"] if route == CHAT else body["prompt"]
        several = isinstance(prompt, list) and not all(isinstance(token, int) for token in prompt)
        prompts = prompt if several else [prompt]
        order = {"add_special": True, "parse_special": True}
        return sum([len((await self.ask("/tokenize", order | {"content": one}))["tokens"]) for one in prompts])

    async def slots(self) -> list[dict[str, Any]]:
        """Return what each of its slots is at, in llama-server's words (`/slots`): a request at a time."""
        slots: list[dict[str, Any]] = await self._wire.get("/slots")
        return slots

    async def wait_closed(self) -> None:
        """Return when the worker's process has ended, for whatever reason."""
        await self._process.wait_ended()
        self._tell_of_crash()
        self._on_end()

    async def close(self) -> None:
        """End the worker's process. Idempotent; whatever still runs in it ends with an EngineError."""
        self._closing = True
        await self._process.close()

    def _end_silent(self) -> None:
        self._silent = True
        self._process.kill()

    def _tell_of_crash(self) -> None:
        if not self._closing and not self._told and (fault := self._process.fault()):
            self._told = True
            self._on_crash(HUNG if self._silent else fault)

    async def _failure(self) -> EngineError:
        if self._closing:
            return EngineError("The model was unloaded while it was answering.", hint="Ask again to load it anew.")
        await self._process.close()
        self._tell_of_crash()
        if self._silent:
            return EngineError(
                "The process that runs the model showed no sign of life any more and was ended.",
                hint="Try again: the model is loaded anew.",
            )
        return EngineError(
            "The process that runs the model ended in the middle of its work.",
            hint="Try again: the model is loaded anew. If it happens again, try a smaller context or another model.",
            details=self._process.reason(),
        )


def _error_of(content: bytes) -> dict[str, Any]:
    try:
        error = json.loads(content)["error"]
    except (ValueError, RecursionError, KeyError, TypeError):
        return {"message": content.decode(errors="replace")[:500]}
    return error if isinstance(error, dict) else {"message": str(error)}


def _refusal(error: dict[str, Any]) -> AppError:
    """Return what a living engine answers before it begins: whatever the status, the request is at fault.

    llama-server sends 500 for images that it can't read and for inputs larger than its batch.
    """
    if error.get("type") == "exceed_context_size_error":
        prompt, context = int(error.get("n_prompt_tokens", 0)), int(error.get("n_ctx", 0))
        return context_overflow(prompt, context)
    message = str(error.get("message", ""))
    if message.startswith(_CONTEXT_SHARED):
        return CellsTakenError(f"The engine refused the request: {message}", code="invalid_value")
    if match := _TOO_LARGE_A_BATCH.search(message):
        return context_overflow(int(match[1]), int(match[2]), what="input")
    if match := _TEMPLATE_S_OWN.search(message):
        return RequestError(
            f"The model's chat template refuses this conversation: {match[1]}", code="invalid_value", details=message
        )
    if message.startswith(_NO_NUMBER):
        return RequestError(
            "The request has a number that can't be used: NaN, Infinity, or one that is far too large.",
            code="invalid_value",
            details=message,
        )
    said = _LIBRARY_S_OWN.sub("", message)
    if match := _FIELD.match(said):
        return RequestError(f"Invalid value for '{match[1]}': {match[2]}.", param=match[1], code="invalid_value")
    return RequestError(f"The engine refused the request: {said}", code="invalid_value")


def _breakdown(error: dict[str, Any]) -> AppError:
    """Return an error in the middle of a stream."""
    if error.get("type") == "exceed_context_size_error":
        return _refusal(error)
    message = str(error.get("message", ""))
    if message.startswith(_CONTEXT_SHARED):
        return context_is_shared()
    return EngineError("The engine could not answer.", details=message, hint=message, retryable=False)
