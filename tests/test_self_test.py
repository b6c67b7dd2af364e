"""What is found at run time only is there, and what is not is named."""

import importlib.metadata

import pytest

from studiolo.__main__ import SELF_TEST, main


def test_nothing_is_missing_here() -> None:
    assert main([SELF_TEST]) == 0


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: ())
    assert main([SELF_TEST]) == 1
    assert "keyring: LookupError" in capsys.readouterr().err
