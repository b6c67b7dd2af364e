"""What ends with the program, and what goes on without it, in words."""

from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import QObject

from studiolo.desktop.downloads.jobs import Download


@dataclass(frozen=True, slots=True)
class Ending:
    """Numbers of: replies being written, messages that wait for them, downloads that go on here and elsewhere."""

    replies: int = 0
    waiting: int = 0
    downloads: int = 0
    elsewhere: int = 0

    @classmethod
    def of(cls, downloads: Iterable[Download], *, ending_with: str | None, replies: int, waiting: int) -> "Ending":
        """Count what would end now. ending_with: the address of the server that ends with the program, if one does."""
        active = [job for job in downloads if job.active]
        here = sum(job.server == ending_with for job in active)
        return cls(replies, waiting, here, len(active) - here)

    @property
    def ends(self) -> bool:
        """Return whether quitting ends anything."""
        return bool(self.replies or self.waiting or self.downloads)

    def text(self) -> str:
        """Return a line for each."""
        return _Lines().text(self)


class _Lines(QObject):
    """Only `tr` takes a number in Python, and only a QObject has it."""

    def text(self, ending: Ending) -> str:
        lines = (
            (ending.replies, self.tr("%n reply(ies) end(s); what there is by now is kept.", "", ending.replies)),
            (ending.waiting, self.tr("%n message(s) not sent yet stay(s) as draft(s).", "", ending.waiting)),
            (ending.downloads, self.tr("%n download(s) stop(s) until the next start.", "", ending.downloads)),
            (ending.elsewhere, self.tr("%n download(s) elsewhere go(es) on.", "", ending.elsewhere)),
        )
        return "\n".join(line for number, line in lines if number)
