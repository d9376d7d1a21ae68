"""The steps of the procedure on the page of a case: opinion, decision, the clock, kinship, and payments."""

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlmodel import Session
from starlette.datastructures import FormData

from tuoju.accounts.errors import UserNotFound
from tuoju.accounts.permissions import Action, Actor
from tuoju.accounts.queries import get_user
from tuoju.cases import procedure
from tuoju.cases.inputs import DecisionInput, OpinionInput
from tuoju.cases.models import Case
from tuoju.cases.queries import case_origin, get_case
from tuoju.relief import queries as relief_queries
from tuoju.relief import service as relief
from tuoju.relief.inputs import PaymentInput
from tuoju.residents.models import TextSource
from tuoju.web.cases.case_page import render_case
from tuoju.web.cases.case_views import CaseForms
from tuoju.web.kit.bounds import Id, PathId
from tuoju.web.kit.dependencies import CurrentActor, Form, WriteSession
from tuoju.web.kit.forms import fill
from tuoju.web.kit.gates import needs
from tuoju.web.kit.rendering import redirect
from tuoju.web.kit.safety import stop_for_danger, texts_of
from tuoju.words.languages import gettext as _
from tuoju_text.inputs import Input

router = APIRouter()


class KinInput(Input):
    """The account of the officer who is kin."""

    user_id: Id


@router.post("/cases/{case_id}/opinion", dependencies=[needs(Action.record_cases)])
def opinion(request: Request, session: WriteSession, actor: CurrentActor, case_id: PathId, form: Form) -> Response:
    """Give the opinion on what the visit showed."""
    case = get_case(session, actor, case_id)
    if stop := _stop(request, session, actor, case, form, "note"):
        return stop
    opinion_form = fill(form, OpinionInput)
    if opinion_form.model is None:
        return render_case(request, session, actor, case_id, CaseForms(opinion=opinion_form), 422)
    procedure.give_opinion(session, actor, case, opinion_form.model)
    return redirect(request, f"/cases/{case_id}", _("The opinion is recorded. A colleague decides."))


@router.post("/cases/{case_id}/return", dependencies=[needs(Action.decide_cases)])
def return_back(request: Request, session: WriteSession, actor: CurrentActor, case_id: PathId, form: Form) -> Response:
    """Send the case back to be investigated again, with a reason."""
    case = get_case(session, actor, case_id)
    if stop := _stop(request, session, actor, case, form, "reason"):
        return stop
    procedure.return_back(session, actor, case, reason=_typed(form, "reason"))
    return redirect(request, f"/cases/{case_id}", _("Sent back to be investigated again."))


@router.post("/cases/{case_id}/decision", dependencies=[needs(Action.decide_cases)])
def decide(request: Request, session: WriteSession, actor: CurrentActor, case_id: PathId, form: Form) -> Response:
    """Approve or refuse."""
    case = get_case(session, actor, case_id)
    if stop := _stop(request, session, actor, case, form, "note"):
        return stop
    decision_form = fill(form, DecisionInput)
    if decision_form.model is None:
        return render_case(request, session, actor, case_id, CaseForms(decision=decision_form), 422)
    procedure.decide(session, actor, case, decision_form.model)
    return redirect(request, f"/cases/{case_id}", _("The decision is recorded."))


@router.post("/cases/{case_id}/pause", dependencies=[needs(Action.record_cases)])
def pause(request: Request, session: WriteSession, actor: CurrentActor, case_id: PathId, form: Form) -> Response:
    """Pause the clock, with a reason."""
    case = get_case(session, actor, case_id)
    if stop := _stop(request, session, actor, case, form, "reason"):
        return stop
    procedure.pause(session, actor, case, reason=_typed(form, "reason"))
    return redirect(request, f"/cases/{case_id}", _("The deadline is paused. Days from today are not counted."))


