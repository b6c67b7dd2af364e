"""Grammars that only the engine reads, as far as they are looked through before it gets them."""

import contextlib
import time

import pytest

from studiolo.errors import RequestError
from studiolo.server.chat.formats import sound_constraints


@pytest.mark.parametrize("inside", ["{1" + " " * 50_000, "{" + "1" * 50_000, '"\\' * 40_000, "[" * 50_000])
def test_a_grammar_is_looked_through_in_no_time(inside: str) -> None:
    began = time.process_time()
    with contextlib.suppress(RequestError):
        sound_constraints({"grammar": f"root ::= {inside}"})
    assert time.process_time() - began < 1


def test_parentheses_in_the_texts_of_a_grammar_do_not_count() -> None:
    body = {"grammar": "root ::= " + '"(" [(] ' * 500}
    assert sound_constraints(body) == body
