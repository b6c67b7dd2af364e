"""A catalog of one's own, with models that the stand-in hub has and that fit any machine."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from studiolo.paths import app_paths
from tests.stands.hub import StandHub
from tests.stands.tiny_model import write_tiny_llama


def entry(name: str, *, size: int = 2_000_000, recommended: int | None = 1, **more: Any) -> dict[str, Any]:
    """A model of the catalog: "Owl" is birds/owl, from birds/Owl-GGUF. recommended: for how many GB of memory."""
    return {
        "id": f"birds/{name.lower()}",
        "name": name,
        "sentence": f"The {name.lower()} sees at night.",
        "size_bytes": size,
        "capabilities": ["tools"],
        "sources": [{"kind": "huggingface", "repo": f"birds/{name}-GGUF"}],
        "recommended_gb": recommended,
        "license": "apache-2.0",
    } | more


def write_catalog(*entries: dict[str, Any]) -> None:
    """Have these in the catalog of the home in force, and no others."""
    file = app_paths().data / "catalog.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"version": 1, "date": "2999-01-01", "models": entries}))


def offer_birds(stand: StandHub, folder: Path, names: Sequence[str] = ("Owl", "Wren", "Heron")) -> None:
    """Have tiny models in the catalog and at the hub: the first is the best one, then a smaller and a larger one."""
    model = write_tiny_llama(folder / "bird.gguf", brief=True)
    for name in names:
        stand.add(f"birds/{name}-GGUF", {f"{name}-Q4_K_M.gguf": model})
    sizes = (2_000_000, 1_000_000, 3_000_000)
    marks = (1, None, None)
    write_catalog(*(entry(*one[:1], size=one[1], recommended=one[2]) for one in zip(names, sizes, marks, strict=True)))
