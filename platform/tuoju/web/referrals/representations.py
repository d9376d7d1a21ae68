"""Referrals and visits as the API shows them."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Self

from pydantic import Field

from tuoju.accounts.fields import GatedText
from tuoju.accounts.permissions import Actor
from tuoju.cases.models import Urgency
from tuoju.referrals.confirmations import HelpState
from tuoju.referrals.queries import ReferralRow
from tuoju.referrals.status import Outcome, ReferralState, ReferralVerb, RejectionReason
from tuoju.referrals.views import ReferralSeen, StepSeen
from tuoju.residents.models import SelfCare, Sex
from tuoju.visits.models import VisitMode
from tuoju.visits.views import VisitSeen
from tuoju.web.kit.representations.actions import referral_actions
from tuoju.web.kit.representations.regions import Names, RegionName, Representation


class PersonReferred(Representation):
    """The person referred. Before it accepts, an organization only sees the surname and the age band."""

    id: int
    name: str = Field(description="Masked. Only the surname before acceptance.", examples=["张*国"])
    sex: Sex | None = Field(description="Null before acceptance.")
    age: int | None = Field(description="Null before acceptance.")
    age_band: str = Field(examples=["70-79"])
    relief_category: str | None = Field(description="Null for organizations.")
    vulnerabilities: list[str] = Field(description="Empty before acceptance.")
    self_care: SelfCare | None = Field(description="Null before acceptance.")


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
    help: HelpState | None = Field(
        description="How sure the reported help is: confirmed by the resident's word, a call-back or a spot check; "
        "unconfirmed; or contested by a complaint. Null without help and for organizations."
    )
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


class ReferralShown(ReferralListed):
    """A referral with its texts and its steps so far."""

    need_text: GatedText | None = Field(description="Null for roles that only see figures.")
    wished_times: list[str]
    constraints: list[str]
    note: GatedText
    end_note: GatedText
    timeline: list[ReferralStep]


def _referral(
    row: ReferralRow, seen: ReferralSeen, actor: Actor, names: Names, help_known: HelpState | None
) -> dict[str, object]:
    return {
        **row.referral.model_dump(exclude={"note", "repeat_reason", "end_note", "satisfaction_comment"}),
        "project_name": row.project.name,
        "organization_name": row.organization.name,
        "category": seen.need.category,
        "urgency": seen.need.urgency,
        "region": RegionName.of(seen.region_code, names),
        "resident": PersonReferred.model_validate(seen.person),
        "help": help_known,
        "actions": referral_actions(actor, row.referral),
    }


def referral_listed(
    row: ReferralRow, seen: ReferralSeen, actor: Actor, names: Names, help_known: HelpState | None
) -> ReferralListed:
    return ReferralListed.model_validate(_referral(row, seen, actor, names, help_known))


def referral_shown(
    row: ReferralRow,
    seen: ReferralSeen,
    steps: Sequence[StepSeen],
    actor: Actor,
    names: Names,
    help_known: HelpState | None,
) -> ReferralShown:
    return ReferralShown.model_validate(
        {
            **_referral(row, seen, actor, names, help_known),
            "need_text": seen.need.text or None,
            "note": seen.note,
            "end_note": seen.end_note,
            "wished_times": seen.need.wished_times,
            "constraints": seen.need.constraints,
            "timeline": [ReferralStep.model_validate(step) for step in steps],
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


class Visits(Representation):
    """The visits of a referral, latest first, with person-times and persons."""

    items: list[Visit]
    person_times: int = Field(description="人次: each person counted at each visit.")
    persons: int = Field(description="人数: each person counted once.")

    @classmethod
    def of(cls, visits: Sequence[VisitSeen]) -> Self:
        counted = [visit.served for visit in visits if visit.in_error_at is None]
        return cls(
            items=[Visit.model_validate(visit) for visit in visits],
            person_times=sum(len(served) for served in counted),
            persons=len({resident_id for served in counted for resident_id in served}),
        )
