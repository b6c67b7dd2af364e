"""What a load takes of each device, and what is learnt of loads that were."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from studiolo.api.load_dials import LoadDials
from studiolo.api.model_defaults import ModelDefaults
from studiolo.api.runtimes import RuntimeDevice
from studiolo.api.settings import ServerSettings
from studiolo.errors import RequestError, UnsupportedError
from studiolo.server.engine.calibration import Calibration
from studiolo.server.engine.contract import EngineSettings
from studiolo.server.engine.dial_checks import check_dials
from studiolo.server.engine.instance import LoadOptions
from studiolo.server.engine.load_settings import engine_settings
from studiolo.server.engine.memory import EngineHost, automatic_context, check_room, estimate, placed
from studiolo.server.library.fit import MemoryShape
from studiolo.server.library.scan import LibraryModel

MEBI, GIB, TIB = 1 << 20, 1 << 30, 1 << 40
SHAPE = MemoryShape(
    tensor_bytes=9 * GIB,
    full=64 * 1024,
    keys=32 * 1024,
    key_length=128,
    value_length=128,
    layers=35,
    expert_bytes=7 * GIB,
)
MODEL = LibraryModel(
    key="acme/large",
    publisher="acme",
    display_name="Large",
    kind="llm",
    path=Path("large.gguf"),
    files=(),
    size_bytes=9 * GIB,
    architecture="llama",
    max_context_length=1 << 17,
    memory=SHAPE,
    experts=8,
)
SETTINGS = EngineSettings(MODEL.path, MODEL.size_bytes, 8192, architecture="llama")


def card(name: str, free: float, total: float = 24) -> RuntimeDevice:
    return RuntimeDevice(
        id=name, name=f"Card {name}", kind="gpu", free_bytes=int(free * GIB), total_bytes=int(total * GIB)
    )


def host(*cards: RuntimeDevice) -> EngineHost:
    found: Sequence[RuntimeDevice] = cards
    return EngineHost(cards=lambda: found)


def test_a_model_is_on_the_card_or_partly_or_in_the_computer_s_memory() -> None:
    whole = estimate(MODEL, SETTINGS, host(card("Vulkan0", 20)))
    assert whole.placement == "card"
    [first, ram] = whole.devices
    assert (first.id, ram.id) == ("Vulkan0", "ram")
    assert first.needed_bytes > 9 * GIB
    assert ram.needed_bytes < GIB
    assert whole.needed_bytes == first.needed_bytes + ram.needed_bytes
    partly = estimate(MODEL, SETTINGS, host(card("Vulkan0", 6)))
    assert partly.placement == "partly"
    assert 3 * GIB < partly.devices[0].needed_bytes <= 5 * GIB
    assert partly.devices[1].needed_bytes > 4 * GIB
    for nothing in (host(), host(card("Vulkan0", 1))):
        assert estimate(MODEL, SETTINGS, nothing).placement == "ram"


def test_layers_a_bound_a_split_and_one_card_are_followed() -> None:
    two = host(card("A", 16), card("B", 8))
    place = placed(MODEL, replace(SETTINGS, gpu_layers=18), two)
    assert (place.layers, place.all_layers) == (18, 36)
    assert place.on_cards[0] == pytest.approx(2 * place.on_cards[1], rel=0.1)
    alone = placed(MODEL, replace(SETTINGS, gpu_layers=-1, main_device="B"), two)
    assert (alone.layers, alone.on_cards[0]) == (36, 0)
    split = placed(MODEL, replace(SETTINGS, gpu_layers=-1, device_split=(1.0, 3.0)), two)
    assert split.on_cards[1] == pytest.approx(3 * split.on_cards[0], rel=0.1)
    bound = placed(MODEL, replace(SETTINGS, device_memory_limit=2 * GIB), two)
    assert max(bound.on_cards) <= 2 * GIB
    assert bound.layers > 0
    usual, experts = (placed(MODEL, replace(SETTINGS, cpu_expert_layers=count), two) for count in (None, 35))
    assert usual.layers == experts.layers == 36
    assert sum(usual.on_cards) - sum(experts.on_cards) == pytest.approx(7 * GIB, rel=0.01)
    kept = placed(MODEL, replace(SETTINGS, offload_kv_cache_to_gpu=False), two)
    assert sum(usual.on_cards) - sum(kept.on_cards) == pytest.approx(8192 * 64 * 1024 * 2, rel=0.01)


def test_layers_that_do_not_fit_are_refused_with_the_card_s_name() -> None:
    with pytest.raises(RequestError) as caught:
        check_room(MODEL, replace(SETTINGS, gpu_layers=-1), host(card("Vulkan0", 4)))
    assert caught.value.param == "gpu_layers"
    assert "Card Vulkan0" in str(caught.value)
    check_room(MODEL, replace(SETTINGS, gpu_layers=-1), host(card("Vulkan0", 20)))


def test_dials_of_cards_are_held_against_the_cards() -> None:
    cards = [card("A", 16), card("B", 8)]
    check_dials(MODEL, LoadDials(main_device="B"), cards)
    check_dials(MODEL, LoadDials(device_split=[1, 3], gpu_layers=5, cpu_expert_layers=2), cards)
    refused = [
        (LoadDials(main_device="C"), "main_device"),
        (LoadDials(main_device="A", device_split=[1, 1]), "main_device"),
        (LoadDials(device_split=[1]), "device_split"),
        (LoadDials(device_split=[0, 0]), "device_split"),
        (LoadDials(device_memory_limit=GIB, gpu_layers=5), "device_memory_limit"),
    ]
    for dials, param in refused:
        with pytest.raises(RequestError) as caught:
            check_dials(MODEL, dials, cards)
        assert caught.value.param == param
    with pytest.raises(UnsupportedError):
        check_dials(MODEL, LoadDials(gpu_layers=-1), [])


def test_a_factor_changes_what_is_estimated_and_what_fits() -> None:
    def factor(runtime: str, architecture: str) -> float:
        assert (runtime, architecture) == ("bundled", "llama")
        return 1.25

    usual = EngineHost()
    learnt = EngineHost(factor=factor)
    assert placed(MODEL, SETTINGS, learnt).in_ram == int(placed(MODEL, SETTINGS, usual).in_ram * 1.25)
    assert (estimate(MODEL, SETTINGS, usual).calibrated, estimate(MODEL, SETTINGS, learnt).calibrated) == (False, True)
    small = replace(MODEL, memory=replace(SHAPE, tensor_bytes=GIB))
    most = 1 << 22
    assert automatic_context(small, SETTINGS, most, learnt) < automatic_context(small, SETTINGS, most, usual)


def test_defaults_that_name_cards_say_nothing_of_others() -> None:
    own = ModelDefaults(main_device="Vulkan0", gpu_layers=5)
    split = ModelDefaults(device_split=[1, 2])
    cuda = host(card("CUDA0", 20))
    for defaults, expected in ((own, (None, None, 5)), (split, (None, None, None))):
        server = ServerSettings(model_defaults={MODEL.key: defaults})
        found = engine_settings(MODEL, LoadOptions(LoadDials(context_length=4096)), server, cuda)
        assert (found.main_device, found.device_split, found.gpu_layers) == expected
    with pytest.raises(RequestError, match="There is no card 'Vulkan0'"):
        engine_settings(MODEL, LoadOptions(LoadDials(main_device="Vulkan0")), ServerSettings(), cuda)


def test_what_loads_took_is_learnt_within_bounds_and_kept(tmp_path: Path) -> None:
    file = tmp_path / "memory_calibration.json"
    calibration = Calibration(file)
    assert calibration.factor("bundled", "llama") is None
    calibration.note("bundled", "llama", estimated=1000 * TIB, measured=1100 * TIB)
    assert calibration.factor("bundled", "llama") == 1.1
    calibration.note("bundled", "llama", estimated=1000 * TIB, measured=1300 * TIB)
    assert calibration.factor("bundled", "llama") == pytest.approx(1.2)
    for _ in range(50):
        calibration.note("bundled", "llama", estimated=1000 * TIB, measured=2900 * TIB)
        calibration.note("bundled", "gemma3", estimated=1000 * TIB, measured=501 * TIB)
    assert calibration.factor("bundled", "llama") == 1.5
    assert calibration.factor("bundled", "gemma3") == 0.8
    before = file.read_bytes()
    for measured in (0, 100, 100_000):
        calibration.note("bundled", "llama", estimated=1000 * TIB, measured=measured * TIB)
    calibration.note("bundled", "llama", estimated=0, measured=5)
    calibration.note("bundled", "llama", estimated=20 * MEBI, measured=40 * MEBI)
    assert file.read_bytes() == before, "what can't be is passed over"
    assert Calibration(file).factor("bundled", "llama") == 1.5
    assert calibration.factor("vulkan-b11429", "llama") is None, "another runtime is another matter"
    for number in range(400):
        calibration.note("bundled", f"architecture {number}", estimated=10 * TIB, measured=10 * TIB)
    assert len(json.loads(file.read_text())) == 300


def test_a_small_load_says_nothing_of_a_large_one(tmp_path: Path) -> None:
    calibration = Calibration(tmp_path / "memory_calibration.json")
    for estimated, measured in ((148, 129), (60, 110)):
        calibration.note("own", "llama", estimated=estimated << 20, measured=measured << 20)
    assert calibration.factor("own", "llama") == 1.0, "a process without Python, or with a card's libraries"
    calibration.note("vulkan", "llama", estimated=10 << 30, measured=12 << 30)
    assert calibration.factor("vulkan", "llama") == pytest.approx(1.2, abs=0.01)


@pytest.mark.parametrize(
    "damage",
    ["", "[]", "{", '{"a b": 5}', '{"a b": {"factor": 99, "loads": 1}}', '{"a b": {"factor": true, "loads": 1}}'],
)
def test_a_damaged_file_is_set_aside_and_told_of(tmp_path: Path, damage: str) -> None:
    file = tmp_path / "memory_calibration.json"
    file.write_text(damage)
    told: list[str] = []
    calibration = Calibration(file, tell=told.append)
    assert calibration.factor("a", "b") is None
    assert len(told) == 1
    assert [one.name for one in tmp_path.iterdir()] != ["memory_calibration.json"]
    calibration.note("a", "b", estimated=10 * TIB, measured=11 * TIB)
    assert Calibration(file).factor("a", "b") == 1.1
