"""Tables of the division tree and the calendar."""

from datetime import date
from enum import StrEnum

from sqlmodel import Field, SQLModel

from tuoju.database.records import words


class RegionLevel(StrEnum):
    """The levels of the division tree, from the top."""

    city = "city"
    county = "county"
    township = "township"
    village = "village"


class Region(SQLModel, table=True):
    """A division (行政区划): GB/T 2260 and the statistics bureau's 12-digit codes.

    `path` holds the codes from the city down to this one, each ended by "/", so that everything
    within a region is one prefix search. Statistical zones break the digits-as-prefix habit.
    """

    __tablename__ = "region"

    code: str = Field(primary_key=True, max_length=12)
    """12 digits; the codes of upper levels end in zeros."""
    name: str
    """Without the names of the regions above."""
    level: RegionLevel = Field(sa_type=words(RegionLevel))
    parent_code: str | None = Field(default=None, foreign_key="region.code", index=True)
    """The region above; None for the topmost."""
    path: str = Field(index=True)


class CalendarDay(SQLModel, table=True):
    """A special day of a published year (State Council notice): a holiday or a make-up working day."""

    __tablename__ = "calendar_day"

    day: date = Field(primary_key=True)
    is_workday: bool
    """True for a weekend day that is worked (调休), False for a holiday."""
    name_zh: str
    """The holiday it belongs to."""
    name_en: str
    source: str = ""
    """The State Council notice."""


class CalendarYear(SQLModel, table=True):
    """A year whose special days are all loaded; due dates outside such years are provisional (暂定)."""

    __tablename__ = "calendar_year"

    year: int = Field(primary_key=True)
    source: str = ""
    """The State Council notice, or the file it was loaded from."""
