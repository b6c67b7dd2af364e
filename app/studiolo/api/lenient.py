"""Values of other dialects, read as they are meant: for requests of programs that nobody here can mend.

Clients in languages with one kind of number write 8.0, those in PHP an empty list for an empty object, and many send -1
for "no limit" (LM Studio's own samples do).
"""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

MOST_TOKENS = 2**31 - 1
"""The engine counts in 32 bits, and takes what is beyond as something else."""


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _limit(value: Any) -> Any:
    number = _whole(value)
    if isinstance(number, bool) or not isinstance(number, int):
        return number
    return None if number == -1 else min(number, MOST_TOKENS)


def _unless_empty_list(value: Any) -> Any:
    return None if value == [] else value


def _stops(value: Any) -> Any:
    """Return an empty text stands at the end of everything that a model writes."""
    texts = [text for text in value if text not in ("", None)] if isinstance(value, list) else value
    return texts or None


Whole = Annotated[int, BeforeValidator(_whole)]
Limit = Annotated[Annotated[int, Field(ge=0)] | None, BeforeValidator(_limit)]
"""A number of tokens; -1 is None: no limit."""
PositiveLimit = Annotated[Annotated[int, Field(ge=1)] | None, BeforeValidator(_limit)]
Object = Annotated[dict[str, Any] | None, BeforeValidator(_unless_empty_list)]
EmptyListIsNone = BeforeValidator(_unless_empty_list)
Stops = Annotated[str | list[str] | None, BeforeValidator(_stops)]
