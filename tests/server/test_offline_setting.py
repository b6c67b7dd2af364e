"""The offline switch stays on whatever becomes of the file that says so, and secrets are in a file of their own."""

import json
from pathlib import Path

import pytest

from studiolo.api.settings import SECRET
from studiolo.server.notices import Notices
from studiolo.server.settings import ServerSettingsStore


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config" / "server.json"


def test_it_stays_on_where_the_file_is_damaged_or_lost(file: Path) -> None:
    ServerSettingsStore(file).change({"offline": True})
    for content in (b"{", b"", b'{"offline": "maybe"}', b'{"offline": null}', b"[]", None):
        if content is None:
            file.unlink()
        else:
            file.write_bytes(content)
        notices = Notices()
        assert ServerSettingsStore(file, notices=notices).current.offline
        assert notices.all
        # And at the start after that.
        assert ServerSettingsStore(file).current.offline


def test_a_sound_file_says_whether_it_is_on(file: Path) -> None:
    store = ServerSettingsStore(file)
    store.change({"offline": True})
    file.write_text("{}")
    assert not ServerSettingsStore(file).current.offline
    store.change({"offline": False})
    file.write_text("{")
    assert not ServerSettingsStore(file).current.offline


def test_a_value_that_is_none_means_on(file: Path) -> None:
    file.parent.mkdir()
    file.write_text(json.dumps({"offline": 5, "download_jobs": 3}))
    notices = Notices()
    current = ServerSettingsStore(file, notices=notices).current
    assert (current.offline, current.download_jobs) == (True, 3)
    assert "offline" in notices.all[0]


def test_no_secret_is_in_the_settings(file: Path) -> None:
    store = ServerSettingsStore(file)
    store.change(
        {
            "hub_token": "hf_of_the_hub",
            "download_peers": ["box:1"],
            "download_peer_token": "sk-of-the-box",
            "proxy_address": "http://proxy:1",
            "proxy_user": "ada",
            "proxy_password": "of-the-proxy",
        }
    )
    secrets = ("hf_of_the_hub", "sk-of-the-box", "of-the-proxy")
    assert not any(secret in file.read_text() for secret in secrets)
    kept = file.with_name("server_secrets.json")
    assert all(secret in kept.read_text() for secret in secrets)
    assert kept.stat().st_mode & 0o077 == 0
    again = ServerSettingsStore(file)
    assert again.current == store.current
    shown = again.current.without_secrets()
    assert (shown.hub_token, shown.download_peer_token, shown.proxy_password) == (SECRET, SECRET, SECRET)
    again.change({"hub_token": "", "download_peer_token": "", "proxy_password": ""})
    assert not kept.exists()


def test_a_secret_of_an_earlier_version_is_moved(file: Path) -> None:
    file.parent.mkdir()
    file.write_text(json.dumps({"hub_token": "hf_plain"}))
    assert ServerSettingsStore(file).current.hub_token == "hf_plain"
    assert "hf_plain" not in file.read_text()
    assert ServerSettingsStore(file).current.hub_token == "hf_plain"


@pytest.mark.parametrize(
    "change",
    [
        {"hub_endpoint": "https://other.example"},
        {"proxy_address": "http://other:1"},
        {"proxy_user": "eve"},
        {"download_peers": ["other:1"]},
    ],
)
def test_a_secret_goes_to_nobody_else_though_the_file_was_edited(file: Path, change: dict[str, object]) -> None:
    store = ServerSettingsStore(file)
    store.change({"hub_token": "hf_x", "download_peers": ["box:1"], "download_peer_token": "sk-x"})
    store.change({"proxy_address": "http://proxy:1", "proxy_user": "ada", "proxy_password": "pw"})
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    current = ServerSettingsStore(file).current
    left = [current.hub_token, current.download_peer_token, current.proxy_password]
    assert left.count("") == 1


def test_another_proxy_takes_its_password_anew(file: Path) -> None:
    store = ServerSettingsStore(file)
    store.change({"proxy_address": "http://proxy:1", "proxy_user": "ada", "proxy_password": "pw"})
    assert store.change({"proxy_exceptions": ["lan"]}).proxy_password == "pw"
    assert store.change({"proxy_address": "http://evil:1"}).proxy_password == ""


def test_secrets_that_are_damaged_are_told_of(file: Path) -> None:
    ServerSettingsStore(file).change({"hub_token": "hf_x", "download_jobs": 3})
    file.with_name("server_secrets.json").write_text("{")
    notices = Notices()
    current = ServerSettingsStore(file, notices=notices).current
    assert (current.hub_token, current.download_jobs) == ("", 3)
    assert "server_secrets.json" in notices.all[0]


def test_certificates_are_looked_at_when_they_are_set(file: Path, tmp_path: Path) -> None:
    store = ServerSettingsStore(file)
    bad = tmp_path / "bad.pem"
    for content, words in (
        (b"", "no certificate"),
        (b"-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n", "private key"),
        (b"-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n", "damaged"),
    ):
        bad.write_bytes(content)
        with pytest.raises(Exception, match=words) as refused:
            store.change({"extra_certificates": str(bad)})
        assert "bad.pem" in str(refused.value)
    assert store.current.extra_certificates == ""
