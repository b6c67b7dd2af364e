"""Will it fit: the memory that a loaded model takes, before it is loaded.

Tensors, plus what is kept of the context (a cache of keys and values, states of recurrent layers), plus llama.cpp's
compute buffers, plus the process. Which layers keep what is read off the header as llama.cpp reads it; docs/engine.md
holds the figures against what loading really took.
"""

from dataclasses import dataclass
from typing import Any

from studiolo.server.library.gguf import GgufHeader, LongArray

PROCESS_BYTES = 38 * 2**20
_TOKEN_BYTES, _MERGE_BYTES = 210, 220
"""Of the tokenizer: what a token and a merge of two take in the process, measured with vocabularies up to 250,000."""
_STATE_BYTES = 4
"""Of an element: states are 32-bit floats, whatever the cache holds."""
USUAL_BITS = 16.0
"""Of an element of the cache, where nobody chose."""
_PAD = 256
"""Cells are allocated in multiples of this (llama-context.cpp, llama-kv-cache-iswa.cpp)."""
_MOST_LAYERS = 4096
_FULL_INTERVAL = 4
"""Of recurrent layers and those with attention, where a header does not say (qwen35.cpp, qwen3next.cpp)."""
_CHUNK = 8192
"""Llama 4's window is not in its header (llama4.cpp)."""
_GEMMA3N_CACHED = 20
"""Layers of Gemma 3n with a cache of their own (gemma3n.cpp)."""
_EXAONE4_WINDOWED = 64
"""Layers of the one EXAONE 4 that sees windows (exaone4.cpp)."""

# Layers of a period, one of which sees the whole context: the last one, or the first (set_swa_pattern in src/models).
_PERIODS = {
    **dict.fromkeys(("gemma2", "gpt-oss"), 2),
    **dict.fromkeys(("gemma3", "gemma-embedding"), 6),
    "gemma3n": 5,
    "plamo3": 8,
    **dict.fromkeys(("cohere2", "exaone4", "exaone-moe", "olmo2", "llama4", "afmoe", "mellum", "muse-glimmer"), 4),
}
_PERIODS_DENSE_FIRST = {"smallthinker": 4, "laguna": 4, "cohere2moe": 4, "modern-bert": 3}

# Architectures of llama.cpp without a cache (llama-model.cpp, create_memory).
_WITHOUT_CACHE = frozenset(
    {"bert", "jina-bert-v2", "jina-bert-v3", "nomic-bert", "nomic-bert-moe", "neo-bert", "modern-bert", "eurobert"}
    | {"dream", "llada", "llada-moe", "rnd1", "t5encoder", "wavtokenizer-dec", "gemma-embedding"}
)
_RECURRENT = frozenset({"mamba", "mamba2", "rwkv6", "rwkv6qwen2", "rwkv7", "arwkv7"})
_INTERLEAVED = frozenset({"qwen3next", "qwen35", "qwen35moe"})
_BOTH_IN_ONE = frozenset({"falcon-h1"})


@dataclass(frozen=True)
class MemoryShape:
    """What of a model decides its memory.

    Attributes:
        tensor_bytes: Its weights.
        tokenizer_bytes: Its vocabulary, as the process keeps it.
        full: Elements that one cell of the cache has in all layers that see the whole context.
        windowed: The same of the layers that see a window of it.
        window: Tokens of that window.
        state: Elements of all recurrent layers' states, for one sequence.
        width: Elements that are computed for a token at a time.
        vocabulary: Tokens.
        keys: Those of `full` that are keys; the others are values.
        windowed_keys: The same of `windowed`.
        key_length: Elements of a head's key.
        value_length: Elements of a head's value.
        heads: Of the queries, in a layer.
        layers: How many there are.
        expert_bytes: Those of the weights that are experts of a mixture.
    """

    tensor_bytes: int
    full: int
    tokenizer_bytes: int = 0
    windowed: int = 0
    window: int = 0
    state: int = 0
    width: int = 0
    vocabulary: int = 0
    keys: int = 0
    windowed_keys: int = 0
    key_length: int = 0
    value_length: int = 0
    heads: int = 0
    layers: int = 0
    expert_bytes: int = 0

    def context_bytes(self, context_length: int, way: "LoadWay") -> int:
        """Return bytes of what is kept of the context: `context_length` tokens, shared or for each sequence."""
        cells, seen = self._cells(context_length, way)
        copies = 1 if way.shared else way.parallel
        keys = self.keys * cells + self.windowed_keys * seen
        values = (self.full - self.keys) * cells + (self.windowed - self.windowed_keys) * seen
        kept = (keys * way.key_bits + values * way.value_bits) / 8 * copies
        return int(kept) + self.state * way.parallel * _STATE_BYTES

    def needed_bytes(self, context_length: int, way: "LoadWay") -> int:
        """Return bytes of memory for one instance."""
        kept = self.context_bytes(context_length, way)
        return self.tensor_bytes + self.tokenizer_bytes + kept + self.compute_bytes(context_length, way) + PROCESS_BYTES

    def compute_bytes(self, context_length: int, way: "LoadWay") -> int:
        """Return bytes of the compute buffers.

        A batch's rows, who sees which cell, and the next token's odds, twice; without flash attention also how much
        each head sees of each cell.
        """
        cells, seen = self._cells(context_length, way)
        attends = self.full or self.windowed or not self.state
        mask = (cells if attends else 0) + (seen if self.windowed else 0)
        scores = 0 if way.flash else self.heads * max(cells if self.full else 0, seen if self.windowed else 0) * 4
        odds = 2 * self.vocabulary * way.parallel * 4
        return min(way.batch_size, cells) * (self.width * 4 + mask * 2 + scores) + odds

    def _cells(self, context_length: int, way: "LoadWay") -> tuple[int, int]:
        """Cells of the layers that see everything, and of those that see a window."""
        cells, sequences = _padded(context_length), way.parallel if way.shared else 1
        return cells, _padded(min(cells, self.window * sequences + way.batch_size))


