"""The dials of a load in words: what each is called, what it does and what it costs, and what may be written there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from PySide6.QtCore import QLocale

from studiolo.api.load_dials import (
    CACHE_BITS,
    LONGEST_ALIVE,
    MOST_BATCH,
    MOST_DEVICES,
    MOST_DRAFT,
    MOST_LAYERS,
    MOST_LORAS,
    MOST_PATH,
    MOST_SLOTS,
    MOST_TEMPLATE,
    LoadDials,
)
from studiolo.desktop.language import translate

DialKind = Literal["layers", "whole", "decimal", "gigabytes", "yes_no", "choice", "text", "split", "adapters", "lines"]
Place = Literal["common", "speed", "memory", "model"]

_MOST_THREADS = 1024
_MOST_SEED = (1 << 32) - 2
_MOST_TOKENS = 1 << 24
_MOST_GIGABYTES = 100_000
_ALIVE = (0, 300, 900, 3600, 4 * 3600, -1)
"""Seconds that are offered for an idle model."""


@dataclass(frozen=True)
class Dial:
    """One option of a load.

    Attributes:
        name: Its field in LoadDials.
        kind: What is entered.
        place: Where the dialog shows it; `common` before all others.
        least: The smallest number, of those that are numbers.
        most: The largest one; of lists, so many entries; of texts, so many characters.
        cards: So many cards a machine must have before it does anything.
    """

    name: str
    kind: DialKind
    place: Place
    least: float = 0
    most: float = 0
    cards: int = 0

    @property
    def documented(self) -> bool:
        """Return whether LM Studio's API has it, too."""
        return not LoadDials.model_fields[self.name].json_schema_extra


DIALS = (
    Dial("gpu_layers", "layers", "common", 0, MOST_LAYERS, cards=1),
    Dial("k_cache_type", "choice", "common"),
    Dial("v_cache_type", "choice", "common"),
    Dial("parallel", "whole", "common", 1, MOST_SLOTS),
    Dial("keep_alive_seconds", "choice", "common", -1, LONGEST_ALIVE),
    Dial("flash_attention", "yes_no", "speed"),
    Dial("eval_batch_size", "whole", "speed", 1, MOST_BATCH),
    Dial("physical_batch_size", "whole", "speed", 1, MOST_BATCH),
    Dial("threads", "whole", "speed", 1, _MOST_THREADS),
    Dial("ngram_speculation", "yes_no", "speed"),
    Dial("draft_model", "text", "speed", 1, MOST_PATH),
    Dial("draft_max", "whole", "speed", 1, MOST_DRAFT),
    Dial("unified_cache", "yes_no", "memory"),
    Dial("offload_kv_cache_to_gpu", "yes_no", "memory", cards=1),
    Dial("device_memory_limit", "gigabytes", "memory", 0.01, _MOST_GIGABYTES, cards=1),
    Dial("main_device", "choice", "memory", cards=2),
    Dial("device_split", "split", "memory", 0, MOST_DEVICES, cards=2),
    Dial("cpu_expert_layers", "whole", "memory", 0, MOST_LAYERS, cards=1),
    Dial("use_mmap", "yes_no", "memory"),
    Dial("use_mlock", "yes_no", "memory"),
    Dial("num_experts", "whole", "model", 1, MOST_LAYERS),
    Dial("rope_frequency_base", "decimal", "model", 1, 1e12),
    Dial("rope_frequency_scale", "decimal", "model", 0.01, 100),
    Dial("seed", "whole", "model", 0, _MOST_SEED),
    Dial("loras", "adapters", "model", 0, MOST_LORAS),
    Dial("chat_template", "lines", "model", 1, MOST_TEMPLATE),
)
"""All but the context, which has a slider of its own."""


def automatic_text() -> str:
    """Return what it is called when nothing is chosen."""
    return translate("Loading", "Automatic")


def place_text(place: Place) -> str:
    """Return the heading of a part of the dialog."""
    match place:
        case "speed":
            return translate("Loading", "Speed")
        case "memory":
            return translate("Loading", "Memory")
        case "model":
            return translate("Loading", "Model")
        case _:
            return ""


def title_of(name: str) -> str:
    """Return what a dial is called."""
    return _words()[name][0]


def help_of(name: str) -> str:
    """Return what a dial does, and what it costs."""
    return _words()[name][1]


def choices_of(name: str, devices: Sequence[tuple[str, str]]) -> list[tuple[Any, str]]:
    """Return the values of a dial with their names, the automatic one first. devices: the cards' ids and names."""
    match name:
        case "k_cache_type" | "v_cache_type":
            first = translate("Loading", "Automatic (f16)")
            return [(None, first), *((one, _cache_text(one)) for one in CACHE_BITS)]
        case "keep_alive_seconds":
            first = translate("Loading", "As the server is set")
            return [(None, first), *((seconds, alive_text(seconds)) for seconds in _ALIVE)]
        case "main_device":
            return [
                (None, automatic_text()),
                *((one, f"{one} · {called}" if called else one) for one, called in devices),
            ]
        case _:
            return [
                (None, automatic_text()),
                (True, translate("Loading", "On")),
                (False, translate("Loading", "Off")),
            ]


