"""`studiolo load`: load a model, and see it coming."""

from contextlib import aclosing
from typing import Annotated

import typer
from pydantic import ValidationError

from studiolo.api import events
from studiolo.api.load_dials import LoadDials
from studiolo.api.models import LoadRequest, LoadResponse
from studiolo.cli.command import as_command
from studiolo.cli.load_dials import with_dials
from studiolo.cli.options import AsJson, Host, Token
from studiolo.cli.output import StepBar, print_json, printable
from studiolo.cli.session import ClientSession
from studiolo.client.client import Client
from studiolo.client.models import ModelsApi
from studiolo.errors import ProtocolError, RequestError


@as_command
@with_dials
def command(
    model: Annotated[str, typer.Argument(help="A model's key, as `studiolo ls` shows it.")],
    *,
    dials: LoadDials,
    identifier: Annotated[
        str | None, typer.Option("--identifier", metavar="NAME", help="What to call the instance, instead of the key.")
    ] = None,
    host: Host = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Load a model. One that is loaded already gets a second instance."""
    try:
        request = LoadRequest(
            model=model, echo_load_config=as_json, identifier=identifier, **dials.model_dump(exclude_none=True)
        )
    except ValidationError as error:
        raise RequestError(f"'{identifier}' can't be an identifier.", hint="It has no spaces and no @.") from error
    with ClientSession(host, token, start=True) as session:
        loaded = session.run(_load(session.client, request))
    if as_json:
        print_json(loaded.model_dump(mode="json"))
    else:
        print(printable(f"Loaded {loaded.instance_id} in {loaded.load_time_seconds:.1f} s."))


async def _load(client: Client, request: LoadRequest) -> LoadResponse:
    bar = StepBar()
    try:
        async with aclosing(ModelsApi(client).stream_load(request)) as stream:
            async for event in stream:
                if isinstance(event, events.ModelLoadProgress):
                    bar.show(f"Loading {request.model}", event.progress)
                elif isinstance(event, events.ModelLoadResult):
                    return event.result
    finally:
        bar.clear()
    raise ProtocolError("The server ended the load without saying how it went.", hint="See `studiolo ps`.")
