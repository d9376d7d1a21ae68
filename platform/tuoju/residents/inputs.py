"""What comes from outside about a resident; pages and API check with the same models."""

import re
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from tuoju.database.records import now
from tuoju.regions.calendar import china_day
from tuoju.regions.code_lists import has_code
from tuoju.residents.errors import InvalidIdNumber
from tuoju.residents.identity import check_id_number, normalized
from tuoju.residents.models import ConsentGiver, ConsentPurpose, IdType, SelfCare, Sex

PHONE = re.compile(r"1[3-9]\d{9}|0\d{2,3}-?\d{7,8}")
"""Mobile numbers, and landlines with their area code (0550-3022685)."""


def _none_if_blank(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


Optional = BeforeValidator(_none_if_blank)


def _in_list(name: str, code: str) -> str:
    if not has_code(name, code):
        raise PydanticCustomError("enum", "Not a code of the list")
    return code


def check_phone(value: str) -> str:
    """The digits of a telephone number."""
    number = normalized(value)
    if not PHONE.fullmatch(number):
        raise PydanticCustomError("phone", "Not a telephone number")
    return number


class RevealPurpose(StrEnum):
    """What the personal fields are read for."""

    contact = "contact"
    visit = "visit"
    check = "check"
    correct = "correct"


class ConsentMethod(StrEnum):
    """How a consent was given."""

    paper = "paper"
    fingerprint = "fingerprint"
    spoken = "spoken"


class ResidentInput(BaseModel):
    """A resident as typed. Sex and birth date may differ from the ID number, which then only suggests."""

    model_config = ConfigDict(str_strip_whitespace=True)

    name: str = Field(min_length=1, max_length=60)
    id_type: IdType = IdType.resident_id
    id_number: Annotated[str | None, Optional] = None
    region_code: str
    household_of: Annotated[int | None, Optional] = Field(default=None, ge=1, le=2**31 - 1)
    sex: Sex = Sex.unknown
    born_on: Annotated[date | None, Optional] = None
    phone: Annotated[str | None, Optional] = None
    phone_owner: str = Field(default="", max_length=60)
    address: Annotated[str | None, Optional] = Field(default=None, max_length=200)
    relief_category: str = "NONE"
    vulnerabilities: list[str] = []
    disability_type: Annotated[str | None, Optional] = Field(default=None, pattern=r"^[1-7]$")
    disability_grade: Annotated[str | None, Optional] = Field(default=None, pattern=r"^[1-4]$")
    self_care: SelfCare = SelfCare.not_assessed
    guardian_name: Annotated[str | None, Optional] = Field(default=None, max_length=60)
    guardian_phone: Annotated[str | None, Optional] = None
    another_person: bool = False
    """The desk has looked at the files that look alike, and this is somebody else."""

    @field_validator("relief_category")
    @classmethod
    def _relief_category(cls, value: str) -> str:
        return _in_list("relief_category", value)

    @field_validator("vulnerabilities")
    @classmethod
    def _vulnerabilities(cls, value: list[str]) -> list[str]:
        return list(dict.fromkeys(_in_list("vulnerable_tag", code) for code in value))

    @field_validator("phone", "guardian_phone")
    @classmethod
    def _phone(cls, value: str | None) -> str | None:
        return None if value is None else check_phone(value)

    @field_validator("born_on")
    @classmethod
    def _born(cls, value: date | None) -> date | None:
        if value is not None and not date(1900, 1, 1) <= value <= china_day(now()):
            raise PydanticCustomError("born_on", "Not a plausible birth date")
        return value

    @field_validator("id_number")
    @classmethod
    def _id_number(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None or info.data.get("id_type") is not IdType.resident_id:
            return None if value is None else normalized(value)
        try:
            return check_id_number(value, today=china_day(now())).number
        except InvalidIdNumber as error:
            raise PydanticCustomError(f"id_number_{error.problem}", "Not a resident ID number") from error

    @model_validator(mode="after")
    def _filled_in(self) -> Self:
        if self.id_type is IdType.none:
            self.id_number = None
        elif self.id_number is None:
            raise PydanticCustomError("id_number_missing", "The number is missing")
        if self.id_type is IdType.resident_id and self.id_number is not None:
            id_number = check_id_number(self.id_number, today=china_day(now()))
            self.born_on = self.born_on or id_number.born_on
            self.sex = id_number.sex if self.sex is Sex.unknown else self.sex
        if self.disability_type is not None and self.disability_grade is None:
            raise PydanticCustomError("disability_grade_missing", "The grade is missing")
        return self


class ConsentInput(BaseModel):
    """A consent as given: for a referral it names the one organization that may be told."""

    purpose: ConsentPurpose = ConsentPurpose.referral
    organization_id: Annotated[int | None, Optional] = Field(default=None, ge=1, le=2**31 - 1, validate_default=True)
    given_by: ConsentGiver = ConsentGiver.self
    method: Literal["paper", "fingerprint", "spoken"] = "paper"

    @field_validator("organization_id")
    @classmethod
    def _receiver(cls, value: int | None, info: ValidationInfo) -> int | None:
        if value is None and info.data.get("purpose") is ConsentPurpose.referral:
            raise PydanticCustomError("missing", "A referral needs its receiver")
        return value


class OverrideInput(BaseModel):
    """Which organization is told without consent, and why it can not wait."""

    model_config = ConfigDict(str_strip_whitespace=True)

    organization_id: int = Field(ge=1, le=2**31 - 1)
    reason: str = Field(min_length=2, max_length=500)
