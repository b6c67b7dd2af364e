"""What a person decides about the desktop. Titles and descriptions are what is read beside the switch."""

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


class DesktopSettings(BaseModel):
    """Fields of later versions are kept as they are."""

    model_config = ConfigDict(extra="allow", frozen=True)

    colour_scheme: ColourScheme = Field(
        default="system",
        title="Theme",
        json_schema_extra={"titles": {"system": "Same as the system", "light": "Light", "dark": "Dark"}},
    )
    text_size: int = Field(
        default=USUAL_TEXT,
        ge=LEAST_TEXT,
        le=MOST_TEXT,
        title="Text size",
        description="Of everything in the window. Ctrl+Plus, Ctrl+Minus and Ctrl+0 change it, too.",
        json_schema_extra={"x-section": "appearance", "x-step": TEXT_STEP, "x-unit": "%"},
    )
    density: Density = Field(
        default="comfortable",
        title="Density",
        description="The room between rows and between messages.",
        json_schema_extra={
            "x-section": "appearance",
            "titles": {"comfortable": "Comfortable", "compact": "Compact"},
        },
    )
    code_font: str = Field(
        default="",
        max_length=200,
        title="Code font",
        description="The name of a font. Without one, or where it is not installed, it is the system's.",
        json_schema_extra={"x-section": "appearance", "x-kind": "font"},
    )
    send_with: SendKeys = Field(
        default="enter",
        title="Send messages with",
        description="Shift+Enter always breaks the line.",
        json_schema_extra={"x-section": "chat", "titles": {"enter": "Enter", "ctrl_enter": "Ctrl+Enter"}},
    )
    show_reasoning: ShownReasoning = Field(
        default="folded",
        title="Reasoning",
        description="What a model thinks before it answers. Folded, it is open only while the model thinks.",
        json_schema_extra={
            "x-section": "chat",
            "titles": {"folded": "Folded", "open": "Open", "hidden": "Hidden"},
        },
    )
    show_speed: bool = Field(
        default=True,
        title="Show the speed of replies",
        description="Tokens per second, below each reply. The details of a reply always have it.",
        json_schema_extra={"x-section": "chat"},
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
            "titles": {"first_words": "First words", "model": "Written by the model"},
        },
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
