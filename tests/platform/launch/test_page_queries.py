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
        "/": 25,
        "/residents": 9,
        "/residents/{resident}": 19,
        "/cases": 10,
        "/cases/{case}": 36,
        "/needs": 7,
        "/needs/{need}/matches": 25,
        "/referrals": 12,
        "/notifications": 13,
        "/projects": 8,
        "/api/v1/me": 1,
    },
    Role.society_chair: {"/": 21, "/cases": 10, "/summaries": 9},
    Role.township_officer: {
        "/": 27,
        "/residents": 10,
        "/cases": 10,
        "/needs": 7,
        "/referrals": 12,
        "/figures": 29,
        "/readings": 9,
    },
    Role.charity_staff: {
        "/": 9,
        "/referrals": 12,
        "/referrals/{referral}": 21,
        "/projects": 6,
        "/api/v1/referrals/{referral}": 16,
    },
    Role.program_manager: {
        "/": 17,
        "/figures": 29,
        "/figures/relief": 28,
        "/supervision": 18,
        "/needs": 7,
        "/referrals": 8,
        "/plans": 7,
        "/projects": 7,
        "/summaries": 12,
        "/ranking": 7,
        "/api/v1/me": 1,
    },
    Role.administrator: {"/": 9, "/accounts": 11, "/audit": 10, "/deliveries": 13},
}
"""By role and page, with the audit entries that a page writes, without the statements that begin a transaction. One
statement of each page counts for the menu; the start page reads what waits in one statement a table."""


def test_each_page_issues_as_many_queries_as_stated(small_city: UnitOfWork) -> None:
    # Browser tests that ran earlier in the process leave an event loop running in its main thread.
    with start_blocking_portal() as portal:
        figures = portal.call(partial(measure, small_city, rounds=1))
    counted: dict[Role, dict[str, int]] = {}
    for (role, page), of_page in figures.items():
        counted.setdefault(role, {})[page] = max(of_page.queries)
    changed = {(role, page): count for role, pages in counted.items() for page, count in pages.items()}
    assert changed == {(role, page): count for role, pages in QUERIES.items() for page, count in pages.items()}
