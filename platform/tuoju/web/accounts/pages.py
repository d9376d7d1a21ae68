"""Accounts: an administrator creates, stops and resets them."""

from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session, select

from tuoju.accounts import audit
from tuoju.accounts.errors import UsernameTaken
from tuoju.accounts.models import Role, User
from tuoju.accounts.permissions import Action, Actor, require
from tuoju.accounts.queries import get_user
from tuoju.accounts.service import create_user, set_active, set_password
from tuoju.regions.models import Region
from tuoju.regions.queries import names
from tuoju.residents.inputs import Optional
from tuoju.web.accounts.views import AccountRow, AccountsPage
from tuoju.web.kit.bounds import Id, PathId
from tuoju.web.kit.dependencies import CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.forms import BlankForm, SubmittedForm, fill
from tuoju.web.kit.rendering import redirect, render
from tuoju.words.languages import gettext as _
from tuoju_projects.queries import find_organizations

router = APIRouter()
SHORTEST_PASSWORD = 10
SCOPE = "accounts"


class AccountInput(BaseModel):
    """A new account as typed. Charity staff act for an organization, everyone else within a region."""

    model_config = ConfigDict(str_strip_whitespace=True)

    username: str = Field(min_length=3, max_length=64, pattern=r"^[A-Za-z0-9._-]+$")
    password: str = Field(min_length=SHORTEST_PASSWORD, max_length=128)
    display_name: str = Field(min_length=1, max_length=60)
    role: Role
    region_code: Annotated[str | None, Optional] = None
    organization_id: Annotated[Id | None, Optional] = None


@router.get("/accounts")
def index(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    """All accounts."""
    return _page(request, session, actor, BlankForm({"role": "social_worker"}))


def _page(
    request: Request, session: Session, actor: Actor, form: BlankForm | SubmittedForm[Any], status: int = 200
) -> Response:
    require(actor, Action.manage_accounts)
    users = session.exec(select(User).order_by(User.role, User.username)).all()
    organizations = [(organization.id or 0, organization.name) for organization in find_organizations(session)]
    by_id = dict(organizations)
    places = names(session, {user.region_code for user in users if user.region_code})
    rows = [
        AccountRow(
            user_id=user.pk,
            username=user.username,
            display_name=user.display_name,
            role=user.role,
            acts_for=places[user.region_code] if user.region_code else by_id.get(user.organization_id or 0, ""),
            is_active=user.is_active,
        )
        for user in users
    ]
    return render(request, AccountsPage(rows, organizations, form), status)


@router.post("/accounts")
def create(request: Request, session: WriteSession, actor: CurrentActor, form: Form) -> Response:
    """Create an account with its first password."""
    require(actor, Action.manage_accounts)
    filled = fill(form, AccountInput)
    if filled.model is not None:
        _check_region_or_organization(session, filled, filled.model)
    if filled.model is None:
        return _page(request, session, actor, _without_password(filled), 422)
    try:
        user = create_user(session, **filled.model.model_dump())
    except UsernameTaken:
        filled.add("username", _("This user name is taken. Choose another."))
        return _page(request, session, actor, _without_password(filled), 409)
    audit.record(session, actor, "create_user", user, scope=SCOPE, role=user.role.value)
    return redirect(request, "/accounts", _("%(name)s can now sign in.") % {"name": user.username})


def _check_region_or_organization(session: Session, filled: SubmittedForm[AccountInput], account: AccountInput) -> None:
    """Charity staff need an organization, everyone else a region; the other one is cleared."""
    if account.role is Role.charity_staff:
        account.region_code = None
        if account.organization_id is None:
            filled.add("organization_id", _("Choose the organization they work for."))
        return
    account.organization_id = None
    if account.region_code is None or session.get(Region, account.region_code) is None:
        filled.add("region_code", _("Enter the 12-digit code of the region they work in."))


def _without_password(filled: SubmittedForm[AccountInput]) -> SubmittedForm[AccountInput]:
    return SubmittedForm({**filled.typed, "password": ""}, filled.errors)


@router.post("/accounts/{user_id}/active")
def switch(request: Request, session: WriteSession, actor: CurrentActor, user_id: PathId, form: Form) -> Response:
    """Stop an account, or let it sign in again. Nobody stops their own."""
    require(actor, Action.manage_accounts)
    user = get_user(session, user_id)
    if user.pk == actor.user_id:
        return redirect(request, "/accounts", _("You cannot stop your own account."))
    set_active(session, user, active=not user.is_active)
    audit.record(session, actor, "switch_user", user, scope=SCOPE, active=user.is_active)
    return redirect(request, "/accounts", _("Done."))


@router.post("/accounts/{user_id}/password")
def reset(request: Request, session: WriteSession, actor: CurrentActor, user_id: PathId, form: Form) -> Response:
    """Set a new password, which ends all sessions of the account."""
    require(actor, Action.manage_accounts)
    password = str(form.get("password", ""))
    if len(password) < SHORTEST_PASSWORD:
        return redirect(request, "/accounts", _("A password must have at least 10 characters."))
    user = get_user(session, user_id)
    set_password(session, user, password)
    audit.record(session, actor, "reset_password", user, scope=SCOPE)
    return redirect(request, "/accounts", _("The password has changed. They must sign in again."))
