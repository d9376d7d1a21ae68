"""From rows to the profiles that the matching core takes. A profile holds no name, number, telephone or address."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session

from tuoju.cases.inputs import Constraint
from tuoju.cases.models import Case, Need
from tuoju.database.records import now
from tuoju.matchmaking.past_answers import PastAnswer
from tuoju.regions.calendar import calendar_of, china_day
from tuoju.regions.queries import get_region
from tuoju.residents.identity import age_on
from tuoju.residents.models import Resident, SelfCare, Sex
from tuoju_matching.eligibility import Obstacle, check
from tuoju_matching.profiles import NeedProfile, ProjectProfile, Rule, RuleKind, Urgency
from tuoju_projects.models import EligibilityRule, Project
from tuoju_projects.queries import rules_of
from tuoju_projects.status import ProjectState


def why_not(session: Session, need: Need, project: Project) -> tuple[Obstacle, ...]:
    """Every hard rule that keeps the project from taking the need; empty if it may take it."""
    today = china_day(now())
    return check(need_profile(session, need), project_profiles(session, [project], today, ())[0], today)


def need_profile(session: Session, need: Need) -> NeedProfile:
    """The profile of a need."""
    case = session.get_one(Case, need.case_id)
    resident = session.get_one(Resident, case.resident_id)
    return profile_of(need, case, resident, get_region(session, case.region_code).path)


def profile_of(need: Need, case: Case, resident: Resident, region_path: str) -> NeedProfile:
    """The profile of a need from its rows; `region_path` as Region.path."""
    today = china_day(now())
    assessed = resident.self_care is not SelfCare.not_assessed
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
        self_care=resident.self_care.value if assessed else None,
        disability_type=resident.disability_type,
        disability_grade=int(resident.disability_grade) if resident.disability_grade else None,
        needs_home_visit=Constraint.at_home in need.constraints,
    )


MIN_RECORD = 3
"""A project with fewer answers has no rates yet."""


@dataclass(frozen=True)
class _Record:
    """What its past answers say of a project; the rates are None below MIN_RECORD."""

    acceptance_rate: float | None = None
    response_days: float | None = None
    """Working days until it answers (median)."""
    answered: int = 0
    success_rate: float | None = None
    """Share of ended services that met the need at least in part."""
    ended: int = 0


def project_profiles(
    session: Session, projects: Sequence[Project], today: date, answers: Iterable[PastAnswer]
) -> list[ProjectProfile]:
    """The profiles of projects, with their rules and record.

    `answers` are all past answers of these projects; pass () where only the hard rules matter.
    """
    rules, record = rules_of(session, [project.pk for project in projects]), _records(session, answers)
    return [
        _project_profile(project, rules[project.pk], record.get(project.pk, _Record()), today) for project in projects
    ]


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


def _records(session: Session, past_answers: Iterable[PastAnswer]) -> dict[int, _Record]:
    """By project id the record of each project that has answered."""
    answers: dict[int, list[tuple[bool, int]]] = {}
    helped: dict[int, list[bool]] = {}
    for past in past_answers:
        if past.answered_on is None:
            continue
        days = calendar_of(session).between(past.requested_on, past.answered_on)
        answers.setdefault(past.project_id, []).append((past.accepted, days))
        if past.helped is not None:
            helped.setdefault(past.project_id, []).append(past.helped)
    return {project_id: _record(known, helped.get(project_id, [])) for project_id, known in answers.items()}


def _record(answers: list[tuple[bool, int]], helped: list[bool]) -> _Record:
    """The record from (accepted, working days) of each answer, and whether each ended service helped."""
    enough = len(answers) >= MIN_RECORD
    return _Record(
        acceptance_rate=sum(accepted for accepted, _ in answers) / len(answers) if enough else None,
        response_days=float(sorted(days for _, days in answers)[len(answers) // 2]) if enough else None,
        answered=len(answers),
        success_rate=sum(helped) / len(helped) if len(helped) >= MIN_RECORD else None,
        ended=len(helped),
    )
