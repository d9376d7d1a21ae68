"""What a township or county watches of its societies: before a case the warnings; during the procedure the clock, the
funds and the notices; after it objections, missing and restated months."""

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


@dataclass(frozen=True)
class SupervisionFigures:
    """The numbers of one region and everything in it; money in fen."""

    societies: int = 0
    balance_fen: int = 0
    low_funds: int = 0
    alerts_open: int = 0
    alerts_overdue: int = 0
    cases_running: int = 0
    due_today: int = 0
    overdue: int = 0
    notices_due: int = 0
    notices_overdue: int = 0
    notices_hanging: int = 0
    objections_open: int = 0
    objections_overdue: int = 0
    summaries_missing: int = 0
    summaries_restated: int = 0


@dataclass(frozen=True)
class RegionFigures:
    """One line: a part of the region looked at."""

    code: str
    watched: SupervisionFigures


def supervise(session: Session, actor: Actor, region_code: str, month: str) -> list[RegionFigures]:
    """A line for each part of a region that has a society (the region itself, where it is a village): eight
    queries, whatever the number of societies. `month` is the reporting month looked at. Raises RegionNotFound out of
    scope, NotPermitted."""
    require(actor, Action.read_summaries)
    if session.exec(visible_regions(session, actor).where(col(Region.code) == region_code)).first() is None:
        raise RegionNotFound(region_code)
    part = part_of(session, region_code)
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for code, name, number in _numbers(session, actor, month, region_code):
        where = part(code)
        if where is not None:
            counts[where][name] += number
    names = [each.name for each in fields(SupervisionFigures)]
    return [
        RegionFigures(code, SupervisionFigures(**{name: counts[code][name] for name in names}))
        for code in sorted(counts)
        if counts[code]["societies"]
    ]


def sum_of(lines: Iterable[RegionFigures]) -> SupervisionFigures:
    """The sum of the lines."""
    rows = [line.watched for line in lines]
    return SupervisionFigures(
        **{each.name: sum(getattr(row, each.name) for row in rows) for each in fields(SupervisionFigures)}
    )


def _numbers(session: Session, actor: Actor, month: str, region_code: str) -> Iterable[tuple[str, str, int]]:
    """(village, name of the number, number) of everything in scope."""
    visible = visible_regions(session, actor)
    today, calendar = china_day(now()), calendar_of(session)
    balance = func.sum(col(EarmarkedAccount.balance_fen))
    funds = select(Fund.region_code, balance).join(EarmarkedAccount, col(EarmarkedAccount.fund_id) == col(Fund.id))
    held = session.exec(funds.where(col(Fund.region_code).in_(visible)).group_by(col(Fund.region_code)))
    balances = {code: int(fen) for code, fen in held}
    low = low_funds(session, balances)
    for code, fen in balances.items():
        yield code, "societies", 1
        yield code, "balance_fen", fen
        yield code, "low_funds", int(code in low)
    for code, alert_due in open_alerts_of(session, actor):
        yield code, "alerts_open", 1
        yield code, "alerts_overdue", int(alert_due <= now())
    running = select(Case.region_code, col(Case.due_at), col(Case.due_step)).where(col(Case.due_at).is_not(None))
    for code, due_at, step in session.exec(running.where(col(Case.region_code).in_(visible))):
        if due_at is not None:
            stands = due_status(last_day(due_at), today, calendar)
            yield code, "cases_running", 1
            yield code, "due_today", int(stands is DueStatus.due_today)
            yield code, "overdue", int(stands is DueStatus.overdue)
            yield code, "notices_due", int(step is ClockStep.notice)
            yield code, "notices_overdue", int(step is ClockStep.notice and stands is DueStatus.overdue)
    hanging = select(PublicNotice.region_code).where(
        PublicNotice.last_day >= today, col(PublicNotice.taken_down_at).is_(None)
    )
    for code in session.exec(hanging.where(col(PublicNotice.region_code).in_(visible))):
        yield code, "notices_hanging", 1
    objections = (
        select(PublicNotice.region_code, Objection.due_at)
        .join(Objection, col(Objection.notice_id) == col(PublicNotice.id))
        .where(col(Objection.answered_at).is_(None), col(PublicNotice.region_code).in_(visible))
    )
    for code, objection_due in session.exec(objections):
        yield code, "objections_open", 1
        yield code, "objections_overdue", int(objection_due <= now())
    for line in summaries_of_month(session, actor, month, region_code):
        yield line.region_code, "summaries_missing", int(line.missing)
        yield line.region_code, "summaries_restated", int(line.summary is not None and line.summary.edition > 1)


class Watch(StrEnum):
    """What a number of the view opens as rows."""

    objections = "objections"
    low_funds = "low_funds"
    notices = "notices"
    notices_due = "notices_due"
    restated = "restated"


@dataclass(frozen=True)
class WatchRow:
    """One row behind a number: its village, the case or society it leads to, its day, and an amount in fen. Nobody is
    named."""

    village: str
    words: str = ""
    day: date | None = None
    late: bool = False
    fen: int | None = None
    case_id: int | None = None


def rows_of(session: Session, actor: Actor, watch: Watch, region_code: str, month: str) -> list[WatchRow]:
    """The rows behind a number of a region, the most pressing first: at most four queries. Raises RegionNotFound out
    of scope, NotPermitted."""
    require(actor, Action.read_summaries)
    if session.exec(visible_regions(session, actor).where(col(Region.code) == region_code)).first() is None:
        raise RegionNotFound(region_code)
    inside = within(session, region_code)
    match watch:
        case Watch.objections:
            found = _objections(session, inside)
        case Watch.low_funds:
            found = _low_funds(session, inside)
        case Watch.notices:
            found = _notices(session, inside)
        case Watch.notices_due:
            found = _notices_due(session, inside)
        case Watch.restated:
            found = _restated(session, actor, region_code, month)
    return sorted(found, key=lambda row: (row.day or date.max, row.fen or 0, row.village))


Inside = SelectOfScalar[str]


def _objections(session: Session, inside: Inside) -> list[WatchRow]:
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


def _low_funds(session: Session, inside: Inside) -> list[WatchRow]:
    query = (
        sql_select(col(Fund.region_code), func.sum(col(EarmarkedAccount.balance_fen)))
        .join(EarmarkedAccount, col(EarmarkedAccount.fund_id) == col(Fund.id))
        .where(col(Fund.region_code).in_(inside))
        .group_by(col(Fund.region_code))
    )
    balances = {code: int(fen) for code, fen in session.execute(query)}
    low = low_funds(session, balances)
    return [WatchRow(code, fen=fen) for code, fen in balances.items() if code in low]


def _notices(session: Session, inside: Inside) -> list[WatchRow]:
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


def _notices_due(session: Session, inside: Inside) -> list[WatchRow]:
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
