"""`studiolo chat`: one question, a question about what is piped in, or a conversation."""

import sys
from typing import Annotated

import typer

from studiolo.cli.choice import choose_model
from studiolo.cli.command import as_command
from studiolo.cli.options import AsJson, Host, Token
from studiolo.cli.output import print_json
from studiolo.cli.reply import print_reply, print_stats
from studiolo.cli.session import Session
from studiolo.cli.turn import TurnOptions, turn_request


@as_command
def command(
    model: Annotated[str | None, typer.Argument(help="A model or an instance. Without it: the loaded one.")] = None,
    prompt: Annotated[str | None, typer.Option("--prompt", "-p", help="Ask this, print the reply, leave.")] = None,
    system: Annotated[str | None, typer.Option("--system", "-s", help="System prompt.")] = None,
    temperature: Annotated[float | None, typer.Option(min=0, max=2)] = None,
    max_tokens: Annotated[int | None, typer.Option(min=1, help="Longest reply, in tokens.")] = None,
    stats: Annotated[bool, typer.Option("--stats", help="Speed and token counts after each reply, on stderr.")] = False,
    host: Host = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Chat with a model, or ask it one thing.

    Text piped in is put below the prompt: cat notes.txt | studiolo chat -p "Summarise this".
    In a conversation Ctrl+C stops the reply; at the prompt, Ctrl+C and Ctrl+D leave.
    """
    interactive = sys.stdin is not None and sys.stdin.isatty()
    question = prompt if interactive else _with_piped_text(prompt)
    if as_json and question is None:
        raise typer.BadParameter("--json needs a prompt (-p, or piped in).")
    with Session(host, token, start=True) as session:
        model = model or choose_model(session.run(session.client.models()), ask=interactive and not as_json)
        options = TurnOptions(model, system, temperature, max_tokens)
        if question is None:
            # Here, not above: a single question need not wait for the line editor.
            from studiolo.cli.conversation import converse

            converse(session, options, stats=stats)
            return
        request = turn_request(options, question, keep=False)
        if as_json:
            result = session.run(session.client.chat_once(request))
            print_json(result.model_dump(mode="json"))
        else:
            result = session.run(print_reply(session.client, request))
        if stats:
            print_stats(result.stats)


def _with_piped_text(prompt: str | None) -> str:
    piped = sys.stdin.buffer.read().decode(errors="replace").strip() if sys.stdin is not None else ""
    parts = [part for part in (prompt, piped) if part]
    if not parts:
        raise typer.BadParameter("Nothing to ask: name a prompt with -p, or pipe text in.")
    return "\n\n".join(parts)
