"""What the server wants of an engine, and what an engine says of itself."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from studiolo.api.models import LlmConfig
from studiolo.server.engine.chunk import Chunk

CHAT = "/v1/chat/completions"
COMPLETIONS = "/v1/completions"
EMBEDDINGS = "/v1/embeddings"
TEMPLATE = "/apply-template"

OnProgress = Callable[[float], None]
"""Told how much of a load is done, 0 to 1."""


@dataclass(frozen=True)
class EngineSettings:
    """How to load a model. Lengths and batches are tokens; None leaves the choice to the engine."""

    model: Path
    size_bytes: int
    context_length: int
    mmproj: Path | None = None
    embedding: bool = False
    parallel: int = 4
    eval_batch_size: int | None = None
    flash_attention: bool | None = None
    offload_kv_cache_to_gpu: bool = True
    automatic: bool = False
    """Nobody chose the context's length, so that it may be another one later."""
    thinking: bool | None = None
    """What the model's template is given where a request does not say; None: nothing."""

    def to_json(self) -> dict[str, Any]:
        """Return the settings as values of JSON, with paths as strings."""
        return {key: str(value) if isinstance(value, Path) else value for key, value in asdict(self).items()}


class Engine(Protocol):
    """A model that is loaded on this machine. What other machines answer is an UpstreamMachine."""

    @property
    def pid(self) -> int:
        """Return the id of the process that the model is loaded in."""
        ...

    @property
    def config(self) -> LlmConfig:
        """Return how it was loaded in the end."""
        ...

    def stream(self, route: str, body: dict[str, Any]) -> AsyncGenerator[Chunk, None]:
        """Stream the chunks of one completion, the last with usage and timings; closing the iterator cancels it.

        route: CHAT or COMPLETIONS, body: that route's in OpenAI's words. Raises RequestError (the engine refused),
        ContextOverflowError, EngineError (the process failed).
        """
        ...

    async def ask(self, route: str, body: dict[str, Any]) -> dict[str, Any]:
        """Return the answer of a route that has no stream: EMBEDDINGS, TEMPLATE (messages as a prompt).

        Raises as `stream`.
        """
        ...

    async def count(self, route: str, body: dict[str, Any]) -> int:
        """Return tokens of the prompt of `stream`'s request, without its images. Raises as `stream` does."""
        ...

    async def wait_closed(self) -> None:
        """Return when the engine has ended, for whatever reason."""
        ...

    async def close(self) -> None:
        """End it. Idempotent; whatever still runs in it ends with an EngineError."""
        ...


StartEngine = Callable[[EngineSettings, OnProgress], Awaitable[Engine]]
