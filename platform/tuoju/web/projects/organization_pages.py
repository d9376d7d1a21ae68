"""Organizations: add one, and where it is reached, which is where links to referrals are sent."""

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlmodel import Session

from tuoju.accounts.permissions import Action, require
from tuoju.referrals import contacts
from tuoju.referrals.contacts import ContactInput
from tuoju.registry import service as registry
from tuoju.web.kit.bounds import PathId
from tuoju.web.kit.dependencies import CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.forms import BlankForm, fill
from tuoju.web.kit.rendering import redirect, render
from tuoju.web.projects.views import ContactForm, ContactPage, OrganizationFormPage
from tuoju.words.languages import gettext as _
from tuoju_projects.errors import OrganizationNameTaken, UsccTaken
from tuoju_projects.inputs import OrganizationInput
from tuoju_projects.queries import get_organization

router = APIRouter()


@router.get("/organizations/new")
def new_organization(request: Request, actor: CurrentActor) -> Response:
    require(actor, Action.manage_projects)
    start = {"org_type": "52", "region_code": actor.region_code}
    return render(request, OrganizationFormPage(form=BlankForm(start)))


@router.post("/organizations")
def create_organization(request: Request, session: WriteSession, actor: CurrentActor, form: Form) -> Response:
    require(actor, Action.manage_projects)
    filled = fill(form, OrganizationInput)
    if filled.model is not None:
        try:
            registry.add_organization(session, actor, filled.model)
        except OrganizationNameTaken:
            filled.add("name", _("Another organization has this name."))
        except UsccTaken:
            filled.add("uscc", _("Another organization has this unified social credit code."))
        else:
            return redirect(request, "/projects/new", _("The organization is added. Now add its project."))
    return render(request, OrganizationFormPage(form=filled), 422)


@router.get("/organizations/{organization_id}/contact")
def show_contact(request: Request, session: ReadSession, actor: CurrentActor, organization_id: PathId) -> Response:
    """Raises OrganizationNotFound; NotPermitted for who may not see the contact."""
    organization = get_organization(session, organization_id)
    contact = contacts.get_contact(session, actor, organization_id)
    start = {"name": contact.name or organization.contact_name, "mobile": contact.mobile, "email": contact.email}
    return render(request, _contact_page(session, organization_id, BlankForm(start)))


def _contact_page(session: Session, organization_id: int, form: ContactForm) -> ContactPage:
    return ContactPage(organization_id, get_organization(session, organization_id).name, form)


@router.post("/organizations/{organization_id}/contact")
def change_contact(
    request: Request, session: WriteSession, actor: CurrentActor, organization_id: PathId, form: Form
) -> Response:
    get_organization(session, organization_id)
    contacts.get_contact(session, actor, organization_id)
    filled = fill(form, ContactInput)
    if filled.model is None:
        return render(request, _contact_page(session, organization_id, filled), 422)
    contacts.set_contact(session, actor, organization_id, filled.model)
    return redirect(
        request, f"/organizations/{organization_id}/contact", _("Saved. Links to referrals will be sent there.")
    )
