"""The runtimes of a real server in the window: downloaded, tested and removed on its own disk."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QInputDialog, QMessageBox

from studiolo.api.runtimes import BUNDLED
from studiolo.desktop.runtimes.fallback import FallbackNotice
from studiolo.desktop.runtimes.view import RuntimesView
from studiolo.paths import app_paths
from tests.stands.hub import StandHub
from tests.stands.runtime_list import EXECUTABLE, asset, entry, list_of, ship, signed, tar_of
from tests.stands.serving import serving
from tests.stands.tiny_model import write_tiny_llama
from tests.stands.waiting import until
from tests.stands.whole_window import whole_window

NOISE = bytes(range(256)) * 4096


async def test_one_comes_is_tested_and_goes(
    qapp: QApplication, stand: StandHub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write_tiny_llama(app_paths().models / "tiny/tiny/tiny.gguf")
    archive = tar_of({"llama-server": EXECUTABLE, "libggml.so": NOISE, "LICENSE": b"MIT"})
    release = f"{stand.endpoint}/ggml-org/release/resolve/main/"
    one = entry(asset("llama-b1.tar.gz", archive), release=release)
    newer = list_of(one, date="2030-02-02")
    stand.add(
        "ggml-org/release", {"llama-b1.tar.gz": archive, "list.json": newer, "list.json.sig": signed(newer).encode()}
    )
    ship(monkeypatch, tmp_path / "resources", list_of(one))
    async with serving(disk_reserve_gb=0) as server, whole_window(server.address) as desk:
        window = desk.window
        window.registry.run("runtimes")
        view = await until(lambda: next(iter(window.findChildren(RuntimesView)), None))
        await until(lambda: set(view.rows) == {BUNDLED, "cpu-b1"})
        assert view.used.name.text() == view.rows[BUNDLED].name.text()
        assert view.machine.text()
        row = view.rows["cpu-b1"]
        row.buttons["download"].click()
        await until(lambda: row.standing.text == "Not tested yet")
        assert (app_paths().data / "runtimes/cpu-b1/llama-server").is_file()
        row.buttons["test"].click()
        await until(row.problem.isVisible, "a shell script is no llama-server, or nobody can test it")
        await until(row.buttons["test"].isVisible)
        assert not row.buttons["use"].isVisible()
        assert view.rows[BUNDLED].used.isVisible()
        row.remove.click()
        box = await until(lambda: next(iter(view.findChildren(QMessageBox)), None))
        await until(box.isVisible)
        next(button for button in box.buttons() if button.text() == "Remove").click()
        await until(row.buttons["download"].isVisible)
        assert not (app_paths().data / "runtimes/cpu-b1").exists()
        view.refresh.click()
        asked = await until(lambda: next(iter(view.findChildren(QInputDialog)), None))
        await until(asked.isVisible)
        asked.setTextValue(f"{release}list.json")
        asked.accept()
        await until(lambda: "2030-02-02" in view.manifest.text())
        notice = window.findChild(FallbackNotice)
        assert notice is not None
        assert not notice.isVisible()
        assert desk.reported == []
