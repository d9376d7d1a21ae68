"""Residents: find before entering, the file, consents, reading in full, emergency overrides."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlmodel import Session, col
from starlette.datastructures import FormData

from tuoju.accounts.fields import visible
from tuoju.accounts.permissions import Action, Actor, require, visible_regions
from tuoju.accounts.queries import villages_of
from tuoju.cases.queries import find_cases
from tuoju.cases.service import discard_draft
from tuoju.database.records import now
from tuoju.referrals import resident_updates as news
from tuoju.referrals.cancellations import withdraw_consent_and_cancel
from tuoju.regions.calendar import china_day
from tuoju.regions.models import Region
from tuoju.regions.queries import ancestors, full_name, names
from tuoju.residents import queries, service
from tuoju.residents.errors import AlreadyRegistered, ChildNotAsked, GuardianRequired, InvalidIdNumber, LooksAlike
from tuoju.residents.identity import ADULT_FROM, age_on, check_id_number
from tuoju.residents.inputs import ConsentInput, OverrideInput, ResidentInput
from tuoju.residents.masking import masked
from tuoju.residents.models import Resident
from tuoju.web.kit.bounds import OptionalQueryId, PathId
from tuoju.web.kit.dependencies import CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.drafts import draft_of
from tuoju.web.kit.errors import TABLE
from tuoju.web.kit.forms import BlankForm, SubmittedForm, fill, message_of
from tuoju.web.kit.rendering import redirect, render
from tuoju.web.residents.views import (
    CaseLink,
    ConsentForm,
    ConsentRow,
    FileElsewherePage,
    FindResidentPage,
    OverrideRow,
    OverridesPage,
    ResidentForm,
    ResidentFormPage,
    ResidentListPage,
    ResidentPage,
    ResidentRow,
)
from tuoju.words.labels import CODES
from tuoju.words.languages import gettext as _
from tuoju_projects.queries import find_organizations, get_organization, organizations_by_id

router = APIRouter()
LISTS = frozenset({"vulnerabilities"})
DRAFT = "resident-new"
PAGE = 50


@router.get("/residents")
def index(
    request: Request,
    session: ReadSession,
    actor: CurrentActor,
    village: Annotated[str, Query(pattern=r"^(\d{12})?$")] = "",
    before: OptionalQueryId = None,
) -> Response:
    """The residents in scope, or those of one village, a page at a time."""
    residents = queries.find_residents(session, actor, region_code=village, before_id=before, limit=PAGE + 1)
    shown = residents[:PAGE]
    page = ResidentListPage(
        rows=_rows(session, shown),
        total=queries.count_residents(session, actor, region_code=village),
        villages=villages_of(session, actor),
        village=village,
        q="",
        older_url=f"/residents?village={village}&before={shown[-1].pk}" if len(residents) > PAGE else "",
    )
    return render(request, page)


@router.post("/residents/search")
def search(request: Request, session: ReadSession, actor: CurrentActor, form: Form) -> Response:
    """Residents by name or number, which go by POST so that they stand in no address and no log."""
    text = str(form.get("q", ""))[:60]
    residents = queries.find_residents(session, actor, text=text, limit=PAGE)
    page = ResidentListPage(
        rows=_rows(session, residents),
        total=len(residents),
        villages=villages_of(session, actor),
        village="",
        q=text,
        older_url="",
    )
    return render(request, page)


def _rows(session: Session, residents: Sequence[Resident]) -> list[ResidentRow]:
    places = names(session, {resident.region_code for resident in residents})
    today = china_day(now())
    return [ResidentRow(masked(resident, today), places[resident.region_code]) for resident in residents]


@router.post("/residents/find")
def find(request: Request, session: WriteSession, actor: CurrentActor, form: Form) -> Response:
    """Look for a person by ID number, which goes by POST so that it stands in no address and no log."""
    require(actor, Action.record_residents)
    typed = {"id_number": str(form.get("id_number", ""))}
    try:
        id_number = check_id_number(typed["id_number"], today=china_day(now()))
    except InvalidIdNumber as error:
        filled: SubmittedForm[ResidentInput] = SubmittedForm(
            typed, {"id_number": message_of(f"id_number_{error.problem}", {})}
        )
        return render(request, FindResidentPage(filled), 422)
    known = service.find_by_id_number(session, actor, id_number.number)
    if known is None:
        start = {
            "id_type": "resident_id",
            "id_number": id_number.number,
            "born_on": id_number.born_on.isoformat(),
            "sex": id_number.sex.value,
        }
        return _form(request, session, actor, BlankForm({**_defaults(session, actor), **start}))
    return _known(request, session, actor, known.pk, known.region_code)


def _known(request: Request, session: Session, actor: Actor, resident_id: int | None, region_code: str) -> Response:
    inside = visible_regions(session, actor).where(col(Region.code) == region_code)
    if resident_id is not None and session.exec(inside).first() is not None:
        return redirect(request, f"/residents/{resident_id}", _("This person already has a file. Here it is."))
    township = ancestors(session, region_code)[:-1][-1]
    return render(request, FileElsewherePage(full_name(session, township.code)), 409)


@router.get("/residents/new")
def new(
    request: Request,
    session: ReadSession,
    actor: CurrentActor,
    form: str = "",
    household_of: OptionalQueryId = None,
) -> Response:
    """The form of a new file, which starts with the look-up by ID number."""
    require(actor, Action.record_residents)
    draft = draft_of(session, actor, DRAFT, lists=LISTS)
    if form != "full" and not draft:
        return render(request, FindResidentPage(BlankForm()))
    start = {**_defaults(session, actor), "id_type": "none" if form == "full" else "resident_id"}
    if household_of is not None:
        start["household_of"] = queries.get_resident(session, actor, household_of).pk
    return _form(request, session, actor, BlankForm({**start, **draft}), resumed=bool(draft))


def _defaults(session: Session, actor: Actor) -> dict[str, Any]:
    return {"region_code": actor.region_code, "self_care": "not_assessed", "relief_category": "NONE"}


def _form(
    request: Request,
    session: Session,
    actor: Actor,
    form: ResidentForm,
    status: int = 200,
    *,
    resumed: bool = False,
    resident: Resident | None = None,
    alike: Sequence[int] = (),
) -> Response:
    """The form of a new file, or of the corrections to the file of `resident`."""
    page = ResidentFormPage(
        title=_("Correct the file") if resident else _("Add a resident"),
        save_words=_("Save the corrections") if resident else _("Save and open a case"),
        action=f"/residents/{resident.pk}" if resident else "/residents",
        draft="" if resident else DRAFT,
        form=form,
        villages=villages_of(session, actor),
        is_resumed=resumed,
        is_minor=_is_minor(form.typed.get("born_on")),
        look_alikes=list(queries.masked_by_id(session, set(alike), china_day(now())).values()),
    )
    return render(request, page, status)


def _is_minor(born_on: object) -> bool:
    """Whether the birth date in the form is a child's; False for one that is no date."""
    try:
        return age_on(date.fromisoformat(str(born_on)), china_day(now())) < ADULT_FROM
    except ValueError:
        return False


