"""Files as parts of a message: images as the models read them, documents as their text. Everything here blocks."""

import hashlib
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from studiolo.desktop.history.parts import FilePart, ImagePart
from studiolo.errors import AppError, RequestError

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_BYTES = 100_000_000
_MOST_TEXT = 2_000_000
"""Characters; the largest contexts hold about so many."""
_MOST_UNPACKED = 200_000_000
_LONGEST_SIDE = 4096
"""Pixels; models look at far fewer."""
_IMAGES = {".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff"}
_AS_THEY_ARE = {"PNG": "image/png", "JPEG": "image/jpeg"}
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


@dataclass(frozen=True, slots=True)
class Attachment:
    """`data`: the bytes of an image, which the history keeps apart; None for a document."""

    part: ImagePart | FilePart
    data: bytes | None = None


def read_file(path: Path) -> Attachment:
    """An image, a PDF, a Word document, or text of any kind. Raises RequestError: why it can't be attached."""
    try:
        if path.is_dir():
            raise _refused(path.name, "it is a folder", "Attach the files in it instead.")
        if path.stat().st_size > MOST_BYTES:
            raise _refused(path.name, "it is larger than 100 MB", "Attach a smaller file.")
        data = path.read_bytes()
    except OSError as error:
        raise _refused(path.name, "it can't be read", f"{error.strerror}.") from error
    return read_bytes(data, path.name)


def read_bytes(data: bytes, name: str) -> Attachment:
    """As `read_file`, of a file's content."""
    kind = Path(name).suffix.lower()
    if kind in _IMAGES:
        return read_image(data, name)
    if data.startswith(b"%PDF-"):
        text = _pdf_text(data, name)
    elif kind == ".docx":
        text = _docx_text(data, name)
    else:
        text = _plain_text(data, name)
    if len(text) > _MOST_TEXT:
        raise _refused(name, "its text is longer than two million characters", "Attach the part that matters.")
    return Attachment(FilePart(text, name, len(data)))


def read_image(data: bytes, name: str) -> Attachment:
    """PNG and JPEG as they are, everything else as one of the two, the right way up."""
    from PIL import Image, UnidentifiedImageError  # Nine megabytes, for what is seldom needed.

    try:
        with Image.open(io.BytesIO(data)) as image:
            media_type = _AS_THEY_ARE.get(image.format or "")
            turned = image.getexif().get(0x0112, 1) != 1
            if not media_type or turned or max(image.size) > _LONGEST_SIDE:
                data, media_type = _converted(image)
            else:
                image.load()
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise _refused(name, "it is no image that can be read", "Attach it as PNG or JPEG.", str(error)) from error
    return Attachment(ImagePart(hashlib.sha256(data).hexdigest(), media_type, name), data)


def _converted(image: "Image") -> tuple[bytes, str]:
    from PIL import ImageOps

    upright = ImageOps.exif_transpose(image)
    upright.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    clear = upright.mode in ("RGBA", "LA", "P", "PA")
    out = io.BytesIO()
    upright.convert("RGBA" if clear else "RGB").save(out, "PNG" if clear else "JPEG", quality=92)
    return out.getvalue(), "image/png" if clear else "image/jpeg"


def _plain_text(data: bytes, name: str) -> str:
    encodings = ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig",)
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text.replace("\r\n", "\n")
    if b"\0" in data[:8192]:
        raise _refused(name, "it is no text", "Text, source code, PDF, Word and images can be attached.")
    return data.decode("cp1252", errors="replace").replace("\r\n", "\n")


def _pdf_text(data: bytes, name: str) -> str:
    from pypdf import PdfReader  # Half the time of the window's start, for what is seldom needed.

    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise _refused(name, "it is protected by a password", "Save it without a password first.")
        text = "\n\n".join(filter(None, (page.extract_text().strip() for page in reader.pages)))
        text = text.replace("\t", " ")
    except AppError:
        raise
    except Exception as error:
        if b"/Encrypt" in data:
            raise _refused(name, "it is protected", "Save it without protection first.", repr(error)) from error
        raise _refused(name, "the PDF is broken", "Open it and save it anew.", repr(error)) from error
    if not text:
        raise _refused(name, "its pages are images without text", "Attach the pages as images.")
    return text


def _docx_text(data: bytes, name: str) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            info = archive.getinfo("word/document.xml")
            if info.file_size > _MOST_UNPACKED:
                raise _refused(name, "it is too large", "Attach the part that matters.")
            body = ElementTree.fromstring(archive.read(info)).find(f"{_WORD}body")
    except (zipfile.BadZipFile, KeyError, ElementTree.ParseError, OSError, NotImplementedError) as error:
        raise _refused(name, "it is no Word document", "Save it as .docx anew.", str(error)) from error
    return "\n".join(_docx_lines(body)).strip() if body is not None else ""


def _docx_lines(body: ElementTree.Element) -> Iterator[str]:
    """Paragraphs as lines, a table's row as one with tabs (ECMA-376, part 1, 17.3 and 17.4)."""
    for block in body:
        if block.tag == f"{_WORD}tbl":
            for row in block.iter(f"{_WORD}tr"):
                yield "\t".join("".join(_runs(cell)) for cell in row.iter(f"{_WORD}tc"))
        elif block.tag == f"{_WORD}p":
            yield "".join(_runs(block))
        else:
            yield from _docx_lines(block)


def _runs(element: ElementTree.Element) -> Iterator[str]:
    for one in element.iter():
        if one.tag == f"{_WORD}t":
            yield one.text or ""
        elif one.tag == f"{_WORD}tab":
            yield "\t"
        elif one.tag == f"{_WORD}br":
            yield "\n"


def _refused(name: str, why: str, hint: str, details: str = "") -> RequestError:
    return RequestError(f"{name} can't be attached: {why}.", hint=hint, details=details)
