"""One person, one file: everything in order, and what each case's file still lacks."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from tuoju.accounts.queries import names_of
from tuoju.cases.queries import find_cases
from tuoju.database.records import now
from tuoju.regions.calendar import china_day
from tuoju.regions.queries import full_name
from tuoju.reports.checklist import checklist
from tuoju.reports.history import LIST_OF, Event, Happening, exports_of, history
from tuoju.residents.masking import masked
from tuoju.residents.queries import get_resident
from tuoju.web.dependencies import CurrentActor, ReadSession
from tuoju.web.rendering import render
from tuoju.web.words import label, reading_words

router = APIRouter()


def event_words(event: Event) -> str:
    """What happened, in words; a case's step is told by its own name."""
    code = label(LIST_OF[event.happening], event.code) if event.happening in LIST_OF else ""
    if event.happening is Happening.read_in_full:
        code = reading_words(event.text)
    if event.happening is Happening.case_step:
        return code
    return ": ".join(each for each in (label("happening", event.happening), code) if each)


@router.get("/residents/{resident_id}/history")
def show(request: Request, session: ReadSession, actor: CurrentActor, resident_id: int) -> Response:
    resident = get_resident(session, actor, resident_id)
    events = history(session, resident)
    cases = find_cases(session, actor, resident_id=resident.pk)
    return render(
        request,
        "residents/history.html",
        person=masked(resident, china_day(now())),
        place=full_name(session, resident.region_code),
        events=events,
        event_words=event_words,
        people=names_of(session, {each.by for each in events}),
        cases=cases,
        numbers={case.pk: case.number for case in cases},
        checklists={case.pk: checklist(session, case) for case in cases},
        exports=exports_of(session, resident),
    )
