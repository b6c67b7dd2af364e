"""What is said of a model that can be downloaded, and of a machine."""

from dataclasses import replace

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from studiolo.api.hub import HubChoice, HubDetails, HubModel
from studiolo.desktop.downloads.jobs import Download
from studiolo.desktop.loading.choices import ModelChoice
from studiolo.desktop.start.memory_bar import MemoryBar
from studiolo.desktop.start.offers import ModelOffer, Room, found_among, has_own
from studiolo.desktop.start.transfer import TransferPanel
from studiolo.desktop.start.words import download_text, licence_text, obstacle_text, show_room
from studiolo.desktop.widgets.sign_badge import SignBadge

GB = 10**9
OWL = ModelOffer("best", "birds/owl", "Owl", "It sees.", frozenset({"tools"}), 5 * GB, "fits", 6 * GB, True)
ROOM = Room(memory_total=16 * GB, memory_free=9 * GB, disk_free=40 * GB, disk=38 * GB)
JOB = Download("", "here", "1", "birds/owl", "Q4_K_M", "downloading", 4 * GB, GB, 50_000_000.0)


@pytest.fixture
def ground(qtbot: QtBot) -> QWidget:
    ground = QWidget()
    qtbot.addWidget(ground)
    return ground


@pytest.mark.parametrize(
    ("changes", "badge", "told"),
    [
        ({}, "Fits", ""),
        ({"memory": "tight"}, "Tight", "It takes about 6.0 GB of memory, and 9.0 GB are free now."),
        ({"memory": "too_large"}, "Won't fit", "It takes about 6.0 GB of memory, and there are 16.0 GB."),
        ({"fits_disk": False}, "No room on the disk", "It takes 5.0 GB, and downloads may take 38.0 GB of the disk."),
        ({"memory": "unknown"}, "", ""),
    ],
)
def test_what_is_in_the_way_is_told_with_figures(
    qtbot: QtBot, changes: dict[str, object], badge: str, told: str
) -> None:
    offer = replace(OWL, **changes)  # type: ignore[arg-type]
    sign = SignBadge()
    qtbot.addWidget(sign)
    show_room(sign, offer)
    assert (sign.text if not sign.isHidden() else "") == badge
    assert sign.accessibleName() == sign.text
    assert obstacle_text(offer, ROOM).startswith(told)
    assert bool(obstacle_text(offer, ROOM)) is bool(told)


def test_a_reserve_that_takes_all_that_is_free_is_named() -> None:
    offer = replace(OWL, fits_disk=False)
    assert "disk reserve" in obstacle_text(offer, replace(ROOM, disk=0))


def test_a_button_has_the_amount_and_what_was_begun_is_gone_on_with() -> None:
    assert download_text(OWL) == "Download 5.0 GB"
    assert download_text(replace(OWL, begun=True)) == "Resume download"


@pytest.mark.parametrize(
    ("tag", "text"), [("apache-2.0", "Apache 2.0"), ("mit", "MIT"), ("other", ""), ("", ""), ("new-1", "new-1")]
)
def test_a_licence_is_written_as_its_maker_does(tag: str, text: str) -> None:
    assert licence_text(tag) == text


def test_the_hub_has_the_last_word_on_sizes() -> None:
    usual = HubChoice(name="q8", quantization="Q8_0", size_bytes=9 * GB, usual=True, memory="tight", state="partial")
    details = HubDetails(model=HubModel(name="birds/owl"), choices=[HubChoice(name="q4"), usual])
    known = OWL.with_details(details)
    assert (known.size, known.memory, known.quantization, known.begun) == (9 * GB, "tight", "Q8_0", True)
    assert OWL.with_details(HubDetails(model=HubModel(name="birds/owl"))) is OWL


def test_models_of_others_are_told_apart_from_ones_own() -> None:
    trial = ModelChoice("smol", "Smol", "", origin="starter")
    crow = ModelChoice("crow", "Crow", "", origin="ollama", size_bytes=8 * GB)
    kite = ModelChoice("kite", "Kite", "", origin="lm_studio", size_bytes=2 * GB)
    variant = ModelChoice("kite@q8_0", "Kite", "", origin="lm_studio", size_bytes=3 * GB)
    broken = ModelChoice("bad", "Bad", "", error="It is cut short.")
    found = found_among([trial, crow, kite, variant])
    assert (found.count, found.programs) == (2, ("lm_studio", "ollama"))
    assert found.best(4 * GB) == variant, "the largest that fits"
    assert found.best(GB) == kite, "else the smallest"
    assert found_among([trial]).best(GB) is None
    assert not has_own([trial, crow, kite, broken])
    assert has_own([trial, ModelChoice("owl", "Owl", "")])


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, "1.0 GB of 4.0 GB · 50 MB/s"),
        ({"received": 0}, "0 of 4.0 GB · 50 MB/s"),
        ({"state": "queued"}, "Waiting for other downloads"),
        ({"state": "waiting"}, "Waiting for the network · 1.0 GB of 4.0 GB"),
        ({"state": "no_space"}, "No room on the disk · 1.0 GB of 4.0 GB"),
        ({"state": "away"}, "The server does not answer · 1.0 GB of 4.0 GB"),
        ({"state": "paused"}, "Paused · 1.0 GB of 4.0 GB"),
        ({"state": "verifying"}, "Checking what came"),
    ],
)
def test_each_state_of_a_download_has_its_words(ground: QWidget, changes: dict[str, object], told: str) -> None:
    panel = TransferPanel(ground)
    panel.show_job(replace(JOB, **changes))  # type: ignore[arg-type]
    assert panel.state.text() == told
    assert panel.pause.isEnabled() is (changes.get("state") != "verifying")


def test_why_it_waits_is_told(ground: QWidget) -> None:
    panel = TransferPanel(ground)
    panel.show_job(replace(JOB, state="no_space", message="The disk is full.", hint="Free some space."))
    assert panel.reason.text() == "The disk is full. Free some space."
    panel.show_job(replace(JOB, steerable=False))
    assert panel.reason.isHidden()
    assert panel.pause.isHidden()
    assert panel.cancel.isHidden(), "its server takes no orders"


def test_the_bar_has_its_figures_in_words(ground: QWidget) -> None:
    bar = MemoryBar(ground)
    bar.show_room(ROOM, 6 * GB)
    told = [label.text() for label in (bar.total, bar.used, bar.wanted, bar.disk)]
    assert told == ["16.0 GB of memory", "7.0 GB in use", "6.0 GB for this model", "40.0 GB free on the disk"]
    bar.show_room(Room(), 6 * GB)
    assert bar.isHidden()
