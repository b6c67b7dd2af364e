"""Log probabilities of tokens and of those that might have come instead: they are most of an answer that has them."""

import math
from typing import Any

from studiolo.errors import RequestError

Body = dict[str, Any]

MOST_BESIDE = 100
"""Tokens told beside the one that was chosen. A thousand take six milliseconds for each token, in which nobody else's
reply goes on."""
_MOST_HELD = 400_000
"""Of one answer that is told as a whole: each takes 400 bytes of memory. With 20 beside it, so many are 19,000 tokens.
"""
_LEAST_LOGPROB = -9999.0
"""What OpenAI tells of a token that can't be: JSON knows no infinity."""


class Held:
    """Counts those that an answer holds until it is whole."""

    def __init__(self) -> None:
        self._count = 0

    def add(self, count: int) -> None:
        """Count probabilities that are held. Raises RequestError where they are too many."""
        self._count += count
        if self._count > _MOST_HELD:
            raise RequestError(
                f"The answer has more than {_MOST_HELD:,} log probabilities.",
                param="top_logprobs",
                code="invalid_value",
                hint="Ask for fewer with each token, for fewer tokens, or for a completion as a stream.",
            )


def refuse_too_many(beside: Any) -> None:
    """Raise RequestError for a request that wants so many with each token, in the engine's own word."""
    if isinstance(beside, int | float) and beside > MOST_BESIDE:
        raise RequestError(
            f"'n_probs' is {MOST_BESIDE} at most.",
            param="n_probs",
            code="invalid_value",
            hint="Each token comes with so many others, and a vocabulary has many.",
        )


def count_of(entries: list[Body]) -> int:
    """Return how many tokens entries tell of, with those that might have come instead."""
    return sum(1 + len(beside(entry)) for entry in entries)


def logarithm(entry: Body) -> float:
    """Return the logarithm of a token's probability.

    The engine tells probabilities instead where they are those after sampling.
    """
    if "logprob" in entry:
        return float(entry["logprob"])
    return max(_LEAST_LOGPROB, math.log(entry["prob"])) if entry.get("prob") else _LEAST_LOGPROB


def beside(entry: Body) -> list[Body]:
    """Return the tokens that might have come instead."""
    found: list[Body] = entry.get("top_logprobs") or entry.get("top_probs") or []
    return found
