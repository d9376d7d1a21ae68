"""The migrations make exactly the tables that the code knows, on either database."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Column, Connection, MetaData, inspect, text
from sqlmodel import Session

from factories.notifications import post_one
from tuoju.database.engine import WRITES, make_engine
from tuoju.launch.migrations import config_for, keys_at_rest, migrate
from tuoju.launch.tables import METADATA
from tuoju_notifications.kinds import NotificationKind
from tuoju_notifications.models import RecipientType
from tuoju_notifications.outbox import call_off, post
from tuoju_notifications.queries import find_notifications
from tuoju_notifications.routing import Recipient, user


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
        assert [each.group_key for each in find_notifications(session, 17)] == ["gap:3:user:17"]
        [found] = post(session, NotificationKind.gap_found, recipient=user(17), key="gap:3", link="/needs/3/matches")
        assert found.id == 1
        assert [each.id for each in post_one(session)] == [2]
    with engine.execution_options(**WRITES).connect() as connection, keys_at_rest(connection), connection.begin():
        command.downgrade(config_for(connection), "0007")
        assert connection.execute(text("SELECT count(*) FROM notice")).scalar() == 2
    engine.dispose()


def write_waiting_notice(connection: Connection, number: int, recipient_id: int, **given: str) -> None:
    """An SMS to a resident, as it lay in an earlier release."""
    columns = {each["name"] for each in inspect(connection).get_columns("notice")}
    values = dict.fromkeys(columns, f"x{number}") | {"id": number, "recipient_id": recipient_id}
    values |= {"attempts": 0, "handovers": 0}
    values |= {name: "2026-03-01 08:00:00+00:00" for name in columns if name.endswith(("_at", "_until", "_before"))}
    values |= {"kind": "resident_visit", "channel": "sms", "recipient_type": "resident", "parameters": "{}"}
    values |= {"state": "created", "urgency": "normal", "address": ""} | given
    names = ", ".join(sorted(columns))
    places = ", ".join(f":{name}" for name in sorted(columns))
    connection.execute(text(f"INSERT INTO notice ({names}) VALUES ({places})"), values)


def test_a_notice_written_before_may_be_called_off(databases: Any) -> None:
    engine = make_engine(databases.empty())
    with engine.execution_options(**WRITES).begin() as connection:
        command.upgrade(config_for(connection), "0023")
        write_waiting_notice(connection, 1, 7)
    with engine.execution_options(**WRITES).connect() as connection, keys_at_rest(connection), connection.begin():
        command.upgrade(config_for(connection), "0025")
    with Session(engine.execution_options(**WRITES)) as session, session.begin():
        resident = Recipient(RecipientType.resident, 7)
        assert call_off(session, resident, {NotificationKind.resident_visit}, code="consent_withdrawn") == {1}
    with engine.execution_options(**WRITES).connect() as connection, keys_at_rest(connection), connection.begin():
        command.downgrade(config_for(connection), "0023")
        assert connection.execute(text("SELECT state FROM notice")).scalar_one() == "permanent_failure"
    engine.dispose()


def test_what_waited_against_a_no_or_unsafely_is_called_off_by_the_upgrade(databases: Any) -> None:
    """Residents: 1 agrees, 2 took it back, 3 is to be treated with care, of 4 harm was reported."""
    engine = make_engine(databases.empty())
    with engine.execution_options(**WRITES).begin() as connection:
        command.upgrade(config_for(connection), "0025")
    with engine.execution_options(**WRITES).connect() as connection, rows_free_of_keys(connection), connection.begin():
        tables = MetaData()
        tables.reflect(connection)

        def write(name: str, number: int, **given: Any) -> None:
            row = {column.name: None if column.nullable else some(column) for column in tables.tables[name].columns}
            row = {key: f"x{number}" if value == "x" else value for key, value in row.items()}
            connection.execute(tables.tables[name].insert().values(row | {"id": number} | given))

        for resident in (1, 2, 3, 4):
            back = datetime(2026, 3, 1, 8, tzinfo=UTC) if resident == 2 else None
            write("consent", resident, resident_id=resident, purpose="news", given_by="self", withdrawn_at=back)
            write_waiting_notice(connection, resident, resident, called_off="", provider="")
        words = {"state": "recorded", "opened_by": "application", "scheme": "society_relief"}
        write("assistance_case", 1, resident_id=3, with_care=True, **words)
        write("protection_report", 1, resident_id=4, told="police")
        write_waiting_notice(connection, 5, 2, called_off="", state="sending")
        write_waiting_notice(connection, 6, 2, called_off="", state="sent")
        write_waiting_notice(connection, 7, 2, called_off="", recipient_type="user", kind="gap_found")
    with engine.execution_options(**WRITES).connect() as connection, rows_free_of_keys(connection), connection.begin():
        command.upgrade(config_for(connection), "head")
    with engine.connect() as connection:
        found = connection.execute(text("SELECT id, state, called_off FROM notice ORDER BY id")).all()
        assert [tuple(each) for each in found] == [
            (1, "created", ""),
            (2, "called_off", "consent_withdrawn"),
            (3, "called_off", "with_care"),
            (4, "called_off", "not_safe"),
            (5, "sending", "consent_withdrawn"),
            (6, "sent", ""),
            (7, "created", ""),
        ]
        history = connection.execute(
            text("SELECT notice_id, state, code FROM notification_event ORDER BY notice_id")
        ).all()
        assert [tuple(each) for each in history] == [(row[0], row[1], row[2]) for row in found[1:4]]
        counts = connection.execute(text("SELECT channel, state, steps FROM notification_tally")).all()
        assert [tuple(each) for each in counts] == [("sms", "called_off", 3)]
    engine.dispose()


@contextmanager
def rows_free_of_keys(connection: Connection) -> Iterator[None]:
    """Rows may be written that point at nothing."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET session_replication_role = replica"))
        connection.commit()
        yield
        return
    with keys_at_rest(connection):
        yield


