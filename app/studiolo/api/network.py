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

PurposeKind = Literal[
    "hub", "download", "catalog", "mcp", "peer", "server", "test", "proxy_script", "runtime", "upstream"
]
"""Why a connection is opened. server: the window talks to one of its servers; peer: a model is copied from another;
runtime: a build of llama.cpp, or the list of those; upstream: a model answers that runs on another machine."""

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


class NetworkSettings(Answer):
    """What of a server's settings says what may leave its machine, and by which way. See api.settings."""

    proxy_mode: ProxyMode = Field(
        default="system",
        title="Proxy",
        description="For what the server fetches: that of the system, none, a manual one, or what a script says.",
        json_schema_extra={
            "x-section": "network",
            "x-group": "Proxy of the server",
            "titles": {
                "system": "Same as the system",
                "none": "No proxy",
                "manual": "Manual",
                "script": "Script (PAC)",
            },
        },
    )
    proxy_address: str = Field(
        default="",
        title="Proxy address",
        description="Such as http://proxy.example.com:8080.",
        json_schema_extra={"x-section": "network", "x-group": "Proxy of the server"},
    )
    proxy_user: str = Field(
        default="",
        title="Proxy user name",
        description="Empty where the proxy asks for none.",
        json_schema_extra={"x-section": "network", "x-group": "Proxy of the server"},
    )
    proxy_password: str = Field(
        default="",
        title="Proxy password",
        description="Sent to the proxy alone. Another proxy takes it anew.",
        json_schema_extra={"x-section": "network", "x-group": "Proxy of the server"},
    )
    proxy_exceptions: list[str] = Field(
        default_factory=list,
        title="Reached without the proxy",
        description="Names such as example.com, addresses, and networks such as 10.0.0.0/8.",
        json_schema_extra={"x-section": "network", "x-group": "Proxy of the server"},
    )
    proxy_script: str = Field(
        default="",
        title="Proxy script",
        description="The address or the path of a PAC file.",
        json_schema_extra={"x-section": "network", "x-group": "Proxy of the server"},
    )
    extra_certificates: str = Field(
        default="",
        title="Extra certificates",
        description="A file in the form PEM, with certificates to trust beside those of the system.",
        json_schema_extra={"x-section": "network", "x-group": "Certificates of the server"},
    )
    offline: bool = Field(
        default=False,
        title="Work offline",
        description="The server connects to nothing but this machine and other servers that were added.",
        json_schema_extra={"x-section": "privacy", "x-group": "Connections of the server"},
    )
