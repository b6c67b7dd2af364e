"""Is there room: what a load needs against what is free, on the cards and in the computer's memory."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import psutil

from studiolo.api.load_dials import CACHE_BITS
from studiolo.api.models import DeviceEstimate, MemoryEstimate
from studiolo.api.runtimes import RuntimeDevice
from studiolo.errors import RequestError
from studiolo.files import size_in_words, size_of
from studiolo.server.engine.contract import EngineSettings
from studiolo.server.library.fit import LoadWay, MemoryShape
from studiolo.server.library.scan import LibraryModel
from studiolo.server.runtimes.runtime import BUNDLED_RUNTIME, Runtime

_BATCH, _BATCH_ON_A_CARD = 128, 512
_STEP = 256
_USUAL = 4096
"""Tokens: as short a context as anybody is served with unasked."""
_MOST_TO_EMBED = 8192
_SHARE = 0.8
"""Of the free memory, for a context that nobody chose: other programs want some of it later."""
_CARD_ROOM = 1 << 30
"""Bytes of each card that llama.cpp leaves free where it chooses the layers (fit_params_target)."""
RAM = "ram"
"""The id of the computer's memory among devices."""


@dataclass(frozen=True)
class EngineHost:
    """What models are loaded on: the runtime in use, its cards, and what loads with it took before.

    `factor`: of a runtime and an architecture, what loads took of the computer's memory over what was estimated; None
    where none was measured.
    """

    cards: Callable[[], Sequence[RuntimeDevice]] = tuple
    runtime: Callable[[], Runtime] = lambda: BUNDLED_RUNTIME
    factor: Callable[[str, str], float | None] = lambda _runtime, _architecture: None


@dataclass(frozen=True)
class Placement:
    """Where a load goes. Bytes; `layers` of `all_layers` are on cards, `on_cards` has what each card takes."""

    layers: int
    all_layers: int
    on_cards: tuple[int, ...]
    in_ram: int

    @property
    def total(self) -> int:
        """Return bytes of all devices together."""
        return self.in_ram + sum(self.on_cards)


def needed_bytes(model: LibraryModel, settings: EngineSettings) -> int:
    """Return what one instance of `model` takes, its projector with it, as library.fit reckons.

    At least its files' size.
    """
    return placed(model, settings, EngineHost()).total


def placed(model: LibraryModel, settings: EngineSettings, host: EngineHost) -> Placement:
    """Return what one instance takes of which device, with what is known of loads on this host."""
    projector = (size_of(settings.mmproj) if settings.mmproj else 0) + settings.beside_bytes
    factor = host.factor(host.runtime().id, settings.architecture or "") or 1.0
    cards = host.cards()
    shape = model.memory
    if shape is None:
        return Placement(0, 1, (0,) * len(cards), int((model.size_bytes + projector) * factor))
    way, context = _way(settings, on_a_card=bool(cards)), settings.context_length
    if not cards or settings.gpu_layers == 0:
        needed = projector + shape.needed_bytes(context, way)
        return Placement(0, shape.layers + 1, (0,) * len(cards), int(needed * factor))
    spread = _Spread(shape, settings, way, cards)
    layers = spread.layers()
    on_cards = spread.on_cards(layers)
    in_ram = shape.needed_bytes(context, way) + projector - spread.moved(layers)
    return Placement(layers, shape.layers + 1, on_cards, int(in_ram * factor))


class _Spread:
    """A model's layers on the cards: the output counts as one, and all of them as equal."""

    def __init__(
        self, shape: MemoryShape, settings: EngineSettings, way: LoadWay, cards: Sequence[RuntimeDevice]
    ) -> None:
        self._settings = settings
        self._cards = cards
        self._all = shape.layers + 1
        kept_back = shape.expert_bytes * min(settings.cpu_expert_layers or 0, shape.layers) // max(1, shape.layers)
        context = shape.context_bytes(settings.context_length, way) if settings.offload_kv_cache_to_gpu else 0
        self._layer = (shape.tensor_bytes - kept_back) / self._all + context / self._all
        self._compute = shape.compute_bytes(settings.context_length, way)
        self._shares = self._parts()

    def layers(self) -> int:
        """Return how many are on cards: as chosen, else as many as there is room for."""
        chosen = self._settings.gpu_layers
        if chosen is not None:
            return self._all if chosen < 0 else min(chosen, self._all)
        return next((count for count in range(self._all, 0, -1) if self._fits(count)), 0)

    def moved(self, layers: int) -> int:
        """Return bytes of `layers` that the computer's memory need not hold."""
        return int(self._layer * layers)

    def on_cards(self, layers: int) -> tuple[int, ...]:
        """Return bytes that each card holds with so many layers on them."""
        if not layers:
            return (0,) * len(self._cards)
        return tuple(int(self._layer * layers * part) + self._compute if part else 0 for part in self._shares)

    def _fits(self, layers: int) -> bool:
        limit = self._settings.device_memory_limit
        rooms = [max(0, (card.free_bytes or 0) - _CARD_ROOM) for card in self._cards]
        rooms = [min(room, limit) if limit else room for room in rooms]
        return all(needed <= room for needed, room in zip(self.on_cards(layers), rooms, strict=True))

    def _parts(self) -> list[float]:
        chosen = self._settings
        parts = [float(card.free_bytes or 0) for card in self._cards]
        if chosen.main_device:
            parts = [float(card.id == chosen.main_device) for card in self._cards]
        elif chosen.device_split and len(chosen.device_split) == len(parts):
            parts = list(chosen.device_split)
        whole = sum(parts)
        return [part / whole for part in parts] if whole else [1 / len(parts)] * len(parts)


