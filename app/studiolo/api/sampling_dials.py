"""How the next token is chosen, beyond what the documented API has: llama.cpp's samplers (tools/server/README.md)."""

from typing import Annotated

from pydantic import BaseModel, Field

from studiolo.api.base import EXTENSION
from studiolo.api.lenient import Whole

SAMPLING_DIALS = "sampling_dials"
"""Capability: a chat takes all of `SamplingDials`, and `context_overflow`."""

MOST_STOPS = 64
MOST_BIASES = 1024
MOST_GRAMMAR = 100_000
"""Characters: the engine takes time that grows with the square of them."""
_Text = Annotated[str, Field(min_length=1, max_length=1000)]
_Bias = Annotated[float, Field(ge=-100, le=100, allow_inf_nan=False)]


class SamplingDials(BaseModel):
    """All of them, for the native chat. In other dialects llama.cpp's words go to the engine as they are.

    Attributes:
        seed: What chance begins with.
        stop: Texts at which the reply ends, before them.
        presence_penalty: How much a token is held against that was said before.
        frequency_penalty: The same for each time that it was said.
        logit_bias: Ids of tokens, and how much likelier each is; -100 for never.
        typical_p: Tokens about as surprising as expected stay, so many of all likelihoods; 1 for all.
        xtc_probability: How often the most likely tokens are left out where several would do.
        xtc_threshold: How likely those are at least; beyond a half nothing is left out.
        dry_multiplier: How much a token is held against that would repeat what was said; 0 for not at all.
        dry_base: How much more with each token that the repetition is long.
        dry_allowed_length: Tokens that may be repeated before it counts.
        dry_sequence_breakers: Texts that a repetition does not reach across.
        mirostat: 1 or 2 hold how surprising tokens are at a level, in place of the other samplers; 0 does not.
        mirostat_tau: That level.
        mirostat_eta: How quickly it is come back to.
        grammar: What the reply is held to, in llama.cpp's notation (GBNF).
        reasoning_budget_tokens: Tokens of thinking before the answer begins; 0 for none.
    """

    seed: Whole | None = Field(default=None, ge=0, lt=(1 << 32) - 1, json_schema_extra=EXTENSION)
    stop: _Text | Annotated[list[_Text], Field(max_length=MOST_STOPS)] | None = Field(
        default=None, json_schema_extra=EXTENSION
    )
    presence_penalty: float | None = Field(default=None, ge=-2, le=2, json_schema_extra=EXTENSION)
    frequency_penalty: float | None = Field(default=None, ge=-2, le=2, json_schema_extra=EXTENSION)
    logit_bias: dict[Annotated[str, Field(pattern=r"^\d{1,9}$")], _Bias] | None = Field(
        default=None, max_length=MOST_BIASES, json_schema_extra=EXTENSION
    )
    typical_p: float | None = Field(default=None, ge=0, le=1, json_schema_extra=EXTENSION)
    xtc_probability: float | None = Field(default=None, ge=0, le=1, json_schema_extra=EXTENSION)
    xtc_threshold: float | None = Field(default=None, ge=0, le=1, json_schema_extra=EXTENSION)
    dry_multiplier: float | None = Field(default=None, ge=0, le=100, json_schema_extra=EXTENSION)
    dry_base: float | None = Field(default=None, ge=1, le=100, json_schema_extra=EXTENSION)
    dry_allowed_length: Whole | None = Field(default=None, ge=0, le=1 << 16, json_schema_extra=EXTENSION)
    dry_sequence_breakers: list[_Text] | None = Field(
        default=None, min_length=1, max_length=MOST_STOPS, json_schema_extra=EXTENSION
    )
    mirostat: Whole | None = Field(default=None, ge=0, le=2, json_schema_extra=EXTENSION)
    mirostat_tau: float | None = Field(default=None, gt=0, le=100, json_schema_extra=EXTENSION)
    mirostat_eta: float | None = Field(default=None, gt=0, le=1, json_schema_extra=EXTENSION)
    grammar: str | None = Field(default=None, min_length=1, max_length=MOST_GRAMMAR, json_schema_extra=EXTENSION)
    reasoning_budget_tokens: Whole | None = Field(default=None, ge=0, le=1 << 24, json_schema_extra=EXTENSION)

    @property
    def said(self) -> dict[str, object]:
        """Return what is said, in the words of the engine, which are the same."""
        return {name: value for name in SamplingDials.model_fields if (value := getattr(self, name)) is not None}
