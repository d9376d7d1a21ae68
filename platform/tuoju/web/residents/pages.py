"""Residents: find before entering, the file, consents, reading in full, emergency overrides."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlmodel import Session, col

from tuoju.accounts.fields import GatedText, visible
from tuoju.accounts.permissions import Action, Actor, require, visible_regions
from tuoju.accounts.queries import villages_of
from tuoju.accounts.request_context import note_read
from tuoju.accounts.request_limits import Expense
from tuoju.cases.queries import find_cases
from tuoju.cases.service import discard_draft
from tuoju.database.records import now
from tuoju.readings.models import ReadingNote
from tuoju.readings.purposes import PurposeInput, ReadingPurpose, note_id_of, state_purpose
from tuoju.readings.queries import notes_of
from tuoju.referrals import resident_updates as news
from tuoju.regions.calendar import china_day
from tuoju.regions.models import Region
from tuoju.regions.queries import ancestors, full_name, names
from tuoju.residents import queries, service
from tuoju.residents.errors import AlreadyRegistered, InvalidIdNumber, LooksAlike
from tuoju.residents.identity import ADULT_FROM, age_on, check_id_number
from tuoju.residents.inputs import OverrideInput, ResidentInput
from tuoju.residents.models import Resident
from tuoju.residents.views import resident_seen, residents_seen
from tuoju.web.kit.bounds import OptionalQueryId, PathId
from tuoju.web.kit.dependencies import BareForm, CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.drafts import (
    DraftKey,
    draft_of,
    draft_with_number,
    drafts_of_new_files,
    is_draft_name,
    new_draft_key,
    page_of_draft,
)
from tuoju.web.kit.edits import filled_from, merged, stored_fields
from tuoju.web.kit.forms import BlankForm, SubmittedForm, fill, message_of, required_of
from tuoju.web.kit.gates import needs
from tuoju.web.kit.kept_searches import kept_search, lead_to_answer
from tuoju.web.kit.once import READS, repeatable
from tuoju.web.kit.purposes import PurposeForm
from tuoju.web.kit.rate_limits import costs
from tuoju.web.kit.rendering import redirect, render
from tuoju.web.residents.consent_rows import consent_rows
from tuoju.web.residents.erasure_words import open_erasure_words
from tuoju.web.residents.matches_link import matches_of
from tuoju.web.residents.views import (
    CaseLink,
    FileElsewherePage,
    FindResidentPage,
    OverrideRow,
    OverridesPage,
    ReadingRow,
    ResidentForm,
    ResidentFormPage,
    ResidentListPage,
    ResidentPage,
    ResidentRow,
)
from tuoju.words.languages import gettext as _
from tuoju_projects.queries import get_organization, organizations_by_id

router = APIRouter()
LISTS = frozenset({"vulnerabilities"})
PAGE = 50
REQUIRED = required_of(ResidentInput)


@router.get("/residents", dependencies=[needs(Action.read_residents)])
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
        rows=_rows(session, actor, shown),
        total=queries.count_residents(session, actor, region_code=village),
        villages=villages_of(session, actor),
        village=village,
        q="",
        older_url=f"/residents?village={village}&before={shown[-1].pk}" if len(residents) > PAGE else "",
    )
    return render(request, page)


@router.post("/residents/search", dependencies=[needs(Action.read_residents), repeatable(READS), costs(Expense.search)])
def search(request: Request, session: WriteSession, actor: CurrentActor, form: BareForm) -> Response:
    """Look for residents by name or number, which go by POST so that they stand in no address and no log."""
    text = str(form.get("q", ""))[:60]
    service.search(session, actor, text, limit=PAGE)
    return lead_to_answer(request, "/residents/found/", text)


@router.get("/residents/found/{name}", dependencies=[needs(Action.read_residents), costs(Expense.search)])
def found(request: Request, session: ReadSession, actor: CurrentActor, name: str) -> Response:
    """Whom the search found; the list of all if this browser no longer knows what was searched for."""
    text = kept_search(request, name)
    if text is None:
        return redirect(request, "/residents", _("This search is no longer kept. Search again."))
    residents = queries.find_residents(session, actor, text=text, limit=PAGE)
    page = ResidentListPage(
        rows=_rows(session, actor, residents),
        total=len(residents),
        villages=villages_of(session, actor),
        village="",
        q=text,
        older_url="",
    )
    return render(request, page)


def _rows(session: Session, actor: Actor, residents: Sequence[Resident]) -> list[ResidentRow]:
    places = names(session, {resident.region_code for resident in residents})
    today = china_day(now())
    return [ResidentRow(resident_seen(actor, resident, today), places[resident.region_code]) for resident in residents]


@router.post("/residents/find", dependencies=[needs(Action.record_residents), repeatable(READS), costs(Expense.search)])
def find(request: Request, session: WriteSession, actor: CurrentActor, form: BareForm) -> Response:
    """Look for a person by ID number, which goes by POST so that it stands in no address and no log."""
    require(actor, Action.record_residents)
    typed = {"id_number": str(form.get("id_number", ""))}
    try:
        id_number = check_id_number(typed["id_number"], today=china_day(now()))
    except InvalidIdNumber as error:
        filled: SubmittedForm[ResidentInput] = SubmittedForm(
            typed, {"id_number": message_of(f"id_number_{error.problem}", {})}
        )
        return render(request, FindResidentPage(filled, drafts_of_new_files(session, actor)), 422)
    known = service.find_by_id_number(session, actor, id_number.number)
    if known is None:
        begun = draft_with_number(session, actor, id_number.number)
        if begun:
            return redirect(request, page_of_draft(f"resident-new-{begun}"))
        return lead_to_answer(request, "/residents/new?number=", id_number.number)
    inside = visible_regions(session, actor).where(col(Region.code) == known.region_code)
    if session.exec(inside).first() is not None:
        return _known(request, known.pk)
    township = ancestors(session, known.region_code)[:-1][-1]
    return render(request, FileElsewherePage(full_name(session, township.code)), 409)


def _known(request: Request, resident_id: int) -> Response:
    return redirect(request, f"/residents/{resident_id}", _("This person already has a file. Here it is."))


@router.get("/residents/new", dependencies=[needs(Action.record_residents)])
def new(
    request: Request,
    session: ReadSession,
    actor: CurrentActor,
    form: str = "",
    number: str = "",
    household_of: OptionalQueryId = None,
    draft: DraftKey = "",
) -> Response:
    """The form of a new file, which starts with the look-up by ID number: `number` names one that has no file yet,
    `draft` one that was begun."""
    require(actor, Action.record_residents)
    text = kept_search(request, number) if number else None
    if text is not None:
        looked_up = {**_defaults(session, actor), **_read_from(text)}
        return _form(request, session, actor, BlankForm(looked_up, required=REQUIRED))
    if form != "full":
        return render(request, FindResidentPage(BlankForm(), drafts_of_new_files(session, actor)))
    start = {**_defaults(session, actor), "id_type": "none"}
    if household_of is not None:
        start["household_of"] = queries.get_resident(session, actor, household_of).pk
    begun = draft_of(session, actor, f"resident-new-{draft}", lists=LISTS) if draft else {}
    blank = BlankForm({**start, **begun, "draft": draft}, required=REQUIRED)
    return _form(request, session, actor, blank, resumed=bool(begun))


def _read_from(id_number: str) -> dict[str, Any]:
    """What an ID number that was looked up says of its person."""
    known = check_id_number(id_number, today=china_day(now()))
    return {
        "id_type": "resident_id",
        "id_number": known.number,
        "born_on": known.born_on.isoformat(),
        "sex": known.sex.value,
    }


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
        draft="" if resident else _draft_key(form.typed),
        form=form,
        villages=villages_of(session, actor),
        is_resumed=resumed,
        is_minor=_is_minor(form.typed.get("born_on")),
        look_alikes=list(residents_seen(session, actor, set(alike), china_day(now())).values()),
    )
    return render(request, page, status)


def _draft_key(typed: Mapping[str, Any]) -> str:
    """The key of the draft that a form goes on with, or a new one."""
    key = str(typed.get("draft") or "")
    return key if is_draft_name(f"resident-new-{key}") else new_draft_key()


def _is_minor(born_on: object) -> bool:
    """Whether the birth date in the form is a child's; False for one that is no date."""
    try:
        return age_on(date.fromisoformat(str(born_on)), china_day(now())) < ADULT_FROM
    except ValueError:
        return False


