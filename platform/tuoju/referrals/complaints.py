"""Complaints of residents: a low rating, "not solved" or words of danger open a follow-up that somebody has to answer.

Until it is answered, and if the answer is that the person was not helped, the referral does not count as help. The
resident reads the answer on their page (domain section 5.8; 社会救助法 art. 11: the right to be answered).
"""

from collections.abc import Sequence
from datetime import datetime

from pydantic import Field
from sqlalchemy import ColumnElement, and_, func
from sqlalchemy import case as sql_case
from sqlalchemy import select as sql_select
from sqlmodel import Session, col, select

from tuoju.accounts import audit
from tuoju.accounts.permissions import Action, Actor, require
from tuoju.accounts.queries import managers_of, officers_above
from tuoju.cases.models import Case, Need
from tuoju.cases.policies import Policy
from tuoju.database.records import now
from tuoju.database.scopes import Escape, system_scope
from tuoju.referrals.errors import ComplaintAnswered, ComplaintNotFound
from tuoju.referrals.models import Complaint, ComplaintCause, Referral
from tuoju.regions.calendar import calendar_of, china_day
from tuoju.regions.queries import county_of
from tuoju_notifications.kinds import NotificationKind
from tuoju_notifications.outbox import post
from tuoju_notifications.routing import user
from tuoju_text.inputs import Input

LOW = 2
"""A rating of this or less is a complaint: 2 of 5 is "dissatisfied"."""


class ComplaintAnswerInput(Input):
    """The answer to a complaint, which the resident reads."""

    answer: str = Field(min_length=2, max_length=500)
    helped: bool
    """Whether the person has got help now."""


def cause_of(satisfaction: int, solved: bool | None) -> ComplaintCause | None:
    """Why a rating is a complaint; None if it is none. Worrying words are one whatever the rating."""
    if solved is False:
        return ComplaintCause.not_solved
    return ComplaintCause.low_rating if satisfaction <= LOW else None


def open_complaint(session: Session, actor: Actor | None, referral: Referral, cause: ComplaintCause) -> Complaint:
    """Open the follow-up and notify who sent the referral, the township and the county. One that waits stays.

    `actor` is None for the resident's own page.
    """
    with system_scope(session, Escape.complaints):
        waiting = open_complaint_of(session, referral)
        if waiting is not None:
            return waiting
        case = session.get_one(Case, session.get_one(Need, referral.need_id).case_id)
        within = session.get_one(Policy, case.policy_id).complaint_within
        due = calendar_of(session).due(china_day(now()), within)
        complaint = Complaint(
            referral_id=referral.pk,
            cause=cause,
            opened_at=now(),
            due_at=due.ends_at,
            due_provisional=due.provisional,
        )
        session.add(complaint)
        session.flush()
        _audit(session, actor, "open_complaint", referral, complaint)
        officers = [*officers_above(session, referral.region_code), *managers_of(session, referral.region_code)]
        for user_id in sorted({referral.sent_by, *(officer.pk for officer in officers)}):
            post(
                session,
                NotificationKind.complaint_opened,
                recipient=user(user_id),
                key=f"complaint:{complaint.pk}",
                link=f"/referrals/{referral.pk}#complaint",
                number=referral.number,
            )
    return complaint


def open_complaint_of(session: Session, referral: Referral) -> Complaint | None:
    """The complaint about a referral that waits for an answer."""
    query = select(Complaint).where(Complaint.referral_id == referral.pk, col(Complaint.answered_at).is_(None))
    return session.exec(query).first()


def complaints_of(session: Session, referral: Referral) -> list[Complaint]:
    """All complaints about a referral, the latest first. The caller has checked that they may be read."""
    query = select(Complaint).where(Complaint.referral_id == referral.pk)
    with system_scope(session, Escape.complaints):
        return list(session.exec(query.order_by(col(Complaint.id).desc())))


def answer_complaint(session: Session, actor: Actor, referral: Referral, inputs: ComplaintAnswerInput) -> Complaint:
    """Answer the complaint that waits. Raises NotPermitted, ComplaintNotFound, ComplaintAnswered."""
    require(actor, Action.answer_complaints)
    query = select(Complaint).where(Complaint.referral_id == referral.pk).order_by(col(Complaint.id).desc())
    complaint = session.exec(query.with_for_update().execution_options(populate_existing=True)).first()
    if complaint is None:
        raise ComplaintNotFound
    if complaint.answered_at is not None:
        raise ComplaintAnswered
    complaint.answered_at, complaint.answered_by = now(), actor.user_id
    complaint.answer, complaint.helped = inputs.answer, inputs.helped
    session.flush()
    _audit(session, actor, "answer_complaint", referral, complaint)
    return complaint


def waits_for_answer() -> ColumnElement[bool]:
    """The condition that nobody has answered a complaint."""
    return col(Complaint.answered_at).is_(None)


def is_contested(as_of: datetime | None = None) -> ColumnElement[bool]:
    """The condition that a referral does not count as help: its latest complaint waits or brought no help, as it stood
    at `as_of` or stands now."""
    helped: ColumnElement[bool] = col(Complaint.helped).is_(True)
    if as_of is not None:
        helped = and_(helped, col(Complaint.answered_at) <= as_of)
    latest = sql_select(sql_case((helped, 0), else_=1)).where(col(Complaint.referral_id) == col(Referral.id))
    if as_of is not None:
        latest = latest.where(col(Complaint.opened_at) <= as_of)
    return func.coalesce(latest.order_by(col(Complaint.id).desc()).limit(1).scalar_subquery(), 0) == 1


def replies_to(session: Session, referral: Referral) -> Sequence[str]:
    """The answers that the resident of this referral reads on their page, the latest first."""
    return [complaint.answer for complaint in complaints_of(session, referral) if complaint.answer]


def _audit(session: Session, actor: Actor | None, verb: str, referral: Referral, complaint: Complaint) -> None:
    scope = county_of(session, referral.region_code)
    audit.record(session, actor, verb, referral, scope=scope, complaint=complaint.pk)
