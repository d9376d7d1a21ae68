"""Chains of the audit for tests, and what an administrator of the database can do to them."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, text
from sqlmodel import Session

from tuoju.accounts.audit_verifier import entry_hash
from tuoju.accounts.models import AuditChain, AuditEntry
from tuoju.database.engine import WRITES


def write_plain_chain(session: Session, scope: str, entries: int, *, action_of_second: str = "") -> None:
    """A chain as release 0.1.0 wrote it; with `action_of_second` its second entry was changed afterwards."""
    previous = ""
    for sequence in range(1, entries + 1):
        entry = AuditEntry(
            scope=scope,
            sequence=sequence,
            at=datetime(2026, 3, 1, tzinfo=UTC) + timedelta(minutes=sequence),
            action="look_up",
            subject_type="Resident",
            subject_id="1",
            previous_hash=previous,
            hash="",
        )
        previous = entry.hash = entry_hash(entry.model_dump())
        if sequence == 2 and action_of_second:
            entry.action = action_of_second
        session.add(entry)
    session.add(AuditChain(scope=scope, sequence=entries, hash=previous))
    session.flush()


def run_as_database_administrator(engine: Engine, *statements: str, **values: object) -> None:
    """Run statements on the audit with its triggers dropped, as whoever owns the database can."""
    if engine.dialect.name == "postgresql":
        drops = ["DROP TRIGGER IF EXISTS audit_entry_stays ON audit_entry"]
    else:
        drops = [f"DROP TRIGGER IF EXISTS audit_entry_{verb}" for verb in ("update", "delete", "replace")]
    with engine.execution_options(**WRITES).begin() as connection:
        for statement in drops:
            connection.execute(text(statement))
        for statement in statements:
            connection.execute(text(statement), values)
