"""Service records (服务记录) in and out of Excel."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from pydantic import Field
from sqlmodel import Session, col, func, select

from tuoju.accounts.fields import Stage, visible
from tuoju.accounts.permissions import Action, Actor
from tuoju.cases.models import Case, Need
from tuoju.database.records import now
from tuoju.documents.sheets.list_sheet import EXPORT_BATCH, Batch, ListSheet
from tuoju.referrals.models import Referral
from tuoju.referrals.queries import in_scope, referral_origin
from tuoju.referrals.status import ReferralState
from tuoju.referrals.views import stage_of
from tuoju.regions.calendar import china_day
from tuoju.residents.alarms import check_words
from tuoju.residents.identity import normalized
from tuoju.residents.models import Resident, TextSource
from tuoju.residents.queries import household_members
from tuoju.residents.views import resident_seen
from tuoju.visits.errors import MinutesImpossible, NobodyServed, NotInService, ServedOnImpossible, VisitThatDay
from tuoju.visits.inputs import VisitInput
from tuoju.visits.models import ServiceVisit, VisitAttendance, VisitMode
from tuoju.visits.service import mark_in_error, record_visit, require_in_service
from tuoju.words.labels import label, options
from tuoju_projects.cells import day, one_of, whole_number
from tuoju_projects.models import Project
from tuoju_projects.sheets import Column, Sheet, as_text, half_width
from tuoju_text.inputs import Input

CORRECTED = "已由更正后的服务记录表替换"
"""The reason with which a visit stays on record that a corrected sheet has replaced."""

SERVING = (ReferralState.accepted, ReferralState.in_progress)


class VisitRow(Input):
    """One visit as a row. If `served` is empty, the person who was referred was served."""

    referral: str
    served_on: date
    minutes: int = Field(ge=1, le=1440)
    mode: VisitMode = VisitMode.home
    served: str = ""
    content: str = Field(default="", max_length=500)
    problems: str = Field(default="", max_length=500)
    of_the_day: int = Field(default=1, ge=1, le=9)
    """Which visit of that day and referral it is. The same one again with other words corrects it."""

    @property
    def content_key(self) -> str:
        """Equal rows are one visit, whether their punctuation is full-width or half-width."""
        return hashlib.sha256(half_width(self.model_dump_json(exclude={"of_the_day"})).encode()).hexdigest()[:40]

    @property
    def submission_key(self) -> str:
        """The key of the visit of this row; it begins with `place_key`."""
        return self.place_key + self.content_key

    @property
    def place_key(self) -> str:
        """How the keys of all rows begin that say what this visit of the day was."""
        return f"sheet-{self.of_the_day}-"


def _sheet(_session: Session, _actor: Actor) -> Sheet[VisitRow]:
    modes = {words: code for code, words in options("visit_mode")}
    columns = [
        Column("referral", ("转介编号", "Referral"), as_text, True, example="110101001-57-1", width=30),
        Column("served_on", ("服务日期", "Day"), day, True, example="2026-11-02"),
        Column("minutes", ("时长（分钟）", "Minutes"), whole_number, True, example=60),
        Column("mode", ("服务方式", "How"), one_of(modes), offered=list(modes), example=next(iter(modes))),
        Column("served", ("服务对象", "Who was served"), as_text, width=20),
        Column("content", ("服务内容", "What was done"), as_text, example="按约上门服务", width=36),
        Column("problems", ("发现的问题", "What was noticed"), as_text, width=30),
        Column("of_the_day", ("当日第几次", "Which visit of the day"), whole_number, example=1),
    ]
    return Sheet("服务记录", columns, VisitRow, lambda row: (row.referral, row.served_on, row.of_the_day))


def _referral(session: Session, actor: Actor, row: VisitRow) -> Referral | None:
    return session.exec(select(Referral).where(Referral.number == row.referral, in_scope(session, actor))).first()


def _served(session: Session, referral: Referral, row: VisitRow) -> list[int]:
    """The resident ids of the people named; empty if one of them is not in the household."""
    case = session.get_one(Case, session.get_one(Need, referral.need_id).case_id)
    if not row.served:
        return [case.resident_id]
    household = household_members(session, session.get_one(Resident, case.resident_id))
    ids_by_name = {normalized(member.name): member.pk for member in household}
    ids = [ids_by_name.get(normalized(name)) for name in re.split("[、，,]", row.served)]
    return [] if None in ids else [resident_id for resident_id in ids if resident_id is not None]


def _check(session: Session, actor: Actor, row: VisitRow) -> Sequence[tuple[str, str]]:
    referral = _referral(session, actor, row)
    if referral is None:
        return [("referral", "unknown_referral")]
    keys = (row.submission_key, row.content_key)
    if session.exec(select(ServiceVisit.id).where(col(ServiceVisit.submission_key).in_(keys))).first() is not None:
        return [("referral", "known")]
    if referral.state not in SERVING:
        return [("referral", "not_in_service")]
    if not china_day(referral.answered_at or referral.requested_at) <= row.served_on <= china_day(now()):
        return [("served_on", "served_on")]
    if row.of_the_day == 1 and any(not _is_same_place(visit, row) for visit in _that_day(session, referral, row)):
        return [("of_the_day", "visit_that_day")]
    return [] if _served(session, referral, row) else [("served", "not_of_household")]


def _that_day(session: Session, referral: Referral, row: VisitRow) -> Sequence[ServiceVisit]:
    """The visits of the row's referral and day that count."""
    query = select(ServiceVisit).where(
        ServiceVisit.referral_id == referral.pk,
        ServiceVisit.served_on == row.served_on,
        col(ServiceVisit.in_error_at).is_(None),
    )
    return session.exec(query).all()


