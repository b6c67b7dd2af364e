"""`studiolo mcp`: MCP servers, their tools, and what these were called with."""

import asyncio
import sys
import time
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Annotated

import typer
from rich.text import Text

from studiolo.api.mcp import MCP, LedgerEntry, McpServerChange, McpServerInfo, Policy, ToolInfo
from studiolo.api.mcp_entry import shown_command
from studiolo.cli.mcp_input import Wish, read_arguments, read_wish, shown_content
from studiolo.cli.options import AsJson, Host, Token
from studiolo.cli.output import confirmed, errors_console, one_line, print_json, print_table, printable, say
from studiolo.cli.session import ClientSession
from studiolo.client.mcp import McpClient
from studiolo.client.server import ServerApi
from studiolo.errors import AppError, McpServerError, NotFoundError, RequestError, ToolError, UnsupportedError

_app = typer.Typer(no_args_is_help=True, add_completion=False)

_SIGN_IN_SECONDS = 300
_LOOK_SECONDS = 1.0
_END_SECONDS = 3.0
_LOG_LINES = 5
"""Of what a program said, where it does not begin."""

_POLICY_WORDS = {"allow": "allowed", "ask": "asked about", "deny": "denied"}

_Label = Annotated[str, typer.Argument(metavar="SERVER", help="Its name in mcp.json, as `studiolo mcp list` shows it.")]
_Yes = Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")]


@_app.command("list")
def list_servers(host: Host = None, token: Token = None, as_json: AsJson = False) -> None:
    """List the MCP servers of mcp.json. None is started by this."""
    with _opened(host, token) as (session, mcp):
        found = session.run(mcp.servers())
    if as_json:
        print_json(found.model_dump(mode="json"))
    elif found.servers:
        print_table(["NAME", "STATE", "TOOLS", "WHAT IT IS", ""], [_row(server) for server in found.servers])
    else:
        say("No MCP servers yet. `studiolo mcp add` adds one.")
    if found.problem:
        say(f"{found.file}: {found.problem}")


