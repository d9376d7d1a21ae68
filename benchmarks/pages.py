"""Queries, time in the database and CPU time of the pages, beside FastAPI's JSON hello in the same process.

`python -m benchmarks.pages --database URL [--json] [--rounds N]`: one account of each role in the database opens its
pages through the whole application without a network. Medians of the rounds; the first, which fills caches, is
left out. The audit and the sessions of the accounts get rows.
"""

import argparse
import json
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine, event
from sqlmodel import Session, col, select

from benchmarks.keys import use_invented_keys
from tuoju.accounts.attempts import Client
from tuoju.accounts.models import Role, SessionKind, SessionStage, User
from tuoju.accounts.sessions import open_session
from tuoju.cases.models import Case, Need
from tuoju.database.engine import make_engine
from tuoju.database.file_stores import FolderStore
from tuoju.database.scopes import SYSTEM
from tuoju.database.sealed_files import use_files
from tuoju.database.unit_of_work import UnitOfWork
from tuoju.referrals.models import Referral
from tuoju.web.app import create_app
from tuoju.web.kit.dependencies import SESSION_COOKIE
from tuoju.web.kit.settings import WebSettings

ROUNDS = 10
_FIELD = ("/", "/residents", "/residents/{resident}", "/cases", "/cases/{case}", "/needs", "/needs/{need}/matches")
_CITY = (
    "/",
    "/figures",
    "/figures/relief",
    "/supervision",
    "/needs",
    "/referrals",
    "/plans",
    "/projects",
    "/summaries",
)
PAGES: Mapping[Role, Sequence[str]] = {
    Role.social_worker: (*_FIELD, "/referrals", "/notifications", "/projects", "/api/v1/me"),
    Role.society_chair: ("/", "/cases", "/summaries"),
    Role.township_officer: ("/", "/residents", "/cases", "/needs", "/referrals", "/figures", "/readings"),
    Role.charity_staff: ("/", "/referrals", "/referrals/{referral}", "/projects", "/api/v1/referrals/{referral}"),
    Role.program_manager: (*_CITY, "/ranking", "/api/v1/me"),
    Role.administrator: ("/", "/accounts", "/audit", "/deliveries"),
}
"""What each role opens day by day."""


@dataclass
class Figures:
    """What was measured of one page, one entry a round."""

    queries: list[int] = field(default_factory=list)
    sql_ms: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    page: str
    role: str
    queries: int
    sql_ms: float
    cpu_ms: float
    ratio_to_hello: float


@dataclass
class Watch:
    """The statements of a request and the time that they took."""

    statements: list[str] = field(default_factory=list)
    sql_ms: float = 0.0
    began: float = 0.0


@contextmanager
def watching(engine: Engine) -> Iterator[Watch]:
    """Watch an engine within the block, without what begins a transaction."""
    watch = Watch()

    def begin(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        watch.began = time.perf_counter()
        if not statement.startswith(("BEGIN", "SELECT set_config('role'")):
            watch.statements.append(statement)

    def end(*_: Any) -> None:
        watch.sql_ms += (time.perf_counter() - watch.began) * 1000

    event.listen(engine, "before_cursor_execute", begin)
    event.listen(engine, "after_cursor_execute", end)
    try:
        yield watch
    finally:
        event.remove(engine, "before_cursor_execute", begin)
        event.remove(engine, "after_cursor_execute", end)


def rows_of(session: Session, user: User) -> dict[str, int]:
    """Ids for the addresses of an account: its newest case, with resident and need, and referral."""
    query = (
        select(Case.id, Case.resident_id, Need.id, Referral.id)
        .join(Need, col(Need.case_id) == col(Case.id))
        .join(Referral, col(Referral.need_id) == col(Need.id), isouter=user.organization_id is None)
        .order_by(col(Referral.id).desc(), col(Need.id).desc())
    )
    if user.organization_id is not None:
        query = query.where(Referral.organization_id == user.organization_id)
    else:
        query = query.where(Case.region_code == user.region_code)
    row = session.exec(query).first()
    return {} if row is None else dict(zip(("case", "resident", "need", "referral"), row, strict=True))


def visitors(unit_of_work: UnitOfWork) -> Iterator[tuple[Role, TestClient, dict[str, int]]]:
    """A browser that is signed in for each role, with the ids of rows that the account reaches."""
    application = create_app(unit_of_work, WebSettings("s" * 32, secure_cookies=False))
    for role in PAGES:
        with unit_of_work.write(SYSTEM) as session:
            users = session.exec(
                select(User).where(User.role == role, col(User.is_active)).order_by(col(User.id))
            ).all()
            found = next(((user, ids) for user in users[:20] if (ids := rows_of(session, user))), None)
            user, ids = found or (users[0] if users else None, {})
            if user is None:
                continue
            token, _row = open_session(
                session, user, kind=SessionKind.browser, stage=SessionStage.complete, client=Client()
            )
        client = TestClient(application)
        client.cookies.set(SESSION_COOKIE, token)
        yield role, client, ids


def measure(unit_of_work: UnitOfWork, rounds: int) -> dict[tuple[Role, str], Figures]:
    """Open each page `rounds` times; by role and page."""
    figures: dict[tuple[Role, str], Figures] = {}
    for role, client, ids in visitors(unit_of_work):
        for page in PAGES[role]:
            if "{" in page and not ids:
                continue
            of_page = figures.setdefault((role, page), Figures())
            for number in range(rounds + 1):
                with watching(unit_of_work.engine) as watch:
                    start = time.process_time()
                    answer = client.get(page.format(**ids))
                    taken = (time.process_time() - start) * 1000
                if answer.status_code != 200:
                    raise RuntimeError(f"{page} answers {role} with {answer.status_code}")
                if number:
                    of_page.queries.append(len(watch.statements))
                    of_page.sql_ms.append(watch.sql_ms)
                    of_page.cpu_ms.append(taken)
    return figures


def hello(rounds: int) -> float:
    """CPU time in ms (median) of FastAPI's smallest JSON answer through the same client."""
    application = FastAPI()

    @application.get("/")
    def answer() -> dict[str, str]:
        return {"hello": "world"}

    client, taken = TestClient(application), []
    for _ in range(rounds):
        start = time.process_time()
        client.get("/")
        taken.append((time.process_time() - start) * 1000)
    return statistics.median(taken)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", required=True)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    use_invented_keys()
    engine = make_engine(arguments.database)
    with tempfile.TemporaryDirectory() as folder:
        use_files(FolderStore(Path(folder)))
        base = hello(arguments.rounds * 20)
        figures = measure(UnitOfWork(engine), arguments.rounds)
    engine.dispose()
    rows = [
        Row(
            page,
            role.value,
            max(of_page.queries),
            round(statistics.median(of_page.sql_ms), 1),
            round(statistics.median(of_page.cpu_ms), 1),
            round(statistics.median(of_page.cpu_ms) / base, 1),
        )
        for (role, page), of_page in figures.items()
    ]
    if arguments.json:
        print(json.dumps([asdict(row) for row in rows]))
        return
    print(f"Python {sys.version.split()[0]}, {platform.machine()}, {engine.dialect.name}; hello {base:.2f} ms CPU")
    print(f"{'page':32} {'role':18} {'queries':>7} {'sql ms':>8} {'cpu ms':>8} {'to hello':>8}")
    for row in rows:
        print(
            f"{row.page:32} {row.role:18} {row.queries:7} {row.sql_ms:8.1f} {row.cpu_ms:8.1f} {row.ratio_to_hello:8.1f}"
        )


if __name__ == "__main__":
    main()
