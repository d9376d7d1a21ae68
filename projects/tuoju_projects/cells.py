"""How cells are read: dates, amounts and words as offices write them. Each raises ValueError(code, what was typed)."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from tuoju_projects.sheets import LONG_NUMBER, Reader, half_width

Code = TypeVar("Code")
_SEPARATORS = re.compile(r"[、,;|]+")


def id_text(cell: Any, typed: str) -> str:
    """A number that must keep every digit. Excel rounds one of more than 15 digits that is no text."""
    if (isinstance(cell, int | float) and len(typed) > LONG_NUMBER) or re.fullmatch(r"[\d.]+E\+?\d+", typed, re.I):
        raise ValueError("number_not_text", typed)
    return typed


def day(cell: Any, typed: str) -> date:
    """2026.3.1, 2026年3月1日, 2026/3/1, 20260301, 2026年3月 (its first day), an Excel date or its serial number."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    plain = "".join(re.sub(r"\s+0?0:00(:00)?$", "", typed).split())
    parts = re.fullmatch(r"(\d{4})[-./年](\d{1,2})(?:[-./月](\d{1,2})?[日号]?)?", plain)
    parts = parts or re.fullmatch(r"((?:19|20)\d{2})(\d{2})(\d{2})", plain)
    try:
        if parts:
            return date(int(parts[1]), int(parts[2]), int(parts[3] or 1))
        if re.fullmatch(r"\d{5}", plain):
            return date(1899, 12, 30) + timedelta(days=int(plain))
    except ValueError:
        pass
    raise ValueError("not_a_date", typed)


def whole_number(_cell: Any, typed: str) -> int:
    if not re.fullmatch(r"\d{1,7}", typed):
        raise ValueError("not_a_number", typed)
    return int(typed)


def fen(_cell: Any, typed: str) -> int:
    """Yuan, or ten thousands of them where 万 is written, into fen."""
    parts = re.fullmatch(r"[¥¥]?\s*([\d,]+(?:\.\d+)?)\s*(万?)元?", typed)
    if parts is None:
        raise ValueError("not_a_number", typed)
    return int(Decimal(parts[1].replace(",", "")) * 100 * (10_000 if parts[2] else 1))


def yes_or_no(_cell: Any, typed: str) -> bool:
    return typed.lower() in ("是", "√", "✓", "✔", "有", "yes", "y", "1", "true")


_ENDINGS = re.compile(r"(家庭|人员|对象|人口|户|人)$")
_PLACES = re.compile(r"^(城镇|城市|农村|城乡|城|农)")
SPOKEN = {"低保": "最低生活保障", "五保": "特困", "低保边缘": "最低生活保障边缘", "边缘": "最低生活保障边缘"}
"""What people call a category, and how its list names it."""


def spoken(word: str) -> str:
    """A word of a list without what offices add or leave out: 农村低保户, 最低生活保障家庭 and 低保 are one."""
    bare = _PLACES.sub("", re.sub(r"[\s()]", "", word.lower()))
    while len(bare) > 2 and (shorter := _ENDINGS.sub("", bare)) != bare and len(shorter) >= 2:
        bare = shorter
    return SPOKEN.get(bare, bare)


def one_of(words: Mapping[str, Any]) -> Reader:
    """A word or code of a list, as it stands there or as it is commonly said, into what it stands for."""
    by_speech: dict[str, set[Any]] = {}
    for word, code in words.items():
        by_speech.setdefault(spoken(half_width(word)), set()).add(code)

    def read(_cell: Any, typed: str) -> Any:
        if typed in words:
            return words[typed]
        if typed in words.values():
            return typed
        meant = by_speech.get(spoken(typed), set())
        if len(meant) == 1:
            return next(iter(meant))
        raise ValueError("not_in_list", typed)

    return read


def code_of_word(words: Mapping[str, Code]) -> Callable[[str], Code | None]:
    """Looks up a word of a list, whether its brackets are typed full-width or half-width."""
    codes = {half_width(word): code for word, code in words.items()}
    return lambda typed: codes.get(half_width(typed))


def several_of(code_of: Callable[[str], str | None]) -> Reader:
    """Several words or codes, with 、 or a comma between them, into their codes."""

    def read(_cell: Any, typed: str) -> list[str]:
        found = []
        for word in filter(None, (each.strip() for each in _SEPARATORS.split(typed))):
            code = code_of(word)
            if code is None:
                raise ValueError("not_in_list", word)
            found.append(code)
        return list(dict.fromkeys(found))

    return read
