"""A model that says what it was written to say: real words and real calls, from prompts of any length, in no time."""

import functools
import json
import mmap
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gguf
import numpy as np

from tests.stands.gguf_writer import GgufWriter
from tests.stands.starter import starter_model
from tests.stands.template_model import TOOLS

REPLY = "The lamp is lit, and nobody had to wait."

_WIDTH = 64
_FIRM, _LIKELY = 12.0, 6.0
_END = "<|im_end|>"
# What ends a reply, or the JSON that a grammar asks for, as soon as it may end.
_LASTS = (_END, '"', "}", "]")
_TAGGED = "<tool_call>\n%s\n</tool_call>"
_FENCED = "```json\n%s\n```"
_GENERATION = "{{- '<|im_start|>assistant\\n' }}"


def write_scripted_llama(
    path: Path,
    *,
    reply: str = REPLY,
    calls: Mapping[str, Mapping[str, Any]] | None = None,
    as_text: bool = False,
    tireless: bool = False,
    context_length: int = 131072,
) -> Path:
    """Write the model to `path` and return it.

    It has the starter model's vocabulary, so its prompts have as many tokens as those of a model that people use. It
    sees no further than the last token: each has one that follows it, and the end of its chat template says where to
    begin. Where a grammar forbids what should follow, it closes what is open.

    Args:
        path: Of the file.
        reply: What it answers, a token for each word.
        calls: Arguments by the name of a tool, in the order of its schema. Where one of these is offered, the model
            calls it before it answers.
        as_text: It writes its calls as text that is no call to the engine.
        tireless: It calls again after each result, and never answers where it has a tool.
        context_length: In tokens.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    spoken = _starter_vocabulary()
    script = _Script(spoken.tokens)
    begin = script.add("<|say|>", reply)
    wording = _FENCED if as_text else _TAGGED
    markers = {
        name: script.add(f"<|{name}|>", wording % json.dumps({"name": name, "arguments": arguments}))
        for name, arguments in (calls or {}).items()
    }
    writer = GgufWriter(path, "llama")
    writer.add_name(path.parent.name)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_context_length(context_length)
    writer.add_embedding_length(_WIDTH)
    writer.add_block_count(1)
    writer.add_feed_forward_length(_WIDTH)
    writer.add_head_count(1)
    writer.add_head_count_kv(1)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(_WIDTH)
    _add_vocabulary(writer, script, spoken)
    writer.add_chat_template(_template(begin, markers, tireless=tireless))
    for name, tensor in _tensors(script).items():
        writer.add_tensor(name, tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@dataclass(frozen=True)
class _Vocabulary:
    tokens: list[str]
    kinds: list[int]
    merges: list[str]


@functools.cache
def _starter_vocabulary() -> _Vocabulary:
    """That of the starter model. The reference's reader makes objects of each text, which takes seconds."""
    with starter_model().open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        kind_at, kinds = _array(data, "tokenizer.ggml.token_type")
        return _Vocabulary(
            tokens=_texts(data, *_array(data, "tokenizer.ggml.tokens")),
            kinds=list(struct.unpack_from(f"<{kinds}i", data, kind_at)),
            merges=_texts(data, *_array(data, "tokenizer.ggml.merges")),
        )


def _array(data: mmap.mmap, key: str) -> tuple[int, int]:
    """Where the array under a key begins in a GGUF file, and how many elements it has."""
    name = struct.pack("<Q", len(key)) + key.encode()
    at = data.find(name) + len(name)
    kind, _, count = struct.unpack_from("<IIQ", data, at)
    assert kind == gguf.GGUFValueType.ARRAY
    return at + 16, count


def _texts(data: mmap.mmap, at: int, count: int) -> list[str]:
    texts = []
    for _ in range(count):
        (length,) = struct.unpack_from("<Q", data, at)
        texts.append(data[at + 8 : at + 8 + length].decode())
        at += 8 + length
    return texts