@_app.command(context_settings={"ignore_unknown_options": True})
def add(
    what: Annotated[
        list[str],
        typer.Argument(
            metavar="WHAT...",
            help="A command line, an address, JSON of any program's settings, a link, a file, or - for what is piped "
            "in. Put -- before a command with options that this one has, too.",
        ),
    ],
    name: Annotated[str | None, typer.Option("--name", help="What to call it. Else its own name.")] = None,
    env: Annotated[
        list[str] | None, typer.Option("--env", metavar="NAME=VALUE", help="An environment variable.")
    ] = None,
    header: Annotated[
        list[str] | None, typer.Option("--header", metavar="NAME=VALUE", help="A header that is sent to an address.")
    ] = None,
    secret: Annotated[
        list[str] | None,
        typer.Option(
            "--secret",
            metavar="NAME",
            help="A variable or header whose value goes to the keyring; it is asked for unless it is given.",
        ),
    ] = None,
    # Without a short form: -y is what npx is called with.
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    host: Host = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Add MCP servers. What they would run is shown, and asked about, before anything is kept."""
    wishes = read_wish(what, name=name, env=env or [], headers=header or [], secrets=secret or [])
    added: list[McpServerInfo] = []
    with _opened(host, token) as (session, mcp):
        known = {server.label for server in session.run(mcp.servers()).servers}
        for wish in wishes:
            if not yes and not _confirmed(_question(wish, replaces=wish.label in known), wish.effects):
                continue
            change = McpServerChange(entry=wish.entry, secrets=wish.secrets)
            added.append(session.run(mcp.put(wish.label, change)))
            if not as_json:
                print(one_line(f"Added {wish.label}."))
    if as_json:
        print_json([info.model_dump(mode="json") for info in added])
    elif added:
        say(f"See whether it works: studiolo mcp test {added[0].label}")


@_app.command()
def remove(label: _Label, yes: _Yes = False, host: Host = None, token: Token = None) -> None:
    """Remove an MCP server, with its secrets and its sign-in."""
    with _opened(host, token) as (session, mcp):
        server = _find(session.run(mcp.servers()).servers, label)
        if yes or _confirmed(f"Remove {server.label}?", []):
            session.run(mcp.remove(server.label))
            print(one_line(f"Removed {server.label}."))


@_app.command("test")
def try_out(label: _Label, host: Host = None, token: Token = None, as_json: AsJson = False) -> None:
    """Connect a server and say what it offers. What is wrong with it ends this with exit status 1."""
    with _opened(host, token) as (session, mcp):
        server = session.run(mcp.restart(label))
        lines = session.run(mcp.log(label)).lines if server.state == "failed" else []
    if as_json:
        print_json(server.model_dump(mode="json"))
    if server.state != "ready":
        for line in [] if as_json else lines[-_LOG_LINES:]:
            say(line)
        raise _failure(server)
    if not as_json:
        about = " ".join(part for part in (server.name, server.version) if part)
        revision = f", MCP {server.revision}" if server.revision else ""
        print(one_line(f"{label} is ready: {about or 'it has no name'}{revision}, {len(server.tools or [])} tools."))


@_app.command()
def tools(label: _Label, host: Host = None, token: Token = None, as_json: AsJson = False) -> None:
    """List the tools of a server, with what their definitions take of a context."""
    with _opened(host, token) as (session, mcp):
        server = session.run(mcp.server(label))
    if server.state != "ready" or server.tools is None:
        raise _failure(server)
    if as_json:
        print_json([tool.model_dump(mode="json") for tool in server.tools])
    elif server.tools:
        print_table(["TOOL", "POLICY", "SAYS IT", "TOKENS", ""], [_tool_row(tool) for tool in server.tools])
        say(f"{sum(tool.tokens for tool in server.tools)} tokens in all, by an estimate.")
    else:
        say("It has no tools.")


@_app.command()
def policy(
    wanted: Annotated[
        Policy, typer.Argument(metavar="allow|ask|deny", help="What becomes of calls until the definition changes.")
    ],
    label: _Label,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[TOOL...]", help="As `studiolo mcp tools` shows them.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="All tools that it has now.")] = False,
    host: Host = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Decide on tools: whether a model may call them, may not, or you are asked each time."""
    if bool(names) == every:
        raise RequestError("Which tools?", hint="Name them, or decide on all of them with --all.")
    with _opened(host, token) as (session, mcp):
        server = session.run(mcp.server(label))
        if server.state != "ready" or server.tools is None:
            raise _failure(server)
        known = {tool.name: tool for tool in server.tools}
        for name in names or ():
            if name not in known:
                hint = f"`studiolo mcp tools {label}` lists them."
                raise NotFoundError(f"{label} has no tool '{name[:80]}'.", what="tool", hint=hint)
        decided = [known[name] for name in dict.fromkeys(names or known)]
        for tool in decided:
            # The definition that was listed here is what is decided on, whatever it is by now.
            session.run(mcp.set_policy(label, tool.name, wanted, tool.digest))
            if not as_json:
                print(one_line(f"{tool.name}: {_POLICY_WORDS[wanted]}"))
    if as_json:
        print_json([{"tool": tool.name, "policy": wanted} for tool in decided])


@_app.command()
def call(
    label: _Label,
    tool: Annotated[str, typer.Argument(help="Its name, as `studiolo mcp tools` shows it.")],
    arguments: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME=VALUE...]", help="What it is called with, or one JSON object.")
    ] = None,
    host: Host = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Call a tool by hand, and print what it returns. An error of the tool's ends this with exit status 1."""
    with _opened(host, token) as (session, mcp):
        given = list(arguments or [])
        schema = {}
        if given and not given[0].lstrip().startswith("{"):
            known = session.run(mcp.server(label))
            if known.tools is None:
                raise _failure(known)
            schema = next((one.input_schema for one in known.tools if one.name == tool), {})
        result = session.run(mcp.call(label, tool, read_arguments(given, schema)))
    if as_json:
        print_json(result.model_dump(mode="json"))
    else:
        print(printable(shown_content(result)))
    if result.cut:
        say(result.cut)
    if result.is_error:
        raise ToolError(f"{tool} has failed.", hint="What it returned says why.")


