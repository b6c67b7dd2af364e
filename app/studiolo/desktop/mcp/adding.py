"""How a server is added: pasted or written into a form, and looked at before anything runs."""

from collections.abc import Awaitable, Callable, Mapping, Set

from studiolo.api.mcp import McpServerChange, McpServerEntry
from studiolo.desktop.mcp.entry_dialog import EntryDialog
from studiolo.desktop.mcp.page import McpPage
from studiolo.desktop.mcp.paste_dialog import ConfirmDialog, PasteDialog
from studiolo.desktop.widgets.dialogs import finished
from studiolo.errors import RequestError


class Adding:
    """put: keeps a server under its label; raises AppError. known: the labels that are taken."""

    def __init__(
        self,
        page: McpPage,
        *,
        put: Callable[[str, McpServerChange], Awaitable[None]],
        known: Callable[[], Set[str]],
    ) -> None:
        self._page = page
        self._put = put
        self._known = known

    async def paste(self, elsewhere: str) -> None:
        """Ask for servers to add. elsewhere: the name of the machine that programs run on, empty for this one."""
        dialog = PasteDialog(self._page)
        if await finished(dialog):
            await self.confirm(dialog.servers, elsewhere)
        elif dialog.form_wanted:
            await self._fill_in(elsewhere)

    async def confirm(self, servers: Mapping[str, McpServerEntry], elsewhere: str) -> None:
        """Show what would run, and keep it if the person agrees."""
        replaced = frozenset(self._known() & servers.keys())
        dialog = ConfirmDialog(servers, self._page, elsewhere=elsewhere, replaced=replaced)
        if await finished(dialog):
            for label, change in dialog.changes.items():
                await self._put(label, change)

    async def _fill_in(self, elsewhere: str) -> None:
        """Until it is kept, or given up: what was written is not lost by a mistake in it."""
        entry, label, problem = McpServerEntry(), "", ""
        while True:
            dialog = EntryDialog(entry, None, self._page, elsewhere=elsewhere)
            dialog.name.setText(label)
            dialog.tell(problem)
            if not await finished(dialog):
                return
            change, label, entry = dialog.change, dialog.label, dialog.entry
            try:
                if label in self._known():
                    raise RequestError(dialog.taken_text(label))
                await self._put(label, change)
                return
            except RequestError as error:
                problem = str(error)
