"""The start page: what waits for this role today."""

from collections import Counter

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlmodel import Session

from tuoju.accounts.permissions import Action, Actor, may
from tuoju.cases.alerts import count_alerts
from tuoju.cases.clock import DueStatus, due_status, last_day
from tuoju.cases.models import AlertState
from tuoju.cases.queries import count_needs, find_due
from tuoju.cases.status import NeedState
from tuoju.database.records import now
from tuoju.referrals.complaints import count_open_complaints
from tuoju.referrals.confirmations import count_unconfirmed
from tuoju.referrals.queries import count_referrals
from tuoju.referrals.status import ReferralState
from tuoju.regions.calendar import calendar_of, china_day
from tuoju.residents.duplicates import find_duplicates
from tuoju.residents.protection import count_waiting
from tuoju.residents.queries import find_overrides_to_review
from tuoju.web.home.views import Door, HomePage, Tile
from tuoju.web.kit.dependencies import CurrentActor, ReadSession
from tuoju.web.kit.drafts import draft_rows
from tuoju.web.kit.gates import needs
from tuoju.web.kit.rendering import render
from tuoju.words.languages import gettext as _

router = APIRouter()


@router.get("/", dependencies=[needs(Action.use_application)])
def show(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    """The start page of the actor's role."""
    tiles = [
        *_case_tiles(session, actor),
        *_alert_tiles(session, actor),
        *_referral_tiles(session, actor),
        *_review_tiles(session, actor),
        *_duplicate_tiles(session, actor),
    ]
    return render(request, HomePage(actor.display_name, actor.role, tiles, _doors(actor), draft_rows(session, actor)))


def _case_tiles(session: Session, actor: Actor) -> list[Tile]:
    if not may(actor, Action.read_cases):
        return []
    calendar, today = calendar_of(session), china_day(now())
    due_cases = find_due(session, actor)
    due = Counter(due_status(last_day(case.due_at), today, calendar) for case in due_cases if case.due_at)
    return [
        Tile(count_needs(session, actor).get(NeedState.open, 0), _("needs waiting for a project"), "/needs"),
        Tile(due[DueStatus.overdue], _("cases overdue"), "/deadlines?only=overdue"),
        Tile(due[DueStatus.due_today], _("cases due today"), "/deadlines?only=due_today"),
    ]


def _alert_tiles(session: Session, actor: Actor) -> list[Tile]:
    if not may(actor, Action.read_residents):
        return []
    return [Tile(count_alerts(session, actor).get(AlertState.open, 0), _("alerts to check"), "/alerts")]


def _referral_tiles(session: Session, actor: Actor) -> list[Tile]:
    if not may(actor, Action.read_referrals):
        return []
    counts = count_referrals(session, actor)
    is_charity = actor.organization_id is not None
    words = {
        ReferralState.requested: _("referrals to answer") if is_charity else _("referrals waiting for an answer"),
        ReferralState.accepted: _("accepted, waiting for the first visit"),
        ReferralState.in_progress: _("services in progress"),
    }
    tiles = [Tile(counts.get(state, 0), text, f"/referrals?state={state}") for state, text in words.items()]
    if may(actor, Action.send_referrals):
        unconfirmed = count_unconfirmed(session, actor)
        tiles.append(Tile(unconfirmed, _("reported as helped, resident not asked yet"), "/confirmations"))
    return tiles


def _review_tiles(session: Session, actor: Actor) -> list[Tile]:
    tiles = []
    if may(actor, Action.review_overrides):
        overrides = len(find_overrides_to_review(session, actor))
        tiles.append(Tile(overrides, _("emergency referrals to review"), "/overrides"))
    if may(actor, Action.handle_alarms):
        tiles.append(Tile(count_waiting(session, actor), _("alarms and reports of harm to handle"), "/protection"))
    if may(actor, Action.answer_complaints):
        count = count_open_complaints(session, actor)
        tiles.append(Tile(count, _("complaints of residents to answer"), "/referrals?state=completed"))
    return tiles


def _duplicate_tiles(session: Session, actor: Actor) -> list[Tile]:
    if not may(actor, Action.settle_duplicates):
        return []
    return [Tile(len(find_duplicates(session, actor)), _("files that may be about one person"), "/duplicates")]


def _doors(actor: Actor) -> list[Door]:
    """The links to what the actor may open; None as the action: everyone may."""
    doors: list[tuple[Action, Door]] = [
        (Action.read_cases, Door(_("All cases"), "/cases")),
        (Action.read_residents, Door(_("Alerts"), "/alerts")),
        (Action.read_cases, Door(_("Deadlines"), "/deadlines")),
        (Action.confirm_outcomes, Door(_("Call-backs and spot checks"), "/confirmations")),
        (Action.keep_funds, Door(_("Society funds"), "/funds")),
        (Action.read_summaries, Door(_("Supervision"), "/supervision")),
        (Action.read_summaries, Door(_("Monthly summaries"), "/summaries")),
        (Action.read_ranker, Door(_("Ranking"), "/ranking")),
        (Action.use_application, Door(_("Blank forms"), "/papers")),
        (Action.use_application, Door(_("Policies"), "/policies")),
        (Action.use_application, Door(_("Working-day calendar"), "/calendar")),
        (Action.supervise_readings, Door(_("Use of personal data"), "/readings")),
        (Action.manage_accounts, Door(_("Accounts"), "/accounts", kind="go")),
        (Action.manage_deliveries, Door(_("Notification centre"), "/deliveries")),
        (Action.manage_deliveries, Door(_("Operations"), "/operations")),
        (Action.manage_subscriptions, Door(_("Groups and integrators"), "/deliveries/subscriptions")),
        (Action.read_audit, Door(_("Audit"), "/audit")),
        (Action.keep_own_account, Door(_("What I opened"), "/audit/own")),
        (Action.use_application, Door(_("All projects"), "/projects")),
        (Action.read_figures, Door(_("Figures"), "/figures")),
    ]
    return [door for action, door in doors if may(actor, action)]
