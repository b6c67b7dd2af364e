"""Whether a model fits the card is told in the picker, on Discover and in the load dialog; its speed on Models."""

from pathlib import Path

from PySide6.QtWidgets import QApplication

from studiolo.api.machine import BenchmarkRequest
from studiolo.api.models import DeviceEstimate, MemoryEstimate
from studiolo.client.client import Client
from studiolo.client.machine import MachineApi
from studiolo.desktop.discover.choices import ChoiceColumn
from studiolo.desktop.discover.page import DiscoverPage
from studiolo.desktop.loading.load_dialog import LoadDialog
from studiolo.desktop.models.page import ModelsPage
from studiolo.desktop.models.table import ModelColumn
from studiolo.desktop.shell.navigation import DISCOVER, MODELS
from studiolo.paths import app_paths
from tests.stands.hub import StandHub
from tests.stands.runtimes_server import CARD, VULKAN, runtimes_server
from tests.stands.serving import LOCAL_KEY, serving
from tests.stands.tiny_model import write_tiny_llama
from tests.stands.waiting import until
from tests.stands.whole_window import whole_window

GB = 1_000_000_000


def by_device(card: float, ram: float, placement: str) -> MemoryEstimate:
    devices = [
        DeviceEstimate(id="Vulkan0", name="Radeon", needed_bytes=int(card * GB), free_bytes=8 * GB, total_bytes=8 * GB),
        DeviceEstimate(id="ram", needed_bytes=int(ram * GB), free_bytes=14 * GB, total_bytes=16 * GB),
    ]
    return MemoryEstimate.model_validate(
        {"needed_bytes": int((card + ram) * GB), "free_bytes": 22 * GB, "devices": devices, "placement": placement}
    )


async def test_the_picker_and_the_dialog_tell_where_a_model_would_be(qapp: QApplication) -> None:
    for name in ("fits", "partly", "large"):
        write_tiny_llama(app_paths().models / f"acme/{name}/{name}.gguf")
    async with runtimes_server(adopt_models=False) as stand, whole_window(stand.address) as desk:
        stand.estimates = {
            "acme/fits": by_device(5, 0.5, "card"),
            "acme/partly": by_device(7, 3, "partly"),
            "acme/large": by_device(7, 20, "partly"),
        }
        page = desk.window.page
        page.picker.click()
        rows = page.popup.rows
        await until(lambda: "acme/large" in rows and rows["acme/large"].badge.isVisible())
        await until(lambda: rows["acme/partly"].badge.isVisible())
        assert rows["acme/large"].badge.text == "Won't fit"
        assert "Needs 20.0 GB of memory, 14.0 GB are free" in rows["acme/large"].accessibleName()
        assert rows["acme/partly"].badge.text == "Partly on the card"
        assert not rows["acme/fits"].badge.isVisible(), "that it simply fits is not worth a word"
        rows["acme/partly"].options.click()
        dialog = await until(lambda: next(iter(desk.dialogs(LoadDialog)), None))
        assert isinstance(dialog, LoadDialog)
        await until(lambda: dialog.estimate.badge.isVisible())
        assert dialog.estimate.badge.text == "Partly on the card"
        assert dialog.rows["gpu_layers"].isVisible()
        dialog.reject()
        await until(lambda: not desk.dialogs())
        assert desk.reported == []


async def test_discover_goes_by_the_memory_of_the_card_in_use(
    qapp: QApplication, stand: StandHub, tmp_path: Path
) -> None:
    write_tiny_llama(app_paths().models / "tiny/tiny/tiny.gguf")
    file = tmp_path / "owl.gguf"
    write_tiny_llama(file)
    stand.add("birds/Owl-GGUF", {"Owl-Q4_K_M.gguf": file}, tags=("gguf",))
    async with (
        runtimes_server(hub_endpoint=stand.endpoint, disk_reserve_gb=0) as server,
        whole_window(server.address) as desk,
    ):
        desk.window.show_page(DISCOVER)
        page = desk.window.current_page
        assert isinstance(page, DiscoverPage)
        page.search.setText("owl")
        await until(lambda: [model.name for model in page.results.models] == ["birds/Owl-GGUF"])
        page.list.choose(0)
        table = page.panel.table
        await until(lambda: table.choices)

        def memory() -> str:
            return str(table.index(0, ChoiceColumn.MEMORY).data())

        assert memory() == "Fits"
        server.change(VULKAN, state="ready", devices=[CARD])
        for one in server.runtimes:
            server.change(one, in_use=one == VULKAN)
        page.chosen.emit("birds/Owl-GGUF")
        await until(lambda: memory() == "On the card")
        assert desk.reported == []


async def test_the_measured_speed_is_beside_a_model(qapp: QApplication) -> None:
    write_tiny_llama(app_paths().models / "acme/Tiny-GGUF/Tiny-Q4_K_M.gguf", context_length=4096)
    async with serving(adopt_models=False) as server, whole_window(server.address) as desk:
        async with Client(server.address, LOCAL_KEY) as client:
            request = BenchmarkRequest(model="acme/tiny", prompt_tokens=16, generated_tokens=4, runs=1)
            async for _ in MachineApi(client).measure(request):
                pass
        desk.window.show_page(MODELS)
        page = desk.window.current_page
        assert isinstance(page, ModelsPage)
        await until(lambda: not page.view.isColumnHidden(ModelColumn.SPEED))
        row = page.table.row_of("acme/tiny")
        assert row is not None
        text = str(page.table.index(row, ModelColumn.SPEED).data())
        assert text.endswith("tokens/s")
        assert any(letter.isdigit() for letter in text)
        assert desk.reported == []
