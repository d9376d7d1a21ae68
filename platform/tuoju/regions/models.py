"""Tables of the division tree and the calendar."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON
from sqlmodel import Field, SQLModel

from tuoju.database.records import Record, now, words


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

    A division that ended stays, below the one that followed it: so its rows are found by whoever reaches the
    successor, and every old code still resolves.
    """

    __tablename__ = "region"

    code: str = Field(primary_key=True, max_length=12)
    """12 digits; the codes of upper levels end in zeros."""
    name: str
    """Without the names of the regions above."""
    level: RegionLevel = Field(sa_type=words(RegionLevel))
    parent_code: str | None = Field(default=None, foreign_key="region.code", index=True)
    """The region above; None for the topmost. Of a division that ended, the one that followed it."""
    path: str = Field(index=True)
    valid_from: date | None = None
    """The first day, where the division came with a change; None for one that was loaded."""
    valid_to: date | None = None
    """The last day of a division that ended; None while it is there."""


class RegionChangeKind(StrEnum):
    """What happened to a division."""

    rename = "rename"
    move = "move"
    """It lies in another division from then on, or has another code."""
    merge = "merge"
    """It became part of another division."""
    create = "create"


class RegionChange(Record, table=True):
    """One division changed on a day (行政区划变更); a division that went along with another has a row of its own."""

    __tablename__ = "region_change"

    kind: RegionChangeKind = Field(sa_type=words(RegionChangeKind))
    region_code: str = Field(foreign_key="region.code", index=True)
    successor_code: str | None = Field(default=None, foreign_key="region.code")
    """The division that followed; None where it goes on under its own code."""
    former_parent_code: str | None = Field(default=None, foreign_key="region.code")
    """In which division it lay before; None for a new one."""
    former_name: str = ""
    changed_on: date = Field(index=True)
    """The first day on which it is so."""
    source: str
    """The decision that says so."""
    recorded_at: datetime = Field(default_factory=now)


class RegionOutline(SQLModel, table=True):
    """The outline of a county for the map."""

    __tablename__ = "region_outline"

    region_code: str = Field(primary_key=True, foreign_key="region.code", max_length=12)
    polygons: list[Any] = Field(sa_type=JSON)
    """The coordinates of a GeoJSON MultiPolygon: longitude and latitude."""
    label_shift: int = 0
    """How far its name is moved down the map, in pixels, so that it does not cover the name of a neighbour."""


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
