"""Monthly summaries: counted, signed, handed in, accepted or returned, and restated (domain section 5.5, rule R5).

A signed edition never changes. Late entries go into the next month as adjustments; a month that is wrong is restated
as a further edition, and the page shows the difference.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, get_args

from sqlalchemy.orm import defer
from sqlmodel import Session, col, func, select

from tuoju.accounts import audit
from tuoju.accounts.models import SOCIETY_ROLES, Role, User
from tuoju.accounts.permissions import Action, Actor, require, visible_regions
from tuoju.cases.errors import NoPolicy
from tuoju.cases.policies import Scheme, policy_for
from tuoju.database.records import now
from tuoju.regions.calendar import china_day
from tuoju.regions.models import Region, RegionLevel
from tuoju.regions.queries import county_of, get_region, is_current, townships_of, within
from tuoju.relief.models import Fund
from tuoju.reports.errors import (
    CorrectionReasonMissing,
    MonthNotOver,
    NotASociety,
    NothingToCorrect,
    SecondSignatureNeeded,
    SummaryAnswered,
    SummaryAwaitsAnswer,
    SummaryNotFound,
)
from tuoju.reports.models import MonthlySummary, SummaryState
from tuoju.reports.sheets import Period, Sheet, count_sheet, period_of

REPORTING_LEVELS = frozenset({RegionLevel.village, RegionLevel.township})


@dataclass(frozen=True)
class Difference:
    """A number of a sheet that differs between two counts."""

    name: str
    """Field of Sheet; "by_cause.CODE" and "by_category.CODE" for the numbers of a cause or category."""
    before: int
    after: int


def differences(before: Sheet, after: Sheet) -> list[Difference]:
    """Every number that differs, in the order of the sheet. Adjustments are left out: they belong to other months."""
    old, new = _flat(before), _flat(after)
    names = [name for name in dict.fromkeys([*old, *new]) if name.partition(".")[0] in before.model_fields_set]
    return [
        Difference(name, old.get(name, 0), new.get(name, 0)) for name in names if old.get(name, 0) != new.get(name, 0)
    ]


def _flat(sheet: Sheet) -> dict[str, int]:
    numbers: dict[str, int] = sheet.model_dump(exclude={"by_cause", "by_category", "adjustments"})
    return {
        **numbers,
        **{f"by_cause.{cause}": count for cause, count in sheet.by_cause.items()},
        **{f"by_category.{category}": count for category, count in sheet.by_category.items()},
    }


def sheet_of(summary: MonthlySummary) -> Sheet:
    """The numbers of an edition."""
    return Sheet.model_validate(summary.sheet)


def digest_of(summary: MonthlySummary) -> str:
    """SHA-256 over region, month, edition, instant and numbers, hex."""
    body = [summary.region_code, summary.month, summary.edition, summary.counted_at.isoformat(), summary.sheet]
    return hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def period_for(session: Session, region_code: str, month: str) -> tuple[date, date]:
    """First and last day of a reporting month in a region, by the cut-off day of the policy for society relief."""
    try:
        policy = policy_for(session, Scheme.society_relief, region_code, date.fromisoformat(f"{month}-01"))
    except NoPolicy:
        return period_of(month, 0)
    return period_of(month, policy.summary_cutoff_day)


def open_period(session: Session, actor: Actor, region_code: str, month: str) -> tuple[date, date]:
    """First and last day of a month that has no summary yet.

    Raises SummaryNotFound for a region out of scope or text that is no month, NotASociety.
    """
    require(actor, Action.read_summaries)
    if re.fullmatch("20[0-9]{2}-(0[1-9]|1[0-2])", month) is None:
        raise SummaryNotFound
    _check_region(session, actor, region_code)
    return period_for(session, region_code, month)


def last_month(session: Session, region_code: str) -> str:
    """The latest reporting month that is over in a region."""
    today = china_day(now())
    this_month = f"{today:%Y-%m}"
    if period_for(session, region_code, this_month)[1] < today:
        return this_month
    return f"{today.replace(day=1) - timedelta(days=1):%Y-%m}"


def prepare(session: Session, actor: Actor, region_code: str, month: str, *, reason: str = "") -> MonthlySummary:
    """Count a month.

    An edition that is not signed yet is counted again; after one that was returned or accepted a further edition
    begins. A restatement of an accepted month needs a reason. Raises MonthNotOver, NotASociety, SummaryAwaitsAnswer,
    CorrectionReasonMissing, NothingToCorrect, SummaryNotFound out of scope.
    """
    require(actor, Action.hand_in_summaries)
    first, last = open_period(session, actor, region_code, month)
    if last >= china_day(now()):
        raise MonthNotOver
    # The region's row is locked, so that two officers at the same time prepare one edition.
    session.exec(select(Region.code).where(Region.code == region_code).with_for_update(key_share=True)).one()
    before = find_summary(session, region_code, month)
    counted_at = now()
    sheet = count_sheet(session, region_code, Period(first, last, counted_at))
    if before is not None and before.state is SummaryState.handed_in:
        raise SummaryAwaitsAnswer
    if before is not None and before.state is SummaryState.accepted:
        _check_correction(session, before, reason)
    late = adjustments(session, region_code, month, counted_at)
    sheet = sheet.model_copy(update={"adjustments": late})
    summary = before if before is not None and before.state is SummaryState.prepared else None
    if summary is None:
        summary = MonthlySummary(
            region_code=region_code,
            month=month,
            edition=before.edition + 1 if before else 1,
            first_day=first,
            last_day=last,
            nothing_happened=False,
            digest="",
            reason=reason.strip() or (before.return_reason if before else ""),
            prepared_by=actor.user_id,
        )
        session.add(summary)
    summary.sheet, summary.nothing_happened = sheet.model_dump(), sheet.nothing_happened
    summary.counted_at, summary.prepared_by = counted_at, actor.user_id
    summary.digest = digest_of(summary)
    session.flush()
    _audit(session, actor, "prepare_summary", summary)
    return summary


def _check_correction(session: Session, before: MonthlySummary, reason: str) -> None:
    if not since_counted(session, before):
        raise NothingToCorrect
    if len(reason.strip()) < 2:
        raise CorrectionReasonMissing


def _check_region(session: Session, actor: Actor, region_code: str) -> None:
    if session.exec(visible_regions(session, actor).where(col(Region.code) == region_code)).first() is None:
        raise SummaryNotFound
    funds = select(Fund.id).where(col(Fund.region_code).in_(within(session, region_code)))
    if get_region(session, region_code).level not in REPORTING_LEVELS or session.exec(funds).first() is None:
        raise NotASociety


def sign(session: Session, actor: Actor, summary: MonthlySummary) -> MonthlySummary:
    """Sign an edition and hand it in, also one in which nothing happened (零报告).

    Raises SummaryAnswered, SecondSignatureNeeded.
    """
    require(actor, Action.hand_in_summaries)
    _require_state(summary, SummaryState.prepared)
    if not may_sign(session, actor, summary):
        raise SecondSignatureNeeded
    summary.state, summary.signed_by, summary.signed_at = SummaryState.handed_in, actor.user_id, now()
    session.flush()
    _audit(session, actor, "sign_summary", summary)
    return summary


def may_sign(session: Session, actor: Actor, summary: MonthlySummary) -> bool:
    """Whether the actor is a second person, or the only officer of the region, who signs what they counted."""
    return summary.prepared_by != actor.user_id or _officers(session, summary.region_code) <= 1


def _officers(session: Session, region_code: str) -> int:
    query = select(func.count()).where(
        User.region_code == region_code,
        col(User.role).in_([*SOCIETY_ROLES, Role.township_officer]),
        col(User.is_active),
    )
    return session.exec(query).one()


def accept(session: Session, actor: Actor, summary: MonthlySummary) -> MonthlySummary:
    """Accept and file a summary (备案). Raises SummaryAnswered."""
    return _answer(session, actor, summary, SummaryState.accepted, "accept_summary")


def return_back(session: Session, actor: Actor, summary: MonthlySummary, *, reason: str) -> MonthlySummary:
    """Return a summary to be corrected. Raises CorrectionReasonMissing, SummaryAnswered."""
    if len(reason.strip()) < 2:
        raise CorrectionReasonMissing
    summary.return_reason = reason.strip()
    return _answer(session, actor, summary, SummaryState.returned, "return_summary")


def may_answer(actor: Actor, summary: MonthlySummary) -> bool:
    """Whether the actor is of the level above: a township for its societies, county or city for its townships."""
    permitted = actor.role in (Role.township_officer, Role.program_manager)
    return permitted and actor.region_code != summary.region_code


def _answer(session: Session, actor: Actor, summary: MonthlySummary, state: SummaryState, verb: str) -> MonthlySummary:
    require(actor, Action.accept_summaries)
    if not may_answer(actor, summary):
        raise SummaryNotFound
    _require_state(summary, SummaryState.handed_in)
    summary.state, summary.answered_by, summary.answered_at = state, actor.user_id, now()
    session.flush()
    _audit(session, actor, verb, summary)
    return summary


def _require_state(summary: MonthlySummary, state: SummaryState) -> None:
    if summary.state is not state:
        raise SummaryAnswered


def find_summary(session: Session, region_code: str, month: str) -> MonthlySummary | None:
    """The latest edition of a month. The caller has checked that the actor may see the region."""
    query = select(MonthlySummary).where(MonthlySummary.region_code == region_code, MonthlySummary.month == month)
    return session.exec(query.order_by(col(MonthlySummary.edition).desc())).first()


def get_summary(session: Session, actor: Actor, summary_id: int) -> MonthlySummary:
    """Raises SummaryNotFound, also out of scope."""
    require(actor, Action.read_summaries)
    query = select(MonthlySummary).where(
        MonthlySummary.id == summary_id, col(MonthlySummary.region_code).in_(visible_regions(session, actor))
    )
    summary = session.exec(query).first()
    if summary is None:
        raise SummaryNotFound
    return summary


def editions_of(session: Session, summary: MonthlySummary) -> list[MonthlySummary]:
    """All editions of the same month, the latest first."""
    query = select(MonthlySummary).where(
        MonthlySummary.region_code == summary.region_code, MonthlySummary.month == summary.month
    )
    return list(session.exec(query.order_by(col(MonthlySummary.edition).desc())))


def recount(session: Session, summary: MonthlySummary) -> list[Difference]:
    """The numbers that differ when the rows are counted as they were then; none unless rows were tampered with.

    Numbers by category are left out: the category of a resident may change later.
    """
    as_it_was = Period(summary.first_day, summary.last_day, summary.counted_at)
    changed = differences(sheet_of(summary), count_sheet(session, summary.region_code, as_it_was))
    return [difference for difference in changed if not difference.name.startswith("by_category.")]


def since_counted(session: Session, summary: MonthlySummary) -> list[Difference]:
    """What was recorded or corrected for the month since it was counted, and is in no later month's adjustments yet."""
    reported = _reported_later(session, summary, now())
    reported["closing_fen"] = sum(count for name, count in reported.items() if name.startswith("income_"))
    reported["closing_fen"] += reported.get("recovered_fen", 0) - reported.get("relief_fen", 0)
    changes = [
        Difference(change.name, change.before + reported.get(change.name, 0), change.after)
        for change in _changes_since(session, summary, now())
    ]
    unreported = [
        change for change in changes if change.before != change.after and not change.name.startswith("by_category.")
    ]
    return unreported if any(change.name not in _CARRIED for change in unreported) else []


