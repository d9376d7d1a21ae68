"""The typefaces of the papers, and which characters they have."""

import struct
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import noto_cjk_sans_jp_bold
import noto_cjk_sans_jp_regular
import pylopdf_fonts_zh_cn
import typst

from tuoju_text.cleaning import cleaned_character

_PRIVATE_USE = range(0xE000, 0xF900)
_SYMBOLS = "☐☑☒✓✔✗✘"
"""What is taken from DejaVu Sans Mono, which typst brings along."""


@cache
def fonts() -> typst.Fonts:
    """Chinese serif and sans serif, then Noto Sans CJK in regular and bold for rare characters and headings. Its forms
    of characters follow the language of the text. Read once a process."""
    folders = [path.parent for path in _font_paths()]
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=folders)


def unprintable(text: str) -> list[str]:
    """The characters that no typeface has, each once, in their order.

    >>> unprintable("张\U000200b7三\U000323af")
    ['\U000323af']
    """
    return list(dict.fromkeys(filter(_is_missing, map(_current, text))))


def printable(text: str) -> str:
    """The text with every private-use character of GBK as the character that it stands for now, and every character
    that no typeface has as its code."""
    return "".join(code_of(character) if _is_missing(character) else character for character in map(_current, text))


def code_of(character: str) -> str:
    """〔U+323AF〕"""
    return f"〔U+{ord(character):04X}〕"


def _current(character: str) -> str:
    return cleaned_character(character) if ord(character) in _PRIVATE_USE else character


def _is_missing(character: str) -> bool:
    """Control and format characters, and marks of variants, print nothing and so need no typeface."""
    code = ord(character)
    return code > 0x2FF and code not in _covered() and cleaned_character(character) not in {"", " "}


@cache
def _covered() -> frozenset[int]:
    """The code points of the typefaces for running text. Those of the regular and of the bold fallback are the same."""
    regular = _font_paths()[:2]
    return frozenset(code for path in regular for code in _code_points(path.read_bytes())) | set(map(ord, _SYMBOLS))


def _font_paths() -> list[Path]:
    fallbacks = (noto_cjk_sans_jp_regular.FONT_PATH, noto_cjk_sans_jp_bold.FONT_PATH)
    return [pylopdf_fonts_zh_cn.serif_path(), *(Path(str(path)) for path in fallbacks)]


def _code_points(font: bytes) -> Iterator[int]:
    """The code points of an OpenType font: its character map in format 12, groups of (first, last, glyph)."""
    (tables,) = struct.unpack_from(">H", font, 4)
    places = {font[at : at + 4]: struct.unpack_from(">I", font, at + 8)[0] for at in range(12, 12 + 16 * tables, 16)}
    start = places[b"cmap"]
    (encodings,) = struct.unpack_from(">H", font, start + 2)
    for number in range(encodings):
        subtable = start + struct.unpack_from(">I", font, start + 8 + 8 * number)[0]
        if struct.unpack_from(">H", font, subtable)[0] == 12:
            (groups,) = struct.unpack_from(">I", font, subtable + 12)
            for group in range(groups):
                first, last, _glyph = struct.unpack_from(">III", font, subtable + 16 + 12 * group)
                yield from range(first, last + 1)
