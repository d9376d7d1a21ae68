"""View objects of the page of the working-day calendar."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from tuoju.web.kit.forms import BlankForm, SubmittedForm
from tuoju.web.kit.views import View


class CalendarInput(BaseModel):
    """Special days as typed, one a line."""

    model_config = ConfigDict(str_strip_whitespace=True)

    lines: str = Field(min_length=8, max_length=20_000)
    source: str = Field(min_length=2, max_length=200)
    whole_years: bool = False


@dataclass(frozen=True)
class DayChip:
    """A special day in words; `kind` is the CSS class of its chip."""

    text: str
    kind: str


@dataclass(frozen=True)
class YearPanel:
    """A year that is loaded, with where its days are published."""

    year: int
    source: str
    days: Sequence[DayChip]


@dataclass(frozen=True)
class CalendarPage(View):
    """The years that are loaded, and the form for more days."""

    template: ClassVar[str] = "calendar/show.html"
    years: Sequence[YearPanel]
    form: BlankForm | SubmittedForm[CalendarInput]
