"""`studiolo unload`: give the memory back."""

from typing import Annotated

import typer

from studiolo.api.models import REMOTE
from studiolo.cli.command import as_command
from studiolo.cli.options import AsJson, Host, Token
from studiolo.cli.output import print_json, printable, say
from studiolo.cli.session import ClientSession
from studiolo.client.models import ModelsApi
from studiolo.errors import NotFoundError, RequestError


@as_command
def command(
    instance: Annotated[
        str | None, typer.Argument(help="An instance, as `studiolo ps` shows it. Without it: the only one.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Unload every instance.")] = False,
    host: Host = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Unload a model."""
    if everything and instance is not None:
        raise typer.BadParameter("An instance and --all exclude each other.")
    with ClientSession(host, token) as session:
        targets = [instance] if instance is not None else _targets(session, everything=everything)
        for target in targets:
            session.run(ModelsApi(session.client).unload(target))
    if as_json:
        print_json({"unloaded": targets})
    elif targets:
        print("\n".join(printable(f"Unloaded {target}.") for target in targets))
    else:
        say("No model is loaded.")


def _targets(session: ClientSession, *, everything: bool) -> list[str]:
    entries = session.run(ModelsApi(session.client).list_models())
    # Other machines keep theirs as they like: `--all` means this one.
    here = [entry for entry in entries if entry.origin != REMOTE]
    loaded = [instance.id for entry in here for instance in entry.loaded_instances]
    if everything:
        return loaded
    if not loaded:
        raise NotFoundError("No model is loaded.", what="instance")
    if len(loaded) > 1:
        raise RequestError("Several models are loaded.", hint=f"Name one, or use --all: {', '.join(loaded)}")
    return loaded
