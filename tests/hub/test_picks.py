"""What is offered to somebody who has no model yet."""

from pathlib import Path

import pytest

from studiolo.hub.catalog import Catalog, load_catalog
from studiolo.hub.picks import Machine, model_picks

GB = 10**9


@pytest.fixture(scope="module")
def shipped() -> Catalog:
    return load_catalog(Path("none.json")).catalog


def catalog_of(*models: tuple[str, int, list[str], int | None]) -> Catalog:
    """A catalog of names, sizes in bytes, capabilities, and for how many GB of memory each is recommended."""
    entries = [
        {
            "id": f"acme/{name}",
            "name": name,
            "sentence": "A model.",
            "size_bytes": size,
            "capabilities": abilities,
            "sources": [{"kind": "huggingface", "repo": f"acme/{name}"}],
            "recommended_gb": recommended,
        }
        for name, size, abilities, recommended in models
    ]
    return Catalog.model_validate({"version": 1, "date": "2026-01-01", "models": entries})


@pytest.mark.parametrize(
    ("total", "free", "disk", "names"),
    [
        (8.2, 5, 60, ["Qwen3.5 4B", "Qwen3.5 2B", "Gemma 4 E2B"]),
        (16.6, 10, 100, ["Qwen3.5 9B", "Qwen3.5 4B", "Gemma 4 12B"]),
        (33, 26, 100, ["Gemma 4 26B A4B", "Gemma 4 12B", "Qwen3.6 35B A3B"]),
    ],
)
def test_the_shipped_catalog_has_three_for_usual_machines(
    shipped: Catalog, total: float, free: float, disk: float, names: list[str]
) -> None:
    told = model_picks(shipped, Machine(int(total * GB), int(free * GB), int(disk * GB), 2 * GB))
    assert [pick.model.title for pick in told.picks] == names
    assert [pick.role for pick in told.picks] == ["best", "smaller", "larger"]
    assert {pick.memory for pick in told.picks} == {"fits"}
    assert told.catalog_models == len(shipped.models)
    assert (told.memory_total_bytes, told.disk_free_bytes) == (int(total * GB), disk * GB)
    assert told.disk_room_bytes == (disk - 2) * GB


@pytest.mark.parametrize("total", [3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 128])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_what_is_offered_first_fits_memory_and_disk(shipped: Catalog, total: int, share: float) -> None:
    machine = Machine(total * GB, int(total * share * GB), 20 * GB, 2 * GB)
    best, *others = model_picks(shipped, machine).picks
    assert best.memory in ("fits", "tight")
    if best.memory == "fits":
        assert best.memory_bytes <= machine.memory_free
    for pick in (best, *others):
        assert pick.fits_disk
        assert pick.model.size_bytes
        assert pick.model.size_bytes <= 18 * GB
        assert pick.memory != "too_large"
        assert "embedding" not in pick.model.capabilities


def test_what_loads_at_once_goes_before_what_is_recommended_and_waits_for_memory(shipped: Catalog) -> None:
    best, smaller, larger = model_picks(shipped, Machine(int(8.2 * GB), 3 * GB, 60 * GB)).picks
    assert (best.model.title, best.memory) == ("Qwen3.5 2B", "fits")
    assert smaller.memory == "fits"
    assert (larger.model.title, larger.memory) == ("Qwen3.5 4B", "tight")


def test_of_a_machine_that_tells_nothing_the_least_is_supposed(shipped: Catalog) -> None:
    told = model_picks(shipped, Machine())
    assert told.picks[0].model.title == "Qwen3.5 4B"
    assert {pick.memory for pick in told.picks} == {"unknown"}
    assert all(pick.fits_disk for pick in told.picks)
    assert (told.memory_total_bytes, told.disk_free_bytes) == (0, 0)


def test_where_nothing_has_room_the_smallest_is_named_with_what_is_in_its_way() -> None:
    catalog = catalog_of(
        ("big", 9 * GB, ["tools"], 16), ("small", 3 * GB, ["tools"], None), ("mute", 2 * GB + GB // 2, [], None)
    )
    [full] = model_picks(catalog, Machine(32 * GB, 20 * GB, 3 * GB, GB)).picks
    assert (full.model.title, full.fits_disk, full.memory) == ("small", False, "fits")
    [short] = model_picks(catalog, Machine(2 * GB, GB, 90 * GB)).picks
    assert (short.model.title, short.fits_disk, short.memory) == ("small", True, "too_large")


def test_a_catalog_without_a_model_that_chats_has_no_picks() -> None:
    told = model_picks(catalog_of(("vectors", GB, ["embedding"], None)), Machine(8 * GB, 8 * GB, 8 * GB))
    assert told.picks == []
    assert told.catalog_models == 1
