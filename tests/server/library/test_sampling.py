"""What files and makers recommend of the choice of words."""

from typing import Any

import pytest

from studiolo.api.models import Sampling
from studiolo.hub.catalog import Catalog, load_catalog
from studiolo.paths import app_paths
from studiolo.server.library.sampling import USUAL, Recommendations, sampling_of


def test_a_file_s_own_recommendation_is_read() -> None:
    said = {"temp": 0.699999988079071, "top_k": 20, "top_p": 0.8, "min_p": 0.0, "penalty_repeat": 1.05, "mirostat": 0}
    read = sampling_of({f"general.sampling.{name}": value for name, value in said.items()})
    assert read == Sampling(temperature=0.7, top_k=20, top_p=0.8, min_p=0, repeat_penalty=1.05)
    assert sampling_of({}) == Sampling()


@pytest.mark.parametrize("value", [-1, 1e30, float("nan"), float("inf"), "0.7", True, None, [0.7]])
def test_what_can_not_be_meant_is_as_if_it_was_not_there(value: Any) -> None:
    names = ("temp", "top_k", "top_p", "min_p", "penalty_repeat")
    assert sampling_of({f"general.sampling.{name}": value for name in names}) == Sampling()


def catalog_with(**models: dict[str, Any]) -> Catalog:
    entries = [
        {"id": f"maker/{name}", "name": name, "sentence": "x", "sources": [{"kind": "huggingface", "repo": "a/b"}]}
        | {"sampling": sampling}
        for name, sampling in models.items()
    ]
    return Catalog.model_validate({"version": 1, "date": "2026-01-01", "models": entries})


def test_a_maker_s_recommendation_holds_whoever_quantized_the_model() -> None:
    catalogs = [catalog_with(talker={"temperature": 0.3})]
    recommended = Recommendations(lambda: catalogs[-1])
    for key in ("maker/talker", "somebody/Talker", "somebody/talker@q8_0"):
        assert recommended.of(key) == Sampling(temperature=0.3)
    assert recommended.of("maker/talker-2") == Sampling()
    catalogs.append(catalog_with(talker={"temperature": 0.4}))
    assert recommended.of("maker/talker") == Sampling(temperature=0.4), "a newer catalog is in force"


def test_what_the_shipped_catalog_recommends_can_be_asked_for() -> None:
    catalog = load_catalog(app_paths().data / "catalog.json").catalog
    known = [model.sampling for model in catalog.models if model.sampling]
    assert len(known) > 40
    assert all(sampling.said for sampling in known)
    assert Recommendations(lambda: catalog).of("openai/gpt-oss-20b").temperature == 1.0


def test_of_several_who_say_something_the_first_holds() -> None:
    assert Sampling(top_k=1).over(Sampling(top_k=2, top_p=0.5)).over(USUAL) == Sampling(
        temperature=0.8, top_k=1, top_p=0.5, min_p=0.05, repeat_penalty=1.1
    )
