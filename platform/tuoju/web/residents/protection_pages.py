"""A child who may be being harmed: whom to call, and that it was done. Apart from cases and referrals."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlmodel import Session

from tuoju.accounts.permissions import Action, Actor, require
from tuoju.accounts.queries import names_of
from tuoju.regions.queries import full_name, names
from tuoju.residents.protection import ReportInput, find_reports, follow_up, report_harm
from tuoju.residents.queries import get_resident
from tuoju.web.kit.bounds import PathId
from tuoju.web.kit.dependencies import CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.forms import BlankForm, SubmittedForm, fill
from tuoju.web.kit.rendering import redirect, render
from tuoju.words.languages import gettext as _

router = APIRouter()
OfResident = Annotated[int | None, Query(ge=1, le=2**31 - 1)]


@router.get("/protection")
def show(request: Request, session: ReadSession, actor: CurrentActor, resident: OfResident = None) -> Response:
    return _page(request, session, actor, resident, BlankForm({"reported_to": "police"}))


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    resident_id: int | None,
    form: BlankForm | SubmittedForm[ReportInput],
    status: int = 200,
) -> Response:
    require(actor, Action.record_residents)
    reports = find_reports(session, actor)
    person = get_resident(session, actor, resident_id) if resident_id else None
    return render(
        request,
        "residents/protection/show.html",
        status,
        form=form,
        resident_id=person.pk if person else "",
        place=full_name(session, person.region_code if person else actor.region_code or ""),
        reports=reports,
        places=names(session, {each.region_code for each in reports}),
        people=names_of(session, {each.reported_by for each in reports} | {each.followed_up_by for each in reports}),
    )


@router.post("/protection")
def report(
    request: Request, session: WriteSession, actor: CurrentActor, form: Form, resident: OfResident = None
) -> Response:
    filled = fill(form, ReportInput)
    if filled.model is None:
        return _page(request, session, actor, resident, filled, 422)
    person = get_resident(session, actor, resident) if resident else None
    code = person.region_code if person else actor.region_code or ""
    report_harm(session, actor, code, filled.model, resident=person)
    return redirect(request, "/protection", _("On record. The township sees it; nothing of it goes to a charity."))


@router.post("/protection/{report_id}")
def take_on(request: Request, session: WriteSession, actor: CurrentActor, report_id: PathId, form: Form) -> Response:
    follow_up(session, actor, report_id, words=str(form.get("words", ""))[:500])
    return redirect(request, "/protection", _("Taken on."))
