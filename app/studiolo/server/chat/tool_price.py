"""What the definitions of tools take of a model's context."""

import logging
from typing import Any

from studiolo.api.mcp import PricedTool, ToolPrice, ToolPriceRequest
from studiolo.errors import AppError
from studiolo.server.engine.contract import CHAT
from studiolo.server.engine.instance import Instance
from studiolo.server.engine.pool import InstancePool
from studiolo.server.mcp.contract import Caller, McpTool, OfferedTool
from studiolo.server.mcp.listing import estimated_tokens, offer
from studiolo.server.mcp.service import McpService

logger = logging.getLogger(__name__)

_SAID = [{"role": "user", "content": "Hello"}]


async def price_tools(mcp: McpService, pool: InstancePool, request: ToolPriceRequest, caller: Caller) -> ToolPrice:
    """Return the price for a model: counted by its template where it is loaded, else an estimate.

    Nothing is loaded for it.

    Raises as Mcp.check and Mcp.toolset do.
    """
    wanted = mcp.check(request.integrations, caller)
    async with mcp.toolset(wanted) as toolset:
        tools = {one.spec.name.id: list[OfferedTool]() for one in wanted}
        for offered in toolset.tools:
            tools.setdefault(offered.tool.server.id, []).append(offered)
    count = sum(map(len, tools.values()))
    listed = {name: [_priced(one.tool) for one in offered] for name, offered in tools.items()}
    if (instance := _loaded(pool, request.model)) is not None:
        try:
            by_server, total = await _counted(pool, instance, tools)
        except AppError as error:
            logger.info("the tools could not be counted by %s: %s", instance.id, error)
        else:
            if total or not count:
                return ToolPrice(total=total, by_server=by_server, tools=count, offered=listed, exact=True)
    by_server = {name: sum(one.tokens for one in offered) for name, offered in listed.items()}
    return ToolPrice(total=sum(by_server.values()), by_server=by_server, tools=count, offered=listed)


def _priced(tool: McpTool) -> PricedTool:
    return PricedTool(name=tool.name, description=tool.description, tokens=estimated_tokens(tool))


def _loaded(pool: InstancePool, name: str) -> Instance | None:
    """Return the instance that would answer to a name, if one is loaded."""
    known = [instance for instance in pool.instances if instance.model.kind == "llm"]
    exact = [instance for instance in known if instance.id == name]
    of_model = [instance for instance in known if instance.model.key.lower() == name.lower()]
    return next(iter(exact or of_model), None)


async def _counted(
    pool: InstancePool, instance: Instance, tools: dict[str, list[OfferedTool]]
) -> tuple[dict[str, int], int]:
    """By server, and of all together; 0 where the model's template knows nothing of tools."""
    with pool.in_use(instance):
        bare = await instance.count(CHAT, {"messages": _SAID})

        async def price(offered: list[OfferedTool]) -> int:
            if not offered:
                return 0
            body: dict[str, Any] = {
                "messages": _SAID,
                "tools": [offer(one.tool, one.model_name) for one in offered],
            }
            return max(0, await instance.count(CHAT, body) - bare)

        by_server = {name: await price(offered) for name, offered in tools.items()}
        if len(by_server) < 2:
            return by_server, sum(by_server.values())
        return by_server, await price([one for offered in tools.values() for one in offered])
