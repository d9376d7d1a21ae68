"""Verbs of reviewers: interests declared before the text opens, points and reasons, submitted; a conflict found late.

Points are given in two passes: what is scored from the blind part is locked before who carries it out can be read.
"""

import json
from typing import Any

from sqlmodel import Session

from tuoju.accounts import audit
from tuoju.accounts.permissions import Action, Actor
from tuoju.database.records import now
from tuoju.funding.call_queries import locked, managers_of
from tuoju.funding.criteria import Criterion
from tuoju.funding.errors import (
    InterestFound,
    PointsLocked,
    ReviewClosed,
    ScoresNotFinal,
    TextNotOpen,
)
from tuoju.funding.members import require_hat
from tuoju.funding.models import Call
from tuoju.funding.review_inputs import DeclarationInput, ScoresInput
from tuoju.funding.review_models import Interest, Review
from tuoju.funding.review_queries import (
    OPENED,
    Fault,
    ScoreFault,
    blind_criteria,
    criteria_of,
    faults_of,
    reasons_of,
)
from tuoju.funding.steps import take_step
from tuoju.regions.queries import county_of
from tuoju_notifications.kinds import NotificationKind
from tuoju_notifications.outbox import post
from tuoju_notifications.routing import user
from tuoju_projects.errors import IllegalStep
from tuoju_projects.funding_status import CallState, ReviewState, ReviewVerb
from tuoju_projects.lifecycles import REVIEW


def declare(session: Session, actor: Actor, review: Review, inputs: DeclarationInput) -> Review:
    """Declare what one has to do with the applicant: the text opens if nothing, else the reviewer is recused.

    Raises NotPermitted, OutOfScope, ReviewClosed, IllegalStep.
    """
    call = _require_own(session, actor, review)
    REVIEW.after(review.state, ReviewVerb.declare, ReviewState.declared)
    is_free = inputs.interest is Interest.none
    review.interest, review.declared_at = inputs.interest, now()
    target = ReviewState.declared if is_free else ReviewState.recused
    take_step(session, REVIEW, review, ReviewVerb.declare, call_id=call.pk, by=actor.user_id, target=target)
    _audit(session, actor, "declare_interest", call, review, interest=inputs.interest.value)
    if not is_free:
        _tell_managers(session, call, review)
    return review


def save_scores(session: Session, actor: Actor, review: Review, inputs: ScoresInput) -> Review:
    """Keep points and reasons as far as they are given. The team is scored once the other criteria are locked.

    Raises NotPermitted, OutOfScope, ReviewClosed, TextNotOpen before the declaration, InterestFound, IllegalStep once
    it is submitted, PointsLocked, ScoresNotFinal for points above those of the criterion.
    """
    call = _require_own(session, actor, review)
    _require_open(review)
    if review.state is ReviewState.submitted:
        raise IllegalStep(REVIEW.name, review.state, ReviewVerb.save)
    maximum = criteria_of(call)
    now_open = [Criterion.team] if review.is_locked else blind_criteria(call)
    points = {criterion: inputs.points_for(criterion) for criterion in maximum}
    if high := [row for row, granted in points.items() if granted is not None and granted > maximum[row]]:
        raise ScoresNotFinal([Fault(criterion, ScoreFault.too_high, maximum[criterion]) for criterion in high])
    if not review.is_locked and points.get(Criterion.team) is not None:
        raise PointsLocked
    kept = {code: granted for code, granted in review.points.items() if code not in now_open}
    reasons = {code: words for code, words in reasons_of(review).items() if code not in now_open}
    review.points = kept | {
        row.value: granted for row in now_open if row in maximum and (granted := points[row]) is not None
    }
    reasons |= {row.value: inputs.reason_for(row) for row in now_open if inputs.reason_for(row)}
    review.reasons = json.dumps(reasons, ensure_ascii=False)
    review.panel_note, review.feedback, review.minutes = inputs.panel_note, inputs.feedback, inputs.minutes
    if review.state is ReviewState.declared:
        take_step(session, REVIEW, review, ReviewVerb.save, call_id=call.pk, by=actor.user_id)
    session.flush()
    return review


def lock_blind_part(session: Session, actor: Actor, review: Review) -> Review:
    """Make the points of the blind criteria final, so that who carries it out can be read. Twice changes nothing.

    Raises NotPermitted, OutOfScope, ReviewClosed, TextNotOpen, InterestFound, IllegalStep, ScoresNotFinal.
    """
    call = _require_own(session, actor, review)
    _require_open(review)
    REVIEW.after(review.state, ReviewVerb.submit)
    if faults := faults_of(call, review, blind_criteria(call)):
        raise ScoresNotFinal(faults)
    if not review.is_locked:
        review.is_locked = True
        session.flush()
        _audit(session, actor, "lock_blind_part", call, review)
    return review


def submit_review(session: Session, actor: Actor, review: Review) -> Review:
    """Submit what is saved. Raises NotPermitted, OutOfScope, ReviewClosed, TextNotOpen, InterestFound, IllegalStep,
    ScoresNotFinal."""
    call = _require_own(session, actor, review)
    _require_open(review)
    REVIEW.after(review.state, ReviewVerb.submit)
    if faults := faults_of(call, review, list(criteria_of(call))):
        raise ScoresNotFinal(faults)
    review.submitted_at = now()
    take_step(session, REVIEW, review, ReviewVerb.submit, call_id=call.pk, by=actor.user_id)
    _audit(session, actor, "submit_review", call, review)
    return review


def report_conflict(session: Session, actor: Actor, review: Review, inputs: DeclarationInput) -> Review:
    """Say that a conflict was found after the text was opened: from now on the review neither counts nor can be read.

    Raises NotPermitted, OutOfScope, ReviewClosed, TextNotOpen, InterestFound if it was said before or there is none.
    """
    call = _require_own(session, actor, review)
    _require_open(review)
    if inputs.interest is Interest.none:
        raise InterestFound
    review.late_interest = inputs.interest
    session.flush()
    _audit(session, actor, "report_conflict", call, review, interest=inputs.interest.value)
    _tell_managers(session, call, review)
    return review


def _require_own(session: Session, actor: Actor, review: Review) -> Call:
    """The call of a reviewer's own review, while it is under review. Raises NotPermitted, OutOfScope, ReviewClosed."""
    require_hat(session, actor, Action.review_applications, review.call_id)
    # Locked, so that nothing is kept while a manager closes the review.
    call = locked(session, review.call_id)
    if review.reviewer_id != actor.user_id or call.state is not CallState.review:
        raise ReviewClosed
    return call


def _require_open(review: Review) -> None:
    if review.late_interest is not None:
        raise InterestFound
    if review.state not in OPENED:
        raise TextNotOpen


def _tell_managers(session: Session, call: Call, review: Review) -> None:
    values, link = {"number": call.number, "title": call.title}, f"/funding/calls/{call.pk}/reviews"
    for manager in managers_of(session, call.region_code):
        key = f"review:{review.pk}:conflict"
        post(session, NotificationKind.review_to_replace, recipient=user(manager.pk), key=key, link=link, **values)


def _audit(session: Session, actor: Actor, verb: str, call: Call, review: Review, **detail: Any) -> None:
    audit.record(session, actor, verb, review, scope=county_of(session, call.region_code), **detail)
