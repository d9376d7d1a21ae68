"""Accounts: administrators invite, stop and change those of their region, leaders of a charity those of its staff."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import Field
from sqlmodel import Session

from tuoju.accounts import administration, proposals
from tuoju.accounts.administration import AccountInput
from tuoju.accounts.directory import AccountFilter, AccountState, count_to_invite, find_accounts
from tuoju.accounts.errors import GrantExceeded, RegionLevelWrong, UsernameTaken
from tuoju.accounts.grants import (
    get_account,
    grantable_roles,
    may_change_accounts,
    organizations_in_scope,
    require_change,
)
from tuoju.accounts.invitations import IssuedInvitation
from tuoju.accounts.models import Role, User
from tuoju.accounts.permissions import ROLE_LEVELS, Action, Actor, require
from tuoju.documents import qr
from tuoju.web.accounts.account_views import AccountPage, AccountsPage, IssuedPage, NewAccountPage
from tuoju.web.accounts.rows import account_rows, find_regions, proposal_rows
from tuoju.web.kit.bounds import PathId
from tuoju.web.kit.dependencies import CurrentActor, Form, ReadSession, WriteSession, note_target, site_address
from tuoju.web.kit.edits import filled_from, merged, texts_of
from tuoju.web.kit.forms import WHOLE_FORM, BlankForm, SubmittedForm, fill, required_of
from tuoju.web.kit.gates import needs
from tuoju.web.kit.pagination import PageOf
from tuoju.web.kit.rendering import redirect, render
from tuoju.words.labels import label
from tuoju.words.languages import gettext as _
from tuoju_projects.queries import get_organization
from tuoju_text.inputs import Input

router = APIRouter(dependencies=[needs(Action.manage_accounts)])


class RoleInput(Input):
    """Another role or region for an officer."""

    role: Role
    region_code: str = Field(min_length=1, max_length=12)


@router.get("/accounts")
def index(
    request: Request,
    session: ReadSession,
    actor: CurrentActor,
    page: PageOf,
    username: Annotated[str, Query(max_length=64)] = "",
    role: Annotated[Role | None, Query()] = None,
    state: Annotated[AccountState | None, Query()] = None,
) -> Response:
    """The accounts in scope, and the proposals that wait."""
    wanted = AccountFilter(text=username, role=role, state=state)
    after = str(page.after[0]) if page.after else ""
    users, next_url = page.take(
        find_accounts(session, actor, wanted, after=after, limit=page.fetch), lambda user: [user.username]
    )
    view = AccountsPage(
        accounts=account_rows(session, users),
        proposals=proposal_rows(session, actor),
        form=BlankForm({"username": username, "role": role or "", "state": state or ""}),
        next_url=next_url,
        is_charity=actor.organization_id is not None,
        may_change=may_change_accounts(session, actor),
        organization=_organization(session, actor),
        to_print=count_to_invite(session, actor),
    )
    return render(request, view)


def _organization(session: Session, actor: Actor) -> str:
    return get_organization(session, actor.organization_id).name if actor.organization_id is not None else ""


@router.get("/accounts/new")
def new(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    """The form of a new account."""
    start = {"role": grantable_roles(actor)[0]}
    return _new_page(request, session, actor, BlankForm(start, required=required_of(AccountInput)))


def _new_page(
    request: Request, session: Session, actor: Actor, form: BlankForm | SubmittedForm[Any], status: int = 200
) -> Response:
    require(actor, Action.manage_accounts)
    is_charity = actor.organization_id is not None
    view = NewAccountPage(
        form=form,
        roles=[] if is_charity else [(role.value, label("role", role)) for role in grantable_roles(actor)],
        organizations=[] if is_charity else organizations_in_scope(session, actor),
        regions=find_regions(session, actor, form.typed),
        organization=_organization(session, actor),
    )
    return render(request, view, status)


@router.post("/accounts")
def create(request: Request, session: WriteSession, actor: CurrentActor, form: Form) -> Response:
    """Add an account and show its invitation once; or look for regions, with nothing added and nothing lost."""
    require(actor, Action.manage_accounts)
    if "find" in form:
        return _new_page(request, session, actor, BlankForm(dict(form), required=required_of(AccountInput)))
    fixed = {"role": Role.charity_staff, "organization_id": actor.organization_id} if actor.organization_id else {}
    filled = fill(form, AccountInput, **fixed)
    filled.typed = {**filled.typed, "region_text": form.get("region_text", "")}
    if filled.model is None:
        return _new_page(request, session, actor, filled, 422)
    try:
        user, invitation = administration.add_and_invite(session, actor, filled.model)
    except UsernameTaken:
        filled.add("username", _("This user name is taken. Choose another."))
        return _new_page(request, session, actor, filled, 409)
    except (GrantExceeded, RegionLevelWrong) as error:
        _explain(filled, filled.model.role, error)
        return _new_page(request, session, actor, filled, 422)
    return _issued(request, user, invitation)


def _explain(filled: SubmittedForm[Any], role: Role, error: GrantExceeded | RegionLevelWrong) -> None:
    """Say at the field of the region or organization what can be chosen."""
    if role is Role.charity_staff:
        filled.add("organization_id", _("Choose the organization they work for."))
    elif isinstance(error, RegionLevelWrong):
        levels = _(" or ").join(label("region_level", level) for level in ROLE_LEVELS[role])
        filled.add("region_code", _("For this role, choose a region of this level: %(levels)s.") % {"levels": levels})
    elif filled.typed.get("region_code"):
        filled.add("region_code", _("Choose a region within your own."))
    else:
        filled.add("region_code", _("Choose the region they work in."))


def _issued(request: Request, user: User, invitation: IssuedInvitation | None) -> Response:
    """The invitation, shown once; of an administrator the list, where the proposal waits."""
    if invitation is None:
        return redirect(request, "/accounts", _("Proposed. Another administrator must confirm it within a week."))
    note_target(request, f"/accounts/{user.pk}", _("The invitation was shown once. If it is lost, issue a new one."))
    address = site_address(request) + invitation.path
    words = _("%(name)s: choose your password for Tuoju here. Your user name is %(username)s: %(link)s")
    message = words % {"name": user.display_name, "username": user.username, "link": f"\n{address}"}
    view = IssuedPage(
        user_id=user.pk,
        username=user.username,
        display_name=user.display_name,
        message=message,
        qr=qr.on_page(address),
        expires_at=invitation.expires_at,
        is_sent=invitation.sent,
    )
    return render(request, view)


@router.get("/accounts/{user_id}")
def show(request: Request, session: ReadSession, actor: CurrentActor, user_id: PathId) -> Response:
    """One account in scope."""
    user = get_account(session, actor, user_id)
    return _account_page(request, session, actor, user, _present(user))


def _present(user: User) -> BlankForm:
    return filled_from(_stored(user), RoleInput)


def _stored(user: User) -> dict[str, Any]:
    return {"role": user.role, "region_code": user.region_code}


def _account_page(
    request: Request,
    session: Session,
    actor: Actor,
    user: User,
    form: BlankForm | SubmittedForm[Any],
    status: int = 200,
) -> Response:
    is_officer = user.organization_id is None and actor.organization_id is None
    roles = [role for role in grantable_roles(actor) if role is not Role.charity_staff] if is_officer else []
    view = AccountPage(
        account=account_rows(session, [user])[0],
        may_change=may_change_accounts(session, actor) and user.pk != actor.user_id,
        needs_two=user.role is Role.administrator,
        waits=proposals.find_pending(session, user) is not None,
        form=form,
        roles=[(role.value, label("role", role)) for role in roles],
        regions=find_regions(session, actor, form.typed),
    )
    return render(request, view, status)


@router.post("/accounts/{user_id}/active")
def switch(request: Request, session: WriteSession, actor: CurrentActor, user_id: PathId, form: Form) -> Response:
    """Stop an account, or let its person sign in again. Nobody stops their own."""
    user = get_account(session, actor, user_id)
    if form.get("to") != "active":
        if user.is_active:
            administration.stop(session, actor, user)
        return redirect(request, f"/accounts/{user_id}", _("The account is stopped."))
    if user.is_active or administration.start(session, actor, user):
        return redirect(request, f"/accounts/{user_id}", _("They can sign in again."))
    return redirect(request, "/accounts", _("Proposed. Another administrator must confirm it within a week."))


@router.post("/accounts/{user_id}/invitation")
def invite_again(request: Request, session: WriteSession, actor: CurrentActor, user_id: PathId, form: Form) -> Response:
    """Issue a new invitation, which ends the password and all sessions of the account."""
    user = get_account(session, actor, user_id)
    is_lost = "second_factor_lost" in form
    return _issued(request, user, administration.invite_again(session, actor, user, second_factor_lost=is_lost))


@router.post("/accounts/{user_id}/role")
def assign_role(request: Request, session: WriteSession, actor: CurrentActor, user_id: PathId, form: Form) -> Response:
    """Give an officer another role or region; or look for regions, with nothing changed."""
    user = get_account(session, actor, user_id)
    require_change(session, actor, user)
    if "find" in form:
        blank = BlankForm(dict(form), was=texts_of(_stored(user)), required=required_of(RoleInput))
        return _account_page(request, session, actor, user, blank)
    edit = merged(form, _stored(user), fill(form, RoleInput).model)
    filled = edit.back(fill(edit.form, RoleInput))
    filled.typed = {**filled.typed, "region_text": form.get("region_text", "")}
    if filled.model is None:
        return _account_page(request, session, actor, user, filled, 409 if edit.conflicts else 422)
    try:
        is_done = administration.assign_role(session, actor, user, filled.model.role, filled.model.region_code)
    except (GrantExceeded, RegionLevelWrong) as error:
        _explain(filled, filled.model.role, error)
        if filled.model is None and user.organization_id is not None:
            filled.add(WHOLE_FORM, _("Staff of an organization stay with it. Add another account for an officer."))
        return _account_page(request, session, actor, user, filled, 422)
    if is_done:
        return redirect(request, f"/accounts/{user_id}", _("The role is changed. They must sign in again."))
    return redirect(request, "/accounts", _("Proposed. Another administrator must confirm it within a week."))


@router.post("/accounts/{user_id}/leader")
def switch_leader(
    request: Request, session: WriteSession, actor: CurrentActor, user_id: PathId, form: Form
) -> Response:
    """Make an account of a charity one of its leaders, or no longer."""
    user = get_account(session, actor, user_id)
    administration.set_leader(session, actor, user, is_leader=form.get("to") == "leader")
    return redirect(request, f"/accounts/{user_id}", _("Done."))


@router.post("/accounts/proposals/{proposal_id}/confirm")
def confirm(request: Request, session: WriteSession, actor: CurrentActor, proposal_id: PathId, form: Form) -> Response:
    """Confirm as the second administrator; the invitation, if one is needed, is shown once."""
    proposal = proposals.get_proposal(session, actor, proposal_id)
    invitation = proposals.confirm(session, actor, proposal)
    if invitation is None:
        return redirect(request, f"/accounts/{proposal.user_id}", _("Confirmed."))
    return _issued(request, session.get_one(User, proposal.user_id), invitation)


@router.post("/accounts/proposals/{proposal_id}/refuse")
def refuse(request: Request, session: WriteSession, actor: CurrentActor, proposal_id: PathId, form: Form) -> Response:
    """Refuse a proposal, or withdraw one's own."""
    proposals.refuse(session, actor, proposals.get_proposal(session, actor, proposal_id))
    return redirect(request, "/accounts", _("The proposal is closed. Nothing has changed."))
