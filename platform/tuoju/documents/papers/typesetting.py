"""Documents of blocks as PDF; form.typ lays out every form. Values are passed as data and are never markup."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from importlib.resources import files

import typst

from tuoju.documents import qr
from tuoju.documents.papers import typefaces

_SHEET = files("tuoju.documents.papers") / "form.typ"


@dataclass(frozen=True)
class Field:
    """A labelled value; `span` is how many of the block's columns it takes."""

    label: str
    value: str | None = None
    span: int = 1


@dataclass(frozen=True)
class Fields:
    """Labelled values in a grid."""

    cells: Sequence[Field]
    columns: int = 2
    kind: str = field(default="fields", init=False)


@dataclass(frozen=True)
class Rows:
    """A table. `widths` are relative; `numbers` are the columns aligned to the right, `centred` the centred ones. Blank
    rows are rows of empty strings."""

    head: Sequence[str]
    rows: Sequence[Sequence[str | None]]
    widths: Sequence[float]
    numbers: Sequence[int] = ()
    centred: Sequence[int] = ()
    kind: str = field(default="rows", init=False)


@dataclass(frozen=True)
class Passage:
    """A labelled text; without one, room for `lines` of handwriting."""

    label: str
    value: str | None = None
    lines: int = 3
    kind: str = field(default="passage", init=False)


@dataclass(frozen=True)
class Choice:
    """One choice with its box."""

    words: str
    ticked: bool = False


@dataclass(frozen=True)
class Choices:
    """A label with choices to tick."""

    label: str
    options: Sequence[Choice]
    kind: str = field(default="choices", init=False)


@dataclass(frozen=True)
class Signature:
    """Room to sign, with the name and day printed where they are known."""

    role: str
    name: str | None = None
    day: str | None = None


@dataclass(frozen=True)
class Signatures:
    """Signatures side by side."""

    people: Sequence[Signature]
    kind: str = field(default="signatures", init=False)


@dataclass(frozen=True)
class Heading:
    """The heading of a section."""

    words: str
    kind: str = field(default="heading", init=False)


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of running text."""

    words: str
    indent: bool = True
    kind: str = field(default="paragraph", init=False)


@dataclass(frozen=True)
class Large:
    """A centred line; `size` in points."""

    words: str
    size: float = 16
    kind: str = field(default="large", init=False)


@dataclass(frozen=True)
class Cut:
    """A line to cut along."""

    kind: str = field(default="cut", init=False)


@dataclass(frozen=True)
class Break:
    """A page break."""

    kind: str = field(default="page-end", init=False)


@dataclass(frozen=True)
class Code:
    """A QR code, `width` in millimetres."""

    svg: str
    caption: str
    width: float = 30
    kind: str = field(default="code", init=False)


@dataclass(frozen=True)
class Title:
    """The title of a further sheet within the document, with a line `below` it at the right."""

    words: str
    below: str = ""
    size: float = 17
    kind: str = field(default="title", init=False)


@dataclass(frozen=True)
class Card:
    """A card to cut out: lines of text beside a QR code."""

    title: str
    lines: Sequence[str]
    svg: str


@dataclass(frozen=True)
class Cards:
    """Cards of one size, two in a row."""

    cards: Sequence[Card]
    kind: str = field(default="cards", init=False)


Simple = (
    Fields | Rows | Passage | Choices | Signatures | Heading | Paragraph | Large | Cut | Break | Code | Title | Cards
)


@dataclass(frozen=True)
class Together:
    """Blocks that stay on one page."""

    blocks: Sequence[Simple]
    kind: str = field(default="together", init=False)


Block = Simple | Together


@dataclass(frozen=True)
class Document:
    """A form. `rule` cites the rule that it follows, `foot` says who printed it and when; sizes of type in points."""

    title: str
    blocks: Sequence[Block]
    place: str = ""
    number: str = ""
    rule: str = ""
    foot: str = ""
    title_size: float = 17
    size: float = 10.5
    paper: str = "a4"


def scannable(address: str, caption: str, width: float = 30) -> Code:
    """The address as a QR code."""
    return Code(qr.on_paper(address), caption, width)


def to_pdf(document: Document) -> bytes:
    """The document as a PDF with embedded fonts and searchable text. About a tenth of a second a page.

    A character that no typeface has is printed as its code, 〔U+323AF〕, and the paper says so at its end.
    """
    text = json.dumps(asdict(document), ensure_ascii=False)
    missing = typefaces.unprintable(text)
    values = json.loads(typefaces.printable(text)) | {"unprintable": "、".join(map(typefaces.code_of, missing))}
    inputs = {"document": json.dumps(values, ensure_ascii=False)}
    pdf: bytes = typst.compile(_SHEET.read_bytes(), font_paths=typefaces.fonts(), sys_inputs=inputs, format="pdf")
    return pdf


def chinese_day(day: date | None) -> str:
    """2026年11月23日, or nothing."""
    return f"{day.year}年{day.month}月{day.day}日" if day else ""


def broken(digest: str) -> str:
    """A SHA-256 digest that may break over lines after every eight characters."""
    return "\u200b".join(digest[start : start + 8] for start in range(0, len(digest), 8))
