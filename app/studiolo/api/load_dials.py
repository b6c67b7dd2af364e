"""How a model can be loaded: the dials that a load, an estimate and a model's defaults have in common.

The names and what they mean are llama.cpp's own options (common/arg.cpp) in plain words.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from studiolo.api.base import EXTENSION, MOST_NAME
from studiolo.api.lenient import Whole

MOST_SLOTS = 64
"""Requests at a time, of one instance."""
MOST_BATCH = 1 << 16
"""Tokens."""
MOST_LAYERS = 1000
"""Of the card, or with their experts on the processor; the longest models have a fifth of it."""
MOST_DEVICES = 16
MOST_LORAS = 16
MOST_PATH = 4096
"""Characters of a path."""
MOST_TEMPLATE = 1 << 17
"""Characters of a chat template; the longest known has 30,000."""
MOST_DRAFT = 64
"""Tokens that are proposed at a time."""
LEAST_ROPE = 1e-6
"""The engine computes with 32 bits, in which much less is 0: a word for what the model's file says."""
LONGEST_ALIVE = 60 * 60 * 24 * 365
"""Seconds."""

CacheType = Literal["f32", "f16", "bf16", "q8_0", "q5_1", "q5_0", "q4_1", "q4_0", "iq4_nl"]
"""How keys or values are kept: what llama.cpp has for its caches (`kv_cache_types` in common/arg.cpp)."""

CACHE_BITS: dict[CacheType, float] = {
    "f32": 32,
    "f16": 16,
    "bf16": 16,
    "q8_0": 8.5,
    "q5_1": 6,
    "q5_0": 5.5,
    "q4_1": 5,
    "q4_0": 4.5,
    "iq4_nl": 4.5,
}
"""Bits of one value in each, with its share of the block's scales (ggml-common.h)."""


class Lora(BaseModel):
    """An adapter that goes on top of a model: `path` is a GGUF file on the server's disk, `scale` how strong it is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str = Field(min_length=1, max_length=MOST_PATH)
    scale: float = Field(default=1.0, ge=-10, le=10, allow_inf_nan=False)


class LoadDials(BaseModel):
    """What can be chosen of a load; None leaves it to the engine, or to what is set for the model or the server.

    Attributes:
        context_length: Tokens of prompt and reply together.
        eval_batch_size: Tokens of a prompt that are read in one go.
        parallel: Requests at a time; a model that embeds always takes one after the other.
        flash_attention: Whether attention is computed in a way that takes less memory.
        num_experts: How many experts of a mixture work on each token.
        offload_kv_cache_to_gpu: Whether the caches are on the card, with the layers that are there.
        physical_batch_size: Tokens that are computed at once, `eval_batch_size` at most.
        threads: Of the processor, for each token of a reply.
        k_cache_type: How the keys of the cache are kept.
        v_cache_type: How its values are kept; other than f32, f16 and bf16 only with flash attention.
        unified_cache: Whether the requests at a time share one context, or have an equal part of it each.
        use_mmap: Whether the file is mapped into the memory, or read.
        use_mlock: Whether the memory is kept from being swapped out.
        gpu_layers: Layers on the card; -1 for all, 0 for none.
        main_device: The card for what is not split, by its id, such as `Vulkan0`.
        device_split: How much of the model each card gets, in proportion, in the order of the cards.
        device_memory_limit: Bytes that a load takes of each card at most.
        cpu_expert_layers: So many of the first layers have their experts in the computer's memory.
        rope_frequency_base: Base of the rotary positions.
        rope_frequency_scale: What their frequencies are multiplied by: 0.5 makes room for twice the context.
        seed: What chance begins with where a request says nothing.
        loras: Adapters on top of the model.
        draft_model: A smaller model that proposes tokens: its key, or the path of its file.
        draft_max: Tokens that are proposed at a time.
        ngram_speculation: Whether tokens are proposed that followed the same words earlier in the text.
        keep_alive_seconds: So long an idle model stays; -1 for as long as the server runs, 0 for one request.
        chat_template: In place of the file's own, in Jinja's language.
    """

    context_length: Whole | None = Field(default=None, ge=1)
    eval_batch_size: Whole | None = Field(default=None, ge=1)
    parallel: Whole | None = Field(default=None, ge=1, le=MOST_SLOTS)
    flash_attention: bool | None = None
    num_experts: Whole | None = Field(default=None, ge=1)
    offload_kv_cache_to_gpu: bool | None = None
    physical_batch_size: Whole | None = Field(default=None, ge=1, le=MOST_BATCH, json_schema_extra=EXTENSION)
    threads: Whole | None = Field(default=None, ge=1, le=1024, json_schema_extra=EXTENSION)
    k_cache_type: CacheType | None = Field(default=None, json_schema_extra=EXTENSION)
    v_cache_type: CacheType | None = Field(default=None, json_schema_extra=EXTENSION)
    unified_cache: bool | None = Field(default=None, json_schema_extra=EXTENSION)
    use_mmap: bool | None = Field(default=None, json_schema_extra=EXTENSION)
    use_mlock: bool | None = Field(default=None, json_schema_extra=EXTENSION)
    gpu_layers: Whole | None = Field(default=None, ge=-1, le=MOST_LAYERS, json_schema_extra=EXTENSION)
    main_device: str | None = Field(default=None, min_length=1, max_length=MOST_NAME, json_schema_extra=EXTENSION)
    device_split: list[Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]] | None = Field(
        default=None, min_length=1, max_length=MOST_DEVICES, json_schema_extra=EXTENSION
    )
    device_memory_limit: Whole | None = Field(default=None, ge=1 << 20, json_schema_extra=EXTENSION)
    cpu_expert_layers: Whole | None = Field(default=None, ge=0, le=MOST_LAYERS, json_schema_extra=EXTENSION)
    rope_frequency_base: float | None = Field(
        default=None, ge=LEAST_ROPE, le=1e12, allow_inf_nan=False, json_schema_extra=EXTENSION
    )
    rope_frequency_scale: float | None = Field(
        default=None, ge=LEAST_ROPE, le=100, allow_inf_nan=False, json_schema_extra=EXTENSION
    )
    seed: Whole | None = Field(default=None, ge=0, lt=(1 << 32) - 1, json_schema_extra=EXTENSION)
    loras: list[Lora] | None = Field(default=None, max_length=MOST_LORAS, json_schema_extra=EXTENSION)
    draft_model: str | None = Field(default=None, min_length=1, max_length=MOST_PATH, json_schema_extra=EXTENSION)
    draft_max: Whole | None = Field(default=None, ge=1, le=MOST_DRAFT, json_schema_extra=EXTENSION)
    ngram_speculation: bool | None = Field(default=None, json_schema_extra=EXTENSION)
    keep_alive_seconds: Whole | None = Field(default=None, ge=-1, le=LONGEST_ALIVE, json_schema_extra=EXTENSION)
    chat_template: str | None = Field(default=None, min_length=1, max_length=MOST_TEMPLATE, json_schema_extra=EXTENSION)
