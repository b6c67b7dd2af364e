"""Run every benchmark and write the table. Ratios and differences are taken side by side in one run."""

import asyncio
import platform
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import psutil

from benchmarks.away import measure_hidden, measure_many_jobs
from benchmarks.beside import measure_beside
from benchmarks.chat import measure_chat
from benchmarks.conversations import measure_conversations
from benchmarks.crowd import measure_crowd
from benchmarks.downloads import measure_downloads
from benchmarks.rows import Row
from benchmarks.runtimes import measure_runtimes
from benchmarks.speculation import measure_speculation
from benchmarks.tools import measure_tools
from benchmarks.window import measure_window

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="studiolo-bench-") as home:
        rows = [
            *asyncio.run(measure_chat(Path(home) / "chat")),
            *asyncio.run(measure_runtimes(Path(home) / "runtimes")),
            *asyncio.run(measure_speculation(Path(home) / "speculation")),
            *asyncio.run(measure_crowd(Path(home) / "crowd")),
            *asyncio.run(measure_beside(Path(home) / "beside")),
            *asyncio.run(measure_tools(Path(home) / "tools")),
            *asyncio.run(measure_downloads(Path(home) / "downloads")),
            *measure_conversations(),
            *measure_many_jobs(Path(home) / "jobs"),
            *measure_window(Path(home) / "window"),
            *measure_hidden(Path(home) / "away"),
        ]
    text = _document(rows)
    print(text)
    DOCUMENT.write_text(text, encoding="utf-8")
    missed = [row.name for row in rows if not row.met]
    if missed:
        print("Over budget:", ", ".join(missed))
    return 1 if missed else 0


def _document(rows: list[Row]) -> str:
    cores, memory = psutil.cpu_count() or 1, psutil.virtual_memory().total / 2**30
    lines = [
        "# Benchmarks",
        "",
        f"Written by `make bench` on {datetime.now(UTC):%Y-%m-%d}: {platform.system()}, {cores} cores, "
        f"{memory:.0f} GiB, CPython {platform.python_version()}.",
        "Medians; what is compared ran in turn in the same run, since machines drift.",
        "",
        "| what | measured | budget | met |",
        "|---|---|---|---|",
    ]
    lines += [f"| {row.name} | {row.measured} | {row.budget} | {'yes' if row.met else '**no**'} |" for row in rows]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    raise SystemExit(main())
