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
from tuoju.database.unit_of_work import UnitOfWork
from tuoju.referrals.models import Referral
from tuoju.referrals.status import ReferralState
from tuoju.regions.calendar import CHINA, calendar_of
from tuoju.regions.models import Region
from tuoju_notifications.kinds import NotificationKind
from tuoju_notifications.outbox import post
from tuoju_notifications.routing import user

FROM, UNTIL = time(8, 30), time(12)
"""The morning, in China: who was not told by noon is told tomorrow."""

BATCH = 100
"""Accounts told in one transaction, so that nobody else waits long for the database."""


@dataclass(frozen=True)
class Digest:
    """What waits for one account: cases by how their clock stands, referrals to answer."""

    user_id: int
    overdue: int
    due_today: int
    due_next: int
    to_answer: int


def send_digests(unit_of_work: UnitOfWork, moment: datetime) -> int:
    """Tell everyone whom something waits for; how many. Outside a working day's morning, nobody. May run again at
    any time: the day is part of each notice's key."""
    local = moment.astimezone(CHINA)
    with unit_of_work.read() as session:
        if not FROM <= local.time() < UNTIL or not calendar_of(session).is_workday(local.date()):
            return 0
        found = list(digests(session, local.date()))
    for start in range(0, len(found), BATCH):
        with unit_of_work.write() as session:
            for each in found[start : start + BATCH]:
                _tell(session, each, local.date())
    return len(found)


def _tell(session: Session, digest: Digest, day: date) -> None:
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
    """Of every active account that something waits for, in four queries however many there are."""
    clocks, answers = _clocks_by_region(session, today), _answers_by_organization(session)
    for account in session.exec(select(User).where(col(User.is_active)).order_by(col(User.id))):
        actor = actor_of(account)
        clock: Counter[DueStatus] = Counter()
        if may(actor, Action.read_cases) and account.region_code:
            clock = clocks.get(account.region_code, clock)
        to_answer = answers.get(account.organization_id, 0) if may(actor, Action.answer_referrals) else 0
        found = Digest(
            account.pk, clock[DueStatus.overdue], clock[DueStatus.due_today], clock[DueStatus.due_next], to_answer
        )
        if found.overdue or found.due_today or found.due_next or found.to_answer:
            yield found


def _clocks_by_region(session: Session, today: date) -> dict[str, Counter[DueStatus]]:
    """How the clocks stand within each division, down to the village."""
    calendar = calendar_of(session)
    query = select(Region.path, Case.due_at).join(Region, col(Region.code) == col(Case.region_code))
    found: dict[str, Counter[DueStatus]] = {}
    for path, due_at in session.exec(query.where(col(Case.due_at).is_not(None))):
        if due_at is not None:
            stands = due_status(last_day(due_at), today, calendar)
            for code in path.rstrip("/").split("/"):
                found.setdefault(code, Counter())[stands] += 1
    return found


def _answers_by_organization(session: Session) -> dict[int | None, int]:
    query = select(Referral.organization_id, func.count()).where(Referral.state == ReferralState.requested)
    return dict(session.exec(query.group_by(col(Referral.organization_id))).all())
