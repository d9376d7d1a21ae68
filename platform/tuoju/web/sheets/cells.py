"""How cells are read: dates, amounts and words as offices write them. Each raises ValueError(code, what was typed)."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from tuoju.web.sheets.engine import LONG_NUMBER, Reader

_SEPARATORS = re.compile(r"[、,,;;|]+")


def id_text(cell: Any, typed: str) -> str:
    """A number that must keep every digit. Excel rounds one of more than 15 digits that is no text."""
    if (isinstance(cell, int | float) and len(typed) > LONG_NUMBER) or re.fullmatch(r"[\d.]+E\+?\d+", typed, re.I):
        raise ValueError("number_not_text", typed)
    return typed


def day(cell: Any, typed: str) -> date:
    """2026.3.1, 2026年3月1日, 2026/3/1, 2026年3月 (its first day), an Excel date or its serial number."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    parts = re.fullmatch(r"(\d{4})[-./年](\d{1,2})(?:[-./月](\d{1,2})?日?)?", typed)
    try:
        if parts:
            return date(int(parts[1]), int(parts[2]), int(parts[3] or 1))
        if re.fullmatch(r"\d{5}", typed):
            return date(1899, 12, 30) + timedelta(days=int(typed))
    except ValueError:
        pass
    raise ValueError("not_a_date", typed)


def whole(_cell: Any, typed: str) -> int:
    if not re.fullmatch(r"\d{1,7}", typed):
        raise ValueError("not_a_number", typed)
    return int(typed)


def fen(_cell: Any, typed: str) -> int:
    """Yuan, or ten thousands of them where 万 is written, into fen."""
    parts = re.fullmatch(r"[¥]?([\d,]+(?:\.\d+)?)(万?)元?", typed)
    if parts is None:
        raise ValueError("not_a_number", typed)
    return round(float(parts[1].replace(",", "")) * 100 * (10_000 if parts[2] else 1))


def ticked(_cell: Any, typed: str) -> bool:
    return typed.lower() in ("是", "√", "有", "yes", "y", "1", "true")


def one_of(words: Mapping[str, Any]) -> Reader:
    """A word or code of a list into what it stands for."""

    def read(_cell: Any, typed: str) -> Any:
        if typed in words:
            return words[typed]
        if typed in words.values():
            return typed
        raise ValueError("not_in_list", typed)

    return read


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
