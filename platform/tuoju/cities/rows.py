"""The columns of the files of a city folder. `README.md` in the template says the same in words."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from tuoju.cases.policies import PolicyInput
from tuoju.regions.models import RegionChangeKind, RegionLevel
from tuoju.residents.data_policies import DataPolicyInput
from tuoju_text.inputs import Input


def _twelve_digits(code: str) -> str:
    if not (len(code) == 12 and code.isascii() and code.isdigit()):
        raise PydanticCustomError("region_code", "a division code has 12 digits")
    return code


RegionCode = Annotated[str, AfterValidator(_twelve_digits)]
Name = Annotated[str, Field(min_length=1, max_length=60)]


class DivisionRow(Input):
    """A line of divisions.csv."""

    code: RegionCode
    name: Name
    level: RegionLevel
    parent_code: RegionCode | None = None


class ZoneRow(Input):
    """A line of development_zones.csv."""

    code: RegionCode
    name: Name
    level: Literal[RegionLevel.county, RegionLevel.township]
    parent_code: RegionCode
    takes: str = ""
    """Codes of divisions.csv that the zone runs, with | between them."""


class PolicyRow(PolicyInput):
    """A line of policies.csv; the city where no region is named."""


class DataPolicyRow(DataPolicyInput):
    """A line of data_policies.csv."""


class DayRow(Input):
    """A line of calendar.csv."""

    model_config = ConfigDict(populate_by_name=True)

    day: date = Field(alias="date")
    is_workday: bool
    name_en: str = Field(max_length=60)
    name_zh: Name


class ProjectRow(Input):
    """A line of projects.csv. Where no days are given, the project runs for a year from the day of loading."""

    name: Name
    family: str = ""
    organization: Annotated[str, Field(min_length=2, max_length=120)]
    org_type: str
    description: Annotated[str, Field(min_length=2, max_length=2000)]
    categories: str
    target_groups: str = ""
    areas: str = ""
    home_visits: bool = True
    places: int = Field(ge=0, le=100_000)
    target_person_times: int = Field(default=0, ge=0, le=10_000_000)
    budget_fen: int = Field(default=0, ge=0, le=2**53)
    rules: str = ""
    starts_on: date | None = None
    ends_on: date | None = None
    source: str = ""
    invented: str = ""


class SocietyRow(Input):
    """A line of demo_societies.csv: a village that a demo of this city plays in, the first one first."""

    region_code: RegionCode


class ChangeRow(Input):
    """A line of a file of changes."""

    change: RegionChangeKind
    code: RegionCode
    on: date
    source: Annotated[str, Field(min_length=2, max_length=300)]
    new_code: RegionCode | None = None
    """Of a move its new code, of a merge the division that it becomes part of."""
    new_name: Annotated[str, Field(max_length=60)] = ""
    new_parent: RegionCode | None = None
    level: RegionLevel | None = None
    """Of a new division."""
