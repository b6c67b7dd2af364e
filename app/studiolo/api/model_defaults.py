"""How single models are loaded where a request does not say otherwise: a part of the server's settings."""

from pydantic import Field

from studiolo.api.base import Answer
from studiolo.api.load_dials import LoadDials
from studiolo.api.models import Sampling

LEAST_CONTEXT = 256
"""Tokens of a context that somebody chooses."""


class ModelDefaults(LoadDials, Answer):
    """How one model is loaded where a request does not say otherwise. Contexts are tokens; None: as usual.

    `variant`: the quantization that the model's key alone means, `q8_0` or `key@q8_0`. `sampling`: goes before what
    the model's file and its maker recommend.
    """

    context_length: int | None = Field(default=None, ge=LEAST_CONTEXT, le=1 << 24)
    variant: str | None = Field(default=None, max_length=200)
    sampling: Sampling | None = None
