"""Residents: find before entering, the masked file, reading in full, consents and emergencies."""

from typing import Annotated

from fastapi import Query
from fastapi.responses import Response
from pydantic import Field
from sqlmodel import Session, col

from tuoju.accounts.permissions import Action, Actor, visible_regions
from tuoju.accounts.request_context import note_read
from tuoju.accounts.request_limits import Expense
from tuoju.cases.queries import require_need_of
from tuoju.readings.purposes import PurposeInput, state_purpose
from tuoju.referrals import resident_updates as news
from tuoju.referrals.cancellations import withdraw_consent_and_cancel
from tuoju.regions.models import Region
from tuoju.regions.queries import ancestors, full_name, names
from tuoju.residents import consents, queries, service
from tuoju.residents.errors import ConsentNotFound
from tuoju.residents.inputs import ConsentInput, ResidentInput
from tuoju.residents.models import Resident
from tuoju.web.kit.bounds import PathId
from tuoju.web.kit.conditional_requests import MustMatch, represent
from tuoju.web.kit.dependencies import CurrentActor, ReadSession, WriteSession
from tuoju.web.kit.gates import needs
from tuoju.web.kit.idempotency import OnlyOnce
from tuoju.web.kit.pagination import Page, PageOf
from tuoju.web.kit.problems import api_router, problems
from tuoju.web.kit.rate_limits import costs
from tuoju.web.kit.representations.regions import RegionName
from tuoju.web.kit.representations.residents import ConsentGiven, Found, ResidentFile, Revealed
from tuoju_projects.queries import get_organization
from tuoju_text.inputs import Input

router = api_router("/residents", "Residents")


class FindInput(Input):
    """The number of an identity document, as printed."""

    id_number: str = Field(min_length=1, max_length=30)


class SearchInput(Input):
    """Part of the name, or the full number of a document."""

    text: str = Field(min_length=1, max_length=60)


def _file(session: Session, actor: Actor, resident: Resident) -> ResidentFile:
    return ResidentFile.of_file(resident, actor, names(session, [resident.region_code]))


@router.get("", summary="List residents, masked", dependencies=[needs(Action.read_residents)])
def list_residents(
    session: ReadSession,
    actor: CurrentActor,
    paging: PageOf,
    region: Annotated[str, Query(pattern=r"^(\d{12})?$", description="Only this village.")] = "",
) -> Page[ResidentFile]:
    """The residents in your region, latest first."""
    rows = queries.find_residents(session, actor, region_code=region, before_id=paging.after_id, limit=paging.fetch)
    shown, following = paging.take(rows, lambda row: (row.pk,))
    places = names(session, {row.region_code for row in shown})
    return Page(items=[ResidentFile.of_file(row, actor, places) for row in shown], next=following)


@router.post(
    "",
    summary="Register a resident",
    status_code=201,
    response_model=ResidentFile,
    responses=problems(404, 409),
    dependencies=[needs(Action.record_residents)],
)
def register_resident(session: WriteSession, actor: CurrentActor, body: ResidentInput, once: OnlyOnce) -> Response:
    """Opens the file of a person. Find the person by number first: nobody is registered twice. A 409 names the
    existing file in your area. If the number is known elsewhere, you are not told: an officer above both places
    compares the two files."""

    def create() -> Response:
        resident = service.register(session, actor, body)
        location = f"/api/v1/residents/{resident.pk}"
        return represent(_file(session, actor, resident), 201, version=resident.version, location=location)

    return once(session, create)


@router.post(
    "/find",
    summary="Find a person by ID number before you register one",
    responses=problems(429),
    dependencies=[needs(Action.record_residents), costs(Expense.search)],
)
def find_resident(session: WriteSession, actor: CurrentActor, body: FindInput) -> Found:
    """Searches the whole city. Send the number in the body, so that it is in no address and no log. Every search is
    audited and counts against a daily limit. No other request tells whether a number is known outside your area."""
    resident = service.find_by_id_number(session, actor, body.id_number)
    if resident is None:
        return Found(known=False, resident=None, held_by=None)
    inside = visible_regions(session, actor).where(col(Region.code) == resident.region_code)
    if session.exec(inside).first() is not None:
        return Found(known=True, resident=_file(session, actor, resident), held_by=None)
    township = ancestors(session, resident.region_code)[:-1][-1].code
    return Found(known=True, resident=None, held_by=RegionName(code=township, name=full_name(session, township)))


