"""What the page says of a server, as plain data."""

import shlex
from dataclasses import dataclass
from enum import Enum, auto
from typing import Literal, assert_never

from PySide6.QtCore import QObject

from studiolo.api.mcp import SECRET_REFERENCE, LedgerEntry, McpServerEntry, McpServerInfo
from studiolo.api.mcp_entry import shown_address
from studiolo.desktop.language import translate
from studiolo.redaction import redact

Colour = Literal["ok", "warning", "danger", "off"]


class ServerAction(Enum):
    """What a person wants done with a server."""

    RESTART = auto()
    EDIT = auto()
    REMOVE = auto()
    SWITCH_ON = auto()
    SWITCH_OFF = auto()
    SHOW_LOG = auto()
    SHOW_CALLS = auto()
    SIGN_IN = auto()
    CANCEL_SIGN_IN = auto()
    SIGN_OUT = auto()


@dataclass(frozen=True, slots=True)
class ServerWords:
    """state: in a word. line: below the name, in a list. colour: of its dot."""

    state: str
    line: str
    colour: Colour


class _Counts(QObject):
    """Only an object's own `tr` is collected with its plural forms."""

    def tools(self, count: int) -> str:
        return self.tr("%n tool(s)", "", count)


def words_of(server: McpServerInfo) -> ServerWords:
    """Return how a server is doing in words, for a list and a badge."""
    count = _Counts().tools(len(server.tools)) if server.tools is not None else ""
    if server.entry.disabled:
        off = translate("Mcp", "Switched off")
        return ServerWords(off, off, "off")
    match server.state:
        case "ready":
            running = translate("Mcp", "Running") if server.kind == "program" else translate("Mcp", "Connected")
            return ServerWords(running, _joined(count, running), "ok")
        case "starting":
            starting = translate("Mcp", "Starting…")
            return ServerWords(starting, starting, "warning")
        case "sign_in_needed":
            needed = translate("Mcp", "Sign-in needed")
            return ServerWords(needed, needed, "warning")
        case "failed":
            program = server.kind == "program"
            failed = translate("Mcp", "Did not start") if program else translate("Mcp", "Can't be reached")
            return ServerWords(failed, failed, "danger")
        case "off":
            idle = translate("Mcp", "Idle")
            return ServerWords(idle, _joined(count, idle), "off")
        case _:
            assert_never(server.state)


def command_of(entry: McpServerEntry) -> str:
    """Return what is run or asked, as one line; values that may be secrets are not in it."""
    if entry.url:
        return shown_address(entry.url)
    return redact(shlex.join([entry.command or "", *(entry.args or ())])) if entry.command else ""


def details_of(entry: McpServerEntry) -> list[tuple[str, str]]:
    """Return the rest of what is set up: names of variables and headers, never their values."""
    rows = [
        (translate("Mcp", "Variables"), ", ".join(entry.env or ())),
        (translate("Mcp", "Headers"), ", ".join(entry.headers or ())),
        (translate("Mcp", "Folder"), entry.cwd or ""),
        (translate("Mcp", "Time limit for a call"), f"{entry.timeout:g} s" if entry.timeout else ""),
    ]
    return [(name, value) for name, value in rows if value]


def has_secrets(entry: McpServerEntry) -> bool:
    """Return whether something of an entry is in the keyring."""
    return SECRET_REFERENCE in entry.model_dump_json()


def ending_words(call: LedgerEntry) -> str:
    """Return how a call of the ledger ended."""
    return {
        "succeeded": translate("Mcp", "Done"),
        "failed": translate("Mcp", "Failed"),
        "cancelled": translate("Mcp", "Cancelled"),
        "denied": translate("Mcp", "Not allowed"),
    }.get(call.ended, call.ended)


def approval_words(call: LedgerEntry) -> str:
    """Return how a call of the ledger came to be permitted."""
    return {
        "once": translate("Mcp", "Allowed once"),
        "chat": translate("Mcp", "Allowed in the chat"),
        "always": translate("Mcp", "Always allowed"),
        "settings": translate("Mcp", "Nobody was asked"),
        "by hand": translate("Mcp", "Tried by hand"),
        "denied": translate("Mcp", "Not allowed"),
    }.get(call.approved, call.approved)


def _joined(*pieces: str) -> str:
    return " · ".join(piece for piece in pieces if piece)
