"""What chat templates do when nobody says whether to think, in the ways that they are written."""

import time

import pytest

from studiolo.server.library.thinking import thinks_by_default

ON = [
    "{%- if enable_thinking is defined and enable_thinking is false %}{{- '<think>\\n\\n</think>' }}{%- endif %}",
    "{% if add_generation_prompt and enable_thinking is defined and not enable_thinking %}<think></think>{% endif %}",
    "{%- if enable_thinking is not defined -%}{%- set enable_thinking = true -%}{%- endif -%}{{ enable_thinking }}",
    "{%- set enable_thinking = enable_thinking if enable_thinking is defined else True %}{{ enable_thinking }}",
    "{{- '/nothink' if (enable_thinking is defined and not enable_thinking and not x.endswith('/nothink')) else '' -}}",
    "{% if enable_thinking | default(true) %}<think>{% endif %}",
    "{% if enable_thinking is not defined or enable_thinking %}<think>{% endif %}",
    "{% if not (enable_thinking is defined and enable_thinking == false) %}<think>{% endif %}",
    "{% if enable_thinking != false %}<think>{% endif %}",
    "{% if enable_thinking is sameas false %}{% else %}<think>{% endif %}",
]
OFF = [
    "{% if enable_thinking %}<think>{% endif %}",
    "{%- if enable_thinking is defined and enable_thinking is true %}<think>\\n{%- else %}<think></think>{%- endif %}",
    "{% if not enable_thinking is defined %}{% set enable_thinking = false %}{% endif %}{{ enable_thinking }}",
    "{%- set enable_thinking = enable_thinking if enable_thinking is defined else false %}{{ enable_thinking }}",
    "{{ '<think>' if enable_thinking else '<think></think>' }}",
    "{% if enable_thinking|default(false) %}<think>{% endif %}",
    "{% if add_generation_prompt %}{% if tools and (enable_thinking == true) %}<think>{% endif %}{% endif %}",
    "{% if not enable_thinking %}<think></think>{% endif %}",
    "{% if namespace(a=1) and enable_thinking is sameas(true) %}<think>{% endif %}",
]


@pytest.mark.parametrize(("template", "on"), [(one, True) for one in ON] + [(one, False) for one in OFF])
def test_the_default_is_what_the_template_does_without_the_variable(template: str, on: bool) -> None:
    assert thinks_by_default(template) is on


@pytest.mark.parametrize(
    "template",
    [
        "enable_thinking",
        "{% if enable_thinking",
        "{% if ((((enable_thinking %}",
        "{% endif %}{% elif enable_thinking %}",
        "{% if " + "enable_thinking and (" * 40 + "%}",
        "{% if " + "(" * 50_000 + "enable_thinking %}",
        "{% if enable_thinking " * 20_000,
        "{{ 'x' if " * 20_000 + "enable_thinking",
        "{% if " + "not " * 200 + "enable_thinking %}",
        "{%- set enable_thinking = %}" * 5000,
    ],
    ids=range(10),
)
def test_no_template_takes_long_or_breaks_it(template: str) -> None:
    began = time.thread_time()
    assert thinks_by_default(template) in (True, False)
    assert time.thread_time() - began < 1
