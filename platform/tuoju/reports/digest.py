"""The daily digest: on the morning of a working day, each account receives once what waits for it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time

from sqlmodel import Session, col, func, select

from tuoju.accounts.models import User
from tuoju.accounts.permissions import Action, may
from tuoju.accounts.queries import actor_of
from tuoju.cases.clock import DueStatus, due_status, last_day
from tuoju.cases.models import Case
from tuoju.database.scopes import SYSTEM
from tuoju.database.unit_of_work import UnitOfWork
from tuoju.referrals.models import Referral
from tuoju.referrals.status import ReferralState
from tuoju.regions.calendar import CHINA, calendar_of
from tuoju.regions.models import Region
from tuoju_notifications.kinds import NotificationKind
from tuoju_notifications.outbox import post
from tuoju_notifications.routing import user

FROM, UNTIL = time(8, 30), time(12)
"""The hours of sending, in China. A digest that was not sent by noon is sent on the next working day."""

BATCH = 100
"""Digests sent in one transaction, so that others do not wait long for the database."""


@dataclass(frozen=True)
class Digest:
    """What waits for one account: cases by the status of their deadline, and referrals to answer."""

    user_id: int
    overdue: int
    due_today: int
    due_next: int
    to_answer: int


def send_digests(unit_of_work: UnitOfWork, moment: datetime) -> int:
    """Send a digest to every account that something waits for, and return how many were due.

    Outside a working day's morning nothing is sent. It may run again at any time: the key of a notification holds the
    day.
    """
    local = moment.astimezone(CHINA)
    with unit_of_work.read(SYSTEM) as session:
        if not FROM <= local.time() < UNTIL or not calendar_of(session).is_workday(local.date()):
            return 0
        digests_due = list(digests(session, local.date()))
    for start in range(0, len(digests_due), BATCH):
        with unit_of_work.write(SYSTEM) as session:
            for digest in digests_due[start : start + BATCH]:
                _send(session, digest, local.date())
    return len(digests_due)


def _send(session: Session, digest: Digest, day: date) -> None:
    post(
        session,
        NotificationKind.daily_digest,
        recipient=user(digest.user_id),
        key=f"digest:{day.isoformat()}",
        link="/",
        overdue=digest.overdue,
        due_today=digest.due_today,
        due_next=digest.due_next,
        to_answer=digest.to_answer,
    )


def digests(session: Session, today: date) -> Iterator[Digest]:
    """The digest of every active account that something waits for. Four queries, whatever the number of accounts."""
    due_counts, answers = _due_counts_by_region(session, today), _answers_by_organization(session)
    for account in session.exec(select(User).where(col(User.is_active)).order_by(col(User.id))):
        actor = actor_of(account)
        due: Counter[DueStatus] = Counter()
        if may(actor, Action.read_cases) and account.region_code:
            due = due_counts.get(account.region_code, due)
        to_answer = answers.get(account.organization_id, 0) if may(actor, Action.answer_referrals) else 0
        digest = Digest(
            account.pk, due[DueStatus.overdue], due[DueStatus.due_today], due[DueStatus.due_next], to_answer
        )
        if digest.overdue or digest.due_today or digest.due_next or digest.to_answer:
            yield digest


def _due_counts_by_region(session: Session, today: date) -> dict[str, Counter[DueStatus]]:
    """How many cases of each region, down to the village, are overdue, due today and so on."""
    calendar = calendar_of(session)
    query = select(Region.path, Case.due_at).join(Region, col(Region.code) == col(Case.region_code))
    counts: dict[str, Counter[DueStatus]] = {}
    for path, due_at in session.exec(query.where(col(Case.due_at).is_not(None))):
        if due_at is not None:
            status = due_status(last_day(due_at), today, calendar)
            for code in path.rstrip("/").split("/"):
                counts.setdefault(code, Counter())[status] += 1
    return counts


def _answers_by_organization(session: Session) -> dict[int | None, int]:
    query = select(Referral.organization_id, func.count()).where(Referral.state == ReferralState.requested)
    return dict(session.exec(query.group_by(col(Referral.organization_id))).all())
