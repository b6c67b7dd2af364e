"""A stranger's text, shown so that nothing in it can hide or turn what is seen around."""


def visible(text: str, *, lines: bool = False) -> str:
    """Return the text with every sign that would not be seen by its number, as JSON writes it.

    lines: a line's end stays.
    """
    return "".join(sign if sign.isprintable() or (lines and sign == "\n") else _spelled(sign) for sign in text)


def _spelled(sign: str) -> str:
    units = sign.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
