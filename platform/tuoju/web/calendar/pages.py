"""The working-day calendar: which years are published, and their special days."""

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlmodel import Session

from tuoju.accounts.permissions import Action, require
from tuoju.cases.calendars import publish_days
from tuoju.referrals.service import recompute_answer_deadlines
from tuoju.regions.loading import RegionFileError, days_in
from tuoju.regions.models import CalendarDay
from tuoju.regions.queries import calendar_years
from tuoju.web.calendar.views import CalendarInput, CalendarPage, DayChip, YearPanel
from tuoju.web.kit.dependencies import CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.forms import BlankForm, SubmittedForm, fill
from tuoju.web.kit.rendering import redirect, render
from tuoju.words.languages import gettext as _
from tuoju.words.languages import language, ngettext

router = APIRouter()


@router.get("/calendar")
def show(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    """The years that are loaded, with their special days."""
    return render(request, _page(session, BlankForm({"whole_years": "true"})))


def _page(session: Session, form: BlankForm | SubmittedForm[CalendarInput]) -> CalendarPage:
    return CalendarPage(
        years=[
            YearPanel(year.year, year.source, [_chip(day) for day in days]) for year, days in calendar_years(session)
        ],
        form=form,
    )


def _chip(day: CalendarDay) -> DayChip:
    name = day.name_zh if language() == "zh_CN" else day.name_en
    kind, words = ("wait", _("working day")) if day.is_workday else ("calm", _("holiday"))
    return DayChip(f"{day.day:%m-%d} {words} {name}", kind)


@router.post("/calendar")
def publish(request: Request, session: WriteSession, actor: CurrentActor, form: Form) -> Response:
    """Load days typed or pasted, one a line; a line that cannot be read comes back with its number."""
    require(actor, Action.manage_policies)
    calendar_form = fill(form, CalendarInput)
    if calendar_form.model is None:
        return render(request, _page(session, calendar_form), 422)
    try:
        days = days_in(calendar_form.model.lines)
    except RegionFileError as error:
        calendar_form.add("lines", _("This line is not a date: %(line)s") % {"line": error})
        return render(request, _page(session, calendar_form), 422)
    typed = calendar_form.model
    changed = publish_days(session, actor, days, source=typed.source, whole_years=typed.whole_years)
    changed += recompute_answer_deadlines(session)
    message = ngettext("Saved. %(num)d due date changed.", "Saved. %(num)d due dates changed.", changed)
    return redirect(request, "/calendar", message % {"num": changed})
