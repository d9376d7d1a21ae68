"""Pages of hats: a manager gives them in a call, and everybody sees their own."""

from collections.abc import Mapping

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlmodel import Session

from tuoju.accounts.permissions import Action
from tuoju.accounts.queries import names_of
from tuoju.funding import members
from tuoju.funding.call_queries import get_call
from tuoju.funding.models import Call
from tuoju.web.funding.member_views import DutiesPage, DutyCard, MemberRow, MembersPage
from tuoju.web.kit.bounds import PathId
from tuoju.web.kit.dependencies import CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.forms import BlankForm, SubmittedForm, fill, required_of
from tuoju.web.kit.gates import needs
from tuoju.web.kit.rendering import redirect, render
from tuoju.words.labels import label
from tuoju.words.languages import gettext as _
from tuoju_projects.funding_status import Hat

router = APIRouter()
_MANAGERS = needs(Action.manage_calls)
WORK: Mapping[Hat, str] = {Hat.screener: "checks", Hat.reviewer: "reviews"}
"""The page of a call below /duties/{call_id} on which a hat does its work."""


@router.get("/duties", dependencies=[needs(*members.HAT_OF)])
def duties(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    """The hats that one wears, each with the way to its work."""
    cards = [
        DutyCard(
            url=f"/duties/{call.pk}/{WORK[member.hat]}",
            number=call.number,
            title=call.title,
            state=call.state,
            hat=label("funding_hat", member.hat),
        )
        for member, call in members.find_memberships(session, actor)
    ]
    return render(request, DutiesPage(cards))


@router.get("/funding/calls/{call_id}/members", dependencies=[_MANAGERS])
def show(request: Request, session: ReadSession, actor: CurrentActor, call_id: PathId) -> Response:
    """Who wears which hat in a call."""
    call = get_call(session, actor, call_id)
    return render(request, _page(session, call, BlankForm(required=required_of(members.MemberInput))))


def _page(session: Session, call: Call, form: BlankForm | SubmittedForm[members.MemberInput]) -> MembersPage:
    rows = members.members_of(session, call)
    names, usernames = names_of(session, {row.user_id for row in rows}), members.usernames_of(session, rows)
    return MembersPage(
        call_id=call.pk,
        call_title=call.title,
        members=[
            MemberRow(row.pk, names[row.user_id], usernames[row.user_id], label("funding_hat", row.hat), row.is_active)
            for row in rows
        ],
        hats=[(hat, label("funding_hat", hat)) for hat in WORK],
        may_change=call.state in members.GIVEN_IN,
        form=form,
    )


@router.post("/funding/calls/{call_id}/members", dependencies=[_MANAGERS])
def add(request: Request, session: WriteSession, actor: CurrentActor, call_id: PathId, form: Form) -> Response:
    """Give an account a hat."""
    call, filled = get_call(session, actor, call_id), fill(form, members.MemberInput)
    if filled.model is None:
        return render(request, _page(session, call, filled), 422)
    members.add_member(session, actor, call, filled.model)
    return redirect(request, f"/funding/calls/{call_id}/members", _("Added. The person was told."))


@router.post("/funding/members/{member_id}/end", dependencies=[_MANAGERS])
def end(request: Request, session: WriteSession, actor: CurrentActor, member_id: PathId, form: Form) -> Response:
    """Take a hat from an account."""
    member, call = members.get_member(session, actor, member_id)
    members.end_member(session, actor, call, member)
    return redirect(request, f"/funding/calls/{call.pk}/members", _("Done."))
