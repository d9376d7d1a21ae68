"""Daily budgets of readings in full: today's use, more for today, the limits by role."""

from collections.abc import Mapping
from datetime import timedelta

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlmodel import Session

from tuoju.accounts.fields import visible
from tuoju.accounts.models import User
from tuoju.accounts.permissions import Action, Actor, may
from tuoju.accounts.queries import names_of
from tuoju.database.records import now
from tuoju.readings import budgets, queries
from tuoju.readings.budgets import GrantInput, LimitInput
from tuoju.readings.errors import LimitNotAhead
from tuoju.readings.models import BudgetGrant, BudgetUse
from tuoju.regions.calendar import china_day
from tuoju.regions.queries import names
from tuoju.web.kit.dependencies import CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.error_table import TABLE
from tuoju.web.kit.forms import BlankForm, fill, required_of
from tuoju.web.kit.gates import needs
from tuoju.web.kit.rendering import redirect, render
from tuoju.web.readings.views import GrantForm, GrantRow, LimitForm, LimitRow, ReadingsPage, UseRow
from tuoju.words.languages import gettext as _

router = APIRouter()


@router.get("/readings", dependencies=[needs(Action.supervise_readings)])
def index(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    """Who has looked up and read how much today, below the actor. No person served is named."""
    return render(request, _page(session, actor))


def _page(
    session: Session,
    actor: Actor,
    *,
    person: int | None = None,
    grant_form: GrantForm | None = None,
    limit_form: LimitForm | None = None,
) -> ReadingsPage:
    day = china_day(now())
    people = {reader.pk: reader for reader in queries.find_readers(session, actor)}
    places = names(session, {reader.region_code for reader in people.values() if reader.region_code})
    uses = queries.used_on(session, people, day)
    may_set = may(actor, Action.set_daily_limits)
    tomorrow = BlankForm({"valid_from": (day + timedelta(days=1)).isoformat()}, required=required_of(LimitInput))
    return ReadingsPage(
        day=day,
        rows=[_use_row(use, people[use.user_id], places) for use in uses],
        grants=_grant_rows(session, actor, queries.granted_on(session, people, day)),
        people=[(reader.pk, _with_place(reader, places)) for reader in people.values()],
        person=person,
        grant_form=grant_form or BlankForm(required=required_of(GrantInput)),
        limits=_limit_rows(session) if may_set else [],
        limit_form=(limit_form or tomorrow) if may_set else None,
    )


def _with_place(reader: User, places: Mapping[str, str]) -> str:
    return f"{reader.display_name} · {places.get(reader.region_code or '', '')}".rstrip(" ·")


def _use_row(use: BudgetUse, reader: User, places: Mapping[str, str]) -> UseRow:
    return UseRow(
        name=reader.display_name,
        role=reader.role,
        place=places.get(reader.region_code or "", ""),
        budget=use.budget,
        used=use.used,
        allowed=use.allowed,
        is_full=use.used * 100 >= use.allowed * budgets.ALARM_AT[0],
    )


def _grant_rows(session: Session, actor: Actor, grants: list[BudgetGrant]) -> list[GrantRow]:
    people = names_of(session, {number for grant in grants for number in (grant.user_id, grant.granted_by)})
    return [
        GrantRow(
            name=people[grant.user_id],
            budget=grant.budget,
            amount=grant.amount,
            reason=visible(actor, grant, "reason"),
            by=people[grant.granted_by],
            at=grant.granted_at,
        )
        for grant in grants
    ]


def _limit_rows(session: Session) -> list[LimitRow]:
    """Every limit that was set, the latest first, then those that the product begins with."""
    stated = [LimitRow(row.role, row.budget, row.per_day, row.valid_from) for row in queries.limits_set(session)]
    begun = [
        LimitRow(role, budget, per_day, None)
        for role, limits in budgets.DEFAULT_LIMITS.items()
        for budget, per_day in limits.items()
        if per_day
    ]
    return stated + begun


@router.post("/readings/grants", dependencies=[needs(Action.supervise_readings)])
def grant(request: Request, session: WriteSession, actor: CurrentActor, form: Form) -> Response:
    """More for one person for today, with a reason."""
    filled = fill(form, GrantInput)
    typed = str(form.get("person", ""))
    person = int(typed) if typed.isdecimal() and len(typed) < 10 else None
    if person is None:
        filled.add("person", _("Choose an option from the list."))
    if filled.model is None or person is None:
        return render(request, _page(session, actor, person=person, grant_form=filled), 422)
    budgets.grant(session, actor, person, filled.model)
    return redirect(request, "/readings", _("Granted for today."))


@router.post("/readings/limits", dependencies=[needs(Action.set_daily_limits)])
def set_limit(request: Request, session: WriteSession, actor: CurrentActor, form: Form) -> Response:
    """A limit of a role from a day on."""
    filled = fill(form, LimitInput)
    if filled.model is not None:
        try:
            budgets.set_limit(session, actor, filled.model)
        except LimitNotAhead as error:
            filled.add("valid_from", _(TABLE[type(error)].sentence))
    if filled.model is None:
        return render(request, _page(session, actor, limit_form=filled), 422)
    return redirect(request, "/readings", _("The limit is set."))
