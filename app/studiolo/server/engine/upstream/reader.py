"""The stream of another server, read into chunks as llama-server's are, and told a whole reply from one that broke off.

Measured of vLLM 0.32, Ray Serve, LiteLLM and llama-server: details that are null, `reasoning` in place of
`reasoning_content`, an error followed by `[DONE]`, and no end at all where a replica was killed. So a reply is whole
only with a finish_reason and without an error; `[DONE]` by itself says nothing.
"""

import json
import time
from typing import Any

from studiolo.server.engine.chunk import Chunk, RawChunk
from studiolo.server.engine.contract import CHAT

_BROKEN = frozenset({"abort", "error"})
"""Words for an end that is none: vLLM's for a request that was thrown out."""


class UpstreamReader:
    """Feed it the events of one reply. prompt_tokens: about how many the prompt has, where the server does not tell."""

    def __init__(self, route: str, prompt_tokens: int) -> None:
        self._route = route
        self._prompt_tokens = prompt_tokens
        self._begun_at = time.monotonic()
        self._first_at = self._last_at = 0.0
        self._head: RawChunk = {}
        self._pieces = 0
        self._open: set[int] = set()
        self._ended: set[int] = set()
        self._calls: list[str] = []
        self._usage: RawChunk | None = None
        self._timings: RawChunk | None = None
        self.fingerprint: str | None = None

    @property
    def is_whole(self) -> bool:
        """Return whether every reply that began has come to an end of its own."""
        return bool(self._ended) and self._open <= self._ended

    def feed(self, event: RawChunk) -> Chunk | None:
        """Return what an event adds; None where it adds nothing. Counts are held back for `last`."""
        self._take_head(event)
        self._usage = _usage(event.get("usage")) or self._usage
        self._timings = _timings(event.get("timings")) or self._timings
        choices = [read for choice in _dicts(event.get("choices")) if (read := self._choice(choice))]
        progress = _progress(event.get("prompt_progress"))
        if not choices and progress is None:
            return None
        raw: RawChunk = {**self._head, "choices": choices}
        if progress is not None:
            raw["prompt_progress"] = progress
        chunk = Chunk.of(raw)
        if any(choice.text or choice.reasoning or choice.calls for choice in chunk.choices):
            self._last_at = time.monotonic()
            self._first_at = self._first_at or self._last_at
            self._pieces += 1
        return chunk

    def last(self) -> Chunk:
        """Return the chunk with the counts, those of the server or about as many, marked, and the times.

        The times are by our own clock where the server has none.
        """
        usage = self._usage or {
            "prompt_tokens": self._prompt_tokens,
            "completion_tokens": self._pieces,
            "total_tokens": self._prompt_tokens + self._pieces,
            "estimated": True,
        }
        timings = self._timings or self._own_timings(usage["completion_tokens"])
        return Chunk.of({**self._head, "choices": [], "usage": usage, "timings": timings})

    def _own_timings(self, tokens: int) -> RawChunk:
        first = self._first_at or time.monotonic()
        seconds = max(0.0, self._last_at - first)
        return {
            "prompt_ms": (first - self._begun_at) * 1000,
            "predicted_ms": seconds * 1000,
            "predicted_per_second": (tokens - 1) / seconds if seconds and tokens > 1 else 0.0,
        }

    def _take_head(self, event: RawChunk) -> None:
        if not self._head:
            kind = "chat.completion.chunk" if self._route == CHAT else "text_completion"
            created = event.get("created")
            self._head = {
                "id": _text(event.get("id")) or "chatcmpl-upstream",
                "object": kind,
                "created": int(created)
                if isinstance(created, int | float) and _is_number(created)
                else int(time.time()),
                "model": _text(event.get("model")) or "",
            }
        self.fingerprint = _text(event.get("system_fingerprint")) or self.fingerprint

    def _choice(self, choice: RawChunk) -> RawChunk | None:
        index = choice.get("index")
        number = index if isinstance(index, int) and not isinstance(index, bool) else 0
        reason = _text(choice.get("finish_reason")) or None
        read: RawChunk = {"index": number, "finish_reason": reason, "logprobs": _logprobs(choice.get("logprobs"))}
        if self._route == CHAT:
            read["delta"] = delta = self._delta(choice.get("delta"))
            says = bool(delta)
        else:
            read["text"] = _text(choice.get("text")) or ""
            says = bool(read["text"])
        if says or reason:
            self._open.add(number)
        if reason and reason not in _BROKEN:
            self._ended.add(number)
        return read if says or reason else None

    def _delta(self, value: Any) -> RawChunk:
        delta = value if isinstance(value, dict) else {}
        read: RawChunk = {}
        if role := _text(delta.get("role")):
            read["role"] = role
        if content := _text(delta.get("content")):
            read["content"] = content
        elif role:
            read["content"] = None
        if thought := _text(delta.get("reasoning_content")) or _text(delta.get("reasoning")):
            read["reasoning_content"] = thought
        if calls := [self._call(call) for call in _dicts(delta.get("tool_calls"))]:
            read["tool_calls"] = calls
        return read

    def _call(self, call: RawChunk) -> RawChunk:
        """Return a bit of a call. Some servers send calls whole and without a number: each id is another one."""
        name = _text(call.get("id"))
        index = call.get("index")
        if not isinstance(index, int) or isinstance(index, bool) or index < 0:
            if name and name not in self._calls:
                self._calls.append(name)
            index = self._calls.index(name) if name else max(0, len(self._calls) - 1)
        function = call.get("function")
        function = function if isinstance(function, dict) else {}
        arguments = function.get("arguments")
        read: RawChunk = {"index": min(index, _MOST_CALLS), "type": "function", "function": {}}
        if name:
            read["id"] = name
        if called := _text(function.get("name")):
            read["function"]["name"] = called
        if arguments is not None:
            read["function"]["arguments"] = arguments if isinstance(arguments, str) else json.dumps(arguments)
        return read


