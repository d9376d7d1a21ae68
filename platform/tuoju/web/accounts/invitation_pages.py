"""Pages for an invited person: the link, and the password that they choose. Nobody is signed in here.

Opening the link changes nothing and shows nothing of the account; what follows are posts with the token in the form.
"""

from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlmodel import Session
from starlette.datastructures import FormData

from tuoju.accounts import invitations
from tuoju.accounts.errors import PasswordRefused
from tuoju.accounts.passwords import SHORTEST
from tuoju.database.scopes import ENTRANCE
from tuoju.web.accounts.account_views import OpenInvitationPage, PasswordPage
from tuoju.web.accounts.rows import places_of
from tuoju.web.kit.dependencies import BareForm, unit_of_work_of
from tuoju.web.kit.forms import BlankForm, SubmittedForm
from tuoju.web.kit.gates import Audience, open_to
from tuoju.web.kit.once import repeatable
from tuoju.web.kit.passwords import password_message
from tuoju.web.kit.rate_limits import limit_links_opened
from tuoju.web.kit.rendering import redirect, render
from tuoju.words.languages import gettext as _

router = APIRouter(dependencies=[open_to(Audience.link_holder, "an invited person has no password yet")])
LONGEST_TOKEN = 100


@router.get("/invitation")
def paste(request: Request) -> Response:
    """For somebody who types or pastes the code of their invitation."""
    return render(request, OpenInvitationPage(token=""))


@router.get("/invitation/{token}", dependencies=[Depends(limit_links_opened)])
def open_invitation(request: Request, token: str) -> Response:
    """Where the link leads. Also programs that look at links in messages open it: it uses nothing up."""
    return render(request, OpenInvitationPage(token=token[:LONGEST_TOKEN]))


@router.post(
    "/invitation/open", dependencies=[Depends(limit_links_opened), repeatable("it only opens the page of the link")]
)
def exchange(request: Request, form: BareForm) -> Response:
    """Show whose account it is, and the form for the password. Raises InvitationClosed."""
    with unit_of_work_of(request).read(ENTRANCE) as session:
        page = _password_page(session, _token_of(form), BlankForm())
    return render(request, page)


def _token_of(form: FormData) -> str:
    """The token; of a whole link that was pasted its last part."""
    return str(form.get("token", "")).strip().rsplit("/", 1)[-1]


def _password_page(session: Session, token: str, form: BlankForm | SubmittedForm[Any]) -> PasswordPage:
    user = invitations.find_user(session, token)
    return PasswordPage(
        token=token,
        username=user.username,
        display_name=user.display_name,
        role=user.role,
        acts_for=places_of(session, [user])[user.pk],
        shortest=SHORTEST,
        form=form,
    )


@router.post("/invitation", dependencies=[Depends(limit_links_opened), repeatable("an invitation works once")])
def accept(request: Request, form: BareForm) -> Response:
    """Use the invitation: the password is the person's own. Raises InvitationClosed."""
    with unit_of_work_of(request).write(ENTRANCE) as session:
        outcome = _accept(session, form)
    if isinstance(outcome, PasswordPage):
        return render(request, outcome, 422)
    message = _("Your password is set. Sign in with the user name %(username)s.") % {"username": outcome}
    return redirect(request, "/sign-in", message)


def _accept(session: Session, form: FormData) -> PasswordPage | str:
    """The name of the user whose password is set now, or the page with what was wrong. Raises InvitationClosed."""
    token, password = _token_of(form), str(form.get("password", ""))
    refused: SubmittedForm[Any] = SubmittedForm({})
    if password != str(form.get("again", "")):
        refused.add("again", _("The two passwords are not the same. Enter them again."))
        return _password_page(session, token, refused)
    try:
        return invitations.accept(session, token, password).username
    except PasswordRefused as error:
        refused.add("password", password_message(error))
        return _password_page(session, token, refused)