@router.post("/residents")
def create(request: Request, session: WriteSession, actor: CurrentActor, form: Form) -> Response:
    """Open a file, and go on to the case."""
    filled = fill(form, ResidentInput)
    if filled.model is None:
        return _form(request, session, actor, filled, 422)
    try:
        resident = service.register(session, actor, filled.model)
    except AlreadyRegistered as error:
        return _known(request, session, actor, error.resident_id, error.region_code)
    except LooksAlike as error:
        return _form(request, session, actor, filled, 409, alike=error.resident_ids)
    discard_draft(session, actor, DRAFT)
    return redirect(request, f"/cases/new?resident={resident.pk}", _("The file is open. Now record the case."))


@router.get("/residents/{resident_id}")
def show(request: Request, session: ReadSession, actor: CurrentActor, resident_id: PathId) -> Response:
    """One file, masked."""
    return _file(request, session, actor, resident_id)


def _file(
    request: Request,
    session: Session,
    actor: Actor,
    resident_id: int,
    *,
    revealed: service.Revealed | None = None,
    reveal_form: BlankForm | None = None,
    consent_form: ConsentForm | None = None,
    status: int = 200,
) -> Response:
    """The page of one file. Raises ResidentNotFound."""
    today = china_day(now())
    resident = queries.get_resident(session, actor, resident_id)
    person = masked(resident, today)
    page = ResidentPage(
        resident=person,
        name=revealed.name if revealed else person.name,
        id_number=(revealed.id_number or "") if revealed else person.id_number,
        phone=(revealed.phone or "") if revealed else person.phone,
        revealed=revealed,
        place=full_name(session, resident.region_code),
        household=[
            masked(member, today) for member in queries.household_members(session, resident) if member.pk != resident.pk
        ],
        cases=[
            CaseLink(case.pk, case.number, case.state, case.accepted_at, case.hardship_cause)
            for case in find_cases(session, actor, resident_id=resident.pk)
        ],
        consents=_consent_rows(session, resident),
        organizations=[(organization.id or 0, organization.name) for organization in find_organizations(session)],
        readings=queries.readings_of(session, resident),
        reveal_form=reveal_form or BlankForm(),
        consent_form=consent_form or BlankForm({"purpose": "referral", "given_by": "self", "method": "paper"}),
    )
    return render(request, page, status)


