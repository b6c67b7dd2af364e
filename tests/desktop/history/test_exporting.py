"""Chats as files: what was said is all there, and nothing in it is trusted."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from studiolo.desktop.history.exporting import as_html, as_json, as_markdown, export
from studiolo.desktop.history.parts import Part, ReasoningPart, TextPart, ToolPart, parts_to_json
from studiolo.desktop.history.records import Chat, Role, StoredMessage

ANSWER = "It is **easy**:\n\n```python\nx = 1 < 2\n```\n\n<script>alert(1)</script> ![cat](http://example.org/cat.png)"


def message(
    number: int,
    parent: int | None,
    role: Role,
    parts: list[Part],
    *,
    model: str = "",
    details: Mapping[str, object] | None = None,
) -> StoredMessage:
    return StoredMessage(
        number, parent, role, parts_to_json(parts), 1_700_000_000.0, model=model, details=details or {}
    )


CHAT = Chat(7, "Plans & more", None, 1_700_000_000.0, 1_700_000_000.0, leaf=3, tags=("travel",))
MESSAGES = {
    one.id: one
    for one in (
        message(1, None, "user", [TextPart("Where to? 你好")]),
        message(2, 1, "assistant", [TextPart("Elsewhere")], model="m"),
        message(
            3,
            1,
            "assistant",
            [ReasoningPart("hm\nhm", 2.0), ToolPart("search", '{"q": 1}', "found"), TextPart(ANSWER)],
            model="acme/tiny",
            details={"stats": {"input_tokens": 3}},
        ),
    )
}


def test_markdown_has_the_branch_in_sight() -> None:
    text = as_markdown(CHAT, MESSAGES)
    assert text.startswith("# Plans & more\n\n## You\n\nWhere to? 你好\n")
    assert "## acme/tiny" in text
    assert "> hm\n> hm" in text
    assert ANSWER in text
    assert "Elsewhere" not in text


def test_html_is_whole_and_harmless() -> None:
    text = as_html(CHAT, MESSAGES)
    assert "<title>Plans &amp; more</title>" in text
    assert "<script" not in text
    assert "<img" not in text
    assert "src=" not in text
    assert "<strong>easy</strong>" in text
    assert "<span style=" in text, "code has its colours with it"
    assert "&lt;" in text


def test_json_has_everything() -> None:
    whole = json.loads(as_json(CHAT, MESSAGES))
    assert (whole["title"], whole["leaf"], whole["tags"]) == ("Plans & more", 3, ["travel"])
    assert [one["id"] for one in whole["messages"]] == [1, 2, 3]
    last = whole["messages"][-1]
    assert last["parts"][0] == {"type": "reasoning", "text": "hm\nhm", "seconds": 2.0}
    assert last["details"] == {"stats": {"input_tokens": 3}}


def test_what_could_not_be_read_is_exported_as_it_is() -> None:
    broken = {1: StoredMessage(1, None, "user", "{ broken", 0.0)}
    assert json.loads(as_json(CHAT, broken))["messages"][0]["parts"] == "{ broken"
    assert as_html(Chat(1, "t", None, 0, 0, leaf=1), broken)


@pytest.mark.parametrize(("name", "begins"), [("a.md", "# Plans"), ("a.html", "<!doctype"), ("a.json", "{")])
def test_the_suffix_tells_the_format(tmp_path: Path, name: str, begins: str) -> None:
    export(CHAT, MESSAGES, tmp_path / name)
    assert (tmp_path / name).read_text(encoding="utf-8").startswith(begins)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_formulas_are_drawn_within_the_page() -> None:
    said = "So $x^2$ and\n\n$$\\frac{1}{2}$$\n\nnot $\\frac{1}$."
    one = message(1, None, "assistant", [TextPart(said)])
    page = as_html(Chat(1, "Sums", None, 0.0, 0.0, leaf=1), {1: one})
    assert page.count("<svg ") == 2
    assert 'aria-label="x^2"' in page
    assert "<code>$\\frac{1}$</code>" in page
    assert "http" not in page.replace("http://www.w3.org", "")
