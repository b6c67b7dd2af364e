"""Between the view of the programs and the server that is shown: the lines are for its address and its models."""

from PySide6.QtCore import QObject

from studiolo.api.server import TOKENS
from studiolo.desktop.connections.connection import Lost, Ready
from studiolo.desktop.server.connect_view import ConnectView, FilledSnippet
from studiolo.desktop.server.programs import PROGRAMS, Platform, filled, platform_here, token_line
from studiolo.desktop.server.shown_server import ShownServer


class ConnectPresenter(QObject):
    """platform: whose shell and whose paths the lines are for."""

    def __init__(self, view: ConnectView, shown: ShownServer, *, platform: Platform | None = None) -> None:
        super().__init__(view)
        self._view = view
        self._shown = shown
        self._platform = platform or platform_here()
        self._address = "http://localhost:1234"
        """The last one that was known: the lines stay while the server is away."""
        view.program_chosen.connect(lambda _: self._show())
        view.model_chosen.connect(shown.choose_model)
        shown.changed.connect(self._show)
        shown.refreshed.connect(self._show)
        shown.model_chosen.connect(self._show)
        view.choose(PROGRAMS[0].id)

    def _show(self) -> None:
        shown, view = self._shown, self._view
        self._address = shown.base_address or (self._address if shown.is_own else shown.address)
        view.show_models(shown.chat_models, shown.model)
        program = next(one for one in PROGRAMS if one.id == view.chosen)
        snippets = [
            FilledSnippet(
                one.file[self._platform] if one.file else self._where(one.language),
                filled(one, address=self._address, model=shown.model, context=self._context(), platform=self._platform),
                "powershell" if self._platform == "windows" and one.powershell else one.language,
            )
            for one in program.snippets
        ]
        view.show_program(program, snippets)
        view.show_away(self._trouble())
        self._show_token()

    def _where(self, language: str) -> str:
        if language == "bash":
            return self.tr("In PowerShell") if self._platform == "windows" else self.tr("In a terminal")
        return {"python": "Python", "typescript": "TypeScript"}.get(language, language)

    def _context(self) -> int:
        """Tokens that the chosen model has room for: those of its instance, if it is loaded."""
        entry = next((one for one in self._shown.models if one.key == self._shown.model), None)
        if entry is None:
            return 0
        loaded = [one.config.context_length for one in entry.loaded_instances]
        return loaded[0] if loaded else min(entry.max_context_length, 32768)

    def _trouble(self) -> str:
        shown = self._shown
        if isinstance(shown.state, Lost):
            return self.tr("%1 can't be reached just now, so its address and model may be others.").replace(
                "%1", shown.name
            )
        if isinstance(shown.state, Ready) and shown.models_known and not shown.model:
            return self.tr("There is no model that chats yet: your-model stands for its key.")
        return ""

    def _show_token(self) -> None:
        settings = self._shown.settings
        ready = isinstance(self._shown.state, Ready)
        makeable = ready and TOKENS in self._shown.capabilities
        if settings is None:
            text = self.tr("If the server asks for a token, the lines above read it from LM_API_TOKEN.")
        elif settings.require_authentication:
            text = self.tr("The server asks for a token. The lines above read it from LM_API_TOKEN.")
        else:
            text = self.tr("The server asks for no token just now. The lines above read one from LM_API_TOKEN.")
        title = self.tr("In PowerShell") if self._platform == "windows" else self.tr("In a terminal")
        language = "powershell" if self._platform == "windows" else "bash"
        self._view.show_token(text, FilledSnippet(title, token_line(self._platform), language), makeable=makeable)
