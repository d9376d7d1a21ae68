"""Published calls: open to everybody, with their rules, criteria and answers; charities ask here."""

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlmodel import Session

from tuoju.accounts.permissions import Action, Actor, may
from tuoju.documents import qr
from tuoju.funding import call_queries as queries
from tuoju.funding import calls
from tuoju.funding.inputs import QuestionInput
from tuoju.funding.members import wears_hat
from tuoju.funding.models import Call
from tuoju.regions.queries import names
from tuoju.web.funding.call_words import card_of, facts_of
from tuoju.web.funding.views import PublicCallListPage, PublicCallPage, QuestionRow
from tuoju.web.kit.bounds import PathId
from tuoju.web.kit.dependencies import CurrentActor, Form, ReadSession, WriteSession, find_actor, site_address
from tuoju.web.kit.forms import BlankForm, SubmittedForm, fill
from tuoju.web.kit.gates import Audience, needs, open_to
from tuoju.web.kit.rendering import redirect, render
from tuoju.words.languages import gettext as _

router = APIRouter()


@router.get("/calls", dependencies=[open_to(Audience.everybody, "a call is published for everybody")])
def index(request: Request, session: ReadSession) -> Response:
    """The published calls, latest first."""
    rows = queries.find_published(session)
    places = names(session, {call.region_code for call in rows})
    return render(
        request, PublicCallListPage([card_of(call, places[call.region_code], f"/calls/{call.pk}") for call in rows])
    )


@router.get("/calls/{call_id}", dependencies=[open_to(Audience.everybody, "a call is published for everybody")])
def show(request: Request, session: ReadSession, call_id: PathId) -> Response:
    """A published call with its QR code."""
    call = queries.get_published(session, call_id)
    return render(request, _page(request, session, find_actor(request), call, BlankForm()))


def _page(
    request: Request, session: Session, actor: Actor | None, call: Call, form: BlankForm | SubmittedForm[QuestionInput]
) -> PublicCallPage:
    address = f"{site_address(request)}/calls/{call.pk}"
    is_open = queries.is_open(call)
    return PublicCallPage(
        call_id=call.pk,
        facts=facts_of(session, call),
        address=address,
        qr=qr.on_page(address),
        questions=[
            QuestionRow(row.pk, row.question, row.answer) for row in queries.questions_of(session, call) if row.answer
        ],
        may_ask=actor is not None and may(actor, Action.apply_for_funding) and is_open,
        is_open=is_open,
        duty_url="/duties" if actor is not None and wears_hat(session, actor, call) else "",
        form=form,
    )


@router.post("/calls/{call_id}/questions", dependencies=[needs(Action.apply_for_funding)])
def ask(request: Request, session: WriteSession, actor: CurrentActor, call_id: PathId, form: Form) -> Response:
    """Ask the office; the answer is for all."""
    call, filled = queries.get_published(session, call_id), fill(form, QuestionInput)
    if filled.model is None:
        return render(request, _page(request, session, actor, call, filled), 422)
    calls.ask(session, actor, call, filled.model)
    message = _("The office has your question. Its answer is published here for all, without your name.")
    return redirect(request, f"/calls/{call_id}", message)
