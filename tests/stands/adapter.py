"""A LoRA adapter for the tiny model: small, and strong enough that what is said with it is something else."""

from pathlib import Path

import gguf
import numpy as np

from tests.stands.gguf_writer import GgufWriter

_WIDTH, _RANK = 64, 4


def write_adapter(path: Path, *, architecture: str = "llama") -> Path:
    """Write an adapter to `path`, which changes what the first layer looks for, and return it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = GgufWriter(path, architecture)
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
    writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, float(_RANK))
    chance = np.random.default_rng(7)
    for tensor in ("attn_v", "attn_output", "ffn_up"):
        rows = 128 if tensor == "ffn_up" else _WIDTH
        name = f"blk.0.{tensor}.weight"
        writer.add_tensor(f"{name}.lora_a", chance.standard_normal((_RANK, _WIDTH)).astype(np.float32))
        writer.add_tensor(f"{name}.lora_b", chance.standard_normal((rows, _RANK)).astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
