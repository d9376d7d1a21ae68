"""View objects of the page of the working-day calendar."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from pydantic import Field

from tuoju.web.kit.forms import BlankForm, SubmittedForm
from tuoju.web.kit.views import View
from tuoju_text.inputs import Input

MAX_LINES_CHARACTERS = 20_000


class CalendarInput(Input):
    """Special days as typed, one a line."""

    lines: str = Field(min_length=8, max_length=MAX_LINES_CHARACTERS)
    source: str = Field(min_length=2, max_length=200)
    whole_years: bool = False
    seen: str = Field(default="", max_length=64)
    """The digest of the preview that was confirmed; "" before."""


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


@dataclass(frozen=True)
class YearPreview:
    """What publishing changes in one year."""

    year: int
    added: Sequence[DayChip]
    removed: Sequence[DayChip]
    changed: Sequence[DayChip]
    """Days that are worked instead of free, or free instead of worked, as they will be."""


@dataclass(frozen=True)
class CalendarPreviewPage(View):
    """What the days that were typed change, to be confirmed."""

    template: ClassVar[str] = "calendar/preview.html"
    years: Sequence[YearPreview]
    source: str
    hidden: Mapping[str, str]
    """The form as it was typed, to be posted again."""
    digest: str
    """Of the changes shown: what is confirmed is what was seen."""
