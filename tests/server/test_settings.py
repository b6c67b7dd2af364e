import json
from pathlib import Path

import pytest

from studiolo.api.settings import ServerSettings
from studiolo.server.settings import load_settings


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
        assert load_settings(file) == ServerSettings()
    assert caplog.text.count("server.json") == 3
