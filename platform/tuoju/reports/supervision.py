"""What a township or county supervises of its societies.

Before a case the alerts, during the procedure deadlines, funds and public notices, afterwards objections and summaries.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum

from sqlalchemy import select as sql_select
from sqlmodel import Session, col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from tuoju.accounts.permissions import Action, Actor, require, visible_regions
from tuoju.cases.alerts import open_alerts_of
from tuoju.cases.clock import DueStatus, due_status, last_day
from tuoju.cases.models import Case, ClockStep
from tuoju.database.records import now
from tuoju.regions.calendar import calendar_of, china_day
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
    for village, due_at in open_alerts_of(session, actor):
        yield village, "alerts_open", 1
        yield village, "alerts_overdue", int(due_at <= now())
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
    today, calendar = china_day(now()), calendar_of(session)
    query = select(Case.region_code, col(Case.due_at), col(Case.due_step)).where(
        col(Case.due_at).is_not(None), col(Case.region_code).in_(visible)
    )
    for village, due_at, step in session.exec(query):
        if due_at is not None:
            status = due_status(last_day(due_at), today, calendar)
            yield village, "cases_running", 1
            yield village, "due_today", int(status is DueStatus.due_today)
            yield village, "overdue", int(status is DueStatus.overdue)
            yield village, "notices_due", int(step is ClockStep.notice)
            yield village, "notices_overdue", int(step is ClockStep.notice and status is DueStatus.overdue)


def _notice_numbers(session: Session, visible: Regions) -> Iterable[Number]:
    on_board = select(PublicNotice.region_code).where(
        PublicNotice.last_day >= china_day(now()),
        col(PublicNotice.taken_down_at).is_(None),
        col(PublicNotice.region_code).in_(visible),
    )
    for village in session.exec(on_board):
        yield village, "notices_on_board", 1
    objections = (
        select(PublicNotice.region_code, Objection.due_at)
        .join(Objection, col(Objection.notice_id) == col(PublicNotice.id))
        .where(col(Objection.answered_at).is_(None), col(PublicNotice.region_code).in_(visible))
    )
    for village, due_at in session.exec(objections):
        yield village, "objections_open", 1
        yield village, "objections_overdue", int(due_at <= now())


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


def rows_of(session: Session, actor: Actor, watch: Watch, region_code: str, month: str) -> list[WatchRow]:
    """The rows behind a number of a region, the most pressing first.

    At most four queries. Raises RegionNotFound out of scope, NotPermitted.
    """
    require(actor, Action.read_summaries)
    if session.exec(visible_regions(session, actor).where(col(Region.code) == region_code)).first() is None:
        raise RegionNotFound(region_code)
    inside = within(session, region_code)
    match watch:
        case Watch.objections:
            rows = _objections(session, inside)
        case Watch.low_funds:
            rows = _low_funds(session, inside)
        case Watch.notices:
            rows = _notices(session, inside)
        case Watch.notices_due:
            rows = _notices_due(session, inside)
        case Watch.restated:
            rows = _restated(session, actor, region_code, month)
    return sorted(rows, key=lambda row: (row.day or date.max, row.fen or 0, row.village))


def _objections(session: Session, inside: Regions) -> list[WatchRow]:
    query = (
        sql_select(col(PublicNotice.region_code), col(Case.number), col(Objection.due_at), col(Case.id))
        .join(Objection, col(Objection.notice_id) == col(PublicNotice.id))
        .join(Case, col(Case.id) == col(PublicNotice.case_id))
        .where(col(Objection.answered_at).is_(None), col(PublicNotice.region_code).in_(inside))
    )
    return [
        WatchRow(code, number, last_day(due_at), due_at <= now(), case_id=case_id)
        for code, number, due_at, case_id in session.execute(query)
    ]


def _low_funds(session: Session, inside: Regions) -> list[WatchRow]:
    balances = _balances(session, inside)
    low = low_funds(session, balances)
    return [WatchRow(code, fen=fen) for code, fen in balances.items() if code in low]


def _notices(session: Session, inside: Regions) -> list[WatchRow]:
    query = (
        sql_select(col(PublicNotice.region_code), col(Case.number), col(PublicNotice.last_day), col(Case.id))
        .join(Case, col(Case.id) == col(PublicNotice.case_id))
        .where(
            col(PublicNotice.last_day) >= china_day(now()),
            col(PublicNotice.taken_down_at).is_(None),
            col(PublicNotice.region_code).in_(inside),
        )
    )
    return [WatchRow(code, number, day, case_id=case_id) for code, number, day, case_id in session.execute(query)]


def _notices_due(session: Session, inside: Regions) -> list[WatchRow]:
    query = sql_select(col(Case.region_code), col(Case.number), col(Case.due_at), col(Case.id)).where(
        col(Case.due_step) == ClockStep.notice, col(Case.due_at).is_not(None), col(Case.region_code).in_(inside)
    )
    return [
        WatchRow(code, number, last_day(due_at), due_at <= now(), case_id=case_id)
        for code, number, due_at, case_id in session.execute(query)
    ]


def _restated(session: Session, actor: Actor, region_code: str, month: str) -> list[WatchRow]:
    return [
        WatchRow(line.region_code, str(line.summary.edition), china_day(line.summary.counted_at))
        for line in summaries_of_month(session, actor, month, region_code)
        if line.summary is not None and line.summary.edition > 1
    ]
