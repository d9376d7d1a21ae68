"""Pages of the review of a call for its managers: who reads what while it lasts, the scores when it is closed."""

from collections.abc import Mapping, Sequence

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlmodel import Session

from tuoju.accounts.permissions import Action, Actor
from tuoju.accounts.queries import names_of
from tuoju.funding import review_assignment as assignment
from tuoju.funding import review_queries as queries
from tuoju.funding.application_models import Application
from tuoju.funding.application_queries import get_application_of_call, names_of_applicants
from tuoju.funding.call_queries import get_call
from tuoju.funding.members import members_of
from tuoju.funding.models import Call
from tuoju.funding.review_inputs import OfficeReasonInput
from tuoju.funding.review_models import Review
from tuoju.funding.scoring import BEFORE_CLOSE, CallScores, ScoredApplication, scores_of
from tuoju.web.funding.review_pages import applicant
from tuoju.web.funding.review_views import CallReviewsPage, ReaderRow, ReadRow, ScoreRow
from tuoju.web.kit.bounds import PathId
from tuoju.web.kit.dependencies import CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.forms import fill
from tuoju.web.kit.gates import needs
from tuoju.web.kit.rendering import redirect, render
from tuoju.words.labels import label
from tuoju.words.languages import gettext as _
from tuoju_projects.funding_status import CallState, Hat, ReviewState

router = APIRouter(prefix="/funding", dependencies=[needs(Action.manage_calls)])


@router.get("/calls/{call_id}/reviews")
def show(request: Request, session: ReadSession, actor: CurrentActor, call_id: PathId) -> Response:
    """Who reads what; and the scores once the review is closed."""
    return render(request, _page(session, actor, get_call(session, actor, call_id)))


def _page(session: Session, actor: Actor, call: Call) -> CallReviewsPage:
    rows, applications = queries.reviews_of(session, call), queries.applications_under_review(session, call)
    reviewers = members_of(session, call, Hat.reviewer)
    people = names_of(session, {row.reviewer_id for row in rows})
    titles = _titles(session, applications)
    scores = scores_of(session, actor, call) if call.state not in BEFORE_CLOSE else None
    is_under_review = call.state is CallState.review
    return CallReviewsPage(
        call_id=call.pk,
        call_title=call.title,
        may_start=call.state is CallState.screening,
        may_close=is_under_review,
        reviewers=len(reviewers),
        applications=[_read_row(session, call, row, rows, people, titles) for row in applications if rows],
        scores=[_score_row(row, titles) for row in scores.rows] if scores else [],
        within_budget=scores.within_budget if scores else 0,
        strictness=_strictness(scores, people) if scores else [],
        is_comparable=scores is None or scores.separate_groups <= 1,
    )


def _titles(session: Session, applications: Sequence[Application]) -> dict[int, str]:
    """The number under which reviewers know an application, and who wrote it."""
    names = names_of_applicants(session, applications)
    return {row.pk: f"{applicant(row.receipt or 0)} · {names[row.organization_id]}" for row in applications}


def _read_row(
    session: Session,
    call: Call,
    application: Application,
    reviews: Sequence[Review],
    people: Mapping[int, str],
    titles: Mapping[int, str],
) -> ReadRow:
    own = [row for row in reviews if row.application_id == application.pk]
    is_under_review = call.state is CallState.review
    live = sum(row.state in queries.LIVE and row.late_interest is None for row in own)
    return ReadRow(
        application_id=application.pk,
        title=titles[application.pk],
        readers=[_reader(row, people, may_change=is_under_review) for row in own],
        may_assign=is_under_review and bool(queries.who_could_read(session, call, application.pk, reviews)),
        is_short=live < queries.least_reviews(session, call, application),
    )


def _reader(review: Review, people: Mapping[int, str], *, may_change: bool) -> ReaderRow:
    conflict = review.late_interest or (review.interest if review.state is ReviewState.recused else None)
    return ReaderRow(
        review_id=review.pk,
        name=people.get(review.reviewer_id, ""),
        state=review.state,
        conflict=label("interest", conflict) if conflict else "",
        may_reopen=may_change and queries.counts(review),
        may_replace=may_change and review.state in queries.LIVE,
    )


