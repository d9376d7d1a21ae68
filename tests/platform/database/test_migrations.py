"""The migrations make exactly the tables that the code knows, on either database."""

from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from tuoju.database.engine import make_engine
from tuoju.launch.migrations import migrate
from tuoju.launch.tables import METADATA


def test_an_empty_database_comes_to_the_tables_of_the_code(databases: Any) -> None:
    engine = make_engine(databases.empty())
    migrate(engine)
    migrate(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, METADATA) == []
        indexes = {each["name"] for each in inspect(connection).get_indexes("referral")}
        assert "uq_referral_live_need" in indexes
        checks = {each["name"] for each in inspect(connection).get_check_constraints("project")}
        assert any("places_never_given_twice" in str(name) for name in checks)
        assert connection.execute(text("SELECT count(*) FROM alembic_version")).scalar() == 1
    engine.dispose()
