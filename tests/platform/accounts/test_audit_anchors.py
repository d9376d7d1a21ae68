"""Anchors: an append-only file that only its owner reads, a signed webhook, and alarms when either fails."""

import json
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from benchmarks.receivers import HOOK_SECRET, Mood, Receivers
from sqlmodel import col, select
from structlog.testing import capture_logs

from factories.accounts import COUNTY
from factories.databases import UnitOfWork
from factories.full_disks import largest_file
from tuoju.accounts import audit
from tuoju.accounts.audit_anchors import AnchorFailed, AnchorTarget, anchor, anchor_state
from tuoju.accounts.audit_verifier import REGISTRY, read_anchors
from tuoju.accounts.models import AuditEntry
from tuoju.database.records import frozen_time, now
from tuoju_notifications.copies import mark_as_copy

HOUR = timedelta(hours=1)


@pytest.fixture
def target(unit_of_work: UnitOfWork, tmp_path: Path) -> AnchorTarget:
    """A file of anchors beside a database with one entry."""
    with unit_of_work.write() as session:
        audit.record(session, None, "look_up", audit.Subject("List", "needs"), scope=COUNTY)
    return AnchorTarget(tmp_path / "new folder" / "anchors.jsonl")


@pytest.fixture
def receivers() -> Iterator[Receivers]:
    started = Receivers().start()
    yield started
    started.stop()


def marks(unit_of_work: UnitOfWork) -> list[str]:
    """What the registry tells of anchors."""
    query = select(AuditEntry.action).where(AuditEntry.scope == REGISTRY, col(AuditEntry.action).startswith("anchor"))
    with unit_of_work.read() as session:
        return list(session.exec(query.order_by(col(AuditEntry.sequence))))


class TestFile:
    def test_only_its_owner_reads_it(self, unit_of_work: UnitOfWork, target: AnchorTarget) -> None:
        anchor(unit_of_work, target)
        assert target.file.stat().st_mode & 0o777 == 0o600

    def test_a_line_has_the_heads_that_changed(self, unit_of_work: UnitOfWork, target: AnchorTarget) -> None:
        assert [anchor(unit_of_work, target), anchor(unit_of_work, target)] == [1, 2]
        first, second = read_anchors(target.file.read_text())
        assert [scope for scope, _, _ in first["heads"]] == [COUNTY, REGISTRY]
        assert [scope for scope, _, _ in second["heads"]] == [REGISTRY]
        assert second["previous"] == first["hash"]
        assert (second["chains"], second["file"]) == (2, first["file"])

    def test_goes_on_after_a_line_that_a_crash_tore(self, unit_of_work: UnitOfWork, target: AnchorTarget) -> None:
        anchor(unit_of_work, target)
        with target.file.open("a") as file:
            file.write('{"kind":"anc')
        anchor(unit_of_work, target)
        lines = read_anchors(target.file.read_text())
        assert [line["number"] for line in lines] == [1, 2]
        with unit_of_work.read() as session:
            assert audit.verify(session, anchors=[lines]).findings == []

    def test_a_file_that_cannot_be_written_raises_an_alarm(
        self, unit_of_work: UnitOfWork, target: AnchorTarget
    ) -> None:
        with capture_logs() as logs, pytest.raises(AnchorFailed):
            anchor(unit_of_work, AnchorTarget(target.file.parent.parent))
        assert [(line["event"], line["log_level"]) for line in logs] == [("audit_anchor_failed", "error")]
        assert marks(unit_of_work) == ["anchor_failed"]
        with unit_of_work.read() as session:
            assert anchor_state(session, HOUR).problem.startswith("file_")

    def test_a_disk_that_takes_half_a_line_raises_an_alarm_and_keeps_none_of_it(
        self, unit_of_work: UnitOfWork, target: AnchorTarget, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        anchor(unit_of_work, target)
        before = target.file.read_bytes()
        write = os.write

        def write_on_a_full_disk(descriptor: int, content: bytes) -> int:
            with largest_file(len(before) + 10):
                return write(descriptor, content)

        with monkeypatch.context() as patch:
            patch.setattr(os, "write", write_on_a_full_disk)
            with pytest.raises(AnchorFailed, match="file_OSError"):
                anchor(unit_of_work, target)
        assert target.file.read_bytes() == before
        anchor(unit_of_work, target)
        with unit_of_work.read() as session:
            assert audit.verify(session, anchors=[read_anchors(target.file.read_text())]).findings == []


class TestWebhook:
    @pytest.fixture
    def posting(self, target: AnchorTarget, receivers: Receivers) -> AnchorTarget:
        return AnchorTarget(target.file, f"{receivers.web}/hook#{HOOK_SECRET}", webhook_may_be_private=True)

    def test_gets_each_line_signed(self, unit_of_work: UnitOfWork, posting: AnchorTarget, receivers: Receivers) -> None:
        anchor(unit_of_work, posting)
        [text] = receivers.boxes["hook"].texts.values()
        assert [json.loads(text)] == read_anchors(posting.file.read_text())
        assert marks(unit_of_work) == ["anchor", "anchor_sent"]

    def test_gets_later_what_it_missed(
        self, unit_of_work: UnitOfWork, posting: AnchorTarget, receivers: Receivers
    ) -> None:
        receivers.boxes["hook"].mood = Mood.fail
        with pytest.raises(AnchorFailed, match="webhook_http_500"):
            anchor(unit_of_work, posting)
        with unit_of_work.read() as session:
            assert anchor_state(session, HOUR).problem == "webhook_http_500"
        receivers.boxes["hook"].mood = Mood.well
        anchor(unit_of_work, posting)
        numbers = [json.loads(text)["number"] for text in receivers.boxes["hook"].texts.values()]
        assert numbers == [1, 2]
        with unit_of_work.read() as session:
            assert anchor_state(session, HOUR).problem == ""

    def test_gets_nothing_from_a_restored_copy(
        self, unit_of_work: UnitOfWork, posting: AnchorTarget, receivers: Receivers
    ) -> None:
        with unit_of_work.write() as session:
            mark_as_copy(session, now())
        anchor(unit_of_work, posting)
        assert receivers.boxes["hook"].texts == {}
        assert marks(unit_of_work) == ["anchor"]

    def test_is_never_at_a_private_address_unless_that_is_allowed(
        self, unit_of_work: UnitOfWork, posting: AnchorTarget, receivers: Receivers
    ) -> None:
        with pytest.raises(AnchorFailed, match="address_not_allowed"):
            anchor(unit_of_work, AnchorTarget(posting.file, posting.webhook))
        assert receivers.boxes["hook"].texts == {}


class TestState:
    def test_is_late_without_an_anchor_for_two_intervals(self, unit_of_work: UnitOfWork, target: AnchorTarget) -> None:
        anchor(unit_of_work, target)
        with unit_of_work.read() as session:
            assert (anchor_state(session, HOUR).problem, anchor_state(session, HOUR).number) == ("", 1)
            with frozen_time(now() + 3 * HOUR):
                assert anchor_state(session, HOUR).problem == "late"

    def test_a_new_database_has_two_intervals_for_its_first_anchor(
        self, unit_of_work: UnitOfWork, target: AnchorTarget
    ) -> None:
        assert not target.file.exists()
        with unit_of_work.read() as session:
            assert anchor_state(session, HOUR).problem == ""
            with frozen_time(now() + 3 * HOUR):
                assert anchor_state(session, HOUR).problem == "late"