@dataclass(frozen=True)
class LoadWay:
    """How a model is loaded, as far as it decides the memory.

    Attributes:
        parallel: Sequences at a time.
        batch_size: Tokens that are computed at once.
        key_bits: Of an element of the cache's keys.
        value_bits: Of its values.
        shared: Whether the sequences share one context.
        flash: Whether attention is computed without keeping what each head sees of each cell.
    """

    parallel: int
    batch_size: int
    key_bits: float = USUAL_BITS
    value_bits: float = USUAL_BITS
    shared: bool = True
    flash: bool = True


def memory_shape(headers: list[GgufHeader]) -> MemoryShape:
    """Return the shape of a model from the headers of its files. What a header does not say counts as none."""
    first = headers[0]
    layers = _Layers(first)
    key_length, value_length = layers.lengths(windowed=False)
    tokens, merges = _length(first, "tokenizer.ggml.tokens"), _length(first, "tokenizer.ggml.merges")
    return MemoryShape(
        tensor_bytes=sum(header.tensor_bytes for header in headers),
        tokenizer_bytes=tokens * _TOKEN_BYTES + merges * _MERGE_BYTES,
        full=sum(layers.cached(windowed=False)),
        windowed=sum(layers.cached(windowed=True)),
        window=layers.window,
        state=layers.states(),
        width=layers.width(),
        vocabulary=tokens,
        keys=layers.cached(windowed=False)[0],
        windowed_keys=layers.cached(windowed=True)[0],
        key_length=key_length,
        value_length=value_length,
        heads=max(layers.query_heads, default=0),
        layers=layers.count,
        expert_bytes=sum(header.expert_bytes for header in headers),
    )


