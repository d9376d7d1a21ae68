"""How many queries each page issues on the simulated city, so that none grows unseen.

Lower a number when you save a query; raise it with a reason.
"""

from functools import partial

from anyio.from_thread import start_blocking_portal
from benchmarks.pages import measure

from factories.databases import UnitOfWork
from tuoju.accounts.models import Role

QUERIES = {
    Role.social_worker: {
        "/": 13,
        "/residents": 8,
        "/residents/{resident}": 18,
        "/cases": 9,
        "/cases/{case}": 35,
        "/needs": 6,
        "/needs/{need}/matches": 24,
        "/referrals": 11,
        "/notifications": 4,
        "/projects": 6,
        "/api/v1/me": 1,
    },
    Role.society_chair: {"/": 13, "/cases": 9, "/summaries": 8},
    Role.township_officer: {
        "/": 16,
        "/residents": 9,
        "/cases": 9,
        "/needs": 6,
        "/referrals": 11,
        "/figures": 27,
        "/readings": 8,
    },
    Role.charity_staff: {
        "/": 4,
        "/referrals": 11,
        "/referrals/{referral}": 20,
        "/projects": 5,
        "/api/v1/referrals/{referral}": 16,
    },
    Role.program_manager: {
        "/": 13,
        "/figures": 27,
        "/figures/relief": 25,
        "/supervision": 17,
        "/needs": 6,
        "/referrals": 7,
        "/plans": 6,
        "/projects": 6,
        "/summaries": 11,
        "/ranking": 5,
        "/api/v1/me": 1,
    },
    Role.administrator: {"/": 4, "/accounts": 11, "/audit": 10, "/deliveries": 13},
}
"""By role and page, with the audit entries that a page writes, without the statements that begin a transaction."""


def test_each_page_issues_as_many_queries_as_stated(small_city: UnitOfWork) -> None:
    # Browser tests that ran earlier in the process leave an event loop running in its main thread.
    with start_blocking_portal() as portal:
        figures = portal.call(partial(measure, small_city, rounds=1))
    counted: dict[Role, dict[str, int]] = {}
    for (role, page), of_page in figures.items():
        counted.setdefault(role, {})[page] = max(of_page.queries)
    changed = {(role, page): count for role, pages in counted.items() for page, count in pages.items()}
    assert changed == {(role, page): count for role, pages in QUERIES.items() for page, count in pages.items()}
