"""Calls of a conversation, as the engine gets them: always an object, whatever a model or a program wrote."""

import json
import time
import tracemalloc

import pytest

from studiolo.server.chat.calls import arguments_text


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ('{"a": "\\ud83d"}', {"a": "\ufffd"}),
        ('{"\\udc00": 1}', {"\ufffd": 1}),
        ('{"a": "\\ud83d\\ude00"}', {"a": "\U0001f600"}),
        ('{"a": "' + "x" * 100_000 + '\\ud83d"}', {"a": "x" * 100_000 + "\ufffd"}),
    ],
)
def test_half_an_emoji_in_the_arguments_is_replaced(written: str, read: dict[str, object]) -> None:
    text = arguments_text(written)
    text.encode()
    assert json.loads(text) == read


@pytest.mark.parametrize("written", ["[" * 900 + "]" * 900, '{"a":' * 5000 + "1" + "}" * 5000, "1" * 5000, "{"])
def test_arguments_that_can_not_be_read_are_shown_as_they_are(written: str) -> None:
    assert json.loads(arguments_text(written)) == {"arguments": written}


def test_millions_of_values_in_a_text_are_not_unpacked() -> None:
    written = "[" + "[]," * 3_000_000 + "[]]"
    began = time.process_time()
    tracemalloc.start()
    text = arguments_text(written)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert json.loads(text) == {"arguments": written}
    assert peak < 6 * len(written)
    assert time.process_time() - began < 5
