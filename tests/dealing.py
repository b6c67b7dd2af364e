"""In which order tests run where several processes share them."""

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import TypeVar

T = TypeVar("T")

LONG = (
    "server/test_damage.py",
    "e2e/",
    "server/proofs/",
    "desktop/chat/test_import_process.py",
    "desktop/connections/",
    "desktop/test_first_light.py",
    "desktop/test_app.py",
    "cli/test_sign_in.py",
    "server/mcp/test_programs.py",
)
"""Where tests take seconds each, as `--durations` tells."""


def dealt(items: Sequence[T], workers: int, file_of: Callable[[T], str]) -> list[T]:
    """The items, such that each of so many equal shares in a row begins with some of the files that take long.

    Those of a file stay together, as far as a share does not end within it.
    """
    files = [list(group) for _, group in groupby(items, file_of)]
    long = [file for file in files if file_of(file[0]).startswith(LONG)]
    long.sort(key=lambda file: _rank(file_of(file[0])))
    heads = [[item for file in long[worker::workers] for item in file] for worker in range(workers)]
    rest = [item for file in files if not file_of(file[0]).startswith(LONG) for item in file]
    order: list[T] = []
    for worker, head in enumerate(heads):
        end = len(items) * (worker + 1) // workers
        fill = max(0, end - len(order) - len(head))
        order += head + rest[:fill]
        rest = rest[fill:]
    return order + rest


def _rank(file: str) -> int:
    return next(number for number, long in enumerate(LONG) if file.startswith(long))
