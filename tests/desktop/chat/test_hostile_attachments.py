"""Attachments that take more than they should: each is refused in words, or read, within the limits."""

import asyncio
import io
import os
import random
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import ANY

import psutil
import pytest
from PIL import Image
from PySide6.QtWidgets import QAbstractButton, QApplication
from pytestqt.qtbot import QtBot

from studiolo.desktop.chat.composing.attachment_reader import AttachmentReader
from studiolo.desktop.chat.composing.composer import Composer
from studiolo.desktop.chat.composing.reading import read_bytes
from studiolo.desktop.history.database import Database
from studiolo.desktop.history.parts import FilePart
from studiolo.desktop.worker.roles import ATTACHMENT_WORKER
from studiolo.errors import RequestError
from studiolo.files import open_regular
from tests.stalls import StallMonitor
from tests.stands.hostile_files import KINDS, QUICK, docx, hostile_files, pdf, png
from tests.stands.waiting import until

PROVE = bool(os.environ.get("STUDIOLO_PROVE"))
LIMIT_BYTES = 512_000_000
LIMIT_SECONDS = 12.0
"""Ten for reading, the rest for starting and ending the process on a machine that has other things to do."""


@dataclass
class Taken:
    """Bytes more than before, in this process and its children together."""

    most: int = 0


@contextmanager
def memory_taken() -> Iterator[Taken]:
    taken, done = Taken(), threading.Event()
    own = psutil.Process()
    command = own.cmdline()

    def used() -> int:
        total = own.memory_info().rss
        for child in own.children():
            with suppress(psutil.Error):
                # Before it runs its own program, a new process has the memory of this one.
                total += child.memory_info().rss if child.cmdline() != command else 0
        return total

    before = used()

    def look() -> None:
        while not done.wait(0.02):
            taken.most = max(taken.most, used() - before)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield taken
    finally:
        done.set()
        thread.join()


def readers() -> list[psutil.Process]:
    """The processes that read attachments now."""
    found = []
    for child in psutil.Process().children():
        with suppress(psutil.Error):
            found += [child] if ATTACHMENT_WORKER in child.cmdline() else []
    return found


async def check(what: str, path: Path, stalls: Callable[[], StallMonitor]) -> str:
    """Attach it as the window does; what was said of it, empty where it was read."""
    composer, said, hint = Composer(), "", ""
    composer.show()
    began = time.monotonic()
    with memory_taken() as taken, stalls() as watch:
        try:
            attachment = await AttachmentReader().read_file(path)
            composer.tray.set_attachments([attachment])
            await until(composer.tray.isVisible)
        except RequestError as error:
            said, hint = error.message, error.hint
    assert said.startswith(path.name if said else ""), what
    assert bool(hint) == bool(said), what
    assert time.monotonic() - began < LIMIT_SECONDS, what
    assert taken.most < LIMIT_BYTES, f"{what}: {taken.most}"
    assert watch.worst_cpu < 100, f"{what}: {watch.worst_cpu} ms"
    composer.close()
    composer.deleteLater()
    return said


@pytest.mark.proof
@pytest.mark.timeout(3600 if PROVE else 120)
async def test_hostile_attachments_take_no_more_than_their_share(
    qapp: QApplication, tmp_path: Path, stalls: Callable[[], StallMonitor]
) -> None:
    kinds = tuple(KINDS) if PROVE else QUICK
    for what, path in hostile_files(tmp_path, 200 if PROVE else len(QUICK), seed=4, kinds=kinds):
        print(what, "->", await check(what, path, stalls))
        shutil.rmtree(path.parent)


async def test_reading_that_takes_too_long_is_ended_and_says_so(qapp: QApplication, tmp_path: Path) -> None:
    file = tmp_path / "pages.pdf"
    file.write_bytes(pdf(b"BT /F 9 Tf (hello) Tj ET\n" * 500, pages=100_000))
    with pytest.raises(RequestError, match=r"pages\.pdf can't be attached: .* took more than 10 seconds") as refused:
        await AttachmentReader(seconds=0.6).read_file(file)
    assert "Attach a smaller file" in refused.value.hint
    assert not readers()


async def test_reading_that_takes_too_much_memory_is_ended_and_says_so(qapp: QApplication, tmp_path: Path) -> None:
    file = tmp_path / "pages.pdf"
    file.write_bytes(pdf(b"BT /F 9 Tf (hello) Tj ET\n" * 500, pages=100_000))
    with pytest.raises(RequestError, match="took more than 450 MB of memory"):
        await AttachmentReader(memory=20_000_000).read_file(file)
    assert not readers()


