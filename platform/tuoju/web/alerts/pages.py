"""Alerts: the list, one alert, and its answer."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlmodel import Session

from tuoju.accounts.fields import visible
from tuoju.accounts.permissions import Action, Actor, may
from tuoju.accounts.queries import names_of
from tuoju.cases import alerts
from tuoju.cases.clock import DueStatus, due_status, last_day
from tuoju.cases.inputs import CaseInput, DismissalInput
from tuoju.cases.models import Alert, AlertState
from tuoju.database.records import now
from tuoju.readings.purposes import PurposeInput, state_purpose
from tuoju.regions.calendar import calendar_of, china_day
from tuoju.regions.queries import full_name, names
from tuoju.residents.alarms import TextOrigin
from tuoju.residents.masking import mask_id_number, mask_name, mask_phone
from tuoju.residents.models import TextSource
from tuoju.web.alerts.views import (
    AlertAnswer,
    AlertListPage,
    AlertPage,
    AlertRow,
    DismissForm,
    PageTurner,
    VerifyForm,
)
from tuoju.web.kit.bounds import PathId
from tuoju.web.kit.dependencies import BareForm, CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.forms import BlankForm, fill, required_of
from tuoju.web.kit.gates import needs
from tuoju.web.kit.once import READS, repeatable
from tuoju.web.kit.purposes import PurposeForm
from tuoju.web.kit.rendering import redirect, render
from tuoju.web.kit.safety import stop_for_danger, texts_of
from tuoju.web.kit.views import FilterLink
from tuoju.words.labels import label
from tuoju.words.languages import gettext as _

router = APIRouter()
PAGE = 50


@router.get("/alerts", dependencies=[needs(Action.read_residents)])
def index(
    request: Request,
    session: ReadSession,
    actor: CurrentActor,
    state: AlertState = AlertState.open,
    region: Annotated[str, Query(pattern=r"^(\d{12})?$")] = "",
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Response:
    """The alerts of one state, in scope or in one region of it."""
    counts = alerts.count_alerts(session, actor, region_code=region)
    last = max(1, -(-counts.get(state, 0) // PAGE))
    number = min(page, last)
    offset = (number - 1) * PAGE
    shown = alerts.find_alerts(session, actor, state=state, region_code=region, offset=offset, limit=PAGE)
    places = names(session, {alert.region_code for alert in shown})
    view = AlertListPage(
        filters=_filters(counts, state, region),
        rows=[_row(session, alert, places) for alert in shown],
        pages=_page_turner(f"/alerts?state={state}&region={region}", number, last),
    )
    return render(request, view)


def _filters(counts: Mapping[AlertState, int], state: AlertState, region: str) -> list[FilterLink]:
    suffix = f"&region={region}" if region else ""
    return [
        FilterLink(
            text=f"{label('alert_state', option)} {counts.get(option, 0)}",
            url=f"/alerts?state={option}{suffix}",
            is_current=option is state,
        )
        for option in AlertState
    ]


def _row(session: Session, alert: Alert, places: Mapping[str, str]) -> AlertRow:
    return AlertRow(
        alert_id=alert.pk,
        name=mask_name(alert.name),
        place=places[alert.region_code],
        source=alert.source,
        raised_on=alert.raised_on,
        state=alert.state,
        due_at=alert.due_at,
        due_status=_due_status(session, alert),
        dismissal=alert.dismissal,
    )


def _due_status(session: Session, alert: Alert) -> DueStatus | None:
    """How the deadline of an open alert compares with today."""
    if alert.state is not AlertState.open:
        return None
    return due_status(last_day(alert.due_at), china_day(now()), calendar_of(session))


def _page_turner(here: str, number: int, last: int) -> PageTurner | None:
    if last == 1:
        return None
    return PageTurner(
        number=number,
        last=last,
        previous_url=f"{here}&page={number - 1}" if number > 1 else "",
        next_url=f"{here}&page={number + 1}" if number < last else "",
    )


@router.get("/alerts/{alert_id}", dependencies=[needs(Action.read_residents)])
def show(request: Request, session: ReadSession, actor: CurrentActor, alert_id: PathId) -> Response:
    """One alert, with its person masked."""
    return render(request, _page(session, actor, alerts.get_alert(session, actor, alert_id)))


def _page(
    session: Session,
    actor: Actor,
    alert: Alert,
    *,
    is_revealed: bool = False,
    reveal_form: PurposeForm | None = None,
    verify_form: VerifyForm | None = None,
    dismiss_form: DismissForm | None = None,
) -> AlertPage:
    people = names_of(session, {alert.recorded_by, alert.answered_by})
    phone, content = alert.phone or "", visible(actor, alert, "content")
    may_answer = alert.state is AlertState.open and may(actor, Action.record_cases)
    return AlertPage(
        alert_id=alert.pk,
        name=alert.name if is_revealed else mask_name(alert.name),
        id_number=alert.id_number if is_revealed else mask_id_number(alert.id_number),
        phone=phone if is_revealed or not phone else mask_phone(phone),
        is_revealed=is_revealed,
        reveal_form=reveal_form or BlankForm(),
        place=full_name(session, alert.region_code),
        source=alert.source,
        state=alert.state,
        raised_on=alert.raised_on,
        due_at=alert.due_at,
        due_status=_due_status(session, alert),
        content=content,
        resident_id=alerts.file_of(session, actor, alert),
        case_id=alert.case_id,
        recorded_at=alert.recorded_at,
        recorded_by=people.get(alert.recorded_by, ""),
        answer=_answer(actor, alert, people),
        verify_form=(
            verify_form or BlankForm({"hardship_cause": "1", "summary": content}, required=required_of(CaseInput))
        )
        if may_answer
        else None,
        dismiss_form=(dismiss_form or BlankForm({"reason": "no_need"}, required=required_of(DismissalInput)))
        if may_answer
        else None,
    )


def _answer(actor: Actor, alert: Alert, people: Mapping[int, str]) -> AlertAnswer | None:
    if alert.answered_at is None:
        return None
    by = people.get(alert.answered_by, "") if alert.answered_by is not None else ""
    return AlertAnswer(alert.answered_at, by, alert.dismissal, visible(actor, alert, "note"))


@router.post("/alerts/{alert_id}/reveal", dependencies=[needs(Action.reveal_residents), repeatable(READS)])
def reveal(request: Request, session: WriteSession, actor: CurrentActor, alert_id: PathId, form: BareForm) -> Response:
    """Show the person in full for a purpose; the reading is audited."""
    alert = alerts.get_alert(session, actor, alert_id)
    purpose = fill(form, PurposeInput)
    if purpose.model is None:
        return render(request, _page(session, actor, alert, reveal_form=purpose), 422)
    alerts.reveal_alert(session, actor, alert, purpose=state_purpose(session, actor, purpose.model))
    return render(request, _page(session, actor, alert, is_revealed=True))


@router.post("/alerts/{alert_id}/verify", dependencies=[needs(Action.record_cases)])
def verify(request: Request, session: WriteSession, actor: CurrentActor, alert_id: PathId, form: Form) -> Response:
    """Open a case for the person."""
    alert = alerts.get_alert(session, actor, alert_id)
    origin = TextOrigin(alert.region_code, TextSource.alert, alert.resident_id)
    if stop := stop_for_danger(request, session, actor, form, texts_of(form, "summary", "first_help_reason"), origin):
        return stop
    verify_form = fill(form, CaseInput)
    if verify_form.model is None:
        return render(request, _page(session, actor, alert, verify_form=verify_form), 422)
    case = alerts.verify_alert(session, actor, alert, verify_form.model)
    return redirect(request, f"/cases/{case.pk}", _("The case is open. Its deadline runs from now."))


@router.post("/alerts/{alert_id}/dismiss", dependencies=[needs(Action.record_cases)])
def dismiss(request: Request, session: WriteSession, actor: CurrentActor, alert_id: PathId, form: Form) -> Response:
    """Dismiss the alert, with a reason."""
    alert = alerts.get_alert(session, actor, alert_id)
    origin = TextOrigin(alert.region_code, TextSource.alert, alert.resident_id)
    if stop := stop_for_danger(request, session, actor, form, texts_of(form, "note"), origin):
        return stop
    dismiss_form = fill(form, DismissalInput)
    if dismiss_form.model is None:
        return render(request, _page(session, actor, alert, dismiss_form=dismiss_form), 422)
    alerts.dismiss_alert(session, actor, alert, dismiss_form.model)
    return redirect(request, "/alerts", _("Checked and recorded."))
