"""Task lists: a box takes the place of the bullet."""

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore

_BOXES = {"[ ] ": "☐ ", "[x] ": "☑ ", "[X] ": "☑ "}


def task_lists(parser: MarkdownIt) -> None:
    """Teach `parser` that `- [ ]` and `- [x]` are tasks."""
    parser.core.ruler.push("tasks", _mark)


def _mark(state: StateCore) -> None:
    for item, paragraph, text in zip(state.tokens, state.tokens[1:], state.tokens[2:], strict=False):
        if (item.type, paragraph.type) != ("list_item_open", "paragraph_open") or not text.children:
            continue
        first = text.children[0]
        box = _BOXES.get(first.content[:4]) if first.type == "text" else None
        if box:
            first.content = box + first.content[4:]
            item.attrSet("style", "list-style-type: none; text-indent: -18px")
