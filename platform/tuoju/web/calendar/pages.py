"""The working-day calendar: which years are published, and their special days."""

import hashlib
import json
from collections.abc import Sequence

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlmodel import Session

from tuoju.accounts.permissions import Action, require
from tuoju.accounts.request_limits import Expense
from tuoju.cases.calendars import publish_days
from tuoju.referrals.service import recompute_answer_deadlines
from tuoju.regions.loading import DayChange, SpecialDay, SpecialDayError, days_in, differences_of
from tuoju.regions.models import CalendarDay
from tuoju.regions.queries import calendar_years
from tuoju.web.calendar.views import (
    MAX_LINES_CHARACTERS,
    CalendarInput,
    CalendarPage,
    CalendarPreviewPage,
    DayChip,
    YearPanel,
    YearPreview,
)
from tuoju.web.kit.body_limits import takes_body
from tuoju.web.kit.dependencies import CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.forms import BlankForm, SubmittedForm, fill, required_of
from tuoju.web.kit.gates import needs
from tuoju.web.kit.rate_limits import costs
from tuoju.web.kit.rendering import redirect, render
from tuoju.words.languages import gettext as _
from tuoju.words.languages import language, ngettext

router = APIRouter()


@router.get("/calendar", dependencies=[needs(Action.use_application)])
def show(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    """The years that are loaded, with their special days."""
    return render(request, _page(session, BlankForm({"whole_years": "true"}, required=required_of(CalendarInput))))


def _page(session: Session, form: BlankForm | SubmittedForm[CalendarInput]) -> CalendarPage:
    return CalendarPage(
        years=[
            YearPanel(year.year, year.source, [_chip(day) for day in days]) for year, days in calendar_years(session)
        ],
        form=form,
    )


def _chip(day: CalendarDay | SpecialDay) -> DayChip:
    name = day.name_zh if language() == "zh_CN" else day.name_en
    kind, words = ("wait", _("working day")) if day.is_workday else ("calm", _("holiday"))
    return DayChip(f"{day.day:%m-%d} {words} {name}", kind)


def _preview(session: Session, typed: CalendarInput, changes: Sequence[DayChange]) -> CalendarPreviewPage:
    by_year = {
        year: [change for change in changes if change.day.year == year]
        for year in {change.day.year for change in changes}
    }
    listed = json.dumps([(str(change.day), _state(change.before), _state(change.after)) for change in changes])
    return CalendarPreviewPage(
        years=[_year_preview(year, of_year) for year, of_year in by_year.items()],
        source=typed.source,
        hidden={"lines": typed.lines, "source": typed.source, "whole_years": str(typed.whole_years).lower()},
        digest=hashlib.sha256(listed.encode()).hexdigest(),
    )


def _state(special: SpecialDay | None) -> bool | None:
    return None if special is None else special.is_workday


def _year_preview(year: int, changes: Sequence[DayChange]) -> YearPreview:
    return YearPreview(
        year=year,
        added=[_chip(change.after) for change in changes if change.before is None and change.after is not None],
        removed=[_chip(change.before) for change in changes if change.before is not None and change.after is None],
        changed=[_chip(change.after) for change in changes if change.before is not None and change.after is not None],
    )


@router.post(
    "/calendar",
    dependencies=[needs(Action.manage_calendar), takes_body(9 * MAX_LINES_CHARACTERS), costs(Expense.upload)],
)
def publish(request: Request, session: WriteSession, actor: CurrentActor, form: Form) -> Response:
    """Load days typed or pasted, one a line; a line that cannot be read comes back with its number. What comes and
    what goes is shown first, and again if it has changed by the time that it is confirmed."""
    require(actor, Action.manage_calendar)
    calendar_form = fill(form, CalendarInput)
    if calendar_form.model is None:
        return render(request, _page(session, calendar_form), 422)
    try:
        days = days_in(calendar_form.model.lines)
    except SpecialDayError as error:
        calendar_form.add("lines", _("This line is not a date: %(line)s") % {"line": error})
        return render(request, _page(session, calendar_form), 422)
    typed = calendar_form.model
    preview = _preview(session, typed, differences_of(session, days, whole_years=typed.whole_years))
    if typed.seen != preview.digest:
        return render(request, preview)
    changed = publish_days(session, actor, days, source=typed.source, whole_years=typed.whole_years)
    changed += recompute_answer_deadlines(session)
    message = ngettext("Saved. %(num)d due date changed.", "Saved. %(num)d due dates changed.", changed)
    return redirect(request, "/calendar", message % {"num": changed})
