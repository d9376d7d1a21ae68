"""From rows to the problem that the matching core solves: every open need of a region and every open project."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Self

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from tuoju.cases.models import Case, Need
from tuoju.cases.status import NeedState
from tuoju.database.records import now
from tuoju.matchmaking.profiles import profile_of
from tuoju.matchmaking.ranking import Ranking, ranking_in_use
from tuoju.matchmaking.vectors import with_need_vectors
from tuoju.plans.groups import Grouping, groups_of, remoteness_of
from tuoju.referrals.past_answers import all_refused_for_good
from tuoju.referrals.proposing import project_profiles
from tuoju.regions.calendar import china_day
from tuoju.regions.models import Region
from tuoju.regions.queries import get_region, within
from tuoju.residents.consents import receivers_of
from tuoju.residents.models import Resident
from tuoju_matching.eligibility import ObstacleKind, check
from tuoju_matching.profiles import NeedProfile, ProjectProfile
from tuoju_projects.queries import open_projects


@dataclass(frozen=True)
class NeedFacts:
    """What a plan stores about a need that its profile does not hold."""

    version: int
    """Version of the need's row."""
    resident_id: int
    region_code: str
    """The village."""
    groups: Mapping[Grouping, str]


@dataclass(frozen=True)
class Problem:
    """The waiting needs, the open projects and the ranking in use, at one moment."""

    today: date
    ranking: Ranking
    needs: list[NeedProfile]
    facts: dict[int, NeedFacts]
    """By need id."""
    projects: list[ProjectProfile]
    refused: dict[int, frozenset[int]]
    """By need id the projects that refused it for good."""
    receivers: dict[int, set[int]]
    """By need id the organizations that the resident has agreed may be told of it."""
    organization_of: dict[int, int]
    """By project id its organization."""
    seen: dict[str, list[int]]
    """By project id its version and its places left, as Plan.seen."""

    def consented(self, need_id: int, project_id: int | None) -> bool:
        """Whether the resident has agreed that this project's organization be told."""
        if project_id is None:
            return False
        return self.organization_of[project_id] in self.receivers.get(need_id, set())

    def only(self, need_ids: Collection[int]) -> Self:
        """The same problem with these needs only."""
        return replace(self, needs=[need for need in self.needs if need.id in need_ids])


def load(session: Session, region_code: str) -> Problem:
    """The problem of a region as it is now, in a fixed number of queries. Raises RegionNotFound."""
    today = china_day(now())
    needs, facts = _needs(session, region_code, Need.state == NeedState.open)
    needs = with_need_vectors(session, needs)
    projects = open_projects(session, today)
    receivers = receivers_of(session, _waiting(session, region_code, col(Case.resident_id)))
    return Problem(
        today=today,
        ranking=ranking_in_use(session),
        needs=needs,
        facts=facts,
        projects=project_profiles(session, projects, today),
        refused=all_refused_for_good(session, _waiting(session, region_code, col(Need.id))),
        receivers={need.id: receivers.allowed(facts[need.id].resident_id, need.id, need.category) for need in needs},
        organization_of={project.pk: project.organization_id for project in projects},
        seen={str(project.pk): [project.version, project.places_left] for project in projects},
    )


def _waiting(session: Session, region_code: str, column: Any) -> SelectOfScalar[int]:
    """A subquery of one column of the open needs of a region, with their cases."""
    query = select(column).select_from(Need).join(Case, col(Case.id) == col(Need.case_id))
    return query.where(col(Case.region_code).in_(within(session, region_code)), Need.state == NeedState.open)


def needs_opened_since(session: Session, region_code: str, since: datetime) -> list[NeedProfile]:
    """The needs of a region that were opened since a moment, whatever became of them, in the order of their ids."""
    return _needs(session, region_code, Need.opened_at >= since)[0]


def _needs(session: Session, region_code: str, *conditions: Any) -> tuple[list[NeedProfile], dict[int, NeedFacts]]:
    rows = session.exec(
        select(Need, Case, Resident)
        .join(Case, col(Case.id) == col(Need.case_id))
        .join(Resident, col(Resident.id) == col(Case.resident_id))
        .where(col(Case.region_code).in_(within(session, region_code)), *conditions)
        .order_by(col(Need.id))
    ).all()
    region_path = get_region(session, region_code).path
    query = select(Region.code, Region.path, Region.name).where(col(Region.path).startswith(region_path))
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
"""The obstacle of a need that every suitable project has refused. It is not a rule, so the matching core has no word
for it."""


def commonest_obstacle(
    need: NeedProfile, projects: Sequence[ProjectProfile], refused: frozenset[int], today: date
) -> str:
    """The most common obstacle among the projects that offer the service; `service_not_offered` if none offers it."""
    counts: Counter[str] = Counter()
    for project in projects:
        if need.category in project.categories:
            kinds = {obstacle.kind.value for obstacle in check(need, project, today)}
            counts.update(sorted(kinds) or ([REFUSED] if project.id in refused else []))
    return counts.most_common(1)[0][0] if counts else ObstacleKind.service_not_offered.value
