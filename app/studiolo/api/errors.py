"""Error bodies: spec section 5."""

from typing import Any

from pydantic import Field, model_validator

from studiolo.api.base import Answer, absent


class ErrorInfo(Answer):
    """`type` is one of the spec's names; others are kept as they come. `code` may be null."""

    message: str = ""
    type: str = "unknown"
    param: str | None = absent()
    code: str | None = None
    n_prompt_tokens: int | None = absent()
    n_ctx: int | None = absent()


class ErrorBody(Answer):
    """`{"error": {…}}`. Real servers also send `{"error": "text"}` for unknown routes: read as a message."""

    error: ErrorInfo = Field(default_factory=ErrorInfo)

    @model_validator(mode="before")
    @classmethod
    def _text_is_message(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("error"), str):
            return {"error": {"message": data["error"]}}
        return data
