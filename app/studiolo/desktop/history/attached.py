"""What goes with drafts: the attachments of messages that are not sent yet."""

from collections.abc import Iterable, Mapping

from studiolo.desktop.history.database import Database
from studiolo.desktop.history.parts import FilePart, ImagePart, parts_to_json
from studiolo.desktop.history.schema import ATTACHED, LOOSE


def keep_attached(
    database: Database, chat: int | None, parts: Iterable[FilePart | ImagePart], images: Mapping[str, bytes]
) -> None:
    """Let these go with the draft of a chat, in place of those before; chat: None for the one that is not there yet.

    images: the bytes of images by the names of their parts.
    """
    parts = list(parts)
    before = {part.file for part in database.attached_to(chat) if isinstance(part, ImagePart)}
    for name, data in images.items():
        database.keep_file(name, data)
    name = f"{ATTACHED}{'' if chat is None else chat}"
    database.set_note(name, parts_to_json(list(parts)) if parts else None)
    dropped = before - {part.file for part in parts if isinstance(part, ImagePart)}
    if dropped:
        # A message that is being sent may have them: whether anybody needs them is looked at later.
        database.set_note(LOOSE, sorted({*(database.note(LOOSE) or ()), *dropped}))


def attached(database: Database, chat: int | None) -> list[tuple[FilePart | ImagePart, bytes | None]]:
    """Return what goes with the draft of a chat, with the bytes of images; without what can't be read any more."""
    parts = database.attached_to(chat)
    images = database.files(part.file for part in parts if isinstance(part, ImagePart))
    found: list[tuple[FilePart | ImagePart, bytes | None]] = []
    for part in parts:
        if isinstance(part, FilePart):
            found.append((part, None))
        elif part.file in images:
            found.append((part, images[part.file]))
    return found
