"""An approved plan leaves line by line, each in a transaction of its own, by the verb that sends any referral."""

from collections.abc import Mapping

from sqlalchemy import case as sql_case
from sqlalchemy import func
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm.exc import StaleDataError
from sqlmodel import Session, col, select

from tuoju.accounts.permissions import Action, Actor
from tuoju.accounts.queries import officers_of
from tuoju.cases.models import Case, Need
from tuoju.cases.queries import URGENCY_ORDER
from tuoju.database.integrity import violated_unique
from tuoju.plans.errors import IllegalLineStep
from tuoju.plans.models import PlanLine
from tuoju.plans.status import LINE_STEPS, LineState, LineVerb, NotSentReason
from tuoju.referrals import service as referrals
from tuoju.referrals.errors import AlreadyReferred, NoConsent, NotEligible
from tuoju_notifications.kinds import NotificationKind
from tuoju_notifications.outbox import post
from tuoju_notifications.routing import user
from tuoju_projects.errors import NoPlaceLeft, OutsideIntake, ProjectNotOpen
from tuoju_projects.models import Project

NOT_SENT_REASONS: Mapping[type[Exception], NotSentReason] = {
    AlreadyReferred: NotSentReason.need_answered,
    NotEligible: NotSentReason.not_eligible,
    NoPlaceLeft: NotSentReason.no_place,
    ProjectNotOpen: NotSentReason.project_closed,
    OutsideIntake: NotSentReason.project_closed,
}
"""What the referral verb may answer, and what the plan then says of its line."""

CONCURRENT_SEND = frozenset({"uq_referral_live_need", "uq_referral_number"})
"""Unique constraints that only another referral of the need, sent at the same moment, violates."""

TRANSIENT_ERRORS = (StaleDataError, OperationalError)
"""Someone changed the same rows at the same moment: tried again."""


def next_line(session: Session, plan_id: int) -> tuple[int | None, int]:
    """The next line of an approved plan that has not been dealt with (the most urgent, longest waiting first), and how
    many there are."""
    rank = sql_case({each: place for place, each in enumerate(URGENCY_ORDER)}, value=col(PlanLine.urgency))
    mine = (PlanLine.plan_id == plan_id, PlanLine.state == LineState.placed)
    query = select(PlanLine.id).where(*mine).order_by(rank, col(PlanLine.waiting_days).desc(), col(PlanLine.need_id))
    left = session.exec(select(func.count()).select_from(PlanLine).where(*mine)).one()
    return session.exec(query.limit(1)).first(), left


def send_line(session: Session, actor: Actor, line_id: int) -> PlanLine | None:
    """Send one line on behalf of who approved it; without the resident's consent it waits, and the village is told.

    None where the line has been dealt with already. Raises the keys of NOT_SENT_REASONS, for `mark_not_sent`, and TRANSIENT_ERRORS.
    """
    line = _lock(session, line_id)
    if line is None:
        return None
    need, project = session.get_one(Need, line.need_id), session.get_one(Project, line.project_id)
    try:
        referral = referrals.send(session, actor, need, project, under=Action.approve_plans)
    except NoConsent:
        move_line(line, LineVerb.ask_consent)
        session.flush()
        _ask_for_consent(session, line, need)
        return line
    except IntegrityError as error:
        if violated_unique(error) in CONCURRENT_SEND:
            raise AlreadyReferred from error
        raise
    move_line(line, LineVerb.send)
    line.referral_id = referral.pk
    session.flush()
    _tell_worker(session, line, session.get_one(Case, need.case_id))
    return line


def mark_not_sent(session: Session, line_id: int, why: NotSentReason) -> PlanLine | None:
    """Say of a line why it did not go; None where it has been dealt with meanwhile."""
    line = _lock(session, line_id)
    if line is None:
        return None
    move_line(line, LineVerb.mark_not_sent)
    line.not_sent_reason = why
    session.flush()
    return line


def move_line(line: PlanLine, verb: LineVerb) -> None:
    """Raises IllegalLineStep."""
    to = LINE_STEPS.get((line.state, verb))
    if to is None:
        raise IllegalLineStep(line.state, verb)
    line.state = to


def _lock(session: Session, line_id: int) -> PlanLine | None:
    query = select(PlanLine).where(PlanLine.id == line_id, PlanLine.state == LineState.placed)
    return session.exec(query.with_for_update()).first()


def _tell_worker(session: Session, line: PlanLine, case: Case) -> None:
    post(
        session,
        NotificationKind.plan_referred,
        recipient=user(case.recorded_by),
        key=f"plan_line:{line.pk}:sent",
        link=f"/referrals/{line.referral_id}",
        number=case.number,
    )


def _ask_for_consent(session: Session, line: PlanLine, need: Need) -> None:
    case = session.get_one(Case, need.case_id)
    for officer in officers_of(session, case.region_code):
        post(
            session,
            NotificationKind.consent_wanted,
            recipient=user(officer.pk),
            key=f"plan_line:{line.pk}:consent",
            link=f"/needs/{need.pk}/matches",
            number=case.number,
        )
