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
        json_schema_extra={
            "x-section": "appearance",
            "x-words": "dark mode night colour color scheme",
            "titles": {"system": "System", "light": "Light", "dark": "Dark"},
        },
    )
    language: str = Field(
        default="",
        max_length=20,
        pattern=r"^[A-Za-z_]*$",
        title="Language",
        description="In force from the next start of Studiolo.",
        json_schema_extra={
            "x-section": "general",
            "x-choices": "languages",
            "x-words": "translation locale english",
        },
    )
    closing: Closing = Field(
        default="ask",
        title="When the window is closed",
        description="Downloads and the server can keep running in the tray.",
        json_schema_extra={
            "x-section": "general",
            "x-words": "quit exit tray background minimize",
            "titles": {"ask": "Ask", "keep": "Keep running in the tray", "quit": "Quit"},
        },
    )
    start_at_login: bool = Field(
        default=False,
        title="Start at login",
        description="Hidden, with an icon in the tray.",
        json_schema_extra={"x-section": "general", "x-words": "autostart boot launch"},
    )
    notify_completed: bool = Field(
        default=True,
        title="Notify when a download is complete",
        description="Only while the window is not in front.",
        json_schema_extra={"x-section": "notifications", "x-group": "Notifications", "x-words": "alert message"},
    )
    notify_failed: bool = Field(
        default=True,
        title="Notify when a download fails",
        description="Only while the window is not in front.",
        json_schema_extra={"x-section": "notifications", "x-group": "Notifications", "x-words": "alert message error"},
    )
    notify_replies: bool = Field(
        default=True,
        title="Notify when a reply is done",
        description="Also when a tool waits for you. Only while the window is not in front.",
        json_schema_extra={"x-section": "notifications", "x-group": "Notifications", "x-words": "alert message chat"},
    )
    quiet_from: str = Field(
        default="",
        pattern=_CLOCK,
        title="Quiet from",
        json_schema_extra={
            "x-section": "notifications",
            "x-group": "Notifications",
            "x-ends": "quiet_to",
            "x-title": "Quiet hours",
            "x-told": "Nothing is notified between these times.",
            "x-words": "do not disturb silence night",
        },
    )
    quiet_to: str = Field(
        default="",
        pattern=_CLOCK,
        title="Quiet until",
        json_schema_extra={"x-section": "notifications", "x-group": "Notifications"},
    )
    mini_monitor: bool = Field(
        default=False,
        title="Small download window",
        description="Stays above other windows while Studiolo's window is closed or minimised and something downloads.",
        json_schema_extra={"x-section": "notifications", "x-group": "Tray", "x-words": "mini monitor float"},
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
