"""What a resident without an account is told: the officer's words and slip, and the resident's own page by link."""

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlmodel import Session

from tuoju.accounts.permissions import Action, require
from tuoju.cases.models import Case, Need
from tuoju.cases.service import set_care
from tuoju.documents.papers.typesetting import Block, Document, Large, Paragraph, scannable, to_pdf
from tuoju.referrals import resident_updates as news
from tuoju.referrals.models import Referral
from tuoju.referrals.queries import get_referral
from tuoju.referrals.satisfaction import record_satisfaction
from tuoju.referrals.status import Answerer, AskedBy, ReferralState
from tuoju.visits.queries import visits_of
from tuoju.web.kit.dependencies import CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.rate_limits import limit_links_opened
from tuoju.web.kit.rendering import redirect, render
from tuoju.words.languages import gettext as _
from tuoju.words.languages import use_language
from tuoju.words.resident_updates import update_text
from tuoju_projects.queries import get_organization

router = APIRouter()


def update_sentences(session: Session, referral: Referral) -> list[str]:
    """All news of a referral in words, first to last."""
    name = get_organization(session, referral.organization_id).name
    visits = len([each for each, _who in visits_of(session, referral) if each.in_error_at is None])
    return [update_text(each, referral, name, visits) for each in news.updates_of(session, referral)]


@router.get("/referrals/{referral_id}/news.pdf")
def slip(request: Request, session: ReadSession, actor: CurrentActor, referral_id: int) -> Response:
    """A slip to leave with the resident: large type, no name, a code for a relative's telephone."""
    require(actor, Action.send_referrals)
    referral = get_referral(session, actor, referral_id)
    with use_language("zh_CN"):
        blocks: list[Block] = [Paragraph(words, indent=False) for words in update_sentences(session, referral)]
        case = session.get_one(Case, session.get_one(Need, referral.need_id).case_id)
        if not news.needs_care(session, case.resident_id):
            address = str(request.base_url).rstrip("/") + news.address_for(referral.pk)
            blocks += [Large(_("Scan to see how it stands, and to say how it was"), 14), scannable(address, "", 40)]
        document = Document(_("How your request stands"), blocks, number=referral.number, size=18, title_size=24)
    headers = {"content-disposition": 'inline; filename="news.pdf"', "cache-control": "no-store"}
    return Response(to_pdf(document), media_type="application/pdf", headers=headers)


@router.post("/referrals/{referral_id}/news")
def told(request: Request, session: WriteSession, actor: CurrentActor, referral_id: int, form: Form) -> Response:
    news.mark_told_in_person(session, actor, get_referral(session, actor, referral_id))
    return redirect(request, f"/referrals/{referral_id}#news", _("Thank you. It is on record."))


@router.post("/referrals/{referral_id}/care")
def care(request: Request, session: WriteSession, actor: CurrentActor, referral_id: int, form: Form) -> Response:
    """Whether anything may be sent to this person's telephone."""
    referral = get_referral(session, actor, referral_id)
    case = session.get_one(Case, session.get_one(Need, referral.need_id).case_id)
    set_care(session, actor, case, with_care=form.get("care") == "yes")
    return redirect(request, f"/referrals/{referral_id}#news", _("Done."))


@router.get("/my/{token}", dependencies=[Depends(limit_links_opened)])
def mine(request: Request, session: ReadSession, token: str) -> Response:
    """The resident's own page of one referral: no name, no number, no kind of need."""
    return _page(request, session, token, news.referral_of(session, token))


def _page(
    request: Request, session: Session, token: str, referral: Referral, *, wrong: str = "", status: int = 200
) -> Response:
    return render(
        request,
        "referrals/resident/mine.html",
        status,
        token=token,
        said=update_sentences(session, referral),
        may_rate=referral.state is ReferralState.completed and referral.satisfaction is None,
        rated=referral.satisfaction is not None,
        wrong=wrong,
    )


@router.post("/my/{token}/rating", dependencies=[Depends(limit_links_opened)])
def rate(request: Request, session: WriteSession, token: str, form: Form) -> Response:
    """What the resident, or a relative, says of it; once."""
    referral = news.referral_of(session, token)
    given, by = str(form.get("satisfaction", "")), str(form.get("by", ""))
    if given not in {"1", "2", "3", "4", "5"}:
        return _page(request, session, token, referral, wrong=_("Please choose one of the list."), status=422)
    record_satisfaction(
        session,
        None,
        referral,
        int(given),
        solved={"yes": True, "no": False}.get(str(form.get("solved", ""))),
        by=Answerer(by) if by in set(Answerer) else Answerer.self,
        asked_by=AskedBy.link,
        comment=str(form.get("said", "")),
    )
    return redirect(request, f"/my/{token}", _("Thank you. It is on record."))