def _score_row(row: ScoredApplication, titles: Mapping[int, str]) -> ScoreRow:
    low, high = row.score.interval
    remarks = [
        _("below the pass mark") if not row.passes else "",
        _("in the band around the line") if row.is_in_band else "",
        _("the panel must discuss it") if row.must_discuss else "",
        _("fewer reviews than the rules ask for") if row.is_short else "",
        _("%(rank)s by the raw mean") % {"rank": row.raw_rank} if row.raw_rank != row.rank else "",
    ]
    return ScoreRow(
        rank=row.rank,
        title=titles[row.application.pk],
        raw=f"{row.score.mean:.1f}",
        adjusted=f"{row.score.adjusted:.1f}",
        interval=f"{low:.1f}–{high:.1f}" if row.score.error is not None else _("not known"),
        spread=f"{row.score.spread:.0f}",
        reviews=row.score.reviews,
        remarks=_(", ").join(remark for remark in remarks if remark),
    )


def _strictness(scores: CallScores, people: Mapping[int, str]) -> list[tuple[str, str]]:
    ordered = sorted(scores.strictness.items(), key=lambda entry: (-entry[1], entry[0]))
    return [(people.get(reviewer, ""), f"{points:+.1f}") for reviewer, points in ordered]


@router.post("/calls/{call_id}/start-review")
def start(request: Request, session: WriteSession, actor: CurrentActor, call_id: PathId, form: Form) -> Response:
    """Assign the reviewers and start the review."""
    assignment.start_review(session, actor, get_call(session, actor, call_id))
    return redirect(request, f"/funding/calls/{call_id}/reviews", _("The review has started. The reviewers were told."))


@router.post("/calls/{call_id}/close-review")
def close(request: Request, session: WriteSession, actor: CurrentActor, call_id: PathId, form: Form) -> Response:
    """Close the review: the scores can be read."""
    assignment.close_review(session, actor, get_call(session, actor, call_id))
    return redirect(request, f"/funding/calls/{call_id}/reviews", _("The review is closed."))


@router.post("/applications/{application_id}/assign")
def assign(
    request: Request, session: WriteSession, actor: CurrentActor, application_id: PathId, form: Form
) -> Response:
    """Give an application one more reviewer."""
    application = get_application_of_call(session, actor, application_id)
    assignment.assign_another(session, actor, application)
    return redirect(request, f"/funding/calls/{application.call_id}/reviews", _("Another reviewer was assigned."))


@router.post("/reviews/{review_id}/reopen")
def reopen(request: Request, session: WriteSession, actor: CurrentActor, review_id: PathId, form: Form) -> Response:
    """Let a reviewer change what was submitted."""
    review, call = queries.get_review_of_call(session, actor, review_id)
    filled = fill(form, OfficeReasonInput)
    if filled.model is None:
        return redirect(request, f"/funding/calls/{call.pk}/reviews", _("Give a reason of at least 4 characters."))
    assignment.reopen_review(session, actor, review, filled.model)
    return redirect(request, f"/funding/calls/{call.pk}/reviews", _("Reopened. The reviewer was told."))


@router.post("/reviews/{review_id}/replace")
def replace(request: Request, session: WriteSession, actor: CurrentActor, review_id: PathId, form: Form) -> Response:
    """Void a review and give the application to another reviewer."""
    review, call = queries.get_review_of_call(session, actor, review_id)
    filled = fill(form, OfficeReasonInput)
    if filled.model is None:
        return redirect(request, f"/funding/calls/{call.pk}/reviews", _("Give a reason of at least 4 characters."))
    following = assignment.replace_review(session, actor, review, filled.model)
    message = _("Voided. Another reviewer was assigned.") if following else _("Voided. No reviewer is left for it.")
    return redirect(request, f"/funding/calls/{call.pk}/reviews", message)
