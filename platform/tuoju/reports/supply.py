"""Supply and demand by service category: open needs, free places, and gaps that no project can meet."""

from collections import Counter

from sqlmodel import Session, col, func, select

from tuoju.accounts.permissions import Actor, visible_regions
from tuoju.database.records import now
from tuoju.matchmaking.models import Gap
from tuoju.regions.calendar import china_day
from tuoju.reports.figures import Balance
from tuoju_projects.queries import open_projects


def balances(session: Session, actor: Actor, waiting: Counter[str]) -> list[Balance]:
    """A row for each category with an open need or gap, the largest shortage first. `waiting` are the open needs by
    category.

    The places of a project count under each of its categories, since a need of any of them may take the place.
    """
    left: Counter[str] = Counter()
    for project in open_projects(session, china_day(now())):
        for category in project.categories:
            left[category] += project.places_left
    query = select(Gap.category, func.count()).where(
        col(Gap.closed_at).is_(None), col(Gap.region_code).in_(visible_regions(session, actor))
    )
    gaps = Counter(dict(session.exec(query.group_by(col(Gap.category))).all()))
    balances = [Balance(category, waiting[category], left[category], gaps[category]) for category in waiting | gaps]
    return sorted(balances, key=lambda balance: (balance.places_left - balance.waiting, balance.category))
