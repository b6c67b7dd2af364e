import json
from pathlib import Path
from typing import Any

import pytest

from studiolo.api.settings import SECRETS, ServerSettings
from studiolo.errors import RequestError
from studiolo.server.notices import Notices
from studiolo.server.settings import ServerSettingsStore
from studiolo.server.settings_file import SettingsFile


def load_settings(file: Path) -> ServerSettings:
    return SettingsFile(file, Notices()).load()


def test_without_a_file_the_defaults_are_in_force(tmp_path: Path) -> None:
    assert load_settings(tmp_path / "none.json") == ServerSettings()


def test_what_is_written_is_read(tmp_path: Path) -> None:
    file = tmp_path / "server.json"
    file.write_text(json.dumps({"port": 4321, "model_folders": ["/models"], "from_the_future": True}))
    settings = load_settings(file)
    assert settings.port == 4321
    assert settings.model_folders == ["/models"]


def test_a_bad_field_falls_back_alone_and_is_reported(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "server.json"
    file.write_text(json.dumps({"port": "many", "default_context_length": 1024}))
    settings = load_settings(file)
    assert (settings.port, settings.default_context_length) == (1234, 1024)
    assert "port" in caplog.text


def test_a_broken_file_is_reported_and_passed_over(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "server.json"
    for content in ("{", "[]", "\xff"):
        file.write_text(content, encoding="latin-1")
        assert load_settings(file) == ServerSettings(require_authentication=True)
        file.unlink()
    assert caplog.text.count("is damaged") == 3


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("allowed_hosts", [host]) for host in ("", "*", "*.", "/", "a b", "http://box", "x" * 300)),
        *(("allowed_origins", [one]) for one in ("", "/", "http://", "example.com", "*" + "x" * 300)),
        *((name, token) for name in SECRETS for token in ("é", "hf_\U0001f642", "\ud800", "a\nb", "x" * 100_000)),
        *(
            ("hub_endpoint", address)
            for address in ("http://a b", "http://<x>", "https://u:p@hub", "http://" + "x" * 300)
        ),
        *(("catalog_url", address) for address in ("http://a b", "ftp://hub", "http://[::1")),
        *(("download_peers", [peer]) for peer in ("*", "a b", "x" * 300 + ":1")),
    ],
)
def test_what_could_never_be_of_use_is_refused_by_its_name(tmp_path: Path, name: str, value: object) -> None:
    store = ServerSettingsStore(tmp_path / "server.json")
    with pytest.raises(RequestError) as refused:
        store.change({name: value})
    assert refused.value.param == name
    assert store.current == ServerSettings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("allowed_hosts", ["box", "box.example.com", "*.ts.net", "perché.it", "fd00::1"]),
        ("allowed_origins", ["app://obsidian.md", "https://*.example.com", "null", "*", "chrome-extension://abc"]),
        ("hub_token", "hf_abc"),
        ("hub_endpoint", "http://[::1]:8080/hub"),
        ("download_peers", ["192.168.1.5:1234", "http://box.local:1234"]),
    ],
)
def test_what_is_of_use_is_taken(tmp_path: Path, name: str, value: object) -> None:
    assert getattr(ServerSettingsStore(tmp_path / "server.json").change({name: value}), name) == value


@pytest.mark.parametrize(
    ("name", "kept", "refused"),
    [
        ("allowed_hosts", ["box", "*.ts.net"], ["http://box", ""]),
        ("allowed_origins", ["app://obsidian.md"], ["example.com"]),
        ("download_peers", ["box:1234"], ["a b"]),
        ("model_folders", ["/models"], ["models", "/a\0b"]),
        ("hub_endpoint", "", "http://a b"),
        ("default_context_length", 0, 3),
    ],
)
def test_what_an_older_version_took_goes_alone_and_blocks_nothing(
    tmp_path: Path, name: str, kept: Any, refused: Any
) -> None:
    """Entries of a list that can't be go, the others stay, and any setting can be changed."""
    file = tmp_path / "server.json"
    before = [*kept, *refused] if isinstance(kept, list) else refused
    file.write_text(json.dumps({name: before, "idle_minutes": 7}))
    notices = Notices()
    store = ServerSettingsStore(file, notices=notices)
    assert (getattr(store.current, name), store.current.idle_minutes) == (kept, 7)
    assert name in notices.all[0]
    assert store.change({"idle_minutes": 8}).idle_minutes == 8
    assert ServerSettingsStore(file).current == store.current
