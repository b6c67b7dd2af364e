"""Gathers the licences of what the bundle holds: most of them must travel with every copy."""

import importlib.metadata
import re
import shutil
import sys
import sysconfig
from pathlib import Path

from packaging.requirements import Requirement

_TEXTS = re.compile(r"(^|/)(licen[cs]e|copying|notice|authors)[^/]*$", re.IGNORECASE)


def gather(project: str, own_texts: Path, target: Path) -> list[str]:
    """Fill `target` with our own texts, Python's, and one folder for each package that `project` needs at run time.

    Returns the packages whose distribution holds no text.
    """
    shutil.copytree(own_texts, target, dirs_exist_ok=True)
    python = Path(sysconfig.get_path("stdlib")) / "LICENSE.txt"
    shutil.copyfile(python, target / f"Python-{sys.version_info.major}.{sys.version_info.minor}.txt")
    without = []
    for name in sorted(_needed(project)):
        distribution = importlib.metadata.distribution(name)
        texts = [file for file in distribution.files or [] if _TEXTS.search(str(file))]
        for text in texts:
            folder = target / name
            folder.mkdir(exist_ok=True)
            shutil.copyfile(Path(str(text.locate())), folder / Path(str(text)).name)
        if not texts:
            without.append(name)
    return without


def _needed(project: str) -> set[str]:
    """The packages that `project` needs on this platform, directly or not, without extras."""
    seen: set[str] = set()
    open_ends = [(project, frozenset[str]())]
    while open_ends:
        name, extras = open_ends.pop()
        for line in importlib.metadata.requires(name) or []:
            requirement = Requirement(line)
            marker = requirement.marker
            if marker and not any(marker.evaluate({"extra": extra}) for extra in (extras or {""})):
                continue
            key = re.sub(r"[-_.]+", "-", requirement.name).lower()
            if key not in seen:
                seen.add(key)
                open_ends.append((key, frozenset(requirement.extras)))
    return seen
