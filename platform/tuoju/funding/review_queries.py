"""Reading reviews: a reviewer's own, and for managers who reads what; scores of all only after the review is closed."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlmodel import Session, col, select

from tuoju.accounts.permissions import Action, Actor, require
from tuoju.funding.application_inputs import BLIND, Part
from tuoju.funding.application_models import Application
from tuoju.funding.application_queries import identity_of, last_version, rules_of
from tuoju.funding.call_queries import get_call
from tuoju.funding.criteria import Criterion
from tuoju.funding.errors import CallNotFound, ReviewNotFound
from tuoju.funding.members import calls_reached, members_of
from tuoju.funding.models import Call
from tuoju.funding.review_models import Review
from tuoju_projects.blind_text import find_clues
from tuoju_projects.call_rules import CallRuleName
from tuoju_projects.funding_status import ApplicationState, Hat, ReviewState

MASKED = "〔…〕"
"""Stands for what tells who wrote an application."""
LEAST_REASON = 10
"""Characters of a reason where few or most of the points are given (funding.md section 4)."""
OPENED = frozenset({ReviewState.declared, ReviewState.draft, ReviewState.submitted})
"""States in which the reviewer may read the application: no interest was declared."""
LIVE = frozenset({ReviewState.assigned, *OPENED})
"""States of a review that is, or may still be, written."""


class ScoreFault(StrEnum):
    """What keeps the points of a criterion from being kept or submitted."""

    missing = "missing"
    too_high = "too_high"
    reason_missing = "reason_missing"


@dataclass(frozen=True)
class Fault:
    """A fault of one criterion, with the most points that it has."""

    criterion: Criterion
    fault: ScoreFault
    maximum: int


def criteria_of(call: Call) -> dict[Criterion, int]:
    """The criteria of a call with their points."""
    return {Criterion(code): points for code, points in call.criteria.items()}


def blind_criteria(call: Call) -> list[Criterion]:
    """What is scored from the blind part: everything but the team."""
    return [criterion for criterion in criteria_of(call) if criterion is not Criterion.team]


def faults_of(call: Call, review: Review, criteria: Sequence[Criterion]) -> list[Fault]:
    """What keeps these criteria of a review from being final: no points, or no reason below 50 and above 90 percent."""
    maximum, reasons = criteria_of(call), reasons_of(review)
    faults: list[Fault] = []
    for criterion in criteria:
        points, top = review.points.get(criterion), maximum[criterion]
        if points is None:
            faults.append(Fault(criterion, ScoreFault.missing, top))
        elif (2 * points < top or 10 * points > 9 * top) and len(reasons.get(criterion, "").strip()) < LEAST_REASON:
            faults.append(Fault(criterion, ScoreFault.reason_missing, top))
    return faults


def reasons_of(review: Review) -> dict[str, str]:
    """The reasons of a review by criterion; the queries say who may read it."""
    reasons: dict[str, str] = json.loads(review.reasons)
    return reasons


def get_review(session: Session, actor: Actor, review_id: int) -> Review:
    """A review of one's own, of a call in which one is a reviewer now. Raises NotPermitted, ReviewNotFound."""
    query = select(Review).where(
        Review.id == review_id,
        Review.reviewer_id == actor.user_id,
        col(Review.call_id).in_(calls_reached(actor, Action.review_applications)),
        Review.state != ReviewState.replaced,
    )
    review = session.exec(query).first()
    if review is None:
        raise ReviewNotFound
    return review


def own_reviews(session: Session, actor: Actor, call: Call) -> list[tuple[Review, int]]:
    """One's own reviews of a call in the order of reading, each with the number of its applicant. Raises
    NotPermitted."""
    query = (
        select(Review, Application.receipt)
        .join(Application, col(Application.id) == Review.application_id)
        .where(
            Review.call_id == call.pk,
            Review.reviewer_id == actor.user_id,
            col(Review.call_id).in_(calls_reached(actor, Action.review_applications)),
            Review.state != ReviewState.replaced,
        )
        .order_by(col(Review.position))
    )
    return [(review, receipt or 0) for review, receipt in session.exec(query)]


def get_review_of_call(session: Session, actor: Actor, review_id: int) -> tuple[Review, Call]:
    """A review and its call, of the manager's region, for who assigns; not to read its points.

    Raises NotPermitted, ReviewNotFound.
    """
    require(actor, Action.manage_calls)
    review = session.get(Review, review_id)
    if review is None:
        raise ReviewNotFound
    try:
        return review, get_call(session, actor, review.call_id)
    except CallNotFound:
        raise ReviewNotFound from None


def reviews_of(session: Session, call: Call) -> list[Review]:
    """Every review of a call, replaced ones too, by application and reviewer."""
    query = select(Review).where(Review.call_id == call.pk)
    return list(session.exec(query.order_by(col(Review.application_id), col(Review.id))))


def applications_under_review(session: Session, call: Call) -> list[Application]:
    """The applications of a call that passed the pre-check, by receipt number."""
    states = (ApplicationState.eligible, ApplicationState.scored)
    query = select(Application).where(Application.call_id == call.pk, col(Application.state).in_(states))
    return list(session.exec(query.order_by(col(Application.receipt))))


def least_reviews(session: Session, call: Call, application: Application) -> int:
    """How many reviews an application needs by the rules of the call: fewer for a small award (R13)."""
    rules = rules_of(session, call)
    is_small = application.ask_fen <= rules[CallRuleName.small_award]
    return rules[CallRuleName.reviews_at_least_small if is_small else CallRuleName.reviews_at_least]


def counts(review: Review) -> bool:
    """Whether a review is submitted and no interest was found since."""
    return review.state is ReviewState.submitted and review.late_interest is None


def who_could_read(session: Session, call: Call, application_id: int, reviews: Sequence[Review]) -> list[int]:
    """The reviewers of a call who were never assigned an application, who reads least first."""
    taken = {review.reviewer_id for review in reviews if review.application_id == application_id}
    loads = {member.user_id: 0 for member in members_of(session, call, Hat.reviewer) if member.user_id not in taken}
    for review in reviews:
        if review.reviewer_id in loads and review.state in LIVE:
            loads[review.reviewer_id] += 1
    return sorted(loads, key=lambda reviewer: (loads[reviewer], reviewer))


def content_to_review(session: Session, application: Application, *, with_team: bool) -> dict[str, Any]:
    """What a reviewer reads of the version that was submitted last: the blind parts, and after the blind criteria are
    locked who carries it out, without contact."""
    version = last_version(session, application)
    content: Mapping[str, Any] = json.loads(version.content) if version else {}
    read = {part.value: content.get(part, {}) for part in BLIND}
    if with_team:
        who = content.get(Part.who, {})
        read[Part.who.value] = {name: who.get(name, "") for name in ("staff", "experience")}
    return read


def mask_of(session: Session, application: Application) -> Callable[[str], str]:
    """Masks in a text what tells who wrote the application, as far as it is found."""
    version = last_version(session, application)
    identity = identity_of(session, application, json.loads(version.content) if version else {})

    def masked(typed: str) -> str:
        for clue in find_clues({"": typed}, identity):
            typed = typed.replace(clue.text, MASKED)
        return typed

    return masked
