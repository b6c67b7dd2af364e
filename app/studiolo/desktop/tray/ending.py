"""What ends with the program, and what goes on without it, in words."""

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication


@dataclass(frozen=True, slots=True)
class Ending:
    """Numbers of: replies being written, messages that wait for them, downloads that run here and elsewhere."""

    replies: int = 0
    waiting: int = 0
    downloads: int = 0
    elsewhere: int = 0

    @property
    def ends(self) -> bool:
        """Whether quitting ends anything."""
        return bool(self.replies or self.waiting or self.downloads)

    def text(self) -> str:
        """A line for each."""
        say = QCoreApplication.translate
        lines = []
        if self.replies:
            told = say("Ending", "%n reply(ies) being written end(s). What there is by now is kept.", "", self.replies)
            lines.append(told)
        if self.waiting:
            lines.append(say("Ending", "%n message(s) not sent yet stay(s) as draft(s).", "", self.waiting))
        if self.downloads:
            told = say("Ending", "%n download(s) stop(s), and go(es) on at the next start.", "", self.downloads)
            lines.append(told)
        if self.elsewhere:
            lines.append(say("Ending", "%n download(s) on other servers go(es) on.", "", self.elsewhere))
        return "\n".join(lines)
