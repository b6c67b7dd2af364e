"""What ends with the program, and what goes on without it, in words."""

from dataclasses import dataclass

from PySide6.QtCore import QObject


@dataclass(frozen=True, slots=True)
class Ending:
    """Numbers of: replies being written, messages that wait for them, downloads that run here and elsewhere."""

    replies: int = 0
    waiting: int = 0
    downloads: int = 0
    elsewhere: int = 0

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
