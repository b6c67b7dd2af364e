"""A vision projector with random weights: the whole way of an image, without a model that knows what it sees."""

from pathlib import Path

import numpy as np

from tests.stands.gguf_writer import GgufWriter

_WIDTH, _INNER, _LAYERS, _HEADS, _IMAGE, _PATCH, _SCALE = 64, 128, 2, 4, 128, 16, 4
_NUMBERS = {
    "image_size": _IMAGE,
    "patch_size": _PATCH,
    "embedding_length": _WIDTH,
    "feed_forward_length": _INNER,
    "block_count": _LAYERS,
    "attention.head_count": _HEADS,
    "projector.scale_factor": _SCALE,
}


def write_projector(path: Path, *, model_width: int) -> Path:
    """Write a projector of Gemma 3's kind for a model whose embeddings have `model_width` elements; return `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = GgufWriter(path, "clip")
    writer.add_type("mmproj")
    writer.add_file_type(0)
    writer.add_bool("clip.has_vision_encoder", True)
    writer.add_string("clip.projector_type", "gemma3")
    writer.add_bool("clip.use_gelu", True)
    for name, value in (_NUMBERS | {"projection_dim": model_width}).items():
        writer.add_uint32(f"clip.vision.{name}", value)
    writer.add_float32("clip.vision.attention.layer_norm_epsilon", 1e-6)
    writer.add_array("clip.vision.image_mean", [0.5, 0.5, 0.5])
    writer.add_array("clip.vision.image_std", [0.5, 0.5, 0.5])
    random = np.random.default_rng(0)
    for name, shape in _shapes(model_width).items():
        values = random.standard_normal(shape) * 0.05 + (1.0 if _is_norm(name) else 0.0)
        writer.add_tensor(name, values.astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _shapes(model_width: int) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {
        "v.patch_embd.weight": (_WIDTH, 3, _PATCH, _PATCH),
        "v.patch_embd.bias": (_WIDTH,),
        "v.position_embd.weight": ((_IMAGE // _PATCH) ** 2, _WIDTH),
        "v.post_ln.weight": (_WIDTH,),
        "v.post_ln.bias": (_WIDTH,),
        "mm.input_projection.weight": (_WIDTH, model_width),
        "mm.soft_emb_norm.weight": (_WIDTH,),
    }
    for layer in range(_LAYERS):
        block = f"v.blk.{layer}."
        for name in ("attn_q", "attn_k", "attn_v", "attn_out"):
            shapes |= {f"{block}{name}.weight": (_WIDTH, _WIDTH), f"{block}{name}.bias": (_WIDTH,)}
        for name in ("ln1", "ln2"):
            shapes |= {f"{block}{name}.weight": (_WIDTH,), f"{block}{name}.bias": (_WIDTH,)}
        shapes |= {f"{block}ffn_up.weight": (_INNER, _WIDTH), f"{block}ffn_up.bias": (_INNER,)}
        shapes |= {f"{block}ffn_down.weight": (_WIDTH, _INNER), f"{block}ffn_down.bias": (_WIDTH,)}
    return shapes


def _is_norm(name: str) -> bool:
    return name.endswith(".weight") and ("ln" in name.split(".")[-2] or "norm" in name)
