"""How things look to a client: codes as they are, persons masked, places named with their township."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from tuoju.accounts.models import Role
from tuoju.accounts.permissions import Action, Actor, may
from tuoju.cases.models import Case, Need, OpenedBy, Urgency
from tuoju.cases.status import CaseState, NeedState
from tuoju.database.records import now
from tuoju.referrals.models import ReferralEvent
from tuoju.referrals.queries import MINIMUM_ONLY, Row
from tuoju.referrals.status import Outcome, ReferralState, ReferralVerb, RejectionReason
from tuoju.regions.calendar import china_day
from tuoju.regions.models import Region, RegionLevel
from tuoju.residents.masking import MaskedResident, age_band, masked
from tuoju.residents.models import (
    Consent,
    ConsentGiver,
    ConsentPurpose,
    EmergencyOverride,
    Resident,
    SelfCare,
    Sex,
)
from tuoju.visits.models import ServiceVisit, VisitMode
from tuoju.web.api.actions import case_actions, need_actions, project_actions, referral_actions
from tuoju.web.notice_words import sentence
from tuoju_notifications.kinds import NoticeKind
from tuoju_notifications.models import Notice
from tuoju_projects.models import EligibilityRule, FundingType, Organization, Project, RuleKind
from tuoju_projects.status import ProjectState

Names = Mapping[str, str]
"""Region codes to names, from regions.queries.names."""


class Representation(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class Me(Representation):
    """Who is signed in, and what the role includes."""

    user_id: int
    display_name: str
    role: Role
    region_code: str | None = Field(description="Staff act within this division and everything in it.")
    organization_id: int | None = Field(description="Charity staff act for this organization.")
    actions: list[Action]

    @classmethod
    def of(cls, actor: Actor) -> Self:
        return cls(
            user_id=actor.user_id,
            display_name=actor.display_name,
            role=actor.role,
            region_code=actor.region_code,
            organization_id=actor.organization_id,
            actions=[action for action in Action if may(actor, action)],
        )


class RegionFound(Representation):
    """A division."""

    code: str = Field(examples=["341124105205"])
    name: str = Field(examples=["黄庵村委会"])
    full_name: str = Field(
        description="A village with its township: 75 village names repeat in one city.", examples=["马厂镇黄庵村委会"]
    )
    level: RegionLevel
    parent_code: str | None

    @classmethod
    def of(cls, region: Region, names: Names) -> Self:
        return cls(**region.model_dump(exclude={"path"}), full_name=names[region.code])


class Place(Representation):
    """A division by its code, and its name as it is shown."""

    code: str = Field(examples=["341124105205"])
    name: str = Field(examples=["马厂镇黄庵村委会"])

    @classmethod
    def of(cls, code: str, names: Names) -> Self:
        return cls(code=code, name=names.get(code, code))


class Code(Representation):
    """A code and its words in the language of `Accept-Language`."""

    code: str = Field(examples=["A01"])
    label: str = Field(examples=["Home care"])


class Person(Representation):
    """A resident, masked: the address is left out; name, number and telephone keep a few signs only."""

    id: int
    name: str = Field(examples=["张*国"])
    id_number: str = Field(description="Empty where no document is known.", examples=["34*************12X"])
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
    """A resident's file."""

    region: Place
    household_id: int
    version: int

    @classmethod
    def of_file(cls, resident: Resident, names: Names) -> Self:
        return cls(
            **Person.of(resident).model_dump(),
            region=Place.of(resident.region_code, names),
            household_id=resident.household_id,
            version=resident.version,
        )


class Found(Representation):
    """The answer to find-before-enter."""

    known: bool = Field(description="Whether anyone in the city has this number.")
    resident: ResidentFile | None = Field(description="The file, if it is yours to see.")
    held_by: Place | None = Field(description="If it is not: the township that holds the file.")


class Revealed(Representation):
    """Personal fields in full. This reading is on record, with its purpose."""

    name: str
    id_number: str | None
    phone: str | None
    address: str | None
    born_on: date | None
    guardian_name: str | None
    guardian_phone: str | None


