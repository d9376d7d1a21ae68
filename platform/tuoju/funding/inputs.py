"""Input models of calls."""

from datetime import date
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from tuoju.funding.criteria import TOTAL, Criterion
from tuoju.funding.money import BudgetYuan
from tuoju.residents.inputs import check_phone
from tuoju_projects.models import FundingType
from tuoju_text.inputs import Input

Points = Annotated[int, Field(ge=0, le=TOTAL)]


class CallInput(Input):
    """A call as typed. Points are fields of their own, so that a form can name the one that is wrong."""

    number: str = Field(min_length=2, max_length=40)
    title: str = Field(min_length=2, max_length=80)
    funding_type: FundingType
    budget_yuan: BudgetYuan
    closes_on: date
    """The last day on which applications are taken."""
    starts_on: date
    ends_on: date
    introduction: str = Field(default="", max_length=2000)
    telephone: Annotated[str, AfterValidator(check_phone)] = ""
    points_need: Points
    points_plan: Points
    points_team: Points
    points_outcomes: Points
    points_budget: Points
    points_resources: Points
    points_innovation: Points

    @property
    def criteria(self) -> dict[str, int]:
        """Points by criterion; those without points are left out."""
        points = {criterion.value: int(getattr(self, f"points_{criterion}")) for criterion in Criterion}
        return {criterion: count for criterion, count in points.items() if count}

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if self.ends_on <= self.starts_on:
            raise PydanticCustomError("period", "ends before it starts")
        if self.starts_on <= self.closes_on:
            raise PydanticCustomError("starts_before_closing", "starts before applications are closed")
        if sum(self.criteria.values()) != TOTAL:
            raise PydanticCustomError("points_sum", "points do not sum to 100", {"total": sum(self.criteria.values())})
        return self


class ExtensionInput(Input):
    """A later last day for applications."""

    closes_on: date


class ReasonInput(Input):
    """Why a call is cancelled; published."""

    reason: str = Field(min_length=4, max_length=300)


class QuestionInput(Input):
    """A question about a call; published with its answer, without who asked."""

    question: str = Field(min_length=4, max_length=500)


class AnswerInput(Input):
    """The answer to a question, for all."""

    answer: str = Field(min_length=2, max_length=1000)
