"""What is said of a model before it is loaded: where it would be, and how fast it was."""

from studiolo.api.machine import Benchmark
from studiolo.api.models import DeviceEstimate, MemoryEstimate, StoredModel
from studiolo.desktop.loading.placement import picker_mark, place_on_cards
from studiolo.desktop.models.speeds import fastest, speed_words, speeds_of

GB = 1_000_000_000


def device(name: str, needed: float, free: float) -> DeviceEstimate:
    return DeviceEstimate(id=name, needed_bytes=int(needed * GB), free_bytes=int(free * GB))


def word(estimate: MemoryEstimate) -> str:
    mark = picker_mark(estimate)
    return mark.text if mark else ""


def test_only_what_is_worth_saying_is_said_in_the_picker() -> None:
    plain = MemoryEstimate(needed_bytes=4 * GB, free_bytes=14 * GB)
    assert picker_mark(plain) is None
    assert word(plain.model_copy(update={"needed_bytes": 13 * GB})) == "Tight"
    over = picker_mark(plain.model_copy(update={"needed_bytes": 24 * GB}))
    assert over
    assert (over.text, over.reason) == ("Won't fit", "Needs 24.0 GB of memory, 14.0 GB are free.")
    ram = MemoryEstimate(needed_bytes=4 * GB, free_bytes=14 * GB, devices=[device("ram", 4, 14)], placement="ram")
    assert picker_mark(ram) is None, "there is no card that it could be on"
    assert word(ram.model_copy(update={"needed_bytes": 13 * GB, "devices": [device("ram", 13, 14)]})) == "Tight"
    both = [device("Vulkan0", 5, 8), device("ram", 1, 14)]
    of_card = MemoryEstimate(needed_bytes=6 * GB, free_bytes=22 * GB, devices=both, placement="card")
    assert picker_mark(of_card) is None
    assert word(of_card.model_copy(update={"placement": "partly"})) == "Partly on the card"
    assert word(of_card.model_copy(update={"placement": "ram"})) == "In RAM"
    full = [device("Vulkan0", 5, 8), device("ram", 20, 14)]
    assert word(of_card.model_copy(update={"placement": "partly", "devices": full})) == "Won't fit"


def test_what_is_not_here_yet_is_placed_by_the_cards_memory() -> None:
    assert place_on_cards("fits", 5 * GB, 0) == ""
    assert place_on_cards("fits", 5 * GB, 8 * GB) == "On the card"
    assert place_on_cards("too_large", 20 * GB, 24 * GB) == "On the card", "RAM is not asked"
    assert place_on_cards("fits", 8 * GB, 8 * GB) == "Partly there"
    assert place_on_cards("too_large", 40 * GB, 8 * GB) == ""


def test_the_latest_speed_of_each_backend_is_told_beside_a_model() -> None:
    def one(model: str, backend: str, speed: float, quantization: str = "Q4_K_M") -> Benchmark:
        return Benchmark(model=model, backend=backend, quantization=quantization, tokens_per_second=speed)

    speeds = speeds_of(
        [
            one("qwen/qwen3-8b", "cpu", 7.5),
            one("qwen/qwen3-8b", "vulkan", 41.4),
            one("qwen/qwen3-8b", "cpu", 9.25),
            one("qwen/qwen3-8b", "cpu", 5.0, "Q8_0"),
            one("old/one", "", 12.0),
            one("old/one", "", 99.0).model_copy(update={"repeating": True}),
            one("old/one", "", 88.0).model_copy(update={"speculation": "n-gram"}),
        ]
    )
    model = StoredModel(key="qwen/qwen3-8b", quantization="Q4_K_M")
    assert speed_words(speeds, model) == "Vulkan 41, CPU 9.3 tokens/s"
    assert fastest(speeds, model) == 41.4
    variant = StoredModel(key="qwen/qwen3-8b@q8_0", quantization="Q8_0")
    assert speed_words(speeds, variant) == "CPU 5.0 tokens/s"
    assert speed_words(speeds, StoredModel(key="old/one", quantization="Q4_K_M")) == "12 tokens/s"
    assert speed_words(speeds, StoredModel(key="other")) == ""
