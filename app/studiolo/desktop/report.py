"""How an error reaches a person: into the log, and onto the screen, once."""

import asyncio
import logging
import sys
import threading
import traceback
from collections.abc import Callable
from types import TracebackType
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from studiolo.desktop.widgets.dialogs import show_error
from studiolo.errors import AppError
from studiolo.logs import redact

logger = logging.getLogger(__name__)

_MARK = "_studiolo_reported"


class Reporter(QObject):
    """Call it with an error, in any thread. An AppError is shown as it is, anything else as unexpected.

    The same error is not reported twice, and no second window says what one that is open says already.
    """

    _heard = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.window: QWidget | None = None
        """Where errors are shown."""
        self._shown: set[str] = set()
        self._hooks: tuple[Callable[..., Any], Callable[..., Any]] | None = None
        self._heard.connect(self._show, Qt.ConnectionType.AutoConnection)

    def __call__(self, error: BaseException) -> None:
        if hasattr(error, _MARK):
            return
        setattr(error, _MARK, True)
        if isinstance(error, AppError):
            logger.warning("%s %s", error, error.details)
        else:
            logger.error("unexpected", exc_info=error)
        self._heard.emit(error if isinstance(error, AppError) else self._unexpected(error))

    def catch_everything(self, loop: asyncio.AbstractEventLoop) -> None:
        """Hear of what nobody caught: in slots, in threads, in the loop's callbacks. `release` undoes it."""
        self._hooks = (sys.excepthook, threading.excepthook)
        sys.excepthook = self._from_slot
        threading.excepthook = self._from_thread
        loop.set_exception_handler(self._from_loop)

    def release(self) -> None:
        """Give back the hooks of Python that it took."""
        if self._hooks is not None:
            sys.excepthook, threading.excepthook = self._hooks
            self._hooks = None

    def _from_slot(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if isinstance(error, KeyboardInterrupt | SystemExit):
            sys.__excepthook__(kind, error, trace)
        else:
            self(error)

    def _from_thread(self, arguments: "threading.ExceptHookArgs") -> None:
        if arguments.exc_value is not None and not isinstance(arguments.exc_value, SystemExit):
            self(arguments.exc_value)

    def _from_loop(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if error := context.get("exception"):
            self(error)
        else:
            logger.error("event loop: %s %s", context.get("message"), context)

    def _unexpected(self, error: BaseException) -> AppError:
        return AppError(
            self.tr("Something unexpected happened."),
            hint=self.tr("You can go on, but it may be wise to restart. Details are in the log."),
            details=redact("".join(traceback.format_exception(error))),
        )

    def _show(self, error: AppError) -> None:
        if error.message in self._shown or (self.window is not None and not isValid(self.window)):
            return
        self._shown.add(error.message)
        box = show_error(self.window, error)
        box.finished.connect(lambda: self._shown.discard(error.message))
