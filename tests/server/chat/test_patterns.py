"""Patterns of schemas, in the part of their language that the engine can make a grammar of."""

import re

import pytest

from studiolo.server.chat.patterns import sound_pattern


@pytest.mark.parametrize(
    "pattern", ["^a$", "^[0-9]{4}-[0-9]{2}$", "^(a|b)+c?$", "^v[0-9]+(_[a-z]+)*$", "^(x)?$", "^#[0-9a-fA-F]{6}$"]
)
def test_what_the_engine_reads_as_it_is_meant_stays(pattern: str) -> None:
    assert sound_pattern(pattern) == pattern


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        (r"^\d{3}-\w+$", "123-ab_1", "12-a"),
        (r"^.*$", "any thing", 'a"b'),
        (r"^[^a-c]+$", "xyz", 'x"'),
        (r"^a\.+$", "a..", "a.a."),
        (r"^[\w.\-]+@[a-z]+\.com$", "a-b.c@mail.com", "a@mail-com"),
        (r"^ü+$", "üü", "u"),
        (r"^[\^a]$", "^", "b"),
        (r"^(?:ab)+$", "abab", "aba"),
    ],
)
def test_what_it_does_not_know_is_said_in_other_words(pattern: str, yes: str, no: str) -> None:
    sound = sound_pattern(pattern)
    assert sound is not None
    assert re.fullmatch(sound, yes)
    assert not re.fullmatch(sound, no)


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "^$",
        "a",
        "^a",
        "^(a*)*$",
        "^(a|b?)+$",
        "^(?=a)b$",
        r"^\p{L}+$",
        r"^\bword$",
        r"^(a)\1$",
        "^a{3,2}$",
        "^a{9999}$",
        "^((a{50}){50}){50}$",
        "^a**$",
        "^(|a)$",
        "^()$",
        "^[z-a]$",
        "^[^$",
        "^(a$",
        "^a)$",
        '^"$',
        "^\\n$",
        "^a$b$",
        "^" + "(" * 50 + "a" + ")" * 50 + "$",
        "^" + "a" * 5000 + "$",
    ],
)
def test_of_the_rest_nothing_is_asked(pattern: str) -> None:
    assert sound_pattern(pattern) is None
