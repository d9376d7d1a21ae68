"""The page of call-backs and spot checks: whom to ask whether a service helped, and the draws."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlmodel import Session

from tuoju.accounts.permissions import Action, Actor, may
from tuoju.accounts.queries import names_of
from tuoju.cases.policies import Scheme, policy_for
from tuoju.database.records import now
from tuoju.referrals.confirmations import HelpState, count_help, find_unconfirmed
from tuoju.referrals.models import SpotCheckDraw
from tuoju.referrals.queries import ReferralRow
from tuoju.referrals.spot_checks import draw, find_draw, find_draws, month_to_draw, sample
from tuoju.referrals.views import referrals_seen
from tuoju.regions.calendar import china_day
from tuoju.regions.queries import names
from tuoju.web.kit.bounds import GREATEST
from tuoju.web.kit.dependencies import CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.gates import needs
from tuoju.web.kit.rendering import redirect, render
from tuoju.web.referrals.inputs import text_of
from tuoju.web.referrals.views import ConfirmationCard, ConfirmationsPage, DrawRow
from tuoju.words.formats import china_date
from tuoju.words.languages import gettext as _

router = APIRouter()

PER_PAGE = 50


@router.get("/confirmations", dependencies=[needs(Action.confirm_outcomes)])
def show(
    request: Request,
    session: ReadSession,
    actor: CurrentActor,
    after: Annotated[int, Query(ge=0, le=GREATEST)] = 0,
) -> Response:
    """Whom to ask, the oldest first; what was drawn before the rest."""
    counts, month = count_help(session, actor), _month_to_draw(session, actor)
    spot_checks = find_unconfirmed(session, actor, is_drawn=True)
    call_backs = find_unconfirmed(session, actor, is_drawn=False, after_id=after, limit=PER_PAGE + 1)
    has_more, call_backs = len(call_backs) > PER_PAGE, call_backs[:PER_PAGE]
    view = ConfirmationsPage(
        counts=[(counts.get(state, 0), state) for state in HelpState],
        draw_month=month,
        draw_percent=_percent(session, actor) if month else 0,
        draws=_draws(session, actor),
        spot_checks=_cards(session, actor, spot_checks),
        call_backs=_cards(session, actor, call_backs),
        older_url=f"/confirmations?after={call_backs[-1].referral.pk}" if has_more else "",
    )
    return render(request, view)


@router.post("/confirmations/draws", dependencies=[needs(Action.draw_spot_checks)])
def draw_month(request: Request, session: WriteSession, actor: CurrentActor, form: Form) -> Response:
    """Draw the spot checks of the last month."""
    drawn = draw(session, actor, text_of(form, "month"))
    count = len(sample(drawn.seed, drawn.population, drawn.percent))
    words = _("%(count)s of %(whole)s referrals were drawn.") % {"count": count, "whole": len(drawn.population)}
    return redirect(request, "/confirmations", words)


def _month_to_draw(session: Session, actor: Actor) -> str:
    month = month_to_draw()
    if not may(actor, Action.draw_spot_checks) or find_draw(session, actor.region_code or "", month) is not None:
        return ""
    return month


def _percent(session: Session, actor: Actor) -> int:
    return policy_for(session, Scheme.society_relief, actor.region_code or "", china_day(now())).spot_check_percent


def _draws(session: Session, actor: Actor) -> list[DrawRow]:
    draws = find_draws(session, actor)
    places = names(session, {drawn.region_code for drawn in draws})
    people = names_of(session, {drawn.drawn_by for drawn in draws})
    return [
        DrawRow(
            place=places[drawn.region_code],
            month=drawn.month,
            words=_draw_in_words(drawn, people.get(drawn.drawn_by, "")),
            seed=drawn.seed,
        )
        for drawn in draws
    ]


def _draw_in_words(drawn: SpotCheckDraw, name: str) -> str:
    words = _("%(count)s of %(whole)s referrals (%(percent)s%%), drawn on %(day)s by %(name)s")
    return words % {
        "count": len(sample(drawn.seed, drawn.population, drawn.percent)),
        "whole": len(drawn.population),
        "percent": drawn.percent,
        "day": china_date(drawn.drawn_at),
        "name": name,
    }


def _cards(session: Session, actor: Actor, rows: Sequence[ReferralRow]) -> list[ConfirmationCard]:
    seen = referrals_seen(session, actor, rows)
    places = names(session, {view.region_code for view in seen})
    return [
        ConfirmationCard(
            url=f"/referrals/{row.referral.pk}#confirmation",
            category=row.need.category,
            person=view.person.name,
            place=places[view.region_code],
            project=f"{row.project.name} · {row.organization.name}",
            ended_on=_("ended on %(day)s") % {"day": china_date(row.referral.ended_at)},
        )
        for row, view in zip(rows, seen, strict=True)
    ]
