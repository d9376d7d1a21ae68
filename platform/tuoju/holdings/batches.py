"""Rows without a file of their own that are erased by age, a county at a time: alerts, message addresses, drafts,
reports of imports."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete
from sqlmodel import Session, col, func, select

from tuoju.accounts.models import User
from tuoju.cases.models import Alert, AlertState, Draft
from tuoju.database.records import now
from tuoju.database.sealed_files import remove_after_commit
from tuoju.holdings.models import Erasure
from tuoju.holdings.status import Erasable, ErasureState
from tuoju.jobs.models import BackgroundJob, ImportRow
from tuoju.jobs.status import JobKind
from tuoju.regions.queries import within
from tuoju.residents.data_policies import DataKind
from tuoju.residents.models import Resident
from tuoju_notifications.models import Notification, RecipientType
from tuoju_notifications.status import OPEN as OPEN_NOTIFICATIONS
from tuoju_projects.models import Organization

Find = Callable[[Session, str, datetime], Sequence[Any]]


@dataclass(frozen=True)
class Batch:
    """One kind of rows: the policy that bounds them, how they are found, and how one is erased."""

    kind: DataKind
    find: Find
    """The rows of a region from before an instant that still hold something personal."""
    erase_row: Callable[[Session, Any], None]

    def erase(self, session: Session, erasure: Erasure) -> int:
        """Erase what the erasure takes in; how many rows that were."""
        if erasure.before is None:
            return 0
        rows = self.find(session, erasure.region_code, erasure.before)
        for row in rows:
            self.erase_row(session, row)
        session.flush()
        return len(rows)


def _alerts(session: Session, region_code: str, before: datetime) -> Sequence[Alert]:
    """Dismissed alerts; one about a person with a file goes with the file."""
    query = select(Alert).where(
        Alert.state == AlertState.dismissed,
        col(Alert.answered_at) < before,
        col(Alert.resident_id).is_(None),
        col(Alert.id_number_index).not_like(f"{_ERASED}%"),
        col(Alert.region_code).in_(within(session, region_code)),
    )
    return session.exec(query.order_by(col(Alert.id))).all()


_ERASED = "erased-"


def _erase_alert(_session: Session, alert: Alert) -> None:
    alert.name = alert.id_number = alert.content = alert.note = ""
    alert.id_number_index, alert.phone = _ERASED + secrets.token_hex(16), None


def _messages(session: Session, region_code: str, before: datetime) -> Sequence[Notification]:
    """Messages to residents that are sent or given up, and still hold the number: those from before the last erasure
    of this kind hold none."""
    done = select(func.max(Erasure.before)).where(
        Erasure.what == Erasable.message_address,
        Erasure.region_code == region_code,
        Erasure.state == ErasureState.done,
    )
    since = session.exec(done).one() or datetime.min.replace(tzinfo=UTC)
    residents = select(Resident.id).where(col(Resident.region_code).in_(within(session, region_code)))
    query = select(Notification).where(
        Notification.recipient_type == RecipientType.resident,
        col(Notification.recipient_id).in_(residents),
        col(Notification.created_at) >= since,
        col(Notification.created_at) < before,
        col(Notification.state).not_in(OPEN_NOTIFICATIONS),
    )
    # The number is sealed: whether one is left shows only when it is opened.
    return [message for message in session.exec(query.order_by(col(Notification.id))) if message.address]


def _erase_message(_session: Session, message: Notification) -> None:
    message.address = ""


def _drafts(session: Session, region_code: str, before: datetime) -> Sequence[Draft]:
    """Drafts of the accounts of the region."""
    users = select(User.id).where(col(User.region_code).in_(within(session, region_code)))
    query = select(Draft).where(col(Draft.user_id).in_(users), col(Draft.saved_at) < before)
    return session.exec(query.order_by(col(Draft.id))).all()


def _erase_draft(session: Session, draft: Draft) -> None:
    session.delete(draft)


def _import_reports(session: Session, region_code: str, before: datetime) -> Sequence[BackgroundJob]:
    """Ended imports of the accounts of the region and of the organizations registered there."""
    inside = within(session, region_code)
    organizations = select(Organization.id).where(col(Organization.region_code).in_(inside))
    users = select(User.id).where(col(User.region_code).in_(inside) | col(User.organization_id).in_(organizations))
    query = select(BackgroundJob).where(
        BackgroundJob.kind == JobKind.import_list,
        col(BackgroundJob.user_id).in_(users),
        col(BackgroundJob.ended_at) < before,
        col(BackgroundJob.erased_at).is_(None),
    )
    return session.exec(query.order_by(col(BackgroundJob.id))).all()


def _erase_import_report(session: Session, job: BackgroundJob) -> None:
    """Delete what was read, row by row, and the file of an import that failed; the counts stay."""
    session.execute(delete(ImportRow).where(col(ImportRow.job_id) == job.pk))
    if job.file_key is not None:
        remove_after_commit(session, [job.file_key])
    job.file_name, job.file_key, job.erased_at = "", None, now()


BATCHES: Mapping[Erasable, Batch] = {
    Erasable.dismissed_alert: Batch(DataKind.dismissed_alert, _alerts, _erase_alert),
    Erasable.message_address: Batch(DataKind.message_address, _messages, _erase_message),
    Erasable.draft: Batch(DataKind.draft, _drafts, _erase_draft),
    Erasable.import_report: Batch(DataKind.import_report, _import_reports, _erase_import_report),
}
