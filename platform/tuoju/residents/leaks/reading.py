"""Normalization of a text: half width, Chinese digits as digits, gaps between characters."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from tuoju.residents.leaks.kinds import Leak, LeakKind
from tuoju_text.cleaning import cleaned_character
from tuoju_text.folding import common_forms

HAN = "[㐀-鿿]"
MASK = r"[*∗✱X●□■◯○#_?]"
GAP_SIGNS = r"\-‐-―−·•."
# An ID number is long enough to be broken over two lines; shorter numbers in two lines are two cells of a table.
GAP = rf"[\s{GAP_SIGNS}]{{0,3}}"
GAP_IN_LINE = rf"(?:[^\S\n]|[{GAP_SIGNS}]){{0,3}}"
ONE_GAP = rf"(?:[^\S\n]|[{GAP_SIGNS}])"


def spaced(signs: Iterable[str], gap: str = GAP_IN_LINE) -> str:
    """A pattern of these characters with gaps between."""
    return gap.join(signs)


def some_digits(count: int) -> list[str]:
    """Patterns of so many digits, for `spaced`."""
    return ["[0-9]"] * count


ISO = (
    r"(?<![0-9])(?:19|20)[0-9]{2}[-./](?:0?[1-9]|1[0-2])[-./](?:0?[1-9]|[12][0-9]|3[01])"
    # Not when a number written sign by sign goes on.
    rf"(?![0-9]|{ONE_GAP}[0-9](?![0-9]))"
)
DATE = re.compile(
    rf"{ISO}"
    r"|[0-9十]{1,3}月(?:[0-9十]{1,3}[日号]?[-~、至到—–])*[0-9十]{1,3}[日号]|每?月[0-9十]{1,3}[日号]"
)

_CHINESE_DIGITS = "一二三四五六七八九壹贰叁肆伍陆柒捌玖幺〇零"
_TO_DIGITS = str.maketrans(_CHINESE_DIGITS + "×ХΧ", "123456789123456789100XXX")
_CIRCLE_AS_ZERO = re.compile(rf"(?<=[{_CHINESE_DIGITS}])○+|○+(?=[{_CHINESE_DIGITS}])")
_GONE = "\x00"


@dataclass(frozen=True)
class Reading:
    """A normalized text. `origins` are the positions of its characters in the original text."""

    text: str
    plain: str
    origins: tuple[int, ...]

    def leak(self, kind: LeakKind, start: int, end: int) -> Leak:
        first, last = self.origins[start], self.origins[end - 1] + 1
        return Leak(kind, first, last, self.text[first:last])


def read(text: str) -> Reading:
    """The text in half width, upper case and common forms of characters, without what nobody sees."""
    signs: list[str] = []
    origins: list[int] = []
    for place, sign in enumerate(text):
        for part in unicodedata.normalize("NFKC", cleaned_character(sign)).upper().translate(common_forms()):
            # Marks on a digit break a number for a machine, not for a reader.
            if unicodedata.category(part) in {"Mn", "Me"}:
                continue
            signs.append(str(unicodedata.decimal(part)) if part.isdecimal() else part)
            origins.append(place)
    return Reading(text, "".join(signs), tuple(origins))


def in_digits(plain: str) -> str:
    """Chinese digits as Arabic digits, character by character: 一三八 stands for a telephone number too."""
    return _CIRCLE_AS_ZERO.sub(lambda circles: "0" * len(circles[0]), plain).translate(_TO_DIGITS)


def blank(digits: str, spans: Iterable[tuple[int, int]]) -> str:
    """The text with these spans replaced by NUL; all other characters keep their positions."""
    signs = list(digits)
    for start, end in spans:
        signs[start:end] = _GONE * (end - start)
    return "".join(signs)


def only_digits(text: str) -> str:
    """The digits of a text, Chinese ones too, and X."""
    return re.sub(r"[^0-9X]", "", in_digits(read(text).plain))
