"""What servers of tools offer a person who writes: prompts behind "/", resources to attach."""

import asyncio
import base64
import binascii
from collections.abc import Callable

from studiolo.api.mcp import PromptInfo, ResourceContent, ResourceInfo
from studiolo.client.mcp import McpClient
from studiolo.desktop.chat.composing.offer_dialogs import PromptDialog, ResourceDialog
from studiolo.desktop.chat.composing.presenter import ComposerPresenter
from studiolo.desktop.chat.composing.preset_list import PromptOffer
from studiolo.desktop.chat.page import ChatPage
from studiolo.desktop.language import translate
from studiolo.desktop.tasks import TaskScope
from studiolo.desktop.widgets.dialogs import finished
from studiolo.errors import AppError


class Offering:
    """mcp: that of the server that is talked to; raises UnreachableError. composing: takes what is attached."""

    def __init__(
        self, page: ChatPage, scope: TaskScope, composing: ComposerPresenter, *, mcp: Callable[[], McpClient]
    ) -> None:
        self._page = page
        self._scope = scope
        self._composing = composing
        self._mcp = mcp
        self._labels: tuple[str, ...] = ()
        self._prompts: dict[tuple[str, str], PromptInfo] = {}
        composer = page.composer
        composer.presets.prompt_chosen.connect(lambda offer: scope.start(self._insert(offer), replace="prompt"))
        composer.resource_requested.connect(lambda label: scope.start(self._attach(label), replace="resource"))

    def show(self, labels: tuple[str, ...]) -> None:
        """Offer what these servers have, which are those of the chat in sight."""
        if labels == self._labels:
            return
        self._labels = labels
        self._prompts = {}
        self._page.composer.presets.set_prompts([])
        self._page.composer.set_sources(labels)
        if labels:
            self._scope.start(self._look(labels), replace="prompts")
        else:
            self._scope.cancel("prompts")

    async def _look(self, labels: tuple[str, ...]) -> None:
        for label in labels:
            try:
                prompts = await self._mcp().prompts(label)
            except AppError:
                continue  # Whoever uses the server hears of it.
            self._prompts |= {(label, one.name): one for one in prompts}
            offers = [
                PromptOffer(server, one.name, one.title, one.description) for (server, _), one in self._prompts.items()
            ]
            self._page.composer.presets.set_prompts(offers)

    async def _insert(self, offer: PromptOffer) -> None:
        prompt = self._prompts.get((offer.server, offer.name))
        if prompt is None:
            return
        arguments: dict[str, str] = {}
        if prompt.arguments:
            dialog = PromptDialog(prompt, self._page)
            if not await finished(dialog):
                return
            arguments = dialog.arguments
        text = await self._mcp().prompt(offer.server, offer.name, arguments)
        self._page.composer.set_text(text)

    async def _attach(self, label: str) -> None:
        dialog = ResourceDialog(label, await self._mcp().resources(label), self._page)
        if await finished(dialog) and dialog.chosen:
            resource = dialog.chosen
            content = await self._mcp().read(label, resource.uri)
            data = await asyncio.to_thread(_data_of, content)
            await self._composing.attach_content(_name_of(resource), content.text, data)
            if content.cut:
                self._page.toast.tell(content.cut, undoable=False)


def _data_of(content: ResourceContent) -> bytes | None:
    """Raises AppError for what is neither text nor an image."""
    if content.text is not None:
        return None
    if (content.mime_type or "").startswith("image/"):
        try:
            return base64.b64decode(content.data or "", validate=True)
        except (binascii.Error, ValueError) as error:
            raise AppError(translate("Offering", "The resource can't be read."), details=str(error)) from error
    raise AppError(
        translate("Offering", "Only text and images can be attached."),
        hint=translate("Offering", "This resource is %1.").replace("%1", content.mime_type or "–"),
    )


def _name_of(resource: ResourceInfo) -> str:
    return resource.name or resource.uri.rstrip("/").rpartition("/")[2] or resource.uri