class ConsentGiven(Representation):
    """One consent: one purpose, one receiver. It can be taken back at any time."""

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
    """A referral made possible without consent because life or health is at risk; reviewed afterwards."""

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
    """An override with its reason, for whoever reviews it."""

    reason: str


class NeedListed(Representation):
    """A need in a list: without what was written about it."""

    id: int
    case_id: int
    category: str = Field(description="Code list `service_type`.", examples=["A01"])
    urgency: Urgency
    wished_times: list[str]
    constraints: list[str]
    state: NeedState
    opened_at: datetime
    ended_at: datetime | None
    waiting_days: int = Field(description="Days since it was opened; a need that came back keeps counting.")
    version: int
    actions: list[str] = Field(description="What you may do now.", examples=[["refer", "withdraw"]])


class WaitingNeed(NeedListed):
    """A need with whose it is, masked, and where."""

    case_number: str
    region: Place
    resident: Person


class NeedShown(NeedListed):
    """A need with its text."""

    text: str | None = Field(description="Null for roles that steer by figures.")


class GapReported(Representation):
    """Whether a need stands as a gap."""

    need_id: int
    reported: bool = Field(description="False when a project is left that may take it.")


def _need(need: Need, actor: Actor) -> dict[str, object]:
    given = need.model_dump()
    waited_until = need.ended_at or now()
    days = (china_day(waited_until) - china_day(need.opened_at)).days
    given["text"] = _text(need, actor)
    return {**given, "waiting_days": days, "actions": need_actions(actor, need)}


def _text(need: Need, actor: Actor) -> str | None:
    """What the person said: for the field, and for the charity it was sent to."""
    return need.text if may(actor, Action.read_need_texts) else None


def need_shown(need: Need, actor: Actor) -> NeedShown:
    return NeedShown.model_validate(_need(need, actor))


def waiting_need(row: tuple[Need, Case, Resident], actor: Actor, names: Names) -> WaitingNeed:
    need, case, resident = row
    return WaitingNeed.model_validate(
        {
            **_need(need, actor),
            "case_number": case.number,
            "region": Place.of(case.region_code, names),
            "resident": Person.of(resident),
        }
    )


class CaseListed(Representation):
    """A case in a list."""

    id: int
    number: str = Field(description="Village code, year and sequence.", examples=["341124105205-2026-0001"])
    resident_id: int
    region: Place
    opened_by: OpenedBy
    discovery_channel: str = Field(description="Code list `discovery_channel`.")
    hardship_cause: str = Field(description="Code list `hardship_cause`.")
    state: CaseState
    accepted_at: datetime
    closed_at: datetime | None
    version: int
    actions: list[str] = Field(description="The verbs you may say now.", examples=[["close", "withdraw"]])


class CaseShown(CaseListed):
    """A case with its summary and its needs."""

    summary: str
    needs: list[NeedShown]


def _case(case: Case, actor: Actor, names: Names) -> dict[str, object]:
    place = Place.of(case.region_code, names)
    return {**case.model_dump(), "region": place, "actions": case_actions(actor, case)}


def case_listed(case: Case, actor: Actor, names: Names) -> CaseListed:
    return CaseListed.model_validate(_case(case, actor, names))


def case_shown(case: Case, needs: Sequence[Need], actor: Actor, names: Names) -> CaseShown:
    shown = [need_shown(need, actor) for need in needs]
    return CaseShown.model_validate({**_case(case, actor, names), "needs": shown})


class Contribution(Representation):
    """What one feature adds to a score."""

    feature: str = Field(
        description="`scarcity` is the price of the project's places in the newest plan: it counts against it.",
        examples=["nearness"],
    )
    value: float = Field(description="Between 0 and 1.")
    weight: float
    amount: float = Field(description="`value` x `weight`; the amounts of a match sum to its score.")


