"""How fast models write, by what they ran with: beside their names."""

from collections.abc import Iterable, Mapping

from PySide6.QtCore import QLocale

from studiolo.api.machine import Benchmark
from studiolo.api.models import StoredModel
from studiolo.desktop.language import translate
from studiolo.desktop.loading.backends import backend_text

_WHOLE_FROM = 10
"""Tokens a second, from which decimals say nothing."""

Speeds = Mapping[tuple[str, str], Mapping[str, float]]
"""Tokens a second by backend, by a model's key without its variant and its quantization; the fastest backend first."""


def speeds_of(benchmarks: Iterable[Benchmark]) -> Speeds:
    """Return the latest speed of each model with each backend. benchmarks: the oldest first.

    What was measured with a text that repeats itself, or with guesses, says less of other texts.
    """
    speeds: dict[tuple[str, str], dict[str, float]] = {}
    for one in benchmarks:
        if one.repeating or one.speculation:
            continue
        speeds.setdefault(_key(one.model, one.quantization), {})[one.backend] = one.tokens_per_second
    return {key: dict(sorted(found.items(), key=lambda pair: pair[1], reverse=True)) for key, found in speeds.items()}


def fastest(speeds: Speeds, model: StoredModel) -> float:
    """Return the tokens a second that a model writes at best; 0 where that was not measured."""
    return next(iter(speeds.get(_key(model.key, model.quantization), {}).values()), 0.0)


def speed_words(speeds: Speeds, model: StoredModel) -> str:
    """Return a model's speeds, such as "Vulkan 41, CPU 9 tokens/s"; empty where none was measured."""
    found = speeds.get(_key(model.key, model.quantization), {})
    pieces = [f"{backend_text(backend)} {_figure(speed)}".strip() for backend, speed in found.items()]
    return translate("Models", "%1 tokens/s").replace("%1", ", ".join(pieces)) if pieces else ""


def _key(model: str, quantization: str | None) -> tuple[str, str]:
    return model.partition("@")[0].casefold(), (quantization or "").casefold()


def _figure(speed: float) -> str:
    return QLocale().toString(speed, "f", 0 if speed >= _WHOLE_FROM else 1)
