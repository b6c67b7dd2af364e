"""What there is to say about this installation, for the page about it and for a report."""

import platform
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, metadata, version

from PySide6.QtCore import QLocale, qVersion
from PySide6.QtGui import QGuiApplication

from studiolo import __version__
from studiolo.desktop.crash_log import private
from studiolo.desktop.language import translate
from studiolo.paths import is_frozen


@dataclass(frozen=True, slots=True)
class Fact:
    """What something is called, and what it is."""

    name: str
    value: str


def engine_text() -> str:
    """Return the build of llama.cpp that ships, and the version of the package that brings it."""
    try:
        package = version("xllamacpp")
    except PackageNotFoundError:
        return "llama.cpp"
    build = package.rpartition(".")[2]
    return f"llama.cpp b{build} (xllamacpp {package})"


def facts() -> list[Fact]:
    """Return the versions of the program and of what it stands on. It reads files."""
    how = translate("About", "packaged") if is_frozen() else translate("About", "Python package")
    return [
        Fact(translate("About", "Version"), f"{__version__} ({how})"),
        Fact(translate("About", "Engine"), engine_text()),
        Fact(translate("About", "Qt"), qVersion()),
        Fact(translate("About", "Python"), platform.python_version()),
        Fact(translate("About", "System"), system_text()),
    ]


def system_text() -> str:
    """Return the system and its architecture, as its maker names it."""
    if sys.platform == "linux":
        try:
            name = platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")
        except OSError:
            name = "Linux"
        return f"{name}, {platform.machine()}"
    return f"{platform.system()} {platform.release()}, {platform.machine()}"


def report_text(server: str, *, crash: str = "") -> str:
    """Return what helps whoever is asked about a fault: no chats, addresses, tokens, or names of folders.

    server: the selected one, in words. crash: the report of the last crash.
    """
    screen = QGuiApplication.primaryScreen()
    lines = [
        f"Studiolo {__version__} ({'packaged' if is_frozen() else 'Python package'})",
        f"Engine: {engine_text()}",
        f"Server: {server}",
        f"Python {platform.python_version()}, Qt {qVersion()} ({QGuiApplication.platformName()})",
        f"System: {system_text()} ({platform.release()})",
        f"Language: {QLocale().name()}",
    ]
    if screen is not None:
        size, ratio = screen.size(), screen.devicePixelRatio()
        lines.append(f"Screen: {size.width()} x {size.height()}, scale {ratio:g}")
    if crash:
        lines += ["", crash]
    return private("\n".join(lines))


def project_links() -> list[tuple[str, str]]:
    """Return the names and addresses of the program's places on the web, as its package states them."""
    found: list[tuple[str, str]] = []
    try:
        lines = metadata("studiolo").get_all("Project-URL") or []
    except PackageNotFoundError:
        lines = []
    for line in lines:
        name, _, address = line.partition(", ")
        if address.startswith("https://"):
            found.append((name, address))
    return [
        *found,
        ("llama.cpp", "https://github.com/ggml-org/llama.cpp"),
        ("Qt", "https://www.qt.io"),
        ("Hugging Face", "https://huggingface.co"),
    ]
