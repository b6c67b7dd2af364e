"""A catalog of one's own, with models that the stand-in hub has and that fit any machine."""

import json
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


def write_catalog(*entries: dict[str, Any], data: Path | None = None) -> None:
    """Have these in the catalog, and no others. data: the data folder; that of the home in force if left out."""
    file = (data or app_paths().data) / "catalog.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"version": 1, "date": "2999-01-01", "models": entries}))


def offer_birds(stand: StandHub, folder: Path, *, model: Path | None = None, data: Path | None = None) -> None:
    """Have Owl in the catalog and at the hub as the best model, Wren as a smaller and Heron as a larger one.

    folder: where a tiny model is written, which they all are, unless they are `model`. data: as of `write_catalog`.
    """
    file = model or write_tiny_llama(folder / "bird.gguf", brief=True)
    for name in ("Owl", "Wren", "Heron"):
        stand.add(f"birds/{name}-GGUF", {f"{name}-Q4_K_M.gguf": file})
    write_catalog(
        entry("Owl"),
        entry("Wren", size=1_000_000, recommended=None),
        entry("Heron", size=3_000_000, recommended=None),
        data=data,
    )
