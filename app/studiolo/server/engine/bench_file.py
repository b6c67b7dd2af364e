"""What was measured of models, kept in a file: bounded, and private to the user."""

import json
import logging
import secrets
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from studiolo.api.machine import Benchmark
from studiolo.errors import NotFoundError, StorageError
from studiolo.files import write_atomically
from studiolo.set_aside import DamagedError, kept_as, read_json, set_aside

logger = logging.getLogger(__name__)

BENCHMARKS_FILE = "benchmarks.json"
"""In the data folder."""
MOST_KEPT = 500


class BenchmarkFile:
    """Read when it is needed first. Safe from any thread; all methods block."""

    def __init__(self, file: Path, *, tell: Callable[[str], None] = logger.warning) -> None:
        """tell: hears in a sentence of a file that can't be used."""
        self._file = file
        self._tell = tell
        self._lock = threading.Lock()
        self._entries: list[dict[str, Any]] | None = None
        """As they are in the file: what a later version wrote of one is written back."""

    def all(self) -> list[Benchmark]:
        """Return what is kept, the oldest first."""
        with self._lock:
            return [Benchmark.model_validate(entry) for entry in self._known()]

    def add(self, benchmark: Benchmark) -> Benchmark:
        """Keep a benchmark, and return it with its id. Raises StorageError."""
        kept = benchmark.model_copy(update={"id": secrets.token_hex(6)})
        with self._lock:
            self._write([*self._known(), kept.model_dump(mode="json")][-MOST_KEPT:])
        return kept

    def remove(self, benchmark_id: str) -> None:
        """Forget a benchmark. Raises NotFoundError, StorageError."""
        with self._lock:
            entries = self._known()
            left = [entry for entry in entries if entry.get("id") != benchmark_id]
            if len(left) == len(entries):
                raise NotFoundError(f"No benchmark '{benchmark_id[:40]}' is kept here.", what="benchmark")
            self._write(left)

    def _known(self) -> list[dict[str, Any]]:
        if self._entries is None:
            self._entries = []
            try:
                data = read_json(self._file)
                if not isinstance(data, list):
                    raise DamagedError("it holds no benchmarks")
                self._entries = [entry for entry in data if _is_benchmark(entry)][-MOST_KEPT:]
                if bad := len(data) - len(self._entries):
                    kept = kept_as(set_aside(self._file, copy=True))
                    self._tell(f"{self._file}: {bad} of {len(data)} entries are no benchmarks. {kept}")
            except FileNotFoundError:
                pass
            except DamagedError as error:
                kept = kept_as(set_aside(self._file))
                self._tell(f"{self._file} is damaged: {error}. {kept} What was measured before is not known any more.")
        return self._entries

    def _write(self, entries: list[dict[str, Any]]) -> None:
        try:
            write_atomically(self._file, json.dumps(entries, indent=1).encode(), private=True)
        except OSError as error:
            raise StorageError("The benchmark can't be kept.", hint=f"{error.strerror}.", details=str(error)) from error
        self._entries = entries


def _is_benchmark(entry: object) -> bool:
    try:
        return isinstance(entry, dict) and bool(Benchmark.model_validate(entry).id)
    except ValidationError:
        return False