def alive_text(seconds: int) -> str:
    """Return how long an idle model stays."""
    if seconds < 0:
        return translate("Loading", "Until the server stops")
    if seconds == 0:
        return translate("Loading", "For one request")
    if seconds % 3600 == 0:
        return translate("Loading", "%1 h").replace("%1", str(seconds // 3600))
    if seconds % 60 == 0:
        return translate("Loading", "%1 min").replace("%1", str(seconds // 60))
    return translate("Loading", "%1 s").replace("%1", str(seconds))


def _cache_text(kind: Any) -> str:
    """Return the name of a kind of cache, with its price."""
    share = round(100 * CACHE_BITS[kind] / CACHE_BITS["f16"])
    text = translate("Loading", "%1 · %2 % of the memory")
    return str(kind) if share == 100 else text.replace("%1", str(kind)).replace("%2", QLocale().toString(share))


def _words() -> dict[str, tuple[str, str]]:
    return {**_common_words(), **_speed_words(), **_memory_words(), **_model_words()}


def _common_words() -> dict[str, tuple[str, str]]:
    return {
        "gpu_layers": (
            translate("Loading", "Layers on the card"),
            translate("Loading", "Each layer there makes it faster and takes some of the card's memory."),
        ),
        "k_cache_type": (
            translate("Loading", "Keys of the context"),
            translate("Loading", "How keys are kept. q8_0 is hardly worse than f16; below that some models suffer."),
        ),
        "v_cache_type": (
            translate("Loading", "Values of the context"),
            translate("Loading", "The same for values. Other than f32, f16 and bf16 need flash attention."),
        ),
        "parallel": (
            translate("Loading", "Requests at a time"),
            translate("Loading", "More replies are written at once, each of them slower. They share the context."),
        ),
        "keep_alive_seconds": (
            translate("Loading", "Keep in memory"),
            translate("Loading", "How long it stays while nobody asks. Meanwhile others can't have its memory."),
        ),
    }


def _speed_words() -> dict[str, tuple[str, str]]:
    return {
        "flash_attention": (
            translate("Loading", "Flash attention"),
            translate("Loading", "Less memory for long contexts, and mostly faster. A few models can't have it."),
        ),
        "eval_batch_size": (
            translate("Loading", "Batch size"),
            translate("Loading", "Tokens of a prompt that are read in one go. Larger reads faster and takes memory."),
        ),
        "physical_batch_size": (
            translate("Loading", "Computed at once"),
            translate("Loading", "How many of a batch are computed together. Its working memory grows in step."),
        ),
        "threads": (
            translate("Loading", "Threads"),
            translate("Loading", "Cores of the processor that write a reply. More than there are makes it slower."),
        ),
        "ngram_speculation": (
            translate("Loading", "Guess from the text"),
            translate("Loading", "Faster where a text repeats itself, such as code that is edited. Takes no memory."),
        ),
        "draft_model": (
            translate("Loading", "Draft model"),
            translate("Loading", "A small model of the same family that proposes words. Faster, for its own memory."),
        ),
        "draft_max": (
            translate("Loading", "Proposed at once"),
            translate("Loading", "Tokens that are proposed at once. Those that are wrong were computed in vain."),
        ),
    }


def _memory_words() -> dict[str, tuple[str, str]]:
    return {
        "unified_cache": (
            translate("Loading", "Share one context"),
            translate("Loading", "On: requests at a time share the context as they need. Off: each has an equal part."),
        ),
        "offload_kv_cache_to_gpu": (
            translate("Loading", "Context on the card"),
            translate("Loading", "Off: it is kept in RAM, so more layers fit on the card, and replies are slower."),
        ),
        "device_memory_limit": (
            translate("Loading", "Memory of each card, GB"),
            translate(
                "Loading", "It takes no more than this of each card; what does not fit there is in RAM, and slower."
            ),
        ),
        "main_device": (
            translate("Loading", "Main card"),
            translate("Loading", "Has what can't be split among cards; the fastest one is best."),
        ),
        "device_split": (
            translate("Loading", "Split among cards"),
            translate("Loading", "In proportion, in the order of the cards: “3, 1” puts three quarters on the first."),
        ),
        "cpu_expert_layers": (
            translate("Loading", "Layers with experts in RAM"),
            translate("Loading", "Of a mixture of experts: saves much of the card's memory, for slower replies."),
        ),
        "use_mmap": (
            translate("Loading", "Map the file"),
            translate("Loading", "Loads faster, and the system may take its memory back. Off: it is read as a whole."),
        ),
        "use_mlock": (
            translate("Loading", "Keep from being swapped out"),
            translate("Loading", "Replies never wait for the disk, but other programs can't have the memory."),
        ),
    }


def _model_words() -> dict[str, tuple[str, str]]:
    return {
        "num_experts": (
            translate("Loading", "Experts for each token"),
            translate("Loading", "Of a mixture of experts: fewer are faster and worse than it was made for."),
        ),
        "rope_frequency_base": (
            translate("Loading", "RoPE base"),
            translate("Loading", "Stretches positions for contexts that the model was not made for. Costs quality."),
        ),
        "rope_frequency_scale": (
            translate("Loading", "RoPE scale"),
            translate("Loading", "0.5 makes room for twice the context that the model was made for. Costs quality."),
        ),
        "seed": (
            translate("Loading", "Seed"),
            translate("Loading", "The same number gives the same reply to the same prompt. Costs nothing."),
        ),
        "loras": (
            translate("Loading", "Adapters (LoRA)"),
            translate(
                "Loading",
                "GGUF files on the server's disk, with their strength: “/models/a.gguf @ 0.8; /models/b.gguf”.",
            ),
        ),
        "chat_template": (
            translate("Loading", "Chat template"),
            translate("Loading", "In place of the file's own, in Jinja. A wrong one makes replies useless."),
        ),
    }
