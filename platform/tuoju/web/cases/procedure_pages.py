"""The procedure on a case's page: visit, opinion, decision, the clock, and what is paid."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from starlette.datastructures import FormData

from tuoju.accounts.queries import get_user
from tuoju.cases import procedure
from tuoju.cases.clock import DueStatus, due_status, last_day
from tuoju.cases.inputs import DecisionInput, OpinionInput
from tuoju.cases.queries import find_due, find_paused, get_case
from tuoju.database.records import now
from tuoju.regions.calendar import calendar_of, china_day
from tuoju.regions.queries import full_name, names
from tuoju.relief import queries as relief_queries
from tuoju.relief import service as relief
from tuoju.relief.errors import PaymentNotFound
from tuoju.relief.inputs import PaymentInput
from tuoju.residents.queries import masked_by_id
from tuoju.web.cases.pages import case_page
from tuoju.web.kit.dependencies import CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.forms import fill
from tuoju.web.kit.rendering import redirect, render
from tuoju.words.languages import gettext as _

router = APIRouter()


@router.get("/deadlines")
def deadlines(
    request: Request,
    session: ReadSession,
    actor: CurrentActor,
    only: Annotated[DueStatus | None, Query()] = None,
    region: Annotated[str, Query(pattern=r"^(\d{12})?$")] = "",
) -> Response:
    """Every case whose clock runs: what is overdue, due today (overdue tomorrow), due the next working day."""
    calendar, today = calendar_of(session), china_day(now())
    due = [
        (case, due_status(last_day(case.due_at), today, calendar))
        for case in find_due(session, actor, region_code=region)
        if case.due_at is not None
    ]
    paused = [] if region else find_paused(session, actor)
    cases = [case for case, _standing in due] + [case for case, _pause in paused]
    return render(
        request,
        "cases/deadlines.html",
        due=[row for row in due if only in (None, row[1])],
        paused=paused if only is None else [],
        counts={each: sum(row[1] is each for row in due) for each in DueStatus},
        only=only,
        region=region,
        within=full_name(session, region) if region else "",
        people=masked_by_id(session, {case.resident_id for case in cases}, today),
        places=names(session, {case.region_code for case in cases}),
    )


@router.post("/cases/{case_id}/opinion")
def opinion(request: Request, session: WriteSession, actor: CurrentActor, case_id: int, form: Form) -> Response:
    case = get_case(session, actor, case_id)
    filled = fill(form, OpinionInput)
    if filled.model is None:
        return case_page(request, session, actor, case_id, opinion_form=filled, status=422)
    procedure.give_opinion(session, actor, case, filled.model)
    return redirect(request, f"/cases/{case_id}", _("The opinion is given. A colleague decides."))


@router.post("/cases/{case_id}/return")
def return_back(request: Request, session: WriteSession, actor: CurrentActor, case_id: int, form: Form) -> Response:
    case = get_case(session, actor, case_id)
    procedure.return_back(session, actor, case, reason=_typed(form, "reason"))
    return redirect(request, f"/cases/{case_id}", _("Sent back to be investigated again."))


@router.post("/cases/{case_id}/decision")
def decide(request: Request, session: WriteSession, actor: CurrentActor, case_id: int, form: Form) -> Response:
    case = get_case(session, actor, case_id)
    filled = fill(form, DecisionInput)
    if filled.model is None:
        return case_page(request, session, actor, case_id, decision_form=filled, status=422)
    procedure.decide(session, actor, case, filled.model)
    return redirect(request, f"/cases/{case_id}", _("Decided."))


@router.post("/cases/{case_id}/pause")
def pause(request: Request, session: WriteSession, actor: CurrentActor, case_id: int, form: Form) -> Response:
    procedure.pause(session, actor, get_case(session, actor, case_id), reason=_typed(form, "reason"))
    return redirect(request, f"/cases/{case_id}", _("The clock stands still. Days from today are not counted."))


@router.post("/cases/{case_id}/resume")
def resume(request: Request, session: WriteSession, actor: CurrentActor, case_id: int, form: Form) -> Response:
    procedure.resume(session, actor, get_case(session, actor, case_id))
    return redirect(request, f"/cases/{case_id}", _("The clock goes on."))


@router.post("/cases/{case_id}/conflicts")
def declare(request: Request, session: WriteSession, actor: CurrentActor, case_id: int, form: Form) -> Response:
    case = get_case(session, actor, case_id)
    chosen = _typed(form, "user_id")
    user = get_user(session, int(chosen) if chosen.isdigit() else 0)
    procedure.declare_conflict(session, actor, case, user, relation=_typed(form, "relation"))
    return redirect(request, f"/cases/{case_id}", _("On record. They take no part in this case."))


@router.post("/cases/{case_id}/services")
def report_services(request: Request, session: WriteSession, actor: CurrentActor, case_id: int, form: Form) -> Response:
    relief.report_services(session, actor, get_case(session, actor, case_id))
    return redirect(request, f"/cases/{case_id}", _("The service need is reported; the relief is complete."))


@router.post("/cases/{case_id}/payments")
def prepare(request: Request, session: WriteSession, actor: CurrentActor, case_id: int, form: Form) -> Response:
    case = get_case(session, actor, case_id)
    filled = fill(form, PaymentInput)
    if filled.model is None:
        return case_page(request, session, actor, case_id, payment_form=filled, status=422)
    relief.prepare_payment(session, actor, case, filled.model)
    return redirect(request, f"/cases/{case_id}", _("Prepared. A second person confirms that it is paid."))


@router.post("/payments/{payment_id}/{verb}")
def answer_payment(
    request: Request, session: WriteSession, actor: CurrentActor, payment_id: int, verb: str, form: Form
) -> Response:
    payment = relief_queries.get_payment(session, actor, payment_id)
    match verb:
        case "confirm":
            relief.confirm_payment(session, actor, payment)
        case "cancel":
            relief.cancel_payment(session, actor, payment)
        case "recover":
            relief.recover_payment(session, actor, payment, note=_typed(form, "note"))
        case _:
            raise PaymentNotFound
    return redirect(request, f"/cases/{payment.case_id}", _("Done."))


def _typed(form: FormData, name: str) -> str:
    return str(form.get(name, ""))[:500]