def _changes_since(session: Session, summary: MonthlySummary, as_of: datetime) -> list[Difference]:
    as_it_is = Period(summary.first_day, summary.last_day, as_of)
    return differences(sheet_of(summary), count_sheet(session, summary.region_code, as_it_is))


MONTHS_BACK = 12
"""How many earlier months a summary adjusts at most."""
_CARRIED = frozenset({"opening_fen", "closing_fen"})
"""Balances: they change whenever an earlier number does."""
_DERIVED = _CARRIED | {"service_persons"}
"""Numbers that follow from others, or that cannot be added over months."""


def adjustments(session: Session, region_code: str, month: str, as_of: datetime) -> dict[str, dict[str, int]]:
    """Late entries of earlier months that no month has reported yet, by month and name of the number.

    Each value is how much the number has changed since its month was handed in. At most MONTHS_BACK months have
    adjustments; a restated month carries its own changes.
    """
    late_entries: dict[str, dict[str, int]] = {}
    for earlier in _signed(session, region_code, as_of):
        if earlier.month < month and len(late_entries) < MONTHS_BACK:
            reported = _reported_later(session, earlier, as_of, except_month=month)
            changes = {change.name: change.after - change.before for change in _changes_since(session, earlier, as_of)}
            late = {name: changes.get(name, 0) - reported.get(name, 0) for name in [*changes, *reported]}
            adjusted = {name: count for name, count in late.items() if count and _is_adjusted(name)}
            if adjusted:
                late_entries[earlier.month] = adjusted
    return dict(sorted(late_entries.items()))


