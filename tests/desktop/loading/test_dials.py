"""The dials of a load: which are shown, what is understood, what is wrong, and what becomes of it."""

from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import QLocale
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from studiolo.api.load_dials import LoadDials
from studiolo.api.models import DeviceEstimate, LoadRequest, MemoryEstimate
from studiolo.desktop.loading.dial_rows import ChoiceDial, LayersDial, TextDial, make_row
from studiolo.desktop.loading.dials import DIALS, help_of, title_of
from studiolo.desktop.loading.load_dialog import Loadable, LoadDialog

GIB = 1 << 30
RAM = DeviceEstimate(id="ram", name="RAM", needed_bytes=GIB, free_bytes=20 * GIB, total_bytes=32 * GIB)
CARD = DeviceEstimate(id="Vulkan0", name="Radeon", needed_bytes=5 * GIB, free_bytes=14 * GIB, total_bytes=16 * GIB)
OTHER = DeviceEstimate(id="Vulkan1", name="Arc", needed_bytes=2 * GIB, free_bytes=8 * GIB, total_bytes=8 * GIB)


def estimate(*devices: DeviceEstimate, **more: Any) -> MemoryEstimate:
    needed, free = (sum(getattr(one, name) for one in devices) for name in ("needed_bytes", "free_bytes"))
    return MemoryEstimate(needed_bytes=needed, free_bytes=free, context_length=8192, devices=list(devices), **more)


@pytest.fixture
def dialog(qtbot: QtBot) -> LoadDialog:
    made = LoadDialog(Loadable("k", "Big", most_context=32_768, all_dials=True, rememberable=True), None)
    qtbot.addWidget(made)
    made.show()
    return made


def write(dialog: LoadDialog, name: str, text: str) -> TextDial:
    row = dialog.rows[name]
    assert isinstance(row, TextDial)
    fill(row, text)
    return row


def fill(row: TextDial, text: str) -> None:
    if isinstance(row.field, QLineEdit):
        row.field.setText(text)
    else:
        row.field.setPlainText(text)


def choose(dialog: LoadDialog, name: str, text: str) -> None:
    row = dialog.rows[name]
    assert isinstance(row, ChoiceDial | LayersDial)
    row.box.setCurrentText(text)
    assert row.box.currentText() == text


def shown(dialog: LoadDialog) -> set[str]:
    return {name for name, row in dialog.rows.items() if not row.isHidden()}


def test_every_dial_of_the_contract_is_in_the_dialog_with_a_sentence(qapp: QApplication) -> None:
    assert {dial.name for dial in DIALS} | {"context_length"} == set(LoadDials.model_fields)
    for dial in DIALS:
        assert title_of(dial.name)
        assert help_of(dial.name).endswith((".", "”."))


def test_only_what_does_something_there_is_shown(dialog: LoadDialog, qtbot: QtBot) -> None:
    of_cards = {dial.name for dial in DIALS if dial.cards}
    assert not shown(dialog) & of_cards
    dialog.show_estimate(estimate(RAM))
    assert not shown(dialog) & of_cards
    dialog.show_estimate(estimate(CARD, RAM, placement="card"))
    assert of_cards - shown(dialog) == {"main_device", "device_split"}
    dialog.show_estimate(estimate(CARD, OTHER, RAM, placement="card"))
    assert of_cards <= shown(dialog)
    choose(dialog, "main_device", "Vulkan1 · Arc")
    assert dialog.request.main_device == "Vulkan1"
    plain = LoadDialog(Loadable("k", "Big"), None)
    qtbot.addWidget(plain)
    documented = {"flash_attention", "eval_batch_size", "parallel", "num_experts", "offload_kv_cache_to_gpu"}
    assert shown(plain) == documented
    assert plain.request == LoadRequest(model="k"), "nothing is said where nothing was chosen"