def _consent_rows(session: Session, resident: Resident) -> list[ConsentRow]:
    consents = queries.consents_of(session, resident)
    receivers = organizations_by_id(
        session, {consent.organization_id for consent in consents if consent.organization_id}
    )
    return [
        ConsentRow(
            consent_id=consent.pk,
            purpose=consent.purpose,
            receiver=receivers[consent.organization_id].name if consent.organization_id else "",
            given_by=consent.given_by,
            method=consent.method,
            given_at=consent.given_at,
            withdrawn_at=consent.withdrawn_at,
        )
        for consent in consents
    ]


@router.post("/residents/{resident_id}/reveal")
def reveal(request: Request, session: WriteSession, actor: CurrentActor, resident_id: PathId, form: Form) -> Response:
    """Read the personal fields in full for a purpose; the reading is on record."""
    resident = queries.get_resident(session, actor, resident_id)
    purpose = str(form.get("purpose", ""))
    if purpose not in CODES["reveal_purpose"]:
        reveal_form = BlankForm({}, {"purpose": _("Choose what you need it for.")})
        return _file(request, session, actor, resident_id, reveal_form=reveal_form, status=422)
    revealed = service.reveal(session, actor, resident, purpose=purpose)
    return _file(request, session, actor, resident_id, revealed=revealed)


@router.post("/residents/{resident_id}/edit")
def edit(request: Request, session: WriteSession, actor: CurrentActor, resident_id: PathId, form: Form) -> Response:
    """Open the file for correction. That reads it in full, so it comes by POST and is audited."""
    resident = queries.get_resident(session, actor, resident_id)
    service.reveal(session, actor, resident, purpose="correct")
    return _form(request, session, actor, BlankForm(resident.model_dump(mode="json")), resident=resident)


@router.post("/residents/{resident_id}")
def change(request: Request, session: WriteSession, actor: CurrentActor, resident_id: PathId, form: Form) -> Response:
    """Correct a file."""
    resident = queries.get_resident(session, actor, resident_id)
    filled = fill(form, ResidentInput)
    if filled.model is None:
        return _form(request, session, actor, filled, 422, resident=resident)
    try:
        news.update_resident(session, actor, resident, filled.model)
    except AlreadyRegistered:
        filled.add("id_number", _("Another file has this number."))
        return _form(request, session, actor, filled, 409, resident=resident)
    return redirect(request, f"/residents/{resident_id}", _("The file has been corrected."))


