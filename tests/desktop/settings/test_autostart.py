"""Starting at login, as the platform is told of it."""

import sys
from pathlib import Path

import pytest

from studiolo import HIDDEN
from studiolo.desktop.settings.autostart import start_at_login


def test_starting_at_login_is_set_and_taken_back(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(sys, "executable", "/opt/my apps/100%/py")
    start_at_login(True)
    entry = (tmp_path / "autostart/studiolo.desktop").read_text()
    assert f'Exec="/opt/my apps/100%%/py" -m studiolo {HIDDEN}\n' in entry
    start_at_login(False)
    start_at_login(False)
    assert not list((tmp_path / "autostart").iterdir())
