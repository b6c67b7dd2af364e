"""A folder that the program, and every process it starts, takes for its home."""

import itertools
from pathlib import Path

import pytest

from studiolo.paths import HOME_VARIABLE

_numbers = itertools.count()


def use_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that the program keeps goes below this folder, until the patch is undone."""
    monkeypatch.setenv(HOME_VARIABLE, str(home))
    # Models of other programs, that this machine may have, are not those of a test.
    monkeypatch.setenv("HF_HUB_CACHE", str(home / "huggingface"))
    monkeypatch.setenv("OLLAMA_MODELS", str(home / "ollama"))
    monkeypatch.setenv("HOME", str(home))


def make_home(factory: pytest.TempPathFactory) -> Path:
    """A new folder for a test's home. Numbered here: pytest looks through all there are for the next free number."""
    return factory.mktemp(f"h{next(_numbers)}", numbered=False)
