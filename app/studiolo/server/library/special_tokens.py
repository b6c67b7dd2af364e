"""The special tokens of a model: texts that its engine reads as marks, such as the end of a turn.

A chat's prompt is tokenized with its marks, since the template writes them as text. So a mark in what a stranger wrote
would be one as well: a tool's result could end its own turn and begin the system's. Here such marks are found, by the
very texts of the model's vocabulary, and broken up by a space after their first character.
"""

import asyncio
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from studiolo.server.library.gguf import read_vocabulary

_NORMAL, _UNKNOWN, _CONTROL, _USER_DEFINED = 1, 2, 3, 4
_LEAST = 3
"""Characters of a mark; what is shorter, or has only letters and blanks, are the words of odd vocabularies."""
_PREFIX = 3
_BARRED = re.compile(r"<[|\uff5c].*[|\uff5c]>", re.DOTALL)
_ENDS = frozenset(
    {"<|eot_id|>", "<|im_end|>", "<|end|>", "<end_of_turn>", "<|endoftext|>", "<|end_of_text|>", "<EOT>", "_<EOT>"}
    | {"[EOT]", "[EOS]", "<eos>", "</s>", "<turn|>", "<|eom_id|>", "<|return|>", "<|call|>", "<|calls|>", "<|flush|>"}
    | {"<end_of_utterance>", "<|tool_response>", "<\uff5cend\u2581of\u2581sentence\uff5c>", "[e~["}
    | {"<|channel|>", "<|message|>", "<|start|>", "<|constrain|>"}
)
_FILLING = frozenset(
    {f"<{mark}>" for mark in ("PRE", "SUF", "MID", "PAD", "REPO", "reponame")}
    | {f"\u2581<{mark}>" for mark in ("PRE", "SUF", "MID")}
    | {f"<|{place}{mark}|>" for place in ("fim_", "code_", "") for mark in ("prefix", "suffix", "middle")}
    | {f"<fim{sign}{mark}>" for sign in "-_" for mark in ("prefix", "suffix", "middle", "pad")}
    | {f"<\uff5cfim\u2581{mark}\uff5c>" for mark in ("begin", "hole", "end")}
    | {"<|fim_pad|>", "[PAD]", "<|fim_repo|>", "<|repo_name|>", "<fim-repo>", "<|file_sep|>"}
)
_MADE_CONTROL = frozenset(text.encode() for text in _ENDS | _FILLING)
"""What llama.cpp takes as special tokens whatever type a file gives them (llama-vocab.cpp): ends of turns and the parts
of a turn, and the marks of code to be filled in."""
_MOST_KEPT = 16


class SpecialTokens:
    """The marks of one vocabulary. of_turns: those of them that its chat template writes, or that end a reply."""

    def __init__(self, texts: Iterable[str], turns: Iterable[str] | None = None) -> None:
        self.of_turns = self if turns is None else SpecialTokens(turns)
        self._texts = frozenset(text for text in texts if len(text) >= _LEAST and _is_sign(text))
        self._lengths: dict[str, list[int]] = {}
        for text in self._texts:
            lengths = self._lengths.setdefault(text[:_PREFIX], [])
            if len(text) not in lengths:
                lengths.append(len(text))
        first = "".join(sorted({re.escape(text[0]) for text in self._texts}))
        self._first = re.compile(f"[{first}]" if first else r"(?!)")
        self._same_in_json = all(json.dumps(text, ensure_ascii=False) == f'"{text}"' for text in self._texts)

    def __contains__(self, text: object) -> bool:
        return text in self._texts

    def broken(self, text: str) -> str:
        """Return the text with a space after the first character of each mark in it; itself where there is none."""
        pieces, done = [], 0
        for match in self._first.finditer(text):
            at = match.start()
            lengths = self._lengths.get(text[at : at + _PREFIX], ())
            if any(text[at : at + length] in self._texts for length in lengths):
                pieces.append(text[done : at + 1])
                done = at + 1
        return " ".join([*pieces, text[done:]]) if pieces else text

    def may_be_in(self, value: Any) -> bool:
        """Return whether any string within a value of JSON may hold a mark.

        Much quicker than to look at each of them.
        """
        if not self._same_in_json:
            return True
        text = json.dumps(value, ensure_ascii=False)
        return self.broken(text) != text


def read_special_tokens(path: Path) -> SpecialTokens:
    """Return the special tokens of a GGUF file. Raises GgufError.

    A token that its maker defined is one where the chat template writes it, or where it looks like one: other makers
    defined blanks and tags of HTML.
    """
    header, found = read_vocabulary(
        path, lambda kind, text: kind in (_UNKNOWN, _CONTROL, _USER_DEFINED) or text in _MADE_CONTROL
    )
    metadata = header.metadata.items()
    template = "\n".join(
        value for key, value in metadata if key.startswith("tokenizer.chat_template") and isinstance(value, str)
    )
    texts = [text for kind, text in found if kind != _USER_DEFINED or text in template or _BARRED.fullmatch(text)]
    return SpecialTokens(texts, [text for text in texts if text in template or text in _ENDS])


class Vocabularies:
    """The special tokens of models, each file read once."""

    def __init__(self) -> None:
        self._kept: dict[tuple[Path, int, int], SpecialTokens] = {}
        self._reading = asyncio.Lock()

    async def special_tokens(self, path: Path) -> SpecialTokens:
        """Return those of a model's file. Raises GgufError."""
        async with self._reading:
            return await asyncio.to_thread(self._read, path)

    def _read(self, path: Path) -> SpecialTokens:
        try:
            found = path.stat()
        except OSError:
            return read_special_tokens(path)  # Which says what is wrong.
        key = (path, found.st_mtime_ns, found.st_size)
        if key not in self._kept:
            self._kept[key] = read_special_tokens(path)
            while len(self._kept) > _MOST_KEPT:
                del self._kept[next(iter(self._kept))]
        return self._kept[key]


def _is_sign(text: str) -> bool:
    return any(not character.isalnum() and not character.isspace() for character in text)
