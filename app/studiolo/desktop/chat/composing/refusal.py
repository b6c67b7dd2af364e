"""Why a file can't go with a message."""

from studiolo.errors import RequestError


def refused(name: str, why: str, hint: str, details: str = "") -> RequestError:
    """Return the error that says so. why: the end of a sentence."""
    return RequestError(f"{name} can't be attached: {why}.", hint=hint, details=details)


def too_long(name: str) -> RequestError:
    """Return the error for a file whose text is too long to be attached."""
    return refused(name, "its text is longer than two million characters", "Attach the part that matters.")