def test_what_is_chosen_is_asked_for_and_kept(dialog: LoadDialog) -> None:
    dialog.show_estimate(estimate(CARD, OTHER, RAM, placement="card"))
    assert dialog.context.value() == 8192, "what the server would choose"
    assert dialog.request.context_length is None
    choose(dialog, "gpu_layers", "So many")
    layers = dialog.rows["gpu_layers"]
    assert isinstance(layers, LayersDial)
    layers.number.setText("20")
    choose(dialog, "k_cache_type", "q8_0 · 53 % of the memory")
    choose(dialog, "keep_alive_seconds", "Until the server stops")
    choose(dialog, "ngram_speculation", "On")
    choose(dialog, "use_mmap", "Off")
    for name, text in {
        "parallel": "2",
        "device_memory_limit": "6.5",
        "device_split": "3, 1",
        "rope_frequency_scale": "0.5",
        "loras": "/m/a.gguf @ 0.5; /m/b.gguf",
        "chat_template": "{{ messages }}",
        "draft_model": "tiny/tiny",
    }.items():
        write(dialog, name, text)
    dialog.context.setValue(4096)
    request = dialog.request
    assert request.context_length == 4096
    assert (request.gpu_layers, request.k_cache_type, request.v_cache_type) == (20, "q8_0", None)
    assert (request.keep_alive_seconds, request.ngram_speculation, request.use_mmap) == (-1, True, False)
    assert (request.parallel, request.device_memory_limit, request.device_split) == (2, 6_500_000_000, [3, 1])
    assert [(one.path, one.scale) for one in request.loras or ()] == [("/m/a.gguf", 0.5), ("/m/b.gguf", 1.0)]
    assert (request.chat_template, request.draft_model) == ("{{ messages }}", "tiny/tiny")
    again = LoadDialog(Loadable("k", "Big", all_dials=True, dials=dialog.defaults), None)
    again.show_estimate(estimate(CARD, OTHER, RAM, placement="card"))
    same = again.request.model_copy(update={"context_length": 4096})
    assert same == request, "what is kept is proposed"
    again.deleteLater()


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("parallel", "0", "from 1 to 64"),
        ("parallel", "two", "whole number"),
        ("threads", "1.5", "whole number"),
        ("seed", "-1", "from 0"),
        ("device_memory_limit", "0", "from 0.01"),
        ("device_split", "3, x", "for each card"),
        ("device_split", "0, 0", "for each card"),
        ("device_split", "1, 1, 1", "There are 2 cards"),
        ("rope_frequency_scale", "nan", "from 0.01 to 100"),
        ("loras", "/m/a.gguf @ much", "strength"),
        ("loras", "; ".join(["/a.gguf"] * 17), "At most 16"),
        ("draft_model", "x" * 5000, "characters"),
    ],
)
def test_what_is_wrong_is_said_in_its_place_and_not_loaded(dialog: LoadDialog, name: str, text: str, said: str) -> None:
    dialog.show_estimate(estimate(CARD, OTHER, RAM))
    row = write(dialog, name, text)
    dialog.load.click()
    assert said in row.error.text()
    assert row.error.isVisible(), "also what was folded away"
    assert dialog.isVisible()
    write(dialog, name, "")
    assert not row.error.isVisible()
    dialog.load.click()
    assert not dialog.isVisible()


def test_dials_that_contradict_each_other_are_told(dialog: LoadDialog) -> None:
    choose(dialog, "v_cache_type", "q4_0 · 28 % of the memory")
    choose(dialog, "flash_attention", "Off")
    dialog.load.click()
    assert "needs flash attention" in dialog.rows["v_cache_type"].error.text()
    choose(dialog, "flash_attention", "Automatic")
    write(dialog, "eval_batch_size", "256")
    write(dialog, "physical_batch_size", "512")
    dialog.load.click()
    assert "No more than the batch size, 256" in dialog.rows["physical_batch_size"].error.text()
    write(dialog, "physical_batch_size", "256")
    dialog.load.click()
    assert not dialog.isVisible()


def test_automatic_is_no_way_past_what_is_kept_for_the_model(qtbot: QtBot) -> None:
    model = Loadable("k", "Big", all_dials=True, rememberable=True, dials=LoadDials(threads=4))
    dialog = LoadDialog(model, None)
    qtbot.addWidget(dialog)
    dialog.show()
    row = dialog.rows["threads"]
    assert row.value == 4
    write(dialog, "threads", "")
    dialog.load.click()
    assert "Always load it like this" in row.error.text()
    dialog.remember.setChecked(True)
    dialog.load.click()
    assert not dialog.isVisible()
    assert dialog.defaults.threads is None


def test_the_estimate_is_told_by_device(dialog: LoadDialog) -> None:
    view = dialog.estimate
    dialog.show_estimate(estimate(CARD, RAM, placement="card"))
    assert view.badge.text == "Fits on the card"
    assert view.figures["Vulkan0"].text() == "5.4 GB of 15.0 GB free"
    assert "no load was measured" in view.source.text()
    dialog.show_estimate(estimate(CARD, RAM, placement="partly", calibrated=True))
    assert view.badge.text == "Partly on the card"
    assert "In line with" in view.source.text()
    dialog.show_estimate(estimate(RAM, placement="ram"))
    assert view.badge.text == "In RAM"
    assert list(view.bars) == ["ram"]
    full = RAM.model_copy(update={"needed_bytes": 30 * GIB})
    dialog.show_estimate(estimate(CARD, full, placement="partly"))
    assert view.badge.text == "Won't fit"
    assert "It won't fit" in dialog.memory.text()
    assert view.bars["ram"].accessibleName() == "RAM: 32.2 GB of 21.5 GB free"


@pytest.fixture
def german() -> Iterator[None]:
    before = QLocale()
    QLocale.setDefault(QLocale(QLocale.Language.German))
    yield
    QLocale.setDefault(before)


def test_numbers_are_read_as_the_language_writes_them(german: None, qtbot: QtBot) -> None:
    dials = {dial.name: dial for dial in DIALS}
    for name, text, value in (
        ("device_split", "0,5; 1", [0.5, 1.0]),
        ("rope_frequency_scale", "0,25", 0.25),
        ("rope_frequency_scale", "0.25", 0.25),
        ("device_memory_limit", "6,5", 6_500_000_000),
    ):
        row = make_row(dials[name], (), None)
        qtbot.addWidget(row)
        row.propose(value)
        assert row.value == value
        assert isinstance(row, TextDial)
        fill(row, text)
        assert row.value == value, text