def _is_adjusted(name: str) -> bool:
    """Whether a number can be adjusted: it is neither derived nor split by cause or category."""
    return name not in _DERIVED and not name.startswith("by_")


def _reported_later(
    session: Session, summary: MonthlySummary, as_of: datetime, *, except_month: str = ""
) -> dict[str, int]:
    """The adjustments of this month that later signed months have reported, by name of the number."""
    reported: Counter[str] = Counter()
    for later in _signed(session, summary.region_code, as_of):
        if later.month > summary.month and later.month != except_month:
            reported.update(sheet_of(later).adjustments.get(summary.month, {}))
    return dict(reported)


def _signed(session: Session, region_code: str, as_of: datetime) -> list[MonthlySummary]:
    """The latest edition of each month that was signed by then and not returned, the latest month first."""
    query = select(MonthlySummary).where(
        MonthlySummary.region_code == region_code,
        col(MonthlySummary.signed_at) <= as_of,
        MonthlySummary.state != SummaryState.returned,
    )
    newest = {summary.month: summary for summary in session.exec(query.order_by(col(MonthlySummary.edition)))}
    return [newest[month] for month in sorted(newest, reverse=True)]


HandInStatus = Literal["missing", "returned", "handed_in", "accepted"]
HAND_IN_STATUSES: tuple[HandInStatus, ...] = get_args(HandInStatus)


