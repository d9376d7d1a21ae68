"""What comes from outside about a resident; pages and API check with the same models."""

import re
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import (
    BeforeValidator,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from tuoju.accounts.fields import ConsentData
from tuoju.database.records import now
from tuoju.regions.calendar import china_day
from tuoju.regions.code_lists import has_code
from tuoju.residents.errors import InvalidIdNumber
from tuoju.residents.identity import check_id_number, normalized
from tuoju.residents.models import (
    ConsentGiver,
    ConsentPurpose,
    GuardianRelation,
    IdType,
    SelfCare,
    Sex,
)
from tuoju_text.cleaning import cleaned
from tuoju_text.inputs import Input, PersonName

_MOBILE = re.compile(r"(?:\+?86|0086)?0?(1[3-9]\d{9})")
_LANDLINE = re.compile(r"(?:(?:\+86|0086)0?|0)((?:10|2\d|[3-9]\d{2})[2-9]\d{6,7})")
_EXTENSION = re.compile(r"(.*\d{7})\s*(?:-|转|分机)\s*(\d{1,5})")


def _none_if_blank(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


Optional = BeforeValidator(_none_if_blank)


def _in_list(name: str, code: str) -> str:
    if not has_code(name, code):
        raise PydanticCustomError("enum", "Not a code of the list")
    return code


def check_phone(value: str) -> str:
    """The digits of a telephone number as offices write it: a mobile number with +86, 0086 or a trunk 0; a landline
    with its area code (0550-3022685), in brackets or not, and with an extension (05503022685-8001)."""
    with_extension = _EXTENSION.fullmatch(cleaned(value))
    number = re.sub(r"[\s()（）.\-‐-―·]", "", with_extension[1] if with_extension else cleaned(value))
    if mobile := _MOBILE.fullmatch(number):
        return mobile[1]
    if landline := _LANDLINE.fullmatch(number):
        return f"0{landline[1]}" + (f"-{with_extension[2]}" if with_extension else "")
    raise PydanticCustomError("phone", "Not a telephone number")


class ConsentMethod(StrEnum):
    """How a consent was given."""

    paper = "paper"
    fingerprint = "fingerprint"
    spoken = "spoken"


class ResidentInput(Input):
    """A resident as typed. Sex and birth date may differ from the ID number, which then only suggests."""

    name: PersonName = Field(min_length=1, max_length=60)
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
    vulnerabilities: list[str] = Field(default_factory=list)
    disability_type: Annotated[str | None, Optional] = Field(default=None, pattern=r"^[1-7]$")
    disability_grade: Annotated[str | None, Optional] = Field(default=None, pattern=r"^[1-4]$")
    self_care: SelfCare = SelfCare.not_assessed
    guardian_name: Annotated[PersonName | None, Optional] = Field(default=None, max_length=60)
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


class ConsentInput(Input):
    """A consent as given: for a referral it names the one organization that may be told, and what of."""

    purpose: ConsentPurpose = ConsentPurpose.referral
    organization_id: Annotated[int | None, Optional] = Field(default=None, ge=1, le=2**31 - 1, validate_default=True)
    given_by: ConsentGiver
    relation: Annotated[GuardianRelation | None, Optional] = Field(default=None, validate_default=True)
    method: ConsentMethod
    data: list[ConsentData] = Field(default_factory=lambda: list(ConsentData))
    need_id: Annotated[int | None, Optional] = Field(default=None, ge=1, le=2**31 - 1)
    category: Annotated[str | None, Optional] = Field(default=None, max_length=3)
    witness_id: Annotated[int | None, Optional] = Field(default=None, ge=1, le=2**31 - 1)
    witness_name: PersonName = Field(default="", max_length=60, validate_default=True)
    expires_on: Annotated[date | None, Optional] = None

    @field_validator("organization_id")
    @classmethod
    def _receiver(cls, value: int | None, info: ValidationInfo) -> int | None:
        if value is None and info.data.get("purpose") is ConsentPurpose.referral:
            raise PydanticCustomError("missing", "A referral needs its receiver")
        return value if info.data.get("purpose") is ConsentPurpose.referral else None

    @field_validator("relation")
    @classmethod
    def _relation(cls, value: GuardianRelation | None, info: ValidationInfo) -> GuardianRelation | None:
        if value is None and info.data.get("given_by") is ConsentGiver.guardian:
            raise PydanticCustomError("relation_missing", "A guardian says how they are related")
        return value

    @field_validator("data")
    @classmethod
    def _data(cls, value: list[ConsentData], info: ValidationInfo) -> list[ConsentData]:
        if info.data.get("purpose") is ConsentPurpose.referral and ConsentData.service not in value:
            raise PydanticCustomError("service_data_missing", "A referral shares at least the facts of the service")
        return value

    @field_validator("category")
    @classmethod
    def _category(cls, value: str | None) -> str | None:
        return None if value is None else _in_list("service_type", value)

    @field_validator("witness_name")
    @classmethod
    def _witness(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("method") is ConsentMethod.spoken and not value and info.data.get("witness_id") is None:
            raise PydanticCustomError("witness_missing", "A spoken consent has a witness")
        return value

    @model_validator(mode="after")
    def _one_bound(self) -> Self:
        if self.need_id is not None:
            self.category = None
        return self


class OverrideInput(Input):
    """Which organization is told without consent, and why it can not wait."""

    organization_id: int = Field(ge=1, le=2**31 - 1)
    reason: str = Field(min_length=2, max_length=500)


class SettlementChoice(StrEnum):
    """What an officer decides about two files with one ID number."""

    lives_at_known = "lives_at_known"
    lives_at_held = "lives_at_held"
    other_person = "other_person"


class SettlementInput(Input):
    """The decision about two files with one ID number, and why."""

    choice: SettlementChoice
    reason: str = Field(min_length=4, max_length=300)
