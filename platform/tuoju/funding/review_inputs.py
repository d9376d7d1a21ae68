"""Input models of reviews."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from tuoju.funding.criteria import TOTAL, Criterion
from tuoju.funding.review_models import Interest
from tuoju_text.inputs import Input

Given = Annotated[int, Field(ge=0, le=TOTAL)]
Points = Annotated[Given | None, BeforeValidator(lambda typed: None if typed == "" else typed)]
"""Whole points; empty while a criterion is not scored."""
Reason = Annotated[str, Field(max_length=500)]


class DeclarationInput(Input):
    """What the reviewer has to do with the applicant; nothing is an answer too."""

    interest: Interest


class ScoresInput(Input):
    """Points and reasons, as far as they are given. Criteria are fields of their own, so that a form can name one."""

    points_need: Points = None
    points_plan: Points = None
    points_team: Points = None
    points_outcomes: Points = None
    points_budget: Points = None
    points_resources: Points = None
    points_innovation: Points = None
    reason_need: Reason = ""
    reason_plan: Reason = ""
    reason_team: Reason = ""
    reason_outcomes: Reason = ""
    reason_budget: Reason = ""
    reason_resources: Reason = ""
    reason_innovation: Reason = ""
    panel_note: str = Field(default="", max_length=1000)
    feedback: str = Field(default="", max_length=1000)
    minutes: int = Field(default=0, ge=0, le=1000)

    def points_for(self, criterion: Criterion) -> int | None:
        points: int | None = getattr(self, f"points_{criterion}")
        return points

    def reason_for(self, criterion: Criterion) -> str:
        return str(getattr(self, f"reason_{criterion}"))


class OfficeReasonInput(Input):
    """Why a manager reopens or replaces a review."""

    office_reason: str = Field(min_length=4, max_length=300)