async def test_the_system_s_own_limit_of_memory_is_told_in_the_same_words(qapp: QApplication, tmp_path: Path) -> None:
    path = KINDS["a document with a large dictionary"](tmp_path, random.Random(1))
    with pytest.raises(RequestError, match="took more than 450 MB of memory"):
        await AttachmentReader().read_file(path)


async def test_an_attachment_that_nobody_waits_for_any_more_is_not_read_on(qapp: QApplication, tmp_path: Path) -> None:
    file = tmp_path / "pages.pdf"
    file.write_bytes(pdf(b"BT /F 9 Tf (hello) Tj ET\n" * 500, pages=100_000))
    reading = asyncio.ensure_future(AttachmentReader().read_file(file))
    await until(readers)
    reading.cancel()
    await until(lambda: not readers(), seconds=5)
    assert (await asyncio.gather(reading, return_exceptions=True))[0].__class__ is asyncio.CancelledError


def test_a_file_being_read_can_be_taken_away(qtbot: QtBot) -> None:
    composer, asked = Composer(), list[str]()
    qtbot.addWidget(composer)
    reading = composer.tray.begin("slow.pdf", lambda: asked.append("cancel"))
    composer.tray.findChildren(QAbstractButton)[-1].click()
    assert asked == ["cancel"]
    composer.tray.end(reading, None)
    assert composer.tray.isHidden()


def test_tables_in_tables_are_told_once() -> None:
    inner = "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>b</w:t></w:r></w:p></w:tc></w:tr></w:tbl>"
    cell = f"<w:tc><w:p><w:r><w:t>a</w:t></w:r></w:p>{inner}<w:p/></w:tc>"
    last = "<w:tc><w:p><w:r><w:t>c</w:t></w:r></w:p></w:tc>"
    assert read_bytes(docx(f"<w:tbl><w:tr>{cell}{last}</w:tr></w:tbl>"), "a.docx").part.text == "a b \tc"


def test_what_a_word_document_says_twice_for_old_readers_is_told_once() -> None:
    names = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    run = "<w:r><w:t>heron</w:t></w:r>"
    ways = f"<mc:Choice>{run}</mc:Choice><mc:Fallback>{run}</mc:Fallback>"
    both = f"<mc:AlternateContent {names}>{ways}</mc:AlternateContent>"
    stops = "<w:pPr><w:tabs><w:tab/><w:tab/></w:tabs></w:pPr>"
    assert read_bytes(docx(f"<w:p>{stops}{both}</w:p>"), "a.docx").part == FilePart("heron", "a.docx", ANY)


def test_a_strict_word_document_is_read() -> None:
    strict = docx(
        "<w:p><w:r><w:t>heron</w:t></w:r></w:p>", namespace="http://purl.oclc.org/ooxml/wordprocessingml/main"
    )
    assert read_bytes(strict, "a.docx").part.text == "heron"


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "I;16", "RGBA"])
def test_an_image_of_every_kind_has_a_preview(mode: str) -> None:
    out = io.BytesIO()
    Image.new(mode, (400, 200)).save(out, "PNG")
    attachment = read_bytes(out.getvalue(), "a.png")
    assert attachment.data == out.getvalue()
    assert attachment.preview is not None
    with Image.open(io.BytesIO(attachment.preview)) as preview:
        assert preview.size == (144, 72)


def test_a_format_that_a_name_does_not_promise_is_not_tried() -> None:
    page = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n"
    with pytest.raises(RequestError, match="no image that can be read"):
        read_bytes(page, "a.png")


def test_a_photograph_of_two_hundred_million_pixels_is_not_read_whole() -> None:
    out = io.BytesIO()
    Image.new("L", (12_000, 9_000)).save(out, "JPEG")
    attachment = read_bytes(out.getvalue(), "photo.jpg")
    assert attachment.data is not None
    with Image.open(io.BytesIO(attachment.data)) as image:
        assert image.size == (4096, 3072)


def test_pixels_are_counted_before_they_are_unpacked() -> None:
    with pytest.raises(RequestError, match="more than 50 million pixels"):
        read_bytes(png(13_000, 13_000, lines=1), "a.png")


@pytest.mark.parametrize("what", ["a pipe", "a device"])
def test_whatever_else_a_person_chooses_is_a_file_too(tmp_path: Path, what: str) -> None:
    path = KINDS[what](tmp_path, random.Random(2))
    with closing(Database(tmp_path / "history.sqlite")) as database, pytest.raises(OSError, match="no file"):
        database.put_back(path)
    with pytest.raises(OSError, match="no file"):
        open_regular(path)
