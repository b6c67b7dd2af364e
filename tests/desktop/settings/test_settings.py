"""The desktop's settings: kept, and read with what is bad left out."""

import json
from pathlib import Path

import pytest
from pydantic.fields import FieldInfo

from studiolo.api.settings import ServerSettings
from studiolo.desktop.settings.fields import choices_in, titles_of, told_of
from studiolo.desktop.settings.schema import DesktopSettings
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


@pytest.mark.parametrize("kind", [DesktopSettings, ServerSettings])
def test_every_text_of_a_setting_can_be_translated(kind: type[DesktopSettings] | type[ServerSettings]) -> None:
    texts = {text for info in kind.model_fields.values() for text in texts_in(info)}
    assert texts <= set(TEXTS), "list them in desktop/settings/texts.py"


def texts_in(info: FieldInfo) -> set[str]:
    """Everything of a field that is translated."""
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    texts = {info.title or "", told_of(info)} | {titles_of(info).get(choice, choice) for choice in choices_in(info)}
    others = ("x-title", "x-group", "x-unit", "x-none", "x-words")
    return {*texts, *(str(extra.get(name, "")) for name in others)} - {""}
