"""Where the palette's entries come from: the actions, the pages, the chats, the selected server, the settings."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from studiolo.desktop.actions.registry import ActionRegistry
from studiolo.desktop.chat.presenter import ChatPresenter
from studiolo.desktop.connections.servers import Servers, host_of
from studiolo.desktop.history.database import Database
from studiolo.desktop.history.store import History
from studiolo.desktop.history.title_search import TitleHit, find_titles, titles_of
from studiolo.desktop.language import translate
from studiolo.desktop.loading.choices import ModelChoice
from studiolo.desktop.palette.entries import FoundEntry, PaletteEntry
from studiolo.desktop.palette.presenter import PaletteSources
from studiolo.desktop.settings.fields import FieldKind, setting_fields, setting_text
from studiolo.desktop.settings.sections import SECTIONS
from studiolo.desktop.shell.navigation import CHAT, DISCOVER
from studiolo.desktop.shell.window import MainWindow
from studiolo.desktop.tasks import Report
from studiolo.desktop.widgets.formatting import day_text, size_text
from studiolo.desktop.widgets.page_header import Page

_MOST_CHATS = 12
_RECENT = "palette_recent"
_CHAT_KEY = "chat:"


class WindowSources(PaletteSources):
    """The entries of one window. Chats are looked up in the history's own thread."""

    def __init__(
        self,
        window: MainWindow,
        servers: Servers,
        chat: ChatPresenter,
        history: History,
        report: Report,
        *,
        name_of: Callable[[str], str],
        open_settings: Callable[[str, str], object],
    ) -> None:
        """Look nothing up yet.

        Args:
            window: Its actions and pages are offered.
            servers: One is offered to be selected.
            chat: Opens chats, and knows the models of the selected server.
            history: Has the chats.
            report: Hears of what could not be kept.
            name_of: What a server is called, by its address.
            open_settings: Opens the settings at a section, or at a field of it.
        """
        self._window = window
        self._servers = servers
        self._chat = chat
        self._history = history
        self._report = report
        self._name_of = name_of
        self._open_settings = open_settings

    def entries(self) -> Sequence[PaletteEntry]:
        return [*actions_of(self._window.registry), *self._models(), *self._other_servers(), *self._settings()]

    def elsewhere(self, query: str) -> Sequence[PaletteEntry]:
        return [
            PaletteEntry(
                "search:messages",
                "search",
                translate("Palette", "Search all messages for “%1”").replace("%1", query),
                partial(self._search_messages, query),
                icon="magnify",
            ),
            PaletteEntry(
                "search:discover",
                "search",
                translate("Palette", "Search Discover for “%1”").replace("%1", query),
                partial(self._search_discover, query),
                icon="compass-outline",
            ),
        ]

    async def chats(self, query: str) -> Sequence[FoundEntry]:
        hits = await self._history.do(find_titles, query, _MOST_CHATS)
        return [FoundEntry(self._chat_entry(hit), hit.score, hit.places) for hit in hits]

    async def chats_of(self, keys: Sequence[str]) -> Sequence[PaletteEntry]:
        numbers = [int(number) for key in keys if (number := key.removeprefix(_CHAT_KEY)) != key and number.isdecimal()]
        hits = await self._history.do(titles_of, numbers) if numbers else []
        return [self._chat_entry(hit) for hit in hits]

    async def recent(self) -> Sequence[str]:
        kept = await self._history.do(Database.note, _RECENT)
        return [key for key in kept if isinstance(key, str)] if isinstance(kept, list) else []

    def keep_recent(self, keys: Sequence[str]) -> None:
        self._history.soon(self._report, Database.set_note, _RECENT, list(keys))

    def _chat_entry(self, hit: TitleHit) -> PaletteEntry:
        chat = hit.chat
        now = datetime.now().astimezone()
        when = day_text(datetime.fromtimestamp(chat.changed, now.tzinfo).isoformat(), now)
        return PaletteEntry(
            f"{_CHAT_KEY}{chat.id}",
            "chats",
            chat.title or self._window.sidebar.untitled,
            partial(self._open_chat, chat.id),
            detail=" · ".join(piece for piece in (hit.folder, when) if piece),
            icon="message-outline",
        )

    def _models(self) -> list[PaletteEntry]:
        entries = []
        for choice in self._chat.models.choices:
            if choice.error is None:
                entries += self._model_entries(choice)
        return entries

    def _model_entries(self, choice: ModelChoice) -> list[PaletteEntry]:
        page, name = self._window.page, choice.name
        chosen = self._chat.model is not None and self._chat.model.key == choice.key
        size = size_text(choice.size_bytes) if choice.size_bytes else ""
        place = translate("Palette", "answers in this chat") if chosen else translate("Palette", "in this chat")
        use = PaletteEntry(
            f"model:{choice.key}",
            "models",
            translate("Palette", "Use %1").replace("%1", name),
            partial(self._use_model, choice.key),
            detail=" · ".join(piece for piece in (place, choice.quantization, size) if piece),
            icon="cube-outline",
            words=choice.key,
        )
        if choice.loaded:
            unload = PaletteEntry(
                f"unload:{choice.key}",
                "models",
                translate("Palette", "Unload %1").replace("%1", name),
                partial(page.unload_requested.emit, choice.key),
                detail=translate("Palette", "in memory"),
                icon="eject-outline",
                words=choice.key,
            )
            return [use, unload]
        load = PaletteEntry(
            f"load:{choice.key}",
            "models",
            translate("Palette", "Load %1").replace("%1", name),
            partial(self._load_model, choice.key),
            detail=size,
            icon="play-outline",
            words=choice.key,
        )
        options = PaletteEntry(
            f"load_options:{choice.key}",
            "models",
            translate("Palette", "Load %1 with options…").replace("%1", name),
            partial(page.options_requested.emit, choice.key),
            icon="tune-variant",
            words=choice.key,
        )
        return [use, load, options]

    def _other_servers(self) -> list[PaletteEntry]:
        return [
            PaletteEntry(
                f"server:{server.address}",
                "servers",
                translate("Palette", "Talk to %1").replace("%1", self._name_of(server.address)),
                partial(self._servers.select, server.address),
                detail=host_of(server.address),
                icon="server",
            )
            for server in self._servers.known
            if server.address != self._servers.selected_address
        ]

    def _settings(self) -> list[PaletteEntry]:
        fields = (*setting_fields("desktop"), *setting_fields("server"))
        titles = {section.id: setting_text(section.title) for section in SECTIONS}
        sections = [
            PaletteEntry(
                f"section:{section.id}",
                "settings",
                titles[section.id],
                partial(self._open_settings, section.id, ""),
                detail=translate("Palette", "Settings"),
                icon=section.icon,
                words=setting_text(section.words),
            )
            for section in SECTIONS
        ]
        return sections + [
            PaletteEntry(
                f"setting:{field.owner}:{field.name}",
                "settings",
                field.title,
                partial(self._open_settings, field.section, field.name),
                detail=titles.get(field.section, ""),
                icon="cog-outline",
                words=f"{field.help} {field.words}".strip(),
            )
            for field in fields
            if field.kind is not FieldKind.PANEL
        ]

    def _open_chat(self, chat: int) -> None:
        self._window.show_page(CHAT)
        self._chat.open_chat(chat)

    def _use_model(self, key: str) -> None:
        self._window.show_page(CHAT)
        self._chat.models.choose(key)

    def _load_model(self, key: str) -> None:
        """Where the models are listed one sees how far it is, and why where it can't be."""
        self._window.show_page(CHAT)
        self._window.page.load_requested.emit(key)
        self._window.page.popup.open_below(self._window.page.picker)

    def _search_messages(self, query: str) -> None:
        self._window.search_chats()
        self._window.sidebar.search.setText(query)

    def _search_discover(self, query: str) -> None:
        self._window.show_page(DISCOVER)
        page = self._window.current_page
        if isinstance(page, Page):
            page.lead_to_search()
            page.search.setText(query)


def actions_of(registry: ActionRegistry) -> list[PaletteEntry]:
    """Return what can be done now, pages apart from the rest."""
    return [
        PaletteEntry(
            f"action:{action.id}",
            "pages" if action.section == "pages" else "actions",
            action.title,
            partial(registry.run, action.id),
            icon=action.icon,
            keys=registry.shown_keys(action.id),
            words=action.further_words,
        )
        for action in registry.actions
        if action.listed and registry.is_enabled(action.id)
    ]
