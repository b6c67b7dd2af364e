"""The icon, its tool tip and menu, by what they are given; quiet hours."""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import time

import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from studiolo.desktop.downloads.actions import DownloadAction
from studiolo.desktop.downloads.jobs import Download, totals_of
from studiolo.desktop.settings.schema import DesktopSettings
from studiolo.desktop.tray.closing import ClosingDialog
from studiolo.desktop.tray.mini_monitor import MiniMonitor
from studiolo.desktop.tray.notifier import Notifier
from studiolo.desktop.tray.presenter import is_quiet
from studiolo.desktop.tray.ring import STEPS, RingState, ring_icon
from studiolo.desktop.tray.tray import Tray, TrayAction, TrayState

OWL = Download("", "here", "1", "birds/owl", "Q4_K_M", "downloading", 4_000_000_000, 1_000_000_000, 50_000_000.0)
WREN = Download("", "here", "2", "birds/wren", "Q8_0", "queued", 1_000_000_000)


def state(*jobs: Download, failed: int = 0, replies: int = 0) -> TrayState:
    return TrayState(totals_of(jobs), jobs, serving=True, failed=failed, replies=replies)


def blue(step: int | None, *, paused: bool = False) -> int:
    """How many pixels of the icon have the ring's colour."""
    image = ring_icon(RingState(step, paused=paused)).pixmap(64, 64).toImage()
    colours = (QColor(image.pixelColor(x, y)) for x in range(64) for y in range(64))
    return sum(colour.alpha() > 200 and colour.name() == "#5c7cfa" for colour in colours)


@pytest.fixture
def tray(qapp: QApplication) -> Iterator[Tray]:
    tray = Tray()
    yield tray
    tray.close()


def labels(menu: QMenu) -> list[str]:
    return [action.text() for action in menu.actions() if action.isVisible() and not action.isSeparator()]


def test_the_ring_fills(qapp: QApplication) -> None:
    counts = [blue(step) for step in (0, STEPS // 4, STEPS // 2, STEPS)]
    assert counts[0] == 0
    assert counts == sorted(counts)
    assert counts[1] == pytest.approx(counts[3] / 4, rel=0.15)
    assert blue(STEPS // 2, paused=True) == 0


def test_the_icon_is_drawn_anew_only_when_it_looks_otherwise(tray: Tray) -> None:
    tray.show_state(state(OWL))
    key = tray.icon.icon().cacheKey()
    tray.show_state(state(replace(OWL, received=OWL.received + 1_000_000)))
    assert tray.icon.icon().cacheKey() == key
    tray.show_state(state(replace(OWL, received=2 * OWL.received)))
    assert tray.icon.icon().cacheKey() != key


def test_the_tip_says_what_how_much_how_fast_and_how_long(tray: Tray) -> None:
    tray.show_state(state(OWL))
    tip = tray.icon.toolTip()
    for piece in ("birds/owl Q4_K_M", "25 %", "1.0 GB / 4.0 GB", "50 MB/s", "1 min left"):
        assert piece in tip
    tray.show_state(state(replace(OWL, state="paused")))
    assert "1 download(s) paused" in tray.icon.toolTip()
    tray.show_state(state(failed=2, replies=1))
    assert "2 download(s) failed" in tray.icon.toolTip()
    assert "A reply is being written" in tray.icon.toolTip()


def test_each_job_has_its_menu(tray: Tray) -> None:
    asked: list[object] = []
    tray.job_action_requested.connect(lambda *order: asked.append(order))
    tray.show_state(state(OWL, WREN))
    titles = labels(tray.menu)
    assert titles[2].startswith("birds/owl Q4_K_M")
    assert titles[3].startswith("birds/wren Q8_0")
    menu = next(action.menu() for action in tray.menu.actions() if action.text().startswith("birds/owl"))
    assert isinstance(menu, QMenu)
    assert labels(menu) == ["Pause", "Cancel"]
    menu.actions()[0].trigger()
    assert asked == [(DownloadAction.PAUSE, OWL.key)]
    tray.show_state(state(replace(OWL, state="paused")))
    assert labels(menu) == ["Resume", "Cancel"]
    assert not any("wren" in title for title in labels(tray.menu))
    tray.show_state(state())
    assert "Pause all downloads" not in labels(tray.menu)


def test_a_hundred_jobs_do_not_make_a_menu_of_a_hundred_lines(tray: Tray) -> None:
    chosen: list[TrayAction] = []
    tray.action_requested.connect(chosen.append)
    tray.show_state(state(*(replace(WREN, id=str(number)) for number in range(100))))
    assert len(labels(tray.menu)) < 25
    [more] = [action for action in tray.menu.actions() if "more" in action.text()]
    assert more.text() == "88 more"
    more.trigger()
    assert chosen == [TrayAction.SHOW_DOWNLOADS]


def test_the_server_is_started_or_stopped(tray: Tray) -> None:
    tray.show_state(TrayState(serving=False))
    assert "Start the server" in labels(tray.menu)
    tray.show_state(TrayState(serving=True))
    assert "Stop the server" in labels(tray.menu)


def test_what_brings_a_window_to_the_front_on_wayland_is_kept_for_it(
    tray: Tray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_ACTIVATION_TOKEN", "")
    Notifier(tray, None, lambda error: None).received("ActivationToken", [1, "of the click"])
    assert os.environ["XDG_ACTIVATION_TOKEN"] == "of the click"


@pytest.mark.parametrize(
    ("begin", "end", "now", "quiet"),
    [
        ("22:00", "07:00", time(23, 30), True),
        ("22:00", "07:00", time(6, 59), True),
        ("22:00", "07:00", time(7, 0), False),
        ("12:00", "13:00", time(12, 30), True),
        ("12:00", "13:00", time(13, 0), False),
        ("", "07:00", time(3, 0), False),
        ("22:00", "", time(23, 0), False),
    ],
)
def test_quiet_hours(begin: str, end: str, now: time, quiet: bool) -> None:
    assert is_quiet(DesktopSettings(quiet_from=begin, quiet_to=end), now) is quiet


def test_the_mini_monitor_shows_and_steers(qtbot: QtBot) -> None:
    mini = MiniMonitor()
    qtbot.addWidget(mini)
    orders: list[bool] = []
    mini.toggled.connect(orders.append)
    mini.show_state(state(OWL))
    assert "25 %" in mini.label.text()
    mini.pause.click()
    mini.show_state(state(replace(OWL, state="paused")))
    mini.pause.click()
    assert orders == [True, False]


@pytest.mark.parametrize("answer", ["keep", "quit"])
def test_what_closing_means_is_asked(qtbot: QtBot, answer: str) -> None:
    dialog = ClosingDialog(None, reason="Downloads are running.", has_tray=False)
    qtbot.addWidget(dialog)
    assert dialog.mini.isVisibleTo(dialog)
    assert not dialog.remember, "nobody has said so"
    dialog.box.click()
    assert dialog.remember
    (dialog.keep if answer == "keep" else dialog.leave).click()
    assert dialog.answer == answer
