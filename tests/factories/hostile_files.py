"""Small files that cost much to open, or break what opens them. Each is made here; none is kept in the repository."""

import io
import struct
import zipfile
import zlib

import xlsxwriter


def _workbook(sheet: str, *, strings: str = "") -> bytes:
    """A workbook of one sheet with this content, and these shared strings."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        book.add_worksheet().write(0, 0, "x")
    changed = io.BytesIO()
    with zipfile.ZipFile(buffer) as source, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "xl/worksheets/sheet1.xml":
                content = _sheet(sheet)
            if name == "xl/sharedStrings.xml" and strings:
                content = (
                    f'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{strings}</sst>'.encode()
                )
            target.writestr(name, content)
    return changed.getvalue()


def _sheet(rows: str) -> bytes:
    head = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    return f"{head}{rows}</sheetData></worksheet>".encode()


def corners() -> bytes:
    """A workbook of two cells, in the first and the last place that a sheet has: 17 billion cells between them."""
    return _workbook('<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')


def wide() -> bytes:
    """A workbook of 80 million cells within the rows that a list may have."""
    return _workbook('<row r="1"><c r="A1"><v>1</v></c></row><row r="5000"><c r="XFD5000"><v>1</v></c></row>')


def unpacking() -> bytes:
    """A workbook of about 300 KB that unpacks to 300 MB, and says so."""
    return _workbook(f'<row r="1"><c r="A1" t="s"><v>0</v></c></row>{" " * 300_000_000}')


def lying() -> bytes:
    """The same, which says that it unpacks to 1 KB."""
    content = unpacking()
    true = struct.pack("<I", len(_sheet(f'<row r="1"><c r="A1" t="s"><v>0</v></c></row>{" " * 300_000_000}')))
    assert content.count(true) >= 1
    return content.replace(true, struct.pack("<I", 1000))


def repeated() -> bytes:
    """A workbook of one text of 32,000 characters that stands in 100,000 cells: 3.2 GB as texts."""
    cells = "".join(
        f'<row r="{row}">' + "".join(f'<c r="{letter}{row}" t="s"><v>0</v></c>' for letter in LETTERS) + "</row>"
        for row in range(1, 5_001)
    )
    return _workbook(cells, strings=f"<si><t>{'x' * 32_000}</t></si>")


LETTERS = "ABCDEFGHIJKLMNOPQRST"


def nested() -> bytes:
    """A workbook whose XML is nested 100,000 deep."""
    return _workbook("<a>" * 100_000 + "</a>" * 100_000)


def parts() -> bytes:
    """A ZIP of 50,000 parts."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(50_000):
            archive.writestr(str(number), b"")
    return buffer.getvalue()


def commas() -> bytes:
    """A CSV of 4.8 million cells in one line, and as many lines."""
    return b"," * 2_400_000 + b"\n," * 1_200_000


def quotes() -> bytes:
    """A CSV whose only cell never ends."""
    return b'a,"' + b"x" * 4_000_000


def pixels(width: int = 28_000, height: int = 1_000, depth: int = 16) -> bytes:
    """A PNG of 28 million pixels with transparency and 16 bits a channel, in some 200 KB."""
    row = b"\0" + b"\0" * (width * 4 * depth // 8)
    compressor = zlib.compressobj(9)
    data = b"".join(compressor.compress(row) for _ in range(height)) + compressor.flush()
    header = struct.pack(">IIBBBBB", width, height, depth, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def many_pixels() -> bytes:
    """A PNG of 3.6 billion pixels, by what its first bytes say."""
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(b"\0" * 1000))


def long_comment() -> bytes:
    """A PNG with a compressed text of 200 MB."""
    text = _chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"x" * 200_000_000))
    return pixels(4, 4).replace(_chunk(b"IEND", b""), text + _chunk(b"IEND", b""))


def cut_off() -> bytes:
    """A photo whose end is missing."""
    return pixels(400, 400)[:200]


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


SHEETS = (corners, wide, unpacking, lying, repeated, nested, parts, commas, quotes)
PHOTOS = (pixels, many_pixels, long_comment, cut_off)
