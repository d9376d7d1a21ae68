"""Sending an approved plan line by line, each line in its own transaction, by the verb that sends any referral."""

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
"""Errors of the referral verb, and the reason that the plan then gives for its line."""

CONCURRENT_SEND = frozenset({"uq_referral_live_need", "uq_referral_number"})
"""Unique constraints that only another referral of the need, sent at the same moment, violates."""

TRANSIENT_ERRORS = (StaleDataError, OperationalError)
"""Another transaction changed the same rows at the same moment: the line is sent again."""


def find_next_line(session: Session, plan_id: int) -> tuple[int | None, int]:
    """The id of the next line of an approved plan that is not sent yet, None if there is none; and how many such lines
    there are. The most urgent come first, then the longest waiting."""
    urgency_rank = sql_case({urgency: rank for rank, urgency in enumerate(URGENCY_ORDER)}, value=col(PlanLine.urgency))
    unsent = (PlanLine.plan_id == plan_id, PlanLine.state == LineState.placed)
    query = (
        select(PlanLine.id)
        .where(*unsent)
        .order_by(urgency_rank, col(PlanLine.waiting_days).desc(), col(PlanLine.need_id))
    )
    left = session.exec(select(func.count()).select_from(PlanLine).where(*unsent)).one()
    return session.exec(query.limit(1)).first(), left


def send_line(session: Session, actor: Actor, line_id: int) -> PlanLine | None:
    """Send one line on behalf of the person who approved the plan. Without the resident's consent the line waits, and
    the officers of the village are notified.

    Returns None if the line is no longer to be sent. Raises the keys of NOT_SENT_REASONS, for `mark_not_sent`, and
    TRANSIENT_ERRORS.
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
    _notify_worker(session, line, session.get_one(Case, need.case_id))
    return line


def mark_not_sent(session: Session, line_id: int, reason: NotSentReason) -> PlanLine | None:
    """Record why a line was not sent. Returns None if the line is no longer to be sent."""
    line = _lock(session, line_id)
    if line is None:
        return None
    move_line(line, LineVerb.mark_not_sent)
    line.not_sent_reason = reason
    session.flush()
    return line


def move_line(line: PlanLine, verb: LineVerb) -> None:
    """Move a line along LINE_STEPS. Raises IllegalLineStep."""
    to = LINE_STEPS.get((line.state, verb))
    if to is None:
        raise IllegalLineStep(line.state, verb)
    line.state = to


def _lock(session: Session, line_id: int) -> PlanLine | None:
    query = select(PlanLine).where(PlanLine.id == line_id, PlanLine.state == LineState.placed)
    return session.exec(query.with_for_update()).first()


def _notify_worker(session: Session, line: PlanLine, case: Case) -> None:
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
