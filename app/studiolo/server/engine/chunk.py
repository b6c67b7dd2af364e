"""What an engine streams, read once: llama-server's dialect of OpenAI's chunks ends here."""

from collections.abc import Mapping
from typing import Any, NamedTuple

RawChunk = dict[str, Any]
"""A chunk as JSON, in the words of OpenAI's completions, as the routes in that dialect pass it on."""

# Tuples can't change either, and one of each is made for every token: a frozen dataclass takes more than twice as long.


class CallDelta(NamedTuple):
    """A bit of a tool call.

    Attributes:
        number: Which call of the reply, from 0; None where the engine does not say.
        id: The engine's name for the call, with its first bit.
        name: That of the function, with the call's first bit.
        arguments: A piece of their JSON.
    """

    number: int | None = None
    id: str = ""
    name: str = ""
    arguments: str = ""


class ChoiceDelta(NamedTuple):
    """What a chunk adds to one of a request's replies.

    Attributes:
        number: Which reply, from 0.
        role: Whose words follow; only where that begins.
        text: A piece of the reply; None where the chunk has no place for one.
        reasoning: A piece of what the model thinks before it answers; None likewise.
        calls: Bits of tool calls.
        finish_reason: Why the reply ended, with its last chunk: stop, length, tool_calls, or api.chat.CONTEXT_FULL.
        logprobs: The log probabilities of its tokens, as JSON; None where nobody asked.
    """

    number: int = 0
    role: str | None = None
    text: str | None = None
    reasoning: str | None = None
    calls: tuple[CallDelta, ...] = ()
    finish_reason: str | None = None
    logprobs: Mapping[str, Any] | None = None

    @property
    def says_something(self) -> bool:
        """Return whether it adds or ends anything."""
        return bool(self.role or self.text or self.reasoning or self.calls or self.finish_reason)


class TokenCounts(NamedTuple):
    """Counts of tokens; those of several completions are added up by `plus`."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0

    def plus(self, other: "TokenCounts") -> "TokenCounts":
        """Return the counts of both together."""
        return TokenCounts(*(one + more for one, more in zip(self, other, strict=True)))


class Timings(NamedTuple):
    """How long a completion took: milliseconds for the prompt and for the reply, and the reply's tokens a second."""

    prompt_ms: float = 0.0
    predicted_ms: float = 0.0
    predicted_per_second: float = 0.0


class PromptProgress(NamedTuple):
    """How many of the prompt's `total` tokens are read, those that were known already included."""

    total: int
    processed: int


class Chunk(NamedTuple):
    """A chunk of a stream, of a chat or of a completion of text.

    Attributes:
        raw: The same as JSON, to be passed on. Nobody changes it: who has other words makes another.
        choices: What is added to the replies; nothing in a chunk that only has counts.
        opens: Whether it only says that a reply begins, and by whom.
        progress: How far the prompt is read, before the reply begins.
        usage: The counts, in the last chunk.
        timings: Likewise.
    """

    raw: RawChunk
    choices: tuple[ChoiceDelta, ...] = ()
    opens: bool = False
    progress: PromptProgress | None = None
    usage: TokenCounts | None = None
    timings: Timings | None = None

    @classmethod
    def of(cls, raw: RawChunk) -> "Chunk":
        """Return what a chunk of llama-server's says."""
        choices = tuple([_choice(choice) for choice in raw.get("choices", ())])
        progress, usage, timings = raw.get("prompt_progress"), raw.get("usage"), raw.get("timings")
        return cls(
            raw,
            choices,
            bool(choices and choices[0].role) and all(choice[1:] == _OPENING for choice in choices),
            PromptProgress(progress["total"], progress["processed"]) if progress else None,
            _usage(usage) if usage else None,
            _timings(timings) if timings else None,
        )

    @property
    def model(self) -> str:
        """Return the name of the instance that the chunk is from."""
        name: str = self.raw["model"]
        return name

    @property
    def is_estimated(self) -> bool:
        """Return whether its counts are about right: another machine's server did not tell them."""
        return bool((self.raw.get("usage") or {}).get("estimated"))

    def with_raw(self, **changes: Any) -> "Chunk":
        """Return the chunk with other entries in its JSON that are not read here, such as the model's name."""
        return Chunk({**self.raw, **changes}, *self[1:])

    def with_finish_reason(self, old: str, new: str) -> "Chunk":
        """Return the chunk with another word for why replies ended."""
        choices = [
            {**choice, "finish_reason": new} if choice.get("finish_reason") == old else choice
            for choice in self.raw["choices"]
        ]
        return Chunk.of({**self.raw, "choices": choices})

    def with_reasoning_tokens(self, count: int) -> "Chunk":
        """Return the chunk with usage that says how many of the tokens were reasoning."""
        return Chunk.of({**self.raw, "usage": {**self.raw["usage"], _DETAILS: {"reasoning_tokens": count}}})

    def ended_by(self, reason: str) -> bool:
        """Return whether a reply ended with this word for why."""
        return reason in [choice.finish_reason for choice in self.choices]


_OPENING = ("assistant", None, None, (), None, None)
"""What is in a choice that opens a reply, behind its number."""
_DETAILS = "completion_tokens_details"


def _choice(choice: Mapping[str, Any]) -> ChoiceDelta:
    delta = choice.get("delta")
    if delta is None:
        return ChoiceDelta(
            choice.get("index", 0),
            text=choice.get("text"),
            finish_reason=choice.get("finish_reason"),
            logprobs=choice.get("logprobs"),
        )
    calls = delta.get("tool_calls")
    return ChoiceDelta(
        choice.get("index", 0),
        delta.get("role"),
        delta.get("content"),
        delta.get("reasoning_content"),
        tuple([_call(call) for call in calls]) if calls else (),
        choice.get("finish_reason"),
        choice.get("logprobs"),
    )


def _call(call: Mapping[str, Any]) -> CallDelta:
    function = call.get("function") or {}
    return CallDelta(
        call.get("index"), call.get("id") or "", function.get("name") or "", function.get("arguments") or ""
    )


def _usage(usage: Mapping[str, Any]) -> TokenCounts:
    prompt, completion = usage.get("prompt_tokens_details") or {}, usage.get(_DETAILS) or {}
    return TokenCounts(
        usage["prompt_tokens"],
        usage["completion_tokens"],
        prompt.get("cached_tokens", 0),
        completion.get("reasoning_tokens", 0),
    )


def _timings(timings: Mapping[str, Any]) -> Timings:
    return Timings(timings["prompt_ms"], timings.get("predicted_ms", 0.0), timings.get("predicted_per_second", 0.0))
