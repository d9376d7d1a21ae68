"""What a resident without an account is told: the officer's panel and slip, and the resident's own page by link."""

from hashlib import sha256

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlmodel import Session

from tuoju.accounts.permissions import Action, require
from tuoju.accounts.request_context import note_read
from tuoju.accounts.request_limits import Expense
from tuoju.cases.models import Case, Need
from tuoju.cases.service import set_care
from tuoju.documents.papers.typesetting import Block, Document, Large, Paragraph, scannable, to_pdf
from tuoju.referrals import resident_updates
from tuoju.referrals.cancellations import withdraw_consent_and_cancel
from tuoju.referrals.complaints import open_complaint, replies_to
from tuoju.referrals.models import ComplaintCause, Referral
from tuoju.referrals.queries import get_referral, referral_origin
from tuoju.referrals.satisfaction import record_satisfaction
from tuoju.referrals.status import AskedBy, ReferralState
from tuoju.residents.alarms import check_words
from tuoju.residents.consents import consents_to_manage
from tuoju.residents.models import TextSource
from tuoju.web.kit.bounds import PathId
from tuoju.web.kit.dependencies import (
    LINK_COOKIE_AGE,
    LONGEST_LINK_TOKEN,
    OWN_PAGE_COOKIE,
    BareForm,
    CurrentActor,
    Form,
    OwnPage,
    OwnPageDep,
    ReadSession,
    WriteSession,
    own_page_signer,
    posted_link_token,
    site_address,
)
from tuoju.web.kit.gates import Audience, needs, open_to
from tuoju.web.kit.once import repeatable
from tuoju.web.kit.rate_limits import costs, limit_links_opened
from tuoju.web.kit.rendering import redirect, render, set_cookie
from tuoju.web.kit.views import OpenLinkPage
from tuoju.web.referrals.inputs import TypedRating
from tuoju.web.referrals.resident_consents import own_consents
from tuoju.web.referrals.resident_readings import own_readings
from tuoju.web.referrals.resident_sentences import update_sentences
from tuoju.web.referrals.views import ResidentPage
from tuoju.words.languages import gettext as _
from tuoju.words.languages import use_language
from tuoju_matching.safety.kinds import Level

router = APIRouter()
_BY_MESSAGE = open_to(Audience.link_holder, "the resident opens it from their own message")


@router.get("/referrals/{referral_id}/news.pdf", dependencies=[needs(Action.send_referrals), costs(Expense.paper)])
def slip(request: Request, session: ReadSession, actor: CurrentActor, referral_id: PathId) -> Response:
    """A slip to leave with the resident: large type, no name, a code for a relative's telephone."""
    require(actor, Action.send_referrals)
    referral = get_referral(session, actor, referral_id)
    note_read(referral)
    with use_language("zh_CN"):
        sentences = update_sentences(session, referral)
        blocks: list[Block] = [Paragraph(words, indent=False) for words in sentences]
        if not resident_updates.needs_care(session, _case_of(session, referral).resident_id):
            address = site_address(request) + resident_updates.address_for(referral.pk)
            blocks += [Large(_("Scan to see progress and give feedback"), 14), scannable(address, "", 40)]
        document = Document(_("Progress of your request"), blocks, number=referral.number, size=18, title_size=24)
    headers = {"content-disposition": 'inline; filename="news.pdf"', "cache-control": "no-store"}
    return Response(to_pdf(document), media_type="application/pdf", headers=headers)


def _case_of(session: Session, referral: Referral) -> Case:
    return session.get_one(Case, session.get_one(Need, referral.need_id).case_id)


@router.post("/referrals/{referral_id}/news", dependencies=[needs(Action.send_referrals)])
def mark_told(
    request: Request, session: WriteSession, actor: CurrentActor, referral_id: PathId, form: Form
) -> Response:
    resident_updates.mark_told_in_person(session, actor, get_referral(session, actor, referral_id))
    return redirect(request, f"/referrals/{referral_id}#news", _("Thank you. Your feedback is recorded."))


