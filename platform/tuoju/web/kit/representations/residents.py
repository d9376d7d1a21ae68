"""Residents, masked, and what they agreed to."""

from datetime import date, datetime
from typing import Self

from pydantic import Field

from tuoju.accounts.fields import GatedText, visible
from tuoju.accounts.permissions import Actor
from tuoju.database.records import now
from tuoju.regions.calendar import china_day
from tuoju.residents.masking import masked
from tuoju.residents.models import Consent, ConsentGiver, ConsentPurpose, EmergencyOverride, Resident, SelfCare, Sex
from tuoju.web.kit.representations.regions import Names, RegionName, Representation


class Person(Representation):
    """A resident, masked. The address is left out. Name, number and telephone show only a few characters."""

    id: int
    name: str = Field(examples=["张*国"])
    id_number: str = Field(description="Empty if no document is recorded.", examples=["34*************12X"])
    phone: str = Field(examples=["138****1234"])
    sex: Sex
    age: int | None
    relief_category: str = Field(description="Code list `relief_category`.", examples=["TKGY"])
    vulnerabilities: list[str] = Field(description="Code list `vulnerable_tag`.", examples=[["SN"]])
    disability_type: str | None
    disability_grade: str | None
    self_care: SelfCare

    @classmethod
    def of(cls, resident: Resident) -> Self:
        return cls.model_validate(masked(resident, china_day(now())))


class ResidentFile(Person):
    """The file of a resident."""

    region: RegionName
    household_id: int
    version: int

    @classmethod
    def of_file(cls, resident: Resident, names: Names) -> Self:
        return cls(
            **Person.of(resident).model_dump(),
            region=RegionName.of(resident.region_code, names),
            household_id=resident.household_id,
            version=resident.version,
        )


class Found(Representation):
    """The answer to a search by ID number."""

    known: bool = Field(description="Whether anyone in the city has this number.")
    resident: ResidentFile | None = Field(description="The file, if you have access to it.")
    held_by: RegionName | None = Field(description="The township that keeps the file, if you do not have access to it.")


class Revealed(Representation):
    """Personal fields in full. This view is recorded with its purpose."""

    name: str
    id_number: str | None
    phone: str | None
    address: str | None
    born_on: date | None
    guardian_name: str | None
    guardian_phone: str | None


class ConsentGiven(Representation):
    """One consent: one purpose, one receiver. It can be withdrawn at any time."""

    id: int
    resident_id: int
    purpose: ConsentPurpose
    organization_id: int | None
    given_by: ConsentGiver
    method: str
    given_at: datetime
    withdrawn_at: datetime | None

    @classmethod
    def of(cls, consent: Consent) -> Self:
        return cls.model_validate(consent)


class Override(Representation):
    """A referral without consent because life or health is at risk. It is reviewed afterwards."""

    id: int
    resident_id: int
    organization_id: int
    made_at: datetime
    reviewed_at: datetime | None
    upheld: bool | None

    @classmethod
    def of(cls, override: EmergencyOverride) -> Self:
        return cls.model_validate(override)


class OverrideToReview(Override):
    """An override with its reason, for the reviewer."""

    reason: GatedText

    @classmethod
    def of_waiting(cls, override: EmergencyOverride, actor: Actor) -> Self:
        return cls(**Override.of(override).model_dump(), reason=visible(actor, override, "reason"))
