"""Errors that nobody expected: answered 500 with a number, logged under it, and never told as somebody's change."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.orm.exc import StaleDataError
from sqlmodel import Session
from structlog import DropEvent
from structlog.testing import capture_logs
from structlog.typing import EventDict

from factories.accounts import PASSWORD, make_user
from factories.api import make_app
from factories.databases import UnitOfWork
from factories.projects import make_project
from tuoju.accounts.models import User
from tuoju.accounts.service import sign_in
from tuoju.database.engine import make_engine
from tuoju.database.integrity import unique_names
from tuoju.database.scopes import Escape, system_scope
from tuoju.launch.tables import METADATA
from tuoju.relief.models import Society
from tuoju.web.kit.conflicts import NOT_RACED, UNIQUE_ERRORS
from tuoju.web.kit.dependencies import SESSION_COOKIE, CurrentActor, WriteSession
from tuoju.web.kit.error_table import TABLE
from tuoju.web.kit.request_log import ResponseBroken

PERSON = "欧阳秀英"
AWAY = UnitOfWork(make_engine("postgresql+psycopg://nobody@127.0.0.1:1/none"))
"""A database that does not answer."""
Logs = list[Any]


def break_check(session: Session) -> None:
    make_project(session, name=PERSON).places_total = -1


def break_foreign_key(session: Session) -> None:
    session.add(Society(region_code="000000000000", recorded_by=make_user(session).pk, telephone=PERSON))


def break_not_null(session: Session) -> None:
    session.execute(text("INSERT INTO audit_chain (scope, sequence) VALUES (:name, 0)"), {"name": PERSON})


def break_statement(session: Session) -> None:
    session.execute(text("SELECT :name FROM no_such_table"), {"name": PERSON})


def break_code(_session: Session) -> None:
    raise TypeError(f"what is {PERSON}?")


def break_unraced(session: Session) -> None:
    user = make_user(session)
    sign_in(session, user.username, PASSWORD)
    session.flush()
    session.execute(
        text(
            "INSERT INTO user_session"
            " (token_hash, user_id, kind, stage, device, network, created_at, expires_at, last_used_at, confirmed_at)"
            " SELECT token_hash, user_id, kind, stage, device, network, created_at, expires_at, last_used_at,"
            " confirmed_at FROM user_session"
        )
    )


FAULTS: dict[str, tuple[Callable[[Session], None], str, str]] = {
    "check": (break_check, "IntegrityError", "ck_project_"),
    "foreign_key": (break_foreign_key, "IntegrityError", ""),
    "not_null": (break_not_null, "IntegrityError", "audit_chain.hash"),
    "statement": (break_statement, "sqlalchemy.exc.", ""),
    "code": (break_code, "TypeError", ""),
    "unique": (break_unraced, "IntegrityError", "uq_user_session_token_hash"),
}


def take_name(session: Session) -> None:
    """What the slower of two requests does that both found the name free."""
    user = make_user(session)
    session.add(User(**user.model_dump(exclude={"id"})))


@pytest.fixture
def app(unit_of_work: UnitOfWork) -> FastAPI:
    """The application with routes that fail, as a page and in the API."""
    app = make_app(unit_of_work)

    def add(name: str, fault: Callable[[Session], None]) -> None:
        def route(session: WriteSession) -> None:
            with system_scope(session, Escape.links):  # these routes are open to everybody, who may write nothing
                fault(session)

        app.add_api_route(f"/fault/{name}/{{token}}", route, methods=["GET"])
        app.add_api_route(f"/api/v1/fault/{name}/{{token}}", route, methods=["GET"])

    for name, (fault, _, _) in FAULTS.items():
        add(name, fault)
    add("race", take_name)
    return app


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, headers={"accept-language": "en"}) as client:
        yield client


@pytest.fixture
def logs() -> Iterator[Logs]:
    """What is logged beside the line that every request has."""

    def leave_out_requests(_logger: object, _method: str, event: EventDict) -> EventDict:
        if event["event"] == "request":
            raise DropEvent
        return event

    with capture_logs(processors=[leave_out_requests]) as entries:
        yield entries


class TestRequestId:
    def test_every_answer_has_its_own(self, client: TestClient) -> None:
        answers = [client.get(path) for path in ("/sign-in", "/healthz", "/nothing", "/api/v1/residents", "/residents")]
        numbers = {answer.headers["x-request-id"] for answer in answers}
        assert len(numbers) == len(answers)
        assert all(len(number) == 12 for number in numbers)


@pytest.mark.parametrize("name", FAULTS)
class TestFaults:
    def test_the_page_gives_the_number(self, client: TestClient, name: str, logs: Logs) -> None:
        answer = client.get(f"/fault/{name}/secret")
        number = answer.headers["x-request-id"]
        assert answer.status_code == 500
        assert f"If you report this, give the number {number}." in answer.text
        assert "Someone else" not in answer.text
        assert answer.headers["x-frame-options"] == "DENY"
        assert [entry["request_id"] for entry in logs] == [number]

    def test_the_problem_gives_the_number(self, client: TestClient, name: str, logs: Logs) -> None:
        answer = client.get(f"/api/v1/fault/{name}/secret", headers={"accept-language": "zh-CN"})
        problem = answer.json()
        assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
        assert problem["request_id"] == answer.headers["x-request-id"] == logs[0]["request_id"]
        assert problem["detail"].endswith(f"请提供编号 {problem['request_id']}。")

    def test_it_is_logged_with_what_broke_and_where(self, client: TestClient, name: str, logs: Logs) -> None:
        client.get(f"/fault/{name}/secret")
        _, error, constraint = FAULTS[name]
        [entry] = logs
        assert (entry["event"], entry["log_level"], entry["method"]) == ("request_failed", "error", "GET")
        assert entry["route"] == f"/fault/{name}/{{token}}"
        assert error in entry["error"]
        assert entry.get("constraint", "").startswith(constraint)
        assert entry["raised_in"]

    def test_nothing_personal_is_logged(self, client: TestClient, name: str, logs: Logs) -> None:
        client.get(f"/fault/{name}/secret")
        line = json.dumps(logs, ensure_ascii=False, default=str)
        assert PERSON not in line
        assert "secret" not in line
        assert "INSERT" not in line


class TestRaces:
    def test_a_name_taken_at_the_same_moment_is_told_as_such(self, client: TestClient, logs: Logs) -> None:
        answer = client.get("/fault/race/x")
        assert answer.status_code == 409
        assert "This user name is taken. Choose another." in answer.text
        problem = client.get("/api/v1/fault/race/x").json()
        assert (problem["status"], problem["detail"]) == (409, "This user name is taken. Choose another.")
        assert [(entry["event"], entry["log_level"], entry["constraint"]) for entry in logs] == [
            ("unique_violation", "info", "uq_user_account_username")
        ] * 2


class TestEveryUniqueRule:
    """A new unique constraint or index is either told by its own error, or cannot be raced by users."""

    def declared(self) -> set[str]:
        """All but the primary keys that the database numbers by itself."""
        return {
            name
            for table in METADATA.sorted_tables
            for name, columns in unique_names(table)
            if not (name == table.primary_key.name and columns == {"id"})
        }

    def test_it_has_an_error_or_a_reason(self) -> None:
        assert self.declared() == UNIQUE_ERRORS.keys() | NOT_RACED.keys()
        assert not UNIQUE_ERRORS.keys() & NOT_RACED.keys()
        assert all(NOT_RACED.values())

    @pytest.mark.parametrize("name", UNIQUE_ERRORS)
    def test_its_error_is_a_conflict(self, name: str) -> None:
        assert TABLE[UNIQUE_ERRORS[name]].status == 409

    def test_stale_rows_stay_a_conflict(self) -> None:
        assert TABLE[StaleDataError].status == 409


class TestLastResort:
    def test_a_database_that_is_away_is_logged_under_the_number_of_the_answer(self, logs: Logs) -> None:
        with TestClient(make_app(AWAY), cookies={SESSION_COOKIE: "x"}) as client:
            answer = client.get("/residents")
        assert answer.status_code == 503
        assert [entry["request_id"] for entry in logs] == [answer.headers["x-request-id"]]
        assert [entry["error"] for entry in logs] == ["sqlalchemy.exc.OperationalError"]

    def test_where_the_page_cannot_be_made_the_answer_is_plain(
        self, app: FastAPI, client: TestClient, unit_of_work: UnitOfWork, logs: Logs
    ) -> None:
        with unit_of_work.write() as session:
            token, _ = sign_in(session, make_user(session).username, PASSWORD)

        def lose_database(_actor: CurrentActor) -> None:
            app.state.unit_of_work = AWAY
            raise TypeError(PERSON)

        app.add_api_route("/fault/away", lose_database, methods=["GET"])
        client.cookies.set(SESSION_COOKIE, token)
        answer = client.get("/fault/away")
        number = answer.headers["x-request-id"]
        assert (answer.status_code, answer.text) == (500, f"Something went wrong here. Number: {number}")
        assert [entry["error"] for entry in logs] == ["TypeError", "sqlalchemy.exc.OperationalError"]
        assert {entry["request_id"] for entry in logs} == {number}

    def test_an_answer_that_has_begun_is_broken_off(self, app: FastAPI, logs: Logs) -> None:
        def parts() -> Iterator[str]:
            yield "a"
            raise ValueError(PERSON)

        app.add_api_route("/fault/halfway", lambda: StreamingResponse(parts()), methods=["GET"], response_model=None)
        with TestClient(app) as client, pytest.raises(ResponseBroken) as caught:
            client.get("/fault/halfway")
        assert caught.value.__suppress_context__
        assert logs[0]["error"] == "ValueError"


def test_a_line_of_the_log_is_json_with_the_request() -> None:
    script = (
        "import structlog; from structlog.contextvars import bind_contextvars;"
        "from tuoju.launch.logs import configure_logs; configure_logs(); bind_contextvars(request_id='7');"
        "structlog.get_logger().error('request_failed', error='TypeError')"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    line = json.loads(ended.stderr)
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "request_failed", "error": "TypeError", "level": "error", "request_id": "7"}
    assert ended.stdout == ""
