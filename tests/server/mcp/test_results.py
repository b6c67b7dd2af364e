"""Results of tools: what is kept of them, and what the model gets."""

import json

import pytest

from studiolo.server.mcp.contract import Body
from studiolo.server.mcp.results import MOST_DATA, MOST_TEXT, make_result, message_content

PICTURE: Body = {"type": "image", "data": "AAAA", "mimeType": "image/png"}
SOUND: Body = {"type": "audio", "data": "AAAA" * 1000, "mimeType": "audio/wav"}
TEXT: Body = {"type": "text", "text": "It is <b>so</b>. [a](javascript:alert(1))"}


def test_a_text_is_a_text_for_the_model_and_markup_stays_text() -> None:
    assert message_content(make_result([TEXT]), sees=True) == TEXT["text"]


def test_a_picture_is_a_part_for_a_model_that_sees_and_is_named_for_others() -> None:
    result = make_result([TEXT, PICTURE])
    assert message_content(result, sees=True) == [
        {"type": "text", "text": TEXT["text"]},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
    ]
    assert message_content(result, sees=False) == f"{TEXT['text']}\n[picture: image/png, 1 KB]"


def test_a_picture_of_a_kind_that_no_model_reads_is_named() -> None:
    odd = {"type": "image", "data": "AAAA", "mimeType": "image/svg+xml"}
    assert message_content(make_result([odd]), sees=True) == "[picture: image/svg+xml, 1 KB]"


def test_structured_content_is_for_the_model_only_where_there_is_no_text() -> None:
    assert message_content(make_result([], {"a": 1}), sees=False) == '{"a": 1}'
    assert message_content(make_result([TEXT], {"a": 1}), sees=False) == TEXT["text"]


def test_sounds_files_and_links_are_named() -> None:
    file = {"type": "resource", "resource": {"uri": "file:///a.bin", "mimeType": "a/b", "blob": "AAAA"}}
    note = {"type": "resource", "resource": {"uri": "note://a", "text": "A note."}}
    link = {"type": "resource_link", "uri": "note://b", "name": "B", "description": "Of b.", "_meta": {"x": "y" * 9000}}
    result = make_result([SOUND, file, note, link])
    lines = ["[sound: audio/wav, 2 KB]", "[file:///a.bin: a/b, 1 KB]", "note://a:", "A note.", "[note://b: B; Of b.]"]
    assert message_content(result, sees=True) == "\n".join(lines)
    assert "_meta" not in result.output


@pytest.mark.parametrize(
    ("item", "left_out"),
    [
        ({"type": "text", "text": "x" * (MOST_TEXT + 7)}, "7 characters of text"),
        ({"type": "image", "data": "A" * (MOST_DATA + 1), "mimeType": "image/png"}, "1 pictures"),
        ({"type": "audio", "data": "A" * (3 << 20), "mimeType": "audio/wav"}, "1 sounds"),
        ({"type": "resource", "resource": {"uri": "a:b", "blob": "A" * (3 << 20)}}, "1 files"),
        ({"type": "resource", "resource": {"uri": "a:b", "text": "A" * (MOST_TEXT + 5)}}, "5 characters of text"),
    ],
)
def test_what_is_too_large_is_left_out_and_told(item: Body, left_out: str) -> None:
    result = make_result([item])
    assert result.cut == f"The result was too large: {left_out} were left out."
    assert len(result.output) < MOST_TEXT + 1000
    assert str(message_content(result, sees=True)).count(result.cut) == 1


def test_all_parts_together_have_one_limit() -> None:
    result = make_result([{"type": "text", "text": "x" * 60_000}] * 5)
    assert sum(len(item["text"]) for item in result.content) == MOST_TEXT
    many = make_result([{"type": "text", "text": "x"}] * 5000)
    assert len(many.content) == 200
    assert "4800 items" in (many.cut or "")


def test_large_structured_content_is_left_out() -> None:
    result = make_result([TEXT], {"a": "x" * MOST_TEXT})
    assert result.structured is None
    assert result.cut


def test_structured_content_that_is_no_object_is_put_into_one() -> None:
    assert make_result([], [1, 2]).structured == {"result": [1, 2]}


def test_half_a_character_does_not_stop_an_answer() -> None:
    result = make_result([{"type": "text", "text": "a\ud800b"}])
    assert json.loads(result.output.encode())[0]["text"] == "a?b"


def test_a_kind_that_nobody_knows_is_kept_as_text() -> None:
    assert json.loads(make_result([{"type": "hologram", "x": 1}]).content[0]["text"]) == {"type": "hologram", "x": 1}
