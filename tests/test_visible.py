"""What a stranger wrote, spelled out where it would hide or turn what is around it."""

import json

import pytest

from studiolo.visible import visible


@pytest.mark.parametrize("sign", ["\u202e", "\u200b", "\u009b", "\x1b", "\0", "\u2028", "\U000e0041", "\n", "\u00ad"])
def test_what_is_not_seen_is_spelled_as_json_has_it(sign: str) -> None:
    shown = visible(f"a{sign}b")
    assert shown.isascii()
    assert json.loads(f'"{shown}"') == f"a{sign}b"


def test_what_is_seen_stays() -> None:
    text = "größe 名前 שלום 🙂"
    assert visible(text) == text
    assert visible("a\nb\r", lines=True) == "a\nb\\u000d"
