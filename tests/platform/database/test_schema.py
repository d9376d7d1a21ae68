"""A migrated database has exactly the tables that the code declares, on SQLite and on PostgreSQL."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine, MetaData

from factories.schemas import Schema, declare, read_schema
from tuoju.database.engine import make_engine
from tuoju.launch.migrations import migrate
from tuoju.launch.tables import METADATA

Change = Callable[[MetaData], None]


@pytest.fixture
def make_database(tmp_path: Path, databases: Any, request: pytest.FixtureRequest) -> Callable[[], Engine]:
    """Makes empty databases: on SQLite in every run, on PostgreSQL where one is named."""

    def make() -> Engine:
        sqlite = f"sqlite:///{tmp_path / f'{len(engines)}.db'}"
        engines.append(make_engine(sqlite if request.param == "sqlite" else databases.empty()))
        return engines[-1]

    engines: list[Engine] = []
    yield make
    for engine in engines:
        engine.dispose()


both = pytest.mark.parametrize(
    "make_database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)


def schema_of(engine: Engine) -> Schema:
    with engine.connect() as connection:
        return read_schema(connection)


def differences(first: Schema, second: Schema) -> list[str]:
    """What only one of two schemas has."""
    return sorted(
        f"{table}: {definition}"
        for table in first.keys() | second.keys()
        for definition in first.get(table, set()) ^ second.get(table, set())
    )


@both
class TestMigratedSchema:
    def test_it_equals_the_declared_tables(self, make_database: Callable[[], Engine]) -> None:
        migrated, declared = make_database(), make_database()
        migrate(migrated)
        declare(declared)
        assert differences(schema_of(migrated), schema_of(declared)) == []
        assert schema_of(declared).keys() == METADATA.tables.keys()

    def test_migrating_again_changes_nothing(self, make_database: Callable[[], Engine]) -> None:
        engine = make_database()
        migrate(engine)
        before = schema_of(engine)
        migrate(engine)
        assert schema_of(engine) == before


def _declare(metadata: MetaData) -> None:
    sa.Table("place", metadata, sa.Column("code", sa.String(12), primary_key=True))
    sa.Table(
        "referral",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("need", sa.Integer, nullable=False),
        sa.Column("place", sa.String(12), sa.ForeignKey("place.code", name="fk_place")),
        sa.Column("state", sa.Enum("sent", "rejected", native_enum=False, create_constraint=True, name="state")),
        sa.CheckConstraint("need > 0", name="ck_need"),
        sa.UniqueConstraint("need", "place", name="uq_need_place"),
    )
    _live_index(metadata, "state = 'sent'")


def _live_index(metadata: MetaData, where: str) -> None:
    column = metadata.tables["referral"].c.need
    sa.Index("uq_live", column, unique=True, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def _constraint(metadata: MetaData, name: str) -> sa.Constraint:
    return next(constraint for constraint in metadata.tables["referral"].constraints if constraint.name == name)


def _change_check(metadata: MetaData) -> None:
    metadata.tables["referral"].constraints.remove(_constraint(metadata, "ck_need"))
    metadata.tables["referral"].append_constraint(sa.CheckConstraint("need >= 0", name="ck_need"))


def _add_enum_member(metadata: MetaData) -> None:
    kind = sa.Enum("sent", "rejected", "lost", native_enum=False, create_constraint=True, name="state")
    metadata.tables["referral"].constraints.remove(_constraint(metadata, "state"))
    metadata.tables["referral"].append_column(sa.Column("state", kind), replace_existing=True)


def _drop_where(metadata: MetaData) -> None:
    metadata.tables["referral"].indexes.clear()
    sa.Index("uq_live", metadata.tables["referral"].c.need, unique=True)


def _change_where(metadata: MetaData) -> None:
    metadata.tables["referral"].indexes.clear()
    _live_index(metadata, "state <> 'sent'")


def _drop_unique(metadata: MetaData) -> None:
    metadata.tables["referral"].constraints.remove(_constraint(metadata, "uq_need_place"))


def _drop_foreign_key(metadata: MetaData) -> None:
    metadata.tables["referral"].append_column(sa.Column("place", sa.String(12)), replace_existing=True)


def _allow_null(metadata: MetaData) -> None:
    metadata.tables["referral"].c.need.nullable = True


def _change_length(metadata: MetaData) -> None:
    metadata.tables["place"].c.code.type = sa.String(13)


CHANGES: dict[str, tuple[Change, str]] = {
    "check": (_change_check, "ck_need"),
    "enum member": (_add_enum_member, "lost"),
    "index without its WHERE": (_drop_where, "uq_live"),
    "another WHERE": (_change_where, "uq_live"),
    "unique constraint": (_drop_unique, "uq_need_place"),
    "foreign key": (_drop_foreign_key, "fk_place"),
    "nullability": (_allow_null, "need"),
    "length": (_change_length, "code"),
}


@both
class TestComparison:
    """The comparison itself: whatever is changed in one of two databases is seen."""

    def test_equal_tables_do_not_differ(self, make_database: Callable[[], Engine]) -> None:
        engines = make_database(), make_database()
        for engine in engines:
            metadata = MetaData()
            _declare(metadata)
            metadata.create_all(engine)
        assert differences(*map(schema_of, engines)) == []

    @pytest.mark.parametrize("change", CHANGES)
    def test_a_change_is_seen(self, make_database: Callable[[], Engine], change: str) -> None:
        apply, name = CHANGES[change]
        before, after = make_database(), make_database()
        metadata, changed = MetaData(), MetaData()
        for tables in (metadata, changed):
            _declare(tables)
        apply(changed)
        metadata.create_all(before)
        changed.create_all(after)
        seen = differences(schema_of(before), schema_of(after))
        assert any(name in definition for definition in seen), seen
