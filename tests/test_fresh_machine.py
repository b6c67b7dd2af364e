"""The README's two commands on a machine where nothing was installed: only `make prove` runs this, as root."""

import subprocess
import time
from pathlib import Path

import pytest

from tests.stands.display import virtual_display
from tests.stands.fresh_root import FreshRoot, fresh_root
from tests.stands.waiting import wait_until

_CHECKOUT = Path(__file__).parents[1]
_RUN_SECONDS, _TEST_SECONDS = 600.0, 2400.0


@pytest.mark.proof
@pytest.mark.timeout(2 * _TEST_SECONDS)
@pytest.mark.parametrize("release", ["bookworm", "trixie"])
def test_both_commands_do_all_the_set_up(
    release: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STUDIOLO_PROVE")
    with fresh_root(release, tmp_path, _CHECKOUT) as root:
        version = (root.folder / "etc/debian_version").read_text().strip()
        shown = _run(root, tmp_path / "run.log")
        began = time.monotonic()
        status = root.run("make", "test", log=tmp_path / "test.log", seconds=_TEST_SECONDS, environment={"CI": "true"})
        took = time.monotonic() - began
    said = (tmp_path / "test.log").read_text(errors="replace")
    results = [line.strip("= ") for line in said.splitlines() if " passed" in line]
    with capsys.disabled():
        print(f"\nDebian {version}: `make run` {shown:.0f} s to the window, `make test` {took:.0f} s: {results}")
    assert status == 0, said[-5000:]
    assert results


def _run(root: FreshRoot, log: Path) -> float:
    """`make run` from nothing to a window on a screen of this machine; the result is how many seconds that took."""
    began = time.monotonic()
    with virtual_display() as display, log.open("wb") as file:
        command = root.command("make", "run", DISPLAY=display.environment["DISPLAY"])
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT)
        try:
            wait_until(lambda: display.titles("Studiolo"), "the window", process=process, seconds=_RUN_SECONDS)
            shown = time.monotonic() - began
            # Its own server and a model, too: what the window needs is not all that the program needs.
            diary = root.folder / "root/.local/state/studiolo/log/desktop.log"
            wait_until(lambda: "started the server" in diary.read_text(), "its server", process=process)
            display.screenshot(_CHECKOUT / "build" / "screenshots" / f"fresh_{root.folder.name}.png")
        finally:
            process.kill()
            process.wait()
    return shown
