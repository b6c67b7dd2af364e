"""Formulas, drawn in a process of its own: a few characters of LaTeX can take minutes and gigabytes.

The window and the exports ask a FormulaDrawer; `run_formula_worker` is the process's side. Knows no Qt.
"""

import time
from dataclasses import asdict
from types import TracebackType
from typing import Any, Self

from studiolo.desktop.markup.drawing import FormulaDrawing, draw_formula
from studiolo.desktop.worker.process import WorkerProcess, WorkerStopped
from studiolo.desktop.worker.roles import FORMULA_WORKER
from studiolo.desktop.worker.serving import serve

_MEMORY_BYTES = 256_000_000
_SECONDS = 10.0
_CPU_SECONDS = 1.0
"""Twenty times what a long formula takes."""
_IDLE_SECONDS = 20.0
_PATIENCE_SECONDS = 20.0


class FormulaDrawer:
    """Draws formulas, one after the other, for any thread. Everything here blocks.

    patient: whether each formula may take its time, however many took too much before. An export is not: after twenty
    seconds of formulas that came to nothing it draws no more of them.
    """

    def __init__(self, *, patient: bool = False) -> None:
        self._worker = WorkerProcess(FORMULA_WORKER, memory=_MEMORY_BYTES)
        self._patient = patient
        self._wasted = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._worker.rest()

    def draw(self, latex: str, size: float, colour: str, *, block: bool) -> FormulaDrawing | None:
        """Draw it as `draw_formula` does; None also for one that takes too long or too much memory."""
        if self._wasted > _PATIENCE_SECONDS and not self._patient:
            return None
        began = time.monotonic()
        question = {"latex": latex, "size": size, "colour": colour, "block": block}
        try:
            answer, svg = self._ask(question)
        except WorkerStopped:
            self._wasted += time.monotonic() - began
            return None
        return FormulaDrawing(svg=svg.decode(), **answer) if answer else None

    def _ask(self, question: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        try:
            return self._worker.ask(question, seconds=_SECONDS, cpu_seconds=_CPU_SECONDS)
        except WorkerStopped as stopped:
            if stopped.reason != "ended":
                raise
        # One that has nothing to do ends by itself, which may be just when it is asked.
        return self._worker.ask(question, seconds=_SECONDS, cpu_seconds=_CPU_SECONDS)


def run_formula_worker() -> int:
    """Draw what the window asks for; the result is the exit status."""
    # What is imported now is not reckoned as the first formula's time.
    draw_formula("x", 16.0, "#000000", block=False)
    return serve(_handle, memory=_MEMORY_BYTES, seconds=2 * _SECONDS, idle_seconds=_IDLE_SECONDS)


def _handle(question: dict[str, Any], _: bytes) -> tuple[dict[str, Any], bytes]:
    drawing = draw_formula(question["latex"], question["size"], question["colour"], block=question["block"])
    if drawing is None:
        return {}, b""
    lengths = asdict(drawing)
    return lengths, lengths.pop("svg").encode()
