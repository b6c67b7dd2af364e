"""Larger and smaller text, by keys and wheel."""

from studiolo.desktop.settings.schema import LEAST_TEXT, MOST_TEXT, TEXT_STEP, USUAL_TEXT
from studiolo.desktop.settings.store import DesktopSettingsStore
from studiolo.desktop.tasks import Report
from studiolo.errors import StorageError


class TextSizeStepper:
    """Changes the size of the text in the settings; at the smallest and the largest one nothing happens."""

    def __init__(self, settings: DesktopSettingsStore, report: Report) -> None:
        self._settings = settings
        self._report = report

    def step(self, by: int) -> None:
        """Make the text so many steps larger, smaller where it is negative; 0: as large as it was at first."""
        size = self._settings.current.text_size
        wanted = size + by * TEXT_STEP if by else USUAL_TEXT
        try:
            self._settings.change(text_size=max(LEAST_TEXT, min(MOST_TEXT, wanted)))
        except StorageError as error:
            self._report(error)
