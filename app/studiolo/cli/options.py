"""Options that several commands take."""

from typing import Annotated

import typer

Host = Annotated[
    str | None,
    typer.Option(
        "--host",
        metavar="ADDRESS",
        help="Address of the server, e.g. localhost:1234. Without it: our own on this machine.",
    ),
]
Token = Annotated[
    str | None,
    typer.Option(
        "--token",
        metavar="TOKEN",
        envvar=["STUDIOLO_TOKEN", "LM_API_TOKEN"],
        help="API token, where the server wants one.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]
