"""Input models of cases, which pages and API share."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from tuoju.cases.models import AlertSource, DismissalReason, OpenedBy, Opinion, RefusalReason, Urgency
from tuoju.cases.policies import Scheme
from tuoju.database.records import now
from tuoju.regions.calendar import china_day
from tuoju.regions.code_lists import has_code
from tuoju.residents.errors import InvalidIdNumber
from tuoju.residents.identity import check_id_number
from tuoju_text.inputs import Input, PersonName


class WishedTime(StrEnum):
    """When the person would like to be served."""

    morning = "morning"
    midday = "midday"
    afternoon = "afternoon"
    evening = "evening"
    weekend = "weekend"


class Constraint(StrEnum):
    """What a project has to know before its first visit."""

    at_home = "at_home"
    woman_only = "woman_only"
    two_helpers = "two_helpers"
    wheelchair = "wheelchair"
    hard_of_hearing = "hard_of_hearing"
    dialect = "dialect"


HEALTH_CONSTRAINTS = frozenset({Constraint.wheelchair, Constraint.hard_of_hearing})
"""Constraints that say something about health: an organization learns them after it accepts."""


def not_in_future(day: date) -> date:
    """Check that a day is today or earlier, and not before 2000. Raises PydanticCustomError."""
    if not date(2000, 1, 1) <= day <= china_day(now()):
        raise PydanticCustomError("future_day", "The day must be between 2000-01-01 and today")
    return day


MAX_SUMMARY = 1000


class NeedInput(Input):
    """A need as typed."""

    category: str = Field(pattern=r"^[ABCMV]\d{2}$")
    text: str = Field(min_length=2, max_length=500)
    urgency: Urgency = Urgency.routine
    wished_times: list[WishedTime] = Field(default_factory=list)
    constraints: list[Constraint] = Field(default_factory=list)

    @field_validator("category")
    @classmethod
    def _category(cls, value: str) -> str:
        if not has_code("service_type", value):
            raise PydanticCustomError("enum", "Not a code of service_type")
        return value


class CaseInput(Input):
    """A case as typed."""

    opened_by: OpenedBy = OpenedBy.proactive_discovery
    discovery_channel: str = Field(default="2", pattern=r"^[1-8]$")
    hardship_cause: str = Field(pattern=r"^[1-9]$")
    summary: str = Field(default="", max_length=MAX_SUMMARY)
    scheme: Scheme = Scheme.society_relief
    discovered_on: date | None = None
    first_help_reason: str = Field(default="", max_length=500)

    @field_validator("discovered_on", mode="before")
    @classmethod
    def _blank_discovery(cls, value: object) -> object:
        return value or None

    @field_validator("discovered_on")
    @classmethod
    def _not_in_future(cls, value: date | None) -> date | None:
        return not_in_future(value) if value else None


class Finding(StrEnum):
    """How severe the need is in one of the seven domains (2024 pilot plan of service-type assistance)."""

    none = "none"
    mild = "mild"
    severe = "severe"


class Conclusion(StrEnum):
    """What the visitors suggest."""

    money = "money"
    goods = "goods"
    services = "services"
    referral = "referral"
    report_upward = "report_upward"
    no_need = "no_need"


class Ownership(StrEnum):
    """Whose the dwelling is."""

    own = "own"
    rented = "rented"
    public = "public"
    borrowed = "borrowed"
    none = "none"


class Structure(StrEnum):
    """How the dwelling is built."""

    concrete = "concrete"
    brick_and_concrete = "brick_and_concrete"
    brick_and_wood = "brick_and_wood"
    earth_and_wood = "earth_and_wood"
    other = "other"


class Safety(StrEnum):
    """How safe the dwelling is (危险房屋鉴定: C is dangerous in part, D entirely)."""

    a = "a"
    b = "b"
    c = "c"
    d = "d"
    not_checked = "not_checked"


MAX_MEMBERS = 12
"""Rows of the household table."""

AMOUNTS = (
    "income_work",
    "income_transfers",
    "income_other",
    "outlay_medical",
    "outlay_schooling",
    "outlay_other",
    "debts",
    "land_mu",
    "suggested_yuan",
)
"""Amounts of a household visit; an empty one is none."""

AccountId = Annotated[int, Field(ge=1, le=2**31 - 1)]


class Member(Input):
    """A person of the household other than the applicant."""

    name: PersonName = Field(min_length=1, max_length=40)
    kinship: str = Field(default="", max_length=40)
    age: int | None = Field(default=None, ge=0, le=130)
    occupation: str = Field(default="", max_length=80)
    health: str = Field(default="", max_length=80)
    yearly_income_yuan: int = Field(default=0, ge=0, le=100_000_000)


class InvestigationInput(Input):
    """The findings of a household visit as typed (入户调查表).

    Amounts are in yuan a year, `land_mu` in mu. The six `..._alone` items say whether the person manages them without
    help (特困人员认定办法 arts 21-22). `companions` are the accounts of other officers who went, `others` and `present`
    the names of people without an account.
    """

    visited_on: date
    place: str = Field(default="", max_length=100)
    companions: list[AccountId] = Field(default_factory=list)
    others: str = Field(default="", max_length=100)
    present: str = Field(default="", max_length=200)
    members: list[Member] = Field(default=[], max_length=MAX_MEMBERS)
    income_work: int = Field(default=0, ge=0, le=100_000_000)
    income_transfers: int = Field(default=0, ge=0, le=100_000_000)
    income_other: int = Field(default=0, ge=0, le=100_000_000)
    outlay_medical: int = Field(default=0, ge=0, le=100_000_000)
    outlay_schooling: int = Field(default=0, ge=0, le=100_000_000)
    outlay_other: int = Field(default=0, ge=0, le=100_000_000)
    debts: int = Field(default=0, ge=0, le=1_000_000_000)
    income_from: str = Field(default="", max_length=100)
    outlay_for: str = Field(default="", max_length=100)
    ownership: Ownership | None = None
    structure: Structure | None = None
    safety: Safety | None = None
    housing: str = Field(default="", max_length=200)
    appliances: str = Field(default="", max_length=200)
    vehicles: str = Field(default="", max_length=200)
    land_mu: Decimal = Field(default=Decimal(0), ge=0, le=10_000, decimal_places=2)
    livestock: str = Field(default="", max_length=200)
    chronic_illness: str = Field(default="", max_length=200)
    serious_illness: str = Field(default="", max_length=200)
    health: str = Field(default="", max_length=500)
    carer: str = Field(default="", max_length=100)
    schooling_stage: str = Field(default="", max_length=100)
    employment: str = Field(default="", max_length=100)
    guardianship_now: str = Field(default="", max_length=200)
    support: str = Field(default="", max_length=200)
    helped_before: str = Field(default="", max_length=200)
    eats_alone: bool = True
    dresses_alone: bool = True
    gets_up_alone: bool = True
    toilets_alone: bool = True
    walks_alone: bool = True
    bathes_alone: bool = True
    money: Finding = Finding.none
    body: Finding = Finding.none
    schooling: Finding = Finding.none
    dwelling: Finding = Finding.none
    work: Finding = Finding.none
    guardianship: Finding = Finding.none
    inclusion: Finding = Finding.none
    wish: str = Field(default="", max_length=300)
    difficulties: str = Field(min_length=2, max_length=1000)
    neighbour: str = Field(default="", max_length=60)
    neighbours: str = Field(default="", max_length=300)
    conclusion: list[Conclusion] = Field(min_length=1)
    suggested_yuan: int = Field(default=0, ge=0, le=100_000)
    conclusion_note: str = Field(default="", max_length=300)

    @field_validator(*AMOUNTS, mode="before")
    @classmethod
    def _blank_is_nothing(cls, value: object) -> object:
        return 0 if value == "" else value

    @field_validator("ownership", "structure", "safety", mode="before")
    @classmethod
    def _blank_is_none(cls, value: object) -> object:
        return value or None

    @field_validator("conclusion", mode="before")
    @classmethod
    def _wrap_single(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value

    @model_validator(mode="after")
    def _no_need_alone(self) -> Self:
        if Conclusion.no_need in self.conclusion and len(self.conclusion) > 1:
            raise PydanticCustomError("no_need_alone", "no_need cannot be combined with another conclusion")
        return self

    @field_validator("visited_on")
    @classmethod
    def _not_in_future(cls, value: date) -> date:
        return not_in_future(value)

    @field_validator("companions", mode="before")
    @classmethod
    def _companions(cls, value: list[object]) -> list[object]:
        return [account for account in value if account != ""]


class OpinionInput(Input):
    """The review opinion as typed."""

    opinion: Opinion
    note: str = Field(min_length=2, max_length=500)


class DecisionInput(Input):
    """The decision as typed; the amount is in yuan, 0 grants services only."""

    approve: bool
    granted_yuan: Decimal = Field(default=Decimal(0), ge=0, le=1_000_000, decimal_places=2)
    refusal_reason: RefusalReason | None = None
    note: str = Field(default="", max_length=500)

    @field_validator("refusal_reason", mode="before")
    @classmethod
    def _blank_reason(cls, value: object) -> object:
        return value or None

    @model_validator(mode="after")
    def _reason(self) -> Self:
        if not self.approve and (self.refusal_reason is None or not self.note):
            raise PydanticCustomError("refusal_unreasoned", "A refusal requires a reason code and a note")
        return self


class AlertInput(Input):
    """An alert as a department reports it."""

    name: PersonName = Field(min_length=1, max_length=60)
    id_number: str
    region_code: str = Field(pattern=r"^\d{12}$")
    source: AlertSource
    content: str = Field(default="", max_length=500)
    raised_on: date
    phone: str | None = None

    @field_validator("id_number")
    @classmethod
    def _id_number(cls, value: str) -> str:
        try:
            return check_id_number(value, today=china_day(now())).number
        except InvalidIdNumber as error:
            raise PydanticCustomError(f"id_number_{error.problem}", "Not a resident ID number") from error

    @field_validator("raised_on")
    @classmethod
    def _not_in_future(cls, value: date) -> date:
        return not_in_future(value)


class DismissalInput(Input):
    """Why an alert becomes no case."""

    reason: DismissalReason
    note: str = Field(default="", max_length=500)