@router.post(
    "/search",
    summary="Search residents by name or number",
    dependencies=[needs(Action.read_residents), costs(Expense.search)],
)
def search_residents(session: WriteSession, actor: CurrentActor, body: SearchInput) -> list[ResidentFile]:
    """Up to 50 residents, latest first, masked. Send the search text in the body."""
    rows = service.search(session, actor, body.text, limit=50)
    places = names(session, {row.region_code for row in rows})
    return [ResidentFile.of_file(row, actor, places) for row in rows]


@router.get(
    "/{resident_id}",
    summary="Get a resident, masked",
    response_model=ResidentFile,
    responses=problems(404),
    dependencies=[needs(Action.read_residents)],
)
def show_resident(session: ReadSession, actor: CurrentActor, resident_id: PathId) -> Response:
    """The file. Send its `ETag` in `If-Match` when you change it."""
    resident = queries.get_resident(session, actor, resident_id)
    note_read(resident)
    return represent(_file(session, actor, resident), version=resident.version)


@router.put(
    "/{resident_id}",
    summary="Correct the file of a resident",
    response_model=ResidentFile,
    responses=problems(404, 409, 412, 428),
    dependencies=[needs(Action.record_residents)],
)
def update_resident(
    session: WriteSession, actor: CurrentActor, resident_id: PathId, body: ResidentInput, match: MustMatch
) -> Response:
    """Replaces the whole file. `If-Match` is required, so that nobody overwrites what they have not seen."""
    resident = queries.get_resident(session, actor, resident_id)
    match.check(resident.version)
    news.update_resident(session, actor, resident, body)
    return represent(_file(session, actor, resident), version=resident.version)


@router.post(
    "/{resident_id}/reveal",
    summary="View the personal fields of a resident in full",
    responses=problems(404, 429),
    dependencies=[needs(Action.reveal_residents)],
)
def reveal_resident(session: WriteSession, actor: CurrentActor, resident_id: PathId, body: PurposeInput) -> Revealed:
    """Name, number, telephone and address. Every view is audited with its purpose and counts against a daily limit."""
    resident = queries.get_resident(session, actor, resident_id)
    purpose = state_purpose(session, actor, body)
    return Revealed.model_validate(service.reveal(session, actor, resident, purpose=purpose))


@router.get(
    "/{resident_id}/consents",
    summary="List the consents of a resident",
    responses=problems(404),
    dependencies=[needs(Action.read_residents)],
)
def list_consents(session: ReadSession, actor: CurrentActor, resident_id: PathId) -> list[ConsentGiven]:
    """Consents in force and withdrawn, latest first."""
    resident = queries.get_resident(session, actor, resident_id)
    return [ConsentGiven.of(consent) for consent in consents.consents_of(session, resident)]


@router.post(
    "/{resident_id}/consents",
    summary="Record a consent",
    status_code=201,
    response_model=ConsentGiven,
    responses=problems(404, 409),
    dependencies=[needs(Action.record_residents)],
)
def give_consent(
    session: WriteSession, actor: CurrentActor, resident_id: PathId, body: ConsentInput, once: OnlyOnce
) -> Response:
    """One purpose, one receiver, with its scope and its end. Without a consent in force, no information is shared with
    an organization. `expires_on` can be earlier than the policy's last day, never later."""

    def create() -> Response:
        resident = queries.get_resident(session, actor, resident_id)
        _check_scope(session, resident, body)
        consent = consents.record_consent(session, actor, resident, body)
        return represent(ConsentGiven.of(consent), 201)

    return once(session, create)


def _check_scope(session: Session, resident: Resident, body: ConsentInput) -> None:
    """Raises OrganizationNotFound, and NeedNotFound for a need of somebody else."""
    if body.organization_id is not None:
        get_organization(session, body.organization_id)
    if body.need_id is not None:
        require_need_of(session, resident, body.need_id)


@router.post(
    "/{resident_id}/consents/{consent_id}/withdraw",
    summary="Withdraw a consent",
    responses=problems(404, 409),
    dependencies=[needs(Action.record_residents)],
)
def withdraw_consent(
    session: WriteSession, actor: CurrentActor, resident_id: PathId, consent_id: PathId
) -> ConsentGiven:
    """Takes effect at once. Nothing more is sent to that organization, and open referrals under this consent are
    withdrawn."""
    consent = consents.get_consent(session, actor, consent_id)
    if consent.resident_id != resident_id:
        raise ConsentNotFound
    withdraw_consent_and_cancel(session, actor, consent)
    return ConsentGiven.of(consent)
