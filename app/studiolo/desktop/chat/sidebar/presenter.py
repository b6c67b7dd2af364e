"""Between the sidebar and the history."""

from collections.abc import Callable
from datetime import date

from studiolo.desktop.chat.presenter import ChatPresenter
from studiolo.desktop.chat.sidebar.archive import Archive
from studiolo.desktop.chat.sidebar.entries import Entry, Heading, HitEntry, arranged, filtered
from studiolo.desktop.chat.sidebar.panel import Sidebar
from studiolo.desktop.history.database import Database
from studiolo.desktop.history.records import Chat
from studiolo.desktop.history.store import History
from studiolo.desktop.tasks import Report, TaskScope
from studiolo.desktop.widgets.undo import Undo

_MOST_HITS = 100
_CLOSED = "closed_folders"


class SidebarPresenter:
    """Shows the chats there are, and what a search finds; what is deleted can be brought back."""

    def __init__(self, panel: Sidebar, history: History, chats: ChatPresenter, undo: Undo, report: Report) -> None:
        self._panel = panel
        self._history = history
        self._chats = chats
        self._scope = TaskScope(panel, report)
        self._closed: set[int] | None = None
        """Folders; None until it is known which ones were."""
        self._undo = undo
        self._report = report
        view = panel.list
        panel.new_chat.clicked.connect(chats.new_chat)
        panel.query_changed.connect(self.refresh)
        view.opened.connect(chats.open_chat)
        view.hit_opened.connect(chats.open_chat)
        view.folder_toggled.connect(self._toggle)
        view.trash_requested.connect(self.trash)
        view.pin_requested.connect(lambda ids, pinned: self._do(Database.pin, ids, pinned))
        view.duplicate_requested.connect(self._duplicate)
        view.move_requested.connect(lambda ids, folder: self._do(Database.move, ids, folder))
        view.tags_requested.connect(lambda ids: self._scope.start(self._tag(ids), replace="tags"))
        view.new_folder_requested.connect(lambda ids: self._scope.start(self._new_folder(ids)))
        view.folder_removal_requested.connect(lambda folder: self._do(Database.remove_folder, folder))
        view.chats.renamed.connect(lambda chat, name: self._do(Database.rename, chat, name))
        view.chats.folder_renamed.connect(lambda folder, name: self._do(Database.rename_folder, folder, name))
        view.chats.moved.connect(lambda ids, folder: self._do(Database.move, ids, folder))
        self.archive = Archive(panel, history, chats, undo, self._scope)
        panel.toast_requested.connect(undo.tell)
        chats.changed.connect(self.refresh)
        chats.busy_changed.connect(self._show_busy)
        chats.shown.connect(lambda: view.set_current(chats.current))
        self.refresh()

    def refresh(self, *_: object) -> None:
        """Read the list anew."""
        self._scope.start(self._refresh(), replace="refresh")

    def trash(self, chats: list[int]) -> None:
        """Move chats to the trash; the one in sight makes room for an empty one."""
        if self._chats.current in chats:
            self._chats.new_chat()
        for chat in chats:
            self._chats.stop_chat(chat)
        self._do(Database.trash, chats)
        self._undo.add(self._panel.deleted_text(len(chats)), lambda: self._do(Database.restore, chats))

    async def aclose(self) -> None:
        """End what goes on, and wait until it has ended."""
        await self._scope.aclose()

    def _do(self, what: Callable[..., object], *args: object) -> None:
        self._scope.start(self._done(what, *args))

    async def _done(self, what: Callable[..., object], *args: object) -> None:
        try:
            await self._history.do(what, *args)
        finally:
            self.refresh()

    async def _refresh(self) -> None:
        query = self._panel.search.text().strip()
        chats = await self._history.do(Database.chats)
        folders = await self._history.do(Database.folders)
        if self._closed is None:
            kept = await self._history.do(Database.note, _CLOSED)
            self._closed = {one for one in kept if isinstance(one, int)} if isinstance(kept, list) else set()
        if query:
            entries = await self._found(chats, query)
        else:
            entries = arranged(chats, folders, closed=self._closed, today=date.today())
        self._panel.list.set_entries(entries, folders, self._chats.current)
        self._show_busy()
        self._panel.tell_empty(not entries, query)

    async def _found(self, chats: list[Chat], query: str) -> list[Entry]:
        entries = arranged(filtered(chats, query), [], closed=frozenset(), today=date.today())
        hits = await self._history.do(Database.search, query, _MOST_HITS)
        if hits:
            entries += [Heading("found"), *(HitEntry(hit) for hit in hits)]
        return entries

    def _show_busy(self) -> None:
        self._panel.list.chats.set_busy(self._chats.busy)

    def _toggle(self, folder: int) -> None:
        self._closed = (self._closed or set()) ^ {folder}
        self._history.soon(self._report, Database.set_note, _CLOSED, sorted(self._closed))
        self.refresh()

    def _duplicate(self, chat: int) -> None:
        self._scope.start(self._duplicated(chat))

    async def _duplicated(self, chat: int) -> None:
        source = await self._history.do(Database.chat, chat)
        copy = await self._history.do(Database.duplicate, chat, self._panel.name_of_copy(source.title))
        self.refresh()
        self._chats.open_chat(copy.id)

    async def _tag(self, numbers: list[int]) -> None:
        chats = [await self._history.do(Database.chat, number) for number in numbers]
        tags = await self._panel.ask_for_tags(chats[0].tags)
        if tags is not None:
            for chat in chats:
                await self._history.do(Database.set_tags, chat.id, tags)
            self._undo.add(self._panel.tagged_text(len(chats)), lambda: self._put_tags_back(chats))
            self.refresh()

    def _put_tags_back(self, chats: list[Chat]) -> None:
        for chat in chats:
            self._do(Database.set_tags, chat.id, chat.tags)

    async def _new_folder(self, chats: list[int]) -> None:
        folder = await self._history.do(Database.create_folder, self._panel.name_of_folder())
        await self._history.do(Database.move, chats, folder.id)
        await self._refresh()
        self._panel.list.edit_folder(folder.id)
