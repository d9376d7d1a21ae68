"""Organizations: add one, and where it is reached, which is where links to referrals are sent."""

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlmodel import Session

from tuoju.accounts.permissions import Action, Actor, require
from tuoju.accounts.queries import get_user
from tuoju.referrals import contacts
from tuoju.referrals.contacts import ContactInput
from tuoju.referrals.models import ContactChange, OrganizationContact
from tuoju.registry import service as registry
from tuoju.residents.masking import mask_email, mask_name, mask_phone
from tuoju.web.kit.bounds import PathId
from tuoju.web.kit.dependencies import (
    LONGEST_LINK_TOKEN,
    BareForm,
    CurrentActor,
    Form,
    ReadSession,
    WriteSession,
    posted_link_token,
)
from tuoju.web.kit.edits import filled_from, merged
from tuoju.web.kit.forms import BlankForm, fill, required_of
from tuoju.web.kit.gates import Audience, needs, open_to
from tuoju.web.kit.once import repeatable
from tuoju.web.kit.rate_limits import limit_links_opened
from tuoju.web.kit.rendering import redirect, render
from tuoju.web.kit.views import OpenLinkPage
from tuoju.web.projects.views import (
    ContactChangeAnsweredPage,
    ContactChangePage,
    ContactForm,
    ContactPage,
    OrganizationFormPage,
    WaitingChange,
)
from tuoju.words.formats import china_date
from tuoju.words.languages import gettext as _
from tuoju_projects.errors import OrganizationNameTaken, UsccTaken
from tuoju_projects.inputs import OrganizationInput
from tuoju_projects.models import Organization
from tuoju_projects.queries import get_organization

router = APIRouter()
_BY_MESSAGE = open_to(Audience.link_holder, "the contact opens it from a message and has no account")


@router.get("/organizations/new", dependencies=[needs(Action.manage_projects)])
def new_organization(request: Request, actor: CurrentActor) -> Response:
    require(actor, Action.manage_projects)
    start = {"org_type": "52", "region_code": actor.region_code}
    return render(request, OrganizationFormPage(form=BlankForm(start, required=required_of(OrganizationInput))))


@router.post("/organizations", dependencies=[needs(Action.manage_projects)])
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


@router.get(
    "/organizations/{organization_id}/contact", dependencies=[needs(Action.answer_referrals, Action.manage_projects)]
)
def show_contact(request: Request, session: ReadSession, actor: CurrentActor, organization_id: PathId) -> Response:
    """Raises OrganizationNotFound; NotPermitted for who may not see the contact."""
    organization = get_organization(session, organization_id)
    stored = _stored(organization, contacts.get_contact(session, actor, organization_id))
    return render(request, _contact_page(session, actor, organization_id, filled_from(stored, ContactInput)))


def _stored(organization: Organization, contact: OrganizationContact) -> dict[str, str]:
    return {"name": contact.name or organization.contact_name, "mobile": contact.mobile, "email": contact.email}


def _contact_page(session: Session, actor: Actor, organization_id: int, form: ContactForm) -> ContactPage:
    name = get_organization(session, organization_id).name
    change = contacts.find_change(session, actor, organization_id)
    waiting = _waiting(session, actor, change) if change else None
    unconfirmed = contacts.unconfirmed_channels(session, actor, organization_id)
    return ContactPage(organization_id, name, form, waiting, unconfirmed)


def _waiting(session: Session, actor: Actor, change: ContactChange) -> WaitingChange:
    own = contacts.is_own(actor, change.organization_id)
    proposer = get_user(session, change.proposed_by).display_name
    return WaitingChange(
        name=change.name,
        mobile=change.mobile,
        email=change.email,
        proposed=f"{proposer} · {china_date(change.proposed_at)}",
        may_confirm=own or change.proposed_by != actor.user_id,
        is_own=own,
    )


