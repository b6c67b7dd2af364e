"""A docstring begins with a whole sentence: which ones begin with a fragment, as far as words can tell."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

_APP = Path(__file__).parents[1] / "app" / "studiolo"

_PHRASES = re.compile(
    r"About|Above|After|As|At|Before|Behind|Below|By|For|From|How|In|Like|Of|On|Raises|Until|While|Whom|"
    r"Whose|With|Within|Without"
)
"""Words that begin no sentence about what a function does, whatever it gives back."""
_NOUNS = re.compile(
    r"A|All|An|Another|Any|Code|Each|Empty|Every|Everything|It|Itself|Its|Key|Line|No|None|Nothing|One|"
    r"Our|Several|So|Some|Something|Text|That|The|These|This|Those|To|What|When|Where|Whether|Which|Who|"
    r"Whoever|Why"
)
"""Words with which a function that gives something back would name the thing, instead of saying that it returns it."""


def test_public_functions_begin_with_what_they_do() -> None:
    functions = [(file, function) for file in sorted(_APP.rglob("*.py")) for function in _public_functions(file)]
    assert len(functions) > 1500
    fragments = [
        f"{file.relative_to(_APP)}:{function.lineno} {ast.get_docstring(function)!r:.80}"
        for file, function in functions
        if _is_fragment(ast.get_docstring(function) or "", returns=_gives_back(function))
    ]
    assert not fragments, "say it as a sentence: `Return the …`, `Show …`"


@pytest.mark.parametrize(
    ("docstring", "returns", "fragment"),
    [
        ("The settings in force.", True, True),
        ("Characters, about.", True, True),
        ("name: of the model.", False, True),
        ("`text` without its end.", True, True),
        ("ISO 8601 in UTC.", True, True),
        ("Raises StorageError.", False, True),
        ("From now on.", False, True),
        ("Return the settings in force.", True, False),
        ("Pass on what came.", True, False),
        ("Estimate the memory.", True, False),
        ("Another conversation is in sight.", False, False),
        ("The person closed the window.", False, False),
    ],
)
def test_a_fragment_is_told_from_a_sentence(docstring: str, returns: bool, fragment: bool) -> None:
    assert _is_fragment(docstring, returns=returns) is fragment


def _public_functions(file: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield those of the module and of its classes; a function within a function is nobody else's."""
    waiting: list[ast.AST] = [ast.parse(file.read_text(encoding="utf-8"))]
    while waiting:
        for node in ast.iter_child_nodes(waiting.pop()):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                waiting.append(node)
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
                yield node


def _gives_back(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return not (isinstance(function.returns, ast.Constant) and function.returns.value is None)


def _is_fragment(docstring: str, *, returns: bool) -> bool:
    if not docstring:
        return False
    first = docstring.split()[0].rstrip(",.;")
    if re.match(r"`?\w+`?:\s", docstring) or _PHRASES.fullmatch(first):
        return True
    is_plural = first.endswith("s") and not first.endswith("ss")
    return returns and (bool(_NOUNS.fullmatch(first)) or is_plural or first.isupper() or not first[0].isupper())
