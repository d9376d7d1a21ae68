"""Loading a city's divisions and the published special days from files of fixed columns."""

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path

from sqlmodel import Session, select

from tuoju.regions.calendar import HELD
from tuoju.regions.models import CalendarDay, CalendarYear, Region, RegionLevel

DATA = files("tuoju.regions") / "data"


class RegionFileError(Exception):
    """A divisions or calendar file is not as it should be; the message names the row."""


def load_demo_city(session: Session) -> None:
    """Load what ships with the package: the divisions of Chuzhou and the special days 2024-2026."""
    load_divisions(session, str(DATA / "chuzhou_divisions.csv"))
    load_special_days(session, str(DATA / "cn_special_days_2024_2026.csv"), source="国务院办公厅放假安排")


def load_divisions(session: Session, path: str | Path) -> int:
    """Insert or rename the divisions in a CSV of `code,name,level,parent_code`; returns how many.

    Parents come before their children. Raises RegionFileError naming the row.
    """
    known = {region.code: region for region in session.exec(select(Region))}
    count = 0
    for number, row in enumerate(_rows(path, {"code", "name", "level", "parent_code"}), start=2):
        try:
            level = RegionLevel(row["level"])
        except ValueError as error:
            raise RegionFileError(f"row {number}: unknown level {row['level']!r}") from error
        code, parent_code = row["code"].strip(), row["parent_code"].strip() or None
        if not (code.isdigit() and len(code) == 12):
            raise RegionFileError(f"row {number}: {code!r} is not a 12-digit code")
        if parent_code is not None and parent_code not in known:
            raise RegionFileError(f"row {number}: parent {parent_code} comes neither above nor before")
        path_above = known[parent_code].path if parent_code else ""
        region = known.get(code) or Region(code=code, name="", level=level, path="")
        region.name, region.level, region.parent_code = row["name"].strip(), level, parent_code
        region.path = f"{path_above}{code}/"
        known[code] = region
        session.add(region)
        count += 1
    session.flush()
    return count


@dataclass(frozen=True)
class SpecialDay:
    """A day that is not as its weekday: a holiday, or a make-up day that is worked."""

    day: date
    is_workday: bool
    name_zh: str
    name_en: str


def load_special_days(session: Session, path: str | Path, *, source: str = "") -> int:
    """Insert or replace special days from a CSV of `date,is_workday,name_en,name_zh`; every year named in the file
    counts as confirmed from then on. Returns how many days."""
    days = []
    for number, row in enumerate(_rows(path, {"date", "is_workday", "name_en", "name_zh"}), start=2):
        try:
            day = date.fromisoformat(row["date"])
        except ValueError as error:
            raise RegionFileError(f"row {number}: {row['date']!r} is not a date") from error
        days.append(SpecialDay(day, row["is_workday"] == "1", row["name_zh"], row["name_en"]))
    set_special_days(session, days, source=source, whole_years=True)
    return len(days)


def set_special_days(session: Session, days: Sequence[SpecialDay], *, source: str, whole_years: bool) -> None:
    """Insert or replace special days. With `whole_years` they are all there are in their years, which are confirmed
    from then on: days of those years that are not among them are as their weekday."""
    years = {day.day.year for day in days} if whole_years else set()
    kept = {day.day for day in days}
    for row in session.exec(select(CalendarDay)):
        if row.day.year in years and row.day not in kept:
            session.delete(row)
    for day in days:
        session.merge(CalendarDay(**asdict(day), source=source))
    for year in years:
        session.merge(CalendarYear(year=year, source=source))
    session.flush()
    session.info.pop(HELD, None)


_LINE = re.compile(r"(?P<day>\d{4}[-/.]\d{1,2}[-/.]\d{1,2})[\s,，;；]+(?P<kind>休|班|0|1)[\s,，;；]*(?P<name>.*)")


def days_in(text: str) -> list[SpecialDay]:
    """The days of lines such as "2027-01-01 休 元旦" and "2027-02-06 班 春节", as they are copied from a notice or a
    sheet. Raises RegionFileError naming the line."""
    days = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        match = _LINE.fullmatch(line.strip())
        try:
            year, month, day = (int(part) for part in re.split(r"[-/.]", match["day"] if match else ""))
            made = date(year, month, day)
        except ValueError as error:
            raise RegionFileError(f"{number}: {line.strip()}") from error
        worked, name = match is not None and match["kind"] in "班1", match["name"].strip() if match else ""
        days.append(SpecialDay(made, worked, name, name))
    return days


def _rows(path: str | Path, columns: set[str]) -> Iterable[dict[str, str]]:
    with Path(path).open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        missing = columns - set(reader.fieldnames or ())
        if missing:
            raise RegionFileError(f"the file lacks the column(s) {', '.join(sorted(missing))}")
        yield from reader