def _is_same_place(visit: ServiceVisit, row: VisitRow) -> bool:
    """Whether a visit came from a sheet as the same visit of the day, so that the row corrects it."""
    return visit.submission_key.startswith(row.place_key)


def _add(session: Session, actor: Actor, row: VisitRow) -> None:
    """Record the visit of a row; the visit that an earlier sheet told of the same place no longer counts."""
    referral = _referral(session, actor, row)
    if referral is None:
        raise NotInService
    require_in_service(referral)
    for earlier in _that_day(session, referral, row):
        if _is_same_place(earlier, row):
            mark_in_error(session, actor, referral, earlier, reason=CORRECTED)
    visit = VisitInput(
        submission_key=row.submission_key,
        served_on=row.served_on,
        minutes=row.minutes,
        mode=row.mode,
        served=_served(session, referral, row) or [0],
        content=row.content,
        problems=row.problems,
        again=row.of_the_day > 1,
    )
    record_visit(session, actor, referral, visit)
    origin = referral_origin(session, referral, TextSource.service_visit)
    check_words(session, actor, [row.content, row.problems], origin, by_meaning=False)


def _count(session: Session, actor: Actor) -> int:
    query = select(func.count(col(ServiceVisit.id))).join(Referral, col(Referral.id) == col(ServiceVisit.referral_id))
    return session.exec(query.where(in_scope(session, actor), col(ServiceVisit.in_error_at).is_(None))).one()


def _export_batch(session: Session, actor: Actor, _purpose: str, after: Any) -> Batch:
    """In the order in which they were recorded; a place is the id of the last visit."""
    query = (
        select(ServiceVisit, Referral, Project)
        .join(Referral, col(Referral.id) == col(ServiceVisit.referral_id))
        .join(Project, col(Project.id) == col(ServiceVisit.project_id))
        .where(
            in_scope(session, actor),
            col(ServiceVisit.in_error_at).is_(None),
            col(ServiceVisit.id) > (after or 0),
        )
        .order_by(col(ServiceVisit.id))
        .limit(EXPORT_BATCH)
    )
    visits = session.exec(query).all()
    served: dict[int, list[Resident]] = {}
    attendances = (
        select(VisitAttendance.visit_id, Resident)
        .join(Resident, col(Resident.id) == col(VisitAttendance.resident_id))
        .where(col(VisitAttendance.visit_id).in_([visit.pk for visit, _referral, _project in visits]))
    )
    for visit_id, resident in session.exec(attendances):
        served.setdefault(visit_id, []).append(resident)
    rows = [
        _exported(actor, visit, stage_of(referral), served.get(visit.pk, []), referral.number, project.name)
        for visit, referral, project in visits
    ]
    return Batch(rows, visits[-1][0].pk if len(visits) == EXPORT_BATCH else None)


def _exported(
    actor: Actor, visit: ServiceVisit, stage: Stage, served: Sequence[Resident], number: str, project: str
) -> Mapping[str, Any]:
    """A visit as a row, as this reader sees it."""
    today = china_day(now())
    return {
        "referral": number,
        "served_on": visit.served_on.isoformat(),
        "minutes": visit.minutes,
        "mode": label("visit_mode", visit.mode),
        "served": "、".join(resident_seen(actor, resident, today, stage=stage).name for resident in served),
        "content": f"{project}：{visible(actor, visit, 'content', stage=stage)}",
        "problems": visible(actor, visit, "problems", stage=stage),
        "of_the_day": _of_the_day(visit),
    }


def _of_the_day(visit: ServiceVisit) -> int:
    """Which visit of the day the sheet told it to be; 1 for one from a page."""
    place = re.match("sheet-([1-9])-", visit.submission_key)
    return int(place[1]) if place else 1


VISITS = ListSheet(
    sheet=_sheet,
    add=_add,
    check=_check,
    count=_count,
    export_batch=_export_batch,
    add_errors=(NotInService, NobodyServed, ServedOnImpossible, VisitThatDay, MinutesImpossible),
    import_action=Action.record_visits,
    export_action=Action.read_need_texts,
    home="/referrals",
    is_personal=False,
)
