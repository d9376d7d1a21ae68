"""What load balancers ask: is this process alive, can it serve, is everything up (design.md section 8)."""

import pytest
from alembic.script import ScriptDirectory
from fastapi.testclient import TestClient
from sqlalchemy import text

from factories.databases import UnitOfWork
from factories.pages import SETTINGS
from tuoju.database.engine import make_engine
from tuoju.database.schema_version import shipped_revision
from tuoju.launch.migrations import config_for
from tuoju.web.app import create_app


@pytest.fixture
def client(unit_of_work: UnitOfWork) -> TestClient:
    return TestClient(create_app(unit_of_work, SETTINGS))


@pytest.fixture
def cut_off() -> TestClient:
    """A process whose database does not answer."""
    return TestClient(create_app(UnitOfWork(make_engine("postgresql+psycopg://nobody@127.0.0.1:1/none")), SETTINGS))


class TestAlive:
    def test_without_database_and_worker(self, cut_off: TestClient) -> None:
        assert cut_off.get("/livez").status_code == 200


class TestReady:
    def test_without_a_worker(self, client: TestClient) -> None:
        assert client.get("/healthz").status_code == 503, "no worker runs"
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json()["migrations"]) == (200, "current")

    def test_not_without_its_database(self, cut_off: TestClient) -> None:
        answer = cut_off.get("/readyz")
        assert (answer.status_code, answer.json()["database"]) == (503, "down")
        assert int(answer.headers["retry-after"]) > 0

    def test_not_with_the_tables_of_another_version(self, client: TestClient, unit_of_work: UnitOfWork) -> None:
        with unit_of_work.engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json()["migrations"]) == (503, "other")

    def test_not_without_tables(self, client: TestClient, unit_of_work: UnitOfWork) -> None:
        with unit_of_work.engine.begin() as connection:
            connection.execute(text("DROP TABLE alembic_version"))
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json()["migrations"]) == (503, "missing")


def test_the_shipped_revision_is_the_head_of_the_chain() -> None:
    assert ScriptDirectory.from_config(config_for(None)).get_heads() == [shipped_revision()]