@router.post("/cases/{case_id}/resume", dependencies=[needs(Action.record_cases)])
def resume(request: Request, session: WriteSession, actor: CurrentActor, case_id: PathId, form: Form) -> Response:
    """Let the clock run again."""
    procedure.resume(session, actor, get_case(session, actor, case_id))
    return redirect(request, f"/cases/{case_id}", _("The deadline is running again."))


@router.post("/cases/{case_id}/conflicts", dependencies=[needs(Action.record_cases)])
def declare(request: Request, session: WriteSession, actor: CurrentActor, case_id: PathId, form: Form) -> Response:
    """Put an officer on record as kin of the person."""
    case = get_case(session, actor, case_id)
    kin = fill(form, KinInput).model
    if kin is None:
        raise UserNotFound
    user = get_user(session, kin.user_id)
    procedure.declare_conflict(session, actor, case, user, relation=_typed(form, "relation"))
    return redirect(request, f"/cases/{case_id}", _("Recorded. They cannot work on this case."))


@router.post("/cases/{case_id}/services", dependencies=[needs(Action.record_cases)])
def report_services(
    request: Request, session: WriteSession, actor: CurrentActor, case_id: PathId, form: Form
) -> Response:
    """Say that the service need is reported, where nothing is paid: the relief is complete."""
    relief.report_services(session, actor, get_case(session, actor, case_id))
    return redirect(request, f"/cases/{case_id}", _("The service need is reported, and the relief is complete."))


@router.post("/cases/{case_id}/payments", dependencies=[needs(Action.keep_funds)])
def prepare(request: Request, session: WriteSession, actor: CurrentActor, case_id: PathId, form: Form) -> Response:
    """Prepare a payment for a second person to confirm."""
    case = get_case(session, actor, case_id)
    payment_form = fill(form, PaymentInput)
    if payment_form.model is None:
        return render_case(request, session, actor, case_id, CaseForms(payment=payment_form), 422)
    relief.prepare_payment(session, actor, case, payment_form.model)
    return redirect(request, f"/cases/{case_id}", _("The payment is prepared. A second person must confirm it."))


@router.post("/payments/{payment_id}/confirm", dependencies=[needs(Action.keep_funds, Action.decide_cases)])
def confirm_payment(
    request: Request, session: WriteSession, actor: CurrentActor, payment_id: PathId, form: Form
) -> Response:
    """Confirm as the second person that the payment is made."""
    payment = relief_queries.get_payment(session, actor, payment_id)
    relief.confirm_payment(session, actor, payment)
    return redirect(request, f"/cases/{payment.case_id}", _("Done."))


@router.post("/payments/{payment_id}/cancel", dependencies=[needs(Action.keep_funds)])
def cancel_payment(
    request: Request, session: WriteSession, actor: CurrentActor, payment_id: PathId, form: Form
) -> Response:
    """Cancel a prepared payment."""
    payment = relief_queries.get_payment(session, actor, payment_id)
    relief.cancel_payment(session, actor, payment)
    return redirect(request, f"/cases/{payment.case_id}", _("Done."))


@router.post("/payments/{payment_id}/recover", dependencies=[needs(Action.keep_funds)])
def recover_payment(
    request: Request, session: WriteSession, actor: CurrentActor, payment_id: PathId, form: Form
) -> Response:
    """Record that the money came back after an objection was upheld."""
    payment = relief_queries.get_payment(session, actor, payment_id)
    relief.recover_payment(session, actor, payment, note=_typed(form, "note"))
    return redirect(request, f"/cases/{payment.case_id}", _("Done."))


def _stop(request: Request, session: Session, actor: Actor, case: Case, form: FormData, *names: str) -> Response | None:
    origin = case_origin(case, TextSource.note)
    return stop_for_danger(request, session, actor, form, texts_of(form, *names), origin)


def _typed(form: FormData, name: str) -> str:
    """A text field of a form without an input model, at most 500 characters."""
    return str(form.get(name, ""))[:500]
