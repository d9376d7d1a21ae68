"""Eligibility: the rules that keep a project from taking a need, each with the smallest change that would admit it."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from tuoju_matching.profiles import NeedProfile, ProjectProfile, Rule, RuleKind


class ObstacleKind(StrEnum):
    """Why a project cannot take a need: the kinds of RuleKind, a missing fact, and conditions of all projects."""

    not_open = "not_open"
    not_started = "not_started"
    ended = "ended"
    intake_over = "intake_over"
    service_not_offered = "service_not_offered"
    outside_area = "outside_area"
    no_place = "no_place"
    no_home_visits = "no_home_visits"
    min_age = "min_age"
    max_age = "max_age"
    sex = "sex"
    relief_category = "relief_category"
    vulnerability = "vulnerability"
    self_care = "self_care"
    disability_type = "disability_type"
    disability_grade = "disability_grade"
    unknown = "unknown"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One failed rule.

    Attributes
    ----------
    wanted : tuple of str
        What the project requires: an age, an ISO date, or codes of which one is enough.
    actual : str
        The value of the need or project; "" if nothing is recorded.
    fact : str
        For `unknown`: the fact that must be recorded before the rule can be checked.
    """

    kind: ObstacleKind
    wanted: tuple[str, ...] = ()
    actual: str = ""
    fact: str = ""


def check(need: NeedProfile, project: ProjectProfile, today: date) -> tuple[Obstacle, ...]:
    """List every obstacle that keeps the project from taking the need on `today`; empty if it may take it.

    A fact that is not recorded fails a rule that requires it; the obstacle says what to record.
    """
    obstacles = [*_project_obstacles(project, today), *_fit_obstacles(need, project)]
    obstacles.extend(obstacle for rule in project.rules if (obstacle := _check_rule(need, rule)) is not None)
    return tuple(obstacles)


def _project_obstacles(project: ProjectProfile, today: date) -> list[Obstacle]:
    obstacles = []
    if not project.is_open:
        obstacles.append(Obstacle(ObstacleKind.not_open))
    if today < project.starts_on:
        obstacles.append(Obstacle(ObstacleKind.not_started, (project.starts_on.isoformat(),), today.isoformat()))
    if today > project.ends_on:
        obstacles.append(Obstacle(ObstacleKind.ended, (project.ends_on.isoformat(),), today.isoformat()))
    elif project.last_intake_on is not None and today > project.last_intake_on:
        day = project.last_intake_on.isoformat()
        obstacles.append(Obstacle(ObstacleKind.intake_over, (day,), today.isoformat()))
    if project.places_left <= 0:
        obstacles.append(Obstacle(ObstacleKind.no_place, ("1",), str(project.places_left)))
    return obstacles


def _fit_obstacles(need: NeedProfile, project: ProjectProfile) -> list[Obstacle]:
    obstacles = []
    if need.category not in project.categories:
        obstacles.append(Obstacle(ObstacleKind.service_not_offered, project.categories, need.category))
    if not set(project.areas).intersection(need.region_path):
        actual = need.region_path[-1] if need.region_path else ""
        obstacles.append(Obstacle(ObstacleKind.outside_area, project.areas, actual))
    if need.needs_home_visit and not project.home_visits:
        obstacles.append(Obstacle(ObstacleKind.no_home_visits))
    return obstacles


def _check_rule(need: NeedProfile, rule: Rule) -> Obstacle | None:
    match rule.kind:
        case RuleKind.min_age | RuleKind.max_age:
            return _check_age(need, rule)
        case RuleKind.disability_grade_at_most:
            return _check_grade(need, rule)
        case RuleKind.vulnerability:
            if need.vulnerabilities.intersection(rule.values):
                return None
            return Obstacle(ObstacleKind.vulnerability, rule.values, ",".join(sorted(need.vulnerabilities)))
        case _:
            return _check_code(need, rule)


def _check_age(need: NeedProfile, rule: Rule) -> Obstacle | None:
    if need.age is None:
        return Obstacle(ObstacleKind.unknown, rule.values, fact="age")
    limit = int(rule.values[0])
    passed = need.age >= limit if rule.kind is RuleKind.min_age else need.age <= limit
    return None if passed else Obstacle(ObstacleKind(rule.kind.value), rule.values, str(need.age))


def _check_grade(need: NeedProfile, rule: Rule) -> Obstacle | None:
    # Grade 1 is the most severe (GB/T 26341); a person without a disability has no grade.
    if need.disability_grade is not None and need.disability_grade <= int(rule.values[0]):
        return None
    actual = "" if need.disability_grade is None else str(need.disability_grade)
    return Obstacle(ObstacleKind.disability_grade, rule.values, actual)


def _check_code(need: NeedProfile, rule: Rule) -> Obstacle | None:
    actual = {
        RuleKind.sex: need.sex,
        RuleKind.relief_category: need.relief_category,
        RuleKind.self_care: need.self_care,
        RuleKind.disability_type: need.disability_type,
    }[rule.kind]
    if actual in rule.values:
        return None
    if actual is None and rule.kind is not RuleKind.disability_type:
        return Obstacle(ObstacleKind.unknown, rule.values, fact=rule.kind.value)
    return Obstacle(ObstacleKind(rule.kind.value), rule.values, actual or "")
