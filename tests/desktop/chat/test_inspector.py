"""The settings of a chat, by hand and on their way."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studiolo.api.models import Sampling
from studiolo.desktop.chat.page import ChatPage
from studiolo.desktop.chat.settings_panel.panel import Inspector
from studiolo.desktop.chat.settings_panel.settings import ChatSettings


@pytest.fixture
def page(qtbot: QtBot) -> ChatPage:
    page = ChatPage()
    page.resize(1100, 900)
    qtbot.addWidget(page)
    page.show()
    QTest.mouseClick(page.tune, Qt.MouseButton.LeftButton)
    return page


def test_it_opens_beside_the_conversation_and_goes_away_again(page: ChatPage) -> None:
    assert page.inspector.isVisible()
    assert page.inspector.prompt.hasFocus()
    composer = page.composer.geometry()
    assert composer.right() < page.inspector.geometry().left()
    page.show_inspector(False)
    assert not page.inspector.isVisible()
    assert not page.tune.isChecked()


def test_what_is_set_is_told_and_marked(page: ChatPage, qtbot: QtBot) -> None:
    inspector = page.inspector
    assert not inspector.reset.isEnabled()
    with qtbot.waitSignal(inspector.changed) as told:
        inspector.temperature.setValue(0.3)
    assert told.args == [ChatSettings(temperature=0.3)]
    with qtbot.waitSignal(inspector.changed) as told:
        QTest.keyClicks(inspector.prompt, "Be brief.")
    assert told.args == [ChatSettings(temperature=0.3, system_prompt="Be brief.")]
    bold = {name for name, label in inspector.labels.items() if label.font().bold()}
    assert bold == {"temperature", "system_prompt"}
    with qtbot.waitSignal(inspector.changed) as told:
        QTest.mouseClick(inspector.reset, Qt.MouseButton.LeftButton)
    assert told.args == [ChatSettings()]
    assert inspector.temperature.text() == "Default"
    assert not any(label.font().bold() for label in inspector.labels.values())


def test_what_is_in_force_at_the_server_is_shown_where_nothing_is_set(page: ChatPage) -> None:
    inspector = page.inspector
    in_force = Sampling(temperature=0.8, top_k=40, top_p=0.95, min_p=0.05, repeat_penalty=1.1)
    inspector.set_defaults(ChatSettings(top_k=7), in_force)
    shown = {name: field.text() for name, field in inspector.fields.items()}
    assert shown == {
        "temperature": "Default (0.8)",
        "top_p": "Default (0.95)",
        "min_p": "Default (0.05)",
        "top_k": "Default (7)",
        "repeat_penalty": "Default (1.1)",
        "max_output_tokens": "Default",
        "context_length": "Default",
    }
    assert inspector.settings == ChatSettings(), "nothing of it is asked for"
    inspector.set_defaults(ChatSettings())
    assert inspector.temperature.text() == "Default", "a server that does not tell"


def test_another_chat_shows_its_own_without_telling(page: ChatPage, qtbot: QtBot) -> None:
    every = ChatSettings(
        system_prompt="x",
        temperature=0,
        top_p=0.9,
        min_p=0,
        top_k=40,
        repeat_penalty=1.1,
        max_output_tokens=99,
        context_length=4096,
        reasoning="high",
    )
    with qtbot.assertNotEmitted(page.inspector.changed):
        page.inspector.show_settings(every)
        page.inspector.settle()
    page.inspector.top_k.setValue(41)
    assert page.inspector.settings == every.model_copy(update={"top_k": 41})


def test_every_field_has_a_name(page: ChatPage) -> None:
    inspector: Inspector = page.inspector
    fields = [inspector.prompt, inspector.reasoning, *inspector.fields.values()]
    assert all(field.accessibleName() for field in fields)
    assert len({field.accessibleName() for field in fields}) == len(fields)


def test_what_can_not_be_read_is_the_default() -> None:
    kept = {"temperature": 9, "top_p": "x", "top_k": 5, "future": 1}
    assert ChatSettings.read(kept) == ChatSettings(top_k=5)


def test_the_words_of_the_other_route() -> None:
    settings = ChatSettings(
        system_prompt="x", temperature=0.5, max_output_tokens=7, reasoning="off", context_length=512
    )
    assert settings.openai() == {"temperature": 0.5, "max_tokens": 7, "reasoning_effort": "none"}
    assert settings.native() == {
        "temperature": 0.5,
        "max_output_tokens": 7,
        "reasoning": "off",
        "context_length": 512,
    }


@pytest.mark.parametrize("width", [360, 500, 699, 700, 1200])
def test_the_settings_fit_into_every_width_and_can_be_closed(page: ChatPage, width: int) -> None:
    page.setMinimumWidth(1)  # As the window has it.
    page.resize(width, 700)
    QApplication.processEvents()
    assert page.rect().contains(page.inspector.geometry())
    assert page.composer.isVisible() is (width >= 700)
    page.inspector.closed.emit()
    QApplication.processEvents()
    assert page.composer.isVisible()
    assert page.width() == width, "the page is as wide as before"
