"""View objects of the pages of reviews."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from tuoju.funding.review_inputs import ScoresInput
from tuoju.web.funding.check_views import FactRow, PartText
from tuoju.web.kit.forms import BlankForm, SubmittedForm
from tuoju.web.kit.views import View
from tuoju_projects.funding_status import ReviewState


@dataclass(frozen=True)
class OwnReviewRow:
    """One application that a reviewer reads, without a name."""

    url: str
    applicant: str
    state: ReviewState
    points: str
    """In all; "" before it is submitted."""


@dataclass(frozen=True)
class OwnReviewsPage(View):
    """What a reviewer reads, in the order of reading."""

    template: ClassVar[str] = "funding/own_reviews.html"
    call_title: str
    is_under_review: bool
    reviews: Sequence[OwnReviewRow]


@dataclass(frozen=True)
class CriterionRow:
    """One criterion to score. `anchors` say what none, half and all of its points mean."""

    code: str
    words: str
    maximum: int
    anchors: tuple[str, str, str]
    is_final: bool
    """Whether its points can no longer be changed."""
    points: str
    granted: str
    """The reason."""


@dataclass(frozen=True)
class ReviewPage(View):
    """One review: the declaration first, then the application with its form."""

    template: ClassVar[str] = "funding/review.html"
    review_id: int
    back: str
    call_title: str
    applicant: str
    about: Sequence[FactRow]
    """Topic and townships: what is known before the declaration."""
    state: ReviewState
    may_declare: bool
    has_conflict: bool
    """Whether the application is closed to the reviewer."""
    parts: Sequence[PartText]
    """Empty before the declaration."""
    criteria: Sequence[CriterionRow]
    form: BlankForm | SubmittedForm[ScoresInput]
    may_score: bool
    may_lock: bool
    may_submit: bool
    interests: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class ReaderRow:
    """One reviewer of an application, for the manager: no points."""

    review_id: int
    name: str
    state: ReviewState
    conflict: str
    may_reopen: bool
    may_replace: bool


@dataclass(frozen=True)
class ReadRow:
    """An application with those who read it."""

    application_id: int
    title: str
    readers: Sequence[ReaderRow]
    may_assign: bool
    is_short: bool


@dataclass(frozen=True)
class ScoreRow:
    """The scores of one application after the review."""

    rank: int
    title: str
    raw: str
    adjusted: str
    interval: str
    spread: str
    reviews: int
    remarks: str


@dataclass(frozen=True)
class CallReviewsPage(View):
    """The review of a call for its managers: who reads what, and after it is closed the scores."""

    template: ClassVar[str] = "funding/call_reviews.html"
    call_id: int
    call_title: str
    may_start: bool
    may_close: bool
    reviewers: int
    applications: Sequence[ReadRow]
    scores: Sequence[ScoreRow]
    within_budget: int
    strictness: Sequence[tuple[str, str]]
    """(reviewer, points that they give less than the others)."""
    is_comparable: bool
