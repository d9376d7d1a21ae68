"""Visits: recorded from a phone in a minute, taken out with a reason, never deleted."""

import secrets

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlmodel import Session

from tuoju.accounts.permissions import Action, Actor, require
from tuoju.cases.models import Case, Need
from tuoju.cases.service import discard_draft
from tuoju.database.records import now
from tuoju.referrals.models import Referral
from tuoju.referrals.queries import get_referral
from tuoju.regions.calendar import china_day
from tuoju.residents.masking import masked
from tuoju.residents.models import Resident
from tuoju.residents.queries import household_members
from tuoju.visits import service
from tuoju.visits.errors import NobodyServed, ServedOnImpossible
from tuoju.visits.inputs import VisitInput
from tuoju.visits.queries import get_visit
from tuoju.web.dependencies import CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.errors import TABLE
from tuoju.web.forms import Blank, Filled, fill
from tuoju.web.languages import gettext as _
from tuoju.web.pages.drafts import draft_of
from tuoju.web.rendering import redirect, render

router = APIRouter()
LISTS = frozenset({"served"})


@router.get("/referrals/{referral_id}/visits/new")
def new(request: Request, session: ReadSession, actor: CurrentActor, referral_id: int) -> Response:
    require(actor, Action.record_visits)
    referral = get_referral(session, actor, referral_id)
    start = {
        "submission_key": secrets.token_hex(12),
        "served_on": china_day(now()).isoformat(),
        "minutes": 60,
        "mode": "home",
        "staff_count": 1,
        "served": [_resident_of(session, referral).pk],
    }
    draft = draft_of(session, actor, f"visit-new-{referral_id}", lists=LISTS)
    return _form(request, session, actor, referral, Blank({**start, **draft}))


def _resident_of(session: Session, referral: Referral) -> Resident:
    need = session.get_one(Need, referral.need_id)
    return session.get_one(Resident, session.get_one(Case, need.case_id).resident_id)


def _form(
    request: Request,
    session: Session,
    actor: Actor,
    referral: Referral,
    form: Blank | Filled[VisitInput],
    status: int = 200,
) -> Response:
    today = china_day(now())
    members = [masked(each, today) for each in household_members(session, _resident_of(session, referral))]
    return render(
        request,
        "visits/form.html",
        status,
        referral=referral,
        form=form,
        members=[(each.id, each.name) for each in members],
    )


@router.post("/referrals/{referral_id}/visits")
def create(request: Request, session: WriteSession, actor: CurrentActor, referral_id: int, form: Form) -> Response:
    referral = get_referral(session, actor, referral_id)
    filled = fill(form, VisitInput)
    if filled.model is None:
        return _form(request, session, actor, referral, filled, 422)
    try:
        service.record_visit(session, actor, referral, filled.model)
    except (ServedOnImpossible, NobodyServed) as error:
        field = "served_on" if isinstance(error, ServedOnImpossible) else "served"
        filled.add(field, _(TABLE[type(error)].sentence))
        return _form(request, session, actor, referral, filled, 422)
    discard_draft(session, actor, f"visit-new-{referral_id}")
    return redirect(request, f"/referrals/{referral_id}", _("The visit is recorded."))


@router.post("/referrals/{referral_id}/visits/{visit_id}/in-error")
def mark_in_error(
    request: Request, session: WriteSession, actor: CurrentActor, referral_id: int, visit_id: int, form: Form
) -> Response:
    referral = get_referral(session, actor, referral_id)
    reason = str(form.get("reason", "")).strip()[:200]
    if not reason:
        return redirect(request, f"/referrals/{referral_id}", _("Please give the reason."))
    service.mark_in_error(session, actor, referral, get_visit(session, referral, visit_id), reason=reason)
    return redirect(request, f"/referrals/{referral_id}", _("The visit counts no longer. It stays on record."))
