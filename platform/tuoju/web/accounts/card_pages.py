"""Invitations on paper, for the accounts of many societies at once."""

from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import Response

from tuoju.accounts import administration
from tuoju.accounts.permissions import Action
from tuoju.accounts.request_limits import Expense
from tuoju.documents.papers.invitation_cards import InvitationCard, invitation_cards
from tuoju.documents.papers.typesetting import to_pdf
from tuoju.regions.calendar import CHINA
from tuoju.web.accounts.rows import places_of
from tuoju.web.kit.dependencies import CurrentActor, Form, WriteSession, note_target, site_address
from tuoju.web.kit.gates import needs
from tuoju.web.kit.rate_limits import costs
from tuoju.web.kit.rendering import redirect
from tuoju.words.labels import label
from tuoju.words.languages import gettext as _
from tuoju.words.languages import use_language

router = APIRouter(dependencies=[needs(Action.manage_accounts)])
MAX_CARDS = 300
"""Cards in one file, which takes some six seconds; the next ones are printed by asking again."""


@router.post("/accounts/cards", dependencies=[costs(Expense.paper)])
def print_cards(request: Request, session: WriteSession, actor: CurrentActor, form: Form) -> Response:
    """Invite the next accounts that have no password, and answer with their cards: the only time they are shown."""
    issued = administration.invite_for_cards(session, actor, again="again" in form, limit=MAX_CARDS)
    if not issued:
        return redirect(request, "/accounts", _("No account waits for an invitation."))
    note_target(request, "/accounts", _("The cards were printed once. If they are lost, print them again."))
    places, base = places_of(session, [user for user, _invitation in issued]), site_address(request)
    with use_language("zh_CN"):
        cards = [
            InvitationCard(
                display_name=user.display_name,
                username=user.username,
                role=label("role", user.role),
                place=places[user.pk],
                address=base + invitation.path,
                expires_at=invitation.expires_at,
            )
            for user, invitation in issued
        ]
        foot = f"{actor.display_name} {datetime.now(CHINA):%Y-%m-%d %H:%M}"
        content = to_pdf(invitation_cards(cards, foot))
    headers = {"content-disposition": 'attachment; filename="tuoju-invitations.pdf"', "cache-control": "no-store"}
    return Response(content, media_type="application/pdf", headers=headers)
