"""Lists of alerts (预警名单) in and out of Excel."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlmodel import Session, select

from tuoju.accounts.permissions import Action, Actor
from tuoju.cases.alerts import find_alerts, record_alert, reveal_alert
from tuoju.cases.errors import DuplicateAlert
from tuoju.cases.inputs import AlertInput
from tuoju.cases.models import Alert
from tuoju.documents.sheets.list_sheet import ListSheet
from tuoju.documents.sheets.villages import (
    ID_HEADINGS,
    PHONE_HEADINGS,
    TOWNSHIP_HEADINGS,
    VILLAGE_HEADINGS,
    village_reader,
    village_words,
)
from tuoju.regions.queries import names
from tuoju.residents.identity import index_of
from tuoju.residents.masking import mask_id_number, mask_name, mask_phone
from tuoju.words.labels import label, options
from tuoju_projects.cells import day, id_text, one_of
from tuoju_projects.sheets import Column, Sheet, as_text

MAX_EXPORTED = 20_000
"""Rows of an export."""


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
            example="341199195801020011",
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
    same = select(Alert.id).where(
        Alert.id_number_index == index_of(row.id_number), Alert.source == row.source, Alert.raised_on == row.raised_on
    )
    return [("id_number", "known")] if session.exec(same).first() is not None else []


def _add(session: Session, actor: Actor, row: AlertInput) -> None:
    record_alert(session, actor, row)


def _export_rows(session: Session, actor: Actor, purpose: str) -> list[Mapping[str, Any]]:
    alerts = find_alerts(session, actor, limit=MAX_EXPORTED)
    places = names(session, {alert.region_code for alert in alerts})
    rows: list[Mapping[str, Any]] = []
    for alert in alerts:
        personal = {
            "name": mask_name(alert.name),
            "id_number": mask_id_number(alert.id_number),
            "phone": mask_phone(alert.phone) if alert.phone else "",
        }
        if purpose:
            reveal_alert(session, actor, alert, purpose=purpose)
            personal = {"name": alert.name, "id_number": alert.id_number, "phone": alert.phone or ""}
        state = label("dismissal_reason", alert.dismissal) if alert.dismissal else label("alert_state", alert.state)
        rows.append(
            {
                **personal,
                "region_code": places[alert.region_code],
                "source": label("alert_source", alert.source),
                "content": "。".join(part for part in (alert.content, state) if part),
                "raised_on": alert.raised_on.isoformat(),
            }
        )
    return rows


ALERTS = ListSheet(
    sheet=_sheet,
    add=_add,
    check=_check,
    export_rows=_export_rows,
    add_errors=(DuplicateAlert,),
    import_action=Action.record_cases,
    export_action=Action.read_residents,
    home="/alerts",
)
