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


def turn_request(options: TurnOptions, text: str, *, after: str | None = None, keep: bool = True) -> ChatRequest:
    """The request for the reply to `text`, in the conversation that ends with the response `after`.

    keep: the server keeps the turn, so that another can follow it.
    """
    return ChatRequest(
        model=options.model,
        input=text,
        # On the first turn only: some templates fail on a second system message.
        system_prompt=None if after else options.system_prompt,
        previous_response_id=after,
        temperature=options.temperature,
        max_output_tokens=options.max_tokens,
        store=keep,
    )
