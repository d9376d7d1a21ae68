"""Calls under review, for tests: reviewers assigned, interests declared, points given."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlmodel import Session, col, select

from factories.checks import close, make_member, open_call, pass_check, submit_one
from tuoju.accounts.permissions import Actor
from tuoju.funding import review_assignment, reviews
from tuoju.funding.criteria import USUAL_POINTS, Criterion
from tuoju.funding.models import Call
from tuoju.funding.review_inputs import DeclarationInput, ScoresInput
from tuoju.funding.review_models import Interest, Review
from tuoju_projects.funding_status import Hat

NO_INTEREST = DeclarationInput(interest=Interest.none)
KIN = DeclarationInput(interest=Interest.kin)


def call_to_review(session: Session, manager: Actor, applications: int, reviewers: int) -> tuple[Call, list[Actor]]:
    """A closed call whose applications passed the pre-check, and its reviewers."""
    call = open_call(session, manager)
    screener = make_member(session, manager, call, Hat.screener)
    experts = [make_member(session, manager, call, Hat.reviewer) for _ in range(reviewers)]
    submitted = [submit_one(session, call) for _ in range(applications)]
    close(session, call)
    for application in submitted:
        pass_check(session, screener, application)
    return call, experts


def call_under_review(session: Session, manager: Actor, applications: int = 2) -> tuple[Call, list[Actor]]:
    """A call whose review has started, with the five reviewers that the usual rules ask for."""
    call, experts = call_to_review(session, manager, applications, 5)
    review_assignment.start_review(session, manager, call)
    return call, experts


def reviews_by(session: Session, reviewer: Actor) -> Sequence[Review]:
    """The reviews of a reviewer in the order of reading."""
    query = select(Review).where(Review.reviewer_id == reviewer.user_id).order_by(col(Review.position))
    return session.exec(query).all()


def points_of_share(share: float, **changed: int) -> dict[Criterion, int]:
    """About this share of the points of each criterion."""
    return {row: changed.get(row.value, round(maximum * share)) for row, maximum in USUAL_POINTS.items()}


def scores(points: Mapping[Criterion, Any], reason: str = "理由写在这里，不少于十个字。") -> ScoresInput:
    """The form of a review."""
    values = {f"points_{criterion}": granted for criterion, granted in points.items()}
    return ScoresInput.model_validate(values | {f"reason_{criterion}": reason for criterion in points})


def write_review(session: Session, reviewer: Actor, review: Review, share: float = 0.8) -> Review:
    """Declare no interest, score both passes and submit."""
    points = points_of_share(share)
    reviews.declare(session, reviewer, review, NO_INTEREST)
    blind = {row: granted for row, granted in points.items() if row is not Criterion.team}
    reviews.save_scores(session, reviewer, review, scores(blind))
    reviews.lock_blind_part(session, reviewer, review)
    reviews.save_scores(session, reviewer, review, scores({Criterion.team: points[Criterion.team]}))
    return reviews.submit_review(session, reviewer, review)