@router.post("/referrals/{referral_id}/care", dependencies=[needs(Action.send_referrals)])
def care(request: Request, session: WriteSession, actor: CurrentActor, referral_id: PathId, form: Form) -> Response:
    """Set whether anything may be sent to this person's telephone."""
    case = _case_of(session, get_referral(session, actor, referral_id))
    set_care(session, actor, case, with_care=form.get("care") == "yes")
    return redirect(request, f"/referrals/{referral_id}#news", _("Done."))


@router.get("/my/{token}", dependencies=[_BY_MESSAGE])
def open_link(request: Request, token: str) -> Response:
    """Where the resident's link leads. It tells, sets and changes nothing: messengers open links to preview them."""
    return render(request, OpenLinkPage(_("Progress of your request"), "/my", token[:LONGEST_LINK_TOKEN]))


@router.post(
    "/my", dependencies=[_BY_MESSAGE, Depends(limit_links_opened), repeatable("it only opens the page of the link")]
)
def exchange(request: Request, session: ReadSession, form: BareForm) -> Response:
    """Exchange the token for a cookie of two hours, sent to the resident's page alone. Raises UpdatePageClosed."""
    token = posted_link_token(request, form)
    referral = resident_updates.referral_of(session, token)
    page = OwnPage(sha256(token.encode()).hexdigest()[:16], referral.pk)
    response = redirect(request, page.path)
    value = str(own_page_signer(request).dumps([page.handle, page.referral_id]))
    set_cookie(request, response, OWN_PAGE_COOKIE, value, path=page.path, max_age=LINK_COOKIE_AGE)
    return response


@router.get("/progress/{handle}", dependencies=[_BY_MESSAGE])
def show(request: Request, session: ReadSession, page: OwnPageDep) -> Response:
    return _resident_page(request, session, page, resident_updates.open_page(session, page.referral_id))


def _resident_page(
    request: Request, session: Session, page: OwnPage, referral: Referral, *, wrong: str = "", status: int = 200
) -> Response:
    may_rate = referral.state is ReferralState.completed and referral.satisfaction is None
    view = ResidentPage(
        sentences=update_sentences(session, referral),
        consents=own_consents(session, referral, page.path),
        readings=own_readings(session, referral),
        rating_url=f"{page.path}/rating" if may_rate else "",
        is_rated=referral.satisfaction is not None,
        replies=replies_to(session, referral),
        wrong=wrong,
    )
    return render(request, view, status)


@router.post(
    "/progress/{handle}/consents/{consent_id}/withdraw", dependencies=[_BY_MESSAGE, Depends(limit_links_opened)]
)
def withdraw(request: Request, session: WriteSession, page: OwnPageDep, consent_id: PathId, form: Form) -> Response:
    """The resident takes a consent back (PIPL art. 15). Twice is as once, and a number that is not on the page is
    answered the same, so that the answer tells nothing."""
    referral = resident_updates.open_page(session, page.referral_id)
    resident_id = _case_of(session, referral).resident_id
    offered = consents_to_manage(session, resident_id, referral.organization_id)
    for consent in offered:
        if consent.pk == consent_id:
            withdraw_consent_and_cancel(session, None, consent)
    return redirect(request, f"{page.path}#consents", _("Your consent is withdrawn. Your social worker has been told."))


@router.post("/progress/{handle}/rating", dependencies=[_BY_MESSAGE, Depends(limit_links_opened)])
def rate(request: Request, session: WriteSession, page: OwnPageDep, form: Form) -> Response:
    """What the resident, or a relative, says of the service; once."""
    referral = resident_updates.open_page(session, page.referral_id)
    rating = TypedRating.of(form)
    if rating.satisfaction is None:
        return _resident_page(request, session, page, referral, wrong=_("Choose an option from the list."), status=422)
    # Never stopped or asked: somebody else may read the telephone. The page says the same whatever was typed.
    origin = referral_origin(session, referral, TextSource.feedback)
    assessment = check_words(session, None, [rating.comment], origin)
    record_satisfaction(
        session,
        None,
        referral,
        rating.satisfaction,
        solved=rating.solved,
        by=rating.by,
        asked_by=AskedBy.link,
        comment=rating.comment,
    )
    if assessment.level is not Level.none:
        open_complaint(session, None, referral, ComplaintCause.worrying_words)
    return redirect(request, page.path, _("Thank you. Your feedback is recorded."))
