"""The way in for every string from a form, the API, a sheet, a CSV file or the command line."""

import re
import unicodedata
from functools import cache

_LINE_ENDS = re.compile("\r\n?")
_MIDDLE_DOTS = re.compile("[·•‧∙⋅・･᛫⸱·ꞏ]")
_HAN = r"〇㐀-䶿一-鿿\U00020000-\U0003ffff"
_GAP_IN_NAME = re.compile(rf"(?<=[{_HAN}·])\s+(?=[{_HAN}·])")
_SUCCESSORS_OF_2005_AND_2022 = {
    0xE78D: "︐", 0xE78E: "︒", 0xE78F: "︑", 0xE790: "︓", 0xE791: "︔", 0xE792: "︕", 0xE793: "︖", 0xE794: "︗",
    0xE795: "︘", 0xE796: "︙", 0xE7C7: "ḿ", 0xE816: "𠂇", 0xE817: "𠂉", 0xE818: "𠃌", 0xE81E: "龴", 0xE826: "龵",
    0xE82B: "龶", 0xE82C: "龷", 0xE831: "𡗗", 0xE832: "龸", 0xE83B: "𢦏", 0xE843: "龹", 0xE854: "龺", 0xE855: "𤇾",
    0xE864: "龻",
}  # fmt: skip
"""Characters that GB 18030-2000 still had in private use, and their code points since GB 18030-2005 and -2022."""


def cleaned(text: str) -> str:
    """The text as it is stored: what nobody sees is gone, and one character has one code.

    Removed are control characters, characters of no width (Unicode category Cf), variation selectors, surrogates and
    noncharacters. Line ends become "\\n" and all other white space, soft line breaks too, a space; none is left at the
    start and end. Full-width letters and digits become half-width. Private-use characters of GBK that have got a code
    point of their own since (GB 18030-2000, -2005, -2022) are replaced by it. The rest is in normal form C. Punctuation
    is unchanged.

    >>> cleaned(" 王\\u200b强　１３８ ")
    '王强 138'
    """
    lines = _LINE_ENDS.sub("\n", text)
    return unicodedata.normalize("NFC", "".join(map(cleaned_character, lines))).strip()


@cache
def cleaned_character(character: str) -> str:
    """What `cleaned` makes of one character other than a line end; empty if it is removed."""
    code = ord(character)
    category = unicodedata.category(character)
    if category in {"Zs", "Zl", "Zp"} or character in "\t\v\f\x85":
        return " "
    if (category in {"Cc", "Cf", "Cs"} and character != "\n") or _is_selector(code) or _is_noncharacter(code):
        return ""
    if category == "Co":
        return _successors().get(code, character)
    if 0xFF01 <= code <= 0xFF5E and chr(code - 0xFEE0).isalnum():
        return chr(code - 0xFEE0)
    return character


def _is_selector(code: int) -> bool:
    return 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF


def _is_noncharacter(code: int) -> bool:
    return 0xFDD0 <= code <= 0xFDEF or code & 0xFFFE == 0xFFFE


@cache
def _successors() -> dict[int, str]:
    """What each private-use character of GBK stands for, where it has a code point of its own: 80 since GB 18030-2000,
    by Python's codec of that edition, and 25 since the later ones."""
    rows = ((0xA8BF, 0xE7C8, 1), (0xA989, 0xE7E7, 13), (0xFE50, 0xE815, 47), (0xFE80, 0xE844, 33))
    pairs = (
        (private + step, (first + step).to_bytes(2, "big").decode("gb18030"))
        for first, private, count in rows
        for step in range(count)
    )
    of_2000 = {private: successor for private, successor in pairs if unicodedata.category(successor) != "Co"}
    return of_2000 | _SUCCESSORS_OF_2005_AND_2022


def person_name(text: str) -> str:
    """A person's name as it is stored: cleaned, in one line, without the spaces by which rosters align names of two
    characters, and with one kind of middle dot.

    >>> person_name("王　强"), person_name("买买提•艾力"), person_name("Anna  Li")
    ('王强', '买买提·艾力', 'Anna Li')
    """
    one_line = " ".join(_MIDDLE_DOTS.sub("·", cleaned(text)).split())
    return _GAP_IN_NAME.sub("", one_line)
