"""What tools return is taken apart for a reader, whatever it is; what a schema asks for becomes fields."""

import base64
import json
from typing import Any

import pytest

from studiolo.desktop.history.exporting import as_html, as_markdown
from studiolo.desktop.history.parts import ToolPart, parts_from_json, parts_to_json
from studiolo.desktop.history.records import Chat, StoredMessage
from studiolo.desktop.widgets.schema_fields import FieldError, fields_of, value_of
from studiolo.desktop.widgets.tool_content import ResultImage, ResultText, output_text, result_pieces

DOT = base64.b64encode(b"\x89PNG").decode()


def test_texts_that_follow_each_other_are_one_and_json_is_indented() -> None:
    content = [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}, {"type": "text", "text": '{"a":1}'}]
    assert result_pieces(json.dumps(content)) == [ResultText("one\n\ntwo"), ResultText('{\n  "a": 1\n}', json=True)]


def test_images_are_pictures_but_for_kinds_that_may_load_or_run_something() -> None:
    content = [
        {"type": "image", "mimeType": "image/png", "data": DOT},
        {"type": "image", "mimeType": "image/svg+xml", "data": DOT},
        {"type": "image", "mimeType": "image/png", "data": "not base64!"},
        {"type": "audio", "mimeType": "audio/wav", "data": DOT},
    ]
    first, rest = result_pieces(json.dumps(content))
    assert first == ResultImage(b"\x89PNG", "image/png")
    assert rest == ResultText("[image/svg+xml]\n\n[image/png]\n\n[audio/wav]")


def test_resources_are_named_and_their_text_is_shown() -> None:
    content = [
        {"type": "resource_link", "name": "One", "uri": "note://one"},
        {"type": "resource", "resource": {"uri": "note://two", "text": "Two."}},
        {"type": "resource", "resource": {"uri": "bin://x", "mimeType": "application/x", "blob": "AAAA"}},
    ]
    assert output_text(json.dumps(content)) == "One note://one\n\nnote://two\nTwo.\n\n[application/x] bin://x"


@pytest.mark.parametrize(
    "output", ["", "plain", "[1, 2", "[" * 100_000, '[{"type": 3}]', "null", '[{"type":"text"}]', "{"]
)
def test_anything_at_all_can_be_shown(output: str) -> None:
    assert all(isinstance(piece, ResultText) for piece in result_pieces(output))
    assert isinstance(output_text(output), str)


def test_exports_have_results_as_text_and_pictures_and_nothing_in_them_acts() -> None:
    evil = "<script>alert(1)</script>\n```\nout of the fence"
    content = [{"type": "text", "text": evil}, {"type": "image", "mimeType": "image/png", "data": DOT}]
    raw = parts_to_json([ToolPart("look", "{}", json.dumps(content), server="mcp/files", seconds=0.5, approval="once")])
    chat = Chat(1, "Tools", None, 0.0, 0.0, leaf=1)
    messages = {1: StoredMessage(1, None, "assistant", raw, 0.0)}
    page = as_html(chat, messages)
    assert "<script>" not in page
    assert f'src="data:image/png;base64,{DOT}"' in page
    assert "````\n" in as_markdown(chat, messages)


@pytest.mark.parametrize("field", [{"output": 5}, {"seconds": "long"}, {"approval": None}, {"failed": "yes"}])
def test_a_kept_call_that_is_damaged_makes_no_chat_unreadable(field: dict[str, Any]) -> None:
    [part] = parts_from_json(json.dumps([{"type": "tool", "name": "look", **field}]))
    assert not isinstance(part, ToolPart)
    assert parts_to_json([part])


def one(schema: dict[str, Any], *, required: bool = False) -> Any:
    [field] = fields_of({"properties": {"x": schema}, "required": ["x"] if required else []})
    return field


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ({"type": "string"}, "text"),
        ({"type": ["string", "null"]}, "text"),
        ({"type": "integer"}, "integer"),
        ({"type": "boolean"}, "boolean"),
        ({"enum": ["a", 1]}, "choice"),
        ({"type": "string", "oneOf": [{"const": "a", "title": "A"}]}, "choice"),
        ({"type": "array", "items": {"enum": ["a", "b"]}}, "choices"),
        ({"type": "array", "items": {"anyOf": [{"const": "a", "title": "A"}]}}, "choices"),
        ({"type": "array", "items": {"type": "string"}}, "json"),
        ({"type": "object"}, "json"),
        ({"$ref": "#/$defs/node"}, "json"),
        ({}, "json"),
        ({"type": ["string", "integer"]}, "json"),
    ],
)
def test_every_kind_of_schema_has_a_field(schema: dict[str, Any], kind: str) -> None:
    assert one(schema).kind == kind


@pytest.mark.parametrize(
    ("schema", "written", "value"),
    [
        ({"type": "integer"}, "3", 3),
        ({"type": "number"}, "3.5", 3.5),
        ({"type": "number"}, "3,5", 3.5),
        ({"type": "number"}, "2", 2),
        ({"type": "string"}, "", None),
        ({"type": "boolean"}, False, False),
        ({"enum": ["a"]}, None, None),
        ({"type": "array", "items": {"enum": ["a", "b"]}}, ["a"], ["a"]),
        ({"type": "object"}, '{"a": [1]}', {"a": [1]}),
    ],
)
def test_what_was_written_becomes_the_value_that_the_schema_wants(
    schema: dict[str, Any], written: Any, value: Any
) -> None:
    found = value_of(one(schema), written)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("schema", "written"),
    [
        ({"type": "integer"}, "3.5"),
        ({"type": "integer"}, "many"),
        ({"type": "number"}, "nan"),
        ({"type": "number"}, "1e999"),
        ({"type": "number", "minimum": 2}, "1"),
        ({"type": "number", "maximum": 2}, "3"),
        ({"type": "string", "minLength": 2}, "a"),
        ({"type": "string", "maxLength": 2}, "abc"),
        ({"type": "string", "format": "email"}, "nobody"),
        ({"type": "string", "format": "uri"}, "here"),
        ({"type": "array", "items": {"enum": ["a", "b"]}, "maxItems": 1}, ["a", "b"]),
        ({"type": "object"}, "{"),
        ({"type": "object"}, "[" * 100_000),
    ],
)
def test_a_wrong_value_is_told_in_words(schema: dict[str, Any], written: Any) -> None:
    with pytest.raises(FieldError) as error:
        value_of(one(schema), written)
    assert str(error.value)


def test_what_is_needed_may_be_an_empty_text_but_nothing_else_empty() -> None:
    assert value_of(one({"type": "string"}, required=True), "") == ""
    for schema in ({"type": "string", "minLength": 1}, {"type": "integer"}, {"enum": ["a"]}, {"type": "object"}):
        with pytest.raises(FieldError):
            value_of(one(schema, required=True), "")


@pytest.mark.parametrize(
    "schema",
    [None, {}, {"properties": 3}, {"properties": {"x": 3}, "required": "x"}, {"properties": {}, "required": [1]}],
)
def test_a_schema_that_is_none_makes_no_trouble(schema: Any) -> None:
    assert isinstance(fields_of(schema), list)


def test_a_schema_of_thousands_makes_a_form_that_can_be_shown() -> None:
    assert len(fields_of({"properties": {f"x{number}": {"type": "string"} for number in range(10_000)}})) == 100
