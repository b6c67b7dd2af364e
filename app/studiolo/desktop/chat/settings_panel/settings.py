"""What a chat asks of its model beyond the message: all of it optional, and the server's default where it is absent."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from studiolo.api.chat import ReasoningSetting


class ChatSettings(BaseModel):
    """Names and ranges are those of ChatRequest (spec section 2)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    system_prompt: str = ""
    temperature: float | None = Field(default=None, ge=0, le=2)
    top_p: float | None = Field(default=None, ge=0, le=1)
    min_p: float | None = Field(default=None, ge=0, le=1)
    top_k: int | None = Field(default=None, ge=0)
    repeat_penalty: float | None = Field(default=None, ge=0)
    max_output_tokens: int | None = Field(default=None, ge=1)
    context_length: int | None = Field(default=None, ge=1)
    reasoning: ReasoningSetting | None = None

    @property
    def changed(self) -> dict[str, Any]:
        """Return those that are not the default."""
        return self.model_dump(exclude_defaults=True)

    def over(self, defaults: "ChatSettings") -> "ChatSettings":
        """Return these settings, and `defaults` where they say nothing."""
        return ChatSettings.model_validate(defaults.changed | self.changed)

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> "ChatSettings":
        """Return settings as the history has them; one that can't be read is the default."""
        try:
            return cls.model_validate(kept)
        except ValidationError as error:
            wrong = {place["loc"][0] for place in error.errors() if place["loc"]}
            return cls.model_validate({name: value for name, value in kept.items() if name not in wrong})

    def native(self) -> dict[str, Any]:
        """Return the fields of a ChatRequest, but for the system prompt: that goes with a chat's first turn alone."""
        return {name: value for name, value in self.changed.items() if name != "system_prompt"}

    def openai(self) -> dict[str, Any]:
        """Return the fields for the OpenAI route, as far as it has words for them."""
        renamed = {"max_output_tokens": "max_tokens", "reasoning": "reasoning_effort"}
        values = {renamed.get(name, name): value for name, value in self.native().items() if name != "context_length"}
        if effort := values.get("reasoning_effort"):
            values["reasoning_effort"] = {"off": "none", "on": "medium"}.get(effort, effort)
        return values