class MatchProposed(Representation):
    """A project the need may be sent to. A machine proposes; a person chooses."""

    rank: int
    project_id: int
    project_name: str
    organization_id: int
    organization_name: str
    places_left: int
    score: float = Field(description="The fit less the price of its places; the list is sorted by it.")
    fit: float = Field(description="How well it suits, between 0 and 1.")
    chance_accepted: float | None = Field(description="Where a learned ranking is in use: that the project accepts.")
    chance_met: float | None = Field(description="Where a learned ranking is in use: that the need is met once sent.")
    reasons: list[str] = Field(
        description="In the language of `Accept-Language`.", examples=[["It is meant for: disabled and unable"]]
    )
    would_rank_higher: list[str] = Field(
        description="What would have ranked it higher, one change each.",
        examples=[["If it had 5 places left, not 1, it would be no. 1"]],
    )
    contributions: list[Contribution]
    may_be_told: bool = Field(description="Whether the resident has agreed that this organization be told.")


class Matches(Representation):
    """The projects that may take a need, best first."""

    need_id: int
    ranker: str = Field(
        description="What ranked them: the rules, or a learned ranking by its number.", examples=["rules-1"]
    )
    items: list[MatchProposed]


class Obstacle(Representation):
    """One condition that keeps a project from taking a need."""

    code: str = Field(examples=["outside_area"])
    wanted: list[str] = Field(description="What the project asks for: an age, a day, or codes.")
    actual: str = Field(description="What is recorded; empty where nothing is.")
    detail: str = Field(description="The same in words, in the language of `Accept-Language`.")


class WhyNot(Representation):
    """Every condition that keeps one project from taking one need; none if it may."""

    need_id: int
    project_id: int
    eligible: bool
    obstacles: list[Obstacle]


class PersonReferred(Representation):
    """Who is referred. Before it accepts, an organization is told the minimum: the surname, the decade of age."""

    id: int
    name: str = Field(description="Masked; the surname only before acceptance.", examples=["张*国"])
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
    """A referral in a list: without what was written about it."""

    id: int
    number: str
    need_id: int
    project_id: int
    project_name: str
    organization_id: int
    organization_name: str
    category: str
    urgency: Urgency
    region: Place
    resident: PersonReferred
    state: ReferralState
    requested_at: datetime
    answer_due_at: datetime
    answer_due_provisional: bool = Field(description="Whether the calendar of that year is not yet published.")
    answered_at: datetime | None
    rejection_reason: RejectionReason | None
    ended_at: datetime | None
    outcome: Outcome | None
    satisfaction: int | None
    version: int
    actions: list[ReferralVerb] = Field(
        description="The verbs you may say now, each at `POST /api/v1/referrals/{id}/{verb}`.",
        examples=[["accept", "reject", "waitlist"]],
    )


class ReferralStep(Representation):
    """One step of a referral; the first has no verb: it was sent."""

    verb: ReferralVerb | None
    state: ReferralState
    at: datetime
    note: str

    @classmethod
    def of(cls, event: ReferralEvent) -> Self:
        return cls.model_validate(event)


class ReferralShown(ReferralListed):
    """A referral with what was written about it, and its steps so far."""

    need_text: str | None = Field(description="Null for roles that steer by figures.")
    wished_times: list[str]
    constraints: list[str]
    note: str
    end_note: str
    timeline: list[ReferralStep]


def _referral(row: Row, actor: Actor, names: Names) -> dict[str, object]:
    referral, need, _case, resident, project, organization = row
    minimum = actor.organization_id is not None and referral.state in MINIMUM_ONLY
    return {
        **referral.model_dump(),
        "project_name": project.name,
        "organization_name": organization.name,
        "category": need.category,
        "urgency": need.urgency,
        "region": Place.of(referral.region_code, names),
        "resident": PersonReferred.of(masked(resident, china_day(now())), minimum=minimum),
        "actions": referral_actions(actor, referral),
    }


def referral_listed(row: Row, actor: Actor, names: Names) -> ReferralListed:
    return ReferralListed.model_validate(_referral(row, actor, names))


def referral_shown(row: Row, events: Sequence[ReferralEvent], actor: Actor, names: Names) -> ReferralShown:
    need = row[1]
    return ReferralShown.model_validate(
        {
            **_referral(row, actor, names),
            "need_text": _text(need, actor),
            "wished_times": need.wished_times,
            "constraints": need.constraints,
            "timeline": [ReferralStep.of(event) for event in events],
        }
    )


