"""What goes out of the history and comes into it as a whole: exports, imports, backups, and the trash."""

import asyncio
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from studiolo.desktop.chat.pdf import write_pdf
from studiolo.desktop.chat.presenter import ChatPresenter
from studiolo.desktop.chat.sidebar.chat_reader import ChatReader
from studiolo.desktop.chat.sidebar.importing import Came
from studiolo.desktop.chat.sidebar.panel import Sidebar
from studiolo.desktop.chat.sidebar.safety import Safety
from studiolo.desktop.chat.sidebar.trash import EMPTY, RESTORE, TrashDialog
from studiolo.desktop.history.database import Database
from studiolo.desktop.history.exporting import export
from studiolo.desktop.history.imports.tree import ImportedChat
from studiolo.desktop.history.parts import ImagePart
from studiolo.desktop.history.records import Chat, Folder, StoredMessage, path_to
from studiolo.desktop.history.store import History
from studiolo.desktop.tasks import TaskScope
from studiolo.desktop.widgets.dialogs import ask, ask_for_file, ask_for_files, ask_for_folder, finished
from studiolo.desktop.widgets.undo import Undo
from studiolo.errors import AppError, StorageError

_KINDS = {".md": "Markdown", ".html": "HTML", ".pdf": "PDF", ".json": "JSON"}
_BACKUP = {".studiolo-backup": "Studiolo"}
_NOT_IN_NAMES = re.compile(r'[\\/:*?"<>|\0-\x1f]+')

_BATCH_BYTES = 250_000
_BATCH_CHATS = 100


