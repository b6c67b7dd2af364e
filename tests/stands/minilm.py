"""A real embedding model as GGUF: all-MiniLM-L6-v2 from its package, converted without torch."""

import importlib.util
import json
import struct
import zipfile
from pathlib import Path
from typing import Any

import gguf
import numpy as np

from tests.stands.gguf_writer import GgufWriter

_DTYPES = {"F32": np.float32, "F16": np.float16, "I64": np.int64}
_TENSORS = {
    "embeddings.word_embeddings.weight": "token_embd.weight",
    "embeddings.position_embeddings.weight": "position_embd.weight",
    "embeddings.token_type_embeddings.weight": "token_types.weight",
    "embeddings.LayerNorm.weight": "token_embd_norm.weight",
    "embeddings.LayerNorm.bias": "token_embd_norm.bias",
}
_LAYER = {
    "attention.self.query": "attn_q",
    "attention.self.key": "attn_k",
    "attention.self.value": "attn_v",
    "attention.output.dense": "attn_output",
    "attention.output.LayerNorm": "attn_output_norm",
    "intermediate.dense": "ffn_up",
    "output.dense": "ffn_down",
    "output.LayerNorm": "layer_output_norm",
}


def write_minilm(path: Path) -> Path:
    """Write the model, half precision, to `path`, and return it."""
    spec = importlib.util.find_spec("all_minilm_l6_v2")
    assert spec
    assert spec.submodule_search_locations
    folder = Path(spec.submodule_search_locations[0])
    with zipfile.ZipFile(folder / "model.zip") as archive:
        tensors = _tensors(archive.read("model.safetensors"))
        config = json.loads(archive.read("config.json"))
        tokenizer = json.loads(archive.read("tokenizer.json"))
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = GgufWriter(path, "bert")
    _add_shape(writer, config)
    _add_vocabulary(writer, config, tokenizer)
    half = gguf.GGMLQuantizationType.F16
    for name, target in _names(config["num_hidden_layers"]).items():
        values = tensors[name].astype(np.float32)
        if values.ndim == 2 and "position" not in name and "token_type" not in name:
            writer.add_tensor(target, gguf.quants.quantize(values, half), raw_dtype=half)
        else:
            writer.add_tensor(target, values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _tensors(raw: bytes) -> dict[str, np.ndarray]:
    (length,) = struct.unpack("<Q", raw[:8])
    base = 8 + length
    out = {}
    for name, about in json.loads(raw[8:base]).items():
        if name != "__metadata__":
            begin, end = about["data_offsets"]
            values = np.frombuffer(raw[base + begin : base + end], dtype=_DTYPES[about["dtype"]])
            out[name.removeprefix("bert.")] = values.reshape(about["shape"])
    return out


def _names(layers: int) -> dict[str, str]:
    names = dict(_TENSORS)
    for layer in range(layers):
        for theirs, ours in _LAYER.items():
            for kind in ("weight", "bias"):
                names[f"encoder.layer.{layer}.{theirs}.{kind}"] = f"blk.{layer}.{ours}.{kind}"
    return names


def _add_shape(writer: gguf.GGUFWriter, config: dict[str, Any]) -> None:
    writer.add_name("all-MiniLM-L6-v2")
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_layer_norm_eps(config["layer_norm_eps"])
    writer.add_causal_attention(False)
    writer.add_pooling_type(gguf.PoolingType.MEAN)


def _add_vocabulary(writer: gguf.GGUFWriter, config: dict[str, Any], tokenizer: dict[str, Any]) -> None:
    ids = tokenizer["model"]["vocab"]
    special = {token["content"] for token in tokenizer["added_tokens"]}
    tokens, types = [], []
    for text in sorted(ids, key=lambda token: ids[token]):
        kind = gguf.TokenType.CONTROL if text in special else gguf.TokenType.NORMAL
        types.append(gguf.TokenType.UNKNOWN if text == "[UNK]" else kind)
        inner = text.removeprefix("##") if text.startswith("##") else f"▁{text}"
        tokens.append((text if text in special else inner).encode())
    writer.add_tokenizer_model("bert")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    writer.add_token_type_count(config["type_vocab_size"])
    writer.add_bos_token_id(ids["[CLS]"])
    writer.add_eos_token_id(ids["[SEP]"])
    writer.add_unk_token_id(ids["[UNK]"])
    writer.add_sep_token_id(ids["[SEP]"])
    writer.add_pad_token_id(ids["[PAD]"])
    writer.add_mask_token_id(ids["[MASK]"])
    writer.add_add_bos_token(True)
    writer.add_add_eos_token(True)
