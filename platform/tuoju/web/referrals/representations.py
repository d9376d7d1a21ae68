"""Referrals and visits as the API shows them."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Self

from pydantic import Field

from tuoju.accounts.fields import GatedText, visible
from tuoju.accounts.permissions import Actor
from tuoju.cases.models import Urgency
from tuoju.database.records import now
from tuoju.referrals.models import ReferralEvent
from tuoju.referrals.queries import MINIMUM_ONLY, ReferralRow
from tuoju.referrals.status import Outcome, ReferralState, ReferralVerb, RejectionReason
from tuoju.regions.calendar import china_day
from tuoju.residents.masking import MaskedResident, age_band, masked
from tuoju.residents.models import SelfCare, Sex
from tuoju.visits.models import ServiceVisit, VisitMode
from tuoju.web.kit.representations.actions import referral_actions
from tuoju.web.kit.representations.cases import need_text
from tuoju.web.kit.representations.regions import Names, RegionName, Representation


class PersonReferred(Representation):
    """The person referred. Before it accepts, an organization only sees the surname and the age band."""

    id: int
    name: str = Field(description="Masked. Only the surname before acceptance.", examples=["张*国"])
    sex: Sex
    age: int | None = Field(description="Null before acceptance.")
    age_band: str = Field(examples=["70-79"])
    relief_category: str
    vulnerabilities: list[str]
    self_care: SelfCare | None = Field(description="Null before acceptance.")

    @classmethod
    def of(cls, person: MaskedResident, *, minimum: bool) -> Self:
        return cls(
            id=person.id,
            name=person.name[0] + "*" if minimum else person.name,
            sex=person.sex,
            age=None if minimum else person.age,
            age_band=age_band(person.age),
            relief_category=person.relief_category,
            vulnerabilities=list(person.vulnerabilities),
            self_care=None if minimum else person.self_care,
        )


class ReferralListed(Representation):
    """A referral in a list, without its texts."""

    id: int
    number: str
    need_id: int
    project_id: int
    project_name: str
    organization_id: int
    organization_name: str
    category: str
    urgency: Urgency
    region: RegionName
    resident: PersonReferred
    state: ReferralState
    requested_at: datetime
    answer_due_at: datetime
    answer_due_provisional: bool = Field(description="True while the holiday calendar of that year is not published.")
    answered_at: datetime | None
    rejection_reason: RejectionReason | None
    ended_at: datetime | None
    outcome: Outcome | None
    satisfaction: int | None
    version: int
    actions: list[ReferralVerb] = Field(
        description="The actions you can take now, each at `POST /api/v1/referrals/{id}/{verb}`.",
        examples=[["accept", "reject", "waitlist"]],
    )


class ReferralStep(Representation):
    """One step of a referral. The first step, sending, has no verb."""

    verb: ReferralVerb | None
    state: ReferralState
    at: datetime
    note: GatedText

    @classmethod
    def of(cls, event: ReferralEvent, actor: Actor) -> Self:
        return cls.model_validate({**event.model_dump(), "note": visible(actor, event, "note")})


class ReferralShown(ReferralListed):
    """A referral with its texts and its steps so far."""

    need_text: GatedText | None = Field(description="Null for roles that only see figures.")
    wished_times: list[str]
    constraints: list[str]
    note: GatedText
    end_note: GatedText
    timeline: list[ReferralStep]


def _referral(row: ReferralRow, actor: Actor, names: Names) -> dict[str, object]:
    referral = row.referral
    minimum = actor.organization_id is not None and referral.state in MINIMUM_ONLY
    return {
        **referral.model_dump(),
        "project_name": row.project.name,
        "organization_name": row.organization.name,
        "category": row.need.category,
        "urgency": row.need.urgency,
        "region": RegionName.of(referral.region_code, names),
        "resident": PersonReferred.of(masked(row.resident, china_day(now())), minimum=minimum),
        "actions": referral_actions(actor, referral),
    }


def referral_listed(row: ReferralRow, actor: Actor, names: Names) -> ReferralListed:
    return ReferralListed.model_validate(_referral(row, actor, names))


def referral_shown(row: ReferralRow, events: Sequence[ReferralEvent], actor: Actor, names: Names) -> ReferralShown:
    return ReferralShown.model_validate(
        {
            **_referral(row, actor, names),
            "need_text": need_text(row.need, actor),
            "note": visible(actor, row.referral, "note"),
            "end_note": visible(actor, row.referral, "end_note"),
            "wished_times": row.need.wished_times,
            "constraints": row.need.constraints,
            "timeline": [ReferralStep.of(event, actor) for event in events],
        }
    )


class Visit(Representation):
    """One occasion of service. Each person served counts once: a couple visited once is 2 person-times."""

    id: int
    referral_id: int
    served_on: date
    minutes: int
    mode: VisitMode
    category: str
    served: list[int] = Field(description="Ids of the persons served.")
    staff_count: int
    content: GatedText
    problems: GatedText
    recorded_at: datetime
    in_error_at: datetime | None = Field(description="Set when the visit no longer counts.")
    in_error_reason: GatedText

    @classmethod
    def of(cls, visit: ServiceVisit, served: Sequence[int], actor: Actor) -> Self:
        texts = {field: visible(actor, visit, field) for field in ("content", "problems", "in_error_reason")}
        return cls.model_validate({**visit.model_dump(), **texts, "served": sorted(served)})


class Visits(Representation):
    """The visits of a referral, latest first, with person-times and persons."""

    items: list[Visit]
    person_times: int = Field(description="人次: each person counted at each visit.")
    persons: int = Field(description="人数: each person counted once.")

    @classmethod
    def of(cls, rows: Sequence[tuple[ServiceVisit, list[int]]], actor: Actor) -> Self:
        counted = [served for visit, served in rows if visit.in_error_at is None]
        return cls(
            items=[Visit.of(visit, served, actor) for visit, served in rows],
            person_times=sum(len(served) for served in counted),
            persons=len({resident_id for served in counted for resident_id in served}),
        )