@dataclass(frozen=True)
class RegionSummary:
    """A month of one society or township."""

    region_code: str
    summary: MonthlySummary | None
    """The latest edition; None where the month was not counted."""

    @property
    def status(self) -> HandInStatus:
        """How far the month is; an edition that is not signed yet is missing."""
        return "missing" if self.summary is None else _STATUS_OF[self.summary.state]

    @property
    def missing(self) -> bool:
        """Whether nothing signed lies at the level above; a signed zero report is not missing."""
        return self.summary is None or self.summary.state in (SummaryState.prepared, SummaryState.returned)


_STATUS_OF: Mapping[SummaryState, HandInStatus] = {
    SummaryState.prepared: "missing",
    SummaryState.returned: "returned",
    SummaryState.handed_in: "handed_in",
    SummaryState.accepted: "accepted",
}


def summaries_of_month(
    session: Session, actor: Actor, month: str, region_code: str, level: RegionLevel = RegionLevel.village
) -> list[RegionSummary]:
    """The month of every society within a region, or of every township that has a society.

    A society that ended, or came with a change of divisions, has the months in which it was there to the end. Two
    queries, two more for townships; the numbers of a sheet are loaded when they are read. Raises NotPermitted,
    RegionNotFound.
    """
    require(actor, Action.read_summaries)
    inside = within(session, region_code)
    homes = select(Region.code).join(Fund, col(Fund.region_code) == col(Region.code))
    homes = homes.where(col(Region.code).in_(inside), col(Region.code).in_(visible_regions(session, actor)))
    last = period_of(month, 0)[1]
    homes = homes.where(is_current() | (col(Region.valid_to) >= last))
    homes = homes.where(col(Region.valid_from).is_(None) | (col(Region.valid_from) <= last))
    codes = list(session.exec(homes.order_by(Region.code)))
    if level is RegionLevel.township:
        townships = townships_of(session, codes)
        codes = [townships[code] for code in codes]
    latest = _latest(session, month, codes)
    return [RegionSummary(code, latest.get(code)) for code in dict.fromkeys(codes)]


def _latest(session: Session, month: str, codes: list[str]) -> Mapping[str, MonthlySummary]:
    query = select(MonthlySummary).where(MonthlySummary.month == month, col(MonthlySummary.region_code).in_(set(codes)))
    query = query.options(defer(MonthlySummary.sheet), defer(MonthlySummary.reason))  # type: ignore[arg-type]
    return {summary.region_code: summary for summary in session.exec(query.order_by(col(MonthlySummary.edition)))}


def summaries_of(session: Session, region_code: str, *, limit: int = 24) -> list[MonthlySummary]:
    """The latest edition of each month of one region, the latest month first."""
    query = select(MonthlySummary).where(MonthlySummary.region_code == region_code)
    newest = {summary.month: summary for summary in session.exec(query.order_by(col(MonthlySummary.edition)))}
    return [newest[month] for month in sorted(newest, reverse=True)[:limit]]


def _audit(session: Session, actor: Actor, verb: str, summary: MonthlySummary) -> None:
    scope = county_of(session, summary.region_code)
    audit.record(session, actor, verb, summary, scope=scope, digest=summary.digest, edition=summary.edition)
