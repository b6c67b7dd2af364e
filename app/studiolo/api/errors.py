"""Error bodies: spec section 5."""

from typing import Any

from pydantic import ConfigDict, Field, model_validator

from studiolo.api.base import Answer, absent


class ErrorInfo(Answer):
    """`type` is one of the spec's names; others are kept as they come. `code` may be null.

    Real servers also send a bare text in place of all this (for unknown routes): read as the message.
    """

    # Servers built on llama.cpp send the HTTP status as the code.
    model_config = ConfigDict(coerce_numbers_to_str=True)

    message: str = ""
    type: str = "unknown"
    param: str | None = absent()
    code: str | None = None
    n_prompt_tokens: int | None = absent()
    n_ctx: int | None = absent()

    @model_validator(mode="before")
    @classmethod
    def _text_is_message(cls, data: Any) -> Any:
        return {"message": data} if isinstance(data, str) else data


class ErrorBody(Answer):
    """`{"error": {…}}`."""

    error: ErrorInfo = Field(default_factory=ErrorInfo)
