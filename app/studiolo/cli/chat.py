"""`studiolo chat`: one question, a question about what is piped in, or a conversation."""

import sys
from typing import Annotated

import typer

from studiolo.api.mcp import TOOL_APPROVAL
from studiolo.cli.choice import choose_model
from studiolo.cli.command import as_command
from studiolo.cli.options import AsJson, Host, Token
from studiolo.cli.output import print_json, say
from studiolo.cli.reply import Asks, print_reply, print_stats
from studiolo.cli.session import ClientSession
from studiolo.cli.turn import TurnOptions, chosen_servers, new_chat_name, turn_request
from studiolo.client.chat import ChatApi
from studiolo.client.mcp import McpClient
from studiolo.client.models import ModelsApi
from studiolo.client.server import ServerApi


@as_command
def command(
    model: Annotated[str | None, typer.Argument(help="A model or an instance. Without it: the loaded one.")] = None,
    prompt: Annotated[str | None, typer.Option("--prompt", "-p", help="Ask this, print the reply, leave.")] = None,
    system: Annotated[str | None, typer.Option("--system", "-s", help="System prompt.")] = None,
    temperature: Annotated[float | None, typer.Option(min=0, max=2)] = None,
    max_tokens: Annotated[int | None, typer.Option(min=1, help="Longest reply, in tokens.")] = None,
    mcp: Annotated[
        list[str] | None,
        typer.Option("--mcp", metavar="LABEL", help="Let the model call the tools of this server of mcp.json."),
    ] = None,
    mcp_url: Annotated[
        list[str] | None,
        typer.Option(
            "--mcp-url", metavar="URL", help="Let the model call the tools of the MCP server at this address."
        ),
    ] = None,
    stats: Annotated[bool, typer.Option("--stats", help="Speed and token counts after each reply, on stderr.")] = False,
    host: Host = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Chat with a model, or ask it one thing.

    Text piped in is put below the prompt: cat notes.txt | studiolo chat -p "Summarise this".
    Before a tool runs, you are asked; where nobody is there to ask, it runs unless it is denied.
    In a conversation Ctrl+C stops the reply; at the prompt, Ctrl+C and Ctrl+D leave.
    """
    interactive = sys.stdin is not None and sys.stdin.isatty()
    question = prompt if interactive else _with_piped_text(prompt)
    if as_json and question is None:
        raise typer.BadParameter("--json needs a prompt (-p, or piped in).")
    with ClientSession(host, token, start=True) as session:
        model = model or choose_model(
            session.run(ModelsApi(session.client).list_models()), ask=interactive and not as_json
        )
        servers = chosen_servers(mcp or (), mcp_url or ())
        asks = _asks(session) if servers and interactive and not as_json else None
        options = TurnOptions(model, system, temperature, max_tokens, servers, new_chat_name() if asks else None)
        if question is None:
            # Here, not above: a single question need not wait for the line editor.
            from studiolo.cli.conversation import converse

            converse(session, options, stats=stats, asks=asks)
            return
        request = turn_request(options, question, keep=False)
        if as_json:
            result = session.run(ChatApi(session.client).complete(request))
            print_json(result.model_dump(mode="json"))
        else:
            result = session.run(print_reply(session.client, request, asks))
        if stats:
            print_stats(result.stats)


def _asks(session: ClientSession) -> Asks | None:
    """Whoever answers what tools ask; None where the server can't be answered."""
    info = session.run(ServerApi(session.client).info())
    if info is None or TOOL_APPROVAL not in info.capabilities:
        say("This server does not ask before a tool runs.")
        return None
    # Here, not above: only a chat with tools waits for what reads an answer.
    from studiolo.cli.tool_asks import TerminalAsks

    return TerminalAsks(McpClient(session.client))


def _with_piped_text(prompt: str | None) -> str:
    piped = sys.stdin.buffer.read().decode(errors="replace").strip() if sys.stdin is not None else ""
    parts = [part for part in (prompt, piped) if part]
    if not parts:
        raise typer.BadParameter("Nothing to ask: name a prompt with -p, or pipe text in.")
    return "\n\n".join(parts)
