"""What a server calls the model that a download brought."""

import pytest

from studiolo.api.models import Inventory, LlmEntry, Quantization, StoredModel
from studiolo.desktop.downloads.jobs import Download
from studiolo.desktop.models.downloaded_model import key_in_inventory, key_in_listing

PATH = "/models/birds/Owl-GGUF/Owl-Q4_K_M.gguf"
OWL = Download("", "here", "1", "birds/Owl-GGUF", "Q4_K_M", "completed", path=PATH)


@pytest.mark.parametrize("path", [PATH, "/other/birds/Owl-GGUF/Owl-Q4_K_M.gguf", r"D:\birds\Owl-GGUF\Owl-Q4_K_M.gguf"])
def test_by_its_file_wherever_it_was_moved(path: str) -> None:
    models = [StoredModel(key="birds/owl@q8_0", path="/models/birds/Owl-GGUF/Owl-Q8_0.gguf")]
    assert key_in_inventory(Inventory(models=models), OWL) is None
    models.append(StoredModel(key="birds/owl", path=path))
    assert key_in_inventory(Inventory(models=models), OWL) == "birds/owl"


@pytest.mark.parametrize("key", ["birds/owl", "owl", "owl-gguf"])
def test_by_its_name_where_no_more_is_told(key: str) -> None:
    entry = LlmEntry(
        key=key,
        quantization=Quantization(name="Q8_0"),
        variants=[f"{key}@q8_0", f"{key}@q4_k_m"],
        selected_variant=f"{key}@q8_0",
    )
    assert key_in_listing([entry, LlmEntry(key="birds/heron")], OWL) == f"{key}@q4_k_m"
    assert key_in_listing([LlmEntry(key="birds/heron")], OWL) is None
