"""Loading a city's divisions and the published special days from files of fixed columns."""

import csv
from collections.abc import Iterable
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


def load_special_days(session: Session, path: str | Path, *, source: str = "") -> int:
    """Insert or replace special days from a CSV of `date,is_workday,name_en,name_zh`.

    Every year named in the file counts as confirmed from then on. Returns how many days.
    """
    years: set[int] = set()
    count = 0
    for number, row in enumerate(_rows(path, {"date", "is_workday", "name_en", "name_zh"}), start=2):
        try:
            day = date.fromisoformat(row["date"])
        except ValueError as error:
            raise RegionFileError(f"row {number}: {row['date']!r} is not a date") from error
        session.merge(
            CalendarDay(
                day=day,
                is_workday=row["is_workday"] == "1",
                name_zh=row["name_zh"],
                name_en=row["name_en"],
                source=source,
            )
        )
        years.add(day.year)
        count += 1
    for year in years:
        session.merge(CalendarYear(year=year, source=source))
    session.flush()
    session.info.pop(HELD, None)
    return count


def _rows(path: str | Path, columns: set[str]) -> Iterable[dict[str, str]]:
    with Path(path).open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        missing = columns - set(reader.fieldnames or ())
        if missing:
            raise RegionFileError(f"the file lacks the column(s) {', '.join(sorted(missing))}")
        yield from reader
