"""`studiolo bench`: how fast a model is on the server's machine."""

from contextlib import aclosing
from typing import Annotated

import typer
from rich.text import Text

from studiolo.api.load_dials import LoadDials
from studiolo.api.machine import Benchmark, BenchmarkRequest
from studiolo.cli.command import as_command
from studiolo.cli.load_dials import with_dials
from studiolo.cli.options import AsJson, Host, Token
from studiolo.cli.output import StepBar, print_json, print_table, printable, say
from studiolo.cli.session import ClientSession
from studiolo.client.client import Client
from studiolo.client.machine import MachineApi
from studiolo.errors import ProtocolError


@as_command
@with_dials
def command(
    model: Annotated[str, typer.Argument(help="A model's key, as `studiolo ls` shows it.")],
    prompt: Annotated[int, typer.Option("--prompt", min=16, max=1 << 16, metavar="TOKENS", help="To read.")] = 512,
    generate: Annotated[int, typer.Option("--generate", min=4, max=4096, metavar="TOKENS", help="To write.")] = 64,
    runs: Annotated[int, typer.Option("--runs", min=1, max=10, help="At most; long ones are fewer.")] = 3,
    beside: Annotated[bool, typer.Option("--beside-others", help="Also while replies are being written.")] = False,
    repeating: Annotated[
        bool, typer.Option("--repeating", help="A prompt that says the same again and again.")
    ] = False,
    kept: Annotated[bool, typer.Option("--kept", help="Measure nothing; show what was measured before.")] = False,
    host: Host = None,
    token: Token = None,
    as_json: AsJson = False,
    *,
    dials: LoadDials,
) -> None:
    """Measure how fast a model reads and writes, and compare it with what was measured before."""
    request = BenchmarkRequest(
        model=model,
        prompt_tokens=prompt,
        generated_tokens=generate,
        runs=runs,
        beside_others=beside,
        repeating=repeating,
        **dials.model_dump(exclude_none=True),
    )
    with ClientSession(host, token, start=True) as session:
        result = None if kept else session.run(_measure(session.client, request))
        every = session.run(MachineApi(session.client).benchmarks())
    same = [one for one in every if one.model.casefold() == (result.model if result else model).casefold()]
    if as_json:
        print_json(result.model_dump(mode="json") if result else [one.model_dump(mode="json") for one in same])
        return
    if result:
        _tell(result)
    if not same:
        say(f"Nothing was measured of '{model}' yet.")
    elif kept or len(same) > 1:
        titles = ["RUNTIME", "CONTEXT", "KEYS", "VALUES", "SPECULATION", "PROMPT", "READS", "WRITES", "DATE"]
        print_table(titles, [_row(one) for one in same])


def _tell(result: Benchmark) -> None:
    print(printable(f"{result.model} on {result.processor or 'this machine'}"))
    print(f"reads  {result.prompt_tokens_per_second:8.1f} tokens/s")
    print(f"writes {result.tokens_per_second:8.1f} tokens/s")
    if result.disturbed:
        print("A reply was written meanwhile, so this may be too slow.")


def _row(one: Benchmark) -> list[str | Text]:
    return [
        " ".join(filter(None, [one.runtime, f"({one.backend})" if one.backend else ""])),
        str(one.context_length or ""),
        one.k_cache_type or "f16",
        one.v_cache_type or "f16",
        one.speculation,
        f"{one.prompt_tokens}{' repeating' if one.repeating else ''}",
        f"{one.prompt_tokens_per_second:.1f}",
        f"{one.tokens_per_second:.1f}",
        Text(one.time[:10], style="dim"),
    ]


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
