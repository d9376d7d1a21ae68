"""Input model of a visit, used by pages and API alike."""

from datetime import date

from pydantic import Field

from tuoju.visits.models import VisitMode
from tuoju_text.inputs import Input


class VisitInput(Input):
    """A visit as typed."""

    submission_key: str = Field(min_length=8, max_length=64)
    """Made up by the client. The same key again is the same visit."""
    served_on: date
    minutes: int = Field(ge=1, le=1440)
    mode: VisitMode = VisitMode.home
    served: list[int] = Field(min_length=1)
    """Resident ids of the people served."""
    staff_count: int = Field(default=1, ge=1, le=99)
    """How many helpers came."""
    again: bool = False
    """Whether this is known to be another visit than one of the same day that is recorded already."""
    content: str = Field(default="", max_length=500)
    """What was done."""
    problems: str = Field(default="", max_length=500)
    """What was noticed, for instance a new need."""
