"""Supply against demand by service category: who waits, what is free, what nobody offers."""

from collections import Counter

from sqlmodel import Session, col, select

from tuoju.accounts.permissions import Actor, visible_regions
from tuoju.cases.status import NeedState
from tuoju.database.records import now
from tuoju.matchmaking.models import Gap
from tuoju.regions.calendar import china_day
from tuoju.reports.facts import Facts
from tuoju.reports.figures import Balance
from tuoju_projects.queries import open_projects


def balances(session: Session, actor: Actor, facts: Facts) -> list[Balance]:
    """One row a category with any waiting need or gap, the largest shortage first. A project's places are
    counted under each of its categories, since any of them may take the place."""
    waiting = Counter(each.category for each in facts.needs if each.state is NeedState.open)
    left: Counter[str] = Counter()
    for project in open_projects(session, china_day(now())):
        for category in project.categories:
            left[category] += project.places_left
    query = select(Gap.category).where(
        col(Gap.closed_at).is_(None), col(Gap.region_code).in_(visible_regions(session, actor))
    )
    gaps = Counter(session.exec(query))
    found = [Balance(each, waiting[each], left[each], gaps[each]) for each in waiting | gaps]
    return sorted(found, key=lambda each: (each.places_left - each.waiting, each.category))
