"""What comes from outside about a visit; pages and API check with the same model."""

from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from tuoju.visits.models import VisitMode


class VisitInput(BaseModel):
    """A visit as typed. `served` are resident ids; `submission_key` makes a resend one visit."""

    model_config = ConfigDict(str_strip_whitespace=True)

    submission_key: str = Field(min_length=8, max_length=64)
    served_on: date
    minutes: int = Field(ge=1, le=1440)
    mode: VisitMode = VisitMode.home
    served: list[int] = Field(min_length=1)
    staff_count: int = Field(default=1, ge=1, le=99)
    content: str = Field(default="", max_length=500)
    problems: str = Field(default="", max_length=500)
