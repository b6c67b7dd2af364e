"""What keeps chats from being lost: a backup a day, and a word where the file was found damaged."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from studiolo.desktop.chat.sidebar.panel import Sidebar
from studiolo.desktop.history.backups import back_up_today, backups, folder_of
from studiolo.desktop.history.opening import Damage
from studiolo.desktop.history.store import History
from studiolo.desktop.tasks import TaskScope
from studiolo.desktop.widgets.dialogs import ask, ask_for_choice, tell

_FIRST_SECONDS = 30.0
"""After the start, which has enough to do."""
_LOOK_SECONDS = 3600.0


class Safety:
    """put_back: lets everything be as it is in a backup."""

    def __init__(
        self, panel: Sidebar, history: History, scope: TaskScope, *, put_back: Callable[[Path], Awaitable[None]]
    ) -> None:
        self._panel = panel
        self._history = history
        self._put_back = put_back
        history.damaged = lambda damage: scope.start(self.tell_of(damage), replace="damage")
        panel.daily_requested.connect(lambda: scope.start(self.choose(), replace="backup"))
        scope.start(self._back_up_daily())

    async def tell_of(self, damage: Damage) -> None:
        """Say what became of the chats, and offer the newest backup."""
        text = self._panel.damage_text(lost=damage.kept is None, recovered=damage.recovered)
        kept = self._panel.kept_text(str(damage.kept)) if damage.kept else ""
        if damage.backup is None:
            await tell(self._panel, text, explanation=kept or self._panel.no_backup_text)
            return
        offer = self._panel.backup_offer(_day(damage.backup))
        explanation = "\n\n".join(filter(None, (kept, offer)))
        yes, no = self._panel.backup_answers
        if await ask(self._panel, text, explanation=explanation, yes=yes, no=no):
            await self._put_back(damage.backup)

    async def choose(self) -> None:
        """Let a person choose the day whose chats are to be put back."""
        there = await asyncio.to_thread(backups, self._history.file)
        folder = str(folder_of(self._history.file))
        if not there:
            await tell(self._panel, self._panel.no_backup_text, explanation=self._panel.daily_text(folder))
            return
        days = [_day(one) for one in there]
        chosen = await ask_for_choice(self._panel, self._panel.restore_title, self._panel.daily_text(folder), days)
        if chosen is not None:
            await self._put_back(there[chosen])

    async def _back_up_daily(self) -> None:
        await asyncio.sleep(_FIRST_SECONDS)
        while True:
            await asyncio.to_thread(back_up_today, self._history.file)
            await asyncio.sleep(_LOOK_SECONDS)


def _day(backup: Path) -> str:
    return backup.stem[-len("2026-01-01") :]
