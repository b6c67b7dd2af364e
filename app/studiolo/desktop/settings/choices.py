"""Choices that only this machine knows: its translations, its fonts."""

from collections.abc import Callable, Mapping

from PySide6.QtGui import QFontDatabase

from studiolo.desktop.language import languages, name_of_language, translate


def choices_from(source: str) -> dict[str, str]:
    """Return the values that a field with this `x-choices` may have, with what each is called. Raises KeyError."""
    return _SOURCES[source]()


def _languages() -> dict[str, str]:
    names = {code: name_of_language(code) for code in languages()}
    return {"": translate("Settings", "Same as the system"), **dict(sorted(names.items(), key=lambda one: one[1]))}


def _code_fonts() -> dict[str, str]:
    families = [family for family in QFontDatabase.families() if QFontDatabase.isFixedPitch(family)]
    return {"": translate("Settings", "Same as the system"), **{family: family for family in families}}


_SOURCES: Mapping[str, Callable[[], dict[str, str]]] = {"languages": _languages, "code_fonts": _code_fonts}
