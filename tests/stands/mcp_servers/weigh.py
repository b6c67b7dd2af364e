"""What twenty warm MCP servers take of a server's own memory, in MB: printed, in all and from the second one on.

`weigh.py FOLDER ARGUMENTS`, the arguments of the hostile program.
"""

import asyncio
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import psutil

import studiolo.server.app  # noqa: F401 - what a server has loaded already
from studiolo.server.mcp.contract import ServerName, ServerSpec
from studiolo.server.mcp.sessions import McpSessions


def megabytes() -> float:
    return psutil.Process().memory_info().rss / 2**20


async def main() -> None:
    script = str(Path(__file__).with_name("hostile.py"))
    sessions = McpSessions(Path(sys.argv[1]))
    before = megabytes()
    async with AsyncExitStack() as stack:
        after_first = 0.0
        for number in range(20):
            name = ServerName(f"server{number}")
            spec = ServerSpec(name, command=sys.executable, args=(script, *sys.argv[2:]))
            session = await stack.enter_async_context(sessions.session(spec))
            await session.tools()
            after_first = after_first or megabytes()
        print(megabytes() - before, megabytes() - after_first)
    await sessions.close()


if __name__ == "__main__":
    asyncio.run(main())
