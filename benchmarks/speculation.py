"""What n-gram speculation is worth: the same reply with and without it, of a text that repeats itself, in turn."""

from contextlib import AsyncExitStack, aclosing
from dataclasses import replace
from pathlib import Path
from statistics import median

from benchmarks.rows import Row
from benchmarks.servers import MODEL
from studiolo.server.engine.contract import COMPLETIONS, EngineSettings
from studiolo.server.engine.llama_server import LlamaServer
from studiolo.server.library.scan import Library

SAID = "the quick brown fox jumps over the lazy dog, then it sleeps until the morning comes and eats its bread. "
PROMPT = SAID * 6
"""The starter goes on with it, greedily."""
TOKENS = 160
RUNS = 5
LEAST = 1.3


async def measure_speculation(home: Path) -> list[Row]:
    """Alternate the two RUNS times after one warm-up each. Greedy replies have to be the same."""
    model = Library([]).find(MODEL)
    assert model, "the starter model is not installed"
    settings = EngineSettings(model=model.path, size_bytes=model.size_bytes, context_length=2048, parallel=1)
    async with AsyncExitStack() as stack:
        engines = []
        for wanted in (False, True):
            chosen = replace(settings, ngram_speculation=wanted)
            engine = await LlamaServer.start(chosen, lambda _: None, sockets=home / "s")
            stack.push_async_callback(engine.close)
            engines.append(engine)
        timed: list[tuple[float, float]] = []
        for run in range(RUNS + 1):
            (plain, said), (guessed, said_so) = [await _written(engine) for engine in engines]
            assert said == said_so, "speculation changes nothing of what is said"
            if run:
                timed.append((guessed, plain))
    ratio = median(guessed / plain for guessed, plain in timed)
    speeds = [median(pair[place] for pair in timed) for place in (0, 1)]
    return [
        Row(
            "tokens per second with n-gram speculation on a text that repeats itself, against none",
            f"{ratio:.2f} ({speeds[0]:.1f} against {speeds[1]:.1f})",
            f"at least {LEAST}",
            ratio >= LEAST,
        )
    ]


async def _written(engine: LlamaServer) -> tuple[float, str]:
    body = {"prompt": PROMPT, "max_tokens": TOKENS, "temperature": 0, "ignore_eos": True, "cache_prompt": True}
    speed, said = 0.0, ""
    async with aclosing(engine.stream(COMPLETIONS, body)) as chunks:
        async for chunk in chunks:
            said += "".join(choice.text or "" for choice in chunk.choices)
            speed = chunk.timings.predicted_per_second if chunk.timings else speed
    return speed, said
