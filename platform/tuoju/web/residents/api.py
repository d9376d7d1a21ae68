"""Residents: find before entering, the masked file, reading in full, consents and emergencies."""

from typing import Annotated

from fastapi import Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError
from sqlmodel import Session, col

from tuoju.accounts.permissions import visible_regions
from tuoju.referrals import resident_updates as news
from tuoju.referrals.cancellations import withdraw_consent_and_cancel
from tuoju.regions.models import Region
from tuoju.regions.queries import ancestors, full_name, names
from tuoju.residents import queries, service
from tuoju.residents.errors import ConsentNotFound
from tuoju.residents.inputs import ConsentMethod, ResidentInput, RevealPurpose
from tuoju.residents.models import ConsentGiver, ConsentPurpose, Resident
from tuoju.web.kit.bounds import Id, PathId
from tuoju.web.kit.conditional_requests import MustMatch, represent
from tuoju.web.kit.dependencies import CurrentActor, ReadSession, WriteSession
from tuoju.web.kit.idempotency import OnlyOnce
from tuoju.web.kit.pagination import Page, PageOf
from tuoju.web.kit.problems import api_router, problems
from tuoju.web.kit.representations.regions import RegionName
from tuoju.web.kit.representations.residents import ConsentGiven, Found, ResidentFile, Revealed
from tuoju_projects.queries import get_organization

router = api_router("/residents", "Residents")


class FindInput(BaseModel):
    """The number of an identity document, as printed."""

    model_config = ConfigDict(str_strip_whitespace=True)

    id_number: str = Field(min_length=1, max_length=30)


class SearchInput(BaseModel):
    """Part of the name, or the full number of a document."""

    model_config = ConfigDict(str_strip_whitespace=True)

    text: str = Field(min_length=1, max_length=60)


class RevealInput(BaseModel):
    """Why you view the fields. The resident can see who viewed them, when and why."""

    purpose: RevealPurpose


class ConsentInput(BaseModel):
    """A consent as given. For a referral, it names the one organization that information can be shared with."""

    purpose: ConsentPurpose = ConsentPurpose.referral
    organization_id: Id | None = Field(default=None, validate_default=True)
    given_by: ConsentGiver = ConsentGiver.self
    method: ConsentMethod = ConsentMethod.paper

    @field_validator("organization_id")
    @classmethod
    def _receiver(cls, value: int | None, info: ValidationInfo) -> int | None:
        if value is None and info.data.get("purpose") is ConsentPurpose.referral:
            raise PydanticCustomError("missing", "A referral needs its receiver")
        return value


def _file(session: Session, resident: Resident) -> ResidentFile:
    return ResidentFile.of_file(resident, names(session, [resident.region_code]))


@router.get("", summary="List residents, masked")
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
    return Page(items=[ResidentFile.of_file(row, places) for row in shown], next=following)


@router.post(
    "", summary="Register a resident", status_code=201, response_model=ResidentFile, responses=problems(404, 409)
)
def register_resident(session: WriteSession, actor: CurrentActor, body: ResidentInput, once: OnlyOnce) -> Response:
    """Opens the file of a person. Find the person by number first: nobody is registered twice. A 409 names the
    existing file, if you have access to it."""

    def create() -> Response:
        resident = service.register(session, actor, body)
        location = f"/api/v1/residents/{resident.pk}"
        return represent(_file(session, resident), 201, version=resident.version, location=location)

    return once(session, create)


@router.post("/find", summary="Find a person by ID number before you register one")
def find_resident(session: WriteSession, actor: CurrentActor, body: FindInput) -> Found:
    """Searches the whole city. Send the number in the body, so that it is in no address and no log."""
    resident = service.find_by_id_number(session, actor, body.id_number)
    if resident is None:
        return Found(known=False, resident=None, held_by=None)
    inside = visible_regions(session, actor).where(col(Region.code) == resident.region_code)
    if session.exec(inside).first() is not None:
        return Found(known=True, resident=_file(session, resident), held_by=None)
    township = ancestors(session, resident.region_code)[:-1][-1].code
    return Found(known=True, resident=None, held_by=RegionName(code=township, name=full_name(session, township)))


