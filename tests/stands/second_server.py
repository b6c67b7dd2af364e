"""Another machine's server, as far as the window can tell: a process with a home of its own, and a token."""

import json
import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from studiolo.paths import HOME_VARIABLE, self_command
from tests.stands.plain_http import plain_get
from tests.stands.waiting import wait_until


class SecondServer:
    """It listens at the same address each time that it is started, and asks for `token`."""

    def __init__(self, home: Path, hub: str) -> None:
        """home: of its own. hub: the address of the one that it asks."""
        self.home = home
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        own = {name: str(home) for name in (HOME_VARIABLE, "HOME", "HF_HUB_CACHE", "OLLAMA_MODELS")}
        self._environment = os.environ | own | {"HF_ENDPOINT": hub}
        (home / "config").mkdir(parents=True)
        settings = {"require_authentication": True, "default_context_length": 2048}
        (home / "config" / "server.json").write_text(json.dumps(settings))
        self._process: subprocess.Popen[bytes] | None = None
        self.start()
        made = subprocess.run(
            self_command("token", "create", "window"), env=self._environment, capture_output=True, text=True, check=True
        )
        self.token = made.stdout.split()[0]

    @property
    def address(self) -> str:
        """Without its scheme, as people write it."""
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        command = self_command("server", "start", "--foreground", "--port", str(self.port))
        self._process = subprocess.Popen(command, env=self._environment, stderr=subprocess.DEVNULL)
        wait_until(self._answers, "the second server")

    def kill(self) -> None:
        """As a machine goes away whose plug is pulled."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _answers(self) -> bool:
        try:
            return plain_get(f"http://{self.address}/lmstudio-greeting").status_code == 200
        except httpx.HTTPError:
            return False


@contextmanager
def second_server(home: Path, hub: str) -> Iterator[SecondServer]:
    server = SecondServer(home, hub)
    try:
        yield server
    finally:
        server.kill()
