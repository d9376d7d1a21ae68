"""API of the visits of a referral: recorded once, taken out of the counts with a reason, never deleted."""

from fastapi.responses import Response
from pydantic import Field
from sqlmodel import Session

from tuoju.accounts.permissions import Action, Actor
from tuoju.referrals.models import Referral
from tuoju.referrals.queries import get_referral, referral_origin, row_of
from tuoju.referrals.views import reader_of
from tuoju.residents.models import TextSource
from tuoju.visits import queries, service
from tuoju.visits.inputs import VisitInput
from tuoju.visits.models import ServiceVisit
from tuoju.visits.views import VisitSeen, visits_seen
from tuoju.web.kit.bounds import PathId
from tuoju.web.kit.conditional_requests import represent
from tuoju.web.kit.dependencies import CurrentActor, ReadSession, WriteSession
from tuoju.web.kit.gates import needs
from tuoju.web.kit.idempotency import OnlyOnce
from tuoju.web.kit.problems import api_router, problems
from tuoju.web.kit.safety import check_api_texts
from tuoju.web.referrals.representations import Visit, Visits
from tuoju_text.inputs import Input

router = api_router("/referrals/{referral_id}/visits", "Visits")


class InErrorInput(Input):
    """Why the visit no longer counts."""

    reason: str = Field(min_length=1, max_length=200)


def _shown(session: Session, actor: Actor, referral: Referral, visit: ServiceVisit) -> Visit:
    seen = {view.id: view for view in _seen(session, actor, referral)}
    return Visit.model_validate(seen[visit.pk])


def _seen(session: Session, actor: Actor, referral: Referral) -> list[VisitSeen]:
    return visits_seen(session, reader_of(session, actor, row_of(session, referral)), referral)


@router.get(
    "", summary="List the visits of a referral", responses=problems(404), dependencies=[needs(Action.read_referrals)]
)
def list_visits(session: ReadSession, actor: CurrentActor, referral_id: PathId) -> Visits:
    """Latest first, including visits marked as entered in error, with person-times (人次) and persons (人数)."""
    return Visits.of(_seen(session, actor, get_referral(session, actor, referral_id)))


@router.post(
    "",
    summary="Record a visit",
    status_code=201,
    response_model=Visit,
    responses=problems(404, 409),
    dependencies=[needs(Action.record_visits)],
)
def record_visit(
    session: WriteSession, actor: CurrentActor, referral_id: PathId, inputs: VisitInput, once: OnlyOnce
) -> Response:
    """Choose any `submission_key`: a second request with the same key returns the same visit. The first visit starts
    an accepted referral."""

    def create() -> Response:
        referral = get_referral(session, actor, referral_id)
        origin = referral_origin(session, referral, TextSource.service_visit)
        check_api_texts(session, actor, [inputs.content, inputs.problems], origin)
        visit = service.record_visit(session, actor, referral, inputs)
        return represent(_shown(session, actor, referral, visit), 201)

    return once(session, create)


@router.post(
    "/{visit_id}/mark_in_error",
    summary="Mark a visit as entered in error",
    responses=problems(404, 409),
    dependencies=[needs(Action.record_visits)],
)
def mark_visit_in_error(
    session: WriteSession, actor: CurrentActor, referral_id: PathId, visit_id: PathId, inputs: InErrorInput
) -> Visit:
    """The visit stays on record with the reason and no longer counts."""
    referral = get_referral(session, actor, referral_id)
    visit = queries.get_visit(session, referral, visit_id)
    check_api_texts(session, actor, [inputs.reason], referral_origin(session, referral, TextSource.note))
    service.mark_in_error(session, actor, referral, visit, reason=inputs.reason)
    return _shown(session, actor, referral, visit)
