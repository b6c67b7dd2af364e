"""What a person wants to see of messages, and how they send what they have changed in one."""

from dataclasses import dataclass

from studiolo.desktop.settings.schema import DesktopSettings, SendKeys, ShownReasoning


@dataclass(slots=True)
class RowOptions:
    """All rows of a conversation share one."""

    reasoning: ShownReasoning = "folded"
    speed: bool = True
    send_with: SendKeys = "enter"

    def take(self, settings: DesktopSettings) -> bool:
        """Become what the settings say, and return whether rows look otherwise by that."""
        before = self.reasoning, self.speed
        self.reasoning, self.speed = settings.show_reasoning, settings.show_speed
        self.send_with = settings.send_with
        return before != (self.reasoning, self.speed)
