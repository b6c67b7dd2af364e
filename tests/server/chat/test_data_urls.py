"""Data URLs of images as programs write them: what an image is, its bytes say."""

import base64

import pytest

from studiolo.errors import RequestError
from studiolo.server.chat.images import checked_image
from studiolo.server.chat.parts import read_parts
from studiolo.server.request_record import without_secrets
from tests.server.http.images import image_data, image_url

PNG = image_data("PNG")
BROKEN_INTO_LINES = "\r\n".join(PNG[at : at + 76] for at in range(0, len(PNG), 76))
URL_SAFE = PNG.replace("+", "-").replace("/", "_").rstrip("=")


@pytest.mark.parametrize(
    "url",
    [
        f"data:image/png;base64,{BROKEN_INTO_LINES}",
        f"data:;base64,{PNG}",
        f"data:base64,{PNG}",
        f"data:application/octet-stream;base64,{PNG}",
        f"data:image/jpg;base64,{PNG}",
        f"DATA:IMAGE/PNG;BASE64,{PNG}",
        f"data:image/png;charset=utf-8;base64,{PNG}",
        f" data:image/png;base64, {PNG}\n",
        f"data:image/png;base64,{URL_SAFE}",
        "data:image/png;base64," + PNG.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D"),
    ],
)
async def test_the_image_is_read_however_its_url_is_written(url: str) -> None:
    assert await checked_image(url, param="x") == image_url("PNG")


async def test_a_kind_that_was_named_wrongly_is_put_right() -> None:
    jpeg = f"data:image/png;base64,{image_data('JPEG')}"
    assert (await checked_image(jpeg, param="x")).startswith("data:image/jpeg;base64,")


@pytest.mark.parametrize("source", [{"data": PNG}, {"media_type": None, "data": PNG}, {"data": image_url("PNG")}])
async def test_anthropic_s_images_need_no_media_type(source: dict[str, str | None]) -> None:
    (part,) = read_parts([{"type": "image", "source": {"type": "base64", **source}}], "x")
    assert await checked_image(part["image_url"]["url"], param="x") == image_url("PNG")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/x.png",
        "file:///etc/passwd",
        "data:image/png,plain",
        "data:text/html;base64," + base64.b64encode(b"<html>").decode(),
        "data:image/png;base64,AAAA",
        "data:image/png;base64,\ud83d",
        "data:image/png;base64,ä",
        "data:" + "x" * 1000 + ";base64," + PNG,
        "",
    ],
)
async def test_what_is_no_image_is_refused_by_name(url: str) -> None:
    with pytest.raises(RequestError) as caught:
        await checked_image(url, param="messages")
    assert caught.value.param == "messages"


def test_no_image_is_kept_in_the_log_however_its_url_is_written() -> None:
    for url in (f"data:image/png;base64,{BROKEN_INTO_LINES}", f"data:;base64,{PNG}", f"data:;base64,{URL_SAFE}"):
        for text in (url, url.replace("\r\n", r"\r\n")):
            assert without_secrets(f'{{"url": "{text}"}}') == '{"url": "[image]"}'
