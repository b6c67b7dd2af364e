"""The catalog that is shipped, and one that takes its place."""

import json
from pathlib import Path
from typing import Any

import pytest

from studiolo.errors import ProtocolError, UnreachableError
from studiolo.hub.catalog import fetch_catalog, load_catalog
from studiolo.hub.huggingface import is_repository
from studiolo.network.network import Network
from tests.stands.hub import StandHub

ENTRY = {
    "id": "acme/m",
    "name": "M",
    "sentence": "A model.",
    "sources": [{"kind": "huggingface", "repo": "acme/m-GGUF"}],
}


def written(tmp_path: Path, **changes: Any) -> Path:
    file = tmp_path / "catalog.json"
    file.write_text(json.dumps({"version": 1, "date": "2999-01-01", "models": [ENTRY]} | changes))
    return file


def test_the_shipped_catalog_holds_what_people_use(tmp_path: Path) -> None:
    catalog = load_catalog(tmp_path / "none.json").catalog
    assert len(catalog.models) >= 60
    assert len({model.id.lower() for model in catalog.models}) == len(catalog.models)
    assert all(model.repository and is_repository(model.repository) for model in catalog.models)
    assert all(model.sentence.endswith(".") and model.size_bytes for model in catalog.models)
    assert {8, 16, 32} <= {model.recommended_gb for model in catalog.models if model.recommended_gb}
    for family in ("qwen", "llama", "gemma", "mistral", "phi", "deepseek", "granite", "gpt-oss", "smollm"):
        assert catalog.search(family), family
    for capability in ("vision", "tools", "reasoning", "embedding"):
        assert sum(capability in model.capabilities for model in catalog.models) > 5
    found = catalog.find("QWEN/qwen3-8b")
    assert found
    assert found.repository == "lmstudio-community/Qwen3-8B-GGUF"


def test_a_newer_one_takes_its_place_and_an_older_does_not(tmp_path: Path) -> None:
    assert [model.id for model in load_catalog(written(tmp_path)).catalog.models] == ["acme/m"]
    assert len(load_catalog(written(tmp_path, date="2001-01-01")).catalog.models) > 60


@pytest.mark.parametrize(
    "changes", [{"version": 2}, {"models": []}, {"models": [{**ENTRY, "id": "../x"}]}, {"date": 1}]
)
def test_a_broken_one_is_reported(tmp_path: Path, changes: dict[str, Any]) -> None:
    loaded = load_catalog(written(tmp_path, **changes))
    assert len(loaded.catalog.models) > 60
    assert loaded.problem
    assert "can't be used" in loaded.problem
    (tmp_path / "catalog.json").write_bytes(b"[" * 100_000)
    assert load_catalog(tmp_path / "catalog.json").problem


async def test_one_is_fetched_from_an_address(stand: StandHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "data" / "catalog.json"
    stand.pages["/catalog.json"] = written(tmp_path).read_bytes()
    await fetch_catalog(stand.endpoint + "/catalog.json", own, network=Network())
    assert load_catalog(own).catalog.find("acme/m")
    stand.pages["/catalog.json"] = b"{}"
    with pytest.raises(ProtocolError):
        await fetch_catalog(stand.endpoint + "/catalog.json", own, network=Network())
    for address in (stand.endpoint + "/none", "nonsense", "http://127.0.0.1:9"):
        with pytest.raises(UnreachableError):
            await fetch_catalog(address, own, network=Network())
    assert load_catalog(own).catalog.find("acme/m"), "nothing was replaced"