def bytes_at_start(model: LibraryModel, settings: EngineSettings, host: EngineHost) -> int:
    """Return what is estimated, without calibration, that a load holds of the computer's memory before it is asked.

    The rows of a batch are not written to by then.
    """
    unmeasured = replace(host, factor=EngineHost.factor)
    needed = placed(model, settings, unmeasured).in_ram
    if model.memory is None:
        return needed
    way = _way(settings, on_a_card=bool(host.cards()))
    compute = model.memory.compute_bytes(settings.context_length, way)
    return needed - compute + model.memory.compute_bytes(settings.context_length, replace(way, batch_size=1))


def _way(settings: EngineSettings, *, on_a_card: bool) -> LoadWay:
    usual = _BATCH_ON_A_CARD if on_a_card else _BATCH
    # As the worker sets it: an embedding model reads a text in one batch.
    physical = None if settings.embedding else settings.physical_batch_size
    batch = settings.context_length if settings.embedding else settings.eval_batch_size or max(usual, physical or 0)
    return LoadWay(
        parallel=settings.parallel,
        batch_size=min(batch, physical or batch),
        key_bits=CACHE_BITS[settings.k_cache_type or "f16"],
        value_bits=CACHE_BITS[settings.v_cache_type or "f16"],
        shared=settings.unified_cache is not False,
        flash=settings.flash_attention is not False,
    )


def automatic_context(
    model: LibraryModel,
    settings: EngineSettings,
    most: int,
    host: EngineHost | None = None,
    evictable_bytes: int = 0,
) -> int:
    """Return the longest context, in tokens up to `most`, with which a model leaves some of the memory free.

    Where even a short one would not, it is that: whoever loads it says what is missing. `evictable_bytes`: what other
    models hold that go before. An embedding model reads a text in one batch, which takes memory by its square.
    """
    host = host or EngineHost()
    most = min(most, _MOST_TO_EMBED) if settings.embedding else most
    room = (psutil.virtual_memory().available + evictable_bytes) * _SHARE
    if model.memory is None:
        return min(most, _USUAL)

    def fits(context: int) -> bool:
        return placed(model, replace(settings, context_length=context), host).in_ram <= room

    if fits(most):
        return most
    low, high = _USUAL // _STEP, most // _STEP
    while low < high:  # What is needed grows with the context.
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle * _STEP) else (low, middle - 1)
    return min(most, low * _STEP)


def estimate(model: LibraryModel, settings: EngineSettings, host: EngineHost) -> MemoryEstimate:
    """Return what a load would take of each device, and what is free there."""
    place, memory = placed(model, settings, host), psutil.virtual_memory()
    devices = [
        DeviceEstimate(
            id=card.id,
            name=card.name,
            needed_bytes=needed,
            free_bytes=card.free_bytes or 0,
            total_bytes=card.total_bytes or 0,
        )
        for card, needed in zip(host.cards(), place.on_cards, strict=True)
    ]
    ram = DeviceEstimate(
        id=RAM, name="RAM", needed_bytes=place.in_ram, free_bytes=memory.available, total_bytes=memory.total
    )
    return MemoryEstimate(
        needed_bytes=place.total,
        free_bytes=memory.available + sum(device.free_bytes for device in devices),
        context_length=settings.context_length,
        devices=[*devices, ram],
        placement="ram" if not place.layers else "card" if place.layers == place.all_layers else "partly",
        calibrated=host.factor(host.runtime().id, settings.architecture or "") is not None,
    )


def check_room(
    model: LibraryModel, settings: EngineSettings, host: EngineHost | None = None, evictable_bytes: int = 0
) -> None:
    """Raise RequestError, with both figures, if the load would not fit. What would be evicted counts as free."""
    host = host or EngineHost()
    place = placed(model, settings, host)
    free = psutil.virtual_memory().available + evictable_bytes
    if place.in_ram > free:
        raise RequestError(
            f"'{model.key}' with a context of {settings.context_length} tokens needs {size_in_words(place.in_ram)} "
            f"of memory, and {size_in_words(free)} are free.",
            param="model",
            code="insufficient_memory",
            hint="Choose a shorter context or a smaller quantization, unload another model, "
            "or switch off the setting refuse_beyond_memory.",
        )
    for card, needed in zip(host.cards(), place.on_cards, strict=True):
        # What others would give back of a card is not known; where layers were not chosen, they are put where they fit.
        if needed > (card.free_bytes or needed) and settings.gpu_layers is not None and not evictable_bytes:
            raise RequestError(
                f"{place.layers} layers of '{model.key}' need {size_in_words(needed)} of {card.name or card.id}, "
                f"and {size_in_words(card.free_bytes or 0)} are free there.",
                param="gpu_layers",
                code="insufficient_memory",
                hint="Choose fewer layers or a shorter context, or leave gpu_layers out.",
            )
