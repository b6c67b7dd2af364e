"""What a person should hear of: a state file that could not be used, and what became of it."""

import logging
import threading

logger = logging.getLogger(__name__)

_MOST = 20


class Notices:
    """Sentences, each once. Safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._texts: list[str] = []

    def add(self, text: str) -> None:
        """Say it in the log, and keep it for whoever looks after the server."""
        logger.error("%s", text)
        with self._lock:
            if text not in self._texts and len(self._texts) < _MOST:
                self._texts.append(text)

    @property
    def all(self) -> tuple[str, ...]:
        """Return the sentences so far, in the order in which they were added."""
        with self._lock:
            return tuple(self._texts)
