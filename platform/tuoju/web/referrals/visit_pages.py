"""Visits: recorded from a phone in a minute, taken out with a reason, never deleted."""

import secrets
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlmodel import Session
from starlette.datastructures import FormData

from tuoju.accounts.permissions import Action, Principal, require
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
from tuoju.web.kit.dependencies import CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.drafts import draft_of
from tuoju.web.kit.errors import TABLE
from tuoju.web.kit.forms import BlankForm, SubmittedForm, fill
from tuoju.web.kit.rendering import redirect, render
from tuoju.words.languages import gettext as _

router = APIRouter()
LISTS = frozenset({"served"})


@router.get("/referrals/{referral_id}/visits/new")
def new(request: Request, session: ReadSession, actor: CurrentActor, referral_id: int) -> Response:
    require(actor, Action.record_visits)
    referral = get_referral(session, actor, referral_id)
    draft = draft_of(session, actor, f"visit-new-{referral_id}", lists=LISTS)
    form = blank_visit(session, referral, draft)
    return visit_page(
        request, session, referral, form, at=f"/referrals/{referral_id}", draft=f"visit-new-{referral_id}"
    )


def blank_visit(session: Session, referral: Referral, draft: Mapping[str, Any] | None = None) -> BlankForm:
    """A visit of today by one helper for one hour, to the person themselves, or what the draft says."""
    start = {
        "submission_key": secrets.token_hex(12),
        "served_on": china_day(now()).isoformat(),
        "minutes": 60,
        "mode": "home",
        "staff_count": 1,
        "served": [_resident_of(session, referral).pk],
    }
    return BlankForm({**start, **(draft or {})})


def _resident_of(session: Session, referral: Referral) -> Resident:
    need = session.get_one(Need, referral.need_id)
    return session.get_one(Resident, session.get_one(Case, need.case_id).resident_id)


def visit_page(
    request: Request,
    session: Session,
    referral: Referral,
    form: BlankForm | SubmittedForm[VisitInput],
    *,
    at: str,
    draft: str = "",
    status: int = 200,
) -> Response:
    """The form of a visit; `at` is the page of its referral, `draft` the key under which it is kept while typed."""
    today = china_day(now())
    members = [masked(each, today) for each in household_members(session, _resident_of(session, referral))]
    return render(
        request,
        "referrals/visits/form.html",
        status,
        referral=referral,
        at=at,
        draft=draft,
        form=form,
        members=[(each.id, each.name) for each in members],
    )


def record(session: Session, doer: Principal, referral: Referral, form: FormData) -> SubmittedForm[VisitInput]:
    """Record the visit that was typed; what is wrong with it is told at its field."""
    filled = fill(form, VisitInput)
    if filled.model is None:
        return filled
    try:
        service.record_visit(session, doer, referral, filled.model)
    except (ServedOnImpossible, NobodyServed) as error:
        field = "served_on" if isinstance(error, ServedOnImpossible) else "served"
        filled.add(field, _(TABLE[type(error)].sentence))
    return filled


@router.post("/referrals/{referral_id}/visits")
def create(request: Request, session: WriteSession, actor: CurrentActor, referral_id: int, form: Form) -> Response:
    referral = get_referral(session, actor, referral_id)
    draft = f"visit-new-{referral_id}"
    filled = record(session, actor, referral, form)
    if filled.errors:
        at = f"/referrals/{referral_id}"
        return visit_page(request, session, referral, filled, at=at, draft=draft, status=422)
    discard_draft(session, actor, draft)
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
