"""What a resident without an account is told: the officer's panel and slip, and the resident's own page by link."""

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlmodel import Session

from tuoju.accounts.permissions import Action, require
from tuoju.cases.models import Case, Need
from tuoju.cases.service import set_care
from tuoju.documents.papers.typesetting import Block, Document, Large, Paragraph, scannable, to_pdf
from tuoju.referrals import resident_updates
from tuoju.referrals.models import Referral
from tuoju.referrals.queries import get_referral
from tuoju.referrals.satisfaction import record_satisfaction
from tuoju.referrals.status import AskedBy, ReferralState
from tuoju.web.kit.bounds import PathId
from tuoju.web.kit.dependencies import CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.rate_limits import limit_links_opened
from tuoju.web.kit.rendering import redirect, render
from tuoju.web.referrals.inputs import TypedRating
from tuoju.web.referrals.resident_sentences import update_sentences
from tuoju.web.referrals.views import ResidentPage
from tuoju.words.languages import gettext as _
from tuoju.words.languages import use_language

router = APIRouter()


@router.get("/referrals/{referral_id}/news.pdf")
def slip(request: Request, session: ReadSession, actor: CurrentActor, referral_id: PathId) -> Response:
    """A slip to leave with the resident: large type, no name, a code for a relative's telephone."""
    require(actor, Action.send_referrals)
    referral = get_referral(session, actor, referral_id)
    with use_language("zh_CN"):
        sentences = update_sentences(session, referral)
        blocks: list[Block] = [Paragraph(words, indent=False) for words in sentences]
        if not resident_updates.needs_care(session, _case_of(session, referral).resident_id):
            address = str(request.base_url).rstrip("/") + resident_updates.address_for(referral.pk)
            blocks += [Large(_("Scan to see progress and give feedback"), 14), scannable(address, "", 40)]
        document = Document(_("Progress of your request"), blocks, number=referral.number, size=18, title_size=24)
    headers = {"content-disposition": 'inline; filename="news.pdf"', "cache-control": "no-store"}
    return Response(to_pdf(document), media_type="application/pdf", headers=headers)


def _case_of(session: Session, referral: Referral) -> Case:
    return session.get_one(Case, session.get_one(Need, referral.need_id).case_id)


@router.post("/referrals/{referral_id}/news")
def mark_told(
    request: Request, session: WriteSession, actor: CurrentActor, referral_id: PathId, form: Form
) -> Response:
    resident_updates.mark_told_in_person(session, actor, get_referral(session, actor, referral_id))
    return redirect(request, f"/referrals/{referral_id}#news", _("Thank you. Your feedback is recorded."))


@router.post("/referrals/{referral_id}/care")
def care(request: Request, session: WriteSession, actor: CurrentActor, referral_id: PathId, form: Form) -> Response:
    """Set whether anything may be sent to this person's telephone."""
    case = _case_of(session, get_referral(session, actor, referral_id))
    set_care(session, actor, case, with_care=form.get("care") == "yes")
    return redirect(request, f"/referrals/{referral_id}#news", _("Done."))


@router.get("/my/{token}", dependencies=[Depends(limit_links_opened)])
def show(request: Request, session: ReadSession, token: str) -> Response:
    return _resident_page(request, session, token, resident_updates.referral_of(session, token))


def _resident_page(
    request: Request, session: Session, token: str, referral: Referral, *, wrong: str = "", status: int = 200
) -> Response:
    may_rate = referral.state is ReferralState.completed and referral.satisfaction is None
    view = ResidentPage(
        sentences=update_sentences(session, referral),
        rating_url=f"/my/{token}/rating" if may_rate else "",
        is_rated=referral.satisfaction is not None,
        wrong=wrong,
    )
    return render(request, view, status)


@router.post("/my/{token}/rating", dependencies=[Depends(limit_links_opened)])
def rate(request: Request, session: WriteSession, token: str, form: Form) -> Response:
    """What the resident, or a relative, says of the service; once."""
    referral = resident_updates.referral_of(session, token)
    rating = TypedRating.of(form)
    if rating.satisfaction is None:
        return _resident_page(request, session, token, referral, wrong=_("Choose an option from the list."), status=422)
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
    return redirect(request, f"/my/{token}", _("Thank you. Your feedback is recorded."))
