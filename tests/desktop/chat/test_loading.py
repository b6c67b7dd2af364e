"""Choosing how a model is loaded, against the real server."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studiolo.api.models import EstimateRequest, MemoryEstimate
from studiolo.client.client import Client
from studiolo.client.models import ModelsApi
from studiolo.desktop.chat.model_choice.picker import ChoiceRow
from studiolo.desktop.loading.choices import ModelChoice
from studiolo.desktop.loading.dial_rows import ChoiceDial
from studiolo.desktop.loading.load_dialog import Loadable, LoadDialog
from studiolo.errors import NotFoundError, RequestError
from tests.desktop.chat.desk import chat_desk
from tests.stands.waiting import until


async def test_the_server_tells_what_a_load_would_take(server: str) -> None:
    async with Client(server) as client:
        short = await ModelsApi(client).estimate_memory(EstimateRequest(model="tiny/tiny", context_length=256))
        long = await ModelsApi(client).estimate_memory(EstimateRequest(model="tiny/tiny", context_length=512))
        assert short
        assert long
        assert 0 < short.needed_bytes < long.needed_bytes < long.free_bytes
        assert short.context_length == 256
        with pytest.raises(NotFoundError):
            await ModelsApi(client).estimate_memory(EstimateRequest(model="no/such"))
        with pytest.raises(RequestError, match="at most"):
            await ModelsApi(client).estimate_memory(EstimateRequest(model="tiny/tiny", context_length=10_000_000))


async def test_a_model_is_loaded_with_the_context_that_was_chosen(qapp: QApplication, own_server: str) -> None:
    async with chat_desk(own_server) as desk:
        page = desk.page
        page.popup.open_below(page.picker)
        page.popup.rows["tiny/tiny"].options.click()
        await until(lambda: page.findChild(LoadDialog))
        dialog = page.findChild(LoadDialog)
        assert dialog is not None
        await until(lambda: "of memory" in dialog.memory.text())
        first = dialog.memory.text()
        dialog.context.setValue(512)
        await until(lambda: dialog.memory.text() != first)
        dialog.load.click()
        await until(lambda: desk.presenter.model and desk.presenter.model.loaded)
        assert desk.presenter.model
        assert desk.presenter.model.context == 512
        assert page.composer.gauge.limit == 512
        page.popup.hide()


def test_the_dialog_says_what_will_not_fit(qtbot: QtBot) -> None:
    dialog = LoadDialog(Loadable("k", "Big", most_context=32_768), None)
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.show_estimate(MemoryEstimate(needed_bytes=9_000_000_000, free_bytes=4_000_000_000))
    assert dialog.memory.text().startswith("Takes about 9.0 GB of memory; 4.0 GB are free. It won't fit")
    dialog.show_estimate(MemoryEstimate(needed_bytes=3_900_000_000, free_bytes=4_000_000_000))
    assert dialog.memory.text().endswith("That is tight.")
    dialog.show_estimate(None)
    assert "does not tell" in dialog.memory.text()
    dialog.slider.setValue(64)
    assert dialog.context.value() == 64 * 256
    assert not dialog.automatic.isChecked(), "whoever chooses wants no other"
    flash = dialog.rows["flash_attention"]
    assert isinstance(flash, ChoiceDial)
    flash.box.setCurrentText("Off")
    request = dialog.request
    assert (request.context_length, request.flash_attention, request.offload_kv_cache_to_gpu) == (64 * 256, False, None)
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_a_row_shows_what_the_model_can_do(qtbot: QtBot) -> None:
    row = ChoiceRow(ModelChoice("k", "Able", "Q4", vision=True, reasoning=True))
    qtbot.addWidget(row)
    row.show()
    signs = row.abilities.signs
    assert [name for name, sign in signs.items() if sign.isVisible()] == ["eye-outline", "brain"]
    assert row.accessibleName() == "Able, Q4, Sees images, Thinks before it answers"
