import json
import random

import pytest

from studiolo.server.chat.mending import MOST_CHARACTERS, WrittenCall, read_arguments, written_calls
from studiolo.server.chat.written_text import WrittenText

ADD = WrittenCall("add", {"a": 1, "b": 2})
ECHO = WrittenCall("echo", {"text": 'a "}" and, ]'})
ARGUMENTS = '{"a": 1, "b": 2}'
OTHER = json.dumps(ECHO.arguments)

WRITTEN = {
    "bare": (f'{{"name": "add", "arguments": {ARGUMENTS}}}', [ADD]),
    "parameters": (f'{{"name": "add", "parameters": {ARGUMENTS}}}', [ADD]),
    "function with a name": (f'{{"function": "add", "arguments": {ARGUMENTS}}}', [ADD]),
    "function inside": (f'{{"type": "function", "function": {{"name": "add", "arguments": {ARGUMENTS}}}}}', [ADD]),
    "tool": (f'{{"tool": "add", "args": {ARGUMENTS}}}', [ADD]),
    "tool_name": (f'{{"tool_name": "add", "parameters": {ARGUMENTS}}}', [ADD]),
    "tool_calls": (f'{{"tool_calls": [{{"name": "add", "arguments": {ARGUMENTS}}}]}}', [ADD]),
    "arguments first": (f'{{"arguments": {ARGUMENTS}, "name": "add"}}', [ADD]),
    "a list": (f'[{{"name": "add", "arguments": {ARGUMENTS}}}, {{"name": "echo", "arguments": {OTHER}}}]', [ADD, ECHO]),
    "one after the other": (
        f'{{"name": "add", "arguments": {ARGUMENTS}}}\n{{"name": "echo", "arguments": {OTHER}}}',
        [ADD, ECHO],
    ),
    "fenced": (f'```json\n{{"name": "add", "arguments": {ARGUMENTS}}}\n```', [ADD]),
    "fenced without a kind": (f'```\n{{"name": "add", "arguments": {ARGUMENTS}}}\n```\n', [ADD]),
    "fenced without an end": (f'```json\n{{"name": "add", "arguments": {ARGUMENTS}}}', [ADD]),
    "fenced as a call": (f'```tool_call\n{{"name": "add", "arguments": {ARGUMENTS}}}\n```', [ADD]),
    "arguments as a string": (json.dumps({"name": "add", "arguments": ARGUMENTS}), [ADD]),
    "arguments encoded twice": (json.dumps({"name": "add", "arguments": json.dumps(ARGUMENTS)}), [ADD]),
    "trailing commas": ('{"name": "add", "arguments": {"a": 1, "b": 2,},}', [ADD]),
    "no end tag": (f'<tool_call>\n{{"name": "add", "arguments": {ARGUMENTS}}}', [ADD]),
    "tags": (f'<tool_call>{{"name": "add", "arguments": {ARGUMENTS}}}</tool_call>', [ADD]),
    "several tags": (
        f'<tool_call>{{"name": "add", "arguments": {ARGUMENTS}}}\n</tool_call>\n'
        f'<tool_call>\n{{"name": "echo", "arguments": {OTHER}}}\n</tool_call>',
        [ADD, ECHO],
    ),
    "end tags missing in between": (
        f'<tool_call>{{"name": "add", "arguments": {ARGUMENTS}}}\n'
        f'<tool_call>{{"name": "echo", "arguments": {OTHER}}}</tool_call>',
        [ADD, ECHO],
    ),
    "brackets cut off in a tag": ('<tool_call>{"name": "add", "arguments": {"a": 1, "b": 2}', [ADD]),
    "two brackets cut off": ('<tool_call>{"name": "add", "arguments": {"a": 1, "b": 2', [ADD]),
    "a tag without arguments": ('<tool_call>{"name": "now"}</tool_call>', [WrittenCall("now", {})]),
    "function_call": (f'<function_call>{{"name": "add", "arguments": {ARGUMENTS}}}</function_call>', [ADD]),
    "function=": (f"<function=add>{ARGUMENTS}</function>", [ADD]),
    "function= in a tag": (f"<tool_call>\n<function=add>{ARGUMENTS}</function>\n</tool_call>", [ADD]),
    "function= without an end": (f"<function=add>{ARGUMENTS}", [ADD]),
    "python_tag with JSON": (f'<|python_tag|>{{"name": "add", "parameters": {ARGUMENTS}}}<|eom_id|>', [ADD]),
    "python_tag, several": (
        f'<|python_tag|>{{"name": "add", "parameters": {ARGUMENTS}}}; {{"name": "echo", "parameters": {OTHER}}}',
        [ADD, ECHO],
    ),
    "python_tag with Python": ("<|python_tag|>add.call(a=1, b=2)", [ADD]),
    "Mistral's list": (f'[TOOL_CALLS] [{{"name": "add", "arguments": {ARGUMENTS}}}]', [ADD]),
    "Mistral's names": (f"[TOOL_CALLS]add{ARGUMENTS}[TOOL_CALLS]echo[ARGS]{OTHER}", [ADD, ECHO]),
    "pythonic": ("[add(a=1, b=2), echo(text='a \"}\" and, ]')]", [ADD, ECHO]),
    "Gemma's": ("```tool_code\nadd(a=1, b=2)\n```", [ADD]),
    "Gemma's, printed": ("```tool_code\nprint(add(a=1, b=2))\n```", [ADD]),
    "blank around": (f'\n\n  {{"name": "add", "arguments": {ARGUMENTS}}}  \n', [ADD]),
}

