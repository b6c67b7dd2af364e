"""The ledger of both processes as rows of one table, in words."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any

from PySide6.QtCore import QDateTime, QLocale, Qt

from studiolo.api.network import ConnectionEntry
from studiolo.desktop.language import translate
from studiolo.desktop.widgets.formatting import size_text, tip_text
from studiolo.desktop.widgets.table import AnyIndex, RowTable


@dataclass(frozen=True)
class ConnectionRow:
    """A connection, and which program opened it: the window, or the server of a name."""

    who: str
    entry: ConnectionEntry

    @property
    def key(self) -> tuple[str, str]:
        """Return what tells it from all others."""
        return self.who, self.entry.id

    @property
    def host(self) -> str:
        """Return where it led."""
        host = f"[{self.entry.host}]" if ":" in self.entry.host else self.entry.host
        return f"{host}:{self.entry.port}" if self.entry.port else host


class ConnectionColumn(IntEnum):
    """The columns of the table, from left to right."""

    TIME = 0
    HOST = 1
    PURPOSE = 2
    WHO = 3
    SENT = 4
    RECEIVED = 5
    RESULT = 6


_RIGHT = (ConnectionColumn.SENT, ConnectionColumn.RECEIVED)


class ConnectionTable(RowTable[ConnectionRow]):
    """Rows are connections, the newest first."""

    columns = ConnectionColumn

    def show(self, rows: list[ConnectionRow]) -> None:
        """Show these; a view keeps its place where only some are new or other."""
        before = [row.key for row in self.rows]
        after = [row.key for row in rows]
        if before == after:
            changed = [number for number, row in enumerate(rows) if row != self.rows[number]]
            self.rows = rows
            if changed:
                last = self.index(max(changed), len(ConnectionColumn) - 1)
                self.dataChanged.emit(self.index(min(changed), 0), last)
            return
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def titles(self) -> tuple[str, ...]:
        return (
            self.tr("Time"),
            self.tr("Host"),
            self.tr("Why"),
            self.tr("By"),
            self.tr("Sent"),
            self.tr("Received"),
            self.tr("Result"),
        )

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(section)
        return super().headerData(section, orientation, role)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text(row, index.column())
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip_text(self.tip(row))
        return None

    def text(self, row: ConnectionRow, column: int) -> str:
        """Return what a cell says."""
        entry = row.entry
        match column:
            case ConnectionColumn.TIME:
                return _time_text(entry.time)
            case ConnectionColumn.HOST:
                return row.host
            case ConnectionColumn.PURPOSE:
                return purpose_text(entry)
            case ConnectionColumn.WHO:
                return row.who
            case ConnectionColumn.SENT:
                return size_text(entry.sent_bytes) if entry.sent_bytes else ""
            case ConnectionColumn.RECEIVED:
                return size_text(entry.received_bytes) if entry.received_bytes else ""
        return self.result_text(entry)

    def result_text(self, entry: ConnectionEntry) -> str:
        """Return how a connection went, in a word."""
        match entry.result:
            case "open":
                return self.tr("Open")
            case "closed":
                return self.tr("Complete")
            case "failed":
                return self.tr("Failed")
            case "blocked":
                return self.tr("Blocked: offline")
        return entry.result

    def tip(self, row: ConnectionRow) -> str:
        """Return what there is no room for in the row."""
        told = [row.host, purpose_text(row.entry), row.who]
        if row.entry.result != "blocked":
            sizes = self.tr("%1 sent, %2 received").replace("%1", size_text(row.entry.sent_bytes))
            told.append(sizes.replace("%2", size_text(row.entry.received_bytes)))
        if row.entry.via:
            told.append(self.tr("Through the proxy %1").replace("%1", row.entry.via))
        if row.entry.error:
            told.append(row.entry.error)
        return "\n".join(told)


def purpose_text(entry: ConnectionEntry) -> str:
    """Return why something was connected to, in words."""
    told = {
        "hub": translate("Connections", "Search for models"),
        "download": translate("Connections", "Download of %1"),
        "catalog": translate("Connections", "Catalog of models"),
        "runtime": translate("Connections", "Runtime"),
        "mcp": translate("Connections", "Tools of %1"),
        "peer": translate("Connections", "Copy of %1 from another server"),
        "server": translate("Connections", "A server that you added"),
        "upstream": translate("Connections", "A model on another machine"),
        "test": translate("Connections", "Test of the connection"),
        "proxy_script": translate("Connections", "Script of the proxy"),
    }.get(entry.purpose, entry.purpose)
    return told.replace("%1", entry.subject)


def _time_text(time: str) -> str:
    try:
        moment = datetime.fromisoformat(time).astimezone()
    except ValueError:
        return ""
    when = QDateTime.fromSecsSinceEpoch(int(moment.timestamp()))
    locale = QLocale()
    if moment.date() == datetime.now().astimezone().date():
        return locale.toString(when.time(), "HH:mm:ss")
    return locale.toString(when, QLocale.FormatType.ShortFormat)


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column in _RIGHT else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