@router.post("/residents/{resident_id}/consents")
def give_consent(
    request: Request, session: WriteSession, actor: CurrentActor, resident_id: PathId, form: Form
) -> Response:
    """Record a consent; `back` returns to the matches it was asked for."""
    resident = queries.get_resident(session, actor, resident_id)
    filled = fill(form, ConsentInput)
    if filled.model is not None:
        if filled.model.organization_id is not None:
            get_organization(session, filled.model.organization_id)
        try:
            service.give_consent(session, actor, resident, **filled.model.model_dump())
        except (GuardianRequired, ChildNotAsked) as error:
            filled.add("given_by", _(TABLE[type(error)].sentence))
    back = _matches_of(form)
    if filled.model is not None:
        return redirect(request, back or f"/residents/{resident_id}", _("The consent is recorded."))
    if back:
        return redirect(request, back, next(iter(filled.errors.values())))
    return _file(request, session, actor, resident_id, consent_form=filled, status=422)


def _matches_of(form: FormData) -> str:
    """The page of matches that a form was sent from, if it was."""
    back = str(form.get("back", ""))
    return f"/needs/{back}/matches" if re.fullmatch(r"[0-9]{1,10}", back) else ""


@router.post("/consents/{consent_id}/withdraw")
def withdraw(request: Request, session: WriteSession, actor: CurrentActor, consent_id: PathId, form: Form) -> Response:
    """Take a consent back, and with it the referrals that rest on it."""
    consent = queries.get_consent(session, actor, consent_id)
    stopped = withdraw_consent_and_cancel(session, actor, consent)
    words = _("The consent is withdrawn.")
    if stopped:
        words = _("The consent is withdrawn, and these referrals have stopped: %(numbers)s.") % {
            "numbers": ", ".join(referral.number for referral in stopped)
        }
    return redirect(request, f"/residents/{consent.resident_id}", words)


@router.post("/residents/{resident_id}/overrides")
def create_override(
    request: Request, session: WriteSession, actor: CurrentActor, resident_id: PathId, form: Form
) -> Response:
    """Permit a referral without consent because life or health is at risk; the township reviews it afterwards."""
    resident = queries.get_resident(session, actor, resident_id)
    target = _matches_of(form) or f"/residents/{resident_id}"
    filled = fill(form, OverrideInput)
    if filled.model is None:
        return redirect(request, target, _("Explain the reason for the emergency referral."))
    get_organization(session, filled.model.organization_id)
    service.override_for_emergency(session, actor, resident, **filled.model.model_dump())
    return redirect(request, target, _("Recorded. The township will review it."))


@router.get("/overrides")
def overrides(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    """The emergency referrals that wait for review."""
    waiting = queries.find_overrides_to_review(session, actor)
    people = queries.masked_by_id(session, {override.resident_id for override in waiting}, china_day(now()))
    receivers = organizations_by_id(session, {override.organization_id for override in waiting})
    rows = [
        OverrideRow(
            override_id=override.pk,
            resident_id=override.resident_id,
            name=people[override.resident_id].name,
            receiver=receivers[override.organization_id].name,
            reason=visible(actor, override, "reason"),
            made_at=override.made_at,
        )
        for override in waiting
    ]
    return render(request, OverridesPage(rows))


@router.post("/overrides/{override_id}")
def review(request: Request, session: WriteSession, actor: CurrentActor, override_id: PathId, form: Form) -> Response:
    """Uphold an emergency referral, or strike it down."""
    waiting = queries.get_override(session, actor, override_id)
    service.review_override(session, actor, waiting, upheld=form.get("upheld") == "yes")
    return redirect(request, "/overrides", _("The review is recorded."))
