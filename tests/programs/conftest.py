"""One server for the programs of a module, a model that calls their tools, and what was asked of the server."""

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from studiolo.api.server import RequestEntry, RequestLog
from studiolo.paths import app_paths
from studiolo.server.settings import ServerSettingsStore
from tests.stands.homes import use_home
from tests.stands.minilm import write_minilm
from tests.stands.programs import VERSIONS, Place, Programs, Ran
from tests.stands.scripted_model import write_scripted_llama
from tests.stands.server_process import server_process

MODEL, EMBEDDER = "acme/scripted", "acme/minilm"
CONTEXT_LENGTH = 131072
LIT = "lit"
_LIGHT = f"echo {LIT} > lamp.txt"
_CALLS = {
    "Bash": {"command": _LIGHT},
    "bash": {"command": _LIGHT},
    "exec_command": {"cmd": _LIGHT},
    "get_weather": {"city": "Oslo"},
}


class Service:
    """The server as a program sees it, and what it noted since the test began."""

    def __init__(self, address: str, capsys: pytest.CaptureFixture[str]) -> None:
        self.address = address
        self._capsys = capsys
        self._before = len(self._noted())

    @property
    def openai(self) -> str:
        return self.address + "/v1"

    def noted(self) -> list[RequestEntry]:
        """The requests of this test, as far as they have ended."""
        return [entry for entry in self._noted()[self._before :] if entry.status is not None]

    def _noted(self) -> list[RequestEntry]:
        answer = httpx.get(self.address + "/api/v1/server/log", timeout=60).raise_for_status()
        return RequestLog.model_validate_json(answer.content).entries

    def check(self, program: str, ran: Ran, *routes: str, besides: frozenset[tuple[str, int]] = frozenset()) -> None:
        """The program ended well, each of `routes` was asked, and every request was answered with 200.

        Args:
            program: As VERSIONS has it.
            ran: How it ended.
            routes: That it must have asked.
            besides: Routes with another status that the program asks for.
        """
        entries = self.noted()
        told = [(entry.method, entry.route, entry.status, entry.error) for entry in entries]
        assert ran.status == 0, f"{ran.said}\n{ran.complaints}\n{told}"
        assert {entry.route for entry in entries} >= set(routes), told
        assert not [one for one in told if one[2] != 200 and (one[1], one[2]) not in besides], told
        most = max(entry.input_tokens or 0 for entry in entries)
        counts = dict(Counter(f"{entry.method} {entry.route} {entry.status}" for entry in entries))
        with self._capsys.disabled():
            print(f"\n{program} {VERSIONS[program]}: {ran.seconds:.1f} s, prompts of {most} tokens at most, {counts}")


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Programs]:
    folder = tmp_path_factory.mktemp("programs")
    yield Programs(folder)
    # Two gigabytes, and pytest keeps the folders of three sessions.
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server process with both models loaded, in a context that is large enough for what programs send."""
    with pytest.MonkeyPatch.context() as patch:
        use_home(tmp_path_factory.mktemp("home"), patch)
        write_scripted_llama(
            app_paths().models / MODEL / "scripted-F32.gguf", calls=_CALLS, context_length=CONTEXT_LENGTH
        )
        write_minilm(app_paths().models / EMBEDDER / "minilm-F16.gguf")
        ServerSettingsStore(app_paths().config / "server.json").change({"keep_last_only": False})
        with server_process() as (_, state), httpx.Client(base_url=state.address, timeout=120) as http:
            for order in ({"model": MODEL, "context_length": CONTEXT_LENGTH}, {"model": EMBEDDER}):
                http.post("/api/v1/models/load", json=order).raise_for_status()
            yield state.address


@pytest.fixture
def service(address: str, capsys: pytest.CaptureFixture[str]) -> Service:
    return Service(address, capsys)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)