class Archive:
    """Does what the sidebar's menus ask for; each thing can be undone or changes nothing."""

    def __init__(self, panel: Sidebar, history: History, chats: ChatPresenter, undo: Undo, scope: TaskScope) -> None:
        self._panel = panel
        self._history = history
        self._chats = chats
        self._undo = undo
        self._scope = scope
        self._importing = asyncio.Lock()
        view = panel.list
        view.export_requested.connect(lambda ids: scope.start(self.export(ids), replace="export"))
        view.folder_export_requested.connect(lambda one: scope.start(self.export_folder(one), replace="export"))
        panel.import_requested.connect(lambda: scope.start(self.take_in_files()))
        panel.folder_import_requested.connect(lambda: scope.start(self.take_in_folder()))
        panel.backup_requested.connect(lambda: scope.start(self.back_up(), replace="backup"))
        panel.restore_requested.connect(lambda: scope.start(self.put_back(), replace="backup"))
        self.safety = Safety(panel, history, scope, put_back=self._put_back)
        panel.trash_requested.connect(lambda: scope.start(self.show_trash(), replace="trash"))

    async def export(self, numbers: list[int]) -> None:
        """Export one chat as a file, several as files in a folder."""
        chats = [await self._history.do(Database.chat, number) for number in numbers]
        name = _file_name(chats[0].title, self._panel.untitled) if len(chats) == 1 else self._panel.chats_name
        await self._export(chats, name, into_folder=len(chats) > 1)

    async def export_folder(self, folder: int) -> None:
        """Export all that is in a folder and those within it."""
        folders = await self._history.do(Database.folders)
        within = _within(folder, folders)
        chats = [chat for chat in await self._history.do(Database.chats) if chat.folder in within]
        name = next((one.name for one in folders if one.id == folder), "")
        if chats:
            await self._export(chats, _file_name(name, self._panel.untitled), into_folder=True)

    async def take_in_files(self) -> None:
        """Import files that the person chooses."""
        filters = [f"{self._panel.exports_name} (*.json *.jsonl *.ndjson *.zip)"]
        for file in await ask_for_files(self._panel, self._panel.import_title, filters):
            if not await self._take_in(file):
                break

    async def take_in_folder(self) -> None:
        """Import a folder that the person chooses."""
        if folder := await ask_for_folder(self._panel, self._panel.import_title):
            await self._take_in(folder)

    async def back_up(self) -> None:
        """Save everything in one file."""
        target = await ask_for_file(self._panel, self._panel.backup_title, self._panel.backup_name, _BACKUP)
        if target:
            await self._history.do(Database.backup, target)
            self._panel.toast_requested.emit(self._panel.backed_up_text(str(target)))

    async def put_back(self) -> None:
        """Put everything back as it is in a backup; what is here now can be brought back."""
        filters = [f"Studiolo (*{suffix})" for suffix in _BACKUP]
        for file in await ask_for_files(self._panel, self._panel.restore_title, filters, one=True):
            question = self._panel.restore_question(file.name)
            if await ask(self._panel, *question[:1], explanation=question[1], yes=question[2], destructive=True):
                await self._put_back(file)

    async def show_trash(self) -> None:
        """Show what was deleted in the last thirty days, until it is restored or forgotten."""
        dialog = TrashDialog(await self._history.do(Database.chats, trashed=True), self._panel)
        done = await finished(dialog)
        if done == RESTORE:
            await self._history.do(Database.restore, dialog.chosen)
        elif done == EMPTY and await ask(self._panel, dialog.question, yes=dialog.empty_text, destructive=True):
            await self._history.do(Database.empty_trash)
        self._chats.changed.emit()

    async def _export(self, chats: list[Chat], name: str, *, into_folder: bool) -> None:
        target = await ask_for_file(self._panel, self._panel.export_title, name, _KINDS)
        if target is None:
            return
        used: set[str] = set()
        for chat in chats:
            file = target
            if into_folder:
                title = _unique(_file_name(chat.title, self._panel.untitled), used)
                file = target.with_suffix("") / (title + (target.suffix or ".md"))
            messages = await self._history.do(Database.messages, chat.id)
            await self._write(chat, messages, file)
        self._panel.toast_requested.emit(self._panel.exported_text(len(chats)))

    async def _write(self, chat: Chat, messages: dict[int, StoredMessage], file: Path) -> None:
        wanted = {
            part.file for one in path_to(messages, chat.leaf) for part in one.parts if isinstance(part, ImagePart)
        }
        files = await self._history.do(Database.files, sorted(wanted))
        write = write_pdf if file.suffix.lower() == ".pdf" else export
        try:
            await asyncio.to_thread(file.parent.mkdir, parents=True, exist_ok=True)
            await asyncio.to_thread(write, chat, messages, file, files)
        except OSError as error:
            raise StorageError(f"{file} can't be written.", hint=f"{error.strerror}.", details=str(error)) from error

    async def _take_in(self, path: Path) -> bool:
        """Keep the chats of an export, one import after the other; False where it was cancelled."""
        came = Came()
        async with self._importing, ChatReader(path) as reader:
            failure: AppError | None = None
            try:
                with self._panel.status.working(path.name, reader.stop):
                    await self._take_in_all(reader, came)
            except AppError as error:
                failure = error
            came.skipped = reader.skipped
            came.read += reader.read
            self._tell(came, cancelled=reader.stopped, failed=failure is not None)
            if failure:
                raise failure
            return not reader.stopped

    async def _take_in_all(self, reader: ChatReader, came: Came) -> None:
        known = await self._history.do(Database.imported_sources)
        while (chats := await reader.more()) is not None:
            for some in _batches(chats):
                _, old = await self._history.do(Database.take_in, some, lambda: reader.stopped, known)
                came.old += old
                came.read -= sum(chat.read for chat in some if chat.known)
                came.chats += [chat.number for chat in some if chat.number is not None]
                came.kept += sum(chat.kept for chat in some)
                self._panel.status.tell(len(came.chats))

    def _tell(self, came: Came, *, cancelled: bool, failed: bool) -> None:
        self._chats.changed.emit()
        text = self._panel.status.text_of(came, cancelled=cancelled)
        if came.chats:
            self._undo.add(text, lambda: self._take_out(came.chats))
        elif came.old or cancelled or not failed:
            self._panel.toast_requested.emit(text)

    def _take_out(self, chats: list[int]) -> None:
        self._panel.list.trash_requested.emit(chats)

    async def _replace_all(self, backup: Path) -> Path:
        self._chats.stop_all()
        kept = await self._history.do(Database.put_back, backup)
        self._chats.forget()
        self._chats.changed.emit()
        return kept

    async def _put_back(self, backup: Path) -> None:
        kept = await self._replace_all(backup)
        self._undo.add(self._panel.restored_text(backup.name), partial(self._go_back, kept))

    def _go_back(self, backup: Path) -> None:
        self._scope.start(self._replace_all(backup))


def _within(folder: int, folders: list[Folder]) -> set[int]:
    found, grown = {folder}, True
    while grown:
        more = {one.id for one in folders if one.parent in found} - found
        found |= more
        grown = bool(more)
    return found


def _file_name(title: str, otherwise: str) -> str:
    return _NOT_IN_NAMES.sub(" ", title).strip(" .")[:120] or otherwise


def _unique(name: str, used: set[str]) -> str:
    number, made = 2, name
    while made.casefold() in used:
        made, number = f"{name} ({number})", number + 1
    used.add(made.casefold())
    return made


def _batches(chats: list[ImportedChat]) -> Iterator[list[ImportedChat]]:
    """A few at a time: each batch waits for the disk once, and nobody who wants something else waits for all."""
    batch: list[ImportedChat] = []
    size = 0
    for chat in chats:
        batch.append(chat)
        size += sum(len(message.raw) for message in chat.messages) + sum(map(len, chat.images.values()))
        if size > _BATCH_BYTES or len(batch) >= _BATCH_CHATS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
