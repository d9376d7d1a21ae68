"""Verbs of managers over reviews: started with who reads what, reopened, given to others, closed.

Up to 30 applications everybody reads all of them; beyond, each is read by as many as the rules ask for, with equal
loads and enough in common to compare reviewers (`tuoju_matching.panel_assignment`).
"""

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session, col, select

from tuoju.accounts import audit
from tuoju.accounts.permissions import Action, Actor, require_in
from tuoju.funding.application_models import Application
from tuoju.funding.call_queries import locked
from tuoju.funding.errors import ApplicationsWaiting, NobodyLeft, ReviewClosed, ReviewsMissing, TooFewReviewers
from tuoju.funding.members import members_of
from tuoju.funding.models import Call
from tuoju.funding.review_inputs import OfficeReasonInput
from tuoju.funding.review_models import Review
from tuoju.funding.review_queries import (
    LIVE,
    applications_under_review,
    counts,
    least_reviews,
    reviews_of,
    who_could_read,
)
from tuoju.funding.steps import take_step
from tuoju.regions.queries import county_of
from tuoju_matching.panel_assignment import assign_reviewers
from tuoju_notifications.kinds import NotificationKind
from tuoju_notifications.outbox import post
from tuoju_notifications.routing import user
from tuoju_projects.funding_status import (
    ApplicationState,
    ApplicationVerb,
    CallState,
    CallVerb,
    Hat,
    ReviewState,
    ReviewVerb,
)
from tuoju_projects.lifecycles import APPLICATION, CALL, REVIEW

UNCHECKED = (ApplicationState.submitted, ApplicationState.completion_asked)


def start_review(session: Session, actor: Actor, call: Call) -> Call:
    """Assign the reviewers of a call to its applications, each in a random order that is kept, and tell them.

    Raises NotPermitted, OutOfScope, IllegalStep, ApplicationsWaiting while a pre-check is not over or nothing passed
    it, TooFewReviewers.
    """
    require_in(session, actor, Action.manage_calls, call.region_code)
    call = locked(session, call.pk)
    CALL.after(call.state, CallVerb.start_review)
    waiting = select(Application.id).where(Application.call_id == call.pk, col(Application.state).in_(UNCHECKED))
    applications = applications_under_review(session, call)
    if session.exec(waiting.limit(1)).first() is not None or not applications:
        raise ApplicationsWaiting
    reviewers = [member.user_id for member in members_of(session, call, Hat.reviewer)]
    readers = max(least_reviews(session, call, application) for application in applications)
    if len(reviewers) < readers:
        raise TooFewReviewers(readers)
    assignment = assign_reviewers(reviewers, [row.pk for row in applications], seed=call.pk, readers=readers)
    session.add_all(
        Review(call_id=call.pk, application_id=application_id, reviewer_id=reviewer, position=position)
        for reviewer, order in assignment.order.items()
        for position, application_id in enumerate(order, start=1)
    )
    take_step(session, CALL, call, CallVerb.start_review, call_id=call.pk, by=actor.user_id)
    _audit(session, actor, "start_review_of_call", call, seed=call.pk, reviewers=len(reviewers))
    for reviewer in reviewers:
        _tell(session, call, reviewer, "started")
    return call


def reopen_review(session: Session, actor: Actor, review: Review, inputs: OfficeReasonInput) -> Review:
    """Let a reviewer change what was submitted, before the review closes; with a reason.

    Raises NotPermitted, OutOfScope, ReviewClosed, IllegalStep.
    """
    call = _require_managed(session, actor, review.call_id)
    REVIEW.after(review.state, ReviewVerb.reopen)
    review.office_reason = inputs.office_reason
    take_step(session, REVIEW, review, ReviewVerb.reopen, call_id=call.pk, by=actor.user_id)
    _audit(session, actor, "reopen_review", call, review=review.pk)
    _tell(session, call, review.reviewer_id, f"reopened:{review.pk}:{review.version}")
    return review


