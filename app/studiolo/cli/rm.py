"""`studiolo rm`: move a model's files to the trash, or delete them."""

import sys
from typing import Annotated

import typer

from studiolo.api.models import MANAGE_MODELS
from studiolo.cli.command import as_command
from studiolo.cli.options import Host, Token
from studiolo.cli.output import confirmed, one_line, size
from studiolo.cli.session import ClientSession
from studiolo.client.models import ModelsApi
from studiolo.client.server import ServerApi
from studiolo.errors import NotFoundError, RequestError, UnsupportedError


@as_command
def command(
    models: Annotated[list[str], typer.Argument(metavar="MODEL...", help="Keys, as `studiolo ls` shows them.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")] = False,
    permanently: Annotated[bool, typer.Option("--permanently", help="Not into the trash.")] = False,
    host: Host = None,
    token: Token = None,
) -> None:
    """Move models to the trash of the server's machine. Those of other programs, and loaded ones, stay."""
    with ClientSession(host, token, start=True) as session:
        info = session.run(ServerApi(session.client).info())
        if not permanently and (info is None or MANAGE_MODELS not in info.capabilities):
            raise UnsupportedError(
                "This server has no trash to move models to.", hint="Use --permanently to delete them for good."
            )
        sizes = {}
        for entry in session.run(ModelsApi(session.client).list_models()):
            sizes[entry.key.lower()] = entry.size_bytes
            for name, count in zip(
                getattr(entry, "variants", None) or (), getattr(entry, "variant_sizes", None) or (), strict=False
            ):
                sizes[name.lower()] = count
        for model in models:
            if model.lower() not in sizes:
                raise NotFoundError(f"No model '{model}' is known.", what="model", hint="`studiolo ls` lists them.")
        verb = "Delete" if permanently else "Move to the trash:"
        for model in models:
            if not yes and not _confirmed(f"{verb} {model} ({size(sizes[model.lower()])})?"):
                continue
            session.run(ModelsApi(session.client).remove(model, trash=not permanently))
            print(one_line(f"Deleted {model}." if permanently else f"{model} is in the trash."))


def _confirmed(question: str) -> bool:
    if not sys.stdin.isatty():
        raise RequestError("Nobody is there to confirm it.", hint="Use --yes.")
    return confirmed(question)
