"""What comes from outside about a case; pages and API check with the same models."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

from tuoju.cases.models import OpenedBy, Urgency
from tuoju.regions.code_lists import has_code


class WishedTime(StrEnum):
    morning = "morning"
    midday = "midday"
    afternoon = "afternoon"
    evening = "evening"
    weekend = "weekend"


class Constraint(StrEnum):
    """What a project should know before it comes."""

    at_home = "at_home"
    woman_only = "woman_only"
    two_helpers = "two_helpers"
    wheelchair = "wheelchair"
    hard_of_hearing = "hard_of_hearing"
    dialect = "dialect"


class NeedInput(BaseModel):
    """A need as typed."""

    model_config = ConfigDict(str_strip_whitespace=True)

    category: str = Field(pattern=r"^[ABCMV]\d{2}$")
    text: str = Field(min_length=2, max_length=500)
    urgency: Urgency = Urgency.routine
    wished_times: list[WishedTime] = []
    constraints: list[Constraint] = []

    @field_validator("category")
    @classmethod
    def _category(cls, value: str) -> str:
        if not has_code("service_type", value):
            raise PydanticCustomError("enum", "Not a code of the list")
        return value


class CaseInput(BaseModel):
    """A case as typed."""

    model_config = ConfigDict(str_strip_whitespace=True)

    opened_by: OpenedBy = OpenedBy.proactive_discovery
    discovery_channel: str = Field(default="2", pattern=r"^[1-8]$")
    hardship_cause: str = Field(pattern=r"^[1-9]$")
    summary: str = Field(default="", max_length=1000)
