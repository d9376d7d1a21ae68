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
from tuoju.web.kit.bounds import PathId
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
    organization_id: Annotated[int | None, Optional] = None


@router.get("/accounts")
def index(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    return _page(request, session, actor, BlankForm({"role": "social_worker"}))


def _page(
    request: Request, session: Session, actor: Actor, form: BlankForm | SubmittedForm[Any], status: int = 200
) -> Response:
    require(actor, Action.manage_accounts)
    users = session.exec(select(User).order_by(User.role, User.username)).all()
    organizations = [(each.id, each.name) for each in find_organizations(session)]
    return render(
        request,
        "accounts/index.html",
        status,
        users=users,
        places=names(session, {each.region_code for each in users if each.region_code}),
        organizations=organizations,
        organization_names=dict(organizations),
        form=form,
    )


@router.post("/accounts")
def create(request: Request, session: WriteSession, actor: CurrentActor, form: Form) -> Response:
    require(actor, Action.manage_accounts)
    filled = fill(form, AccountInput)
    given = filled.model
    if given is not None:
        _check_place(session, filled, given)
    if filled.model is None:
        return _page(request, session, actor, _without_password(filled), 422)
    try:
        user = create_user(session, **filled.model.model_dump())
    except UsernameTaken:
        filled.add("username", _("Another account has this user name."))
        return _page(request, session, actor, _without_password(filled), 409)
    audit.record(session, actor, "create_user", user, scope=SCOPE, role=user.role.value)
    return redirect(request, "/accounts", _("%(name)s can sign in now.") % {"name": user.username})


def _check_place(session: Session, filled: SubmittedForm[AccountInput], given: AccountInput) -> None:
    if given.role is Role.charity_staff:
        given.region_code = None
        if given.organization_id is None:
            filled.add("organization_id", _("Please choose the organization they act for."))
        return
    given.organization_id = None
    if given.region_code is None or session.get(Region, given.region_code) is None:
        filled.add("region_code", _("Please give the 12-digit code of the region they act in."))


def _without_password(filled: SubmittedForm[AccountInput]) -> SubmittedForm[AccountInput]:
    return SubmittedForm({**filled.typed, "password": ""}, filled.errors)


@router.post("/accounts/{user_id}/active")
def switch(request: Request, session: WriteSession, actor: CurrentActor, user_id: PathId, form: Form) -> Response:
    require(actor, Action.manage_accounts)
    user = get_user(session, user_id)
    if user.pk == actor.user_id:
        return redirect(request, "/accounts", _("Nobody stops their own account."))
    set_active(session, user, active=not user.is_active)
    audit.record(session, actor, "switch_user", user, scope=SCOPE, active=user.is_active)
    return redirect(request, "/accounts", _("Done."))


@router.post("/accounts/{user_id}/password")
def reset(request: Request, session: WriteSession, actor: CurrentActor, user_id: PathId, form: Form) -> Response:
    require(actor, Action.manage_accounts)
    password = str(form.get("password", ""))
    if len(password) < SHORTEST_PASSWORD:
        return redirect(request, "/accounts", _("A password has at least 10 signs."))
    user = get_user(session, user_id)
    set_password(session, user, password)
    audit.record(session, actor, "reset_password", user, scope=SCOPE)
    return redirect(request, "/accounts", _("The password is changed; they have to sign in again."))
