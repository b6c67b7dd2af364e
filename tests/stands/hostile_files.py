"""Files that cost whoever reads them more than they look: small ones of gigabytes, deep ones, and what is no file."""

import io
import os
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from PIL import Image

Make = Callable[[Path, random.Random], Path]
"""Writes one into a folder; where it is."""

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def docx(body: str, *, head: str = "", namespace: str = WORD, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A Word document with that inside."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        inside = f'<w:document xmlns:w="{namespace}"><w:body>{body}</w:body></w:document>'
        archive.writestr("word/document.xml", head + inside)
    return out.getvalue()


def png(width: int, height: int, *, lines: int | None = None, bit_depth: int = 8, colour: int = 0) -> bytes:
    """One that says it is so large. lines: how many it has; None for all of them."""
    samples = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    line = b"\0" * (1 + (width * samples * bit_depth + 7) // 8)
    pack, packed = zlib.compressobj(9), b""
    for _ in range(height if lines is None else lines):
        packed += pack.compress(line)
    header = struct.pack(">IIBBBBB", width, height, bit_depth, colour, 0, 0, 0)
    chunks = [(b"IHDR", header)]
    if colour == 3:
        chunks.append((b"PLTE", b"\0\0\0"))
    chunks += [(b"IDAT", packed + pack.flush()), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


def pdf(content: bytes, *, pages: int = 1, filters: int = 1) -> bytes:
    """A PDF of pages that share a content, packed so many times."""
    for _ in range(filters):
        content = zlib.compress(content, 9)
    kinds = " ".join(["/FlateDecode"] * filters)
    kids = " ".join(["3 0 R"] * pages)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {pages} >>".encode(),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R"
        b" /Resources << /Font << /F 5 0 R >> /XObject << /X 6 0 R >> >> >>",
        f"<< /Length {len(content)} /Filter [{kinds}] >>\nstream\n".encode() + content + b"\nendstream",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X 6 0 R >> >> /Length 10 >>\n"
        b"stream\n/X Do /X Do\nendstream",
    ]
    out, places = b"%PDF-1.7\n", []
    for number, one in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n".encode() + one + b"\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    size = len(objects) + 1
    trailer = f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n<< /Size {size} /Root 1 0 R >>\n"
    return out + f"{trailer}startxref\n{len(out)}\n%%EOF".encode()


def _file(name: str, make: Callable[[random.Random], bytes]) -> Make:
    def write(folder: Path, chance: random.Random) -> Path:
        file = folder / name
        file.write_bytes(make(chance))
        return file

    return write


def _entities(chance: random.Random) -> bytes:
    size, times = chance.randint(20_000, 60_000), chance.randint(5_000, 60_000)
    head = f'<!DOCTYPE d [<!ENTITY a "{"x" * size}">]>'
    return docx(f"<w:p><w:r><w:t>{'&a;' * times}</w:t></w:r></w:p>", head=head)


def _laughs(chance: random.Random) -> bytes:
    levels = chance.randint(6, 30)
    told = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, levels))
    return docx(f"<w:p><w:r><w:t>&e{levels - 1};</w:t></w:r></w:p>", head=f'<!DOCTYPE d [<!ENTITY e0 "ha">{told}]>')


def _tables(chance: random.Random) -> bytes:
    levels = chance.randint(15, 300)
    return docx(
        "<w:tbl><w:tr><w:tc>" * levels + "<w:p><w:r><w:t>x</w:t></w:r></w:p>" + "</w:tc></w:tr></w:tbl>" * levels
    )


def _deep(chance: random.Random) -> bytes:
    levels = chance.randint(50_000, 400_000)
    return docx("<w:sdt>" * levels + "</w:sdt>" * levels)


def _much_xml(chance: random.Random) -> bytes:
    return docx("<w:p/>" * chance.randint(1_000_000, 6_000_000))


def _much_word(chance: random.Random) -> bytes:
    return docx(f"<w:p><w:r><w:t>{'x' * chance.randint(3_000_000, 150_000_000)}</w:t></w:r></w:p>")


