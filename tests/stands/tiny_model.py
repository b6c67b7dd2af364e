"""A real model that loads in milliseconds: the llama architecture with two small layers of random weights."""

from collections.abc import Mapping
from pathlib import Path

import gguf
import numpy as np

from tests.stands.gguf_writer import GgufWriter

CHAT_TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)

_WIDTH, _HEADS, _LAYERS, _INNER = 64, 4, 2, 128
# The first number of each state is this large for every token, and counts against the special ones alone.
_STEADY = 4.0
_SPECIAL = 5
_END, _OFTEN = 4, 0.2


def write_tiny_llama(
    path: Path,
    *,
    chat_template: str | None = CHAT_TEMPLATE,
    context_length: int = 2048,
    name: str = "Tiny",
    architecture: str = "llama",
    file_type: gguf.LlamaFileType = gguf.LlamaFileType.ALL_F32,
    brief: bool = False,
    stored: gguf.GGMLQuantizationType | None = None,
    grammars: bool = False,
    sampling: Mapping[str, float] | None = None,
) -> Path:
    """Write the model to `path` and return it.

    The vocabulary is the 256 bytes, so it talks noise, and it never ends by itself: a reply has the tokens it was
    allowed. A `brief` one ends after a few. Layers that are `stored` in another type than 32-bit floats are nothing.
    `grammars`: it can be held to one, since no space is put before what a template ends with.
    `sampling`: what the file recommends, by GGUF's names.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = GgufWriter(path, architecture)
    writer.add_name(name)
    writer.add_file_type(file_type)
    writer.add_context_length(context_length)
    writer.add_embedding_length(_WIDTH)
    writer.add_block_count(_LAYERS)
    writer.add_feed_forward_length(_INNER)
    writer.add_head_count(_HEADS)
    writer.add_head_count_kv(_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(_WIDTH // _HEADS)
    tokens = add_vocabulary(writer)
    for key, value in (sampling or {}).items():
        if isinstance(value, int):
            writer.add_int32(f"general.sampling.{key}", value)
        else:
            writer.add_float32(f"general.sampling.{key}", value)
    if grammars:
        writer.add_add_space_prefix(False)
    if chat_template:
        writer.add_chat_template(chat_template)
    for tensor, shape in _shapes(tokens).items():
        if stored is not None and tensor.startswith("blk.") and len(shape) == 2:
            block, size = gguf.GGML_QUANT_SIZES[stored]
            nothing = np.zeros((shape[0], shape[1] // block * size), dtype=np.uint8)
            writer.add_tensor(tensor, nothing, raw_dtype=stored)
        else:
            writer.add_tensor(tensor, _weights(tensor, shape, brief=brief))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def add_vocabulary(writer: gguf.GGUFWriter) -> int:
    kinds = gguf.TokenType
    tokens = [b"<unk>", b"<s>", b"</s>", b"<|im_start|>", b"<|im_end|>"]
    types = [kinds.UNKNOWN, kinds.CONTROL, kinds.CONTROL, kinds.CONTROL, kinds.CONTROL]
    for byte in range(256):
        tokens.append(f"<0x{byte:02X}>".encode())
        types.append(kinds.BYTE)
    for letter in "abcdefghijklmnopqrstuvwxyz \n":
        tokens.append(letter.replace(" ", "▁").encode())
        types.append(kinds.NORMAL)
    writer.add_tokenizer_model("llama")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(tokens)
    writer.add_token_scores([0.0] * len(tokens))
    writer.add_token_types(types)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(4)
    writer.add_unk_token_id(0)
    writer.add_vocab_size(len(tokens))
    return len(tokens)


def _shapes(tokens: int) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {
        "token_embd.weight": (tokens, _WIDTH),
        "output_norm.weight": (_WIDTH,),
        "output.weight": (tokens, _WIDTH),
    }
    for layer in range(_LAYERS):
        block = f"blk.{layer}."
        shapes |= {block + f"{norm}_norm.weight": (_WIDTH,) for norm in ("attn", "ffn")}
        shapes |= {block + f"attn_{part}.weight": (_WIDTH, _WIDTH) for part in ("q", "k", "v", "output")}
        shapes |= {block + f"ffn_{part}.weight": (_INNER, _WIDTH) for part in ("gate", "up")}
        shapes |= {block + "ffn_down.weight": (_WIDTH, _INNER)}
    return shapes


def _weights(name: str, shape: tuple[int, ...], *, brief: bool) -> np.ndarray:
    if len(shape) == 1:
        return np.ones(shape, dtype=np.float32)
    seed = np.random.default_rng(sum(name.encode()))
    weights = (seed.standard_normal(shape) * 0.1).astype(np.float32)
    if name == "token_embd.weight":
        weights[:, 0] = _STEADY
    if name == "output.weight":
        weights[:, 0] = 0
        weights[:_SPECIAL, 0] = -_STEADY
        if brief:
            weights[_END, 0] = _OFTEN
    return weights
