"""The data of every release come through the upgrade: `releases/` holds a small city as each release wrote it."""

import gzip
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select, text
from sqlmodel import Session

from factories.accounts import make_user
from factories.schemas import read_schema
from tuoju.accounts.models import User
from tuoju.database.engine import WRITES, make_engine
from tuoju.launch.migrations import migrate
from tuoju.launch.tables import METADATA
from tuoju.residents.models import Resident

RELEASES = Path(__file__).parent / "releases"
DUMPS = [
    pytest.param(path, marks=[pytest.mark.postgres] if ".postgres." in path.name else [], id=path.name)
    for path in sorted(RELEASES.glob("*.sql.gz"))
]


@pytest.fixture(params=DUMPS)
def upgraded(request: pytest.FixtureRequest, tmp_path: Path, databases: Any) -> Iterator[Engine]:
    """A database of a release, brought to the present tables."""
    statements = gzip.decompress(request.param.read_bytes()).decode()
    if ".postgres." in request.param.name:
        url = databases.empty()
        engine = make_engine(url)
        with engine.begin() as connection:
            connection.connection.driver_connection.execute(statements)  # type: ignore[union-attr]
        engine.dispose()  # the dump leaves its connection without a search path
    else:
        url = f"sqlite:///{tmp_path / 'release.db'}"
        with sqlite3.connect(tmp_path / "release.db") as connection:
            connection.executescript(statements)
        connection.close()
    engine = make_engine(url)
    migrate(engine)
    yield engine
    engine.dispose()


def test_every_release_has_a_dump_of_both_databases() -> None:
    versions = [path.name.removesuffix(".sql.gz").rsplit(".", 1) for path in RELEASES.glob("*.sql.gz")]
    assert {version for version, _ in versions} >= {"0.1.0"}
    for version, _ in versions:
        assert sorted(name for other, name in versions if other == version) == ["postgres", "sqlite"]


class TestUpgradedRelease:
    def test_its_schema_is_the_declared_one(self, upgraded: Engine, tmp_path: Path, databases: Any) -> None:
        on_sqlite = upgraded.dialect.name == "sqlite"
        declared = make_engine(f"sqlite:///{tmp_path / 'declared.db'}" if on_sqlite else databases.empty())
        METADATA.create_all(declared)
        with upgraded.connect() as before, declared.connect() as after:
            assert read_schema(before) == read_schema(after)
        declared.dispose()

    def test_every_table_has_rows_and_is_read(self, upgraded: Engine) -> None:
        """Reading opens each sealed value and turns each word into its enum."""
        with upgraded.connect() as connection:
            for table in METADATA.sorted_tables:
                assert connection.execute(select(table)).all(), table.name

    def test_a_sealed_value_is_opened(self, upgraded: Engine) -> None:
        with Session(upgraded) as session:
            resident = session.scalars(select(Resident)).first()
            assert resident is not None
            stored = session.execute(text("SELECT name FROM resident WHERE id = :id"), {"id": resident.id}).scalar_one()
        assert stored.startswith("test:")
        assert resident.name not in stored
        assert 2 <= len(resident.name) <= 4

    def test_new_rows_follow_the_old_ones(self, upgraded: Engine) -> None:
        with Session(upgraded.execution_options(**WRITES)) as session, session.begin():
            newest = max(session.scalars(select(User.id)))  # type: ignore[call-overload]
            assert make_user(session).pk == newest + 1
