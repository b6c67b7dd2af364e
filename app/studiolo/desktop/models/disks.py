"""What disks are used by, as bars."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPainterPath
from PySide6.QtWidgets import QSizePolicy, QToolTip, QVBoxLayout, QWidget

from studiolo.api.models import Inventory
from studiolo.desktop.widgets.formatting import size_text
from studiolo.desktop.widgets.theme import Colours, colours

_BAR = 14
_GAP = 6
_LEAST_WIDTH = 3


@dataclass(frozen=True)
class Share:
    """What something takes of a disk, in bytes. `kind`: model, incoming, other or free."""

    kind: str
    name: str
    size_bytes: int


@dataclass(frozen=True)
class Disk:
    """A disk with models, named by a folder on it, and what it is used by, in the order of the bar. Sizes are bytes."""

    name: str
    total_bytes: int
    shares: tuple[Share, ...]

    def sum_of(self, kind: str) -> int:
        """Return how many bytes the shares of one kind take together."""
        return sum(share.size_bytes for share in self.shares if share.kind == kind)


def disks_of(inventory: Inventory) -> list[Disk]:
    """Return each disk once, though there may be several folders on it."""
    disks = []
    for disk in dict.fromkeys(folder.disk for folder in inventory.folders if folder.total_bytes):
        folders = [folder for folder in inventory.folders if folder.disk == disk and folder.total_bytes]
        paths = {folder.path for folder in folders}
        models = sorted(
            (Share("model", model.key, model.size_bytes) for model in inventory.models if model.folder in paths),
            key=lambda share: -share.size_bytes,
        )
        incoming = sum(folder.incoming_bytes for folder in folders)
        free = folders[0].free_bytes
        known = sum(share.size_bytes for share in models) + incoming
        # Models that lie there as links take nothing; the bar never says more than the disk has.
        other = max(0, folders[0].total_bytes - free - known)
        rest = (Share("incoming", "", incoming), Share("other", "", other), Share("free", "", free))
        disks.append(
            Disk(folders[0].path, folders[0].total_bytes, (*models, *(share for share in rest if share.size_bytes)))
        )
    return disks


class DiskBar(QWidget):
    """One disk. The pointer asks for a part; a screen reader gets all in words."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._disk: Disk | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_disk(self, disk: Disk) -> None:
        """Show another disk, or the same one as it is now."""
        self._disk = disk
        self.setAccessibleName(self.told)
        self.update()

    @property
    def told(self) -> str:
        """Return the bar in words."""
        if self._disk is None:
            return ""
        pieces = [
            (self.tr("%1 models"), "model"),
            (self.tr("%1 of unfinished downloads"), "incoming"),
            (self.tr("%1 other things"), "other"),
            (self.tr("%1 free"), "free"),
        ]
        sizes = [(text, self._disk.sum_of(kind)) for text, kind in pieces]
        return "  ·  ".join(text.replace("%1", size_text(size)) for text, size in sizes if size)

    def sizeHint(self) -> QSize:
        return QSize(300, _BAR + _GAP + self.fontMetrics().lineSpacing() + 6)

    def parts(self) -> list[tuple[QRectF, Share]]:
        """Return where each share is painted."""
        if self._disk is None:
            return []
        whole = max(1, sum(share.size_bytes for share in self._disk.shares))
        widths = [self.width() * share.size_bytes / whole for share in self._disk.shares]
        seen = [max(_LEAST_WIDTH, width) for width in widths]
        # What is too small to be seen takes its width from the largest, as long as that stays the largest.
        largest = max(range(len(widths)), key=widths.__getitem__, default=0)
        if (excess := sum(seen) - sum(widths)) < self.width() / 4:
            widths = seen
            widths[largest] -= excess
        result, left = [], 0.0
        for share, width in zip(self._disk.shares, widths, strict=True):
            result.append((QRectF(left, 0, width, _BAR), share))
            left += width
        return result

    def paintEvent(self, event: object) -> None:
        look = colours()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        clip = QPainterPath()
        clip.addRoundedRect(QRectF(0, 0, self.width(), _BAR), 5, 5)
        painter.setClipPath(clip)
        models = 0
        for rect, share in self.parts():
            painter.fillRect(rect, _colour(share, models, look))
            models += share.kind == "model"
            if rect.width() > 4:
                painter.fillRect(QRectF(rect.right() - 1, 0, 1, _BAR), QColor(look.window))
        painter.setClipping(False)
        painter.setPen(QColor(look.muted))
        text = QRectF(0, _BAR + _GAP, self.width(), self.fontMetrics().lineSpacing() + 2)
        told = f"{self._disk.name}:  {self.told}" if self._disk else ""
        elided = self.fontMetrics().elidedText(told, Qt.TextElideMode.ElideMiddle, self.width())
        painter.drawText(text, Qt.AlignmentFlag.AlignLeft, elided)
        painter.end()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            share = next((one for rect, one in self.parts() if rect.contains(QPointF(event.pos()))), None)
            if share:
                QToolTip.showText(event.globalPos(), f"{self._name(share)}: {size_text(share.size_bytes)}", self)
            return True
        return super().event(event)

    def _name(self, share: Share) -> str:
        return share.name or {
            "incoming": self.tr("Unfinished downloads"),
            "other": self.tr("Other things"),
            "free": self.tr("Free"),
        }.get(share.kind, "")


class DiskBars(QWidget):
    """All disks, one below the other."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bars: list[DiskBar] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)

    def show_disks(self, disks: Sequence[Disk]) -> None:
        """Show a bar for each of these disks."""
        while len(self.bars) < len(disks):
            self.bars.append(DiskBar(self))
            self._column.addWidget(self.bars[-1])
        while len(self.bars) > len(disks):
            bar = self.bars.pop()
            self._column.removeWidget(bar)
            bar.deleteLater()
        for bar, disk in zip(self.bars, disks, strict=True):
            bar.show_disk(disk)
        self.setVisible(bool(disks))


def _colour(share: Share, number: int, look: Colours) -> QColor:
    match share.kind:
        case "model":
            colour = QColor(look.accent)
            # Neighbours differ, so that each model is seen.
            colour.setAlphaF((1.0, 0.78, 0.6)[number % 3])
            return colour
        case "incoming":
            return QColor(look.code_string)
        case "other":
            return QColor(look.muted)
    return QColor(look.border)
