"""The special tokens of a vocabulary: which they are, and that no text holds one any more."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest

from studiolo.server.engine.strangers import tools_without_marks
from studiolo.server.library.gguf import GgufError
from studiolo.server.library.special_tokens import SpecialTokens, Vocabularies, read_special_tokens
from tests.stands.gguf_writer import GgufWriter
from tests.stands.starter import starter_model

_KINDS = gguf.TokenType


def vocabulary(path: Path, tokens: Mapping[str, int], *, template: str = "") -> Path:
    """A file with nothing but a vocabulary in it; more than what a header's reader keeps of an array."""
    words = [f"word{number}" for number in range(1000)]
    writer = GgufWriter(path, "llama")
    writer.add_token_list([*words, *tokens])
    writer.add_token_types([_KINDS.NORMAL] * len(words) + list(tokens.values()))
    if template:
        writer.add_chat_template(template)
    writer.add_tensor("t", np.zeros((2, 3), dtype=np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def test_the_control_tokens_of_a_real_model_are_found() -> None:
    tokens = read_special_tokens(starter_model())
    reader = gguf.GGUFReader(starter_model())
    kinds = reader.fields["tokenizer.ggml.token_type"].contents()
    texts = reader.fields["tokenizer.ggml.tokens"]
    control = [texts.contents(number) for number, kind in enumerate(kinds) if kind == _KINDS.CONTROL]
    assert len(control) > 10
    assert all(text in tokens for text in control)
    assert "the" not in tokens


def test_what_a_maker_defined_counts_where_the_template_writes_it(tmp_path: Path) -> None:
    defined = ["<table>", "\n\n", "  ", "<tool_call>", "<|user|>", "<｜User｜>"]
    tokens = dict.fromkeys(defined, _KINDS.USER_DEFINED) | {"<start_of_turn>": _KINDS.CONTROL}
    tokens |= {"</s>": _KINDS.NORMAL, "<b>": _KINDS.NORMAL, "a": _KINDS.CONTROL}
    found = read_special_tokens(vocabulary(tmp_path / "v.gguf", tokens, template="\n\n  {{ '<tool_call>' }}"))
    marks = {text for text in tokens if text in found}
    assert marks == {"<tool_call>", "<|user|>", "<｜User｜>", "<start_of_turn>", "</s>"}
    assert [text for text in marks if text in found.of_turns] == [
        text for text in marks if text in ("<tool_call>", "</s>")
    ]


def test_what_the_engine_takes_as_marks_are_marks_whatever_their_type(tmp_path: Path) -> None:
    """Those of code to be filled in belong to no turn: a person may write them."""
    ends, filling = ["<turn|>", "[e~[", "<|constrain|>"], ["<|fim_prefix|>", "<fim-suffix>", "<|file_sep|>", "[PAD]"]
    tokens = dict.fromkeys([*ends, *filling, "<s>", "<|im_start|>"], _KINDS.NORMAL)
    found = read_special_tokens(vocabulary(tmp_path / "v.gguf", tokens))
    assert [text for text in tokens if text in found] == ends + filling
    assert [text for text in tokens if text in found.of_turns] == ends


@pytest.mark.parametrize("mark", ["<|im_end|>", '<|"q"|>', "<|a\\b|>", "<|\n|>", "<｜fim▁hole｜>"])
@pytest.mark.parametrize("place", ["description", "key", "deep"])
def test_a_mark_anywhere_in_a_tool_is_found(mark: str, place: str) -> None:
    text = f"a {mark} b"
    schemas: dict[str, dict[str, Any]] = {
        "description": {"description": text},
        "key": {"parameters": {"properties": {text: {}}}},
        "deep": {"parameters": {"anyOf": [{"enum": [1, [text]]}]}},
    }
    tools = [{"type": "function", "function": {"name": "f", **schemas[place]}}]
    tokens = SpecialTokens([mark])
    told = tools_without_marks(tools, tokens)
    assert told == json.loads(json.dumps(tools).replace(json.dumps(mark)[1:-1], json.dumps(tokens.broken(mark))[1:-1]))
    assert told != tools
    assert tools_without_marks([{"function": {"name": "f"}}], tokens) == [{"function": {"name": "f"}}]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("let f = xs <| g |> h", None),
        ("<|im_en|> <|im_start", None),
        ("a<|im_end|>b", "a< |im_end|>b"),
        ("<|im_end|><|im_end|>", "< |im_end|>< |im_end|>"),
        ("<<|a<|im_end|>", "<<|a< |im_end|>"),
        ("<|o<|im_end|>o|>", "< |o< |im_end|>o|>"),
    ],
)
def test_only_whole_marks_are_broken_up(text: str, told: str | None) -> None:
    tokens = SpecialTokens(["<|im_end|>", "<|im_start|>", "<|o<|im_end|>o|>"])
    broken = tokens.broken(text)
    assert broken == (told or text)
    assert tokens.broken(broken) == broken
    assert SpecialTokens([]).broken(text) == text


def test_a_long_text_of_beginnings_takes_no_time() -> None:
    tokens = SpecialTokens([f"<unused{number}>" for number in range(6000)])
    text = "<unused<unused9999>" * 50_000
    began = time.process_time()
    assert tokens.broken(text) == text
    assert time.process_time() - began < 2


async def test_a_file_is_read_once_and_again_when_it_is_another(tmp_path: Path) -> None:
    path = vocabulary(tmp_path / "v.gguf", {"<|one|>": _KINDS.CONTROL})
    kept = Vocabularies()
    first = await kept.special_tokens(path)
    assert await kept.special_tokens(path) is first
    vocabulary(path, {"<|two|>": _KINDS.CONTROL, "<|three|>": _KINDS.CONTROL})
    assert "<|two|>" in await kept.special_tokens(path)
    path.unlink()
    with pytest.raises(GgufError):
        await kept.special_tokens(path)
