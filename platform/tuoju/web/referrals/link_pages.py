"""The link to a referral for a charity without an account: to copy into WeChat or to scan, to renew, to revoke."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from tuoju.accounts.permissions import Action
from tuoju.documents import qr
from tuoju.referrals import links
from tuoju.referrals.models import Referral, ReferralLink
from tuoju.referrals.queries import get_referral
from tuoju.referrals.status import LIVE, ReferralState
from tuoju.web.kit.bounds import PathId
from tuoju.web.kit.dependencies import CurrentActor, Form, WriteSession
from tuoju.web.kit.gates import needs
from tuoju.web.kit.rendering import redirect, render
from tuoju.web.referrals.views import CurrentLink, LinkPage
from tuoju.words.formats import due_day
from tuoju.words.languages import gettext as _
from tuoju_projects.queries import get_organization

router = APIRouter(dependencies=[needs(Action.answer_referrals, Action.send_referrals)])


@router.get("/referrals/{referral_id}/link")
def show(request: Request, session: WriteSession, actor: CurrentActor, referral_id: PathId) -> Response:
    """Show the link. This is audited, because whoever sees the link could answer with it."""
    referral = get_referral(session, actor, referral_id)
    link = links.show(session, actor, referral)
    organization = get_organization(session, referral.organization_id).name
    view = LinkPage(
        at=f"/referrals/{referral.pk}",
        number=referral.number,
        organization=organization,
        link=_current_link(request, referral, link, organization) if link else None,
        may_renew=referral.state in LIVE,
    )
    return render(request, view)


def _current_link(request: Request, referral: Referral, link: ReferralLink, organization: str) -> CurrentLink:
    address = str(request.url_for("open_link", token=links.token_of(link)))
    if referral.state is ReferralState.requested:
        words = _("%(name)s: answer a referral by %(day)s. Open it here, you do not need to sign in: %(link)s")
    else:
        words = _("%(name)s: record visits and complete your referral here, you do not need to sign in: %(link)s")
    day = due_day(referral.answer_due_at)
    message = words % {"name": organization, "day": day, "link": f"\n{address}"}
    return CurrentLink(message, qr.on_page(address), link.expires_at, link.uses)


@router.post("/referrals/{referral_id}/link")
def renew(request: Request, session: WriteSession, actor: CurrentActor, referral_id: PathId, form: Form) -> Response:
    links.issue(session, actor, get_referral(session, actor, referral_id))
    return redirect(request, f"/referrals/{referral_id}/link", _("A new link is open. The old link no longer works."))


@router.post("/referrals/{referral_id}/link/stop")
def stop(request: Request, session: WriteSession, actor: CurrentActor, referral_id: PathId, form: Form) -> Response:
    links.revoke(session, actor, get_referral(session, actor, referral_id))
    return redirect(request, f"/referrals/{referral_id}", _("The link is stopped."))
