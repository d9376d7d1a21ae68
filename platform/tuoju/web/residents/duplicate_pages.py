"""Two files with one ID number, for the officer whose area holds both."""

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlmodel import Session

from tuoju.accounts.permissions import Action, Actor
from tuoju.accounts.queries import names_of
from tuoju.database.records import now
from tuoju.regions.calendar import china_day
from tuoju.regions.queries import names
from tuoju.residents import duplicates
from tuoju.residents.inputs import SettlementInput
from tuoju.residents.models import Resident
from tuoju.residents.views import resident_seen
from tuoju.web.kit.bounds import PathId
from tuoju.web.kit.dependencies import CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.forms import BlankForm, fill, required_of
from tuoju.web.kit.gates import needs
from tuoju.web.kit.rendering import redirect, render
from tuoju.web.residents.views import ComparedFile, DuplicateRow, DuplicatesPage, SettlementForm
from tuoju.words.languages import gettext as _

router = APIRouter()


@router.get("/duplicates", dependencies=[needs(Action.settle_duplicates)])
def index(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    """The questions whether two files are one person's, both masked."""
    return render(request, _page(session, actor))


def _page(
    session: Session, actor: Actor, *, duplicate_id: int | None = None, form: SettlementForm | None = None
) -> DuplicatesPage:
    """All open questions; the one of `duplicate_id` with the form that came back."""
    questions = duplicates.find_duplicates(session, actor)
    ids = {number for question in questions for number in (question.known_id, question.held_id)}
    files = {number: session.get_one(Resident, number) for number in ids}
    places = names(session, {file.region_code for file in files.values()})
    people = names_of(session, {file.recorded_by for file in files.values()})
    compared = {
        number: ComparedFile(
            person=resident_seen(actor, file, china_day(now())),
            place=places[file.region_code],
            recorded_at=file.recorded_at,
            recorded_by=people[file.recorded_by],
        )
        for number, file in files.items()
    }
    return DuplicatesPage(
        [
            DuplicateRow(
                duplicate_id=question.pk,
                known=compared[question.known_id],
                held=compared[question.held_id],
                form=form
                if form is not None and question.pk == duplicate_id
                else BlankForm(required=required_of(SettlementInput)),
            )
            for question in questions
        ]
    )


@router.post("/duplicates/{duplicate_id}", dependencies=[needs(Action.settle_duplicates)])
def settle(request: Request, session: WriteSession, actor: CurrentActor, duplicate_id: PathId, form: Form) -> Response:
    """Decide: one person, or two."""
    question = duplicates.get_duplicate(session, actor, duplicate_id)
    filled = fill(form, SettlementInput)
    if filled.model is None:
        return render(request, _page(session, actor, duplicate_id=duplicate_id, form=filled), 422)
    duplicates.settle(session, actor, question, filled.model)
    return redirect(request, "/duplicates", _("Your decision is recorded."))
