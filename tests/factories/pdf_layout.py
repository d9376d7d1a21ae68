"""Where a PDF of ours puts its text: what overlaps, what leaves the page, and what no typeface could print."""

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from pypdf import PageObject, PdfReader
from pypdf.generic import ContentStream

Matrix = tuple[float, float, float, float, float, float]
START: Matrix = (1, 0, 0, 1, 0, 0)
TOLERANCE = 0.6
"""Points by which boxes may touch."""
KERNING = 0.3
"""Of the height of the text: so much may one run overlap the next on its own line, as two strokes do."""


@dataclass(frozen=True)
class Box:
    """A rectangle on the page in points, from the lower left corner; `words` are empty for a ruled line."""

    left: float
    bottom: float
    right: float
    top: float
    words: str = ""

    def overlaps(self, other: "Box") -> bool:
        """Whether both share more than a touch."""
        same_line = abs(self.bottom - other.bottom) < TOLERANCE
        touch = KERNING * (self.top - self.bottom) if same_line else TOLERANCE
        return (
            min(self.right, other.right) - max(self.left, other.left) > touch
            and min(self.top, other.top) - max(self.bottom, other.bottom) > TOLERANCE
        )

    def is_crossed_by(self, line: "Box") -> bool:
        """Whether a ruled line runs through the text."""
        return (
            line.left < self.right - TOLERANCE
            and line.right > self.left + TOLERANCE
            and line.bottom < self.top - 2 * TOLERANCE
            and line.top > self.bottom + 2 * TOLERANCE
        )


@dataclass
class Typeface:
    """The part of an embedded typeface that is needed: advances in thousandths of the size, and the characters."""

    widths: dict[int, float]
    characters: dict[int, str]


@dataclass
class PageLayout:
    """The text and the ruled lines of one page."""

    width: float
    texts: list[Box] = field(default_factory=list)
    lines: list[Box] = field(default_factory=list)
    missing: int = 0
    """How many glyphs are the one that stands for a character that the typeface does not have."""

    def faults(self) -> list[str]:
        """One sentence a fault."""
        return [
            *(f"{left.words!r} overlaps {right.words!r}" for left, right in self._pairs() if left.overlaps(right)),
            *(f"a line runs through {box.words!r}" for box in self.texts if any(map(box.is_crossed_by, self.lines))),
            *(f"{box.words!r} leaves the page" for box in self.texts if box.right > self.width - 36 or box.left < 36),
            *([f"{self.missing} characters are not in the typeface"] if self.missing else []),
        ]

    def _pairs(self) -> Iterator[tuple[Box, Box]]:
        return combinations((box for box in self.texts if box.words.strip()), 2)


def faults_of(pdf: bytes) -> list[str]:
    """Every fault of the layout of a PDF made by typst."""
    pages = PdfReader(io.BytesIO(pdf)).pages
    return [f"page {number}: {fault}" for number, page in enumerate(pages, 1) for fault in layout(page).faults()]


def layout(page: PageObject) -> PageLayout:
    """Read the operators of the page one by one. Text runs from left to right, lines are single strokes."""
    result = PageLayout(float(page.mediabox.width))
    fonts = {name: _typeface(font.get_object()) for name, font in page["/Resources"].get("/Font", {}).items()}  # type: ignore[attr-defined]
    matrix, kept = START, list[Matrix]()
    face, size, at = Typeface({}, {}), 0.0, START
    pen = (0.0, 0.0)
    segments: list[tuple[float, float, float, float]] = []
    for operands, operator in ContentStream(page.get_contents(), page.pdf).operations:
        match operator:
            case b"q":
                kept.append(matrix)
            case b"Q":
                matrix = kept.pop()
            case b"cm":
                matrix = _times(_matrix(operands), matrix)
            case b"Tf":
                face, size = fonts[operands[0]], float(operands[1])
            case b"Tm":
                at = _matrix(operands)
            case b"Tj" | b"TJ":
                parts = operands[0] if operator == b"TJ" else operands
                _add_text(result, parts, face, size, _times(at, matrix))
            case b"m":
                pen = _point(operands, matrix)
            case b"l":
                end = _point(operands, matrix)
                segments.append((*pen, *end))
                pen = end
            case b"S":
                result.lines += [_line(*segment) for segment in segments if _is_rule(*segment)]
                segments = []
            case b"f" | b"f*" | b"n" | b"h" | b"B":
                segments = [] if operator != b"h" else segments
    return result


def _add_text(result: PageLayout, parts: Any, face: Typeface, size: float, at: Matrix) -> None:
    advance, words = 0.0, ""
    for part in parts:
        if not isinstance(part, (str, bytes)):
            advance -= float(part)
            continue
        codes = part.original_bytes if isinstance(part, str) else bytes(part)  # type: ignore[attr-defined]
        for start in range(0, len(codes), 2):
            glyph = int.from_bytes(codes[start : start + 2], "big")
            result.missing += glyph == 0
            advance += face.widths.get(glyph, 0)
            words += face.characters.get(glyph, "")
    advance -= 500 * words.endswith(tuple("，。；：、）》」』！？”"))  # the blank half of the last sign
    scale = abs(at[3]) * size
    left, baseline = at[4], at[5]
    width = advance / 1000 * abs(at[0]) * size
    result.texts.append(Box(left, baseline - 0.1 * scale, left + width, baseline + 0.72 * scale, words))


def _typeface(font: Any) -> Typeface:
    descendant = font["/DescendantFonts"][0].get_object()
    entries = list(descendant.get("/W", []))
    widths: dict[int, float] = {}
    while entries:
        first, second = int(entries.pop(0)), entries.pop(0)
        if isinstance(second, list):
            widths |= {first + step: float(width) for step, width in enumerate(second)}
        else:
            width = float(entries.pop(0))
            widths |= dict.fromkeys(range(first, int(second) + 1), width)
    return Typeface(widths, _characters(font["/ToUnicode"].get_data().decode()))


def _characters(table: str) -> dict[int, str]:
    """The pairs of the lines `<0001> <5F20>` of a ToUnicode table."""
    pairs = (line.split("> <") for line in table.splitlines() if line.startswith("<") and "> <" in line)
    return {
        int(pair[0][1:], 16): bytes.fromhex(pair[1].rstrip(">")).decode("utf-16-be", "replace")
        for pair in pairs
        if len(pair) == 2 and pair[0] != "<0000"
    }


def _matrix(operands: Any) -> Matrix:
    a, b, c, d, e, f = (float(operand) for operand in operands)
    return a, b, c, d, e, f


def _times(inner: Matrix, outer: Matrix) -> Matrix:
    a, b, c, d, e, f = inner
    g, h, i, j, k, m = outer
    return a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m


def _point(operands: Any, matrix: Matrix) -> tuple[float, float]:
    moved = _times((1, 0, 0, 1, float(operands[0]), float(operands[1])), matrix)
    return moved[4], moved[5]


def _is_rule(left: float, bottom: float, right: float, top: float) -> bool:
    """Lines of tables are upright or level; the strokes of a tick are neither."""
    return abs(left - right) < 0.1 or abs(top - bottom) < 0.1


def _line(left: float, bottom: float, right: float, top: float) -> Box:
    return Box(min(left, right), min(bottom, top), max(left, right), max(bottom, top))
