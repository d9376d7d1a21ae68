"""Alerts: the list of warnings, one warning, and what is done with it."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlmodel import Session

from tuoju.accounts.permissions import Actor
from tuoju.accounts.queries import names_of
from tuoju.cases import alerts
from tuoju.cases.clock import due_status, last_day
from tuoju.cases.inputs import CaseInput, DismissalInput
from tuoju.cases.models import Alert, AlertState
from tuoju.database.records import now
from tuoju.regions.calendar import calendar_of, china_day
from tuoju.regions.queries import full_name, names
from tuoju.residents.masking import mask_id_number, mask_name, mask_phone
from tuoju.web.kit.dependencies import CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.forms import BlankForm, SubmittedForm, fill
from tuoju.web.kit.rendering import redirect, render
from tuoju.words.languages import gettext as _

router = APIRouter()
PAGE = 50


@router.get("/alerts")
def index(
    request: Request,
    session: ReadSession,
    actor: CurrentActor,
    state: AlertState = AlertState.open,
    region: Annotated[str, Query(pattern=r"^(\d{12})?$")] = "",
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Response:
    counts = alerts.count_alerts(session, actor, region_code=region)
    last = max(1, -(-counts.get(state, 0) // PAGE))
    start = (min(page, last) - 1) * PAGE
    shown = alerts.find_alerts(session, actor, state=state, region_code=region, offset=start, limit=PAGE)
    calendar, today = calendar_of(session), china_day(now())
    return render(
        request,
        "alerts/index.html",
        alerts=shown,
        page=min(page, last),
        last=last,
        state=state,
        region=region,
        counts=counts,
        states=list(AlertState),
        people={each.pk: mask_name(each.name) for each in shown},
        places=names(session, {each.region_code for each in shown}),
        due_statuses={each.pk: due_status(last_day(each.due_at), today, calendar) for each in shown},
    )


@router.get("/alerts/{alert_id}")
def show(request: Request, session: ReadSession, actor: CurrentActor, alert_id: int) -> Response:
    return _page(request, session, actor, alerts.get_alert(session, actor, alert_id))


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    alert: Alert,
    *,
    revealed: bool = False,
    verify_form: BlankForm | SubmittedForm[CaseInput] | None = None,
    dismiss_form: BlankForm | SubmittedForm[DismissalInput] | None = None,
    status: int = 200,
) -> Response:
    phone = alert.phone or ""
    return render(
        request,
        "alerts/show.html",
        status,
        alert=alert,
        name=alert.name if revealed else mask_name(alert.name),
        id_number=alert.id_number if revealed else mask_id_number(alert.id_number),
        phone=phone if revealed or not phone else mask_phone(phone),
        revealed=revealed,
        place=full_name(session, alert.region_code),
        people=names_of(session, {alert.recorded_by, alert.answered_by}),
        due_status=due_status(last_day(alert.due_at), china_day(now()), calendar_of(session)),
        verify_form=verify_form or BlankForm({"hardship_cause": "1", "summary": alert.content}),
        dismiss_form=dismiss_form or BlankForm({"reason": "no_need"}),
    )


@router.post("/alerts/{alert_id}/reveal")
def reveal(request: Request, session: WriteSession, actor: CurrentActor, alert_id: int, form: Form) -> Response:
    found = alerts.reveal_alert(session, actor, alerts.get_alert(session, actor, alert_id), purpose="contact")
    return _page(request, session, actor, found, revealed=True)


@router.post("/alerts/{alert_id}/verify")
def verify(request: Request, session: WriteSession, actor: CurrentActor, alert_id: int, form: Form) -> Response:
    alert = alerts.get_alert(session, actor, alert_id)
    filled = fill(form, CaseInput)
    if filled.model is None:
        return _page(request, session, actor, alert, verify_form=filled, status=422)
    case = alerts.verify_alert(session, actor, alert, filled.model)
    return redirect(request, f"/cases/{case.pk}", _("The case is open. Its clock runs from now."))


@router.post("/alerts/{alert_id}/dismiss")
def dismiss(request: Request, session: WriteSession, actor: CurrentActor, alert_id: int, form: Form) -> Response:
    alert = alerts.get_alert(session, actor, alert_id)
    filled = fill(form, DismissalInput)
    if filled.model is None:
        return _page(request, session, actor, alert, dismiss_form=filled, status=422)
    alerts.dismiss_alert(session, actor, alert, filled.model)
    return redirect(request, "/alerts", _("Looked into, and on record."))
