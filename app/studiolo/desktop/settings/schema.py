"""What a person decides about the desktop. Titles and descriptions are what is read beside the switch.

A field with `x-panel` is changed in a panel of its own instead of in a row of the form.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

_CLOCK = r"^(|([01]\d|2[0-3]):[0-5]\d)$"

Closing = Literal["ask", "keep", "quit"]
ColourScheme = Literal["system", "light", "dark"]
Density = Literal["comfortable", "compact"]
SendKeys = Literal["enter", "ctrl_enter"]
ShownReasoning = Literal["folded", "open", "hidden"]
ChatTitles = Literal["first_words", "model"]

LEAST_TEXT, USUAL_TEXT, MOST_TEXT, TEXT_STEP = 80, 100, 200, 10
"""Percent."""
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
    text_size: int = Field(
        default=USUAL_TEXT,
        ge=LEAST_TEXT,
        le=MOST_TEXT,
        title="Text size",
        description="Of everything in the window. Ctrl+Plus, Ctrl+Minus and Ctrl+0 change it, too.",
        json_schema_extra={
            "x-section": "appearance",
            "x-step": TEXT_STEP,
            "x-unit": "%",
            "x-words": "zoom larger smaller font",
        },
    )
    density: Density = Field(
        default="comfortable",
        title="Density",
        description="The room between rows and between messages.",
        json_schema_extra={
            "x-section": "appearance",
            "x-words": "spacing row height tight",
            "titles": {"comfortable": "Comfortable", "compact": "Compact"},
        },
    )
    code_font: str = Field(
        default="",
        max_length=200,
        title="Code font",
        description="The name of a font. Without one, or where it is not installed, it is the system's.",
        json_schema_extra={"x-section": "appearance", "x-kind": "font", "x-words": "monospace typeface"},
    )
    send_with: SendKeys = Field(
        default="enter",
        title="Send messages with",
        description="Shift+Enter always breaks the line.",
        json_schema_extra={
            "x-section": "chat",
            "x-words": "key return newline submit",
            "titles": {"enter": "Enter", "ctrl_enter": "Ctrl+Enter"},
        },
    )
    show_reasoning: ShownReasoning = Field(
        default="folded",
        title="Reasoning",
        description="What a model thinks before it answers. Folded, it is open only while the model thinks.",
        json_schema_extra={
            "x-section": "chat",
            "x-words": "thinking thoughts fold",
            "titles": {"folded": "Folded", "open": "Open", "hidden": "Hidden"},
        },
    )
    show_speed: bool = Field(
        default=True,
        title="Show the speed of replies",
        description="Tokens per second, below each reply. The details of a reply always have it.",
        json_schema_extra={"x-section": "chat", "x-words": "tokens per second statistics"},
    )
    chat_titles: ChatTitles = Field(
        default="first_words",
        title="Titles of chats",
        description=(
            "The model can write a title after its first reply. It does so only on this computer, and while nothing "
            "else goes on."
        ),
        json_schema_extra={
            "x-section": "chat",
            "x-words": "name rename automatic",
            "titles": {"first_words": "First words", "model": "Written by the model"},
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
    show_start_page: bool = Field(
        default=True,
        title="Start page",
        description="Offers a first model while there is none but the trial model.",
        json_schema_extra={"x-section": "general"},
    )
    mini_monitor: bool = Field(
        default=False,
        title="Small download window",
        description="Stays above other windows while Studiolo's window is closed or minimised and something downloads.",
        json_schema_extra={"x-section": "notifications", "x-group": "Tray", "x-words": "mini monitor float"},
    )
    shortcuts: dict[str, str] = Field(
        default_factory=dict,
        title="Keyboard shortcuts",
        description="Only those that were changed, by the action.",
        json_schema_extra={"x-section": "shortcuts", "x-panel": True},
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