@router.post("/residents", dependencies=[needs(Action.record_residents)])
def create(request: Request, session: WriteSession, actor: CurrentActor, form: Form) -> Response:
    """Open a file, and go on to the case."""
    filled = fill(form, ResidentInput)
    draft = str(form.get("draft", ""))
    filled.typed = {**filled.typed, "draft": draft}
    if filled.model is None:
        return _form(request, session, actor, filled, 422)
    try:
        resident = service.register(session, actor, filled.model)
    except AlreadyRegistered as error:
        return _known(request, error.resident_id)
    except LooksAlike as error:
        return _form(request, session, actor, filled, 409, alike=error.resident_ids)
    discard_draft(session, actor, f"resident-new-{draft}")
    return redirect(request, f"/cases/new?resident={resident.pk}", _("The file is open. Now record the case."))


@router.get("/residents/{resident_id}", dependencies=[needs(Action.read_residents)])
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
    reveal_form: PurposeForm | None = None,
    status: int = 200,
) -> Response:
    """The page of one file. Raises ResidentNotFound."""
    today = china_day(now())
    resident = queries.get_resident(session, actor, resident_id)
    note_read(resident)
    person = resident_seen(actor, resident, today)
    cases = find_cases(session, actor, resident_id=resident.pk)
    page = ResidentPage(
        resident=person,
        name=revealed.name if revealed else person.name,
        id_number=(revealed.id_number or "") if revealed else person.id_number,
        phone=(revealed.phone or "") if revealed else person.phone,
        revealed=revealed,
        place=full_name(session, resident.region_code),
        household=[
            resident_seen(actor, member, today)
            for member in queries.household_members(session, resident)
            if member.pk != resident.pk
        ],
        consents=consent_rows(session, actor, resident),
        erasure=open_erasure_words(session, actor, resident),
        cases=[CaseLink(case.pk, case.number, case.state, case.accepted_at, case.hardship_cause) for case in cases],
        readings=_readings(session, actor, resident, [case.pk for case in cases]),
        reveal_form=reveal_form or BlankForm(),
    )
    return render(request, page, status)


