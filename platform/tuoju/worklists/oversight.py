"""What the level above has to look at, accept or confirm, and the monthly summary of a society."""

from datetime import date

from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from tuoju.accounts.permissions import Action, Actor, require, visible_regions
from tuoju.accounts.proposals import pending_in_scope
from tuoju.cases.alerts import find_alerts
from tuoju.cases.clock import last_day
from tuoju.cases.errors import NoPolicy
from tuoju.cases.models import AlertState
from tuoju.cases.policies import Scheme, policy_for
from tuoju.database.records import now
from tuoju.funding.models import Call
from tuoju.holdings.service import find_erasures
from tuoju.holdings.status import ErasureState
from tuoju.plans.models import Plan
from tuoju.plans.status import PlanState
from tuoju.regions.calendar import calendar_of, china_day
from tuoju.regions.models import Region, RegionLevel
from tuoju.regions.queries import get_region
from tuoju.relief.queries import find_fund
from tuoju.reports.models import MonthlySummary, SummaryState
from tuoju.reports.summaries import find_summary, last_month, may_answer, may_sign, period_for
from tuoju.residents.duplicates import find_duplicates
from tuoju.residents.protection import find_reports
from tuoju.residents.queries import find_overrides_to_review
from tuoju.worklists.case_work import MOST
from tuoju.worklists.kinds import WorkItem, WorkKind


def alert_work(session: Session, actor: Actor) -> list[WorkItem]:
    """Alerts that nobody has checked, the earliest deadline first. Raises NotPermitted."""
    return [
        WorkItem(
            WorkKind.check_alert,
            f"/alerts/{alert.pk}",
            due_on=last_day(alert.due_at),
            region_code=alert.region_code,
            alert=alert,
        )
        for alert in find_alerts(session, actor, state=AlertState.open, limit=MOST)
    ]


def override_work(session: Session, actor: Actor) -> list[WorkItem]:
    """Emergency referrals that another officer made and nobody has reviewed. Raises NotPermitted."""
    return [
        WorkItem(WorkKind.review_override, "/overrides", resident_id=override.resident_id)
        for override in find_overrides_to_review(session, actor)
        if override.made_by != actor.user_id
    ]


def alarm_work(session: Session, actor: Actor) -> list[WorkItem]:
    """Reports that somebody may be in danger, made by others and not followed up. Raises NotPermitted."""
    require(actor, Action.handle_alarms)
    return [
        WorkItem(WorkKind.handle_alarm, "/protection", region_code=report.region_code)
        for report in find_reports(session, actor, limit=MOST)
        if report.followed_up_at is None and report.reported_by != actor.user_id
    ]


def duplicate_work(session: Session, actor: Actor) -> list[WorkItem]:
    """Files that may be about one person. Raises NotPermitted."""
    return [WorkItem(WorkKind.settle_duplicate, "/duplicates") for _question in find_duplicates(session, actor)]


def summaries_to_accept(session: Session, actor: Actor) -> list[WorkItem]:
    """Monthly summaries that were handed in to the actor's level: to a township by its villages, above it by
    townships. Raises NotPermitted."""
    require(actor, Action.accept_summaries)
    home = get_region(session, actor.region_code or "")
    level = RegionLevel.village if home.level is RegionLevel.township else RegionLevel.township
    query = (
        select(MonthlySummary)
        .join(Region, col(Region.code) == col(MonthlySummary.region_code))
        .where(
            MonthlySummary.state == SummaryState.handed_in,
            Region.level == level,
            col(MonthlySummary.region_code).in_(visible_regions(session, actor)),
        )
        .options(defer(MonthlySummary.sheet))  # type: ignore[arg-type]
    )
    rows = session.exec(query.order_by(col(MonthlySummary.signed_at), col(MonthlySummary.id)).limit(MOST))
    return [
        WorkItem(
            WorkKind.accept_summary, _page(row.region_code, row.month), region_code=row.region_code, detail=row.month
        )
        for row in rows
        if may_answer(actor, row)
    ]


def _page(region_code: str, month: str) -> str:
    return f"/summaries/{region_code}/{month}"


def own_summary_work(session: Session, actor: Actor) -> list[WorkItem]:
    """The last month of the actor's own society, while it is not handed in (domain rule R5): to be counted, or signed
    by another officer than the one who counted it. Raises NotPermitted."""
    require(actor, Action.hand_in_summaries)
    home = actor.region_code or ""
    fund = find_fund(session, home)
    if fund is None:
        return []
    month = last_month(session, home)
    ended_on = period_for(session, home, month)[1]
    summary = find_summary(session, home, month)
    if china_day(fund.opened_at) > ended_on:
        return []
    if summary is None or summary.state is SummaryState.returned:
        kind = WorkKind.prepare_summary
    elif summary.state is SummaryState.prepared and may_sign(session, actor, summary):
        kind = WorkKind.sign_summary
    else:
        return []
    due_on = _summary_due(session, home, ended_on)
    return [WorkItem(kind, _page(home, month), due_on=due_on, region_code=home, detail=month)]


def _summary_due(session: Session, region_code: str, ended_on: date) -> date | None:
    try:
        policy = policy_for(session, Scheme.society_relief, region_code, china_day(now()))
    except NoPolicy:
        return None
    return calendar_of(session).due(ended_on, policy.summary_within).day


def erasure_work(session: Session, actor: Actor) -> list[WorkItem]:
    """Erasures that wait for one of two persons; not those that the actor decided as the first, nor those that
    something stands against. Raises NotPermitted."""
    return [
        WorkItem(WorkKind.decide_erasure, "/erasures", region_code=erasure.region_code)
        for erasure in find_erasures(session, actor, is_open=True, limit=MOST)
        if erasure.state is not ErasureState.restricted and erasure.first_by != actor.user_id
    ]


def account_work(session: Session, actor: Actor) -> list[WorkItem]:
    """Proposals of other administrators that wait for confirmation. Raises NotPermitted."""
    return [
        WorkItem(WorkKind.confirm_account, "/accounts", region_code=proposal.region_code)
        for proposal in pending_in_scope(session, actor)
        if actor.user_id not in (proposal.proposed_by, proposal.user_id)
    ]


def plan_work(session: Session, actor: Actor) -> list[WorkItem]:
    """Plans that are computed and wait for approval. Raises NotPermitted."""
    require(actor, Action.approve_plans)
    query = select(Plan).where(
        Plan.state == PlanState.proposed, col(Plan.region_code).in_(visible_regions(session, actor))
    )
    return [
        WorkItem(WorkKind.approve_plan, f"/plans/{plan.pk}", region_code=plan.region_code)
        for plan in session.exec(query.order_by(col(Plan.id)).limit(MOST))
    ]


def call_work(session: Session, actor: Actor) -> list[WorkItem]:
    """Calls for projects that another manager proposed to publish or to cancel. Raises NotPermitted."""
    require(actor, Action.manage_calls)
    query = select(Call).where(
        col(Call.proposed_verb).is_not(None),
        Call.proposed_by != actor.user_id,
        col(Call.region_code).in_(visible_regions(session, actor)),
    )
    return [
        WorkItem(WorkKind.confirm_call, f"/funding/calls/{call.pk}", region_code=call.region_code)
        for call in session.exec(query.order_by(col(Call.id)).limit(MOST))
    ]
