"""Will it fit: the memory that a loaded model takes, before it is loaded.

Tensors, plus the attention cache (layers × heads × lengths × cells), plus llama.cpp's compute buffers, plus the
process. The formula was held against llama.cpp's own report of eight models.
"""

from dataclasses import dataclass

from studiolo.server.library.gguf import GgufHeader, LongArray

_PROCESS_BYTES = 40 * 2**20
_COMPUTE_BYTES = 48 * 2**20
_CACHE_ELEMENT_BYTES = 2
"""The cache holds 16-bit floats."""

# Of how many layers one sees the whole context, the others a window (llama-model.cpp, set_swa_pattern).
_WINDOW_PATTERN = {"gemma2": 2, "gemma3": 6, "gemma3n": 5, "cohere2": 4, "gpt-oss": 2, "llama4": 4, "exaone4": 4}


@dataclass(frozen=True)
class MemoryShape:
    """What of a model decides its memory. `heads` are the cache's heads of each layer; lengths are elements a head."""

    tensor_bytes: int
    heads: tuple[int, ...]
    key_length: int
    value_length: int
    window: int | None
    window_pattern: int

    def needed_bytes(self, context_length: int, *, parallel: int, batch_size: int) -> int:
        """Bytes of memory for one instance with `context_length` tokens of cache, shared by `parallel` slots."""
        cells = 0
        for number, heads in enumerate(self.heads):
            windowed = self.window is not None and (number + 1) % self.window_pattern != 0
            limit = self.window * parallel + batch_size if windowed and self.window else context_length
            cells += heads * min(context_length, limit)
        cache = cells * (self.key_length + self.value_length) * _CACHE_ELEMENT_BYTES
        return self.tensor_bytes + cache + _COMPUTE_BYTES + _PROCESS_BYTES


def memory_shape(headers: list[GgufHeader]) -> MemoryShape:
    """The shape of a model from the headers of its files. What a header does not say counts as none."""
    first = headers[0]
    layers = _number(first, "block_count") or 0
    query_heads = _per_layer(first, "attention.head_count", layers)
    heads = _per_layer(first, "attention.head_count_kv", layers) or query_heads
    width = _number(first, "embedding_length") or 0
    most = max(query_heads, default=0)
    usual = width // most if most else 0
    return MemoryShape(
        tensor_bytes=sum(header.tensor_bytes for header in headers),
        heads=heads,
        key_length=_number(first, "attention.key_length") or usual,
        value_length=_number(first, "attention.value_length") or usual,
        window=_number(first, "attention.sliding_window"),
        window_pattern=_WINDOW_PATTERN.get(first.architecture or "", 1),
    )


def _number(header: GgufHeader, name: str) -> int | None:
    value = header.of_architecture(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1 << 31 else None


def _per_layer(header: GgufHeader, name: str, layers: int) -> tuple[int, ...]:
    """A number that is given once or for each layer."""
    value = header.of_architecture(name)
    if isinstance(value, list) and all(isinstance(item, int) for item in value):
        return tuple(max(0, item) for item in value)
    number = _number(header, name)
    return (number,) * min(layers, 4096) if number and not isinstance(value, LongArray) else ()
