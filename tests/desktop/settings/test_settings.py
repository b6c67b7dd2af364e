"""The desktop's settings: kept, read with what is bad left out, shown as a form."""

import json
from pathlib import Path
from typing import get_args

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractSpinBox, QCheckBox, QComboBox, QLineEdit
from pytestqt.qtbot import QtBot

from studiolo.api.settings import SECRET, ServerSettings
from studiolo.desktop.settings.form import FormDialog, SettingsForm, titles_of, told_of
from studiolo.desktop.settings.schema import DesktopSettings, has_panel
from studiolo.desktop.settings.store import DesktopSettingsStore
from studiolo.desktop.settings.texts import TEXTS
from studiolo.errors import StorageError


def test_what_is_changed_is_there_the_next_time(qapp: object, tmp_path: Path) -> None:
    store = DesktopSettingsStore(tmp_path / "config" / "desktop.json")
    told: list[str] = []
    store.changed.connect(lambda: told.append(store.current.closing))
    store.change(closing="keep", quiet_from="22:00")
    store.change(closing="keep")
    assert told == ["keep"], "nothing is told where nothing changed"
    assert DesktopSettingsStore(tmp_path / "config" / "desktop.json").current.quiet_from == "22:00"


def test_one_bad_field_costs_no_other_and_a_later_one_is_kept(qapp: object, tmp_path: Path) -> None:
    file = tmp_path / "desktop.json"
    file.write_text(json.dumps({"closing": "sometimes", "notify_replies": False, "of_tomorrow": 7}))
    store = DesktopSettingsStore(file)
    assert store.current.closing == "ask"
    assert store.current.notify_replies is False
    store.change(mini_monitor=True)
    assert json.loads(file.read_text())["of_tomorrow"] == 7


@pytest.mark.parametrize("content", ["", "[]", "{", "null"])
def test_a_broken_file_means_the_defaults(qapp: object, tmp_path: Path, content: str) -> None:
    (tmp_path / "desktop.json").write_text(content)
    assert DesktopSettingsStore(tmp_path / "desktop.json").current == DesktopSettings()


def test_what_is_refused_today_is_kept_aside_once_and_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "desktop.json"
    old = {"closing": "tray", "quiet_from": "25:00", "notify_failed": False, "later": 1}
    file.write_text(json.dumps(old))
    store = DesktopSettingsStore(file)
    assert store.current == DesktopSettings(notify_failed=False, later=1)
    assert "closing, quiet_from" in caplog.text
    DesktopSettingsStore(file).change(closing="keep")
    (aside,) = tmp_path.glob("desktop.json.broken-*")
    assert json.loads(aside.read_text()) == old
    assert json.loads(file.read_text())["later"] == 1


def test_what_can_not_be_saved_is_not_changed(qapp: object, tmp_path: Path) -> None:
    (tmp_path / "config").write_text("a file where the folder should be")
    store = DesktopSettingsStore(tmp_path / "config" / "desktop.json")
    with pytest.raises(StorageError):
        store.change(closing="quit")
    assert store.current.closing == "ask"
    with pytest.raises(ValueError, match="closing"):
        store.change(closing="never")


def test_the_form_has_every_setting_and_tells_what_was_changed(qtbot: QtBot) -> None:
    shown = [name for name in DesktopSettings.model_fields if not has_panel(name)]
    form = SettingsForm(DesktopSettings(), shown)
    dialog = FormDialog("Settings", form, None)
    qtbot.addWidget(dialog)
    assert set(form.editors) == set(shown)
    assert all(editor.accessibleName() for editor in form.editors.values())
    closing, login = form.editors["closing"], form.editors["start_at_login"]
    assert isinstance(closing, QComboBox)
    assert isinstance(login, QCheckBox)
    assert [closing.itemText(row) for row in range(3)] == ["Ask", "Go on in the tray", "Quit"]
    closing.setCurrentIndex(closing.findData("keep"))
    login.click()
    form.editors["quiet_from"].used.click()  # type: ignore[attr-defined]
    assert dialog.changes == {"closing": "keep", "start_at_login": True, "quiet_from": "22:00"}


def test_numbers_stand_as_far_from_the_border_as_words(qtbot: QtBot) -> None:
    form = SettingsForm(ServerSettings(), ("download_jobs", "disk_reserve_gb"))
    qtbot.addWidget(form)
    for editor in form.editors.values():
        assert isinstance(editor, QAbstractSpinBox)
        assert editor.lineEdit().textMargins().left() > 4


def test_a_secret_is_neither_shown_nor_mixed_with_what_stands_for_it(qtbot: QtBot) -> None:
    form = SettingsForm(ServerSettings(hub_token=SECRET), ("hub_token",))
    qtbot.addWidget(form)
    told: list[object] = []
    form.changed.connect(lambda name, value: told.append((name, value)))
    line = form.editors["hub_token"]
    assert isinstance(line, QLineEdit)
    assert line.echoMode() is QLineEdit.EchoMode.Password
    assert line.text() == ""
    QTest.keyClicks(line, "hf_x")
    assert told[-1] == ("hub_token", "hf_x")


@pytest.mark.parametrize("kind", [DesktopSettings, ServerSettings])
def test_every_text_of_a_setting_can_be_translated(kind: type[DesktopSettings] | type[ServerSettings]) -> None:
    fields = kind.model_fields.values()
    texts = {text for field in fields for text in (field.title, told_of(field)) if text}
    texts |= {
        titles_of(field).get(choice, choice)
        for field in fields
        for choice in get_args(field.annotation)
        if isinstance(choice, str)
    }
    assert texts <= set(TEXTS), "list them in desktop/settings/texts.py"
