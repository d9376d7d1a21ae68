"""The statements of each verb that writes, on both databases: what a transaction costs is decided by round trips.

A verb that needs more is slower for everybody behind its locks. Lower a number when you save
one; raise it with a reason.
"""

import pytest
from benchmarks.writes import measure

from factories.databases import UnitOfWork
from tuoju.launch.destinations import find_destinations
from tuoju_notifications.routing import use_router

MOST = {
    "postgresql": {"send": 43, "accept": 26, "first visit": 15, "visit": 10, "open case": 10},
    "sqlite": {"send": 41, "accept": 25, "first visit": 17, "visit": 11, "open case": 10},
}
"""By database and verb; notifications are routed as in production."""


@pytest.fixture(autouse=True)
def _routes() -> None:
    use_router(find_destinations)


def test_no_verb_issues_more_statements_than_stated(unit_of_work: UnitOfWork) -> None:
    figures = measure(unit_of_work, rounds=1)
    counted = {verb: max(of_verb.statements) for verb, of_verb in figures.items()}
    assert counted == MOST[unit_of_work.engine.dialect.name]
