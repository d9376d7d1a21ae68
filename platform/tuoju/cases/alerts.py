"""Alerts (预警线索): each is imported, then verified into a case or dismissed with a reason."""

from typing import Any

from sqlalchemy import case as sql_case
from sqlalchemy import func
from sqlalchemy import select as sql_select
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from tuoju.accounts import audit
from tuoju.accounts.permissions import Action, Actor, require, visible_regions
from tuoju.cases.errors import AlertAlreadyAnswered, AlertNotFound, DuplicateAlert, ReasonRequired
from tuoju.cases.inputs import AlertInput, CaseInput, DismissalInput
from tuoju.cases.models import Alert, AlertState, Case, DismissalReason, OpenedBy
from tuoju.cases.policies import Scheme, policy_for
from tuoju.cases.service import open_case
from tuoju.database.records import now
from tuoju.readings.models import Budget
from tuoju.readings.service import record_reading
from tuoju.regions.calendar import calendar_of, china_day
from tuoju.regions.models import Region
from tuoju.regions.queries import county_of, within
from tuoju.residents.duplicates import files_with, in_scope
from tuoju.residents.errors import ResidentNotFound
from tuoju.residents.identity import index_of, indexes_of
from tuoju.residents.inputs import ResidentInput
from tuoju.residents.models import Resident
from tuoju.residents.service import register

MONITORING = "4"
"""The code of discovery channel 平台监测预警."""


def record_alert(session: Session, actor: Actor, inputs: AlertInput) -> Alert:
    """Record an alert, to be answered within the working days of the society's policy.

    Raises NotPermitted, DuplicateAlert for the same person, source and day in the same village, ResidentNotFound for a
    village out of scope, NoPolicy. An alert or a file in another place is not told of.
    """
    require(actor, Action.record_cases)
    if session.exec(_visible_village(session, actor, inputs.region_code)).first() is None:
        raise ResidentNotFound
    if same_alert(session, inputs):
        raise DuplicateAlert
    policy = policy_for(session, Scheme.society_relief, inputs.region_code, china_day(now()))
    alert = Alert(
        **inputs.model_dump(),
        id_number_index=index_of(inputs.id_number),
        due_at=calendar_of(session).due(china_day(now()), policy.alert_within).ends_at,
        resident_id=_file_in_scope(session, actor, inputs.id_number),
        recorded_by=actor.user_id,
        recorded_at=now(),
    )
    session.add(alert)
    session.flush()
    _audit(session, actor, "record_alert", alert)
    return alert


def same_alert(session: Session, inputs: AlertInput) -> bool:
    """Whether the village has an alert of this person, source and day already."""
    query = select(Alert.id).where(
        col(Alert.id_number_index).in_(indexes_of(inputs.id_number)),
        Alert.source == inputs.source,
        Alert.raised_on == inputs.raised_on,
        Alert.region_code == inputs.region_code,
    )
    return session.exec(query).first() is not None


def _file_in_scope(session: Session, actor: Actor, number: str) -> int | None:
    known = in_scope(session, actor, files_with(session, number))
    return known.pk if known else None


def file_of(session: Session, actor: Actor, alert: Alert) -> int | None:
    """The id of the file of an alert's person, if the actor's scope holds it."""
    resident = None if alert.resident_id is None else session.get_one(Resident, alert.resident_id)
    return resident.pk if resident and in_scope(session, actor, [resident]) else None


def _visible_village(session: Session, actor: Actor, region_code: str) -> SelectOfScalar[str]:
    return visible_regions(session, actor).where(col(Region.code) == region_code)


def verify_alert(session: Session, actor: Actor, alert: Alert, inputs: CaseInput) -> Case:
    """Open a case by proactive discovery after a contact confirmed that help is needed.

    The person is registered if there is no file yet in the actor's scope. Raises NotPermitted, AlertAlreadyAnswered,
    and what `register` and `open_case` raise.
    """
    require(actor, Action.record_cases)
    _require_open(session, alert)
    resident = _resident_of(session, actor, alert)
    discovery = {"opened_by": OpenedBy.proactive_discovery, "discovery_channel": MONITORING}
    case = open_case(session, actor, resident, inputs.model_copy(update=discovery))
    alert.state, alert.case_id, alert.resident_id = AlertState.verified, case.pk, resident.pk
    alert.answered_by, alert.answered_at = actor.user_id, now()
    session.flush()
    _audit(session, actor, "verify_alert", alert, case=case.pk)
    return case


