"""Readers of cells: dates, amounts and words as offices write them. Each raises ValueError(code, what was typed)."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from tuoju_projects.sheets import LONG_NUMBER, Reader, half_width

Code = TypeVar("Code")
_SEPARATORS = re.compile(r"[、,;|]+")


def id_text(cell: Any, typed: str) -> str:
    """A number as text with every digit. Raises number_not_text if Excel stored it as a number and rounded its end."""
    if (isinstance(cell, int | float) and len(typed) > LONG_NUMBER) or re.fullmatch(r"[\d.]+E\+?\d+", typed, re.I):
        raise ValueError("number_not_text", typed)
    return typed


def day(cell: Any, typed: str) -> date:
    """A date: 2026.3.1, 2026年3月1日, 2026/3/1, 20260301, 2026年3月 (its first day), an Excel date or its number.

    Raises not_a_date.
    """
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
    """A number of up to seven digits. Raises not_a_number."""
    if not re.fullmatch(r"\d{1,7}", typed):
        raise ValueError("not_a_number", typed)
    return int(typed)


def fen(_cell: Any, typed: str) -> int:
    """An amount in yuan, or in ten thousands of yuan if 万 is written, as fen. Raises not_a_number."""
    parts = re.fullmatch(r"[¥¥]?\s*([\d,]+(?:\.\d+)?)\s*(万?)元?", typed)
    if parts is None:
        raise ValueError("not_a_number", typed)
    return int(Decimal(parts[1].replace(",", "")) * 100 * (10_000 if parts[2] else 1))


def yes_or_no(_cell: Any, typed: str) -> bool:
    """True for a tick or a yes; everything else is False."""
    return typed.lower() in ("是", "√", "✓", "✔", "有", "yes", "y", "1", "true")


_ENDINGS = re.compile(r"(家庭|人员|对象|人口|户|人)$")
_PREFIXES = re.compile(r"^(城镇|城市|农村|城乡|城|农)")
ABBREVIATIONS = {"低保": "最低生活保障", "五保": "特困", "低保边缘": "最低生活保障边缘", "边缘": "最低生活保障边缘"}
"""Abbreviations of relief categories, with the name that the list uses."""


def core_word(word: str) -> str:
    """A word of a list without what offices add or leave out: 农村低保户, 最低生活保障家庭 and 低保 give the same."""
    bare = _PREFIXES.sub("", re.sub(r"[\s()]", "", word.lower()))
    while len(bare) > 2 and (shorter := _ENDINGS.sub("", bare)) != bare and len(shorter) >= 2:
        bare = shorter
    return ABBREVIATIONS.get(bare, bare)


def one_of(words: Mapping[str, Any]) -> Reader:
    """Reader of one word or code of a list, also as offices abbreviate it; gives its code. Raises not_in_list."""
    by_core_word: dict[str, set[Any]] = {}
    for word, code in words.items():
        by_core_word.setdefault(core_word(half_width(word)), set()).add(code)

    def read(_cell: Any, typed: str) -> Any:
        if typed in words:
            return words[typed]
        if typed in words.values():
            return typed
        codes = by_core_word.get(core_word(typed), set())
        if len(codes) == 1:
            return next(iter(codes))
        raise ValueError("not_in_list", typed)

    return read


def code_of_word(words: Mapping[str, Code]) -> Callable[[str], Code | None]:
    """A lookup of the words of a list; full-width and half-width punctuation are the same."""
    codes = {half_width(word): code for word, code in words.items()}
    return lambda typed: codes.get(half_width(typed))


def several_of(code_of: Callable[[str], str | None]) -> Reader:
    """Reader of several words or codes, separated by 、 or a comma; gives their codes. Raises not_in_list."""

    def read(_cell: Any, typed: str) -> list[str]:
        codes = []
        for word in filter(None, (part.strip() for part in _SEPARATORS.split(typed))):
            code = code_of(word)
            if code is None:
                raise ValueError("not_in_list", word)
            codes.append(code)
        return list(dict.fromkeys(codes))

    return read
