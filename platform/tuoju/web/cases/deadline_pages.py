"""The list of deadlines: what is overdue, due today, due the next working day, and which clocks are paused."""

from collections.abc import Sequence
from typing import Annotated

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


@router.get("/deadlines", dependencies=[needs(Action.read_cases)])
def index(
    request: Request,
    session: ReadSession,
    actor: CurrentActor,
    only: Annotated[DueStatus | None, Query()] = None,
    region: Annotated[str, Query(pattern=r"^(\d{12})?$")] = "",
) -> Response:
    """Every case whose clock runs, or those of one due status, or of one region."""
    return render(request, _page(session, actor, only, region))


def _page(session: Session, actor: Actor, only: DueStatus | None, region: str) -> DeadlinesPage:
    running = find_due(session, actor, region_code=region)
    paused = [] if region else find_paused(session, actor)
    cases = [*running, *(case for case, _pause in paused)]
    people = residents_seen(session, actor, {case.resident_id for case in cases}, china_day(now()))
    places = names(session, {case.region_code for case in cases})
    rows = _due_rows(session, running, {pk: person.name for pk, person in people.items()}, places)
    return DeadlinesPage(
        within=full_name(session, region) if region else "",
        filters=_filters(rows, only, region),
        due=[row for row in rows if only in (None, row.status)],
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


def _filters(rows: Sequence[DueRow], only: DueStatus | None, region: str) -> list[FilterLink]:
    """All, and each due status with how many cases have it."""
    all_url = f"/deadlines?region={region}" if region else "/deadlines"
    links = [FilterLink(f"{_('All')} {len(rows)}", all_url, is_current=only is None)]
    for status in DueStatus:
        count = sum(row.status is status for row in rows)
        url = f"/deadlines?only={status}" + (f"&region={region}" if region else "")
        links.append(FilterLink(f"{label('due_status', status)} {count}", url, is_current=only is status))
    return links
