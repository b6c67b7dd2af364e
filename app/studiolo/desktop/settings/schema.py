"""What a person decides about the desktop. Titles and descriptions are what is read beside the switch."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

_CLOCK = r"^(|([01]\d|2[0-3]):[0-5]\d)$"

Closing = Literal["ask", "keep", "quit"]
ColourScheme = Literal["system", "light", "dark"]
ProxyMode = Literal["system", "none", "manual", "script"]


class DesktopSettings(BaseModel):
    """Fields of later versions are kept as they are."""

    model_config = ConfigDict(extra="allow", frozen=True)

    colour_scheme: ColourScheme = Field(
        default="system",
        title="Theme",
        json_schema_extra={"titles": {"system": "Same as the system", "light": "Light", "dark": "Dark"}},
    )
    closing: Closing = Field(
        default="ask",
        title="When the window is closed",
        description="Downloads and the server can go on in the tray.",
        json_schema_extra={"titles": {"ask": "Ask", "keep": "Go on in the tray", "quit": "Quit"}},
    )
    start_at_login: bool = Field(default=False, title="Start at login", description="Hidden, with an icon in the tray.")
    notify_completed: bool = Field(default=True, title="Tell of complete downloads")
    notify_failed: bool = Field(default=True, title="Tell of failed downloads")
    notify_replies: bool = Field(
        default=True, title="Tell of replies", description="That are finished while the window is away."
    )
    quiet_from: str = Field(
        default="", pattern=_CLOCK, title="Quiet from", description="Without both times there are no quiet hours."
    )
    quiet_to: str = Field(default="", pattern=_CLOCK, title="Quiet until", description="May be on the next day.")
    mini_monitor: bool = Field(
        default=False,
        title="Mini monitor",
        description="A small window above the others that shows downloads while the window is away.",
    )
    proxy_mode: ProxyMode = Field(
        default="system",
        title="Proxy",
        json_schema_extra={
            "x-section": "network",
            "x-panel": True,
            "titles": {
                "system": "Same as the system",
                "none": "No proxy",
                "manual": "Manual",
                "script": "Script (PAC)",
            },
        },
    )
    proxy_address: str = Field(
        default="", max_length=300, title="Proxy address", json_schema_extra={"x-section": "network", "x-panel": True}
    )
    proxy_user: str = Field(
        default="", max_length=300, title="Proxy user name", json_schema_extra={"x-section": "network", "x-panel": True}
    )
    proxy_exceptions: list[str] = Field(
        default_factory=list,
        title="Reached without the proxy",
        json_schema_extra={"x-section": "network", "x-panel": True},
    )
    proxy_script: str = Field(
        default="", max_length=2000, title="Proxy script", json_schema_extra={"x-section": "network", "x-panel": True}
    )
    extra_certificates: str = Field(
        default="",
        max_length=2000,
        title="Extra certificates",
        json_schema_extra={"x-section": "network", "x-panel": True},
    )
    offline: bool = Field(
        default=False, title="Work offline", json_schema_extra={"x-section": "privacy", "x-panel": True}
    )
