"""The working-day calendar: which years are published, and their special days."""

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session

from tuoju.accounts.permissions import Action, require
from tuoju.cases.calendars import publish_days
from tuoju.referrals.service import recompute_answer_deadlines
from tuoju.regions.loading import RegionFileError, days_in
from tuoju.regions.queries import calendar_years
from tuoju.web.kit.dependencies import CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.forms import BlankForm, SubmittedForm, fill
from tuoju.web.kit.rendering import redirect, render
from tuoju.words.languages import gettext as _
from tuoju.words.languages import ngettext

router = APIRouter()


class CalendarInput(BaseModel):
    """Special days as typed, one a line."""

    model_config = ConfigDict(str_strip_whitespace=True)

    lines: str = Field(min_length=8, max_length=20_000)
    source: str = Field(min_length=2, max_length=200)
    whole_years: bool = False


@router.get("/calendar")
def show(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    return _page(request, session, BlankForm({"whole_years": "true"}))


def _page(
    request: Request, session: Session, form: BlankForm | SubmittedForm[CalendarInput], status: int = 200
) -> Response:
    return render(request, "calendar/show.html", status, years=calendar_years(session), form=form)


@router.post("/calendar")
def publish(request: Request, session: WriteSession, actor: CurrentActor, form: Form) -> Response:
    """Days typed or pasted, one a line; a line that is none comes back with its number."""
    require(actor, Action.manage_policies)
    filled = fill(form, CalendarInput)
    if filled.model is None:
        return _page(request, session, filled, 422)
    try:
        days = days_in(filled.model.lines)
    except RegionFileError as error:
        filled.add("lines", _("This line is no day: %(line)s") % {"line": error})
        return _page(request, session, filled, 422)
    changed = publish_days(session, actor, days, source=filled.model.source, whole_years=filled.model.whole_years)
    changed += recompute_answer_deadlines(session)
    message = ngettext("Saved. %(num)d due day changed.", "Saved. %(num)d due days changed.", changed)
    return redirect(request, "/calendar", message % {"num": changed})