@router.post(
    "/organizations/{organization_id}/contact", dependencies=[needs(Action.answer_referrals, Action.manage_projects)]
)
def change_contact(
    request: Request, session: WriteSession, actor: CurrentActor, organization_id: PathId, form: Form
) -> Response:
    organization = get_organization(session, organization_id)
    stored = _stored(organization, contacts.get_contact(session, actor, organization_id))
    edit = merged(form, stored, fill(form, ContactInput).model)
    filled = edit.back(fill(edit.form, ContactInput))
    if filled.model is None:
        page = _contact_page(session, actor, organization_id, filled)
        return render(request, page, 409 if edit.conflicts else 422)
    if contacts.set_contact(session, actor, organization_id, filled.model) is None:
        return _back(request, organization_id, _("Saved. Open the link that we sent there to confirm it."))
    return _back(
        request, organization_id, _("Proposed. Nothing changes until the charity or a second officer confirms.")
    )


def _back(request: Request, organization_id: int, message: str) -> Response:
    return redirect(request, f"/organizations/{organization_id}/contact", message)


@router.post(
    "/organizations/{organization_id}/contact/confirm",
    dependencies=[needs(Action.answer_referrals, Action.manage_projects)],
)
def confirm_contact(
    request: Request, session: WriteSession, actor: CurrentActor, organization_id: PathId, form: Form
) -> Response:
    """The charity confirms, or a second officer who met the charity."""
    contacts.confirm_change(session, actor, organization_id)
    return _back(request, organization_id, _("Confirmed. Links to referrals will be sent to the new contact."))


@router.post(
    "/organizations/{organization_id}/contact/refuse",
    dependencies=[needs(Action.answer_referrals, Action.manage_projects)],
)
def refuse_contact(
    request: Request, session: WriteSession, actor: CurrentActor, organization_id: PathId, form: Form
) -> Response:
    """The charity refuses, or an officer takes the proposal back."""
    contacts.refuse_change(session, actor, organization_id)
    return _back(request, organization_id, _("Refused. The contact stays as it is."))


@router.post(
    "/organizations/{organization_id}/contact/confirmations",
    dependencies=[needs(Action.answer_referrals, Action.manage_projects)],
)
def send_confirmation_again(
    request: Request, session: WriteSession, actor: CurrentActor, organization_id: PathId, form: Form
) -> Response:
    """Send the link to the addresses that wait to be confirmed."""
    get_organization(session, organization_id)
    is_sent = contacts.send_confirmation_again(session, actor, organization_id)
    return _back(request, organization_id, _("Sent.") if is_sent else _("Sent often enough for today. Try tomorrow."))


@router.get("/contact-changes/{token}", dependencies=[_BY_MESSAGE])
def open_change(request: Request, token: str) -> Response:
    """Where the message to the contact before leads. It tells and changes nothing."""
    page = OpenLinkPage(_("New contact of your organization"), "/contact-changes/open", token[:LONGEST_LINK_TOKEN])
    return render(request, page)


@router.post(
    "/contact-changes/open",
    dependencies=[_BY_MESSAGE, Depends(limit_links_opened), repeatable("it only opens the page of the link")],
)
def show_change(request: Request, session: ReadSession, form: BareForm) -> Response:
    """The proposed contact. Nothing changes before it is answered."""
    token = posted_link_token(request, form)
    change = contacts.change_of(session, token)
    page = ContactChangePage(
        organization=get_organization(session, change.organization_id).name,
        name=mask_name(change.name) if change.name else "",
        mobile=mask_phone(change.mobile) if change.mobile else "",
        email=mask_email(change.email) if change.email else "",
        token=token,
    )
    return render(request, page)


@router.post("/contact-changes", dependencies=[_BY_MESSAGE, Depends(limit_links_opened)])
def answer_change(request: Request, session: WriteSession, form: Form) -> Response:
    """Confirm or refuse a proposed contact."""
    confirmed = str(form.get("answer", "")) == "confirm"
    contacts.answer_by_message(session, str(form.get("token", "")), confirmed=confirmed)
    return redirect(request, f"/contact-changes?answer={'confirm' if confirmed else 'refuse'}")


@router.get("/contact-changes", dependencies=[_BY_MESSAGE])
def change_answered(request: Request, answer: str = "") -> Response:
    """The thanks after the answer. Says nothing of the contact, so it needs no link."""
    return render(request, ContactChangeAnsweredPage(answer == "confirm"))
