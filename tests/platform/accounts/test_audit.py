"""Audit chains under several writers."""

import threading

import pytest
from sqlmodel import select

from factories.accounts import make_user
from tuoju.accounts import audit
from tuoju.accounts.models import AuditEntry
from tuoju.database.unit_of_work import UnitOfWork


@pytest.mark.postgres
def test_the_first_entries_of_a_chain_may_be_written_at_once(unit_of_work: UnitOfWork) -> None:
    with unit_of_work.write() as session:
        user = make_user(session)
    ready, failures = threading.Barrier(4), []

    def write_first_entry() -> None:
        try:
            with unit_of_work.write() as session:
                ready.wait()
                audit.record(session, None, "look_up", user, scope="341199000000")
        except Exception as error:
            failures.append(error)

    writers = [threading.Thread(target=write_first_entry) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert failures == []
    with unit_of_work.read() as session:
        query = select(AuditEntry.sequence).where(AuditEntry.scope == "341199000000")
        assert sorted(session.exec(query)) == [1, 2, 3, 4]
        assert audit.verify(session)["341199000000"] == 4
