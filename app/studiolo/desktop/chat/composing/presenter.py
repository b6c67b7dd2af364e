"""Between the composer and the conversation: what goes with a message, and how much the model can still hold."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from itertools import count
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QCoreApplication, QIODevice
from PySide6.QtGui import QImage

from studiolo.desktop.chat.composing.attachment_reader import AttachmentReader
from studiolo.desktop.chat.composing.reading import Attachment
from studiolo.desktop.chat.composing.tokens import tokens_of
from studiolo.desktop.chat.composing.wrapping import too_long
from studiolo.desktop.chat.conversation import Conversation
from studiolo.desktop.chat.document_viewer import DocumentViewer
from studiolo.desktop.chat.image_viewer import show_image
from studiolo.desktop.chat.messages import Reply, UserMessage
from studiolo.desktop.chat.page import ChatPage
from studiolo.desktop.chat.settings_panel.settings import ChatSettings
from studiolo.desktop.history.parts import FilePart, ImagePart
from studiolo.desktop.loading.choices import ModelChoice
from studiolo.desktop.tasks import TaskScope
from studiolo.desktop.widgets.dialogs import ask_for_files, finished
from studiolo.errors import AppError

logger = logging.getLogger(__name__)

_MOST_RECALLED = 100


class ComposerPresenter:
    """conversation: the one in sight.

    model: the one that answers. settings: what it is asked for there. tools: tokens that the definitions of its tools
    take.
    """

    def __init__(
        self,
        page: ChatPage,
        scope: TaskScope,
        *,
        conversation: Callable[[], Conversation],
        model: Callable[[], ModelChoice | None],
        settings: Callable[[], ChatSettings],
        tools: Callable[[], int],
    ) -> None:
        self._composer = page.composer
        self._page = page
        self._scope = scope
        self._conversation = conversation
        self._model = model
        self._settings = settings
        self._tools = tools
        self._left: dict[int | None, list[Attachment]] = {}
        """What goes with the drafts of chats that are not in sight; None: of a new one."""
        self._reader = AttachmentReader()
        self._composer.files_given.connect(self.attach)
        self._composer.image_given.connect(lambda image: scope.start(self._attach_image(image)))
        self._composer.text_given.connect(self._attach_text)
        self._composer.attach_requested.connect(lambda: scope.start(self._ask_for_files(), replace="attach"))
        self._composer.tray.opened.connect(lambda one: scope.start(self._open(one), replace="attachment"))
        self._composer.past = self._past

    def attach(self, files: Sequence[Path]) -> None:
        """Let files go with what is being written."""
        for file in files:
            self._scope.start(self._attach(file.name, lambda file=file: self._reader.read_file(file)))  # type: ignore[misc]

    async def attach_content(self, name: str, text: str | None, data: bytes | None) -> None:
        """Let a text, or the bytes of an image, go with what is being written."""

        async def read() -> Attachment:
            if data is not None:
                return await self._reader.read_image(data, name)
            return Attachment(FilePart(text or "", name, len((text or "").encode(errors="replace"))))

        await self._attach(name, read)

    def leave(self) -> None:
        """Another conversation is about to be shown: what was to go with the draft stays with this one."""
        self._left[_number(self._conversation())] = self._composer.attachments

    def put_aside(self, conversation: Conversation, attachments: Sequence[Attachment]) -> None:
        """Let these go with the draft of a conversation that is not in sight."""
        number = _number(conversation)
        self._left[number] = [*attachments, *self._left.get(number, [])]

    def aside(self, conversation: Conversation) -> list[Attachment]:
        """Return what goes with the draft of a conversation that is not in sight."""
        return self._left.get(_number(conversation), [])

    async def again(self, part: FilePart | ImagePart, data: bytes | None) -> Attachment:
        """Return an attachment as it was kept. data: the bytes of an image."""
        if not isinstance(part, ImagePart) or data is None:
            return Attachment(part)
        try:
            preview = (await self._reader.read_image(data, part.name)).preview
        except AppError as error:
            logger.warning("there is no preview of %s: %s", part.name, error)
            preview = None
        return Attachment(part, data, preview)

    def forget(self) -> None:
        """Hear that the chats are others than before: what was to go with their drafts goes with none."""
        self._composer.tray.clear()
        self._left.clear()

    def enter(self) -> None:
        """Another conversation is in sight."""
        self._composer.tray.set_attachments(self._left.pop(_number(self._conversation()), []))
        self.measure()

    def measure(self) -> None:
        """Show how much of the context is in use: as the server counted it last, and an estimate of what came since."""
        used = 0
        counted = False
        for message in reversed(self._conversation().branch):
            if isinstance(message, Reply) and message.stats and message.stats.input_tokens and not message.edited:
                stats = message.stats
                used += stats.input_tokens + stats.total_output_tokens - stats.reasoning_output_tokens
                counted = True
                break
            used += tokens_of(message.parts)
        if not counted:
            used += self._tools()
        model = self._model()
        self._composer.set_context(used, self.limit)
        self._composer.set_sees(model is None or model.vision)

    @property
    def limit(self) -> int:
        """Return tokens that the model can hold; 0 where that is not known."""
        model = self._model()
        asked = self._settings().context_length
        limit = asked or (model.context or model.most_context if model else 0)
        return min(limit, model.most_context) if model and model.most_context else limit

    async def _attach(self, name: str, read: Callable[[], Awaitable[Attachment]]) -> None:
        conversation = self._conversation()
        reading = asyncio.ensure_future(read())
        chip = self._composer.tray.begin(name, reading.cancel)
        attachment: Attachment | None = None
        refusal: AppError | None = None
        try:
            await asyncio.wait([reading])
            attachment = None if reading.cancelled() else reading.result()
        except AppError as error:
            refusal = error
        finally:
            reading.cancel()
            here = conversation is self._conversation()
            if refusal and here:
                self._composer.tray.refuse(chip, refusal)
            else:
                self._composer.tray.end(chip, attachment if here else None)
            if attachment and not here:
                self._left.setdefault(_number(conversation), []).append(attachment)
        if refusal and not here:
            raise refusal

    async def _attach_image(self, image: QImage) -> None:
        name = QCoreApplication.translate("ComposerPresenter", "Pasted image") + ".png"

        async def read() -> Attachment:
            return await self._reader.read_image(await asyncio.to_thread(_png, image), name)

        await self._attach(name, read)

    def _attach_text(self, text: str) -> None:
        tray = self._composer.tray
        taken = {attachment.part.name for attachment in self._composer.attachments}
        names = (f"{tray.pasted_name}{f' {number}' if number > 1 else ''}.txt" for number in count(1))
        name = next(name for name in names if name not in taken)
        tray.add(Attachment(FilePart(text, name, len(text.encode(errors="replace")))))

    async def _ask_for_files(self) -> None:
        self.attach(await ask_for_files(self._page, QCoreApplication.translate("ComposerPresenter", "Attach files")))

    async def _open(self, attachment: Attachment) -> None:
        if isinstance(attachment.part, FilePart):
            await finished(DocumentViewer(attachment.part, self._page))
        elif attachment.data is not None:
            await show_image(self._page, attachment.part, attachment.data)

    def _past(self) -> list[str]:
        asked = [one for one in reversed(self._conversation().branch) if isinstance(one, UserMessage)]
        return [message.text for message in asked[:_MOST_RECALLED] if message.text and not too_long(message.text)]


def _number(conversation: Conversation) -> int | None:
    return conversation.chat.id if conversation.chat else None


def _png(image: QImage) -> bytes:
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]  # Its stubs ask for what it refuses.
    return bytes(data.data())
