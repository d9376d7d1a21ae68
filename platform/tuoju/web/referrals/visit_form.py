"""The form of a visit: the same for the signed-in page and the page behind a link."""

import secrets
from collections.abc import Mapping
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from sqlmodel import Session
from starlette.datastructures import FormData

from tuoju.accounts.permissions import Principal
from tuoju.cases.models import Case, Need
from tuoju.database.records import now
from tuoju.referrals.models import Referral
from tuoju.referrals.views import stage_of
from tuoju.regions.calendar import china_day
from tuoju.residents.models import Resident
from tuoju.residents.queries import household_members
from tuoju.residents.views import resident_seen
from tuoju.visits import service
from tuoju.visits.errors import MinutesImpossible, NobodyServed, ServedOnImpossible, VisitThatDay
from tuoju.visits.inputs import VisitInput
from tuoju.visits.service import require_in_service
from tuoju.web.kit.error_table import FIELDS, TABLE
from tuoju.web.kit.forms import BlankForm, SubmittedForm, fill, required_of
from tuoju.web.kit.rendering import render
from tuoju.web.referrals.views import VisitForm, VisitFormPage
from tuoju.words.languages import gettext as _

VISIT_TEXTS = ("content", "problems")
"""The free texts of a visit."""


def new_visit_form(session: Session, referral: Referral, draft: Mapping[str, Any] | None = None) -> BlankForm:
    """A visit of today by one helper for one hour, to the person themselves; a draft overrides these."""
    start = {
        "submission_key": secrets.token_hex(12),
        "served_on": china_day(now()).isoformat(),
        "minutes": 60,
        "mode": "home",
        "staff_count": 1,
        "served": [_resident_of(session, referral).pk],
    }
    return BlankForm({**start, **(draft or {})}, required=required_of(VisitInput))


def visit_form_page(
    request: Request,
    session: Session,
    actor: Principal,
    referral: Referral,
    form: VisitForm,
    *,
    at: str,
    draft: str = "",
    status: int = 200,
) -> Response:
    """The page of the form. `at` is the path of the referral's page, `draft` the key under which it is kept.

    Raises NotInService unless the organization serves now: until then it is not told who lives in the household.
    """
    require_in_service(referral)
    today, stage = china_day(now()), stage_of(referral)
    members = household_members(session, _resident_of(session, referral))
    view = VisitFormPage(
        at=at,
        number=referral.number,
        draft=draft,
        form=form,
        members=[(member.pk, resident_seen(actor, member, today, stage=stage).name) for member in members],
    )
    return render(request, view, status)


def record_typed_visit(
    session: Session, actor: Principal, referral: Referral, form: FormData
) -> SubmittedForm[VisitInput]:
    """Record the visit that was typed. An error is kept with its field, and then nothing is recorded."""
    submitted = fill(form, VisitInput)
    if submitted.model is None:
        return submitted
    try:
        service.record_visit(session, actor, referral, submitted.model)
    except (ServedOnImpossible, NobodyServed, VisitThatDay, MinutesImpossible) as error:
        submitted.add(FIELDS[type(error)], _(TABLE[type(error)].sentence))
    return submitted


def _resident_of(session: Session, referral: Referral) -> Resident:
    need = session.get_one(Need, referral.need_id)
    return session.get_one(Resident, session.get_one(Case, need.case_id).resident_id)
