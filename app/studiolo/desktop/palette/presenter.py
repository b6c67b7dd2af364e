"""Between the palette and what it finds: looks it up while somebody types, and does what is chosen."""

from collections.abc import Callable, Sequence
from typing import Protocol

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from studiolo.desktop.palette.entries import FoundEntry, PaletteEntry, find, listed
from studiolo.desktop.palette.panel import PalettePanel
from studiolo.desktop.tasks import Report, TaskScope

_MOST_RECENT = 5
_KEPT = 20


class PaletteSources(Protocol):
    """Where the entries come from."""

    def entries(self) -> Sequence[PaletteEntry]:
        """Return what is at hand: everything but the chats."""

    def elsewhere(self, query: str) -> Sequence[PaletteEntry]:
        """Return where else a text can be looked for."""

    async def chats(self, query: str) -> Sequence[FoundEntry]:
        """Return the chats that fit, the best first; of an empty query the latest."""

    async def chats_of(self, keys: Sequence[str]) -> Sequence[PaletteEntry]:
        """Return those of these entries that are chats which are there."""

    async def recent(self) -> Sequence[str]:
        """Return the keys of what was chosen last, the latest first."""

    def keep_recent(self, keys: Sequence[str]) -> None:
        """Keep the keys of what was chosen last."""


class PalettePresenter(QObject):
    """Opens the palette of a window, and closes it when something else begins there."""

    def __init__(
        self, window: QWidget, sources: PaletteSources, report: Report, *, shortcuts: Callable[[], str]
    ) -> None:
        """shortcuts: the keys that show all of them, for the line below the list."""
        super().__init__(window)
        self.panel = PalettePanel(window)
        self._sources = sources
        self._shortcuts = shortcuts
        self._scope = TaskScope(self, report)
        self._query = ""
        self._at_hand: Sequence[PaletteEntry] = ()
        self._chats: Sequence[FoundEntry] = ()
        self._recent: list[str] = []
        self._recent_entries: list[PaletteEntry] = []
        self._listed: list[FoundEntry] = []
        self._looking = False
        self.panel.query_changed.connect(self._ask)
        self.panel.entry_chosen.connect(self._run)

    @property
    def is_open(self) -> bool:
        """Return whether it is over the window."""
        return self.panel.isVisible()

    def toggle(self) -> None:
        """Open it, or close it."""
        if self.is_open:
            self.panel.close_palette()
            return
        self._at_hand = self._sources.entries()
        self._query, self._chats = "", ()
        self._show()
        self.panel.open_palette(self._shortcuts())
        self._look()
        self._scope.start(self._read_recent(), replace="recent")

    def close_palette(self) -> None:
        """Close it: something else begins."""
        self.panel.close_palette()

    async def aclose(self) -> None:
        """Close it, and end what is looked for."""
        self.panel.close_palette()
        await self._scope.aclose()

    def _ask(self, query: str) -> None:
        self._query = query.strip()
        # Until the answer is there, those that came fit or don't.
        self._chats = [] if not self._query else find(self._query, [found.entry for found in self._chats])
        self._show()
        self._look()

    def _look(self) -> None:
        """One search at a time: of what is typed meanwhile only the last is looked for."""
        if not self._looking:
            self._looking = True
            self._scope.start(self._look_for_chats())

    async def _look_for_chats(self) -> None:
        try:
            asked: str | None = None
            while self.is_open and asked != self._query:
                asked = self._query
                found = await self._sources.chats(asked)
                if asked == self._query:
                    self._chats = found
                    self._show()
                    self.panel.tell_count()
        finally:
            self._looking = False

    async def _read_recent(self) -> None:
        self._recent = list(await self._sources.recent())[:_KEPT]
        chats = {entry.key: entry for entry in await self._sources.chats_of(self._recent)}
        known = {entry.key: entry for entry in self._at_hand} | chats
        self._recent_entries = [known[key] for key in self._recent if key in known][:_MOST_RECENT]
        if self.is_open and not self._query:
            self._show()

    def _show(self) -> None:
        found = [*find(self._query, self._at_hand), *self._chats]
        nothing = ""
        if self._query:
            nothing = "" if found else self.panel.tr("Nothing here is called “%1”.").replace("%1", self._query)
            found += [FoundEntry(entry) for entry in self._sources.elsewhere(self._query)]
        self._listed = found
        self.panel.show_lines(listed(self._query, found, self._recent_entries), nothing=nothing)

    def _run(self, key: str) -> None:
        entries = [*(found.entry for found in self._listed), *self._recent_entries]
        entry = next(entry for entry in entries if entry.key == key)
        if entry.group != "search":
            self._recent = [key, *(one for one in self._recent if one != key)][:_KEPT]
            self._sources.keep_recent(self._recent)
        entry.run()
