"""Inputs about organizations and projects; pages, API and Excel validate with the same models."""

import re
from datetime import date
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from tuoju_projects.models import FundingType, RuleKind
from tuoju_text.inputs import Input, PersonName

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)


def is_valid_uscc(code: str) -> bool:
    """Whether the check digit of a unified social credit code is right (GB 32100, MOD 31)."""
    if not re.fullmatch(f"[{_ALPHABET}]{{18}}", code):
        return False
    total = sum(_ALPHABET.index(character) * weight for character, weight in zip(code[:17], _WEIGHTS, strict=True))
    return _ALPHABET[(31 - total % 31) % 31] == code[17]


def _none_if_blank(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


NoneIfBlank = BeforeValidator(_none_if_blank)


class OrganizationInput(Input):
    """An organization as typed: registered with a code, or filed (备案) with a filing number.

    The fields are those of the table `Organization`.
    """

    name: str = Field(min_length=2, max_length=100)
    org_type: str = Field(pattern="^(51|52|53|54|59|BA|GOV)$")
    uscc: Annotated[str | None, NoneIfBlank] = None
    filing_number: Annotated[str | None, NoneIfBlank] = Field(default=None, max_length=60)
    region_code: str = Field(pattern=r"^\d{12}$")
    contact_name: PersonName = Field(default="", max_length=60)
    contact_phone: str = Field(default="", max_length=30)

    @field_validator("uscc")
    @classmethod
    def _uscc(cls, value: str | None) -> str | None:
        if value is not None and not is_valid_uscc(value.upper()):
            raise PydanticCustomError("uscc", "Not a unified social credit code")
        return value.upper() if value else None


_NUMBER_RULES = {
    RuleKind.min_age: r"\d{1,3}",
    RuleKind.max_age: r"\d{1,3}",
    RuleKind.disability_grade_at_most: r"[1-4]",
}
"""The conditions whose value is one number, with its pattern; matching reads it as a number."""


class PlacesInput(Input):
    """How many places a project has in all, taken ones among them."""

    places_total: int = Field(ge=0, le=99_999)


class ProjectInput(Input):
    """A project as typed. The fields are those of the table `Project`, and its rules."""

    organization_id: int = Field(ge=1, le=2**31 - 1)
    name: str = Field(min_length=2, max_length=120)
    family: str = Field(default="", max_length=60)
    description: str = Field(min_length=2, max_length=1000)
    categories: list[Annotated[str, Field(pattern=r"^[ABCMV]\d{2}$")]] = Field(min_length=1)
    target_groups: list[str] = Field(default_factory=list)
    areas: list[Annotated[str, Field(pattern=r"^\d{12}$")]] = Field(min_length=1)
    home_visits: bool = False
    funding_type: FundingType = FundingType.venture_philanthropy
    starts_on: date
    ends_on: date
    last_intake_on: Annotated[date | None, NoneIfBlank] = None
    places_total: int = Field(ge=0, le=99999)
    budget_fen: int = Field(default=0, ge=0, le=2**31 - 1)
    target_person_times: int = Field(default=0, ge=0, le=2**31 - 1)
    rules: dict[RuleKind, list[str]] = Field(default_factory=dict)
    """The alternatives of each kind of hard condition."""

    @field_validator("rules")
    @classmethod
    def _conditions(cls, value: dict[RuleKind, list[str]]) -> dict[RuleKind, list[str]]:
        for kind, values in value.items():
            pattern = _NUMBER_RULES.get(kind)
            if pattern is not None and not (len(values) == 1 and re.fullmatch(pattern, values[0])):
                raise PydanticCustomError("rule_limit", "One number, please")
        return value

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.ends_on < self.starts_on:
            raise PydanticCustomError("period", "The end lies before the start")
        return self