class _Script:
    """The tokens of a vocabulary and those that are added to it, with what follows each of these."""

    def __init__(self, tokens: list[str]) -> None:
        self.known = len(tokens)
        self.tokens = list(tokens)
        self.follows: dict[int, int] = {}
        self.ends = [tokens.index(text) for text in _LASTS]

    def add(self, marker: str, text: str) -> str:
        """Have `text` follow a marker, about a token for each word, and then the end; the result is the marker."""
        for piece in (marker, *self._pieces(text)):
            self.follows[len(self.tokens)] = len(self.tokens) + 1
            self.tokens.append(piece)
        self.follows[len(self.tokens) - 1] = self.ends[0]
        return marker

    def _pieces(self, text: str) -> list[str]:
        """Words that are no tokens yet, as no two may be alike: such a word goes together with the next."""
        taken = {*self.tokens}
        pieces, begun = [], ""
        for word in re.findall(r" ?[^ ]+", text):
            begun += word
            if (piece := _in_letters(begun)) not in taken:
                taken.add(piece)
                pieces.append(piece)
                begun = ""
        return [*pieces[:-1], pieces[-1] + _in_letters(begun)]


def _in_letters(text: str) -> str:
    """As a vocabulary of this kind writes it, with a letter for each byte."""
    return text.replace(" ", "Ġ").replace("\n", "Ċ")


def _template(begin: str, markers: Mapping[str, str], *, tireless: bool) -> str:
    """The template with tools, whose end is the marker that the reply is to begin from."""
    said = ["{%- set mark = namespace(text='" + begin + "') %}"]
    for name, marker in markers.items():
        said.append("{%- for tool in tools or [] if tool.function.name == '" + name + "' %}")
        said.append("{%- set mark.text = '" + marker + "' %}{%- endfor %}")
    if not tireless:
        said.append("{%- for message in messages if message.role == 'tool' %}{%- set mark.text = '" + begin + "' %}")
        said.append("{%- endfor %}")
    said.append(_GENERATION + "{{- mark.text }}")
    assert _GENERATION in TOOLS
    return TOOLS.replace(_GENERATION, "".join(said)).strip()


def _add_vocabulary(writer: gguf.GGUFWriter, script: _Script, spoken: _Vocabulary) -> None:
    kinds = gguf.TokenType
    types = [kinds.CONTROL if text.startswith("<|") else kinds.NORMAL for text in script.tokens[script.known :]]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(script.tokens)
    writer.add_token_types([*spoken.kinds, *types])
    writer.add_token_merges(spoken.merges)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(script.ends[0])
    writer.add_add_bos_token(False)
    writer.add_add_space_prefix(False)
    writer.add_vocab_size(len(script.tokens))


def _tensors(script: _Script) -> dict[str, np.ndarray]:
    """Of each token the embedding is the number of its place in the script; layers add nothing to it."""
    tokens = len(script.tokens)
    assert tokens - script.known < _WIDTH
    embedding = np.zeros((tokens, _WIDTH), dtype=np.float32)
    embedding[: script.known, 0] = 1
    output = np.zeros((tokens, _WIDTH), dtype=np.float32)
    for rank, last in enumerate(script.ends):
        output[last] = _LIKELY - rank
    for place, (token, following) in enumerate(script.follows.items(), start=1):
        embedding[token, place] = 1
        output[following, place] = _FIRM
    nothing = np.zeros((_WIDTH, _WIDTH), dtype=np.float32)
    norm = np.ones(_WIDTH, dtype=np.float32)
    layer: dict[str, np.ndarray] = {f"attn_{part}": nothing for part in ("q", "k", "v", "output")}
    layer |= {f"ffn_{part}": nothing for part in ("gate", "up", "down")} | {"attn_norm": norm, "ffn_norm": norm}
    return {
        "token_embd.weight": embedding,
        "output_norm.weight": norm,
        "output.weight": output,
        **{f"blk.0.{name}.weight": tensor for name, tensor in layer.items()},
    }