@_app.command()
def log(
    server: Annotated[
        str | None, typer.Option("--server", metavar="SERVER", help="What this program wrote to stderr, instead.")
    ] = None,
    count: Annotated[int, typer.Option("--count", "-n", min=1, max=10_000, help="So many calls.")] = 50,
    host: Host = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """List the calls of tools, oldest first: who asked, what was called, how it was permitted, and how it ended."""
    with _opened(host, token) as (session, mcp):
        if server is not None:
            lines = session.run(mcp.log(server)).lines
            print_json(lines) if as_json else print(printable("\n".join(lines)))
            return
        calls: list[LedgerEntry] = []
        more = True
        while more and len(calls) < count:
            page = session.run(mcp.calls(calls[-1].id if calls else None))
            calls += page.calls
            more = page.more and bool(page.calls)
    calls = calls[:count][::-1]
    if as_json:
        print_json([entry.model_dump(mode="json") for entry in calls])
    elif calls:
        columns = ["TIME", "ASKED BY", "SERVER", "TOOL", "APPROVED", "ENDED", "TOOK", "ARGUMENTS"]
        print_table(columns, [_call_row(entry) for entry in calls])
    else:
        say("No tool was called yet.")


@_app.command("sign-in")
def sign_in(
    label: _Label,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Only print the address of the page.")] = False,
    host: Host = None,
    token: Token = None,
) -> None:
    """Sign in to a server, in the browser of the server's computer."""
    with _opened(host, token) as (session, mcp):
        page = session.run(mcp.sign_in(label))
        try:
            print(one_line(page.url))
            # A page of another kind would be opened by another program than the browser.
            if not no_browser and page.url.startswith(("https://", "http://")):
                webbrowser.open(page.url)
            say("Waiting until you are through. Ctrl+C gives it up.")
            if _is_signed_in(session, mcp, label):
                print(one_line(f"Signed in to {label}."))
                return
        except KeyboardInterrupt:
            say(one_line(f"The sign-in to {label} was given up."))
            _end_sign_in(session, mcp, label)
            raise
        _end_sign_in(session, mcp, label)
    raise McpServerError(f"Nobody has signed in to {label} yet.", server=label, hint="Begin again.")


def _is_signed_in(session: ClientSession, mcp: McpClient, label: str) -> bool:
    """Wait for the person; false where the time is over. Raises McpServerError with the reason why it failed."""
    ends = time.monotonic() + _SIGN_IN_SECONDS
    while time.monotonic() < ends:
        server = _find(session.run(mcp.servers()).servers, label)
        if server.sign_in_error:
            raise McpServerError(server.sign_in_error, server=label)
        # It may have been signed in to before.
        if server.signed_in and not server.signing_in:
            return True
        time.sleep(_LOOK_SECONDS)
    return False


def _end_sign_in(session: ClientSession, mcp: McpClient, label: str) -> None:
    """Nobody waits for it any more: the server need not wait for the person's browser."""

    async def end() -> None:
        async with asyncio.timeout(_END_SECONDS):
            await mcp.cancel_sign_in(label)

    with suppress(AppError, TimeoutError):  # Whoever ends it hears of what they began, not of this.
        session.run(end())


@_app.command("sign-out")
def sign_out(label: _Label, host: Host = None, token: Token = None) -> None:
    """Sign out of a server: what the sign-in gave is revoked where that can be, and deleted."""
    with _opened(host, token) as (session, mcp):
        session.run(mcp.sign_out(label))
    print(one_line(f"Signed out of {label}."))


@contextmanager
def _opened(host: str | None, token: str | None) -> Iterator[tuple[ClientSession, McpClient]]:
    with ClientSession(host, token, start=True) as session:
        info = session.run(ServerApi(session.client).info())
        if info is None or MCP not in info.capabilities:
            raise UnsupportedError("This server's MCP servers can't be managed from here.")
        yield session, McpClient(session.client)


def _find(servers: list[McpServerInfo], label: str) -> McpServerInfo:
    for server in servers:
        if label in (server.label, server.id):
            return server
    raise NotFoundError(
        f"No MCP server '{label}' is set up.", what="mcp server", hint="`studiolo mcp list` lists them."
    )


def _failure(server: McpServerInfo) -> McpServerError:
    message = server.error or f"The MCP server '{server.label}' is not ready: {server.state.replace('_', ' ')}."
    hint = server.hint or ""
    if server.state == "sign_in_needed":
        hint = f"studiolo mcp sign-in {server.label}"
    elif server.entry.disabled:
        message, hint = f"The MCP server '{server.label}' is switched off.", 'Take "disabled" out of mcp.json.'
    return McpServerError(message, server=server.label, hint=hint)


def _question(wish: Wish, *, replaces: bool) -> str:
    return f"Replace {wish.label} by this?" if replaces else f"Add {wish.label}?"


def _confirmed(question: str, effects: list[str]) -> bool:
    for effect in effects:
        errors_console().print(one_line(effect), soft_wrap=True)
    if sys.stdin is None or not sys.stdin.isatty():
        raise RequestError("Nobody is there to confirm it.", hint="Use --yes.")
    return confirmed(question)


def _row(server: McpServerInfo) -> list[str | Text]:
    words, style = {
        "ready": ("ready", "green"),
        "starting": ("starting", "yellow"),
        "failed": ("failed", "red"),
        "sign_in_needed": ("wants a sign-in", "yellow"),
    }.get(server.state, ("off", "dim"))
    if server.entry.disabled:
        words, style = "switched off", "dim"
    count = "" if server.tools is None else str(len(server.tools))
    what = server.entry.url or shown_command(server.entry)
    return [server.label, Text(words, style=style), count, what, Text(one_line(server.error or ""), style="red")]


def _tool_row(tool: ToolInfo) -> list[str | Text]:
    hints = [
        word
        for word, said in (
            ("reads only", tool.hints.read_only),
            ("may destroy", tool.hints.destructive),
            ("open world", tool.hints.open_world),
        )
        if said
    ]
    policy = Text("ask again", style="yellow") if tool.changed else tool.policy
    description = tool.description.strip().partition("\n")[0]
    return [tool.name, policy, ", ".join(hints), str(tool.tokens), Text(one_line(description)[:200], style="dim")]


def _call_row(entry: LedgerEntry) -> list[str | Text]:
    style = {"succeeded": "green", "failed": "red"}.get(entry.ended, "yellow")
    ended = Text(entry.ended, style=style)
    took = f"{entry.seconds:.1f} s"
    at = entry.at[:19].replace("T", " ")
    return [at, entry.asked_by, entry.server, entry.tool, entry.approved, ended, took, entry.arguments[:200]]


command = typer.main.get_command(_app)
command.help = "Set up MCP servers, decide on their tools, call them."
