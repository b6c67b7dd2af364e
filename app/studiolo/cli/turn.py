"""One turn of a chat, as a request."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from studiolo.api.chat import ChatRequest, EphemeralMcp, Integration, ToolApproval

_PLUGIN = "mcp/"


@dataclass(frozen=True)
class TurnOptions:
    """What stays the same from turn to turn. `max_tokens` bounds the reply.

    integrations: the MCP servers whose tools the model may call. approval: what decisions on them belong to, where
    somebody is there to make them.
    """

    model: str
    system_prompt: str | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    integrations: tuple[Integration, ...] = ()
    approval: str | None = None


def turn_request(options: TurnOptions, text: str, *, after: str | None = None, keep: bool = True) -> ChatRequest:
    """Return the request for the reply to `text`, in the conversation that ends with the response `after`.

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
        integrations=list(options.integrations) or None,
        tool_approval=ToolApproval(chat=options.approval) if options.approval else None,
    )


def chosen_servers(labels: Sequence[str], addresses: Sequence[str]) -> tuple[Integration, ...]:
    """Return MCP servers of mcp.json by their labels, and others by their addresses, each called after its host."""
    chosen: list[Integration] = [label if label.startswith(_PLUGIN) else f"{_PLUGIN}{label}" for label in labels]
    taken: set[str] = set()
    for address in addresses:
        host = _host(address)
        label, number = host, 1
        while label in taken:
            number += 1
            label = f"{host}-{number}"
        taken.add(label)
        chosen.append(EphemeralMcp(server_label=label, server_url=address))
    return tuple(dict.fromkeys(chosen[: len(labels)])) + tuple(chosen[len(labels) :])


def new_chat_name() -> str:
    """Return what the decisions of one conversation in the terminal belong to."""
    return f"terminal {secrets.token_hex(8)}"


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or "server"
    except ValueError:
        return "server"  # What is wrong with it the server says.