@router.post("/search", summary="Search residents by name or number")
def search_residents(session: ReadSession, actor: CurrentActor, body: SearchInput) -> list[ResidentFile]:
    """Up to 50 residents, latest first, masked. Send the search text in the body."""
    rows = queries.find_residents(session, actor, text=body.text, limit=50)
    places = names(session, {row.region_code for row in rows})
    return [ResidentFile.of_file(row, places) for row in rows]


@router.get("/{resident_id}", summary="Get a resident, masked", response_model=ResidentFile, responses=problems(404))
def show_resident(session: ReadSession, actor: CurrentActor, resident_id: PathId) -> Response:
    """The file. Send its `ETag` in `If-Match` when you change it."""
    resident = queries.get_resident(session, actor, resident_id)
    return represent(_file(session, resident), version=resident.version)


@router.put(
    "/{resident_id}",
    summary="Correct the file of a resident",
    response_model=ResidentFile,
    responses=problems(404, 409, 412, 428),
)
def update_resident(
    session: WriteSession, actor: CurrentActor, resident_id: PathId, body: ResidentInput, match: MustMatch
) -> Response:
    """Replaces the whole file. `If-Match` is required, so that nobody overwrites what they have not seen."""
    resident = queries.get_resident(session, actor, resident_id)
    match.check(resident.version)
    news.update_resident(session, actor, resident, body)
    return represent(_file(session, resident), version=resident.version)


@router.post("/{resident_id}/reveal", summary="View the personal fields of a resident in full", responses=problems(404))
def reveal_resident(session: WriteSession, actor: CurrentActor, resident_id: PathId, body: RevealInput) -> Revealed:
    """Name, number, telephone and address. Every view is audited with its purpose."""
    resident = queries.get_resident(session, actor, resident_id)
    return Revealed.model_validate(service.reveal(session, actor, resident, purpose=body.purpose))


@router.get("/{resident_id}/consents", summary="List the consents of a resident", responses=problems(404))
def list_consents(session: ReadSession, actor: CurrentActor, resident_id: PathId) -> list[ConsentGiven]:
    """Consents in force and withdrawn, latest first."""
    resident = queries.get_resident(session, actor, resident_id)
    return [ConsentGiven.of(consent) for consent in queries.consents_of(session, resident)]


@router.post(
    "/{resident_id}/consents",
    summary="Record a consent",
    status_code=201,
    response_model=ConsentGiven,
    responses=problems(404, 409),
)
def give_consent(
    session: WriteSession, actor: CurrentActor, resident_id: PathId, body: ConsentInput, once: OnlyOnce
) -> Response:
    """One purpose, one receiver. Without a consent in force, no information is shared with an organization."""

    def create() -> Response:
        resident = queries.get_resident(session, actor, resident_id)
        _check_receiver(session, body.organization_id)
        consent = service.give_consent(session, actor, resident, **body.model_dump())
        return represent(ConsentGiven.of(consent), 201)

    return once(session, create)


def _check_receiver(session: Session, organization_id: int | None) -> None:
    if organization_id is not None:
        get_organization(session, organization_id)


@router.post(
    "/{resident_id}/consents/{consent_id}/withdraw",
    summary="Withdraw a consent",
    responses=problems(404, 409),
)
def withdraw_consent(
    session: WriteSession, actor: CurrentActor, resident_id: PathId, consent_id: PathId
) -> ConsentGiven:
    """Takes effect at once. Nothing more is sent to that organization, and open referrals under this consent are
    withdrawn."""
    consent = queries.get_consent(session, actor, consent_id)
    if consent.resident_id != resident_id:
        raise ConsentNotFound
    withdraw_consent_and_cancel(session, actor, consent)
    return ConsentGiven.of(consent)