def _readings(session: Session, actor: Actor, resident: Resident, case_ids: Sequence[int]) -> list[ReadingRow]:
    readings = queries.readings_of(session, resident, case_ids=case_ids)
    notes = notes_of(session, [reading.purpose for reading in readings])
    return [
        ReadingRow(reading.at, reading.reader, reading.action, reading.purpose, _note(actor, notes, reading.purpose))
        for reading in readings
    ]


def _note(actor: Actor, notes: Mapping[int, ReadingNote], purpose: str) -> GatedText:
    note = notes.get(note_id_of(purpose) or 0)
    return visible(actor, note, "text") if note else GatedText()


@router.post("/residents/{resident_id}/reveal", dependencies=[needs(Action.reveal_residents), repeatable(READS)])
def reveal(
    request: Request, session: WriteSession, actor: CurrentActor, resident_id: PathId, form: BareForm
) -> Response:
    """Read the personal fields in full for a purpose; the reading is on record."""
    resident = queries.get_resident(session, actor, resident_id)
    filled = fill(form, PurposeInput)
    if filled.model is None:
        return _file(request, session, actor, resident_id, reveal_form=filled, status=422)
    purpose = state_purpose(session, actor, filled.model)
    revealed = service.reveal(session, actor, resident, purpose=purpose)
    return _file(request, session, actor, resident_id, revealed=revealed)


@router.post("/residents/{resident_id}/edit", dependencies=[needs(Action.record_residents), repeatable(READS)])
def edit(request: Request, session: WriteSession, actor: CurrentActor, resident_id: PathId, form: BareForm) -> Response:
    """Open the file for correction. That reads it in full, so it comes by POST and is audited."""
    resident = queries.get_resident(session, actor, resident_id)
    service.reveal(session, actor, resident, purpose=ReadingPurpose.correct)
    return _form(
        request, session, actor, filled_from(stored_fields(resident, ResidentInput), ResidentInput), resident=resident
    )


@router.post("/residents/{resident_id}", dependencies=[needs(Action.record_residents)])
def change(request: Request, session: WriteSession, actor: CurrentActor, resident_id: PathId, form: Form) -> Response:
    """Correct a file. What somebody else has corrected meanwhile is kept, or asked about where both did."""
    resident = queries.get_resident(session, actor, resident_id)
    edit = merged(form, stored_fields(resident, ResidentInput), fill(form, ResidentInput).model)
    filled = edit.back(fill(edit.form, ResidentInput))
    if filled.model is None:
        if edit.conflicts:
            service.reveal(session, actor, resident, purpose=ReadingPurpose.correct)
        return _form(request, session, actor, filled, 409 if edit.conflicts else 422, resident=resident)
    try:
        news.update_resident(session, actor, resident, filled.model)
    except AlreadyRegistered:
        filled.add("id_number", _("Another file has this number."))
        return _form(request, session, actor, filled, 409, resident=resident)
    return redirect(request, f"/residents/{resident_id}", _("The file has been corrected."))


@router.post("/residents/{resident_id}/overrides", dependencies=[needs(Action.record_residents)])
def create_override(
    request: Request, session: WriteSession, actor: CurrentActor, resident_id: PathId, form: Form
) -> Response:
    """Permit a referral without consent because life or health is at risk; the township reviews it afterwards."""
    resident = queries.get_resident(session, actor, resident_id)
    target = matches_of(form) or f"/residents/{resident_id}"
    filled = fill(form, OverrideInput)
    if filled.model is None:
        return redirect(request, target, _("Explain the reason for the emergency referral."))
    get_organization(session, filled.model.organization_id)
    service.override_for_emergency(session, actor, resident, **filled.model.model_dump())
    return redirect(request, target, _("Recorded. The township will review it."))


@router.get("/overrides", dependencies=[needs(Action.review_overrides)])
def overrides(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    """The emergency referrals that wait for review."""
    waiting = queries.find_overrides_to_review(session, actor)
    people = residents_seen(session, actor, {override.resident_id for override in waiting}, china_day(now()))
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


@router.post("/overrides/{override_id}", dependencies=[needs(Action.review_overrides)])
def review(request: Request, session: WriteSession, actor: CurrentActor, override_id: PathId, form: Form) -> Response:
    """Uphold an emergency referral, or strike it down."""
    waiting = queries.get_override(session, actor, override_id)
    service.review_override(session, actor, waiting, upheld=form.get("upheld") == "yes")
    return redirect(request, "/overrides", _("The review is recorded."))
