"""What a person reads in the terminal: results on stdout, everything about them on stderr."""

import json
import re
import sys
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn
from rich.prompt import Confirm
from rich.table import Table
from rich.text import Text

from studiolo.errors import AppError

_WIDE = 10_000
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def printable(text: str) -> str:
    """Return `text` without the control characters by which a model, or a file's name, could steer the terminal."""
    return _CONTROL.sub("", text)


def one_line(text: str) -> str:
    """Return `text` printable and as one line, so that nobody else's text begins a line."""
    return printable(" ".join(text.split()))


def errors_console() -> Console:
    """Return a console that writes to stderr."""
    return Console(stderr=True, highlight=False, markup=False, emoji=False)


def say(text: str) -> None:
    """Print a quiet remark on stderr."""
    errors_console().print(printable(text), style="dim", soft_wrap=True)


def report(error: AppError) -> None:
    """Print what went wrong and what to do about it, on stderr."""
    console = errors_console()
    console.print(printable(error.message), style="red", soft_wrap=True)
    if error.hint:
        console.print(printable(error.hint), soft_wrap=True)


def confirmed(question: str) -> bool:
    """Ask at the terminal; no is what Enter says. Names in the question have no marks of rich's in them."""
    return Confirm.ask(Text(one_line(question)), console=errors_console(), default=False)


def print_json(data: Any) -> None:
    """Print JSON in pure ASCII, so that no encoding on the way can break it."""
    print(json.dumps(data, indent=2))


def print_table(columns: list[str], rows: list[list[str | Text]]) -> None:
    """Print a table, fitted to the terminal; in a pipe every row is one whole line."""
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console = Console(highlight=False, markup=False, emoji=False, width=_WIDE)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=not console.is_terminal)
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else Text(one_line(cell)) for cell in row))
    console.print(table)


def size(count: int) -> str:
    """Return bytes in the decimal units that model files are counted in: "98.1 MB"."""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.3g} {unit}" if value < 100 else f"{value:.0f} {unit}"
        value /= 1000
    return f"{value:.3g} TB"


class StepBar:
    """A progress bar on stderr for one step after the other; silent where stderr is no terminal."""

    def __init__(self) -> None:
        self._progress: Progress | None = None
        self._task = TaskID(0)
        self._label = ""

    def show(self, label: str, fraction: float) -> None:
        """Step `label` is `fraction` (0..1) done."""
        if self._progress is None or label != self._label:
            self.clear()
            self._start(label)
        if self._progress is not None:
            self._progress.update(self._task, completed=fraction)

    def clear(self) -> None:
        """Take the bar away, so that something can be written in its place."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None

    def _start(self, label: str) -> None:
        if sys.stderr is None or not sys.stderr.isatty():
            return
        self._label = label
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=30),
            TaskProgressColumn(),
            console=errors_console(),
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._task = self._progress.add_task(printable(label), total=1.0)
        self._progress.start()
