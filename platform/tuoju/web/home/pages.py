"""The start page: the reader's own day, and everything of one kind that waits for them."""

from collections.abc import Mapping

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlmodel import Session

from tuoju.accounts.models import Role
from tuoju.accounts.permissions import Action, Actor
from tuoju.cases.clock import DueStatus
from tuoju.cases.queries import count_due, count_needs
from tuoju.cases.status import NeedState
from tuoju.database.records import now
from tuoju.referrals.queries import count_referrals
from tuoju.referrals.status import ReferralState
from tuoju.regions.calendar import calendar_of, china_day
from tuoju.web.home.views import HomePage, Tile
from tuoju.web.home.work_views import SHOWN, WorkPage, read_panels
from tuoju.web.kit.dependencies import CurrentActor, ReadSession
from tuoju.web.kit.drafts import draft_rows
from tuoju.web.kit.gates import needs
from tuoju.web.kit.rendering import render
from tuoju.words.days import date_words
from tuoju.words.languages import gettext as _
from tuoju.worklists.kinds import WorkKind
from tuoju.worklists.queries import work_of

router = APIRouter()


@router.get("/", dependencies=[needs(Action.use_application)])
def show(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    """The reader's own day: what waits for them, by the step that is next."""
    panels, due = read_panels(session, actor, work_of(session, actor), limit=SHOWN)
    page = HomePage(
        name=actor.display_name,
        role=actor.role,
        today=date_words(china_day(now())),
        due=due,
        panels=panels,
        tiles=_tiles(session, actor),
        drafts=draft_rows(session, actor),
    )
    return render(request, page)


@router.get("/worklists/{kind}", dependencies=[needs(Action.use_application)])
def of_kind(request: Request, session: ReadSession, actor: CurrentActor, kind: WorkKind) -> Response:
    """Everything of one kind that waits for the reader."""
    panels, _due = read_panels(session, actor, work_of(session, actor, only=kind))
    return render(request, WorkPage(kind, panels[0] if panels else None))


def _tiles(session: Session, actor: Actor) -> list[Tile]:
    match actor.role:
        case Role.program_manager:
            words = {
                ReferralState.requested: _("referrals waiting for an answer"),
                ReferralState.accepted: _("accepted, waiting for the first visit"),
                ReferralState.in_progress: _("services in progress"),
            }
            return [*_case_tiles(session, actor), *_referral_tiles(session, actor, words)]
        case Role.charity_staff:
            return _referral_tiles(session, actor, {ReferralState.in_progress: _("services in progress")})
    return []


def _case_tiles(session: Session, actor: Actor) -> list[Tile]:
    due = count_due(session, actor, calendar_of(session), china_day(now()))
    return [
        Tile(count_needs(session, actor).get(NeedState.open, 0), _("needs waiting for a project"), "/needs"),
        Tile(due[DueStatus.overdue], _("cases overdue"), "/deadlines?only=overdue"),
        Tile(due[DueStatus.due_today], _("cases due today"), "/deadlines?only=due_today"),
        Tile(due[DueStatus.due_next], _("cases due the next working day"), "/deadlines?only=due_next"),
    ]


def _referral_tiles(session: Session, actor: Actor, words: Mapping[ReferralState, str]) -> list[Tile]:
    counts = count_referrals(session, actor)
    return [Tile(counts.get(state, 0), text, f"/referrals?state={state}") for state, text in words.items()]
