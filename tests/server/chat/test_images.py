"""Images in requests: what is let through, what is changed, what is refused."""

import base64
import io
from typing import Any

import pytest
from PIL import Image

from studiolo.errors import RequestError
from studiolo.server.chat import images
from studiolo.server.chat.images import checked_image, readable_content


def url(kind: str, image: Image.Image | None = None, **options: Any) -> str:
    buffer = io.BytesIO()
    (image or Image.new("RGB", (40, 30), "red")).save(buffer, kind, **options)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(buffer.getvalue()).decode()}"


def opened(text: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(text.partition(",")[2])))


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
async def test_what_the_engine_reads_goes_as_it_is(kind: str) -> None:
    assert await checked_image(url(kind), param="x") == url(kind)


@pytest.mark.parametrize("kind", ["WEBP", "GIF"])
async def test_what_it_does_not_read_becomes_a_png(kind: str) -> None:
    image = opened(await checked_image(url(kind), param="x"))
    assert (image.format, image.size) == ("PNG", (40, 30))
    pixel = image.convert("RGB").getpixel((5, 5))
    assert isinstance(pixel, tuple)
    assert pixel[0] > 200


_ARITHMETIC = (
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxO"
    "UlNSMj5aYVpQYEpRUk//2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09P"
    "T09PT09PT0//yQARCAAQABADASIAAhEBAxEB/8wACgAQEAUBEBEF/9oADAMBAAIRAxEAPwD/AGjgq2TNH0nHsmzwr8WpLH9YZ72C"
    "WWeMmxxQ/9k="
)
"""A JPEG of arithmetic coding, 16 by 16, as jpegtran makes it: red grows to the right."""


async def test_a_jpeg_of_a_rare_kind_becomes_a_png() -> None:
    for told in (f"data:image/jpeg;base64,{_ARITHMETIC}", url("JPEG", Image.new("CMYK", (16, 16), (0, 255, 255, 0)))):
        image = opened(await checked_image(told, param="x"))
        assert (image.format, image.mode, image.size) == ("PNG", "RGB", (16, 16))
        pixel = image.getpixel((15, 3))
        assert isinstance(pixel, tuple)
        assert pixel[0] > 200
    for usual in (
        url("JPEG", progressive=True),
        url("JPEG", Image.new("L", (9, 9), 7)),
        url("JPEG", comment=b"x" * 99),
    ):
        assert await checked_image(usual, param="x") == usual


async def test_a_photograph_is_put_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert opened(await checked_image(url("JPEG", exif=exif), param="x")).size == (30, 40)


async def test_a_transparent_picture_stays_so() -> None:
    image = Image.new("RGBA", (4, 4), (255, 0, 0, 0))
    assert opened(await checked_image(url("WEBP", image, lossless=True), param="x")).mode == "RGBA"


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ("https://example.org/x.png", "data URL"),
        ("data:text/html;base64,AAAA", "known here"),
        ("data:image/png;base64,%%%", "base64"),
        ("data:image/png;base64,AAAA", "known here"),
        ("data:image/svg+xml;base64,PHN2Zy8+", "known here"),
        (url("TIFF"), "known here"),
        (url("PNG")[:-60], "damaged"),
        (url("JPEG", Image.effect_noise((200, 200), 90))[:6023], "damaged"),
    ],
)
async def test_the_rest_is_refused(bad: str, words: str) -> None:
    with pytest.raises(RequestError, match=words) as caught:
        await checked_image(bad, param="input.0")
    assert caught.value.param == "input.0"


async def test_what_no_decoder_lists_is_refused_as_well() -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "A description."
    # A tag that holds a number holds a text: Pillow can't write it when it puts the picture upright.
    odd = exif.tobytes().replace(b"\x01\x0e", b"\x01\x00", 1)
    assert odd != exif.tobytes()
    with pytest.raises(RequestError, match="damaged"):
        await checked_image(url("JPEG", exif=odd), param="x")


async def test_images_of_a_tool_are_checked_one_by_one_and_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "MAX_IMAGE_PIXELS", 3000)
    large = url("PNG", Image.new("RGB", (200, 200)))
    shown = [url("WEBP"), url("PNG")[:-60], large, url("PNG"), url("GIF")]
    content: list[dict[str, Any]] = [{"type": "image_url", "image_url": {"url": image}} for image in shown]
    checked: Any = await readable_content([*content, {"type": "text", "text": "So it is."}])
    first, *rest = checked
    assert first["image_url"]["url"].startswith("data:image/png;base64,"), "the engine reads no WebP"
    second, third, fourth, fifth, last = rest
    assert "damaged" in second["text"]
    assert "pixels" in third["text"]
    assert fourth["image_url"]["url"] == url("PNG")
    assert "pixels" in fifth["text"], "they have a limit together"
    assert last == {"type": "text", "text": "So it is."}


async def test_the_limits_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "MAX_IMAGE_PIXELS", 1000)
    with pytest.raises(RequestError, match="pixels"):
        await checked_image(url("PNG"), param="x")
    monkeypatch.setattr(images, "MAX_IMAGE_BYTES", 2**20)
    with pytest.raises(RequestError, match="1 MiB"):
        await checked_image("data:image/png;base64," + "A" * 2**21, param="x")


async def test_a_bomb_is_refused_before_it_goes_off() -> None:
    bomb = url("PNG", Image.new("1", (30_000, 30_000)))
    with pytest.raises(RequestError, match="900 million pixels"):
        await checked_image(bomb, param="x")
