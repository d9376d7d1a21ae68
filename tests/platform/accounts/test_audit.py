"""The audit: keyed chains, a registry of chains, sealing of the entries of 0.1.0, triggers, and concurrent writers."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from benchmarks.keys import invented_key
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, select

from factories.accounts import COUNTY, make_actor, make_user
from factories.audit import write_plain_chain
from factories.databases import UnitOfWork
from tuoju.accounts import audit
from tuoju.accounts.audit_verifier import REGISTRY, entry_hash
from tuoju.accounts.models import AuditChain, AuditEntry
from tuoju.accounts.request_context import RequestContext, network_of, use_request

NEW_SCOPE = "341199000000"


class TestEntry:
    def test_is_written_under_the_key_and_follows_the_one_before(self, session: Session) -> None:
        actor = make_actor(session)
        first = audit.record(session, actor, "look_up", audit.Subject("List", "needs"), scope=NEW_SCOPE)
        second = audit.record(session, actor, "look_up", audit.Subject("List", "needs"), scope=NEW_SCOPE)
        assert (first.sequence, first.previous_hash, second.previous_hash) == (1, "", first.hash)
        assert first.key_id == audit.audit_keys().current.id
        assert first.mac not in ("", second.mac)

    def test_says_which_request_it_came_from(self, session: Session) -> None:
        context = RequestContext(request_id="a1b2c3", address="192.0.2.0/24", session_id=7)
        with use_request(context):
            entry = audit.record(session, None, "look_up", audit.Subject("List", "needs"), scope=NEW_SCOPE)
        assert (entry.request_id, entry.address, entry.session_id) == ("a1b2c3", "192.0.2.0/24", 7)

    def test_says_who_ran_a_command(self, session: Session) -> None:
        with use_request(RequestContext(operator="clerk")):
            entry = audit.record(session, None, "load_regions", audit.Subject("List", "regions"), scope=NEW_SCOPE)
        assert (entry.actor_id, entry.detail) == (None, {"operator": "clerk"})

    @pytest.mark.parametrize(
        ("host", "network"),
        [
            ("192.0.2.77", "192.0.2.0/24"),
            ("2001:db8:1:2::9", "2001:db8:1::/48"),
            ("::ffff:192.0.2.77", "192.0.2.0/24"),
            ("fe80::1%eth0", "fe80::/48"),
            ("testclient", ""),
        ],
    )
    def test_keeps_the_network_of_an_address_only(self, host: str, network: str) -> None:
        assert network_of(host) == network

    def test_a_savepoint_that_is_rolled_back_leaves_no_gap(self, session: Session) -> None:
        for kept in (True, False, True):
            nested = session.begin_nested()
            audit.record(session, None, "look_up", audit.Subject("List", "needs"), scope=NEW_SCOPE)
            session.flush()
            nested.commit() if kept else nested.rollback()
        audit.record(session, None, "look_up", audit.Subject("List", "needs"), scope=NEW_SCOPE)
        session.flush()
        report = audit.verify(session)
        assert (report.findings, report.entries[NEW_SCOPE]) == ([], 3)


class TestKeys:
    @pytest.fixture(autouse=True)
    def _restore(self) -> object:
        keys = audit.audit_keys()
        yield
        audit._keys = keys

    def test_a_retired_key_still_verifies_what_it_wrote(self, session: Session) -> None:
        audit.record(session, None, "look_up", audit.Subject("List", "needs"), scope=NEW_SCOPE)
        audit.use_audit_key(b"n" * 32, retired=[invented_key("audit")])
        audit.record(session, None, "look_up", audit.Subject("List", "needs"), scope=NEW_SCOPE)
        session.flush()
        assert audit.verify(session).findings == []
        audit.use_audit_key(b"n" * 32)
        assert {finding.kind for finding in audit.verify(session).findings} == {"unknown_key"}


class TestHistoryOfTheFirstRelease:
    """Entries without a key stand before the keyed entry that seals them, and nowhere else."""

    def test_is_sealed_by_the_first_entry_that_follows(self, session: Session) -> None:
        write_plain_chain(session, NEW_SCOPE, 3)
        assert [finding.kind for finding in audit.verify(session).findings] == ["unsealed"]
        audit.record(session, None, "look_up", audit.Subject("List", "needs"), scope=NEW_SCOPE)
        session.flush()
        report = audit.verify(session)
        assert (report.findings, report.plain, report.entries[NEW_SCOPE]) == ([], 3, 5)

    def test_is_sealed_after_an_upgrade(self, session: Session) -> None:
        write_plain_chain(session, NEW_SCOPE, 3)
        assert (audit.seal_history(session), audit.seal_history(session)) == (1, 0)
        assert audit.verify(session).findings == []

    def test_a_changed_old_entry_is_found(self, session: Session) -> None:
        write_plain_chain(session, NEW_SCOPE, 3, action_of_second="forged")
        audit.seal_history(session)
        assert [(finding.kind, finding.sequence) for finding in audit.verify(session).findings] == [("changed", 2)]

    def test_nobody_writes_entries_without_a_key_after_the_seal(self, session: Session) -> None:
        write_plain_chain(session, NEW_SCOPE, 2)
        audit.seal_history(session)
        head = session.get_one(AuditChain, NEW_SCOPE)
        entry = AuditEntry(
            scope=NEW_SCOPE,
            sequence=4,
            at=datetime(2026, 3, 1, tzinfo=UTC),
            action="forged",
            subject_type="Need",
            subject_id="1",
            previous_hash=head.hash,
            hash="",
        )
        entry.hash = entry_hash(entry.model_dump())
        head.sequence, head.hash, head.key_id, head.mac = 4, entry.hash, "", ""
        session.add(entry)
        session.flush()
        assert {finding.kind for finding in audit.verify(session).findings} == {"unkeyed", "forged"}


class TestTriggers:
    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE audit_entry SET purpose = 'other'",
            "DELETE FROM audit_entry",
            pytest.param("TRUNCATE audit_entry", marks=pytest.mark.postgres),
        ],
    )
    def test_entries_are_only_added(self, engine: Engine, unit_of_work: UnitOfWork, statement: str) -> None:
        with unit_of_work.write() as session:
            audit.record(session, None, "look_up", audit.Subject("List", "needs"), scope=COUNTY)
        with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
            connection.execute(text(statement))

    def test_no_entry_is_replaced(self, engine: Engine, unit_of_work: UnitOfWork) -> None:
        """SQLite replaces rows without their DELETE trigger; PostgreSQL updates them on a conflict."""
        with unit_of_work.write() as session:
            audit.record(session, None, "look_up", audit.Subject("List", "needs"), scope=COUNTY)
        replace = "INSERT OR REPLACE INTO audit_entry SELECT * FROM audit_entry"
        if engine.dialect.name == "postgresql":
            replace = "INSERT INTO audit_entry SELECT * FROM audit_entry ON CONFLICT (id) DO UPDATE SET purpose = 'x'"
        with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
            connection.execute(text(replace))


def write_at_once(unit_of_work: UnitOfWork, writers: int, scope_of: Callable[[int], str]) -> list[Exception]:
    """Let many transactions write an entry at the same moment; the errors."""
    with unit_of_work.write() as session:
        user = make_user(session)
    ready, failures = threading.Barrier(writers), []

    def write_entry(number: int) -> None:
        try:
            ready.wait(30)
            with unit_of_work.write() as session:
                audit.record(session, None, "look_up", user, scope=scope_of(number))
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=write_entry, args=(number,)) for number in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


class TestConcurrentWriters:
    """The first entries of a chain, and of all chains, are written at once."""

    @pytest.mark.parametrize("writers", [2, 10])
    def test_of_one_new_scope(self, unit_of_work: UnitOfWork, writers: int) -> None:
        assert write_at_once(unit_of_work, writers, lambda _: NEW_SCOPE) == []
        with unit_of_work.read() as session:
            sequences = session.exec(select(AuditEntry.sequence).where(AuditEntry.scope == NEW_SCOPE)).all()
            assert sorted(sequences) == list(range(1, writers + 1))
            report = audit.verify(session)
        assert (report.findings, report.entries) == ([], {NEW_SCOPE: writers, REGISTRY: 1})

    @pytest.mark.parametrize("writers", [2, 10])
    def test_of_a_new_scope_each(self, unit_of_work: UnitOfWork, writers: int) -> None:
        assert write_at_once(unit_of_work, writers, lambda number: f"organization:{number}") == []
        with unit_of_work.read() as session:
            report = audit.verify(session)
        assert (report.findings, report.entries[REGISTRY], len(report.entries)) == ([], writers, writers + 1)

    @pytest.mark.postgres
    def test_who_waits_for_a_beginner_that_rolls_back_begins_the_chain(self, unit_of_work: UnitOfWork) -> None:
        waiting = threading.Thread(target=lambda: write_at_once(unit_of_work, 1, lambda _: NEW_SCOPE))
        with unit_of_work.write() as session:
            audit.record(session, None, "look_up", audit.Subject("List", "needs"), scope=NEW_SCOPE)
            session.flush()
            waiting.start()
            session.rollback()
        waiting.join()
        with unit_of_work.read() as session:
            report = audit.verify(session)
        assert (report.findings, report.entries[NEW_SCOPE]) == ([], 1)
