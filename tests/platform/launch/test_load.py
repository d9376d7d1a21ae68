"""Many requests at once, to a real web process: everybody is served, or told at once to come again."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import httpx2
import pytest

from factories.accounts import make_user
from factories.databases import UnitOfWork
from factories.referrals import make_scene
from factories.web_processes import serving, signed_in_cookies

PAGES = ("/", "/residents", "/cases", "/referrals", "/notifications")
PARALLEL = 60
Serve = Callable[..., AbstractContextManager[str]]


@pytest.fixture
def username(unit_of_work: UnitOfWork) -> str:
    """A social worker with a case, a need and a referral."""
    with unit_of_work.write() as session:
        make_scene(session).send(session)
        return make_user(session).username


def responses(address: str, cookies: dict[str, str], count: int) -> Iterator[httpx2.Response]:
    """The answers to so many page requests, each on a connection of its own and all at once."""

    def fetch(number: int) -> httpx2.Response:
        return httpx2.get(f"{address}{PAGES[number % len(PAGES)]}", cookies=cookies, timeout=120)

    with ThreadPoolExecutor(count) as pool:
        yield from pool.map(fetch, range(count))


def test_sixty_page_requests_at_once_are_all_served(tmp_path: Path, database_url: str, username: str) -> None:
    with serving(tmp_path, database_url) as address:
        statuses = [answer.status_code for answer in responses(address, signed_in_cookies(address, username), PARALLEL)]
    assert statuses == [200] * PARALLEL


def test_what_is_beyond_the_capacity_is_told_to_come_again(tmp_path: Path, database_url: str, username: str) -> None:
    with serving(tmp_path, database_url, database_pool_size=2, requests_waiting=6) as address:
        cookies = signed_in_cookies(address, username)
        answers = list(responses(address, cookies, PARALLEL))
        assert httpx2.get(f"{address}/cases", cookies=cookies, timeout=60).status_code == 200
    served = [answer for answer in answers if answer.status_code == 200]
    refused = [answer for answer in answers if answer.status_code == 503]
    assert len(served) + len(refused) == PARALLEL
    assert len(served) >= 2 + 6
    assert all(answer.headers["retry-after"].isdigit() for answer in refused)


def test_a_locked_database_is_told_before_long_and_never_a_500(
    tmp_path: Path, database_url: str, username: str, unit_of_work: UnitOfWork
) -> None:
    """On SQLite a write waits for the lock, on PostgreSQL for the locked table: both have an end."""
    settings = {"database_busy_seconds": 0.5, "database_statement_seconds": 0.5}
    with serving(tmp_path, database_url, **settings) as address:
        cookies = signed_in_cookies(address, username)
        with unit_of_work.write() as session:
            if session.get_bind().dialect.name == "postgresql":
                session.connection().exec_driver_sql("RESET ROLE")
                session.connection().exec_driver_sql("LOCK TABLE audit_entry")
            else:
                session.connection()
            began = time.monotonic()
            statuses = {answer.status_code for answer in responses(address, cookies, 8)}
            assert time.monotonic() - began < 60
        assert statuses <= {200, 503}
        assert {answer.status_code for answer in responses(address, cookies, 5)} == {200}