_MOST_CALLS = 1000
"""Of one reply: who puts answers together makes room for as many as the highest number says."""


def _usage(value: Any) -> RawChunk | None:
    """Return counts that can be used. Details that a server does not tell are left out: null is no number."""
    if not isinstance(value, dict) or not all(_is_count(value.get(name)) for name in _COUNTS):
        return None
    read: RawChunk = {name: value[name] for name in _COUNTS}
    total = value.get("total_tokens")
    read["total_tokens"] = total if _is_count(total) else sum(read.values())
    for details in ("prompt_tokens_details", "completion_tokens_details"):
        if isinstance(told := value.get(details), dict):
            known = {name: count for name, count in told.items() if _is_count(count)}
            read |= {details: known} if known else {}
    return read


_COUNTS = ("prompt_tokens", "completion_tokens")


def _timings(value: Any) -> RawChunk | None:
    if not isinstance(value, dict) or not _is_number(value.get("prompt_ms")):
        return None
    return {name: number for name, number in value.items() if _is_number(number)}


def _progress(value: Any) -> RawChunk | None:
    if not isinstance(value, dict) or not all(_is_count(value.get(name)) for name in ("total", "processed")):
        return None
    return {name: count for name, count in value.items() if _is_number(count)}


def _logprobs(value: Any) -> RawChunk | None:
    """Return log probabilities in OpenAI's newer form; others are left out."""
    entries = value.get("content") if isinstance(value, dict) else None
    if not isinstance(entries, list) or not all(_is_probability(entry) for entry in entries):
        return None
    return {"content": [_probability(entry) for entry in entries]}


def _probability(entry: RawChunk) -> RawChunk:
    top = [one for one in _dicts(entry.get("top_logprobs")) if _is_probability(one)]
    return {**entry, "top_logprobs": top}


def _is_probability(entry: Any) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("token"), str) and _is_number(entry.get("logprob"))


def _dicts(value: Any) -> list[RawChunk]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value and abs(value) < 1e15


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 53
