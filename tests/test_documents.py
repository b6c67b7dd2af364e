"""What the documents name is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "CONTRIBUTING.md", ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_PATH = re.compile(r"`((?:[a-z_]+/)+(?:[a-z_]+\.(?:py|ts|md|txt))?)`")
_MODULE = re.compile(r"`([a-z_]+\.py|(?:[a-z_]+/)+[a-z_]+)`")
_MEMBER = re.compile(r"`([A-Z]\w+)\.([a-z]\w+)`")
_LINK = re.compile(r"\]\(([^):#]+)\)")
_BASES = (
    *(ROOT, ROOT / "app/studiolo", ROOT / "app/studiolo/desktop", ROOT / "app/studiolo/server"),
    *(
        ROOT / "app/studiolo/desktop/chat",
        ROOT / "app/studiolo/desktop/history",
        ROOT / "app/studiolo/server/downloads",
        ROOT / "tests/server",
        ROOT / "tests/server/http",
        ROOT / "tests",
    ),
)
"""Where a path may begin, which the text around it says."""
_KEPT = ("config/", "data/", "logs/", "run/")
"""Folders of what the program keeps."""
_NO_MODULES = {"mcp/playwright", "publisher/name", "server/discover"}
"""Names of others: of a server, of a model, of a method."""
_FILES = {file.name for folder in ("app", "tests") for file in (ROOT / folder).rglob("*.py")}
_SOURCES = [file.read_text(encoding="utf-8") for file in (ROOT / "app").rglob("*.py")]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: file.name)
def test_every_path_in_it_exists(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    named = {path for path in _PATH.findall(text) if not path.startswith(_KEPT)}
    missing = {path for path in named if not any((base / path).exists() for base in _BASES)}
    missing |= {link for link in _LINK.findall(text) if not (document.parent / link).exists()}
    assert not missing


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: file.name)
def test_every_module_and_member_in_it_exists(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    missing = {
        module
        for module in set(_MODULE.findall(text)) - _NO_MODULES
        if not any((base / path).exists() for base in _BASES for path in (module, f"{module}.py"))
        # A file alone is one of the folder that the text is about.
        and module not in _FILES
    }
    for kind, member in _MEMBER.findall(text):
        sources = [source for source in _SOURCES if re.search(rf"^class {kind}\b", source, re.MULTILINE)]
        if not any(re.search(rf"\b{member}\b", source) for source in sources):
            missing.add(f"{kind}.{member}")
    assert not missing


def test_every_section_that_the_code_cites_is_there() -> None:
    text = (ROOT / "docs/api.md").read_text(encoding="utf-8")
    there = {int(number) for number in re.findall(r"^## (\d+)\. ", text, re.MULTILINE)}
    code = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "app/studiolo").rglob("*.py"))
    cited = {
        int(number)
        for text in re.findall(r"spec sections? (\d+(?:(?: to | and |, )\d+)*)", code)
        for number in re.findall(r"\d+", text)
    }
    assert len(cited) > 5
    assert cited <= there


def test_paths_are_found_in_them() -> None:
    assert len(_PATH.findall(DOCUMENTS[0].read_text(encoding="utf-8"))) > 30