def one_row_in_every_table(connection: Connection) -> dict[str, int]:
    """A row in each table, pointing at the rows of the others; how many rows each table has."""
    tables = MetaData()
    tables.reflect(connection)
    for table in tables.sorted_tables:
        if table.name != "alembic_version":
            connection.execute(table.insert().values({column.name: some(column) for column in table.columns}))
    return counted(connection)


def some(column: Column[Any]) -> Any:
    """A value that a column takes: the same for every key, so that all rows point at one another."""
    known: dict[type, Any] = {
        sa.DateTime: datetime(2026, 3, 1, 8, tzinfo=UTC),
        sa.Date: date(2026, 3, 1),
        sa.Boolean: False,
        sa.Integer: 1,
        sa.Float: 1.0,
        sa.JSON: [],
    }
    return next((value for kind, value in known.items() if isinstance(column.type, kind)), "x")


def counted(connection: Connection) -> dict[str, int]:
    names = inspect(connection).get_table_names()
    return {name: connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar_one() for name in names}


def test_rows_that_others_point_at_stay_while_their_table_is_made_anew(tmp_path: Path) -> None:
    """SQLite changes a table by making it anew: an office's rows are not lost, nor do they forbid it."""
    engine = make_engine(f"sqlite:///{tmp_path / 'office.db'}")
    with engine.execution_options(**WRITES).begin() as connection:
        command.upgrade(config_for(connection), "0008")
    with engine.connect() as connection:
        for pragma in ("foreign_keys = OFF", "ignore_check_constraints = ON"):
            connection.connection.driver_connection.execute(f"PRAGMA {pragma}")  # type: ignore[union-attr]
        before = one_row_in_every_table(connection)
        connection.commit()
        connection.connection.driver_connection.execute("PRAGMA foreign_keys = ON")  # type: ignore[union-attr]
    migrate(engine)
    with engine.connect() as connection:
        after = counted(connection)
        assert {name: after[name] for name in before if name in after} == before
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    engine.dispose()
