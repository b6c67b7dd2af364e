"""Which engine answers here, by name and version."""

from functools import cache
from importlib.metadata import PackageNotFoundError, version

ENGINE = "llama.cpp"


@cache
def engine_version() -> str:
    """Return the version of the engine's package, which names the build of llama.cpp that is in it.

    "0" if nobody knows.
    """
    try:
        return version("xllamacpp")
    except PackageNotFoundError:
        return "0"


@cache
def fingerprint() -> str:
    """Return what answers of the same build have in common (OpenAI's `system_fingerprint`).

    The engine's own says nothing.
    """
    return f"fp_{ENGINE}_{engine_version()}"
