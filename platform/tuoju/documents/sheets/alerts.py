"""Lists of alerts (预警名单) in and out of Excel."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlmodel import Session

from tuoju.accounts.fields import visible
from tuoju.accounts.permissions import Action, Actor
from tuoju.cases.alerts import count_alerts, find_alerts, record_alert, reveal_alert, same_alert
from tuoju.cases.errors import DuplicateAlert
from tuoju.cases.inputs import AlertInput
from tuoju.documents.sheets.list_sheet import EXPORT_BATCH, Batch, ListSheet
from tuoju.documents.sheets.villages import (
    ID_HEADINGS,
    PHONE_HEADINGS,
    TOWNSHIP_HEADINGS,
    VILLAGE_HEADINGS,
    village_reader,
    village_words,
)
from tuoju.regions.queries import names
from tuoju.residents.alarms import TextOrigin, check_words
from tuoju.residents.masking import mask_id_number, mask_name, mask_phone
from tuoju.residents.models import TextSource
from tuoju.words.labels import label, options
from tuoju_projects.cells import day, id_text, one_of
from tuoju_projects.sheets import Column, Sheet, as_text


def _sheet(session: Session, actor: Actor) -> Sheet[AlertInput]:
    sources = {words: code for code, words in options("alert_source")}
    villages = village_words(session, actor)
    columns = [
        Column("name", ("姓名", "Name"), as_text, True, example="王测试"),
        Column(
            "id_number",
            ("身份证号", "ID number"),
            id_text,
            True,
            example="110199195801020016",
            width=22,
            also=ID_HEADINGS,
        ),
        Column(
            "region_code",
            ("村（社区）", "Village"),
            village_reader(session, actor),
            True,
            villages,
            example=next(iter(villages), ""),
            width=26,
            also=VILLAGE_HEADINGS,
            before=TOWNSHIP_HEADINGS,
        ),
        Column(
            "source",
            ("预警来源", "Source"),
            one_of(sources),
            True,
            list(sources),
            example=next(iter(sources)),
            width=24,
        ),
        Column("content", ("预警内容", "What it says"), as_text, example="本年度自付医疗费用超过10000元", width=36),
        Column("raised_on", ("预警日期", "Alert date"), day, True, example="2026-09-20"),
        Column("phone", ("联系电话", "Telephone"), id_text, also=PHONE_HEADINGS),
    ]
    return Sheet("预警线索", columns, AlertInput, lambda row: (row.id_number, row.source, row.raised_on))


def _check(session: Session, _actor: Actor, row: AlertInput) -> Sequence[tuple[str, str]]:
    return [("id_number", "known")] if same_alert(session, row) else []


def _add(session: Session, actor: Actor, row: AlertInput) -> None:
    alert = record_alert(session, actor, row)
    origin = TextOrigin(alert.region_code, TextSource.alert, alert.resident_id)
    check_words(session, actor, [row.content], origin, by_meaning=False)


def _count(session: Session, actor: Actor) -> int:
    return sum(count_alerts(session, actor).values())


def _export_batch(session: Session, actor: Actor, purpose: str, after: Any) -> Batch:
    """Latest first; a place is the id of the last alert."""
    alerts = find_alerts(session, actor, before_id=after, limit=EXPORT_BATCH)
    places = names(session, {alert.region_code for alert in alerts})
    rows: list[Mapping[str, Any]] = []
    for alert in alerts:
        personal = {
            "name": mask_name(alert.name),
            "id_number": mask_id_number(alert.id_number),
            "phone": mask_phone(alert.phone) if alert.phone else "",
        }
        if purpose:
            reveal_alert(session, actor, alert, purpose=purpose, budget=None)
            personal = {"name": alert.name, "id_number": alert.id_number, "phone": alert.phone or ""}
        state = label("dismissal_reason", alert.dismissal) if alert.dismissal else label("alert_state", alert.state)
        rows.append(
            {
                **personal,
                "region_code": places[alert.region_code],
                "source": label("alert_source", alert.source),
                "content": "。".join(part for part in (visible(actor, alert, "content"), state) if part),
                "raised_on": alert.raised_on.isoformat(),
            }
        )
    return Batch(rows, alerts[-1].pk if len(alerts) == EXPORT_BATCH else None)


ALERTS = ListSheet(
    sheet=_sheet,
    add=_add,
    check=_check,
    count=_count,
    export_batch=_export_batch,
    add_errors=(DuplicateAlert,),
    import_action=Action.record_cases,
    export_action=Action.read_residents,
    home="/alerts",
)
