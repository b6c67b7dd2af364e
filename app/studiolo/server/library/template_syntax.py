"""The marks of a chat template, which is written in Jinja's language: whether each that is opened is closed.

What is within them is for the engine to judge, which it does once the model is loaded; this finds in a moment what
would only be told after minutes of loading.
"""

import re

_MARK = re.compile(r"{%|{{|{#")
_ENDS = {"{%": "%}", "{{": "}}"}
_TEXT = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)
_WORD = re.compile(r"[-+]?\s*([A-Za-z_]+)(.*)", re.DOTALL)
_BLOCKS = {"if", "for", "macro", "call", "filter", "generation", "with", "block"}
"""What has an end of its own. `set` has one where it has no value; generation is Hugging Face's."""
_WITHIN = {"else": {"if", "for"}, "elif": {"if"}}
_RAW, _END_RAW = re.compile(r"[-+]?\s*raw\s*[-+]?"), re.compile(r"{%[-+]?\s*endraw\s*[-+]?%}")
_MOST_BLOCKS = 100_000


def template_mistake(template: str) -> str:
    """Return what is wrong with the marks of a template, as the end of a sentence; empty for nothing."""
    open_blocks: list[tuple[str, int]] = []
    at, line = 0, 1
    for _ in range(_MOST_BLOCKS):
        mark = _MARK.search(template, at)
        if mark is None:
            break
        line += template.count("\n", at, mark.start())
        if mark[0] == "{#":
            end = template.find("#}", mark.end())
            if end < 0:
                return f"the comment in line {line} has no end"
            at, line = end + 2, line + template.count("\n", mark.start(), end)
            continue
        end = _end_of(template, mark.end(), _ENDS[mark[0]])
        if end < 0:
            return f"'{mark[0]}' in line {line} has no '{_ENDS[mark[0]]}'"
        if mark[0] == "{%" and _RAW.fullmatch(template[mark.end() : end]):
            # What is between these is text, whatever it looks like.
            raw_end = _END_RAW.search(template, end)
            if raw_end is None:
                return f"'raw' in line {line} has no 'endraw'"
            at, line = raw_end.end(), line + template.count("\n", mark.start(), raw_end.end())
            continue
        if mark[0] == "{%" and (mistake := _entered(template[mark.end() : end], line, open_blocks)):
            return mistake
        at, line = end + 2, line + template.count("\n", mark.start(), end)
    if open_blocks:
        name, line = open_blocks[-1]
        return f"'{name}' in line {line} has no 'end{name}'"
    return ""


def _end_of(template: str, at: int, end: str) -> int:
    """Return where a mark ends, past the texts in quotes that it holds; -1 where it does not."""
    while at < len(template):
        if template.startswith(end, at):
            return at
        if template[at] in "'\"":
            text = _TEXT.match(template, at)
            if text is None:
                return -1
            at = text.end()
        else:
            at += 1
    return -1


def _entered(inner: str, line: int, open_blocks: list[tuple[str, int]]) -> str:
    """Take note of a statement. Returns what is wrong with it."""
    word = _WORD.match(inner)
    name = word[1] if word else ""
    within = open_blocks[-1][0] if open_blocks else ""
    if name.startswith("end"):
        if name.removeprefix("end") != within:
            return f"'{name}' in line {line} ends nothing"
        open_blocks.pop()
    elif name in _BLOCKS or (name == "set" and word and "=" not in word[2]):
        open_blocks.append((name, line))
    elif name in _WITHIN and within not in _WITHIN[name]:
        return f"'{name}' in line {line} belongs to nothing"
    elif not name:
        return f"'{inner.strip()[:20]}' in line {line} is no statement"
    return ""
