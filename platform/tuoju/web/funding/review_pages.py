"""Pages of reviewers: interests declared first, then the blind part with the form of points and reasons."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlmodel import Session

from tuoju.accounts.permissions import Action
from tuoju.funding import review_queries as queries
from tuoju.funding import reviews
from tuoju.funding.application_inputs import BLIND, Part
from tuoju.funding.application_models import Application
from tuoju.funding.check_queries import get_call_of_member
from tuoju.funding.criteria import Criterion
from tuoju.funding.errors import ScoresNotFinal
from tuoju.funding.models import Call
from tuoju.funding.review_inputs import DeclarationInput, ScoresInput
from tuoju.funding.review_models import Interest, Review
from tuoju.funding.scoring import total_of
from tuoju.web.funding.part_words import part_texts, topic_facts
from tuoju.web.funding.review_views import CriterionRow, OwnReviewRow, OwnReviewsPage, ReviewPage
from tuoju.web.funding.review_words import anchors_of
from tuoju.web.kit.bounds import PathId
from tuoju.web.kit.dependencies import CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.forms import BlankForm, SubmittedForm, fill
from tuoju.web.kit.gates import needs
from tuoju.web.kit.rendering import redirect, render
from tuoju.words.labels import label, options
from tuoju.words.languages import gettext as _
from tuoju_projects.funding_status import CallState, ReviewState

router = APIRouter(dependencies=[needs(Action.review_applications)])


@router.get("/duties/{call_id}/reviews")
def index(request: Request, session: ReadSession, actor: CurrentActor, call_id: PathId) -> Response:
    """What one reads for a call, in the order of reading."""
    call = get_call_of_member(session, actor, Action.review_applications, call_id)
    rows = [
        OwnReviewRow(
            url=f"/reviews/{review.pk}",
            applicant=applicant(receipt),
            state=review.state,
            points=str(total_of(review)) if review.state is ReviewState.submitted else "",
        )
        for review, receipt in queries.own_reviews(session, actor, call)
    ]
    return render(request, OwnReviewsPage(call.title, call.state is CallState.review, rows))


def applicant(receipt: int) -> str:
    """How an application is called while nobody knows who wrote it."""
    return _("Applicant %(number)s") % {"number": f"{receipt:02d}"}


@router.get("/reviews/{review_id}")
def show(request: Request, session: ReadSession, actor: CurrentActor, review_id: PathId) -> Response:
    """One review."""
    review = queries.get_review(session, actor, review_id)
    return render(request, _page(session, review, BlankForm(_stored(review))))


def _stored(review: Review) -> dict[str, Any]:
    """A review as its form is filled with it."""
    values: dict[str, Any] = {f"points_{code}": points for code, points in review.points.items()}
    values |= {f"reason_{code}": words for code, words in queries.reasons_of(review).items()}
    notes = {"panel_note": review.panel_note, "feedback": review.feedback, "minutes": review.minutes or ""}
    return values | notes


def _page(session: Session, review: Review, form: BlankForm | SubmittedForm[ScoresInput]) -> ReviewPage:
    call, application = session.get_one(Call, review.call_id), session.get_one(Application, review.application_id)
    is_open = review.state in queries.OPENED and review.late_interest is None
    may_score = is_open and call.state is CallState.review and review.state is not ReviewState.submitted
    with_team = review.is_locked and Criterion.team in queries.criteria_of(call)
    has_team_to_come = Criterion.team in queries.criteria_of(call) and not review.is_locked
    shown = (*BLIND, Part.who) if with_team else BLIND
    content = queries.content_to_review(session, application, with_team=with_team)
    mask = queries.mask_of(session, application)
    return ReviewPage(
        review_id=review.pk,
        back=f"/duties/{call.pk}/reviews",
        call_title=call.title,
        applicant=applicant(application.receipt or 0),
        about=topic_facts(session, call, content),
        state=review.state,
        may_declare=review.state is ReviewState.assigned and call.state is CallState.review,
        has_conflict=review.state is ReviewState.recused or review.late_interest is not None,
        parts=part_texts(session, call, content, shown, mask) if is_open else [],
        criteria=_criteria(call, review, may_score=may_score) if is_open else [],
        form=form,
        may_score=may_score,
        may_lock=may_score and has_team_to_come,
        may_submit=may_score and not has_team_to_come,
        interests=options("interest"),
    )


def _criteria(call: Call, review: Review, *, may_score: bool) -> list[CriterionRow]:
    """The criteria that can be scored or were: the team only once the others are locked."""
    reasons = queries.reasons_of(review)
    return [
        CriterionRow(
            code=criterion,
            words=label("criterion", criterion),
            maximum=maximum,
            anchors=anchors_of(criterion),
            is_final=not may_score or (review.is_locked and criterion is not Criterion.team),
            points=str(review.points.get(criterion, "")),
            granted=reasons.get(criterion, ""),
        )
        for criterion, maximum in queries.criteria_of(call).items()
        if review.is_locked or criterion is not Criterion.team
    ]


@router.post("/reviews/{review_id}/declaration")
def declare(request: Request, session: WriteSession, actor: CurrentActor, review_id: PathId, form: Form) -> Response:
    """Declare interests; the application opens if there is none."""
    review, filled = queries.get_review(session, actor, review_id), fill(form, DeclarationInput)
    if filled.model is None:
        return redirect(request, f"/reviews/{review_id}", _("Choose an answer. No interest is an answer too."))
    reviews.declare(session, actor, review, filled.model)
    return redirect(request, f"/reviews/{review_id}", _("Your declaration is kept."))


@router.post("/reviews/{review_id}")
def score(request: Request, session: WriteSession, actor: CurrentActor, review_id: PathId, form: Form) -> Response:
    """Keep points and reasons; then, if asked, make the blind part final or submit."""
    review, filled = queries.get_review(session, actor, review_id), fill(form, ScoresInput)
    if filled.model is None:
        return render(request, _page(session, review, filled), 422)
    to, message = form.get("to"), _("Saved.")
    try:
        reviews.save_scores(session, actor, review, filled.model)
        if to == "lock":
            reviews.lock_blind_part(session, actor, review)
            message = _("These points are final. Read who carries it out, and score the team.")
        elif to == "submit":
            reviews.submit_review(session, actor, review)
            message = _("Submitted.")
    except ScoresNotFinal as error:
        for fault in error.faults:
            _add(filled, fault)
        return render(request, _page(session, review, filled), 422)
    target = f"/duties/{review.call_id}/reviews" if to == "submit" else f"/reviews/{review_id}"
    return redirect(request, target, message)


def _add(filled: SubmittedForm[ScoresInput], fault: queries.Fault) -> None:
    """The fault at its field: at the reason where that is missing."""
    side = "reason" if fault.fault is queries.ScoreFault.reason_missing else "points"
    filled.add(f"{side}_{fault.criterion}", label("score_fault", fault.fault))


@router.post("/reviews/{review_id}/conflict")
def report(request: Request, session: WriteSession, actor: CurrentActor, review_id: PathId, form: Form) -> Response:
    """Say that a conflict was found late: the review counts no longer."""
    review, filled = queries.get_review(session, actor, review_id), fill(form, DeclarationInput)
    if filled.model is None or filled.model.interest is Interest.none:
        return redirect(request, f"/reviews/{review_id}", _("Choose which interest you have."))
    reviews.report_conflict(session, actor, review, filled.model)
    message = _("The office was told. Your review does not count, and the application is closed to you.")
    return redirect(request, f"/duties/{review.call_id}/reviews", message)
