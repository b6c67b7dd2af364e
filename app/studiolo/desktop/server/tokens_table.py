"""The table of tokens: what each is called, what it may, and when it was made, ends and was used last."""

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any, ClassVar

from PySide6.QtCore import QCoreApplication, QDate, QLocale, Qt
from PySide6.QtGui import QColor

from studiolo.api.server import PERMISSIONS, TokenInfo
from studiolo.desktop.widgets.table import NOWHERE, AnyIndex, RowTable
from studiolo.desktop.widgets.theme import colours


class TokenColumn(IntEnum):
    """The columns, from left to right."""

    NAME = 0
    PREFIX = 1
    PERMISSIONS = 2
    CREATED = 3
    EXPIRES = 4
    USED = 5


class TokensTable(RowTable[TokenInfo]):
    """`in_use`: the beginning of the token with which this desktop asks; empty for none."""

    columns: ClassVar[type[IntEnum]] = TokenColumn

    def __init__(self) -> None:
        super().__init__()
        self.in_use = ""

    def show_tokens(self, tokens: Sequence[TokenInfo], *, in_use: str) -> None:
        """Show tokens, the newest first. Nothing happens where they are shown already."""
        rows = sorted(tokens, key=lambda token: token.created_at, reverse=True)
        if rows == self.rows and in_use == self.in_use:
            return
        self.beginResetModel()
        self.rows, self.in_use = rows, in_use
        self.endResetModel()

    def titles(self) -> Sequence[str]:
        return [
            self.tr("Name"),
            self.tr("Begins with"),
            self.tr("Permissions"),
            self.tr("Created"),
            self.tr("Expires"),
            self.tr("Last used"),
        ]

    def data(self, index: AnyIndex = NOWHERE, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        token, column = self.rows[index.row()], TokenColumn(index.column())
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(token, column)
        if role == Qt.ItemDataRole.ToolTipRole and column is TokenColumn.PERMISSIONS:
            return "\n".join(permission_text(one) for one in token.permissions)
        if role == Qt.ItemDataRole.ForegroundRole:
            look = colours()
            if column is TokenColumn.EXPIRES and is_expired(token):
                return QColor(look.danger)
            return QColor(look.text if column is TokenColumn.NAME else look.muted)
        return None

    def is_in_use(self, token: TokenInfo) -> bool:
        """Return whether this desktop asks with it."""
        return bool(self.in_use) and token.prefix == self.in_use

    def _text(self, token: TokenInfo, column: TokenColumn) -> str:
        match column:
            case TokenColumn.NAME:
                used_here = self.tr("%1 (used by this app)").replace("%1", token.name)
                return used_here if self.is_in_use(token) else token.name
            case TokenColumn.PREFIX:
                return f"{token.prefix}…"
            case TokenColumn.PERMISSIONS:
                return ", ".join(permission_name(one) for one in token.permissions)
            case TokenColumn.CREATED:
                return day_text(token.created_at)
            case TokenColumn.EXPIRES:
                if token.expires_at is None:
                    return self.tr("Never")
                return self.tr("Expired") if is_expired(token) else day_text(token.expires_at)
            case TokenColumn.USED:
                return day_text(token.last_used_at) if token.last_used_at else self.tr("Never")


def permission_name(permission: str) -> str:
    """Return what a permission is called."""
    names = {
        "chat": QCoreApplication.translate("Tokens", "Chat"),
        "models": QCoreApplication.translate("Tokens", "Models"),
        "downloads": QCoreApplication.translate("Tokens", "Downloads"),
        "mcp": QCoreApplication.translate("Tokens", "Tools"),
        "admin": QCoreApplication.translate("Tokens", "Administration"),
    }
    return names.get(permission, permission)


def permission_text(permission: str) -> str:
    """Return what a permission allows, in a sentence."""
    texts = {
        "chat": QCoreApplication.translate("Tokens", "Use models: chats, completions and embeddings."),
        "models": QCoreApplication.translate("Tokens", "Load, unload, move and delete models."),
        "downloads": QCoreApplication.translate("Tokens", "Search for models and download them."),
        "mcp": QCoreApplication.translate("Tokens", "Use the tools that are set up on the server."),
        "admin": QCoreApplication.translate(
            "Tokens", "Change settings, tokens and tools, and read the request log. Enough to take the server over."
        ),
    }
    return texts.get(permission, permission)


def known_permissions() -> Sequence[str]:
    """Return all there are, the most harmless first."""
    return PERMISSIONS


def is_expired(token: TokenInfo) -> bool:
    """Return whether its time is over."""
    end = _time(token.expires_at)
    return end is not None and end <= datetime.now(UTC)


def day_text(time: str | None) -> str:
    """Return the day of an ISO 8601 time; empty for none."""
    when = _time(time)
    if when is None:
        return ""
    local = when.astimezone()
    day = QDate(local.year, local.month, local.day)
    if day == QDate.currentDate():
        return QCoreApplication.translate("Tokens", "Today")
    return QLocale().toString(day, QLocale.FormatType.ShortFormat)


def _time(text: str | None) -> datetime | None:
    try:
        when = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return when if when is None or when.tzinfo else when.replace(tzinfo=UTC)
