"""Images in requests: checked before they reach the engine, and turned into what it can read.

llama.cpp reads PNG, JPEG, GIF and BMP, no WebP, no JPEG of the rarer kinds (of arithmetic coding, of four colours), and
takes no notice of a photograph's orientation (stb_image, which it brings).
"""

import asyncio
import base64
import binascii
import io
import re
from typing import Any
from urllib.parse import unquote

from PIL import Image, ImageOps, UnidentifiedImageError

from studiolo.errors import RequestError
from studiolo.server.apart import apart

MAX_IMAGE_BYTES = 32 * 2**20
MAX_IMAGE_PIXELS = 64_000_000
FORMATS = ("PNG", "JPEG", "GIF", "WEBP")

# Our own limit is checked before any pixel is decoded; Pillow's would only warn.
Image.MAX_IMAGE_PIXELS = None

_DATA_URL = re.compile(r"\s*data:([^,]{0,200}),", re.IGNORECASE)
_SPACE = re.compile(r"\s+")
_URL_SAFE = str.maketrans("-_", "+/")
_ORIENTATION = 0x0112
_USUAL_FRAMES = (0xC0, 0xC1, 0xC2)
"""Of JPEG: baseline, extended and progressive, all of Huffman coding (ITU-T T.81, table B.1)."""
_NO_FRAMES = (0xC4, 0xC8, 0xCC)

Message = dict[str, Any]


async def checked_image(url: str, *, param: str) -> str:
    """Return an image's data URL as the engine can read it.

    Raises RequestError for what is none, too large, or elsewhere.

    What kind of image it is, its bytes say: many programs name another kind, or none.

    Addresses are refused: fetching whatever a request names would lend it this machine's place in the network.
    """
    match = _DATA_URL.match(url)
    if not match or not match[1].lower().endswith("base64"):
        raise _refused(param, "An image must be a data URL: data:image/png;base64,…", "Send the image itself.")
    return (await asyncio.to_thread(_checked, url, match.end(), param, MAX_IMAGE_PIXELS))[0]


async def readable_content(content: str | list[Message]) -> str | list[Message]:
    """Return what a tool returned, as `content` of a message, with every image as the engine can read it.

    A program decides what comes: an image that a request could not hold is named instead, and all of them together
    have no more pixels than one may have.
    """
    if isinstance(content, str):
        return content
    left = MAX_IMAGE_PIXELS
    parts: list[Message] = []
    for part in content:
        if part["type"] == "image_url":
            url = part["image_url"]["url"]
            try:
                url, pixels = await asyncio.to_thread(_checked, url, url.index(",") + 1, "", left)
            except RequestError as error:
                part = {"type": "text", "text": f"[An image was left out. {error.message}]"}
            else:
                left -= pixels
                part = {"type": "image_url", "image_url": {"url": url}}
        parts.append(part)
    return parts


async def check_messages(messages: list[Message], *, sees: bool, model: str) -> list[Message]:
    """Chat messages in OpenAI's form with every image checked. sees: whether the model has a projector.

    Raises RequestError for an image to a model that does not see.
    """
    checked = list(messages)
    for index in await apart(lambda: [number for number, message in enumerate(messages) if _has_image(message)]):
        checked[index] = await _check_message(messages[index], sees=sees, model=model)
    return checked


def _has_image(message: Message) -> bool:
    content = message.get("content")
    return isinstance(content, list) and any(_is_image(part) for part in content)


def _is_image(part: Any) -> bool:
    return isinstance(part, dict) and part.get("type") == "image_url"


async def _check_message(message: Message, *, sees: bool, model: str) -> Message:
    parts = []
    for part in message["content"]:
        if _is_image(part):
            if not sees:
                raise RequestError(f"'{model}' does not read images.", param="messages", code="invalid_value")
            image = part.get("image_url")
            url = image.get("url") if isinstance(image, dict) else image
            url = await checked_image(url if isinstance(url, str) else "", param="messages")
            parts.append({"type": "image_url", "image_url": {"url": url}})
        else:
            parts.append(part)
    return {**message, "content": parts}


def _checked(url: str, start: int, param: str, most_pixels: int) -> tuple[str, int]:
    """Return the image that begins at `start` of a data URL, and how many pixels it has. Raises RequestError."""
    if (len(url) - start) * 3 // 4 > MAX_IMAGE_BYTES:
        raise _refused(param, f"An image may have {MAX_IMAGE_BYTES // 2**20} MiB at most.", "Send a smaller one.")
    content = unquote(url[start:]) if "%" in url else url[start:]
    text = _SPACE.sub("", content).translate(_URL_SAFE).rstrip("=")
    text += "=" * (-len(text) % 4)
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _refused(param, "An image's data URL does not hold base64.", "") from error
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            width, height = image.size
            if width * height > most_pixels:
                millions = f"{width * height / 1e6:.0f} million"
                limit = f"{most_pixels // 1_000_000} million"
                raise _refused(param, f"The image has {millions} pixels; {limit} are the limit.", "Send a smaller one.")
            image.load()
            if (kind := image.format) and _is_read_by_engine(image, data):
                return f"data:image/{kind.lower()};base64,{text}", width * height
            return _as_png(image), width * height
    except UnidentifiedImageError as error:
        names = "PNG, JPEG, GIF or WebP"
        raise _refused(param, f"What was sent as an image is none that is known here: {names}.", "") from error
    except RequestError:
        raise
    except Exception as error:  # a stranger's bytes fail in ways that no decoder lists
        raise _refused(param, f"The image is damaged: {error}.", "Send it again.") from error


def _is_read_by_engine(image: Image.Image, data: bytes) -> bool:
    """Return whether it can go as it is."""
    if image.getexif().get(_ORIENTATION, 1) != 1:
        return False
    return image.format == "PNG" or (
        image.format == "JPEG" and image.mode in ("L", "RGB") and _frame(data) in _USUAL_FRAMES
    )


def _frame(data: bytes) -> int | None:
    """Return which kind of frame a JPEG has: the marker of its head."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in _NO_FRAMES:
            return marker
        # Bytes that fill up between two segments are 0xFF, too.
        at += 1 if marker == 0xFF else 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return None


def _as_png(image: Image.Image) -> str:
    upright = ImageOps.exif_transpose(image)
    if upright.mode not in ("RGB", "RGBA", "L", "LA"):
        upright = upright.convert("RGBA" if "transparency" in upright.info else "RGB")
    buffer = io.BytesIO()
    upright.save(buffer, "PNG", compress_level=1)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def _refused(param: str, message: str, hint: str) -> RequestError:
    return RequestError(message, param=param, code="invalid_value", hint=hint)
