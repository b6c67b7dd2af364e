"""What ships with the program, by which licence, and the licences' own words. Everything here blocks."""

import re
import sys
import sysconfig
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution, distributions
from pathlib import Path

from studiolo.paths import is_frozen, resource_path

PROJECT = "studiolo"
_TEXTS = re.compile(r"(^|/)(licen[cs]e|copying|notice|authors)[^/]*$", re.IGNORECASE)
_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*")
_MOST_TEXT = 500_000
_LONGEST_LABEL = 60
_QT = frozenset({"pyside6-essentials", "shiboken6"})
_CLASSIFIER = "License :: "


@dataclass(frozen=True, slots=True)
class Component:
    """One part of the program.

    Attributes:
        name: As its makers write it.
        version: Of what is installed here.
        licence: In a word or two ("MIT"); empty where nobody says.
        address: Its home on the web; empty where nobody says.
    """

    name: str
    version: str
    licence: str
    address: str = ""


def shipped_components() -> list[Component]:
    """Return the program, Python, and every package that the program needs, by name."""
    found = [_component(one) for name in _needed(PROJECT) if (one := _installed(name))]
    own = _installed(PROJECT)
    python = Component("Python", ".".join(map(str, sys.version_info[:3])), "PSF-2.0", "https://www.python.org")
    first = [Component("Studiolo", own.version, _licence(own))] if own else []
    return [*first, *sorted([python, *found], key=lambda one: one.name.casefold())]


def licence_text(component: Component) -> str:
    """Return the words of a licence, as the makers put them into their package; empty where they did not."""
    if component.name == "Python":
        return _python_text()
    installed = _installed(PROJECT if component.name == "Studiolo" else component.name)
    texts = _texts_in(installed) if installed else []
    if _normal(component.name) in _QT:
        texts += [_read(resource_path(f"licenses/{name}-3.txt")) for name in ("LGPL", "GPL")]
    texts = [text for text in texts if text.strip()]
    return "\n\n\n".join(texts)[:_MOST_TEXT]


def is_qt(component: Component) -> bool:
    """Return whether it is Qt, or what connects it to Python: both are under the LGPL."""
    return _normal(component.name) in _QT


def qt_folder() -> Path | None:
    """Return where the libraries of Qt lie that this program uses, and that can be replaced there."""
    package = _installed("PySide6-Essentials")
    folder = Path(sys.modules["PySide6"].__file__ or "").parent if "PySide6" in sys.modules else None
    return folder if folder or package is None else Path(str(package.locate_file("PySide6")))


def _needed(project: str) -> set[str]:
    """Return the packages that a project needs, directly or not, without extras; those of other platforms, too."""
    seen: set[str] = set()
    waiting = [project]
    while waiting:
        package = _installed(waiting.pop())
        for line in (package.requires or []) if package else []:
            name, marker = _NAME.match(line), line.partition(";")[2]
            if name and "extra" not in marker and (key := _normal(name[0])) not in seen:
                seen.add(key)
                waiting.append(key)
    if seen or not is_frozen():
        return seen
    # A bundle holds nothing but what ships.
    return {_normal(one.metadata["Name"]) for one in distributions()} - {project}


def _installed(name: str) -> Distribution | None:
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None


def _component(package: Distribution) -> Component:
    return Component(package.metadata["Name"], package.version, _licence(package), _address(package))


def _licence(package: Distribution) -> str:
    said = [_field(package, "License-Expression"), _field(package, "License")]
    # Some put the whole text there.
    short = [text.strip() for text in said if text and len(text.strip()) <= _LONGEST_LABEL and "\n" not in text.strip()]
    classified = [
        line.rpartition(" :: ")[2]
        for line in package.metadata.get_all("Classifier") or []
        if line.startswith(_CLASSIFIER)
    ]
    return next((text for text in short if text and text != "UNKNOWN"), ", ".join(classified))


def _field(package: Distribution, name: str) -> str:
    return next(iter(package.metadata.get_all(name) or []), "")


def _address(package: Distribution) -> str:
    named = dict(line.split(", ", 1) for line in package.metadata.get_all("Project-URL") or [] if ", " in line)
    by_name = {name.casefold(): address for name, address in named.items()}
    known = [_field(package, "Home-page"), *(by_name.get(name) for name in ("homepage", "repository", "source"))]
    return next((address for address in known if address and address.startswith("https://")), "")


def _texts_in(package: Distribution) -> list[str]:
    files = [
        file for file in package.files or [] if _TEXTS.search(str(file)) and not str(file).endswith((".py", ".pyc"))
    ]
    return [_read(Path(str(file.locate()))) for file in files]


def _python_text() -> str:
    name = f"Python-{sys.version_info.major}.{sys.version_info.minor}.txt"
    bundled = Path(sys.executable).parent / "licenses" / name
    return _read(bundled if is_frozen() else Path(sysconfig.get_path("stdlib")) / "LICENSE.txt")


def _read(file: Path) -> str:
    try:
        with file.open(encoding="utf-8", errors="replace") as text:
            return text.read(_MOST_TEXT)
    except OSError:
        return ""


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
