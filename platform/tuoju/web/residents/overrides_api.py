"""Emergency overrides: telling one organization without consent because life or health is at risk."""

from fastapi.responses import Response
from pydantic import Field

from tuoju.accounts.permissions import Action
from tuoju.residents import queries, service
from tuoju.web.kit.bounds import Id, PathId
from tuoju.web.kit.conditional_requests import represent
from tuoju.web.kit.dependencies import CurrentActor, ReadSession, WriteSession
from tuoju.web.kit.gates import needs
from tuoju.web.kit.idempotency import OnlyOnce
from tuoju.web.kit.problems import api_router, problems
from tuoju.web.kit.representations.residents import Override, OverrideToReview
from tuoju_projects.queries import get_organization
from tuoju_text.inputs import Input

router = api_router("/overrides", "Emergency overrides")


class OverrideInput(Input):
    """The resident, the organization, and why it cannot wait."""

    resident_id: Id
    organization_id: Id
    reason: str = Field(min_length=1, max_length=500)


class ReviewInput(Input):
    """The result of the review by the township."""

    upheld: bool


@router.post(
    "",
    summary="Allow a referral without consent in an emergency",
    status_code=201,
    response_model=Override,
    responses=problems(404, 409),
    dependencies=[needs(Action.record_residents)],
)
def create_override(session: WriteSession, actor: CurrentActor, body: OverrideInput, once: OnlyOnce) -> Response:
    """Applies to one organization. The township officers are notified and review it."""

    def create() -> Response:
        resident = queries.get_resident(session, actor, body.resident_id)
        get_organization(session, body.organization_id)
        override = service.override_for_emergency(session, actor, resident, body.organization_id, reason=body.reason)
        return represent(Override.of(override), 201)

    return once(session, create)


@router.get("", summary="List the overrides that wait for review", dependencies=[needs(Action.review_overrides)])
def list_overrides(session: ReadSession, actor: CurrentActor) -> list[OverrideToReview]:
    """Oldest first. For township officers."""
    return [
        OverrideToReview.of_waiting(override, actor) for override in queries.find_overrides_to_review(session, actor)
    ]


@router.post(
    "/{override_id}/review",
    summary="Review an override",
    responses=problems(404, 409),
    dependencies=[needs(Action.review_overrides)],
)
def review_override(session: WriteSession, actor: CurrentActor, override_id: PathId, body: ReviewInput) -> Override:
    """Uphold or overturn an override. An overturned one allows nothing more. You cannot review your own."""
    override = queries.get_override(session, actor, override_id)
    return Override.of(service.review_override(session, actor, override, upheld=body.upheld))
