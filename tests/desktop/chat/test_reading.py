"""Files as parts of a message."""

import hashlib
import io
import zipfile
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtGui import QGuiApplication, QPageSize, QPdfWriter, QTextDocument
from PySide6.QtWidgets import QApplication

from studiolo.desktop.chat.composing.reading import read_bytes, read_file
from studiolo.desktop.chat.composing.tokens import estimated_tokens
from studiolo.desktop.history.parts import FilePart, ImagePart
from studiolo.errors import RequestError


def image_bytes(kind: str, size: tuple[int, int] = (40, 20), mode: str = "RGB", **options: object) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, "red" if mode == "RGB" else None).save(out, kind, **options)
    return out.getvalue()


@pytest.mark.parametrize(("kind", "media_type"), [("PNG", "image/png"), ("JPEG", "image/jpeg")])
def test_png_and_jpeg_stay_as_they_are(kind: str, media_type: str) -> None:
    data = image_bytes(kind)
    attachment = read_bytes(data, f"red.{kind.lower()}")
    assert attachment.data == data
    assert attachment.part == ImagePart(hashlib.sha256(data).hexdigest(), media_type, f"red.{kind.lower()}")


@pytest.mark.parametrize(
    ("kind", "mode", "becomes"), [("WEBP", "RGB", "JPEG"), ("GIF", "P", "PNG"), ("BMP", "RGB", "JPEG")]
)
def test_other_images_become_what_every_model_reads(kind: str, mode: str, becomes: str) -> None:
    attachment = read_bytes(image_bytes(kind, mode=mode), f"red.{kind.lower()}")
    assert attachment.data
    with Image.open(io.BytesIO(attachment.data)) as image:
        assert (image.format, image.size) == (becomes, (40, 20))


def test_a_photograph_stands_upright_and_is_not_larger_than_needed() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    attachment = read_bytes(image_bytes("JPEG", (6000, 3000), exif=exif), "photo.jpg")
    assert attachment.data
    with Image.open(io.BytesIO(attachment.data)) as image:
        assert image.size == (2048, 4096)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"caf\xc3\xa9\r\nbar", "café\nbar"),
        ("\ufeffcafé".encode(), "café"),
        ("café".encode("utf-16"), "café"),
        (b"caf\xe9", "café"),
        (b"", ""),
    ],
)
def test_text_of_any_encoding(data: bytes, text: str) -> None:
    assert read_bytes(data, "notes.txt").part == FilePart(text, "notes.txt", len(data))


def test_a_pdf_is_read_page_by_page(qapp: QApplication, tmp_path: Path) -> None:
    file = tmp_path / "report.pdf"
    writer = QPdfWriter(str(file))
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    document = QTextDocument()
    document.setHtml("<h1>The report</h1>" + "<p>It was a long winter.</p>" * 120)
    document.print_(writer)
    part = read_file(file).part
    assert isinstance(part, FilePart)
    assert part.text.count("long winter") == 120
    assert part.size == file.stat().st_size
    assert QGuiApplication.instance() is not None


def docx(body: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        name = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
        archive.writestr("word/document.xml", f'<w:document xmlns:w="{name}"><w:body>{body}</w:body></w:document>')
    return out.getvalue()


def test_a_word_document_with_a_table() -> None:
    cell = "<w:tc><w:p><w:r><w:t>{}</w:t></w:r></w:p></w:tc>"
    body = (
        "<w:p><w:r><w:t>Dear </w:t></w:r><w:r><w:t>Ada,</w:t></w:r></w:p><w:p><w:r><w:t>a</w:t><w:tab/><w:t>b</w:t>"
        f"<w:br/><w:t>c</w:t></w:r></w:p><w:tbl><w:tr>{cell.format('x')}{cell.format('y')}</w:tr></w:tbl>"
    )
    assert read_bytes(docx(body), "letter.docx").part.text == "Dear Ada,\na\tb\nc\nx\ty"


@pytest.mark.parametrize(
    ("data", "name", "says"),
    [
        (b"\x7fELF\0\0\0" * 50, "program", "it is no text"),
        (b"nothing", "photo.png", "no image that can be read"),
        (image_bytes("PNG")[:60], "half.png", "no image that can be read"),
        (b"%PDF-1.4 broken", "a.pdf", "the PDF is broken"),
        (b"PK nonsense", "a.docx", "no Word document"),
        (docx("</w:broken>"), "a.docx", "no Word document"),
        (b"x" * 3_000_000, "long.txt", "longer than two million"),
    ],
)
def test_what_cannot_be_attached_says_why_and_what_to_do(data: bytes, name: str, says: str) -> None:
    with pytest.raises(RequestError, match=says) as refused:
        read_bytes(data, name)
    assert refused.value.message.startswith(name)
    assert refused.value.hint


def test_folders_missing_and_huge_files(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="it is a folder"):
        read_file(tmp_path)
    with pytest.raises(RequestError, match="can't be read"):
        read_file(tmp_path / "gone.txt")
    huge = tmp_path / "huge.txt"
    with huge.open("wb") as file:
        file.truncate(200_000_000)
    with pytest.raises(RequestError, match="larger than 100 MB"):
        read_file(huge)


def test_tokens_are_about_right() -> None:
    english = "The quick brown fox jumps over the lazy dog. " * 10
    assert 90 <= estimated_tokens(english) <= 130
    assert 40 <= estimated_tokens("你好世界" * 20) <= 100
    assert estimated_tokens("", [ImagePart("f")]) > 100
    assert estimated_tokens("") == 0
