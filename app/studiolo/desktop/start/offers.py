"""What somebody without a model is offered on a server: models to download, and those of other programs. No widgets."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from studiolo.api.hub import HubChoice, HubDetails
from studiolo.desktop.loading.choices import ModelChoice
from studiolo.hub.memory import needed_bytes

OTHER_PROGRAMS = ("lm_studio", "ollama", "hugging_face")
"""Origins of models that other programs keep on a server's machine."""


@dataclass(frozen=True, slots=True)
class Room:
    """What a server's machine has, in bytes; 0 where it does not tell. `disk`: what downloads may take of it."""

    memory_total: int = 0
    memory_free: int = 0
    disk_free: int = 0
    disk: int = 0


@dataclass(frozen=True, slots=True)
class ModelOffer:
    """One model to download. Sizes are bytes; `memory` and `role` are as in ModelPick.

    Until `details` are there, the sizes are the catalog's and `quantization` is not known.
    """

    role: str
    name: str
    title: str
    sentence: str
    capabilities: frozenset[str]
    size: int
    memory: str
    memory_bytes: int
    fits_disk: bool
    licence: str = ""
    quantization: str = ""
    begun: bool = False
    details: HubDetails | None = None
    choice: HubChoice | None = None

    @property
    def has_room(self) -> bool:
        """Return whether there is any sense in downloading it."""
        return self.fits_disk and self.memory != "too_large"

    def with_details(self, details: HubDetails) -> "ModelOffer":
        """Return the same with what the hub says of it, or as it was where that has nothing to choose."""
        choice = next((one for one in details.choices if one.usual), None)
        if choice is None:
            return self
        return replace(
            self,
            size=choice.size_bytes,
            memory=choice.memory,
            memory_bytes=choice.memory_bytes,
            fits_disk=choice.fits_disk,
            quantization=choice.quantization or "",
            begun=choice.state == "partial",
            details=details,
            choice=choice,
        )


@dataclass(frozen=True, slots=True)
class ModelOffers:
    """`models`: the best one first. `others`: how many more the catalog has."""

    models: tuple[ModelOffer, ...] = ()
    others: int = 0
    room: Room = Room()


@dataclass(frozen=True, slots=True)
class FoundModels:
    """What other programs keep on the server's machine: how many models, and which programs, by their origins."""

    count: int = 0
    programs: tuple[str, ...] = ()
    choices: tuple[ModelChoice, ...] = ()

    def best(self, memory_free: int) -> ModelChoice | None:
        """Return the largest that fits so much memory, else the smallest; None where there is none."""
        by_size = sorted(self.choices, key=lambda choice: choice.size_bytes)
        fitting = [choice for choice in by_size if needed_bytes(choice.size_bytes) <= memory_free]
        return fitting[-1] if fitting else next(iter(by_size), None)


def found_among(choices: Iterable[ModelChoice]) -> FoundModels:
    """Return what of a server's models other programs keep there."""
    theirs = [choice for choice in choices if choice.origin in OTHER_PROGRAMS and choice.error is None]
    origins = {choice.origin for choice in theirs}
    keys = {choice.key.partition("@")[0] for choice in theirs}
    return FoundModels(len(keys), tuple(one for one in OTHER_PROGRAMS if one in origins), tuple(theirs))


def has_own(choices: Iterable[ModelChoice]) -> bool:
    """Return whether a server has a model that somebody put there to use it with this program."""
    return any(not choice.trial and choice.origin not in OTHER_PROGRAMS for choice in choices if choice.error is None)
