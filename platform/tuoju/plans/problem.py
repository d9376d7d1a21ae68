"""Rows into the problem that the matching core solves: every open need of a region, every project open to it."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Self

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from tuoju.cases.models import Case, Need
from tuoju.cases.status import NeedState
from tuoju.database.records import now
from tuoju.matchmaking.profiles import profile_of
from tuoju.matchmaking.ranking import Ranking, ranking_in_use
from tuoju.plans.groups import Grouping, groups_of, remoteness_of
from tuoju.referrals.past_answers import all_refused_for_good
from tuoju.referrals.proposing import project_profiles
from tuoju.regions.calendar import china_day
from tuoju.regions.models import Region
from tuoju.regions.queries import get_region, within
from tuoju.residents.models import Resident
from tuoju.residents.queries import all_receivers_allowed
from tuoju_matching.eligibility import ObstacleKind, check
from tuoju_matching.profiles import NeedProfile, ProjectProfile
from tuoju_projects.queries import open_projects


@dataclass(frozen=True)
class NeedFacts:
    """What a plan keeps of a need beside its profile."""

    version: int
    resident_id: int
    region_code: str
    groups: Mapping[Grouping, str]


@dataclass(frozen=True)
class Problem:
    """Who waits, what is open and how projects are ranked, as of one moment.

    `refused` names the projects that refused a need for good; `told` the organizations that each resident has agreed
    may be told; `organization_of` each project's organization; `seen` its version and free places.
    """

    today: date
    ranking: Ranking
    needs: list[NeedProfile]
    facts: dict[int, NeedFacts]
    projects: list[ProjectProfile]
    refused: dict[int, frozenset[int]]
    told: dict[int, set[int]]
    organization_of: dict[int, int]
    seen: dict[str, list[int]]

    def consented(self, need_id: int, project_id: int | None) -> bool:
        """Whether the resident has agreed that this project's organization be told."""
        if project_id is None:
            return False
        return self.organization_of[project_id] in self.told.get(self.facts[need_id].resident_id, set())

    def only(self, need_ids: Collection[int]) -> Self:
        """The same with these needs alone."""
        return replace(self, needs=[need for need in self.needs if need.id in need_ids])


def load(session: Session, region_code: str) -> Problem:
    """The problem of a region as of now, in a fixed number of queries."""
    today = china_day(now())
    needs, facts = _needs(session, region_code)
    projects = open_projects(session, today)
    return Problem(
        today=today,
        ranking=ranking_in_use(session),
        needs=needs,
        facts=facts,
        projects=project_profiles(session, projects, today),
        refused=all_refused_for_good(session, _waiting(session, region_code, col(Need.id))),
        told=all_receivers_allowed(session, _waiting(session, region_code, col(Case.resident_id))),
        organization_of={project.pk: project.organization_id for project in projects},
        seen={str(project.pk): [project.version, project.places_left] for project in projects},
    )


def _waiting(session: Session, region_code: str, column: Any) -> SelectOfScalar[int]:
    """A subquery of one column of the open needs of a region, with their cases."""
    query = select(column).select_from(Need).join(Case, col(Case.id) == col(Need.case_id))
    return query.where(col(Case.region_code).in_(within(session, region_code)), Need.state == NeedState.open)


def _needs(session: Session, region_code: str) -> tuple[list[NeedProfile], dict[int, NeedFacts]]:
    rows = session.exec(
        select(Need, Case, Resident)
        .join(Case, col(Case.id) == col(Need.case_id))
        .join(Resident, col(Resident.id) == col(Case.resident_id))
        .where(col(Case.region_code).in_(within(session, region_code)), Need.state == NeedState.open)
        .order_by(col(Need.id))
    ).all()
    above = get_region(session, region_code).path
    query = select(Region.code, Region.path, Region.name).where(col(Region.path).startswith(above))
    paths, names = {}, {}
    for code, path, name in session.exec(query):
        paths[code], names[code] = path, name
    needs, facts = [], {}
    for need, case, resident in rows:
        profile = profile_of(need, case, resident, paths[case.region_code])
        township = profile.region_path[min(2, len(profile.region_path) - 1)]
        remoteness = remoteness_of(names.get(township, ""), names[case.region_code])
        groups = groups_of(profile, remoteness)
        needs.append(profile)
        facts[need.pk] = NeedFacts(need.version, resident.pk, case.region_code, groups)
    return needs, facts


REFUSED = "refused"
"""The obstacle of a need that every project that would suit has refused; not a rule, so not of the core."""


def commonest_obstacle(
    need: NeedProfile, projects: Sequence[ProjectProfile], refused: frozenset[int], today: date
) -> str:
    """What most often stands in the way among the projects that offer the service; the service itself if none does."""
    counts: Counter[str] = Counter()
    for project in projects:
        if need.category in project.categories:
            found = {each.kind.value for each in check(need, project, today)}
            counts.update(sorted(found) or ([REFUSED] if project.id in refused else []))
    return counts.most_common(1)[0][0] if counts else ObstacleKind.service_not_offered.value
