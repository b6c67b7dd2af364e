"""Marks of chat templates: what is whole passes, and what is not is named with its line."""

import time

import pytest

from studiolo.server.library.capabilities import chat_template
from studiolo.server.library.gguf import read_header
from studiolo.server.library.template_syntax import template_mistake
from tests.stands.starter import starter_model
from tests.stands.template_model import EFFORT, REASONING, TOOLS
from tests.stands.tiny_model import CHAT_TEMPLATE

WHOLE = [
    "",
    "plain text with } and % and {",
    "{{ '}}' + \"%}\" }}{# {% if #}",
    "{%- set ns = namespace(a=1) -%}{% set text %}x{% endset %}",
    "{% macro f(x) %}{{ x }}{% endmacro %}{% for m in messages if m.role %}{% else %}{% break %}{% endfor %}",
    "{% raw %}{% if {{ {% endraw %}",
    "{%- generation %}{{ x }}{%- endgeneration %}",
    "{% if a %}{% elif b %}{% else %}{% endif %}",
    "{{ {'a': {'b': 1}}['a'] }}",
]
BROKEN = [
    ("{% if a %}", "'if' in line 1 has no 'endif'"),
    ("\n\n{% endif %}", "'endif' in line 3 ends nothing"),
    ("{% for a in b %}{% endif %}", "'endif' in line 1 ends nothing"),
    ("a\n{{ b", "'{{' in line 2 has no '}}'"),
    ("{{ 'b }}", "'{{' in line 1 has no '}}'"),
    ("{# b", "the comment in line 1 has no end"),
    ("{% else %}", "'else' in line 1 belongs to nothing"),
    ("{% raw %}", "'raw' in line 1 has no 'endraw'"),
    ("{% %}", "'' in line 1 is no statement"),
]


@pytest.mark.parametrize("template", WHOLE)
def test_what_is_whole_passes(template: str) -> None:
    assert template_mistake(template) == ""


def test_templates_that_models_have_pass() -> None:
    for template in (TOOLS, REASONING, EFFORT, CHAT_TEMPLATE, chat_template(read_header(starter_model()))):
        assert template_mistake(template) == ""


@pytest.mark.parametrize(("template", "mistake"), BROKEN)
def test_what_is_not_is_named_with_its_line(template: str, mistake: str) -> None:
    assert template_mistake(template) == mistake


@pytest.mark.parametrize("piece", ["{% if", "{{ '", "{#", "{% if a %}", "{{", "\n{{ a }}", "{% set a", '{{ "\\'])
def test_no_template_takes_long(piece: str) -> None:
    began = time.process_time()
    template_mistake(piece * (131_072 // len(piece)))
    assert time.process_time() - began < 2
