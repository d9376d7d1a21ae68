"""Where the link in a message leads that asks to confirm an e-mail address or a mobile number."""

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from tuoju.referrals.contacts import confirm_address
from tuoju.web.kit.dependencies import LONGEST_LINK_TOKEN, Form, WriteSession, posted_link_token
from tuoju.web.kit.gates import Audience, open_to
from tuoju.web.kit.rate_limits import limit_links_opened
from tuoju.web.kit.rendering import redirect, render
from tuoju.web.kit.views import OpenLinkPage
from tuoju.web.projects.views import AddressConfirmedPage
from tuoju.words.languages import gettext as _

router = APIRouter(dependencies=[open_to(Audience.link_holder, "whoever reads the messages of an address confirms it")])


@router.get("/addresses/{token}")
def open_link(request: Request, token: str) -> Response:
    """It tells and changes nothing: messengers open links to preview them."""
    return render(request, OpenLinkPage(_("Confirm your address"), "/addresses", token[:LONGEST_LINK_TOKEN]))


@router.post("/addresses", dependencies=[Depends(limit_links_opened)])
def confirm(request: Request, session: WriteSession, form: Form) -> Response:
    """Confirm the address that the link was sent to. Raises ConfirmationClosed."""
    confirm_address(session, posted_link_token(request, form))
    return redirect(request, "/addresses")


@router.get("/addresses")
def confirmed(request: Request) -> Response:
    """The thanks after the confirmation. Says nothing of the address, so it needs no link."""
    return render(request, AddressConfirmedPage())
