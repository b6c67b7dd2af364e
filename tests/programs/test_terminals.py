"""Programs that chat on a screen in the terminal, by their keys."""

import time

import pytest

from tests.programs.conftest import LIT, MODEL, Service
from tests.stands.programs import Place, Programs, Ran
from tests.stands.scripted_model import REPLY
from tests.stands.terminal import Terminal

pytestmark = [pytest.mark.proof, pytest.mark.timeout(900)]

_CTRL_Q = "\x11"
_PATIENCE_SECONDS = 300


def test_litetui_does_what_the_model_says(programs: Programs, service: Service, place: Place) -> None:
    """It sends only what liteharness, a program beside it, has a record of."""
    folder = programs.from_pypi("litetui", "liteharness") / "bin"
    environment = place.environment(folder, LITETUI_DATA_ROOT=str(place.home / "litetui"))
    server = ["--backend", "lmstudio", "--base-url", service.address, "--server-mode", "connect", "--model", MODEL]
    ways = ["--tool-profile", "autonomous", "--thinking-level", "default", "--cwd", str(place.work)]
    began = time.monotonic()
    with Terminal([str(folder / "litetui"), *server, *ways, "--prompt", "Light the lamp."], environment) as terminal:
        terminal.expect(REPLY, timeout=_PATIENCE_SECONDS)
        terminal.keys(_CTRL_Q)
        ran = Ran(terminal.wait(60), terminal.text, "", time.monotonic() - began)
    # It leaves in the middle of a reply that nobody sees.
    besides = frozenset({("/v1/chat/completions", 499)})
    service.check("litetui", ran, "/v1/chat/completions", besides=besides)
    assert (place.work / "lamp.txt").read_text(encoding="utf-8").strip() == LIT
