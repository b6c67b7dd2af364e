"""`studiolo server check`."""

import asyncio
import sys
from contextlib import aclosing
from dataclasses import asdict

import typer
from rich.text import Text

from studiolo.cli.output import confirmed, print_json, print_table, say, size
from studiolo.cli.session import ClientSession
from studiolo.client.checking import CheckOutcome, CheckRow, LoadableModel, ServerCheck, verdict

_STYLES = {
    CheckOutcome.HOLDS: "green",
    CheckOutcome.WRONG: "red",
    CheckOutcome.NOT_OFFERED: "yellow",
    CheckOutcome.SKIPPED: "dim",
}


def run_check(address: str | None, token: str | None, *, load: bool | None, as_json: bool) -> None:
    """Check a server; the exit status is 1 where something is wrong.

    Args:
        address: The server's; None for our own.
        token: What is sent with each request.
        load: Whether a model is loaded if none is; None asks at a terminal, and loads none elsewhere.
        as_json: Print JSON and nothing else.
    """

    async def may_load(model: LoadableModel) -> bool:
        if load is not None or as_json or not sys.stdin.isatty():
            return bool(load)
        return await asyncio.to_thread(confirmed, f"Load {model.key} ({size(model.size)}) for the check?")

    rows: list[CheckRow] = []
    with ClientSession(address, token) as session:

        async def run() -> None:
            async with aclosing(ServerCheck(session.client, may_load=may_load).run()) as checks:
                async for row in checks:
                    rows.append(row)
                    if not as_json:
                        say(f"{row.title}: {row.outcome.value}")

        session.run(run())
        if as_json:
            print_json({"address": session.client.address, "checks": [asdict(row) for row in rows]})
        else:
            print_table(["check", "request", "result", "seconds", ""], [_line(row) for row in rows])
    if verdict(rows) is CheckOutcome.WRONG:
        raise typer.Exit(1)


def _line(row: CheckRow) -> list[str | Text]:
    told = f"expected {row.expected}; came {row.came}" if row.expected else row.came
    result = Text(row.outcome.value, style=_STYLES[row.outcome])
    return [row.title, row.request, result, f"{row.seconds:.2f}", told]
