"""A dialog within the window: a panel over all that the window shows, which is dimmed and can't be reached meanwhile.

A window of its own could have no shadow and no round corners on every platform, and would be in the task bar.
"""

from contextlib import suppress

from PySide6.QtCore import QEvent, QObject, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QApplication, QFrame, QWidget

from studiolo.desktop.widgets.theme import colours

_USUAL_LINE = 22
"""Pixels that a line of text has at most while nobody has made it larger."""
_RADIUS, _SHADOW, _EDGE = 12, 24, 16
"""Logical pixels; the last is the least distance between the panel and the window's edge."""
_SCRIM_LIGHT, _SCRIM_DARK = QColor(15, 17, 22, 110), QColor(0, 0, 0, 150)
OVER_DIALOGS = "over_dialogs"
"""A property of the window's actions whose keys go on to work: quitting, and the size of its text."""


class ModalPanel(QWidget):
    """`panel` is for what the dialog shows; it grows with the text.

    It closes by Escape, by a click beside it, and by `close_panel`.

    Signals:
        panel_closed: It is no longer shown; the focus is back where it was.
    """

    panel_closed = Signal()

    def __init__(self, window: QWidget, wanted: QSize) -> None:
        """Make it over a window, hidden. wanted: the panel's size, where the window has room for it."""
        super().__init__(window)
        self._over = window
        self._wanted = wanted
        self._before: QWidget | None = None
        self.hide()
        self.panel = _Panel(self)
        window.installEventFilter(self)

    def open_panel(self, first: QWidget) -> None:
        """Show it, and let `first`, which is in it, have the keys."""
        if self.isHidden():
            self._before = QApplication.focusWidget()
            QApplication.instance().focusChanged.connect(self._keep_focus)  # type: ignore[union-attr]
        self._fit()
        self.show()
        self.raise_()
        first.setFocus(Qt.FocusReason.PopupFocusReason)

    def close_panel(self) -> None:
        """Hide it, and give the focus back."""
        if self.isHidden():
            return
        QApplication.instance().focusChanged.disconnect(self._keep_focus)  # type: ignore[union-attr]
        self.hide()
        # What had the focus may be gone.
        with suppress(RuntimeError):
            if self._before is not None and self._before.isVisible():
                self._before.setFocus(Qt.FocusReason.PopupFocusReason)
        self._before = None
        self.panel_closed.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._fit()
        return False

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit()

    @property
    def text_scale(self) -> float:
        """Return how many times as large as usual the text is; 1 where it is smaller."""
        return max(1.0, self.fontMetrics().height() / _USUAL_LINE)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            # The window's shortcuts would act on what is behind.
            if not self._is_left_to_the_window(QKeySequence(event.keyCombination())):
                event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_panel()
        # No key goes on to what is behind.
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if not self.panel.geometry().contains(event.position().toPoint()):
            self.close_panel()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Lead the Tab key round within the panel."""
        start = focus = QApplication.focusWidget()
        while focus is not None:
            focus = focus.nextInFocusChain() if forward else focus.previousInFocusChain()
            if focus is None or focus is start:
                return True
            if self._takes_tab(focus):
                focus.setFocus(Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason)
                return True
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        dark = QColor(colours().window).lightness() < 128
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), _SCRIM_DARK if dark else _SCRIM_LIGHT)
        painter.setPen(Qt.PenStyle.NoPen)
        panel = QRectF(self.panel.geometry())
        for step in range(_SHADOW, 0, -3):
            painter.setBrush(QColor(0, 0, 0, 7 if dark else 4))
            shade = panel.adjusted(-step, 8 - step, step, 8 + step)
            painter.drawRoundedRect(shade, _RADIUS + step, _RADIUS + step)
        painter.end()

    def _is_left_to_the_window(self, keys: QKeySequence) -> bool:
        actions = (action for action in self.window().actions() if action.property(OVER_DIALOGS))
        return any(keys in action.shortcuts() for action in actions)

    def _takes_tab(self, widget: QWidget) -> bool:
        return (
            self.panel.isAncestorOf(widget)
            and bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
            and widget.focusProxy() is None
            and widget.isVisible()
            and widget.isEnabled()
        )

    def _keep_focus(self, before: QWidget | None, now: QWidget | None) -> None:
        """Take the focus back from what is behind, which may ask for it when a reply is done, for example."""
        if now is None or self.isHidden() or now.window() is not self.window() or self.isAncestorOf(now):
            return
        if before is not None and self.isAncestorOf(before) and before.isVisible():
            before.setFocus()
        else:
            self.panel.setFocus()

    def _fit(self) -> None:
        if self.size() != self._over.size():
            self.resize(self._over.size())
        size = (self._wanted * self.text_scale).boundedTo(self.size() - QSize(2 * _EDGE, 2 * _EDGE))
        left, top = (self.width() - size.width()) // 2, (self.height() - size.height()) // 2
        self.panel.setGeometry(QRect(left, top, size.width(), size.height()))


class _Panel(QFrame):
    """The panel paints all of its ground, so that nothing in it covers the round corners.

    side: How much of its width has the ground of a sidebar, from where reading begins.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.side = 0

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        edge = QPainterPath()
        edge.addRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), _RADIUS, _RADIUS)
        painter.setClipPath(edge)
        painter.fillRect(self.rect(), QColor(colours().window))
        if self.side:
            right = self.layoutDirection() is Qt.LayoutDirection.RightToLeft
            side = QRect(self.width() - self.side if right else 0, 0, self.side, self.height())
            painter.fillRect(side, QColor(colours().side))
            line = side.left() if right else side.right()
            painter.fillRect(QRect(line, 0, 1, self.height()), QColor(colours().border))
        painter.setClipping(False)
        painter.setPen(QPen(QColor(colours().border), 1))
        painter.drawPath(edge)
        painter.end()
