"""What the server wants of an engine, and what an engine says of itself."""

import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from studiolo.api.load_dials import CacheType, Lora
from studiolo.api.models import LlmConfig
from studiolo.server.engine.chunk import Chunk

CHAT = "/v1/chat/completions"
COMPLETIONS = "/v1/completions"
EMBEDDINGS = "/v1/embeddings"
TEMPLATE = "/apply-template"

OnProgress = Callable[[float], None]
"""Told how much of a load is done, 0 to 1."""


@dataclass(frozen=True)
class LoraFile:
    """An adapter that goes on top of a model; `scale` is how strong it is."""

    path: Path
    scale: float = 1.0


@dataclass(frozen=True)
class EngineSettings:
    """How to load a model. Lengths and batches are tokens; None leaves the choice to the engine.

    Those that are not explained here are as in `api.load_dials.LoadDials`, which has them under the same names.
    """

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
    physical_batch_size: int | None = None
    threads: int | None = None
    k_cache_type: CacheType | None = None
    v_cache_type: CacheType | None = None
    unified_cache: bool | None = None
    use_mmap: bool | None = None
    use_mlock: bool | None = None
    gpu_layers: int | None = None
    main_device: str | None = None
    device_split: tuple[float, ...] | None = None
    device_memory_limit: int | None = None
    cpu_expert_layers: int | None = None
    num_experts: int | None = None
    rope_frequency_base: float | None = None
    rope_frequency_scale: float | None = None
    seed: int | None = None
    loras: tuple[LoraFile, ...] = ()
    draft_model: Path | None = None
    draft_max: int | None = None
    ngram_speculation: bool | None = None
    chat_template: str | None = None
    keep_alive_seconds: int | None = None
    """This is the pool's business, and travels with the rest."""
    architecture: str | None = None
    """As the file names it: llama.cpp's overrides of what a header says begin with it."""
    beside_bytes: int = 0
    """What adapters and a drafter take of the memory, beside the model."""

    @property
    def total_context(self) -> int:
        """Return tokens of all contexts together: one that is shared, or one for each request at a time."""
        return self.context_length * (self.parallel if self.unified_cache is False else 1)

    def to_json(self) -> dict[str, Any]:
        """Return the settings as values of JSON, with paths as strings, and `total_context`."""
        values: dict[str, Any] = json.loads(json.dumps(asdict(self), default=str))
        return values | {"total_context": self.total_context}

    def as_config(self, **told: Any) -> LlmConfig:
        """Return what is told of a load: what was chosen, and what the engine `told` that it chose itself.

        Of files their names: who may list models need not know where on the disk they are.
        """
        chosen = {name: getattr(self, name) for name in LlmConfig.model_fields if hasattr(self, name)}
        chosen = {name: value for name, value in chosen.items() if value is not None}
        return LlmConfig.model_validate(
            chosen
            | {
                "flash_attention": self.flash_attention is not False,
                "loras": [Lora(path=one.path.name, scale=one.scale) for one in self.loras] or None,
                "draft_model": self.draft_model.name if self.draft_model else None,
                "device_split": list(self.device_split) if self.device_split else None,
                "own_chat_template": True if self.chat_template else None,
            }
            | {name: value for name, value in told.items() if value is not None}
        )


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
