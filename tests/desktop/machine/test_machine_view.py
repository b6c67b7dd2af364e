"""The machine of a real server in the window, and a model that is measured there."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

import psutil
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from studiolo.api.machine import Benchmark, GraphicsDevice, MachineDisk, MachineInfo, MachineLoad, Processor
from studiolo.desktop.connections.connection import Connection
from studiolo.desktop.connections.servers import Servers
from studiolo.desktop.machine.bench_table import BenchColumn, BenchTable, changes_of
from studiolo.desktop.machine.presenter import MachinePresenter
from studiolo.desktop.machine.view import MachineView
from studiolo.desktop.widgets.formatting import size_text
from studiolo.paths import app_paths
from tests.stands.plain_server import plain_server
from tests.stands.serving import serving
from tests.stands.slots import busy
from tests.stands.tiny_model import write_tiny_llama
from tests.stands.waiting import until


@dataclass
class MachineDesk:
    """The machine of a server."""

    view: MachineView
    presenter: MachinePresenter
    reported: list[BaseException]


OpenMachine = Callable[..., AbstractAsyncContextManager[MachineDesk]]


@pytest.fixture
def machine_desk(qapp: QApplication) -> OpenMachine:
    @asynccontextmanager
    async def at(address: str) -> AsyncIterator[MachineDesk]:
        reported: list[BaseException] = []
        servers = Servers(app_paths(), reported.append)
        view = MachineView()
        view.resize(1000, 720)
        presenter = MachinePresenter(view, servers, reported.append, name_of=lambda _: "Box", look_seconds=0.05)
        view.show()
        servers.select(await servers.add(address, "", None))
        try:
            yield MachineDesk(view, presenter, reported)
        finally:
            await presenter.aclose()
            await servers.aclose()
            view.close()
            view.deleteLater()
            servers.deleteLater()

    return at


async def test_the_machine_is_shown_and_looked_at_only_in_sight(machine_desk: OpenMachine) -> None:
    app_paths().models.mkdir(parents=True, exist_ok=True)
    async with serving() as server, machine_desk(server.address) as desk:
        view = desk.view
        await until(lambda: len(view.processor.line.shares) >= 3)
        assert view.processor.name.text()
        assert view.memory.name.text() == size_text(psutil.virtual_memory().total)
        assert "llama.cpp" in view.system.text()
        assert str(app_paths().models) in view.disks[0].facts.text()
        assert view.processor.figure.text().endswith(" %")
        assert view.processor.line.accessibleName().startswith("Processor: ")
        view.hide()
        seen = len(view.processor.line.shares)
        view.show()
        await until(lambda: len(view.processor.line.shares) > seen)
        assert not desk.reported


async def test_a_model_is_measured_kept_and_removed(machine_desk: OpenMachine) -> None:
    write_tiny_llama(app_paths().models / "acme/Tiny-GGUF/Tiny-Q4_K_M.gguf", context_length=4096)
    async with serving(adopt_models=False) as server, machine_desk(server.address) as desk:
        bench = desk.view.bench
        await until(lambda: bench.models.findData("acme/tiny") >= 0)
        bench.models.setCurrentIndex(bench.models.findData("acme/tiny"))
        bench.start.click()
        assert await until(lambda: bench.work.isVisible() and not bench.start.isEnabled(), "it is under way")
        await until(lambda: bench.table.rowCount() == 1)
        await until(lambda: not bench.work.isVisible(), "it is over")
        assert bench.table.index(0, BenchColumn.MODEL).data() == "acme/tiny"
        assert bench.table.index(0, BenchColumn.DATE).data() == "Today"
        assert not bench.remove.isVisible()
        bench.view.choose(0)
        bench.remove.click()
        await until(lambda: bench.table.rowCount() == 0)
        await until(bench.empty.isVisible)
        assert not desk.reported


async def test_a_measurement_can_be_given_up_and_fail(machine_desk: OpenMachine) -> None:
    write_tiny_llama(app_paths().models / "acme/Tiny-GGUF/Tiny-Q4_K_M.gguf", context_length=512)
    async with serving(adopt_models=False) as server, machine_desk(server.address) as desk:
        bench = desk.view.bench
        await until(lambda: bench.models.findData("acme/tiny") >= 0)
        bench.start_requested.emit("acme/tiny")
        await until(lambda: "context of 512 tokens" in bench.error.text())
        assert bench.start.isEnabled()
        bench.start_requested.emit("huggingfacetb/smollm2-135m-instruct")
        await until(lambda: busy(server))
        assert not bench.error.isVisible()
        bench.stop.click()
        await until(lambda: not bench.work.isVisible())

        async def rests() -> bool:
            return not await busy(server)

        await until(rests)
        assert bench.table.rowCount() == 0
        assert not desk.reported


async def test_a_server_that_does_not_tell_is_told_as_such(machine_desk: OpenMachine) -> None:
    async with plain_server() as address, machine_desk(address) as desk:
        await until(lambda: "does not tell what it runs on" in desk.view.told)
        assert not desk.reported


async def test_the_machine_is_there_again_with_its_server(
    machine_desk: OpenMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    retried: list[Connection] = []
    first = serving()
    server = await first.__aenter__()
    async with machine_desk(server.address) as desk:
        await until(lambda: desk.view.processor.isVisible())
        monkeypatch.setattr(Connection, "retry", retried.append)
        await first.__aexit__(None, None, None)
        await until(lambda: desk.view.told)
        async with serving(port=int(server.address.rpartition(":")[2])):
            await until(lambda: desk.view.processor.isVisible())
        assert not retried, "the connection knows best when it asks again"
        assert not desk.reported


def test_only_what_is_known_is_shown(qapp: QApplication) -> None:
    view = MachineView()
    view.resize(1000, 700)
    view.show()
    amd = GraphicsDevice(name="AMD Navi 31", driver="amdgpu", memory_bytes=16 << 30, used_bytes=4 << 30, load=0.4)
    view.show_machine(
        MachineInfo(
            processor=Processor(name="Some processor", cores=8, threads=16, features=["AVX2"]),
            memory_bytes=32 << 30,
            graphics=[amd, GraphicsDevice(name="Intel", driver="i915")],
            disks=[MachineDisk(folders=["/models"], total_bytes=100, free_bytes=25)],
            load=MachineLoad(memory_free_bytes=8 << 30),
        )
    )
    assert not view.processor.line.isVisible()
    assert not view.processor.cores.isVisible()
    assert "8 cores, 16 threads" in view.processor.facts.text()
    assert view.memory.figure.text() == "75 %"
    QApplication.sendPostedEvents()
    widths = {card.width() for card in (view.processor, view.memory, *view.graphics, *view.disks)}
    assert len(widths) <= 2, "they are equally wide, but for a pixel"
    known, other = view.graphics
    assert known.line.isVisible()
    assert known.bar.value() == 250
    assert not other.line.isVisible()
    assert not other.bar.isVisible()
    assert other.figure.text() == ""
    assert view.disks[0].figure.text() == "75 % full"
    view.show_machine(MachineInfo())
    assert view.graphics == []
    assert view.disks == []
    view.close()


def test_benchmarks_are_sorted_and_compared_with_the_one_before(qapp: QApplication) -> None:
    def one(number: int, model: str, speed: float, context: int = 4096) -> Benchmark:
        time = f"2026-11-{number:02}T10:00:00Z"
        return Benchmark(id=str(number), time=time, model=model, tokens_per_second=speed, context_length=context)

    kept = [one(1, "a", 10.0), one(2, "b", 99.0), one(3, "a", 12.5), one(4, "a", 50.0, 8192), one(5, "a", 12.4)]
    assert {key: round(change, 3) for key, change in changes_of(kept).items()} == {"3": 0.25, "5": -0.008}
    table = BenchTable()
    table.show(kept)
    assert [row.id for row in table.rows] == ["5", "4", "3", "2", "1"]
    table.sort(BenchColumn.WRITING, Qt.SortOrder.DescendingOrder)
    assert [row.id for row in table.rows] == ["2", "4", "3", "5", "1"]
    table.sort(BenchColumn.CHANGE, Qt.SortOrder.DescendingOrder)
    assert table.index(0, BenchColumn.CHANGE).data() == "+25 %"
    assert table.index(table.rows.index(kept[4]), BenchColumn.CHANGE).data() == "same"
    assert table.index(table.rows.index(kept[0]), BenchColumn.CHANGE).data() == ""
