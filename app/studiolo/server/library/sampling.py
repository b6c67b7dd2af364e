"""How a model's words are chosen where nobody says: by its file, else by its maker, else as LM Studio does."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from studiolo.api.models import Sampling
from studiolo.hub.catalog import Catalog

USUAL = Sampling(temperature=0.8, top_k=40, top_p=0.95, min_p=0.05, repeat_penalty=1.1)
"""What LM Studio sends where nobody chose."""
# Of GGUF's keys for sampling (gguf.constants.Keys.General).
_KEYS = {
    "temperature": "general.sampling.temp",
    "top_k": "general.sampling.top_k",
    "top_p": "general.sampling.top_p",
    "min_p": "general.sampling.min_p",
    "repeat_penalty": "general.sampling.penalty_repeat",
}
_MOST = {"temperature": 2, "top_k": 1 << 20, "top_p": 1, "min_p": 1, "repeat_penalty": 10}


def sampling_of(metadata: Mapping[str, Any]) -> Sampling:
    """Return what a file says; a value that can't be meant is as if it was not there."""
    values: dict[str, Any] = {}
    for name, key in _KEYS.items():
        value = metadata.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            continue
        if 0 <= value <= _MOST[name] and (name != "top_k" or value == int(value)):
            # Files have 32 bits for what was written as 0.7.
            values[name] = int(value) if name == "top_k" else round(value, 4)
    return Sampling(**values)


class Recommendations:
    """What the makers of the models of a catalog recommend, by the model's name, whoever quantized it.

    catalog: the one in force, asked each time.
    """

    def __init__(self, catalog: Callable[[], Catalog]) -> None:
        self._catalog = catalog
        self._read: Catalog | None = None
        self._by_name: dict[str, Sampling] = {}

    def of(self, key: str) -> Sampling:
        """Return what is recommended for a model.

        key: that of one on disk, `publisher/name` or `publisher/name@q8_0`.
        """
        catalog = self._catalog()
        if catalog is not self._read:
            self._by_name = {_name(model.id): model.sampling for model in catalog.models if model.sampling}
            self._read = catalog
        return self._by_name.get(_name(key), Sampling())


def _name(key: str) -> str:
    return key.lower().partition("@")[0].rpartition("/")[2]
