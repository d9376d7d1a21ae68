"""How migrations run: numbered without gaps, undone as a whole, and without losing rows that others point at."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Connection, Engine, MetaData, inspect, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from factories.schemas import VERSION_TABLE
from tuoju.database.engine import WRITES, make_engine
from tuoju.launch.migrations import BrokenForeignKeys, UnknownSchema, config_for, foreign_keys_off, migrate
from tuoju.relief.models import Society


@pytest.fixture
def empty(databases: Any) -> Iterator[Engine]:
    """An empty database."""
    engine = make_engine(databases.empty())
    yield engine
    engine.dispose()


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Engine]:
    """A migrated database on SQLite."""
    engine = make_engine(f"sqlite:///{tmp_path / 'office.db'}")
    migrate(engine)
    yield engine
    engine.dispose()


class TestNumbering:
    def test_revisions_are_numbered_without_gaps(self) -> None:
        revisions = [script.revision for script in ScriptDirectory.from_config(config_for(None)).walk_revisions()]
        assert [name[:5] for name in reversed(revisions)] == [f"{n:04}_" for n in range(1, len(revisions) + 1)]

    def test_a_revision_is_named_as_its_file(self) -> None:
        """Bare numbers were used before the first release, so a bare number always marks an older database."""
        for script in ScriptDirectory.from_config(config_for(None)).walk_revisions():
            assert Path(script.path).stem == script.revision
            assert re.fullmatch(r"\d{4}_[a-z0-9_]+", script.revision)
            assert len(script.revision) <= 32, "the column alembic_version.version_num holds 32 characters"


class TestDowngrade:
    def test_the_first_release_is_undone_as_a_whole(self, empty: Engine) -> None:
        migrate(empty)
        with empty.execution_options(**WRITES).begin() as connection:
            command.downgrade(config_for(connection), "base")
            assert inspect(connection).get_table_names() == [VERSION_TABLE]
        migrate(empty)


class TestUnknownSchema:
    @pytest.mark.parametrize("revision", ["0026", "0001", "0999_a_later_release"])
    def test_a_database_of_another_version_is_left_alone(self, empty: Engine, revision: str) -> None:
        with empty.execution_options(**WRITES).begin() as connection:
            connection.execute(text(f"CREATE TABLE {VERSION_TABLE} (version_num VARCHAR(32) NOT NULL)"))
            connection.execute(text(f"INSERT INTO {VERSION_TABLE} VALUES (:revision)"), {"revision": revision})
        with pytest.raises(UnknownSchema) as caught:
            migrate(empty)
        assert caught.value.revision == revision
        assert inspect(empty).get_table_names() == [VERSION_TABLE]


def fill_every_table(connection: Connection) -> dict[str, int]:
    """Write a row into each table, pointing at the rows of the others; returns how many rows each table has."""
    tables = MetaData()
    tables.reflect(connection)
    for table in tables.sorted_tables:
        if table.name != VERSION_TABLE:
            connection.execute(table.insert().values({column.name: some_value(column) for column in table.columns}))
    return count_rows(connection)


def some_value(column: Column[Any]) -> Any:
    """A value that a column takes: the same for every key, so that all rows point at one another."""
    values: dict[type, Any] = {
        sa.DateTime: datetime(2026, 3, 1, 8, tzinfo=UTC),
        sa.Date: date(2026, 3, 1),
        sa.Time: time(8),
        sa.Boolean: False,
        sa.Integer: 1,
        sa.Float: 1.0,
        sa.JSON: [],
    }
    return next((value for kind, value in values.items() if isinstance(column.type, kind)), "x")


def count_rows(connection: Connection) -> dict[str, int]:
    names = inspect(connection).get_table_names()
    return {name: connection.exec_driver_sql(f'SELECT count(*) FROM "{name}"').scalar_one() for name in names}


def set_pragma(connection: Connection, pragma: str) -> None:
    """Outside a transaction, where SQLite heeds it."""
    connection.connection.driver_connection.execute(f"PRAGMA {pragma}")  # type: ignore[union-attr]


def rebuild_every_table(connection: Connection) -> None:
    """What SQLite does to a table when one of its columns or constraints is changed."""
    operations = Operations(MigrationContext.configure(connection, opts={"render_as_batch": True}))
    for name in inspect(connection).get_table_names():
        with operations.batch_alter_table(name, recreate="always") as batch:
            batch.add_column(sa.Column("added", sa.Integer()))


class TestRowsOthersPointAt:
    """SQLite changes a table by building it anew: the rows stay, and foreign keys do not forbid it."""

    def fill(self, office: Engine) -> dict[str, int]:
        with office.connect() as connection:
            for pragma in ("foreign_keys = OFF", "ignore_check_constraints = ON"):
                set_pragma(connection, pragma)
            counts = fill_every_table(connection)
            connection.commit()
            for pragma in ("foreign_keys = ON", "ignore_check_constraints = OFF"):
                set_pragma(connection, pragma)
        return counts

    def test_they_stay_while_every_table_is_rebuilt(self, office: Engine) -> None:
        before = self.fill(office)
        with office.execution_options(**WRITES).connect() as connection, foreign_keys_off(connection):
            set_pragma(connection, "ignore_check_constraints = ON")
            with connection.begin():
                rebuild_every_table(connection)
        with office.connect() as connection:
            assert count_rows(connection) == before
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []

    def test_with_the_keys_on_it_is_forbidden(self, office: Engine) -> None:
        self.fill(office)
        with office.execution_options(**WRITES).connect() as connection:
            set_pragma(connection, "ignore_check_constraints = ON")
            with pytest.raises(IntegrityError, match="FOREIGN KEY"), connection.begin():
                rebuild_every_table(connection)

    def test_rows_that_point_at_nothing_are_refused_by_table(self, office: Engine) -> None:
        with office.connect() as connection, foreign_keys_off(connection), Session(connection) as session:
            session.add(Society(region_code="000000000000", recorded_by=1))
            session.commit()
        with pytest.raises(BrokenForeignKeys) as caught:
            migrate(office)
        assert caught.value.tables == {"society"}
