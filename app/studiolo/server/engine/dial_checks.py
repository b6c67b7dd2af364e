"""Dials that can't be as they are chosen: refused by name, before anything is loaded."""

import os
from collections.abc import Sequence

from studiolo.api.load_dials import CacheType, LoadDials
from studiolo.api.runtimes import RuntimeDevice
from studiolo.errors import RequestError, UnsupportedError
from studiolo.server.library.scan import LibraryModel
from studiolo.server.library.template_syntax import template_mistake

_BLOCK = 32
"""Values of a cache that share a scale (QK8_0 and the others in ggml-common.h)."""
_IN_BLOCKS = ("q8_0", "q5_1", "q5_0", "q4_1", "q4_0", "iq4_nl")
_TO_CHAT = (
    *("k_cache_type", "v_cache_type", "unified_cache", "seed", "draft_model", "draft_max", "ngram_speculation"),
    *("chat_template", "physical_batch_size"),
)
"""What a model that embeds has no use for: it keeps nothing of a text and writes none."""


def check_dials(model: LibraryModel, dials: LoadDials, cards: Sequence[RuntimeDevice]) -> None:
    """Raise RequestError for what contradicts itself, or the model, or the machine. cards: its graphics devices."""
    _check_purpose(model, dials)
    _check_caches(model, dials)
    _check_cards(dials, cards)
    _check_speculation(dials)
    if dials.threads and dials.threads > (cores := os.cpu_count() or 1):
        raise invalid("threads", f"The processor of this machine runs {cores} threads at a time.")
    if dials.physical_batch_size and dials.eval_batch_size and dials.physical_batch_size > dials.eval_batch_size:
        raise invalid(
            "physical_batch_size", f"No more than the batch of {dials.eval_batch_size} tokens is computed at once."
        )
    if dials.chat_template and (mistake := template_mistake(dials.chat_template)):
        raise invalid("chat_template", f"The chat template can't be read: {mistake}.")


def invalid(param: str, message: str, hint: str = "") -> RequestError:
    """Return the error for a dial that can't be as it is chosen."""
    return RequestError(message, param=param, code="invalid_value", hint=hint)


def _check_purpose(model: LibraryModel, dials: LoadDials) -> None:
    if model.kind == "embedding" and (name := next((one for one in _TO_CHAT if getattr(dials, one) is not None), None)):
        raise invalid(name, f"'{model.key}' makes embeddings: '{name}' is for models that chat.", "Leave it out.")
    if dials.num_experts is None:
        return
    if model.experts == 0:
        raise UnsupportedError(f"'{model.key}' is no mixture of experts.", param="num_experts")
    if dials.num_experts > model.experts:
        raise invalid("num_experts", f"'{model.key}' has {model.experts} experts.")


def _check_caches(model: LibraryModel, dials: LoadDials) -> None:
    v_type = dials.v_cache_type
    if v_type in _IN_BLOCKS and dials.flash_attention is False:
        raise invalid(
            "v_cache_type",
            f"Values are kept as {v_type} with flash attention alone.",
            "Switch flash attention on, or choose f16.",
        )
    shape = model.memory
    lengths: list[tuple[str, CacheType | None, int]] = [
        ("k_cache_type", dials.k_cache_type, shape.key_length if shape else 0),
        ("v_cache_type", v_type, shape.value_length if shape else 0),
    ]
    for name, kind, length in lengths:
        if kind in _IN_BLOCKS and length % _BLOCK:
            raise invalid(
                name,
                f"'{model.key}' has heads of {length} values, which {kind} can't hold: it keeps blocks of {_BLOCK}.",
                "Choose f16.",
            )


def _check_cards(dials: LoadDials, cards: Sequence[RuntimeDevice]) -> None:
    wanted: dict[str, object] = {
        "gpu_layers": dials.gpu_layers,
        "main_device": dials.main_device,
        "device_split": dials.device_split,
        "device_memory_limit": dials.device_memory_limit,
        "cpu_expert_layers": dials.cpu_expert_layers,
    }
    asked = next((name for name, value in wanted.items() if value), None)
    if asked and not cards:
        raise UnsupportedError(
            f"'{asked}' is about a graphics card, and the runtime in use has none to compute on.",
            param=asked,
            hint="Leave it out, or choose a runtime that uses the card.",
        )
    names = [card.id for card in cards]
    if dials.main_device and dials.main_device not in names:
        raise invalid("main_device", f"There is no card '{dials.main_device}'. There is {' and '.join(names)}.")
    if dials.main_device and dials.device_split:
        raise invalid("main_device", "A model is on one card, or split; not both.", "Leave one of them out.")
    if dials.device_split and (len(dials.device_split) != len(cards) or not any(dials.device_split)):
        raise invalid("device_split", f"There are {len(cards)} cards: so many parts, and one of them more than 0.")
    if dials.device_memory_limit and dials.gpu_layers is not None:
        raise invalid(
            "device_memory_limit", "It bounds how many layers are put on a card unasked.", "Leave gpu_layers out."
        )


def _check_speculation(dials: LoadDials) -> None:
    if dials.draft_model and dials.ngram_speculation:
        raise invalid("ngram_speculation", "Tokens are proposed by a model or from the text; not both.")
    if dials.draft_max and not (dials.draft_model or dials.ngram_speculation):
        raise invalid("draft_max", "Nothing proposes tokens.", "Name a draft_model, or switch ngram_speculation on.")
