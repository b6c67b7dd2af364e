"""One line of the table."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    name: str
    measured: str
    budget: str
    met: bool
