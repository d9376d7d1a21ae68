"""What setting up a second factor shares between signing in and one's own account."""

from collections.abc import Callable
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from sqlmodel import Session

from tuoju.accounts.models import User
from tuoju.accounts.passkeys import Site
from tuoju.accounts.second_factors import begin_totp, totp_address
from tuoju.documents import qr
from tuoju.web.accounts.committing import committed
from tuoju.web.accounts.views import AuthenticatorPage
from tuoju.web.kit.clients import client_of
from tuoju.web.kit.forms import BlankForm, SubmittedForm
from tuoju.web.kit.rendering import render
from tuoju.words.languages import gettext as _


def site_of(request: Request) -> Site:
    """The site as the browser sees it. A passkey of another host name does not work here: its browser refuses."""
    return Site(host=request.url.hostname or "", origin=f"{request.url.scheme}://{request.url.netloc}")


def device_name(request: Request) -> str:
    """What a new passkey is called until its owner gives it another name."""
    return client_of(request).device or _("Passkey")


def authenticator_page(
    request: Request,
    find_user: Callable[[Session], User],
    form: BlankForm | SubmittedForm[Any],
    *,
    is_required: bool,
    status: int = 200,
) -> Response:
    """The QR code of the secret and the field for the first code."""

    def begin(session: Session) -> tuple[str, str]:
        user = find_user(session)
        row = begin_totp(session, user)
        return row.secret, totp_address(row, user.username)

    secret, address = committed(request, begin)
    groups = " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
    return render(request, AuthenticatorPage(form, qr.on_page(address), groups, is_required), status)
