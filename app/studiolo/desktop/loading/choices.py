"""The models a chat can be held with, as plain data for the picker."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from studiolo.api.models import REMOTE, EmbeddingEntry, LlmEntry, Sampling
from studiolo.desktop.language import translate
from studiolo.desktop.widgets.formatting import size_text

TRIAL_ORIGIN = "starter"
"""Whose the model is that comes with the program."""


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """One language model on disk.

    `detail` is quantization, parameters and size; `error` says why it can't be used, None for a good one; `instances`
    are the ids of its loaded instances.
    """

    key: str
    name: str
    detail: str
    instances: tuple[str, ...] = ()
    error: str | None = None
    context: int = 0
    """Tokens that it holds as it is loaded; 0 while it is not."""
    most_context: int = 0
    """Tokens that it was made for."""
    vision: bool = False
    tools: bool = False
    reasoning: bool = False
    quantization: str = ""
    size_bytes: int = 0
    sampling: Sampling = field(default_factory=Sampling)
    """What is in force at its server where a chat says nothing, as far as the server tells."""
    origin: str = ""
    """Whose it is, as LlmEntry has it; empty for one of the server's own."""

    @property
    def trial(self) -> bool:
        """Return whether it came with the program, so that there is something to try the window with."""
        return self.origin == TRIAL_ORIGIN

    @property
    def remote(self) -> bool:
        """Return whether another machine has it, which loads and unloads it as it likes."""
        return self.origin == REMOTE

    @property
    def loaded(self) -> bool:
        """Return whether an instance of the model is loaded."""
        return bool(self.instances)

    def matches(self, words: str) -> bool:
        """Return whether every word occurs in its name, key or detail."""
        text = f"{self.name} {self.key} {self.detail}".casefold()
        return all(word in text for word in words.casefold().split())


def choices_from(entries: Iterable[LlmEntry | EmbeddingEntry]) -> list[ModelChoice]:
    """Return the models that can chat: loaded ones first, unusable ones last, by name in between."""
    models = [entry for entry in entries if isinstance(entry, LlmEntry) and entry.type == "llm"]
    choices = [choice for entry in models for choice in _choices(entry)]
    return sorted(choices, key=lambda choice: (choice.error is not None, not choice.loaded, choice.name.casefold()))


def preferred(choices: list[ModelChoice], wanted: str | None) -> ModelChoice | None:
    """Return the one wanted if it can be used, else a loaded one, else the first; None where none can be used.

    The trial model comes last: whoever has another wants that one.
    """
    usable = sorted((choice for choice in choices if choice.error is None), key=lambda choice: choice.trial)
    return next((choice for choice in usable if choice.key == wanted), usable[0] if usable else None)


def trial_text() -> str:
    """Return what the model is called that came with the program."""
    return translate("Models", "Trial model")


def _choices(entry: LlmEntry) -> list[ModelChoice]:
    """One for each quantization; the instances of those that are not selected are told by their ids."""
    instances = [instance.id for instance in entry.loaded_instances]
    sizes = dict(zip(entry.variants or (), entry.variant_sizes or (), strict=False))
    choices = []
    for variant in entry.variants or ():
        if variant != entry.selected_variant:
            own = [name for name in instances if name == variant or name.startswith(f"{variant}:")]
            instances = [name for name in instances if name not in own]
            choices.append(_choice(entry, variant, variant.partition("@")[2].upper(), sizes.get(variant, 0), own))
    quantization = entry.quantization.name if entry.quantization else ""
    return [_choice(entry, entry.key, quantization or "", entry.size_bytes, instances), *choices]


def _choice(entry: LlmEntry, key: str, quantization: str, size: int, instances: list[str]) -> ModelChoice:
    pieces = [quantization, entry.params_string, size_text(size) if size else None]
    return ModelChoice(
        key=key,
        name=entry.display_name or entry.key,
        detail=" · ".join(piece for piece in pieces if piece),
        quantization=quantization,
        size_bytes=size,
        instances=tuple(instances),
        context=max((one.config.context_length for one in entry.loaded_instances if one.id in instances), default=0),
        most_context=entry.max_context_length,
        vision=entry.capabilities.vision,
        tools=entry.capabilities.trained_for_tool_use,
        reasoning=entry.capabilities.reasoning is not None,
        error=entry.error,
        sampling=entry.sampling or Sampling(),
        origin=entry.origin or "",
    )
