"""The stand-in hub is one that the real client is content with."""

import hashlib
from pathlib import Path

import pytest
from huggingface_hub import HfApi, hf_hub_download
from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

from tests.stands.hub import StandHub

MODEL = bytes(range(256)) * 4000


@pytest.fixture(autouse=True)
def plain_client(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_DISABLE_XET", "1")
    monkeypatch.setattr("tqdm.tqdm.monitor_interval", 0)


def test_the_real_client_searches_and_downloads(stand: StandHub, tmp_path: Path) -> None:
    stand.add("acme/m-GGUF", {"m-Q4_K_M.gguf": MODEL, "README.md": b"# m"})
    for number in range(5):
        stand.add(f"acme/other-{number}", {})
    api = HfApi(endpoint=stand.endpoint)
    assert len(list(api.list_models(search="other", limit=4))) == 4
    info = api.model_info("acme/m-GGUF", files_metadata=True)
    assert info.siblings
    [file] = [file for file in info.siblings if file.rfilename.endswith(".gguf")]
    assert file.lfs
    assert (file.size, file.lfs.sha256) == (len(MODEL), hashlib.sha256(MODEL).hexdigest())
    path = hf_hub_download("acme/m-GGUF", "m-Q4_K_M.gguf", endpoint=stand.endpoint, cache_dir=tmp_path)
    with open(path, "rb") as content:
        assert content.read() == MODEL
    assert all("Authorization" not in asked.headers for asked in stand.downloads())


def test_the_real_client_knows_its_refusals(stand: StandHub, tmp_path: Path) -> None:
    stand.add("acme/gated", {"m.gguf": MODEL}, gated=True)
    api = HfApi(endpoint=stand.endpoint)
    with pytest.raises(RepositoryNotFoundError):
        api.model_info("acme/none")
    with pytest.raises(GatedRepoError):
        hf_hub_download("acme/gated", "m.gguf", endpoint=stand.endpoint, cache_dir=tmp_path)
    hf_hub_download("acme/gated", "m.gguf", endpoint=stand.endpoint, cache_dir=tmp_path, token=stand.TOKEN)
    assert all("Authorization" not in asked.headers for asked in stand.downloads())
