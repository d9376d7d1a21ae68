"""Typical requests on PostgreSQL with row-level security and without, at the size of a city.

`TUOJU_BENCHMARK_DATABASE_URL=postgresql+psycopg://owner@host/postgres python -m benchmarks.row_security` makes a
database of its own there and drops it; the owner is a superuser. "Without" is the same application whose transactions
neither change their role nor set a scope; its queries are bounded by their own conditions either way.
"""

import os
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import date
from pathlib import Path
from unittest.mock import patch

from fastapi.testclient import TestClient
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.engine import make_url
from sqlmodel import Session

from tuoju.accounts.service import sign_in
from tuoju.cities.folder import read_demo_folder
from tuoju.cities.loading import load_city
from tuoju.database import scopes
from tuoju.database.engine import WRITES, make_engine
from tuoju.database.file_stores import FolderStore
from tuoju.database.keys import KeyRing, use_keys
from tuoju.database.scopes import SYSTEM
from tuoju.database.sealed_files import use_files
from tuoju.database.unit_of_work import UnitOfWork
from tuoju.launch.migrations import migrate
from tuoju.simulation.demo_city import build_demo_city
from tuoju.simulation.sign_ins import PASSWORD
from tuoju.web.app import create_app
from tuoju.web.kit.dependencies import SESSION_COOKIE
from tuoju.web.kit.settings import WebSettings
from tuoju_notifications.sealing import use_seal

PEOPLE = 20_000
"""Residents with a case, a need and a referral each, over all villages of the city."""
ROUNDS = 9
Kind = Callable[[], AbstractContextManager[None]]

PAGES = {
    "worker": ("/", "/residents", "/cases", "/cases/{case}", "/needs", "/referrals", "/notifications"),
    "township": ("/residents", "/needs", "/referrals", "/figures"),
    "manager": ("/", "/needs", "/referrals", "/figures"),
    "charity": ("/", "/referrals"),
}


@contextmanager
def without_policies() -> Iterator[None]:
    """Neither change the role nor set a scope: the owner of the server is held to no policy."""
    with patch.object(scopes, "_apply"), patch.object(scopes, "_set_reach"):
        yield


@contextmanager
def database() -> Iterator[Engine]:
    """An engine over a database of our own, migrated, with divisions and policies."""
    address = make_url(os.environ["TUOJU_BENCHMARK_DATABASE_URL"])
    name = f"tuoju_benchmark_{uuid.uuid4().hex[:8]}"
    server = make_engine(address.render_as_string(hide_password=False), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
        engine = make_engine(address.set(database=name).render_as_string(hide_password=False))
        try:
            migrate(engine)
            with Session(engine.execution_options(**WRITES)) as session:
                load_city(session, read_demo_folder(), began_on=date(2026, 1, 1))
                session.commit()
            yield engine
        finally:
            engine.dispose()
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


def fill(connection: Connection) -> None:
    """Copy a resident, case, need and referral of the demo city over all villages."""
    villages = "(SELECT array_agg(code ORDER BY code) AS codes FROM region WHERE level = 'village')"
    village = f"(SELECT codes[1 + n % cardinality(codes)] FROM {villages} AS villages)"
    for table, values in {
        "household": {"region_code": village},
        "resident": {"region_code": village, "household_id": "n", "id_number_index": "'benchmark' || n"},
        "assistance_case": {"region_code": village, "resident_id": "n", "number": "'benchmark-' || n"},
        "need": {"case_id": "n"},
        "referral": {"region_code": village, "need_id": "n", "number": "'benchmark-' || n", "state": "'completed'"},
    }.items():
        query = "SELECT column_name FROM information_schema.columns WHERE table_name = :table AND column_name <> 'id'"
        columns = connection.execute(text(query), {"table": table}).scalars().all()
        taken = ", ".join(values.get(column, f"origin.{column}") for column in columns)
        connection.execute(
            text(
                f"INSERT INTO {table} (id, {', '.join(columns)}) SELECT n, {taken}"
                f" FROM (SELECT * FROM {table} ORDER BY id LIMIT 1) AS origin,"
                f" generate_series(1000000, {1_000_000 + PEOPLE}) AS n"
            )
        )


def client_of(unit_of_work: UnitOfWork, username: str) -> TestClient:
    """A browser that is signed in."""
    with unit_of_work.write(SYSTEM) as session:
        token, _user = sign_in(session, username, PASSWORD)
    client = TestClient(create_app(unit_of_work, WebSettings("s" * 32, secure_cookies=False)))
    client.cookies.set(SESSION_COOKIE, token)
    return client


def compare(engine: Engine, statements: list[str]) -> None:
    """Ask each page in turns with and without policies; print medians, their ratio and the statements of a request."""
    with engine.connect() as connection:
        own = "SELECT c.id FROM assistance_case c JOIN user_account u ON u.region_code = c.region_code"
        case = connection.execute(text(f"{own} WHERE u.username = 'worker' ORDER BY c.id LIMIT 1")).scalar_one()
    print(f"{'account':9} {'page':16} {'with':>8} {'without':>8} {'ratio':>6} {'statements':>11}")
    for username, pages in PAGES.items():
        client = client_of(UnitOfWork(engine), username)
        for page in pages:
            address = page.format(case=case)
            times: dict[Kind, list[float]] = {nullcontext: [], without_policies: []}
            counts = []
            for _ in range(ROUNDS):
                for kind, taken in times.items():
                    statements.clear()
                    with kind():
                        start = time.perf_counter()
                        assert client.get(address).status_code == 200, address
                        taken.append((time.perf_counter() - start) * 1000)
                    counts.append(len(statements))
            with_policies, without = (statistics.median(taken) for taken in times.values())
            numbers = f"{counts[-2]} / {counts[-1]}"
            times_in_words = f"{with_policies:6.1f}ms {without:6.1f}ms {with_policies / without:6.2f}"
            print(f"{username:9} {page:16} {times_in_words} {numbers:>11}", flush=True)


def main() -> None:
    ring = KeyRing({"b": b"b" * 32}, "b", b"i" * 32)
    use_keys(ring)
    use_seal(ring.seal, ring.open)
    with tempfile.TemporaryDirectory() as folder, database() as engine:
        use_files(FolderStore(Path(folder)))
        build_demo_city(UnitOfWork(engine), people=6, tell=lambda _words: None)
        with engine.begin() as connection:
            fill(connection)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))
        statements: list[str] = []
        event.listen(engine, "before_cursor_execute", lambda *values: statements.append(values[2]))
        print(f"{PEOPLE} residents; medians of {ROUNDS} requests in turns")
        compare(engine, statements)


if __name__ == "__main__":
    main()
