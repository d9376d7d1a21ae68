"""The six parts of an application (申报书), one page each: who, for whom, what, how many, how much, promises.

The parts `for_whom`, `what`, `how_many` and `how_much` are blind: reviewers read them without knowing who wrote them.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from tuoju.funding.budget import BudgetHead, Line
from tuoju.funding.money import Yuan, to_fen
from tuoju.residents.inputs import check_phone
from tuoju_text.inputs import Input, PersonName

MAX_LINES = 10
"""Lines of a budget on the page."""
_TEXT = 1000
Ticked = Annotated[bool, BeforeValidator(lambda typed: typed in (True, "true", "on", "yes"))]
"""A box of a form: not sent if it is not ticked."""


class Part(StrEnum):
    """The pages of an application, in their order."""

    who = "who"
    for_whom = "for_whom"
    what = "what"
    how_many = "how_many"
    how_much = "how_much"
    promises = "promises"


BLIND = (Part.for_whom, Part.what, Part.how_many, Part.how_much)
"""What reviewers read."""


class WhoInput(Input):
    """Who carries the project out: open to the office alone."""

    contact_name: PersonName = Field(min_length=2, max_length=40)
    contact_phone: Annotated[str, AfterValidator(check_phone)]
    staff: str = Field(min_length=2, max_length=_TEXT)
    """A person a line: name, certificate, role."""
    experience: str = Field(default="", max_length=_TEXT)


class ForWhomInput(Input):
    """For whom, and why they need it."""

    topic_id: int = Field(ge=1, le=2**31 - 1)
    areas: list[str] = Field(min_length=1, max_length=200)
    """Codes of townships of the topic."""
    target: str = Field(min_length=2, max_length=300)
    evidence: str = Field(min_length=10, max_length=_TEXT)


class WhatInput(Input):
    """What is done and how."""

    title: str = Field(min_length=2, max_length=60)
    summary: str = Field(min_length=10, max_length=200)
    method: str = Field(min_length=10, max_length=2000)
    rhythm: str = Field(min_length=2, max_length=300)
    risks: str = Field(min_length=5, max_length=_TEXT)


class HowManyInput(Input):
    """How many places, persons and person-times, and by what success is seen."""

    places: int = Field(ge=1, le=100_000)
    persons: int = Field(ge=1, le=100_000)
    person_times: int = Field(ge=1, le=1_000_000)
    outcomes: str = Field(min_length=10, max_length=_TEXT)

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if self.person_times < self.persons:
            raise PydanticCustomError("person_times_below_persons", "fewer person-times than persons")
        return self


class LineInput(Input):
    """One line of the budget."""

    head: BudgetHead
    what: str = Field(min_length=1, max_length=60)
    price: Yuan
    count: int = Field(ge=1, le=100_000)
    award: Yuan

    @model_validator(mode="after")
    def _award_is_a_part(self) -> Self:
        if self.award > self.price * self.count:
            raise PydanticCustomError("award_above_line", "award above price times count")
        return self

    @property
    def line(self) -> Line:
        return Line(self.head, self.what, to_fen(self.price), self.count, to_fen(self.award))


class HowMuchInput(Input):
    """The budget, and with how much less of it the project is still viable."""

    lines: list[LineInput] = Field(min_length=1, max_length=MAX_LINES)
    viable_share: int = Field(default=100, ge=50, le=100)
    """Percent of the ask at which the project is still carried out."""
    viable_places: int = Field(default=0, ge=0, le=100_000)
    """Places at that share; 0 where the share is 100."""

    @property
    def budget(self) -> list[Line]:
        return [line.line for line in self.lines]


class PromisesInput(Input):
    """What the organization declares."""

    not_funded_twice: Ticked = False
    is_true: Ticked = False
    may_publish: Ticked = False

    @model_validator(mode="after")
    def _all_given(self) -> Self:
        if not (self.not_funded_twice and self.is_true and self.may_publish):
            raise PydanticCustomError("promises_missing", "all three are asked for")
        return self


INPUTS: Mapping[Part, type[Input]] = {
    Part.who: WhoInput,
    Part.for_whom: ForWhomInput,
    Part.what: WhatInput,
    Part.how_many: HowManyInput,
    Part.how_much: HowMuchInput,
    Part.promises: PromisesInput,
}