TEXTS = {
    "nothing": "",
    "prose": "The sum is 3.",
    "another tool": f'{{"name": "subtract", "arguments": {ARGUMENTS}}}',
    "one of two unknown": f'[{{"name": "add", "arguments": {ARGUMENTS}}}, {{"name": "rm", "arguments": {{}}}}]',
    "an object with a name": '{"name": "add", "age": 3}',
    "a name alone": '{"name": "add"}',
    "an object with more in it": f'{{"name": "add", "arguments": {ARGUMENTS}, "price": 3}}',
    "arguments that are a list": '{"name": "add", "arguments": [1, 2]}',
    "arguments that are prose": '{"name": "add", "arguments": "one and two"}',
    "prose before": f'I would write {{"name": "add", "arguments": {ARGUMENTS}}}',
    "prose after": f'{{"name": "add", "arguments": {ARGUMENTS}}}\n\nThat is how it is called.',
    "an example between prose": (
        f'You call it so:\n\n```json\n{{"name": "add", "arguments": {ARGUMENTS}}}\n```\n\nIt gives 3.'
    ),
    "a fence with prose after": f'```json\n{{"name": "add", "arguments": {ARGUMENTS}}}\n```\nThat is the form.',
    "a tag in an example": (
        f'The form:\n```xml\n<tool_call>\n{{"name": "add", "arguments": {ARGUMENTS}}}\n</tool_call>\n```'
    ),
    "a tag in the middle of a line": f'Write <tool_call>{{"name": "add", "arguments": {ARGUMENTS}}}</tool_call>',
    "a tag with prose after": f'<tool_call>{{"name": "add", "arguments": {ARGUMENTS}}}</tool_call> is the form.',
    "Python with an expression": "[add(a=1 + open('x'), b=2)]",
    "Python with places": "[add(1, 2)]",
    "a program": "```python\nadd(a=1, b=2)\n```",
    "a link": "[add(a=1)](https://example.org) is documented there.",
    "a list of numbers": "[1, 2, 3]",
    "a task list": "[ ] buy milk\n[x] add(a=1)",
    "cut off in a string": '<tool_call>{"name": "echo", "arguments": {"text": "a lo',
    "cut off after a colon": '<tool_call>{"name": "echo", "arguments":',
    "cut off without a tag": '{"name": "add", "arguments": {"a": 1, "b": 2}',
    "far too deep": '{"name": "add", "arguments": ' + "[" * 20_000,
    "Python far too deep": "[add(a=" + "(" * 5000 + ")]",
    "an empty tag": "<tool_call></tool_call>",
    "a tag alone": "<tool_call>",
    "braces": "{{{{",
    "a template": "{% if name %}",
    "HTML": "<table><tr><td>1</td></tr></table>",
    "the beginning of a tag": "<tool_ca",
}


def knows(name: str) -> bool:
    return name in ("add", "echo", "now")