class _Layers:
    """The layers of a model, as its header describes them."""

    def __init__(self, header: GgufHeader) -> None:
        self._header = header
        self._arch = header.architecture or ""
        # Layers that only predict further tokens are loaded for speculation alone.
        self.count = max(0, min(self._number("block_count"), _MOST_LAYERS) - self._number("nextn_predict_layers"))
        self.query_heads = self._per_layer("attention.head_count")
        self._heads = self._per_layer("attention.head_count_kv") or self.query_heads
        self.window = self._window()
        self._windowed = self._pattern()
        self._recurrent = self._recurrent_layers()

    def cached(self, *, windowed: bool) -> tuple[int, int]:
        """Elements of one cell, keys and values, in all layers that see a window, or all that don't."""
        if self._arch in _WITHOUT_CACHE or self._arch in _RECURRENT:
            return 0, 0
        key, value = self.lengths(windowed=windowed)
        heads = 0
        for number in range(self._with_own_cache()):
            if self._windowed[number] == windowed and not (self._recurrent[number] and self._arch not in _BOTH_IN_ONE):
                heads += self._heads[number] if number < len(self._heads) else 0
        return heads * key, heads * value

    def states(self) -> int:
        """Elements of all states of one sequence."""
        return sum(self._recurrent) * (self._convolution() + self._state())

    def width(self) -> int:
        """Elements of a token's rows that the engine holds at a time, as measured (docs/engine.md)."""
        experts = self._number("expert_used_count") * self._number("expert_feed_forward_length")
        inner = max(*self._feed_forward(), experts, 0)
        heads = max(self.query_heads, default=0)
        key, value = self.lengths(windowed=False)
        if self._is_latent():
            value = self._number("attention.value_length") or key
        return 2 * inner + 5 * self._number("embedding_length") + heads * (key + value)

    def lengths(self, *, windowed: bool) -> tuple[int, int]:
        """Elements of a head's key and value in the cache."""
        key, value = self._number("attention.key_length"), self._number("attention.value_length")
        most = max(self.query_heads, default=0)
        usual = self._number("embedding_length") // most if most else 0
        if windowed:
            key = self._number("attention.key_length_swa") or key
            value = self._number("attention.value_length_swa") or value
        if self._is_latent():
            # Latent attention: the values are a part of the keys.
            return key or usual, 0
        return key or usual, value or usual

    def _window(self) -> int:
        stated = self._header.of_architecture("attention.sliding_window")
        if self._arch == "llama4" and stated != 0:
            return _CHUNK
        return self._number("attention.sliding_window")

    def _pattern(self) -> list[bool]:
        """Return which layers see a window."""
        told = self._header.of_architecture("attention.sliding_window_pattern")
        if not self.window:
            return [False] * self.count
        if isinstance(told, list):
            flags = [bool(item) for item in told[: self.count]]
            return flags + [False] * (self.count - len(flags))
        period = told if _is_number(told) else None
        if self._arch == "exaone4" and self.count != _EXAONE4_WINDOWED:
            return [False] * self.count
        if self._arch in _PERIODS_DENSE_FIRST:
            period = period or _PERIODS_DENSE_FIRST[self._arch]
            return [number % period != 0 for number in range(self.count)]
        period = (period or _PERIODS[self._arch]) if self._arch in _PERIODS else 1
        return [number % period < period - 1 for number in range(self.count)]

    def _recurrent_layers(self) -> list[bool]:
        told = self._header.of_architecture("attention.recurrent_layers")
        if isinstance(told, list):
            flags = [bool(item) for item in told[: self.count]]
            return flags + [False] * (self.count - len(flags))
        if self._arch in _RECURRENT or self._arch in _BOTH_IN_ONE:
            return [True] * self.count
        if self._arch in _INTERLEAVED:
            interval = self._number("full_attention_interval") or _FULL_INTERVAL
            return [(number + 1) % interval != 0 for number in range(self.count)]
        inner = self._feed_forward()
        mixed = len(set(inner)) > 1 and 0 in inner  # Layers are attention, or recurrent, or a feed-forward network.
        return [
            heads == 0 and not (mixed and number < len(inner) and inner[number])
            for number, heads in enumerate(self._heads[: self.count])
        ] + [False] * (self.count - len(self._heads))

    def _with_own_cache(self) -> int:
        """Return the first so many layers; the others share theirs."""
        if self._arch == "gemma3n":
            return min(self.count, _GEMMA3N_CACHED)
        return max(0, self.count - self._number("attention.shared_kv_layers"))

    def _convolution(self) -> int:
        """Elements of a layer's convolution state (llama-hparams.cpp, n_embd_r)."""
        if size := self._number("wkv.head_size"):
            return self._number("embedding_length") * (self._number("token_shift_count") or 2) if size else 0
        if cached := self._number("shortconv.l_cache"):
            return self._number("embedding_length") * (cached - 1)
        kernel, state = self._number("ssm.conv_kernel"), self._number("ssm.state_size")
        if head := self._number("kda.head_dim"):
            return 3 * max(0, kernel - 1) * head * max(self.query_heads, default=0)
        return max(0, kernel - 1) * (self._number("ssm.inner_size") + 2 * self._number("ssm.group_count") * state)

    def _state(self) -> int:
        """Elements of a layer's recurrent state (n_embd_s)."""
        if size := self._number("wkv.head_size"):
            return self._number("embedding_length") * size
        if head := self._number("kda.head_dim"):
            return head * head * max(self.query_heads, default=0)
        return self._number("ssm.state_size") * self._number("ssm.inner_size")

    def _is_latent(self) -> bool:
        return bool(self._number("attention.key_length_mla"))

    def _feed_forward(self) -> tuple[int, ...]:
        return self._per_layer("feed_forward_length")

    def _number(self, name: str) -> int:
        value = self._header.of_architecture(name)
        return value if _is_number(value) else 0

    def _per_layer(self, name: str) -> tuple[int, ...]:
        """Return a number that is given once or for each layer."""
        value = self._header.of_architecture(name)
        if isinstance(value, list):
            return tuple(max(0, item) if _is_number(item) else 0 for item in value)
        return (value,) * self.count if _is_number(value) else ()


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1 << 31


def _length(header: GgufHeader, name: str) -> int:
    value = header.metadata.get(name)
    return value.length if isinstance(value, LongArray) else len(value) if isinstance(value, list) else 0


def _padded(cells: int) -> int:
    return -(-cells // _PAD) * _PAD
