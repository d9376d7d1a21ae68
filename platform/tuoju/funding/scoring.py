"""What the reviews of a call say once they are closed: raw and adjusted scores, pass mark, band and what to discuss."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from tuoju.accounts.permissions import Action, Actor, require_in
from tuoju.funding.application_models import Application
from tuoju.funding.application_queries import rules_of
from tuoju.funding.errors import ReviewNotClosed
from tuoju.funding.models import Call
from tuoju.funding.review_models import Review
from tuoju.funding.review_queries import applications_under_review, counts, criteria_of, least_reviews, reviews_of
from tuoju_matching.panel import PanelResult, PanelScore, adjust_scores, band, must_discuss
from tuoju_projects.call_rules import CallRuleName, CallRules
from tuoju_projects.funding_status import CallState

BEFORE_CLOSE = frozenset({CallState.draft, CallState.open, CallState.screening, CallState.review})


@dataclass(frozen=True)
class ScoredApplication:
    """One application in the order of adjusted scores. Points."""

    application: Application
    score: PanelScore
    rank: int
    raw_rank: int
    """By the raw mean."""
    passes: bool
    """Whether it reaches the pass mark of the call (R14)."""
    is_in_band: bool
    """Whether the reviews cannot tell on which side of the line it lies."""
    must_discuss: bool
    is_short: bool
    """Whether it has fewer reviews than the rules ask for."""


@dataclass(frozen=True)
class CallScores:
    """The scores of a call: `within_budget` awards of full asks fit into it from the top."""

    rows: Sequence[ScoredApplication]
    within_budget: int
    strictness: dict[int, float]
    """By reviewer, for managers only."""
    separate_groups: int


def scores_of(session: Session, actor: Actor, call: Call) -> CallScores:
    """The scores of a call for its managers. Missing reviews stay missing, those with a late conflict count no longer.

    Raises NotPermitted, OutOfScope, ReviewNotClosed: nobody reads scores before all are in.
    """
    require_in(session, actor, Action.manage_calls, call.region_code)
    if call.state in BEFORE_CLOSE:
        raise ReviewNotClosed
    applications = {row.pk: row for row in applications_under_review(session, call)}
    counted = [row for row in reviews_of(session, call) if counts(row) and row.application_id in applications]
    result = adjust_scores({(row.reviewer_id, row.application_id): float(total_of(row)) for row in counted})
    ranked, raw = result.ranked(), result.ranked(adjusted=False)
    within = _within_budget(call, [applications[number] for number in ranked])
    in_band, to_discuss = set(band(result, within)), set(must_discuss(result, within))
    rules = rules_of(session, call)
    rows = [
        ScoredApplication(
            application=applications[number],
            score=result.scores[number],
            rank=rank,
            raw_rank=raw.index(number) + 1,
            passes=_passes(call, rules, result, [row for row in counted if row.application_id == number]),
            is_in_band=number in in_band,
            must_discuss=number in to_discuss,
            is_short=result.scores[number].reviews < least_reviews(session, call, applications[number]),
        )
        for rank, number in enumerate(ranked, start=1)
    ]
    return CallScores(rows, within, result.strictness, result.separate_groups)


def total_of(review: Review) -> int:
    """The points of a review in all, up to 100."""
    return sum(review.points.values())


def _within_budget(call: Call, ranked: Sequence[Application]) -> int:
    """How many full asks from the top fit into the budget of the call."""
    spent = 0
    for number, application in enumerate(ranked):
        spent += application.ask_fen
        if spent > call.budget_fen:
            return number
    return len(ranked)


def _passes(call: Call, rules: CallRules, result: PanelResult, reviews: Sequence[Review]) -> bool:
    """Whether the adjusted score reaches the pass mark, and no criterion lies below its least share on average."""
    adjusted = result.scores[reviews[0].application_id].adjusted
    least = rules[CallRuleName.criterion_at_least]
    low = [
        criterion
        for criterion, maximum in criteria_of(call).items()
        if 100 * sum(row.points.get(criterion, 0) for row in reviews) < least * maximum * len(reviews)
    ]
    return adjusted >= rules[CallRuleName.least_score] and not low