def _packed_otherwise(chance: random.Random) -> bytes:
    kind = chance.choice([zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
    return docx("<w:t/>" * chance.randint(1_000_000, 4_000_000), compression=kind)


def _large_dictionary(chance: random.Random) -> bytes:
    data = bytearray(docx("<w:p/>" * 100, compression=zipfile.ZIP_LZMA))
    at = data.index(b"word/document.xml") + len("word/document.xml")
    # Two bytes of a version, two of a length, one of properties, and then how large the dictionary is.
    data[at + 5 : at + 9] = struct.pack("<I", chance.randint(1 << 30, (1 << 32) - 1))
    return bytes(data)


def _wide_png(chance: random.Random) -> bytes:
    side = chance.randint(9_000, 13_300)
    return png(side, side, lines=chance.choice([0, 10, 2_000]), colour=chance.choice([0, 2, 6]))


def _whole_png(chance: random.Random) -> bytes:
    return png(13_000, 13_000, bit_depth=1, colour=chance.choice([0, 3]))


def _long_png(chance: random.Random) -> bytes:
    return png(chance.choice([1, 200_000]), chance.randint(200_000, 2_000_000), lines=1)


def _huge_header(kind: str) -> Callable[[random.Random], bytes]:
    def make(chance: random.Random) -> bytes:
        out = io.BytesIO()
        Image.new("RGB", (8, 8)).save(out, kind)
        data = bytearray(out.getvalue())
        side = chance.randint(20_000, 65_000)
        if kind == "GIF":
            data[6:10] = struct.pack("<HH", side, side)
        elif kind == "BMP":
            data[18:26] = struct.pack("<ii", side, side)
        elif kind == "JPEG":
            at = data.index(b"\xff\xc0")
            data[at + 5 : at + 9] = struct.pack(">HH", side, side)
        return bytes(data)

    return make


def _webp(chance: random.Random) -> bytes:
    side = chance.randint(12_000, 16_000)
    data = b"VP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + struct.pack("<I", side - 1)[:3] + struct.pack("<I", side)[:3]
    frame = io.BytesIO()
    Image.new("RGB", (8, 8)).save(frame, "WEBP", lossless=True)
    body = b"WEBP" + data + frame.getvalue()[12:]
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _many_frames(chance: random.Random) -> bytes:
    out = io.BytesIO()
    frames = [Image.new("1", (3_000, 3_000), n % 2) for n in range(chance.randint(10, 30))]
    frames[0].save(out, "TIFF", save_all=True, append_images=frames[1:], compression="group4")
    return out.getvalue()


def _pdf_bomb(chance: random.Random) -> bytes:
    return pdf(b"BT /F 9 Tf (x) Tj ET\n" * chance.randint(500_000, 4_000_000), filters=chance.choice([1, 2]))


def _pdf_pages(chance: random.Random) -> bytes:
    return pdf(b"BT /F 9 Tf (hello) Tj ET\n" * 500, pages=chance.randint(2_000, 200_000))


def _pdf_circle(chance: random.Random) -> bytes:
    return pdf(b"/X Do\n" * chance.randint(1, 50))


def _pdf_deep(chance: random.Random) -> bytes:
    levels = chance.randint(10_000, 1_000_000)
    return pdf(b"[" * levels + b"]" * levels + b" TJ\n")


def _pdf_numbers(chance: random.Random) -> bytes:
    return b"%PDF-1.7\n" + b"1 0 obj\n" * chance.randint(10_000, 1_000_000) + b"startxref\n0\n%%EOF"


def _text(chance: random.Random) -> bytes:
    return chance.choice([b"x", "é".encode(), "🦩".encode(), b"\xff"]) * chance.randint(2_500_000, 20_000_000)


def _pipe(folder: Path, chance: random.Random) -> Path:
    path = folder / f"pipe{chance.choice(['.txt', '.pdf', '.png', '.docx'])}"
    os.mkfifo(path)
    return path


def _endless(folder: Path, chance: random.Random) -> Path:
    path = folder / f"endless{chance.choice(['.txt', '.pdf', '.png', '.docx'])}"
    path.symlink_to(chance.choice(["/dev/zero", "/dev/full", "/dev/tty", "/proc/kmsg", "/proc/self/mem"]))
    return path


def _sparse(folder: Path, chance: random.Random) -> Path:
    path = folder / f"sparse{chance.choice(['.txt', '.pdf', '.png', '.docx'])}"
    with path.open("wb") as file:
        file.truncate(chance.choice([99_000_000, 1 << 40]))
    return path


KINDS: dict[str, Make] = {
    "a document of entities": _file("entities.docx", _entities),
    "a document of entities in entities": _file("laughs.docx", _laughs),
    "tables in tables": _file("tables.docx", _tables),
    "elements in elements": _file("deep.docx", _deep),
    "millions of paragraphs": _file("paragraphs.docx", _much_xml),
    "a word of many megabytes": _file("word.docx", _much_word),
    "a document that is packed otherwise": _file("packed.docx", _packed_otherwise),
    "a document with a large dictionary": _file("dictionary.docx", _large_dictionary),
    "a PNG that says it is large": _file("wide.png", _wide_png),
    "a PNG that is large": _file("whole.png", _whole_png),
    "a PNG that is a line": _file("long.png", _long_png),
    "a GIF that says it is large": _file("huge.gif", _huge_header("GIF")),
    "a BMP that says it is large": _file("huge.bmp", _huge_header("BMP")),
    "a JPEG that says it is large": _file("huge.jpg", _huge_header("JPEG")),
    "a WebP that says it is large": _file("huge.webp", _webp),
    "a TIFF of many pages": _file("frames.tiff", _many_frames),
    "a PDF that unpacks to much": _file("bomb.pdf", _pdf_bomb),
    "a PDF of one page a thousand times": _file("pages.pdf", _pdf_pages),
    "a PDF that draws itself": _file("circle.pdf", _pdf_circle),
    "a PDF of deep lists": _file("deep.pdf", _pdf_deep),
    "a PDF of numbers": _file("numbers.pdf", _pdf_numbers),
    "a long text": _file("long.txt", _text),
    "a pipe": _pipe,
    "a device": _endless,
    "a file of holes": _sparse,
}


QUICK = (
    "a document of entities",
    "tables in tables",
    "elements in elements",
    "a document with a large dictionary",
    "a PNG that says it is large",
    "a GIF that says it is large",
    "a long text",
    "a pipe",
    "a device",
)
"""Those that are refused, or read, in no time."""


def hostile_files(
    folder: Path, count: int, seed: int, kinds: Sequence[str] = tuple(KINDS)
) -> Iterator[tuple[str, Path]]:
    """So many of these kinds in turn, each in a folder of its own, with what it is called."""
    chance = random.Random(seed)
    for number in range(count):
        kind = kinds[number % len(kinds)]
        place = folder / str(number)
        place.mkdir()
        yield f"{kind} ({seed}.{number})", KINDS[kind](place, chance)
