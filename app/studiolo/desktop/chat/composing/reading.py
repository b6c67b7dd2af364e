"""Files as parts of a message: images as the models read them, documents as their text. Everything here blocks."""

import hashlib
import io
import os
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from studiolo.desktop.chat.composing.documents import docx_text, pdf_text
from studiolo.desktop.chat.composing.refusal import refused, too_long
from studiolo.desktop.history.parts import FilePart, ImagePart
from studiolo.errors import RequestError
from studiolo.files import open_regular

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_BYTES = 100_000_000
_MOST_TEXT = 2_000_000
"""Characters; the largest contexts hold about so many."""
_MOST_TEXT_BYTES = 4 * _MOST_TEXT + 4
_LONGEST_SIDE = 4096
"""Pixels; models look at far fewer."""
_MOST_PIXELS = 50_000_000
"""Four bytes each, and a second copy while it is made smaller."""
_MOST_IMAGE_BYTES = 20_000_000
"""Of an image that is sent as it is."""
_PREVIEW_SIDE = 144
_IMAGES = {".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff"}
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
"""What a name promises may be another format: one that starts programs is never tried."""
_AS_THEY_ARE = {"PNG": "image/png", "JPEG": "image/jpeg"}


@dataclass(frozen=True, slots=True)
class Attachment:
    """`data`: the bytes of an image, which the history keeps apart; None for a document.

    `preview`: the image as a PNG of a few thousand pixels.
    """

    part: ImagePart | FilePart
    data: bytes | None = None
    preview: bytes | None = None


def read_file(path: Path) -> Attachment:
    """Return an image, a PDF, a Word document, or text of any kind. Raises RequestError: why it can't be attached."""
    try:
        if path.is_dir():
            raise refused(path.name, "it is a folder", "Attach the files in it instead.")
        with open_regular(path) as file:
            size = os.fstat(file.fileno()).st_size
            if size > MOST_BYTES:
                raise refused(path.name, "it is larger than 100 MB", "Attach a smaller file.")
            return _read(file, path.name, size)
    except RequestError:
        raise
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise refused(path.name, "it can't be read", f"{reason}.") from error


def read_bytes(data: bytes, name: str) -> Attachment:
    """Do as `read_file`, with a file's content."""
    return _read(io.BytesIO(data), name, len(data))


def read_image(data: bytes, name: str) -> Attachment:
    """Read an image: PNG and JPEG as they are, everything else as one of the two, the right way up."""
    return _read_image(io.BytesIO(data), name, len(data))


def _read(file: BinaryIO, name: str, size: int) -> Attachment:
    kind = Path(name).suffix.lower()
    if kind in _IMAGES:
        return _read_image(file, name, size)
    head = file.read(5)
    file.seek(0)
    if head == b"%PDF-":
        protected = b"/Encrypt" in file.read(MOST_BYTES)
        file.seek(0)
        text = pdf_text(file, name, most=_MOST_TEXT, protected=protected)
    elif kind == ".docx":
        text = docx_text(file, name, most=_MOST_TEXT)
    else:
        text = _plain_text(file.read(_MOST_TEXT_BYTES + 1), name)
    if len(text) > _MOST_TEXT:
        raise too_long(name)
    return Attachment(FilePart(text, name, size))


def _read_image(file: BinaryIO, name: str, size: int) -> Attachment:
    from PIL import Image  # Nine megabytes, for what is seldom needed.

    try:
        with warnings.catch_warnings():
            # Its own limit is checked below, in words.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(file, formats=_FORMATS) as image:
                return _image(image, file, name, size)
    except Image.DecompressionBombError as error:
        raise _too_many_pixels(name) from error
    except (RequestError, MemoryError):
        raise
    except Exception as error:
        # Each format's reader raises whatever it stumbles over.
        raise refused(name, "it is no image that can be read", "Attach it as PNG or JPEG.", repr(error)) from error


def _image(image: "Image", file: BinaryIO, name: str, size: int) -> Attachment:
    media_type = _AS_THEY_ARE.get(image.format or "")
    # A JPEG can be read at an eighth of its size.
    image.draft(None, (_LONGEST_SIDE, _LONGEST_SIDE))
    if image.width * image.height > _MOST_PIXELS:
        raise _too_many_pixels(name)
    # Where a PNG is turned is known only when all of it was read.
    turned = image.getexif().get(0x0112, 1) != 1
    if not media_type or turned or size > _MOST_IMAGE_BYTES or max(image.size) > _LONGEST_SIDE:
        data, media_type = _converted(image)
    else:
        image.load()
        file.seek(0)
        data = file.read(_MOST_IMAGE_BYTES)
    return Attachment(ImagePart(hashlib.sha256(data).hexdigest(), media_type, name), data, _preview(image))


def _converted(image: "Image") -> tuple[bytes, str]:
    """Changes `image` on its way."""
    from PIL import ImageOps

    image.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    ImageOps.exif_transpose(image, in_place=True)
    clear = image.mode in ("RGBA", "LA", "P", "PA")
    out = io.BytesIO()
    image.convert("RGBA" if clear else "RGB").save(out, "PNG" if clear else "JPEG", quality=92)
    return out.getvalue(), "image/png" if clear else "image/jpeg"


def _preview(image: "Image") -> bytes:
    """Changes `image`, too."""
    image.thumbnail((_PREVIEW_SIDE, _PREVIEW_SIDE))
    grey = image.mode[0] in "1IF"
    out = io.BytesIO()
    image.convert("L" if grey else "RGBA").save(out, "PNG")
    return out.getvalue()


def _too_many_pixels(name: str) -> RequestError:
    return refused(name, "it has more than 50 million pixels", "Make it smaller, or attach the part that matters.")


def _plain_text(data: bytes, name: str) -> str:
    """data: no more than needed to see that it is too much."""
    wide = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    if not wide and b"\0" in data[:8192]:
        raise _no_text(name)
    if len(data) > _MOST_TEXT_BYTES:
        raise too_long(name)
    try:
        text = data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        if wide:
            raise _no_text(name)
        text = data.decode("cp1252", errors="replace")
    return text.replace("\r\n", "\n")


def _no_text(name: str) -> RequestError:
    return refused(name, "it is no text", "Text, source code, PDF, Word and images can be attached.")