class Visit(Representation):
    """One occasion of service. Who was served counts person-times: a couple visited once is two."""

    id: int
    referral_id: int
    served_on: date
    minutes: int
    mode: VisitMode
    category: str
    served: list[int] = Field(description="Ids of those served.")
    staff_count: int
    content: str
    problems: str
    recorded_at: datetime
    in_error_at: datetime | None = Field(description="Set once it no longer counts.")
    in_error_reason: str

    @classmethod
    def of(cls, visit: ServiceVisit, served: Sequence[int]) -> Self:
        return cls.model_validate({**visit.model_dump(), "served": sorted(served)})


class Visits(Representation):
    """The visits of a referral, latest first, with both counts."""

    items: list[Visit]
    person_times: int = Field(description="人次: everyone served, each time.")
    persons: int = Field(description="人数: different people served.")

    @classmethod
    def of(cls, rows: Sequence[tuple[ServiceVisit, list[int]]]) -> Self:
        counted = [served for visit, served in rows if visit.in_error_at is None]
        return cls(
            items=[Visit.of(visit, served) for visit, served in rows],
            person_times=sum(len(served) for served in counted),
            persons=len({each for served in counted for each in served}),
        )


class OrganizationShown(Representation):
    """Who offers service: a public record."""

    id: int
    name: str
    org_type: str = Field(description="Code list `org_type`.")
    uscc: str | None = Field(description="The unified social credit code; societies only filed have none.")
    filing_number: str | None
    region_code: str
    is_active: bool

    @classmethod
    def of(cls, organization: Organization) -> Self:
        return cls.model_validate(organization)


class RuleShown(Representation):
    """One hard condition; its values are alternatives, and all rules of a project must hold."""

    kind: RuleKind
    values: list[str]


class ProjectListed(Representation):
    """A project in a list."""

    id: int
    name: str
    family: str
    organization_id: int
    organization_name: str
    categories: list[str] = Field(description="Code list `service_type`.")
    target_groups: list[str]
    areas: list[Place]
    home_visits: bool
    funding_type: FundingType
    starts_on: date
    ends_on: date
    last_intake_on: date | None
    places_total: int
    places_left: int
    places_stated_at: datetime = Field(description="When the places were last stated or confirmed.")
    state: ProjectState
    version: int
    actions: list[str] = Field(description="The verbs you may say now.", examples=[["suspend", "close"]])


class ProjectShown(ProjectListed):
    """A project with its conditions."""

    description: str
    rules: list[RuleShown]
    budget_fen: int = Field(description="In fen, a hundredth of a yuan.")
    target_person_times: int
    source: str
    invented: list[str] = Field(description="Fields that a demo had to invent.")


def _project(project: Project, organization: Organization, actor: Actor, names: Names) -> dict[str, object]:
    return {
        **project.model_dump(),
        "organization_name": organization.name,
        "areas": [Place.of(code, names) for code in project.areas],
        "places_left": project.places_left,
        "actions": project_actions(actor, project),
    }


def project_listed(project: Project, organization: Organization, actor: Actor, names: Names) -> ProjectListed:
    return ProjectListed.model_validate(_project(project, organization, actor, names))


def project_shown(
    project: Project,
    organization: Organization,
    rules: Sequence[EligibilityRule],
    actor: Actor,
    names: Names,
) -> ProjectShown:
    shown = [RuleShown(kind=rule.kind, values=rule.values) for rule in rules]
    return ProjectShown.model_validate({**_project(project, organization, actor, names), "rules": shown})


class NoticeShown(Representation):
    """One message to you."""

    id: int
    kind: NoticeKind
    text: str = Field(description="In the language of `Accept-Language`.")
    link: str = Field(description="The page it is about.", examples=["/referrals/17"])
    created_at: datetime
    read_at: datetime | None

    @classmethod
    def of(cls, notice: Notice) -> Self:
        return cls.model_validate({**notice.model_dump(), "text": sentence(notice)})


class Token(Representation):
    """A bearer token. It is shown this once; only its hash is kept."""

    token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105
    expires_at: datetime