def _resident_of(session: Session, actor: Actor, alert: Alert) -> Resident:
    """The file of the person, registered now if there is none."""
    known = in_scope(session, actor, files_with(session, alert.id_number))
    if known is not None:
        return known
    inputs = ResidentInput(name=alert.name, id_number=alert.id_number, region_code=alert.region_code, phone=alert.phone)
    return register(session, actor, inputs)


def dismiss_alert(session: Session, actor: Actor, alert: Alert, inputs: DismissalInput) -> Alert:
    """Dismiss an alert that becomes no case.

    Raises NotPermitted, AlertAlreadyAnswered, and ReasonRequired for reason "other" without a note.
    """
    require(actor, Action.record_cases)
    _require_open(session, alert)
    if inputs.reason is DismissalReason.other and len(inputs.note) < 2:
        raise ReasonRequired
    alert.state, alert.dismissal, alert.note = AlertState.dismissed, inputs.reason, inputs.note
    alert.answered_by, alert.answered_at = actor.user_id, now()
    session.flush()
    _audit(session, actor, "dismiss_alert", alert, reason=inputs.reason.value)
    return alert


def _require_open(session: Session, alert: Alert) -> None:
    """Lock the row, so that no alert is answered twice. Raises AlertAlreadyAnswered."""
    session.exec(select(Alert.id).where(Alert.id == alert.pk).with_for_update(key_share=True)).one()
    session.refresh(alert)
    if alert.state is not AlertState.open:
        raise AlertAlreadyAnswered


def get_alert(session: Session, actor: Actor, alert_id: int) -> Alert:
    """An alert by id. Raises NotPermitted, and AlertNotFound also for one out of scope."""
    require(actor, Action.read_residents)
    query = select(Alert).where(Alert.id == alert_id, col(Alert.region_code).in_(visible_regions(session, actor)))
    alert = session.exec(query).first()
    if alert is None:
        raise AlertNotFound
    return alert


def reveal_alert(
    session: Session, actor: Actor, alert: Alert, *, purpose: str, budget: Budget | None = Budget.reveal
) -> Alert:
    """Read the person of an alert in full, to contact them; the reading is audited. `budget` is as in residents.reveal.
    Raises NotPermitted, PurposeMissing, BudgetSpent."""
    require(actor, Action.reveal_residents)
    scope = county_of(session, alert.region_code)
    record_reading(session, actor, alert, scope=scope, purpose=purpose, budget=budget)
    return alert


def find_alerts(
    session: Session,
    actor: Actor,
    *,
    state: AlertState | None = None,
    region_code: str = "",
    before_id: int | None = None,
    offset: int = 0,
    limit: int = 100,
) -> list[Alert]:
    """Alerts in scope, or in one region of it: open ones by deadline, others latest first.

    Raises NotPermitted, RegionNotFound.
    """
    require(actor, Action.read_residents)
    query = select(Alert).where(col(Alert.region_code).in_(visible_regions(session, actor)))
    if region_code:
        query = query.where(col(Alert.region_code).in_(within(session, region_code)))
    if state is not None:
        query = query.where(Alert.state == state)
    if before_id is not None:
        query = query.where(col(Alert.id) < before_id)
    order = (col(Alert.due_at), col(Alert.id)) if state is AlertState.open else (col(Alert.id).desc(),)
    return list(session.exec(query.order_by(*order).offset(offset).limit(limit)))


def count_alerts(session: Session, actor: Actor, *, region_code: str = "") -> dict[AlertState, int]:
    """How many alerts in scope, or in one region of it, are in each state. Raises NotPermitted, RegionNotFound."""
    require(actor, Action.read_figures)
    query = (
        select(Alert.state, func.count())
        .where(col(Alert.region_code).in_(visible_regions(session, actor)))
        .group_by(col(Alert.state))
    )
    if region_code:
        query = query.where(col(Alert.region_code).in_(within(session, region_code)))
    return {AlertState(state): count for state, count in session.exec(query)}


def open_alerts_of(session: Session, actor: Actor) -> list[tuple[str, int, int]]:
    """Village code, open alerts and those overdue, for each village in scope that has any. Raises NotPermitted."""
    require(actor, Action.read_figures)
    village, overdue = col(Alert.region_code), sql_case((col(Alert.due_at) <= now(), 1), else_=0)
    query = sql_select(village, func.count(), func.sum(overdue)).where(
        col(Alert.state) == AlertState.open, village.in_(visible_regions(session, actor))
    )
    return [(code, count, late) for code, count, late in session.execute(query.group_by(village))]


def _audit(session: Session, actor: Actor, verb: str, alert: Alert, **detail: Any) -> None:
    audit.record(session, actor, verb, alert, scope=county_of(session, alert.region_code), **detail)
