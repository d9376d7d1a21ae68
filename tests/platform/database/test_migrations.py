"""The migrations make exactly the tables that the code knows, on either database."""

from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlmodel import Session

from factories.notices import post_one
from tuoju.database.engine import WRITES, make_engine
from tuoju.launch.migrations import config_for, migrate
from tuoju.launch.tables import METADATA
from tuoju_notifications.kinds import NoticeKind
from tuoju_notifications.outbox import post
from tuoju_notifications.queries import find_notices
from tuoju_notifications.routing import user


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


def test_notices_of_the_first_release_stay_in_their_inbox(databases: Any) -> None:
    engine = make_engine(databases.empty())
    with engine.execution_options(**WRITES).begin() as connection:
        command.upgrade(config_for(connection), "0007")
        connection.execute(
            text(
                "INSERT INTO notice (key, kind, channel, recipient_id, link, parameters, state, attempts, created_at,"
                " next_attempt_at) VALUES"
                " ('gap:3:17', 'gap_found', 'in_app', 17, '/needs/3/matches', '{}', 'delivered',"
                " 1, '2026-03-01 08:00:00+00:00', '2026-03-01 08:00:00+00:00')"
            )
        )
        command.upgrade(config_for(connection), "head")
    with Session(engine.execution_options(**WRITES)) as session, session.begin():
        assert [each.group_key for each in find_notices(session, 17)] == ["gap:3:user:17"]
        [found] = post(session, NoticeKind.gap_found, recipient=user(17), key="gap:3", link="/needs/3/matches")
        assert found.id == 1
        assert [each.id for each in post_one(session)] == [2]
    with engine.execution_options(**WRITES).begin() as connection:
        command.downgrade(config_for(connection), "0007")
        assert connection.execute(text("SELECT count(*) FROM notice")).scalar() == 2
    engine.dispose()
