"""Between the view of the tokens and the server that is shown. A token's text is never kept and never logged."""

from typing import cast

from PySide6.QtCore import QObject

from studiolo.api.server import SHOWN_CHARACTERS, TOKENS, Permission, TokenChange, TokenInfo, TokenRequest
from studiolo.desktop.connections.connection import Lost, Ready
from studiolo.desktop.server.shown_server import ShownServer
from studiolo.desktop.server.token_dialogs import NewTokenDialog, TokenDialog
from studiolo.desktop.server.tokens_view import TokensView
from studiolo.desktop.tasks import Report, TaskScope
from studiolo.desktop.widgets.dialogs import ask, finished
from studiolo.errors import AccessError, AppError


class TokensPresenter(QObject):
    """Reads the tokens whenever the server is looked at, and after each change."""

    def __init__(self, view: TokensView, shown: ShownServer, report: Report) -> None:
        super().__init__(view)
        self._view = view
        self._shown = shown
        self._scope = TaskScope(view, report)
        view.create_requested.connect(self.create)
        view.edit_requested.connect(lambda token: self._scope.start(self._edit(token), replace="dialog"))
        view.revoke_requested.connect(lambda token: self._scope.start(self._revoke(token), replace="dialog"))
        view.again_requested.connect(self.read)
        view.seen.connect(self.read)
        shown.changed.connect(self.read)
        shown.refreshed.connect(self._told)
        self._tokens: list[TokenInfo] | None = None
        """As they were read last; None: they could not be."""
        self.read()

    async def aclose(self) -> None:
        """End what goes on, and wait until it has ended."""
        await self._scope.aclose()

    def read(self) -> None:
        """Ask for the tokens, if there is somebody to ask."""
        shown = self._shown
        if not isinstance(shown.state, Ready) or TOKENS not in shown.capabilities:
            self._tokens = None
        if isinstance(shown.state, Lost):
            error = shown.state.error
            self._view.show_away(error.message, error.hint)
        elif not isinstance(shown.state, Ready):
            self._view.show_away("", "")
        elif TOKENS not in shown.capabilities:
            self._view.show_away(
                self.tr("Tokens are made on the server itself"),
                self.tr("%1 doesn't let tokens be managed from here. In LM Studio they are under Developer.").replace(
                    "%1", shown.name
                ),
            )
        else:
            self._scope.start(self._read(), replace="read")

    def create(self, *, name: str = "") -> None:
        """Ask for a new token. name: what it is called, if nobody says otherwise."""
        self._scope.start(self._create(name if isinstance(name, str) else ""), replace="dialog")

    async def _read(self) -> None:
        address, name = self._shown.address, self._shown.name
        self._tokens = None
        try:
            tokens = await self._shown.api.tokens()
        except AccessError as error:
            title = self.tr("The tokens of %1 can't be seen from here").replace("%1", name)
            self._view.show_away(title, str(error), again=True)
            return
        except AppError as error:
            self._view.show_away(error.message, error.hint, again=True)
            return
        if address == self._shown.address:
            self._tokens = tokens
            self._told()

    def _told(self) -> None:
        if self._tokens is not None and isinstance(self._shown.state, Ready):
            settings = self._shown.settings
            required = settings is None or settings.require_authentication
            own = self._shown.client.token_beginning(SHOWN_CHARACTERS)
            self._view.show_tokens(self._tokens, in_use=own, required=required)

    async def _create(self, name: str) -> None:
        api = self._shown.api
        dialog = TokenDialog(self._view, name=name)
        if not await finished(dialog):
            return
        made = await api.create_token(
            TokenRequest(
                name=dialog.name,
                permissions=cast("list[Permission]", dialog.permissions),
                expires_at=dialog.expires_at,
            )
        )
        self.read()
        await finished(NewTokenDialog(made, self._view))

    async def _edit(self, token: TokenInfo) -> None:
        api = self._shown.api
        dialog = TokenDialog(self._view, token=token)
        if not await finished(dialog):
            return
        end = dialog.expires_at
        change = TokenChange(
            name=dialog.name if dialog.name != token.name else None,
            permissions=cast("list[Permission]", dialog.permissions),
            expires_at=end if end != token.expires_at else None,
            never_expires=end is None,
        )
        await api.change_token(token.id, change)
        self.read()

    async def _revoke(self, token: TokenInfo) -> None:
        api = self._shown.api
        explanation = self.tr("Programs that use it are refused from now on. This can't be undone.")
        if self._view.table.is_in_use(token):
            own = self.tr("This app uses it to reach %1, and can't any more until you give it another.")
            explanation = f"{own.replace('%1', self._shown.name)}\n{explanation}"
        if await ask(
            self._view,
            self.tr("Revoke “%1”?").replace("%1", token.name),
            explanation=explanation,
            yes=self.tr("Revoke"),
            destructive=True,
        ):
            await api.revoke_token(token.id)
            self.read()
