"""The dialog of the desktop's settings, from its opening to what is in force afterwards."""

import sys
from pathlib import Path

import pytest
from PySide6.QtWidgets import QCheckBox, QWidget
from pytestqt.qtbot import QtBot

from studiolo.desktop.settings.form import FormDialog
from studiolo.desktop.settings.presenter import SettingsPresenter
from studiolo.desktop.settings.store import DesktopSettingsStore
from studiolo.errors import StorageError
from tests.stands.waiting import until


class SettingsDesk:
    """A window with the presenter over it; `heard` has the names that each change told, `reported` what failed."""

    def __init__(self, qtbot: QtBot, folder: Path) -> None:
        self.window = QWidget()
        qtbot.addWidget(self.window)
        self.window.show()
        self.store = DesktopSettingsStore(folder / "desktop.json")
        self.heard: list[set[str]] = []
        self.store.changed.connect(lambda names: self.heard.append(set(names)))
        self.reported: list[BaseException] = []
        self.presenter = SettingsPresenter(self.window, self.store, self.reported.append)

    @property
    def dialogs(self) -> list[FormDialog]:
        return self.window.findChildren(FormDialog)

    async def dialog(self) -> FormDialog:
        self.presenter.open_dialog()
        await until(lambda: len(self.dialogs) == 1 and self.dialogs[0].isVisible(), "the dialog")
        return self.dialogs[0]

    async def save(self, name: str) -> None:
        """Switch a setting in a dialog of its own."""
        dialog = await self.dialog()
        box = dialog.form.editors[name]
        assert isinstance(box, QCheckBox)
        box.click()
        dialog.save.click()
        await until(lambda: not self.dialogs, "the dialog's end")


@pytest.fixture
def desk(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SettingsDesk:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    return SettingsDesk(qtbot, tmp_path)


async def test_what_is_saved_is_in_force_and_told_by_name(desk: SettingsDesk, tmp_path: Path) -> None:
    await desk.save("notify_replies")
    assert not desk.store.current.notify_replies
    assert desk.heard == [{"notify_replies"}]
    assert not DesktopSettingsStore(tmp_path / "desktop.json").current.notify_replies


async def test_cancel_changes_nothing(desk: SettingsDesk, tmp_path: Path) -> None:
    dialog = await desk.dialog()
    box = dialog.form.editors["mini_monitor"]
    assert isinstance(box, QCheckBox)
    box.click()
    dialog.reject()
    await until(lambda: not desk.dialogs, "the dialog's end")
    assert desk.heard == []
    assert not (tmp_path / "desktop.json").exists()


async def test_opened_again_it_shows_what_is_in_force_by_now(desk: SettingsDesk) -> None:
    first = await desk.dialog()
    desk.store.change(mini_monitor=True)
    desk.presenter.open_dialog()
    await until(lambda: desk.dialogs and desk.dialogs != [first] and len(desk.dialogs) == 1, "the other dialog")
    box = desk.dialogs[0].form.editors["mini_monitor"]
    assert isinstance(box, QCheckBox)
    assert box.isChecked()
    await desk.presenter.aclose()
    await until(lambda: not desk.dialogs, "no dialog outlives its presenter")


@pytest.mark.skipif(sys.platform != "linux", reason="the folder is that of desktops on Linux")
async def test_starting_at_login_is_set_with_its_setting_or_neither(desk: SettingsDesk, tmp_path: Path) -> None:
    await desk.save("start_at_login")
    assert desk.store.current.start_at_login
    assert (tmp_path / "xdg/autostart/studiolo.desktop").exists()
    await desk.save("start_at_login")
    (tmp_path / "xdg/autostart").rmdir()
    (tmp_path / "xdg/autostart").write_text("a file where the folder should be")
    await desk.save("start_at_login")
    await until(lambda: desk.reported, "the failure")
    assert isinstance(desk.reported[0], StorageError)
    assert not desk.store.current.start_at_login
