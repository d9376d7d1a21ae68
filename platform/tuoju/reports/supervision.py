"""What a township or county supervises of its societies.

Before a case the alerts, during the procedure deadlines, funds and public notices, afterwards objections and summaries.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select
from sqlalchemy import case as sql_case
from sqlalchemy import select as sql_select
from sqlmodel import Session, col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from tuoju.accounts.permissions import Action, Actor, require, visible_regions
from tuoju.cases.alerts import open_alerts_of
from tuoju.cases.clock import last_day
from tuoju.cases.models import Case, ClockStep
from tuoju.database.records import now
from tuoju.regions.calendar import CHINA, china_day
from tuoju.regions.models import Region
from tuoju.regions.queries import RegionNotFound, part_of, within
from tuoju.relief.models import EarmarkedAccount, Fund, Objection, PublicNotice
from tuoju.relief.societies import low_funds
from tuoju.reports.summaries import summaries_of_month

Regions = SelectOfScalar[str]
"""A query of region codes."""


@dataclass(frozen=True)
class SupervisionFigures:
    """The numbers of one region and everything in it."""

    societies: int = 0
    """Villages with a fund."""
    balance_fen: int = 0
    low_funds: int = 0
    """Funds below the limit of their policy."""
    alerts_open: int = 0
    alerts_overdue: int = 0
    cases_running: int = 0
    """Cases with a deadline."""
    due_today: int = 0
    overdue: int = 0
    notices_due: int = 0
    """Cases whose next step is the public notice."""
    notices_overdue: int = 0
    notices_on_board: int = 0
    objections_open: int = 0
    objections_overdue: int = 0
    summaries_missing: int = 0
    summaries_restated: int = 0
    """Societies whose month has a corrected edition."""


@dataclass(frozen=True)
class RegionFigures:
    """One line: a part of the region."""

    code: str
    figures: SupervisionFigures


def supervise(session: Session, actor: Actor, region_code: str, month: str) -> list[RegionFigures]:
    """A line for each part of a region that has a society; of a village, the village itself.

    `month` is the reporting month looked at. Eight queries, whatever the number of societies. Raises RegionNotFound
    out of scope, NotPermitted.
    """
    require(actor, Action.read_summaries)
    if session.exec(visible_regions(session, actor).where(col(Region.code) == region_code)).first() is None:
        raise RegionNotFound(region_code)
    part = part_of(session, region_code)
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for village, name, number in _numbers(session, actor, month, region_code):
        code = part(village)
        if code is not None:
            counts[code][name] += number
    names = [field.name for field in fields(SupervisionFigures)]
    return [
        RegionFigures(code, SupervisionFigures(**{name: counts[code][name] for name in names}))
        for code in sorted(counts)
        if counts[code]["societies"]
    ]


def sum_of(lines: Iterable[RegionFigures]) -> SupervisionFigures:
    """The sum of the lines."""
    rows = [line.figures for line in lines]
    return SupervisionFigures(
        **{field.name: sum(getattr(row, field.name) for row in rows) for field in fields(SupervisionFigures)}
    )


Number = tuple[str, str, int]
"""(village, field of SupervisionFigures, amount to add)."""


def _numbers(session: Session, actor: Actor, month: str, region_code: str) -> Iterable[Number]:
    """Everything in scope that counts towards a figure."""
    visible = visible_regions(session, actor)
    yield from _fund_numbers(session, visible)
    for village, alerts, overdue in open_alerts_of(session, actor):
        yield village, "alerts_open", alerts
        yield village, "alerts_overdue", overdue
    yield from _case_numbers(session, visible)
    yield from _notice_numbers(session, visible)
    for line in summaries_of_month(session, actor, month, region_code):
        yield line.region_code, "summaries_missing", int(line.missing)
        yield line.region_code, "summaries_restated", int(line.summary is not None and line.summary.edition > 1)


def _fund_numbers(session: Session, visible: Regions) -> Iterable[Number]:
    balances = _balances(session, visible)
    low = low_funds(session, balances)
    for village, fen in balances.items():
        yield village, "societies", 1
        yield village, "balance_fen", fen
        yield village, "low_funds", int(village in low)


def _balances(session: Session, regions: Regions) -> dict[str, int]:
    """What each fund holds, in fen, by village."""
    balance = func.sum(col(EarmarkedAccount.balance_fen))
    query = (
        select(Fund.region_code, balance)
        .join(EarmarkedAccount, col(EarmarkedAccount.fund_id) == col(Fund.id))
        .where(col(Fund.region_code).in_(regions))
        .group_by(col(Fund.region_code))
    )
    return {village: int(fen) for village, fen in session.exec(query)}


def _case_numbers(session: Session, visible: Regions) -> Iterable[Number]:
    """Counted by village: a deadline lies at the end of its last day (clock.last_day)."""
    today = datetime.combine(china_day(now()), time(), tzinfo=CHINA)
    due_at, is_notice = col(Case.due_at), col(Case.due_step) == ClockStep.notice
    conditions = {
        "cases_running": due_at.is_not(None),
        "due_today": (due_at > today) & (due_at <= today + timedelta(days=1)),
        "overdue": due_at <= today,
        "notices_due": is_notice,
        "notices_overdue": is_notice & (due_at <= today),
    }
    query = sql_select(col(Case.region_code), *map(_how_many, conditions.values())).where(
        due_at.is_not(None), col(Case.region_code).in_(visible)
    )
    for village, *counts in session.execute(query.group_by(col(Case.region_code))):
        for name, count in zip(conditions, counts, strict=True):
            yield village, name, count


def _how_many(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(sql_case((condition, 1), else_=0))


def _notice_numbers(session: Session, visible: Regions) -> Iterable[Number]:
    village, is_visible = col(PublicNotice.region_code), col(PublicNotice.region_code).in_(visible)
    on_board = sql_select(village, func.count()).where(
        col(PublicNotice.last_day) >= china_day(now()), col(PublicNotice.taken_down_at).is_(None), is_visible
    )
    for code, count in session.execute(on_board.group_by(village)):
        yield code, "notices_on_board", count
    objections = (
        sql_select(village, func.count(), _how_many(col(Objection.due_at) <= now()))
        .join(Objection, col(Objection.notice_id) == col(PublicNotice.id))
        .where(col(Objection.answered_at).is_(None), is_visible)
    )
    for code, count, overdue in session.execute(objections.group_by(village)):
        yield code, "objections_open", count
        yield code, "objections_overdue", overdue


class Watch(StrEnum):
    """The numbers of supervision whose rows can be listed."""

    objections = "objections"
    low_funds = "low_funds"
    notices = "notices"
    notices_due = "notices_due"
    restated = "restated"


@dataclass(frozen=True)
class WatchRow:
    """One row behind a number. Nobody is named."""

    village: str
    words: str = ""
    """The number of the case, or of the edition of a restated month."""
    day: date | None = None
    """Last day, or the day an edition was counted."""
    late: bool = False
    fen: int | None = None
    """Balance of a low fund."""
    case_id: int | None = None


@dataclass(frozen=True)
class WatchRows:
    """The first rows behind a number, and how many there are in all."""

    rows: Sequence[WatchRow]
    total: int


def rows_of(session: Session, actor: Actor, watch: Watch, region_code: str, month: str, *, limit: int) -> WatchRows:
    """The rows behind a number of a region, the most pressing first.

    At most four queries. Raises RegionNotFound out of scope, NotPermitted.
    """
    require(actor, Action.read_summaries)
    if session.exec(visible_regions(session, actor).where(col(Region.code) == region_code)).first() is None:
        raise RegionNotFound(region_code)
    inside = within(session, region_code)
    match watch:
        case Watch.objections:
            return _read(session, _objections(inside), limit)
        case Watch.notices:
            return _read(session, _notices(inside), limit)
        case Watch.notices_due:
            return _read(session, _notices_due(inside), limit)
        case Watch.low_funds:
            rows = _low_funds(session, inside)
        case Watch.restated:
            rows = _restated(session, actor, region_code, month)
    rows.sort(key=lambda row: (row.day or date.max, row.fen or 0, row.village))
    return WatchRows(rows[:limit], len(rows))


def _read(session: Session, query: Select[*tuple[Any, ...]], limit: int) -> WatchRows:
    """The rows of a query of village, number and id of the case, and its deadline or last day."""
    village, *_, due = query.selected_columns
    rows = session.execute(query.add_columns(func.count().over()).order_by(due, village).limit(limit)).all()
    shown = []
    for code, number, case_id, moment, _total in rows:
        is_deadline = isinstance(moment, datetime)
        late = is_deadline and moment <= now()
        shown.append(WatchRow(code, number, last_day(moment) if is_deadline else moment, late, case_id=case_id))
    return WatchRows(shown, rows[0][-1] if rows else 0)


def _objections(inside: Regions) -> Select[*tuple[Any, ...]]:
    return (
        sql_select(col(PublicNotice.region_code), col(Case.number), col(Case.id), col(Objection.due_at))
        .join(Objection, col(Objection.notice_id) == col(PublicNotice.id))
        .join(Case, col(Case.id) == col(PublicNotice.case_id))
        .where(col(Objection.answered_at).is_(None), col(PublicNotice.region_code).in_(inside))
    )


def _notices(inside: Regions) -> Select[*tuple[Any, ...]]:
    return (
        sql_select(col(PublicNotice.region_code), col(Case.number), col(Case.id), col(PublicNotice.last_day))
        .join(Case, col(Case.id) == col(PublicNotice.case_id))
        .where(
            col(PublicNotice.last_day) >= china_day(now()),
            col(PublicNotice.taken_down_at).is_(None),
            col(PublicNotice.region_code).in_(inside),
        )
    )


def _notices_due(inside: Regions) -> Select[*tuple[Any, ...]]:
    return sql_select(col(Case.region_code), col(Case.number), col(Case.id), col(Case.due_at)).where(
        col(Case.due_step) == ClockStep.notice, col(Case.due_at).is_not(None), col(Case.region_code).in_(inside)
    )


def _low_funds(session: Session, inside: Regions) -> list[WatchRow]:
    balances = _balances(session, inside)
    low = low_funds(session, balances)
    return [WatchRow(code, fen=fen) for code, fen in balances.items() if code in low]


def _restated(session: Session, actor: Actor, region_code: str, month: str) -> list[WatchRow]:
    return [
        WatchRow(line.region_code, str(line.summary.edition), china_day(line.summary.counted_at))
        for line in summaries_of_month(session, actor, month, region_code)
        if line.summary is not None and line.summary.edition > 1
    ]
