"""The page for a child who may be being harmed: whom to call, and the reports. Apart from cases and referrals."""

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlmodel import Session

from tuoju.accounts.fields import visible
from tuoju.accounts.permissions import Action, Actor, may, require
from tuoju.accounts.queries import names_of
from tuoju.regions.queries import full_name, names
from tuoju.residents.protection import ReportInput, find_reports, follow_up, report_harm
from tuoju.residents.queries import get_resident
from tuoju.web.kit.bounds import OptionalQueryId, PathId
from tuoju.web.kit.dependencies import CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.forms import BlankForm, fill, required_of
from tuoju.web.kit.gates import needs
from tuoju.web.kit.rendering import redirect, render
from tuoju.web.residents.views import ProtectionPage, ReportForm, ReportRow
from tuoju.words.languages import gettext as _

router = APIRouter()


@router.get("/protection", dependencies=[needs(Action.read_alarms)])
def show(request: Request, session: ReadSession, actor: CurrentActor, resident: OptionalQueryId = None) -> Response:
    """Whom to call, the form of the report, and the reports that the reader may see."""
    return _page(
        request, session, actor, resident, BlankForm({"reported_to": "police"}, required=required_of(ReportInput))
    )


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    resident_id: int | None,
    form: ReportForm,
    status: int = 200,
) -> Response:
    require(actor, Action.read_alarms)
    person = get_resident(session, actor, resident_id) if resident_id else None
    page = ProtectionPage(
        action=f"/protection?resident={person.pk}" if person else "/protection",
        place=full_name(session, person.region_code if person else actor.region_code or ""),
        form=form if may(actor, Action.record_residents) else None,
        reports=_rows(session, actor),
    )
    return render(request, page, status)


def _rows(session: Session, actor: Actor) -> list[ReportRow]:
    reports = find_reports(session, actor)
    places = names(session, {report.region_code for report in reports})
    by_id = {report.reported_by for report in reports} | {report.followed_up_by for report in reports}
    people = names_of(session, by_id)
    return [
        ReportRow(
            report_id=report.pk,
            place=places[report.region_code],
            what=visible(actor, report, "what"),
            dangers=report.dangers.split(","),
            denied_because=visible(actor, report, "denied_because"),
            reported_at=report.reported_at,
            reported_to=report.reported_to,
            reported_by=people.get(report.reported_by, "") if report.reported_by else "",
            source=report.source,
            is_question=report.is_question,
            is_escalated=report.escalated_at is not None,
            may_follow_up=may(actor, Action.handle_alarms) and report.reported_by != actor.user_id,
            followed_up_at=report.followed_up_at,
            followed_up_by=people.get(report.followed_up_by, "") if report.followed_up_by else "",
            followed_up=visible(actor, report, "followed_up"),
        )
        for report in reports
    ]


@router.post("/protection", dependencies=[needs(Action.record_residents)])
def report(
    request: Request, session: WriteSession, actor: CurrentActor, form: Form, resident: OptionalQueryId = None
) -> Response:
    """Put on record that the police or civil affairs were told."""
    filled = fill(form, ReportInput)
    if filled.model is None:
        return _page(request, session, actor, resident, filled, 422)
    person = get_resident(session, actor, resident) if resident else None
    code = person.region_code if person else actor.region_code or ""
    report_harm(session, actor, code, filled.model, resident=person)
    return redirect(request, "/protection", _("Recorded. The township can see it. No charity is told."))


@router.post("/protection/{report_id}", dependencies=[needs(Action.handle_alarms)])
def take_on(request: Request, session: WriteSession, actor: CurrentActor, report_id: PathId, form: Form) -> Response:
    """The level above says what is done now."""
    follow_up(session, actor, report_id, words=str(form.get("words", ""))[:500])
    return redirect(request, "/protection", _("You are now handling this report."))
