"""A secret goes to the address that it was given for, and to no other."""

from pathlib import Path

import pytest

from studiolo.api.settings import SECRET
from studiolo.errors import RequestError, StorageError
from studiolo.hub.huggingface import token_in_force
from studiolo.server.settings import ServerSettingsStore


@pytest.fixture
def settings(tmp_path: Path) -> ServerSettingsStore:
    store = ServerSettingsStore(tmp_path / "config" / "server.json")
    store.change(
        {
            "hub_endpoint": "https://mirror.example",
            "hub_token": "hf_secret",
            "download_peers": ["192.168.1.5:1234", "shed.example:80"],
            "download_peer_token": "sk-secret",
        }
    )
    return store


@pytest.mark.parametrize(
    "endpoint", ["https://other.example", "http://mirror.example", "https://mirror.example:444", ""]
)
@pytest.mark.parametrize("also", [{}, {"hub_token": SECRET}])
def test_another_hub_does_not_get_the_token(settings: ServerSettingsStore, endpoint: str, also: dict[str, str]) -> None:
    changed = settings.change({"hub_endpoint": endpoint, **also})
    assert changed.hub_token == ""
    assert changed.download_peer_token == "sk-secret"
    assert ServerSettingsStore(settings._file.path).current.hub_token == ""


def test_the_same_hub_keeps_the_token_and_another_takes_a_new_one(settings: ServerSettingsStore) -> None:
    assert settings.change({"hub_endpoint": "https://mirror.example/sub"}).hub_token == "hf_secret"
    assert settings.change({"cors": True}).hub_token == "hf_secret"
    changed = settings.change({"hub_endpoint": "https://other.example", "hub_token": "hf_new"})
    assert changed.hub_token == "hf_new"


def test_a_further_server_does_not_get_the_peers_token(settings: ServerSettingsStore) -> None:
    assert settings.change({"download_peers": ["http://192.168.1.5:1234/"]}).download_peer_token == "sk-secret"
    changed = settings.change({"download_peers": ["192.168.1.5:1234", "evil.example:1234"]})
    assert changed.download_peer_token == ""
    assert changed.hub_token == "hf_secret"


@pytest.mark.parametrize("name", ["proxy_address", "proxy_script"])
def test_another_proxy_or_script_does_not_get_the_password(settings: ServerSettingsStore, name: str) -> None:
    settings.change({"proxy_user": "ada", "proxy_password": "of-the-proxy", name: "http://one.example"})
    assert settings.change({"cors": True}).proxy_password == "of-the-proxy"
    assert ServerSettingsStore(settings._file.path).current.proxy_password == "of-the-proxy"
    assert settings.change({name: "http://two.example"}).proxy_password == ""


def test_the_environments_token_is_for_the_environments_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_environment")
    assert token_in_force() == "hf_environment"
    assert token_in_force("", "https://huggingface.co/") == "hf_environment"
    assert token_in_force("", "https://evil.example") is None
    assert token_in_force("hf_own", "https://evil.example") == "hf_own"
    monkeypatch.setenv("HF_ENDPOINT", "https://mirror.example")
    assert token_in_force("", "https://mirror.example") == "hf_environment"
    assert token_in_force("", "https://huggingface.co") is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("catalog_url", "file:///etc/passwd"),
        ("catalog_url", "ftp://x.example/catalog.json"),
        ("catalog_url", "nonsense"),
        ("model_folders", ["models"]),
        ("model_folders", ["../models"]),
        ("model_folders", [""]),
        ("model_folders", ["/models\0"]),
        ("model_folders", ["~nobody-of-that-name/models"]),
        ("download_peers", ["file:///etc"]),
        ("download_peers", ["http://me@evil.example"]),
        ("allowed_hosts", ["good.example\0"]),
        ("hub_token", "hf_a\r\nX: y"),
        ("download_peer_token", "a\x1b[31m"),
        ("hub_endpoint", "file:///etc"),
    ],
)
def test_what_can_be_no_address_folder_or_name_is_refused(
    settings: ServerSettingsStore, name: str, value: object
) -> None:
    before = settings.current
    with pytest.raises(RequestError) as caught:
        settings.change({name: value})
    assert caught.value.param == name
    assert caught.value.code == "invalid_value"
    assert "\0" not in str(caught.value)
    assert settings.current == before


def test_what_a_newer_version_wrote_is_written_back(tmp_path: Path) -> None:
    file = tmp_path / "server.json"
    file.write_text('{"port": 4321, "from_the_future": {"a": [1]}}')
    ServerSettingsStore(file).change({"cors": True})
    assert '"from_the_future"' in file.read_text()
    assert ServerSettingsStore(file).current.port == 4321


def test_a_folder_that_can_not_be_written_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("no folder")
    store = ServerSettingsStore(tmp_path / "config" / "server.json")
    before = store.current
    with pytest.raises(StorageError, match="nothing was changed"):
        store.change({"cors": True})
    assert store.current == before
