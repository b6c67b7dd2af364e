"""A conversation that the context has no room for: which of its messages are left out.

What a model was told to be and what it is asked stay; a tool's call goes with its result. Nothing is cut within a
message, and what is kept of the conversation stays whole: only this prompt is shorter.
"""

from typing import Any, NamedTuple

from studiolo.api.chat import ContextOverflow
from studiolo.server.apart import apart
from studiolo.server.engine.context_budget import TokenDemand, context_overflow
from studiolo.server.engine.contract import CHAT
from studiolo.server.engine.instance import Instance
from studiolo.server.engine.serving import ServingInstance

Body = dict[str, Any]

_USUAL_REPLY = 512
"""Tokens of a reply that are made room for where a request sets no limit."""
_SHARE = 4
"""A reply is made room for with a part of the context at most: a fourth."""


class ContextCut(NamedTuple):
    """What was left out: `messages` by `policy`; the prompt had `prompt_tokens` of `context_length` with them."""

    policy: str
    messages: int
    prompt_tokens: int
    context_length: int


async def check_reply_room(instance: Instance, body: Body) -> None:
    """Raise ContextOverflowError for a chat that leaves less room for the reply than one should have."""
    context = instance.settings.context_length
    need = await apart(lambda: TokenDemand.of(body))
    most = context - _room(body, context)
    if need.prompt <= most:
        return
    tokens = await instance.longest(CHAT, body) + need.images
    if tokens > most:
        raise context_overflow(tokens, context)


async def shortened(instance: ServingInstance, body: Body, policy: ContextOverflow) -> tuple[Body, ContextCut]:
    """Return a chat with so few messages left out that there is room for it and a reply, and what was left out.

    Raises ContextOverflowError where what has to stay is too much.
    """
    context, messages = instance.config.context_length, body["messages"]
    most = context - _room(body, context)
    leaving = order_of_leaving(messages, policy)

    async def tokens_without(count: int) -> int:
        order = {**body, "messages": _without(messages, leaving, count)}
        need = await apart(lambda: TokenDemand.of(order))
        tokens = instance.longest(CHAT, order) if isinstance(instance, Instance) else instance.count(CHAT, order)
        return await tokens + need.images

    before = await tokens_without(0)
    low, high = 0, len(leaving)
    least = await tokens_without(high)
    if least > most:
        # Less room for the reply than one should have is better than no reply.
        most = context - 1
        if least > most or not leaving:
            raise context_overflow(before, context)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if await tokens_without(middle) <= most else (middle + 1, high)
    kept = _without(messages, leaving, low)
    return {**body, "messages": kept}, ContextCut(policy, len(messages) - len(kept), before, context)


def order_of_leaving(messages: list[Body], policy: ContextOverflow) -> list[list[int]]:
    """Return groups of messages, by their places, in the order in which they are left out.

    Exchanges before the last question go first, its own calls with their results after them, the newest of those
    never. By `truncate_middle` the first exchange goes last of all.
    """
    asked = max((place for place, one in enumerate(messages) if one["role"] == "user"), default=len(messages))
    exchanges: list[list[int]] = []
    for place in range(int(bool(messages) and messages[0]["role"] == "system"), min(asked, len(messages))):
        if messages[place]["role"] == "user" or not exchanges:
            exchanges.append([])
        exchanges[-1].append(place)
    rounds: list[list[int]] = []
    for place in range(asked + 1, len(messages)):
        if messages[place]["role"] == "assistant" or not rounds:
            rounds.append([])
        rounds[-1].append(place)
    if policy == "truncate_middle":
        return [*exchanges[1:], *rounds[:-1], *exchanges[:1]]
    return [*exchanges, *rounds[:-1]]


def _without(messages: list[Body], leaving: list[list[int]], count: int) -> list[Body]:
    gone = {place for group in leaving[:count] for place in group}
    return [message for place, message in enumerate(messages) if place not in gone]


def _room(body: Body, context: int) -> int:
    limit = body.get("max_tokens")
    reply = limit if isinstance(limit, int) and 0 < limit < _USUAL_REPLY else _USUAL_REPLY
    return max(1, min(reply, context // _SHARE))
