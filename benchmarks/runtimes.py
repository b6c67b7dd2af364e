"""The price of the API with other engines than the bundled one, and what a build for this processor is worth."""

import shutil
from contextlib import AsyncExitStack, aclosing
from importlib.util import find_spec
from pathlib import Path
from statistics import median

from benchmarks.chat import Timings, ask_in_turn
from benchmarks.rows import Row
from benchmarks.servers import MODEL
from studiolo.server.engine.contract import COMPLETIONS, EngineSettings
from studiolo.server.engine.llama_server import LlamaServer
from studiolo.server.library.scan import Library
from studiolo.server.machine.processor import find_processor
from studiolo.server.runtimes.found import own_runtime
from studiolo.server.runtimes.runtime import BUNDLED_RUNTIME, Runtime
from tests.stands.llama_programs import programs_at_hand

RUNS = 5
_LEAST, _LEAST_GAIN = 0.97, 1.1
_WORDS = "The lighthouse stood at the end of the land, where the wind never rested and the gulls cried all day. "
_REPEATS, _TOKENS = 80, 64
"""About 1,800 tokens are read, and so many written: what the widest registers are for is the context."""


async def measure_runtimes(home: Path) -> list[Row]:
    """A row for each kind of engine. Without a llama-server at hand, which `make prove` builds, there is none of it."""
    home.mkdir(parents=True, exist_ok=True)
    places = {"xllamacpp": _binding(home / "binding")}
    if programs := programs_at_hand():
        places["llama-server"] = programs / "llama-server"
    rows = []
    for kind, place in places.items():
        timings = await ask_in_turn(home / kind, own_runtime("own", kind, place, ()))
        rows.append(_row(f"with a runtime of the kind {kind}", *timings))
    rows.append(
        _row("of a model on another machine", *await ask_in_turn(home / "away", BUNDLED_RUNTIME, elsewhere=True))
    )
    if programs and "AVX-512" in find_processor().features:
        rows.append(await _gain(home / "gain", own_runtime("own", "variants", programs / "llama-server", ())))
    return rows


def _row(what: str, api: Timings, engine: Timings) -> Row:
    ratio = median(a[1] / e[1] for a, e in zip(api, engine, strict=True))
    speed, bare = median(a[1] for a in api), median(e[1] for e in engine)
    name = f"tokens per second through `/api/v1/chat` {what}, against it asked directly"
    return Row(name, f"{ratio:.3f} ({speed:.1f} against {bare:.1f})", f"at least {_LEAST}", ratio >= _LEAST)


async def _gain(home: Path, variants: Runtime) -> Row:
    """Have both engines read and write the same in turn, RUNS times after one warm-up each."""
    model = Library([]).find(MODEL)
    assert model, "the starter model is not installed"
    settings = EngineSettings(model=model.path, size_bytes=model.size_bytes, context_length=4096, parallel=1)
    async with AsyncExitStack() as stack:
        engines = []
        for runtime in (BUNDLED_RUNTIME, variants):
            engine = await LlamaServer.start(settings, lambda _: None, sockets=home / "s", runtime=runtime)
            stack.push_async_callback(engine.close)
            engines.append(engine)
        times = [[await _seconds(engine, run) for engine in engines] for run in range(RUNS + 1)][1:]
    ratio = median(bundled / built for bundled, built in times)
    shown = [median(run[place] for run in times) for place in (0, 1)]
    return Row(
        "1,800 tokens read and 64 written by a build with all variants, given AVX-512, against the bundled one",
        f"{ratio:.2f} times as fast ({shown[1]:.2f} s, {shown[0]:.2f} s)",
        f"at least {_LEAST_GAIN}",
        ratio >= _LEAST_GAIN,
    )


async def _seconds(engine: LlamaServer, run: int) -> float:
    """How long a reply takes by the engine's own clock. No prompt is known from the run before."""
    body = {"prompt": f"{run}. " + _WORDS * _REPEATS, "max_tokens": _TOKENS, "temperature": 0, "ignore_eos": True}
    milliseconds = 0.0
    async with aclosing(engine.stream(COMPLETIONS, body)) as chunks:
        async for chunk in chunks:
            if chunk.timings:
                milliseconds = chunk.timings.prompt_ms + chunk.timings.predicted_ms
    return milliseconds / 1000


def _binding(folder: Path) -> Path:
    """The binding that we have, in a folder of its own as another build would be."""
    spec = find_spec("xllamacpp")
    assert spec
    assert spec.origin
    shutil.copytree(Path(spec.origin).parent, folder / "xllamacpp")
    return folder
