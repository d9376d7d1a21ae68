"""Where an organization is reached: whom a link to a referral is sent to."""

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlmodel import Session

from tuoju.accounts.permissions import Actor
from tuoju.referrals import contacts
from tuoju.referrals.contacts import ContactInput
from tuoju.web.kit.bounds import PathId
from tuoju.web.kit.dependencies import CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.forms import BlankForm, SubmittedForm, fill
from tuoju.web.kit.rendering import redirect, render
from tuoju.words.languages import gettext as _
from tuoju_projects.queries import get_organization

router = APIRouter()


@router.get("/organizations/{organization_id}/contact")
def show(request: Request, session: ReadSession, actor: CurrentActor, organization_id: PathId) -> Response:
    organization = get_organization(session, organization_id)
    contact = contacts.get_contact(session, actor, organization_id)
    start = {"name": contact.name or organization.contact_name, "mobile": contact.mobile, "email": contact.email}
    return _form(request, session, actor, organization_id, BlankForm(start))


def _form(
    request: Request,
    session: Session,
    actor: Actor,
    organization_id: int,
    form: BlankForm | SubmittedForm[ContactInput],
    status: int = 200,
) -> Response:
    organization = get_organization(session, organization_id)
    return render(request, "projects/organizations/contact.html", status, organization=organization, form=form)


@router.post("/organizations/{organization_id}/contact")
def change(
    request: Request, session: WriteSession, actor: CurrentActor, organization_id: PathId, form: Form
) -> Response:
    get_organization(session, organization_id)
    contacts.get_contact(session, actor, organization_id)
    filled = fill(form, ContactInput)
    if filled.model is None:
        return _form(request, session, actor, organization_id, filled, 422)
    contacts.set_contact(session, actor, organization_id, filled.model)
    return redirect(request, f"/organizations/{organization_id}/contact", _("Saved. Links to referrals go there."))
