"""View object of the page of daily budgets."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from tuoju.accounts.fields import GatedText
from tuoju.accounts.models import Role
from tuoju.readings.budgets import GrantInput, LimitInput
from tuoju.readings.models import Budget
from tuoju.web.kit.forms import BlankForm, SubmittedForm
from tuoju.web.kit.views import View

GrantForm = BlankForm | SubmittedForm[GrantInput]
LimitForm = BlankForm | SubmittedForm[LimitInput]


@dataclass(frozen=True)
class UseRow:
    """What one person has used of one budget today."""

    name: str
    role: Role
    place: str
    budget: Budget
    used: int
    allowed: int
    is_full: bool
    """Whether an alarm was raised: 80 % or more."""


@dataclass(frozen=True)
class GrantRow:
    """More of a budget for today, and why."""

    name: str
    budget: Budget
    amount: int
    reason: GatedText
    by: str
    at: datetime


@dataclass(frozen=True)
class LimitRow:
    """What a role may use of a budget a day, from a day on; None for the limit that the product begins with."""

    role: Role
    budget: Budget
    per_day: int
    valid_from: date | None


@dataclass(frozen=True)
class ReadingsPage(View):
    """Who has used how much today; more for today; for administrators of the whole division the limits."""

    template: ClassVar[str] = "readings/index.html"
    day: date
    rows: Sequence[UseRow]
    grants: Sequence[GrantRow]
    people: Sequence[tuple[int, str]]
    """(account id, name and place) of everyone who may be granted more."""
    person: int | None
    """The account chosen in the form that came back."""
    grant_form: GrantForm
    limits: Sequence[LimitRow]
    limit_form: LimitForm | None
    """None for readers who do not set limits."""
