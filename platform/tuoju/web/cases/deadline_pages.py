"""The list of deadlines: what is overdue, due today, due the next working day, and which clocks are paused."""

from collections.abc import Collection, Sequence
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlmodel import Session

from tuoju.accounts.fields import visible
from tuoju.accounts.permissions import Action, Actor
from tuoju.cases.clock import DueStatus, due_status, last_day
from tuoju.cases.models import Case
from tuoju.cases.queries import find_due, find_paused
from tuoju.database.records import now
from tuoju.regions.calendar import calendar_of, china_day
from tuoju.regions.queries import full_name, names
from tuoju.residents.views import residents_seen
from tuoju.web.cases.views import DeadlinesPage, DueRow, PausedRow
from tuoju.web.kit.dependencies import CurrentActor, ReadSession
from tuoju.web.kit.gates import needs
from tuoju.web.kit.rendering import render
from tuoju.web.kit.views import FilterLink
from tuoju.words.labels import label
from tuoju.words.languages import gettext as _

router = APIRouter()
Only = DueStatus | Literal["now"] | None
MOST = 500
"""Cases on the page, the earliest deadline first."""


@router.get("/deadlines", dependencies=[needs(Action.read_cases)])
def index(
    request: Request,
    session: ReadSession,
    actor: CurrentActor,
    only: Annotated[DueStatus | Literal["now"] | None, Query()] = None,
    region: Annotated[str, Query(pattern=r"^(\d{12})?$")] = "",
) -> Response:
    """Every case whose clock runs, or those of one due status, or of one region."""
    return render(request, _page(session, actor, only, region))


def _page(session: Session, actor: Actor, only: Only, region: str) -> DeadlinesPage:
    running = find_due(session, actor, region_code=region, limit=MOST)
    paused = [] if region else find_paused(session, actor)
    cases = [*running, *(case for case, _pause in paused)]
    people = residents_seen(session, actor, {case.resident_id for case in cases}, china_day(now()))
    places = names(session, {case.region_code for case in cases})
    rows = _due_rows(session, running, {pk: person.name for pk, person in people.items()}, places)
    return DeadlinesPage(
        within=full_name(session, region) if region else "",
        filters=_filters(rows, only, region),
        due=[row for row in rows if row.status in _statuses(only)],
        is_cut=len(running) == MOST,
        paused=[
            PausedRow(
                case_id=case.pk,
                name=people[case.resident_id].name,
                place=places[case.region_code],
                since=pause.from_day,
                reason=visible(actor, pause, "reason"),
            )
            for case, pause in paused
            if only is None
        ],
    )


def _due_rows(session: Session, cases: Sequence[Case], people: dict[int, str], places: dict[str, str]) -> list[DueRow]:
    calendar, today = calendar_of(session), china_day(now())
    return [
        DueRow(
            case_id=case.pk,
            name=people[case.resident_id],
            place=places[case.region_code],
            step=case.due_step,
            due_at=case.due_at,
            is_provisional=case.due_provisional,
            status=due_status(last_day(case.due_at), today, calendar),
        )
        for case in cases
        if case.due_at is not None and case.due_step is not None
    ]


def _statuses(only: Only) -> Collection[DueStatus]:
    """The statuses that are listed; "now" is what the menu counts."""
    if only == "now":
        return (DueStatus.overdue, DueStatus.due_today)
    return tuple(DueStatus) if only is None else (only,)


def _filters(rows: Sequence[DueRow], only: Only, region: str) -> list[FilterLink]:
    """All, what is overdue or due today, and each due status, with how many cases there are."""
    options: list[tuple[Only, str]] = [(None, _("All")), ("now", _("Overdue or due today"))]
    options += [(status, label("due_status", status)) for status in DueStatus]
    links = []
    for option, words in options:
        count = sum(row.status in _statuses(option) for row in rows)
        query = {"only": option or "", "region": region}
        url = "/deadlines?" + urlencode({name: value for name, value in query.items() if value})
        links.append(FilterLink(f"{words} {count}", url.rstrip("?"), is_current=only == option))
    return links
