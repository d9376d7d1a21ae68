"""A database that is away or cannot write: 503 with Retry-After, in the reader's language, and nothing untrue."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import IntegrityError, OperationalError

from factories.accounts import make_actor
from factories.databases import UnitOfWork
from factories.pages import SETTINGS, Visitor
from factories.referrals import make_scene
from tuoju.accounts.models import Role
from tuoju.database.engine import make_engine
from tuoju.database.overload import is_away, is_overload
from tuoju.referrals.models import Referral
from tuoju.referrals.status import ReferralState
from tuoju.web.app import create_app

NOWHERE = "postgresql+psycopg://nobody@127.0.0.1:1/nothing"


class Fault(Exception):
    """What a driver raises, with the code that it carries."""

    def __init__(self, *, sqlstate: str | None = None, sqlite_errorname: str = "") -> None:
        super().__init__("fault")
        self.sqlstate, self.sqlite_errorname = sqlstate, sqlite_errorname


class TestIsAway:
    @pytest.mark.parametrize("sqlstate", ["08006", "57P01", "57P03", "53100", "58030", "25006"])
    def test_postgresql_that_is_gone_full_or_read_only(self, sqlstate: str) -> None:
        assert is_away(OperationalError("", {}, Fault(sqlstate=sqlstate)))

    @pytest.mark.parametrize(
        "name", ["SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_CANTOPEN", "SQLITE_READONLY_DBMOVED"]
    )
    def test_sqlite_that_is_gone_full_or_read_only(self, name: str) -> None:
        assert is_away(OperationalError("", {}, Fault(sqlite_errorname=name)))

    def test_no_other_error(self) -> None:
        assert not is_away(OperationalError("", {}, Fault(sqlstate="42P01")))
        assert not is_away(OperationalError("", {}, Fault(sqlite_errorname="SQLITE_ERROR")))
        assert not is_away(OperationalError("", {}, Fault(sqlite_errorname="SQLITE_BUSY")))
        assert not is_away(IntegrityError("", {}, Fault(sqlstate="23505")))

    def test_a_deadlock_is_over_in_a_moment(self) -> None:
        assert is_overload(OperationalError("", {}, Fault(sqlstate="40P01")))


class TestUnreachable:
    @pytest.mark.parametrize(
        ("language", "sentence"), [("en", "cannot reach its data right now"), ("zh_CN", "系统暂时无法读取数据")]
    )
    def test_is_said_in_the_readers_language(self, language: str, sentence: str) -> None:
        engine = make_engine(NOWHERE, connect_args={"connect_timeout": 2})
        client = TestClient(create_app(UnitOfWork(engine), SETTINGS), raise_server_exceptions=False)
        client.cookies.update({"session": "x" * 43, "language": language})
        answer = client.get("/cases")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert sentence in answer.text

    def test_is_a_problem_document_for_programs(self) -> None:
        engine = make_engine(NOWHERE, connect_args={"connect_timeout": 2})
        client = TestClient(create_app(UnitOfWork(engine), SETTINGS), raise_server_exceptions=False)
        answer = client.get("/api/v1/residents", headers={"authorization": "Bearer x"})
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert answer.json()["status"] == 503


@contextmanager
def failing(engine: Engine, words: str, fault: Any) -> Iterator[None]:
    """Run `fault` before the first statement that begins with these words."""
    is_over = False

    def before(connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        nonlocal is_over
        if not is_over and statement.startswith(words):
            is_over = True
            fault(connection)

    event.listen(engine, "before_cursor_execute", before)
    yield
    event.remove(engine, "before_cursor_execute", before)


@pytest.fixture
def charity(unit_of_work: UnitOfWork) -> tuple[Visitor, int]:
    """A charity's visitor and the referral that waits for its answer."""
    with unit_of_work.write() as session:
        scene = make_scene(session)
        referral_id, organization_id = scene.send(session).pk, scene.project.organization_id
        make_actor(session)
    visitor = Visitor(unit_of_work, Role.charity_staff, organization_id=organization_id, region_code=None)
    return visitor, referral_id


def state_of(unit_of_work: UnitOfWork, referral_id: int) -> ReferralState:
    with unit_of_work.read() as session:
        return session.get_one(Referral, referral_id).state


class TestAccept:
    """Nothing is promised about drafts, and nothing is half done."""

    def test_when_the_database_can_only_be_read(self, unit_of_work: UnitOfWork, charity: tuple[Visitor, int]) -> None:
        visitor, referral_id = charity
        is_sqlite = unit_of_work.engine.dialect.name == "sqlite"

        def make_read_only(connection: Any) -> None:
            cursor = connection.connection.driver_connection.cursor()
            cursor.execute("PRAGMA query_only = ON" if is_sqlite else "SET TRANSACTION READ ONLY")

        with failing(unit_of_work.engine, "UPDATE referral", make_read_only):
            answer = visitor.post(f"/referrals/{referral_id}/accept")
        unit_of_work.engine.dispose()
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert "草稿" not in answer.text.partition("<main")[2].partition("</main>")[0]
        assert state_of(unit_of_work, referral_id) is ReferralState.requested
        assert visitor.post(f"/referrals/{referral_id}/accept").status_code == 200
        assert state_of(unit_of_work, referral_id) is ReferralState.accepted

    @pytest.mark.postgres
    def test_when_its_connection_is_terminated(self, unit_of_work: UnitOfWork, charity: tuple[Visitor, int]) -> None:
        visitor, referral_id = charity
        admin = make_engine(unit_of_work.engine.url.render_as_string(hide_password=False))

        def terminate(connection: Any) -> None:
            pid = connection.connection.driver_connection.info.backend_pid
            with admin.begin() as other:
                other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})

        with failing(unit_of_work.engine, "UPDATE referral", terminate):
            answer = visitor.post(f"/referrals/{referral_id}/accept")
        admin.dispose()
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert state_of(unit_of_work, referral_id) is ReferralState.requested
        assert visitor.post(f"/referrals/{referral_id}/accept").status_code == 200

    def test_when_something_else_fails(self, unit_of_work: UnitOfWork, charity: tuple[Visitor, int]) -> None:
        visitor, referral_id = charity

        def fail(_connection: Any) -> None:
            raise RuntimeError

        with failing(unit_of_work.engine, "UPDATE referral", fail):
            answer = visitor.post(f"/referrals/{referral_id}/accept")
        assert answer.status_code == 500
        assert "请先查看刚才的操作是否已保存" in answer.text
        assert "草稿" not in answer.text.partition("<main")[2].partition("</main>")[0]
