"""`studiolo import`: take a model file of this machine into the models."""

from contextlib import aclosing
from pathlib import Path
from typing import Annotated, Literal

import typer

from studiolo.api.models import ImportRequest
from studiolo.cli.command import as_command
from studiolo.cli.options import AsJson, Host, Token
from studiolo.cli.output import StepBar, print_json, printable
from studiolo.cli.session import ClientSession
from studiolo.client.errors import error_from_info
from studiolo.client.models import ModelsApi
from studiolo.errors import ProtocolError

_How = Literal["move", "copy", "hardlink", "symlink"]


@as_command
def command(
    file: Annotated[Path, typer.Argument(help="A GGUF file, or any part of a split one.")],
    how: Annotated[_How, typer.Option("--how", help="Whether the file stays where it is, too.")] = "copy",
    name: Annotated[
        str | None, typer.Option("--as", metavar="PUBLISHER/NAME", help="What to call it. Else it is local/<file>.")
    ] = None,
    host: Host = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Take a model file of this machine into the models, once its header was checked."""
    # The server may have another working folder.
    request = ImportRequest(path=str(file.expanduser().absolute()), how=how, name=name)
    with ClientSession(host, token, start=True) as session:
        key = session.run(_import(ModelsApi(session.client), request))
    if as_json:
        print_json({"key": key})
    else:
        print(printable(f"Imported {key}."))


async def _import(models: ModelsApi, request: ImportRequest) -> str:
    bar = StepBar()
    try:
        async with aclosing(models.import_file(request)) as events:
            async for event in events:
                if event.error:
                    raise error_from_info(event.error)
                if event.key:
                    return event.key
                bar.show(f"Importing {Path(request.path).name}", event.progress or 0.0)
    finally:
        bar.clear()
    raise ProtocolError("The server ended the import without saying how it went.", hint="See `studiolo ls`.")
