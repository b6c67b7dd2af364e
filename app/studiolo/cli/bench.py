"""`studiolo bench`: how fast a model is on the server's machine."""

from contextlib import aclosing
from typing import Annotated

import typer

from studiolo.api.machine import Benchmark, BenchmarkRequest
from studiolo.cli.command import as_command
from studiolo.cli.options import AsJson, Host, Token
from studiolo.cli.output import StepBar, print_json, printable
from studiolo.cli.session import ClientSession
from studiolo.client.client import Client
from studiolo.client.machine import MachineApi
from studiolo.errors import ProtocolError


@as_command
def command(
    model: Annotated[str, typer.Argument(help="A model's key, as `studiolo ls` shows it.")],
    prompt: Annotated[int, typer.Option("--prompt", min=16, max=1 << 16, metavar="TOKENS", help="To read.")] = 512,
    generate: Annotated[int, typer.Option("--generate", min=4, max=4096, metavar="TOKENS", help="To write.")] = 64,
    runs: Annotated[int, typer.Option("--runs", min=1, max=10, help="At most; long ones are fewer.")] = 3,
    beside: Annotated[bool, typer.Option("--beside-others", help="Also while replies are being written.")] = False,
    host: Host = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Measure how fast a model reads and writes. The server keeps the result."""
    request = BenchmarkRequest(
        model=model, prompt_tokens=prompt, generated_tokens=generate, runs=runs, beside_others=beside
    )
    with ClientSession(host, token, start=True) as session:
        result = session.run(_measure(session.client, request))
    if as_json:
        print_json(result.model_dump(mode="json"))
        return
    print(printable(f"{result.model} on {result.processor or 'this machine'}"))
    print(f"reads  {result.prompt_tokens_per_second:8.1f} tokens/s")
    print(f"writes {result.tokens_per_second:8.1f} tokens/s")
    if result.disturbed:
        print("A reply was written meanwhile, so this may be too slow.")


async def _measure(client: Client, request: BenchmarkRequest) -> Benchmark:
    bar = StepBar()
    try:
        async with aclosing(MachineApi(client).measure(request)) as events:
            async for event in events:
                if event.result is not None:
                    return event.result
                bar.show(f"Measuring {request.model}", event.progress)
    finally:
        bar.clear()
    raise ProtocolError("The server ended the benchmark without a result.", hint="Try again.")
