"""What a chat can begin with, and what is said of the trial model."""

import pytest
from pytestqt.qtbot import QtBot

from studiolo.api.models import LlmEntry
from studiolo.desktop.chat.model_choice.picker import ModelPopup, PickerButton
from studiolo.desktop.chat.page import ChatPage
from studiolo.desktop.chat.prompts import Prompt, prompts_for
from studiolo.desktop.loading.choices import ModelChoice, choices_from, preferred

ABLE = ModelChoice("able", "Able", "Q4", vision=True, tools=True, reasoning=True)
PLAIN = ModelChoice("plain", "Plain", "Q4")


def titles(prompts: list[Prompt]) -> list[str]:
    return [prompt.title.partition(" ")[0] for prompt in prompts]


@pytest.mark.parametrize(
    ("model", "with_tools", "begin"),
    [
        (None, False, ["Explain", "Write", "Give"]),
        (PLAIN, True, ["Explain", "Write", "Give"]),
        (ABLE, True, ["Describe", "Which", "A"]),
        (ABLE, False, ["Describe", "A", "Explain"]),
        (ModelChoice("t", "T", "", reasoning=True), False, ["A", "Explain", "Write"]),
    ],
)
def test_three_prompts_show_what_the_model_can_do(
    model: ModelChoice | None, with_tools: bool, begin: list[str]
) -> None:
    assert titles(prompts_for(model, with_tools=with_tools)) == begin


def test_a_prompt_about_a_picture_asks_for_one(qtbot: QtBot) -> None:
    page = ChatPage()
    qtbot.addWidget(page)
    page.show()
    page.placeholder.show_prompts(prompts_for(ABLE, with_tools=False))
    with qtbot.waitSignal(page.composer.attach_requested):
        page.placeholder.prompts[0].click()
    assert page.composer.text == "What can be seen in this picture?"
    page.placeholder.prompts[1].click()
    assert page.composer.text == prompts_for(ABLE, with_tools=False)[1].text


def test_the_trial_model_is_known_by_its_origin_and_comes_last() -> None:
    starter = LlmEntry(key="smol", display_name="A Smol", origin="starter")
    other = LlmEntry(key="owl", display_name="Owl")
    choices = choices_from([starter, other])
    assert [choice.trial for choice in choices] == [True, False]
    chosen = preferred(choices, None)
    assert chosen
    assert chosen.key == "owl"
    wanted = preferred(choices, "smol")
    assert wanted
    assert wanted.key == "smol", "whoever wants it has it"


def test_the_trial_model_says_so_where_it_is_chosen(qtbot: QtBot) -> None:
    trial = ModelChoice("smol", "SmolLM2 135M Instruct", "Q4_1", origin="starter")
    button, popup = PickerButton(), ModelPopup()
    qtbot.addWidget(button)
    qtbot.addWidget(popup)
    button.set_model(trial.name, "local", trial=True)
    assert button.text().endswith(" · Trial model · local"), "the name gives way"
    assert button.accessibleName() == "Model: SmolLM2 135M Instruct · Trial model · local"
    popup.set_choices([trial, PLAIN])
    assert "Trial model · Q4_1" in popup.rows["smol"].accessibleName()
    assert "Trial" not in popup.rows["plain"].accessibleName()


def test_a_page_takes_the_place_of_the_greeting_and_gives_it_back(qtbot: QtBot) -> None:
    page, start = ChatPage(), ChatPage()
    qtbot.addWidget(page)
    page.show()
    page.show_start(start)
    assert start.isVisible()
    assert not page.placeholder.greeting.isVisible()
    page.show_no_model("/models")
    assert start.isVisible(), "it knows more than where to put a file"
    page.show_start(None)
    assert not start.isVisible()
    assert page.placeholder.folder.isVisible()
    page.show_welcome()
    assert page.placeholder.greeting.isVisible()
    start.deleteLater()
