"""The price of the API with other runtimes than the bundled one: a llama-server, and another build of the binding."""

import shutil
from importlib.util import find_spec
from pathlib import Path
from statistics import median

from benchmarks.chat import ask_in_turn
from benchmarks.rows import Row
from studiolo.server.runtimes.found import own_runtime
from tests.stands.llama_programs import programs_at_hand


async def measure_runtimes(home: Path) -> list[Row]:
    """A row for each kind. Without a llama-server at hand, which `make prove` builds, there is none of it."""
    home.mkdir(parents=True, exist_ok=True)
    places = {"xllamacpp": _binding(home / "binding")}
    if programs := programs_at_hand():
        places["llama-server"] = programs / "llama-server"
    rows = []
    for kind, place in places.items():
        api, engine = await ask_in_turn(home / kind, own_runtime("own", kind, place, ()))
        ratio = median(a[1] / e[1] for a, e in zip(api, engine, strict=True))
        speed, bare = median(a[1] for a in api), median(e[1] for e in engine)
        name = f"tokens per second through `/api/v1/chat` with a runtime of the kind {kind}, against it asked directly"
        rows.append(Row(name, f"{ratio:.3f} ({speed:.1f} against {bare:.1f})", "at least 0.97", ratio >= 0.97))
    return rows


def _binding(folder: Path) -> Path:
    """The binding that we have, in a folder of its own as another build would be."""
    spec = find_spec("xllamacpp")
    assert spec
    assert spec.origin
    shutil.copytree(Path(spec.origin).parent, folder / "xllamacpp")
    return folder
