"""What every model of the contract has in common."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

SHOWABLE = r"^[^\x00-\x1f\x7f-\x9f]*$"
"""Pattern of a name that is listed somewhere: a control character in it could steer a terminal, or end a path."""
EXTENSION: dict[str, JsonValue] = {"x-extension": True}
"""Marks in the OpenAPI document what the documented API does not have: a route, or a field of a request."""
MOST_NAME = 1000
"""Characters of what names a model: a key, a repository, a link."""


class Request(BaseModel):
    """What a client sends. Read strictly: unknown keys and wrong types are refused (spec section 2 and 5)."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Answer(BaseModel):
    """What a server sends. Read tolerantly: unknown fields are ignored, and a null stands for "not there"."""

    model_config = ConfigDict(extra="ignore")

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        return {key: value for key, value in data.items() if value is not None or key not in cls.model_fields}


def absent() -> Any:
    """Return a field that is left out of the JSON while it is None (where the spec says "absent", not "null")."""
    return Field(default=None, exclude_if=lambda value: value is None)
