"""Residents, masked, and what they agreed to."""

from datetime import date, datetime
from typing import Self

from pydantic import Field

from tuoju.accounts.fields import ConsentData, GatedText, visible
from tuoju.accounts.permissions import Actor
from tuoju.database.records import now
from tuoju.regions.calendar import china_day
from tuoju.residents.models import (
    Consent,
    ConsentGiver,
    ConsentPurpose,
    EmergencyOverride,
    GuardianRelation,
    Resident,
    SelfCare,
    Sex,
)
from tuoju.residents.views import resident_seen
from tuoju.web.kit.representations.regions import Names, RegionName, Representation


class Person(Representation):
    """A resident, masked. The address is left out. Name, number and telephone show only a few characters."""

    id: int
    name: str = Field(examples=["张*国"])
    id_number: str = Field(
        description="Empty if no document is recorded, and for roles that steer by figures.",
        examples=["34*************12X"],
    )
    phone: str = Field(examples=["138****1234"])
    sex: Sex | None
    age: int | None
    relief_category: str | None = Field(
        description="Code list `relief_category`. Null for roles that steer by figures, as is what follows.",
        examples=["TKGY"],
    )
    vulnerabilities: list[str] = Field(description="Code list `vulnerable_tag`.", examples=[["SN"]])
    disability_type: str | None
    disability_grade: str | None
    self_care: SelfCare | None
    erased_on: date | None = Field(description="When the personal data were erased. Null if they are held.")
    restricted: bool = Field(description="Whether the data are stored only, because erasure was asked for.")

    @classmethod
    def of(cls, resident: Resident, actor: Actor) -> Self:
        return cls.model_validate(resident_seen(actor, resident, china_day(now())))


class ResidentFile(Person):
    """The file of a resident."""

    region: RegionName
    household_id: int
    version: int

    @classmethod
    def of_file(cls, resident: Resident, actor: Actor, names: Names) -> Self:
        return cls(
            **Person.of(resident, actor).model_dump(),
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
    relation: GuardianRelation | None = Field(description="What the guardian is to the person.")
    method: str
    data: list[ConsentData] = Field(description="What the receiver can be given.")
    need_id: int | None = Field(description="The only need it covers. Null for all.")
    category: str | None = Field(description="The only service category it covers. Null for all.")
    given_at: datetime
    expires_on: date | None = Field(description="The last day on which it is in force. Null for one without end.")
    withdrawn_at: datetime | None
    in_force: bool = Field(description="Whether it permits something today.")

    @classmethod
    def of(cls, consent: Consent) -> Self:
        in_force = consent.stands_on(china_day(now()))
        return cls.model_validate({**consent.model_dump(), "in_force": in_force})


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
