"""Grammars that would hold the engine up for everybody, and those that only look like it."""

import time

import pytest

from studiolo.errors import RequestError
from studiolo.server.chat.formats import sound_constraints
from studiolo.server.chat.grammars import is_ambiguous


def doubling(levels: int, rule: str) -> str:
    return "root ::= r0\n" + "".join(rule.format(i, i + 1) for i in range(levels)) + f'r{levels} ::= "a"\n'


@pytest.mark.parametrize(
    "rule",
    [
        "r{0} ::= r{1} | r{1}\n",
        "r{0} ::= (r{1} | r{1})\n",
        "r{0} ::= r{1}? r{1}\n",
        "r{0} ::= r{1}{{0,3}} r{1}\n",
        'r{0} ::= e r{1} | r{1}\ne ::= "x"?\n',
        "r{0} ::=\n  r{1} # one\n  | r{1}\n",
    ],
)
def test_what_may_begin_in_too_many_ways_is_refused(rule: str) -> None:
    assert is_ambiguous(doubling(40, rule))
    assert not is_ambiguous(doubling(8, rule))
    with pytest.raises(RequestError, match="ways") as caught:
        sound_constraints({"grammar": doubling(40, rule)})
    assert caught.value.param == "grammar"


@pytest.mark.parametrize(
    "grammar",
    [
        'root ::= "yes" | "no"',
        'root ::= object\nvalue ::= object | array | "a"\nobject ::= "{" (value ("," value)*)? "}"\n'
        'array ::= "[" (value ("," value)*)? "]"\n',
        'root ::= "r0 ::= r1 | r1" [()|"]+ .*',
        'expr ::= term ("+" term)*\nterm ::= "(" expr ")" | [0-9]+\nroot ::= expr',
        "root ::= root | root",
        "root ::= ) ( |",
        "nonsense",
        "",
    ],
)
def test_others_are_the_engine_s_to_judge(grammar: str) -> None:
    assert not is_ambiguous(grammar)


def test_it_is_found_out_in_no_time() -> None:
    large = "root ::= r0\n" + "".join(f'r{i} ::= r{i + 1} "x" | "y"\n' for i in range(4000)) + 'r4000 ::= "a"\n'
    began = time.process_time()
    is_ambiguous(large)
    is_ambiguous("root ::= " + "(" * 200 + '"a"' + ")?" * 200)
    assert time.process_time() - began < 5
