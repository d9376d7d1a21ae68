"""The link to a referral for a charity without an account: to copy into WeChat or scan, made anew, stopped."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from tuoju.documents import qr
from tuoju.referrals import links
from tuoju.referrals.queries import get_referral
from tuoju.referrals.status import LIVE, ReferralState
from tuoju.web.kit.dependencies import CurrentActor, Form, WriteSession
from tuoju.web.kit.rendering import redirect, render
from tuoju.words.formats import due_day
from tuoju.words.languages import gettext as _
from tuoju_projects.queries import get_organization

router = APIRouter()


@router.get("/referrals/{referral_id}/link")
def show(request: Request, session: WriteSession, actor: CurrentActor, referral_id: int) -> Response:
    """Whoever sees the link could answer with it: being shown it is audited."""
    referral = get_referral(session, actor, referral_id)
    link = links.show(session, actor, referral)
    address = str(request.url_for("open_link", token=links.token_of(link))) if link else ""
    organization = get_organization(session, referral.organization_id)
    if referral.state is ReferralState.requested:
        words = _("%(name)s: a referral waits for your answer until %(day)s. Open it here, no sign-in needed: %(link)s")
    else:
        words = _("%(name)s: your referral, to record visits and close it. Open it here, no sign-in needed: %(link)s")
    return render(
        request,
        "referrals/link.html",
        referral=referral,
        organization=organization,
        link=link,
        live=referral.state in LIVE,
        words=words % {"name": organization.name, "day": due_day(referral.answer_due_at), "link": f"\n{address}"},
        qr=qr.on_page(address) if address else "",
    )


@router.post("/referrals/{referral_id}/link")
def renew(request: Request, session: WriteSession, actor: CurrentActor, referral_id: int, form: Form) -> Response:
    links.issue(session, actor, get_referral(session, actor, referral_id))
    return redirect(request, f"/referrals/{referral_id}/link", _("A new link is open; the one before opens nothing."))


@router.post("/referrals/{referral_id}/link/stop")
def stop(request: Request, session: WriteSession, actor: CurrentActor, referral_id: int, form: Form) -> Response:
    links.revoke(session, actor, get_referral(session, actor, referral_id))
    return redirect(request, f"/referrals/{referral_id}", _("The link is stopped."))
