"""One turn of a chat, as a request."""

from dataclasses import dataclass

from studiolo.api.chat import ChatRequest


@dataclass(frozen=True)
class TurnOptions:
    """What stays the same from turn to turn. `max_tokens` bounds the reply."""

    model: str
    system_prompt: str | None = None
    temperature: float | None = None
    max_tokens: int | None = None


def turn_request(options: TurnOptions, text: str) -> ChatRequest:
    """The request for the reply to `text`. Every turn stands alone, so the server need not keep it."""
    return ChatRequest(
        model=options.model,
        input=text,
        system_prompt=options.system_prompt,
        temperature=options.temperature,
        max_output_tokens=options.max_tokens,
        store=False,
    )
