"""What leaves a server's machine, as extensions: the ledger of its connections, and a test of the way to the hub.

`GET` and `DELETE /api/v1/server/connections`, `POST /api/v1/server/network/test`.
"""

from typing import Literal

from pydantic import Field

from studiolo.api.base import Answer, Request

NETWORK = "network"
"""Capability: connections are listed and forgotten, the way to the hub is tested, and the settings of it are there."""

OFFLINE = "offline"
"""Error code: the switch that lets nothing leave is on."""

ProxyMode = Literal["system", "none", "manual", "script"]
"""Whose proxies are used: those of the system and its environment, none, the one that is named, or a PAC file's."""

PurposeKind = Literal["hub", "download", "catalog", "mcp", "peer", "server", "test", "proxy_script"]
"""Why a connection is opened. server: the window talks to one of its servers; peer: a model is copied from another."""

ConnectionResult = Literal["open", "closed", "failed", "blocked"]
"""blocked: it was not opened, as the machine is offline by choice."""


class ConnectionEntry(Answer):
    """One connection. `time` is ISO 8601 in UTC, sizes are bytes, without what TLS adds.

    `purpose` is a PurposeKind, `subject` what it was for (a model, the name of an MCP server), `via` the proxy that it
    went through, `result` a ConnectionResult, `error` why it failed. There are no paths, queries or headers in it.
    """

    id: str = ""
    time: str = ""
    host: str = ""
    port: int = 0
    purpose: str = ""
    subject: str = ""
    via: str = ""
    seconds: float | None = None
    sent_bytes: int = 0
    received_bytes: int = 0
    result: str = "closed"
    error: str = ""


class ConnectionList(Answer):
    """`GET /api/v1/server/connections` answers with this: those that are kept, the newest first."""

    connections: list[ConnectionEntry] = Field(default_factory=list)


HopKind = Literal["offline", "proxy", "dns", "tcp", "proxy_tunnel", "tls", "http", "redirect", "end"]
"""end: there are no more."""
HopState = Literal["running", "passed", "failed"]


class NetworkHop(Answer):
    """One step of the way to the hub. `kind` is a HopKind, `state` a HopState, `target` whom it is about.

    `detail` says what was found, `hint` what to do about it.
    """

    type: Literal["hop"] = "hop"
    kind: str = ""
    target: str = ""
    state: str = "running"
    seconds: float | None = None
    detail: str = ""
    hint: str = ""


class NetworkTestRequest(Request):
    """A test of the way to the hub of the settings, from the server's machine."""
