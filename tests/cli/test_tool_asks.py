"""What a person at a terminal is shown before a call may run."""

import json

from studiolo.cli.tool_asks import shown_arguments


def test_nothing_in_the_arguments_of_a_call_can_hide() -> None:
    given = {"path": "note\u202etxt.exe\u200b\u009b2J", "words": "größe\n名前"}
    shown = shown_arguments(given)
    assert json.loads(shown) == given
    assert not {"\u202e", "\u200b", "\u009b"} & set(shown)
    assert "größe" in shown


def test_arguments_behind_a_long_text_are_shown_as_well() -> None:
    assert '"mode": "wipe"' in shown_arguments({"text": "x" * 5000, "mode": "wipe"})


def test_what_is_too_long_is_told_with_how_much_of_it() -> None:
    shown = shown_arguments({"text": "x" * 200_000})
    assert len(shown) < 110_000
    assert "characters more are not shown here." in shown
