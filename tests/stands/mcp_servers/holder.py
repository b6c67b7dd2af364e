"""A process that holds MCP servers, to be killed: `holder.py FOLDER ARGUMENTS`, the arguments of the hostile program.

It prints the number of each process that it has below itself, in one line, once they are all there.
"""

import asyncio
import sys
from pathlib import Path

import psutil

from studiolo.server.mcp.contract import ServerName, ServerSpec
from studiolo.server.mcp.sessions import McpSessions


async def main() -> None:
    folder, *arguments = sys.argv[1:]
    script = str(Path(__file__).with_name("hostile.py"))
    sessions = McpSessions(Path(folder))
    sessions.start()
    async with sessions.session(ServerSpec(ServerName("held"), command=sys.executable, args=(script, *arguments))):
        below = psutil.Process().children(recursive=True)
        print(*(process.pid for process in below), flush=True)
        await asyncio.sleep(3600)


if __name__ == "__main__":
    asyncio.run(main())