def replace_review(session: Session, actor: Actor, review: Review, inputs: OfficeReasonInput) -> Review | None:
    """Void a review, whatever it says, and give the application to another reviewer; None if nobody is left.

    One that was submitted is reopened first, so that its history stays lawful. Raises NotPermitted, OutOfScope,
    ReviewClosed, IllegalStep.
    """
    call = _require_managed(session, actor, review.call_id)
    review.office_reason = inputs.office_reason
    if review.state is ReviewState.submitted:
        take_step(session, REVIEW, review, ReviewVerb.reopen, call_id=call.pk, by=actor.user_id)
    take_step(session, REVIEW, review, ReviewVerb.reassign, call_id=call.pk, by=actor.user_id)
    _audit(session, actor, "replace_review", call, review=review.pk)
    return _assign_one(session, call, review.application_id)


def assign_another(session: Session, actor: Actor, application: Application) -> Review:
    """Give an application one more reader: who reads least.

    Raises NotPermitted, OutOfScope, ReviewClosed, NobodyLeft.
    """
    call = _require_managed(session, actor, application.call_id)
    review = _assign_one(session, call, application.pk)
    if review is None:
        raise NobodyLeft
    _audit(session, actor, "assign_reviewer", call, review=review.pk)
    return review


def close_review(session: Session, actor: Actor, call: Call) -> Call:
    """Close the review: what is submitted counts, what is missing stays missing, and every application is scored.

    An application may have fewer reviews than the rules ask for only where no reviewer is left to read it. Raises
    NotPermitted, OutOfScope, IllegalStep, ReviewsMissing.
    """
    require_in(session, actor, Action.manage_calls, call.region_code)
    call = locked(session, call.pk)
    CALL.after(call.state, CallVerb.close_review)
    applications, reviews = applications_under_review(session, call), reviews_of(session, call)
    if short := [row for row in applications if _is_short(session, call, row, reviews)]:
        raise ReviewsMissing([row.receipt or 0 for row in short])
    take_step(session, CALL, call, CallVerb.close_review, call_id=call.pk, by=actor.user_id)
    for application in applications:
        take_step(session, APPLICATION, application, ApplicationVerb.score, call_id=call.pk, by=None)
    _audit(session, actor, "close_review_of_call", call, applications=len(applications))
    return call


def _is_short(session: Session, call: Call, application: Application, reviews: Sequence[Review]) -> bool:
    """Whether an application has fewer reviews than the rules ask for although somebody could still write one."""
    own = [review for review in reviews if review.application_id == application.pk]
    if sum(map(counts, own)) >= least_reviews(session, call, application):
        return False
    is_pending = any(review.state in LIVE and not counts(review) for review in own)
    return is_pending or bool(who_could_read(session, call, application.pk, reviews)) or not any(map(counts, own))


def _assign_one(session: Session, call: Call, application_id: int) -> Review | None:
    reviews = reviews_of(session, call)
    candidates = who_could_read(session, call, application_id, reviews)
    if not candidates:
        return None
    last = max((row.position for row in reviews if row.reviewer_id == candidates[0]), default=0)
    review = Review(call_id=call.pk, application_id=application_id, reviewer_id=candidates[0], position=last + 1)
    session.add(review)
    session.flush()
    _tell(session, call, review.reviewer_id, f"assigned:{review.pk}")
    return review


def _require_managed(session: Session, actor: Actor, call_id: int) -> Call:
    """A call that is under review, locked, so that nobody is assigned twice. Raises NotPermitted, OutOfScope,
    ReviewClosed."""
    call = locked(session, call_id)
    require_in(session, actor, Action.manage_calls, call.region_code)
    if call.state is not CallState.review:
        raise ReviewClosed
    return call


def _tell(session: Session, call: Call, reviewer: int, key: str) -> None:
    values, link = {"number": call.number, "title": call.title}, f"/duties/{call.pk}/reviews"
    unique = f"call:{call.pk}:review:{key}"
    post(session, NotificationKind.reviews_assigned, recipient=user(reviewer), key=unique, link=link, **values)


def _audit(session: Session, actor: Actor, verb: str, call: Call, **detail: Any) -> None:
    audit.record(session, actor, verb, call, scope=county_of(session, call.region_code), **detail)
