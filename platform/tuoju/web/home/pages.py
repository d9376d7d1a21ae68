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
from tuoju.referrals.queries import count_referrals, count_unrated
from tuoju.referrals.status import ReferralState
from tuoju.regions.calendar import calendar_of, china_day
from tuoju.residents.protection import count_waiting
from tuoju.residents.queries import find_overrides_to_review
from tuoju.web.kit.dependencies import CurrentActor, ReadSession
from tuoju.web.kit.rendering import render
from tuoju.words.languages import gettext as _

router = APIRouter()

Tile = tuple[int, str, str]


@router.get("/")
def show(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    return render(request, "home/show.html", tiles=_tiles(session, actor))


def _tiles(session: Session, actor: Actor) -> list[Tile]:
    """(how many, what, where) of all that waits for the actor."""
    tiles: list[Tile] = []
    if may(actor, Action.read_cases):
        needs = count_needs(session, actor)
        tiles.append((needs.get(NeedState.open, 0), _("needs waiting for a project"), "/needs"))
        calendar, today = calendar_of(session), china_day(now())
        due = Counter(
            due_status(last_day(each.due_at), today, calendar) for each in find_due(session, actor) if each.due_at
        )
        tiles.append((due[DueStatus.overdue], _("cases overdue"), "/deadlines?only=overdue"))
        tiles.append((due[DueStatus.due_today], _("cases due today"), "/deadlines?only=due_today"))
    if may(actor, Action.read_residents):
        tiles.append((count_alerts(session, actor).get(AlertState.open, 0), _("warnings to look into"), "/alerts"))
    if may(actor, Action.read_referrals):
        states = count_referrals(session, actor)
        own = actor.organization_id is not None
        waiting = _("referrals to answer") if own else _("referrals waiting for an answer")
        tiles.append((states.get(ReferralState.requested, 0), waiting, "/referrals?state=requested"))
        tiles.append(
            (
                states.get(ReferralState.accepted, 0),
                _("accepted, first visit to come"),
                "/referrals?state=accepted",
            )
        )
        tiles.append(
            (
                states.get(ReferralState.in_progress, 0),
                _("services under way"),
                "/referrals?state=in_progress",
            )
        )
        if may(actor, Action.send_referrals):
            tiles.append(
                (
                    count_unrated(session, actor),
                    _("ended, resident not asked yet"),
                    "/referrals?state=completed",
                )
            )
    if may(actor, Action.review_overrides):
        count = len(find_overrides_to_review(session, actor))
        tiles.append((count, _("emergency referrals to review"), "/overrides"))
        tiles.append((count_waiting(session, actor), _("reports of harm to a child to take on"), "/protection"))
    return tiles
