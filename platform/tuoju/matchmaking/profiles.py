"""Rows into profiles, and what a project can not take: the door to the matching core."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from tuoju.cases.inputs import Constraint
from tuoju.cases.models import Case, Need
from tuoju.database.records import now
from tuoju.referrals.models import Referral
from tuoju.referrals.status import Outcome, ReferralState, RejectionReason
from tuoju.regions.calendar import calendar_of, china_day
from tuoju.regions.queries import get_region
from tuoju.residents.identity import age_on
from tuoju.residents.models import Resident, SelfCare, Sex
from tuoju_matching.eligibility import Obstacle, check
from tuoju_matching.profiles import NeedProfile, ProjectProfile, Rule, RuleKind, Urgency
from tuoju_projects.models import EligibilityRule, Project
from tuoju_projects.queries import rules_of
from tuoju_projects.status import ProjectState

HELPED = frozenset({Outcome.met, Outcome.partly_met})
"""A need met at least in part counts as met, as in the got-help rate."""

NOT_AGAIN = frozenset(
    {
        RejectionReason.not_eligible,
        RejectionReason.outside_service_area,
        RejectionReason.service_not_offered,
        RejectionReason.already_served,
        RejectionReason.resident_declined,
        RejectionReason.duplicate,
        RejectionReason.safety,
    }
)
"""After these a project is not proposed for the same need again. After the others (no place then, something
missing, nobody reached, no answer) it may be: the ground for the refusal can pass."""


def not_taken_by(session: Session, need: Need) -> frozenset[int]:
    """Projects that returned this need, let it lie or could not carry it through. One that only wants to know more
    first is not among them: it is asked again with the answer."""
    query = select(Referral.project_id).where(
        Referral.need_id == need.pk,
        col(Referral.state).in_([ReferralState.rejected, ReferralState.expired, ReferralState.failed]),
        col(Referral.rejection_reason).is_distinct_from(RejectionReason.missing_information),
    )
    return frozenset(session.exec(query))


def why_not(session: Session, need: Need, project: Project) -> tuple[Obstacle, ...]:
    """Every hard rule that keeps the project from taking the need; empty if it may."""
    today = china_day(now())
    return check(need_profile(session, need), project_profiles(session, [project], today)[0], today)


def refused_for_good(session: Session, need: Need) -> frozenset[int]:
    """Projects that refused this need on a ground that does not pass."""
    query = select(Referral.project_id).where(
        Referral.need_id == need.pk,
        Referral.state == ReferralState.rejected,
        col(Referral.rejection_reason).in_(NOT_AGAIN),
    )
    return frozenset(session.exec(query))


def all_refused_for_good(session: Session, need_ids: SelectOfScalar[int]) -> dict[int, frozenset[int]]:
    """The same for every need of a subquery, in one query; needs that nobody refused are not in it."""
    query = select(Referral.need_id, Referral.project_id).where(
        col(Referral.need_id).in_(need_ids),
        Referral.state == ReferralState.rejected,
        col(Referral.rejection_reason).in_(NOT_AGAIN),
    )
    found: dict[int, set[int]] = {}
    for need_id, project_id in session.exec(query):
        found.setdefault(need_id, set()).add(project_id)
    return {need_id: frozenset(projects) for need_id, projects in found.items()}


def need_profile(session: Session, need: Need) -> NeedProfile:
    """What the matching may know of a need: no name, number, telephone or address."""
    case = session.get_one(Case, need.case_id)
    resident = session.get_one(Resident, case.resident_id)
    return profile_of(need, case, resident, get_region(session, case.region_code).path)


def profile_of(need: Need, case: Case, resident: Resident, region_path: str) -> NeedProfile:
    """The profile of a need from its rows; `region_path` as Region.path."""
    today = china_day(now())
    known_care = resident.self_care is not SelfCare.not_assessed
    return NeedProfile(
        id=need.pk,
        category=need.category,
        text=need.text,
        region_path=tuple(region_path.rstrip("/").split("/")),
        urgency=Urgency[need.urgency.value],
        waiting_days=max(0, (today - china_day(need.opened_at)).days),
        age=age_on(resident.born_on, today) if resident.born_on else None,
        sex=None if resident.sex is Sex.unknown else resident.sex.value,
        relief_category=resident.relief_category,
        vulnerabilities=frozenset(resident.vulnerabilities),
        self_care=resident.self_care.value if known_care else None,
        disability_type=resident.disability_type,
        disability_grade=int(resident.disability_grade) if resident.disability_grade else None,
        needs_home_visit=Constraint.at_home in need.constraints,
    )


MIN_RECORD = 3
"""Fewer answers say nothing of a project yet."""


@dataclass(frozen=True)
class _Record:
    """What past referrals say of a project; rates are None below MIN_RECORD."""

    acceptance_rate: float | None = None
    response_days: float | None = None
    answered: int = 0
    success_rate: float | None = None
    ended: int = 0


def project_profiles(session: Session, projects: Sequence[Project], today: date) -> list[ProjectProfile]:
    """The profiles of projects, with their rules and record, in three queries."""
    ids = [project.pk for project in projects]
    rules, record = rules_of(session, ids), _records(session, ids)
    return [_project_profile(each, rules[each.pk], record.get(each.pk, _Record()), today) for each in projects]


def _project_profile(project: Project, rules: list[EligibilityRule], record: _Record, today: date) -> ProjectProfile:
    return ProjectProfile(
        id=project.pk,
        name=project.name,
        categories=tuple(project.categories),
        text=f"{project.family} {project.description}",
        areas=tuple(project.areas),
        starts_on=project.starts_on,
        ends_on=project.ends_on,
        last_intake_on=project.last_intake_on,
        places_left=project.places_left,
        target_groups=tuple(project.target_groups),
        is_open=project.state is ProjectState.open,
        home_visits=project.home_visits,
        places_age_days=max(0, (today - china_day(project.places_stated_at)).days),
        rules=tuple(Rule(RuleKind(rule.kind.value), tuple(rule.values)) for rule in rules),
        acceptance_rate=record.acceptance_rate,
        response_days=record.response_days,
        answered=record.answered,
        success_rate=record.success_rate,
        ended=record.ended,
    )


def _records(session: Session, project_ids: Sequence[int]) -> dict[int, _Record]:
    """The record of each project that has answered, in one query."""
    query = select(  # type: ignore[call-overload]
        Referral.project_id, Referral.state, Referral.requested_at, Referral.answered_at, Referral.outcome
    ).where(col(Referral.project_id).in_(project_ids), col(Referral.answered_at).is_not(None))
    calendar = calendar_of(session)
    answers: dict[int, list[tuple[bool, int]]] = {}
    helped: dict[int, list[bool]] = {}
    for project_id, state, requested_at, answered_at, outcome in session.exec(query):
        if answered_at is None:
            continue
        days = calendar.between(china_day(requested_at), china_day(answered_at))
        answers.setdefault(project_id, []).append((state != ReferralState.rejected, days))
        if state in (ReferralState.completed, ReferralState.failed):
            helped.setdefault(project_id, []).append(outcome in HELPED)
    return {project_id: _record(given, helped.get(project_id, [])) for project_id, given in answers.items()}


def _record(given: list[tuple[bool, int]], helped: list[bool]) -> _Record:
    enough = len(given) >= MIN_RECORD
    return _Record(
        acceptance_rate=sum(accepted for accepted, _ in given) / len(given) if enough else None,
        response_days=float(sorted(days for _, days in given)[len(given) // 2]) if enough else None,
        answered=len(given),
        success_rate=sum(helped) / len(helped) if len(helped) >= MIN_RECORD else None,
        ended=len(helped),
    )