def streamed(text: str, seed: int) -> tuple[str, list[WrittenCall]]:
    chance = random.Random(seed)
    written, out = WrittenText(knows), ""
    while text:
        size = chance.randint(1, 1 + seed % 17)
        out, text = out + written.feed(text[:size]), text[size:]
    return out + written.finish(), written.calls


@pytest.mark.parametrize("kind", WRITTEN)
def test_a_call_that_is_written_as_text_is_read(kind: str) -> None:
    text, calls = WRITTEN[kind]
    assert written_calls(text, knows) == calls
    for seed in range(40):
        assert streamed(text, seed) == ("", calls)


@pytest.mark.parametrize("kind", TEXTS)
def test_what_is_not_certainly_a_call_stays_text_and_nothing_of_it_is_lost(kind: str) -> None:
    for seed in range(40):
        assert streamed(TEXTS[kind], seed) == (TEXTS[kind], [])


@pytest.mark.parametrize("kind", [kind for kind, (text, _) in WRITTEN.items() if text.startswith(("<", "[T"))])
def test_a_tag_that_begins_a_line_is_a_call_after_prose(kind: str) -> None:
    text, calls = WRITTEN[kind]
    for seed in range(40):
        out, read = streamed(f"Let me add them.\n\n{text}", seed)
        assert (out.rstrip(), read) == ("Let me add them.", calls)


@pytest.mark.parametrize(
    ("pieces", "passed"),
    [
        (["The ", "sum"], ["The ", "sum"]),
        (['{"', "na", 'me": "Ann"'], ["", "", ""]),
        (['{"', "age", '": 3}'], ["", "", '{"age": 3}']),
        (["<", "b>", "bold"], ["", "<b>", "bold"]),
        (["```", "python", "\nprint"], ["", "", ""]),
        (["```", "rust", "\nfn", " main"], ["", "", "```rust\nfn", " main"]),
        (["a\n", "<", "tool", "tip"], ["a\n", "", "", "<tooltip"]),
        (['{"name": "add", "arguments": {}}', "\n", "Then"], ["", "", '{"name": "add", "arguments": {}}\nThen']),
        (["[", "1", ", 2"], ["", "[1", ", 2"]),
    ],
)
def test_text_is_held_back_only_as_long_as_it_may_be_a_call(pieces: list[str], passed: list[str]) -> None:
    written = WrittenText(knows)
    assert [written.feed(piece) for piece in pieces] == passed


def test_a_call_that_the_limit_of_tokens_cut_off_is_text() -> None:
    written = WrittenText(knows)
    text = '<tool_call>{"name": "add", "arguments": {"a": 1, "b": 2'
    assert written.feed(text) + written.finish(complete=False) == text
    assert written.calls == []


def test_what_is_longer_than_a_call_may_be_goes_on_while_it_comes() -> None:
    written = WrittenText(knows)
    text = '{"name": "echo", "arguments": {"text": "' + "x" * MOST_CHARACTERS
    assert written.feed(text) == text


def test_a_long_text_takes_time_by_its_length_alone() -> None:
    written = WrittenText(knows)
    text = "word " * 200_000 + "\n" * 10_000
    assert "".join(written.feed(text[at : at + 4]) for at in range(0, len(text), 4)) + written.finish() == text


@pytest.mark.parametrize("seed", range(300))
def test_any_mixture_of_pieces_comes_out_as_it_went_in_unless_it_is_a_call(seed: int) -> None:
    chance = random.Random(seed)
    parts = [
        "<tool_call>",
        "</tool_call>",
        "\n",
        "```",
        "json\n",
        '{"name": "add"',
        ", ",
        '"arguments": {}',
        "}",
        "[",
        "x",
    ]
    text = "".join(chance.choice(parts) for _ in range(chance.randint(1, 14)))
    out, calls = streamed(text, seed)
    assert out == text if not calls else text.startswith(out)


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("", {}),
        ("{}", {}),
        (ARGUMENTS, ADD.arguments),
        (json.dumps(ARGUMENTS), ADD.arguments),
        ('{"a": 1, "b": 2,}', ADD.arguments),
        ('{"text": "a,}"}', {"text": "a,}"}),
        ("[1]", None),
        ("3", None),
        ("null", None),
        ("a sum", None),
        ('{"a": ', None),
    ],
)
def test_arguments_are_read_where_they_are_an_object(text: str, arguments: dict[str, object] | None) -> None:
    assert read_arguments(text) == arguments
