"""Programs that manage models, by their keys. What one unloads is missing for others: their server is their own."""

import time
from urllib.parse import urlsplit

import pytest

from tests.programs.conftest import Service
from tests.stands.programs import Place, Programs, Ran
from tests.stands.terminal import Terminal

pytestmark = [pytest.mark.proof, pytest.mark.timeout(900)]

_RIGHT = "\x1b[C"


def test_lm_tuio_loads_and_unloads_a_model(programs: Programs, service: Service, place: Place) -> None:
    """It manages models and has no chat: the model's answer is not its business."""
    program = programs.from_pypi("lm-tuio") / "bin" / "lm-tuio"
    at = urlsplit(service.address)
    command = [str(program), "--target", str(at.hostname), "--port", str(at.port)]

    began = time.monotonic()
    with Terminal(command, place.environment()) as terminal:
        listed = terminal.expect(r"Found \d+ downloaded models")
        terminal.keys(_RIGHT)
        terminal.expect("load model", after=listed)
        terminal.keys("\r")
        terminal.expect("Use Server Defaults", after=listed)
        terminal.keys("l")
        # The second of its name: the first is there from the start.
        listed = terminal.expect(r":2 \| ctx")
        terminal.keys("U")
        terminal.expect("Successfully unloaded 3", after=listed)
        terminal.keys("q")
        ran = Ran(terminal.wait(60), terminal.text, "", time.monotonic() - began)
    service.check("lm-tuio", ran, "/api/v1/models", "/api/v1/models/load", "/api/v1/models/unload")
