"""One person, one file: its events, what it lacks, its export as PDF or archive, and the check of an export."""

from datetime import datetime
from hashlib import file_digest

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlmodel import Session
from starlette.datastructures import UploadFile

from tuoju.accounts.permissions import Action, Actor
from tuoju.accounts.queries import names_of
from tuoju.accounts.request_context import note_read
from tuoju.accounts.request_limits import Expense
from tuoju.cases.attachments import attachments_of, read_attachment
from tuoju.cases.queries import find_cases
from tuoju.database.records import now
from tuoju.documents.papers.file_archive import archive_of, events_as_json
from tuoju.documents.papers.file_paper import collect_person_file, file_number, person_file
from tuoju.documents.papers.typesetting import to_pdf
from tuoju.regions.calendar import CHINA, china_day
from tuoju.regions.queries import county_of, full_name
from tuoju.reports.checklist import checklist
from tuoju.reports.history import exports_of, history
from tuoju.reports.issuing import find_issued, issue
from tuoju.reports.models import IssuedKind
from tuoju.residents.models import Resident
from tuoju.residents.queries import get_resident
from tuoju.residents.views import resident_seen
from tuoju.web.archive.views import IssuedFileFacts, VerificationPage, event_words, history_page
from tuoju.web.kit.body_limits import takes_body
from tuoju.web.kit.bounds import PathId
from tuoju.web.kit.checklists import checklist_rows
from tuoju.web.kit.dependencies import BareForm, CurrentActor, ReadSession, WriteSession
from tuoju.web.kit.gates import Audience, needs, open_to
from tuoju.web.kit.once import READS, repeatable
from tuoju.web.kit.purposes import stated_purpose
from tuoju.web.kit.rate_limits import costs
from tuoju.web.kit.rendering import render
from tuoju.words.languages import gettext as _
from tuoju.words.languages import use_language

router = APIRouter()
MAX_BYTES = 60_000_000


@router.get("/residents/{resident_id}/history", dependencies=[needs(Action.read_residents)])
def show(request: Request, session: ReadSession, actor: CurrentActor, resident_id: PathId) -> Response:
    """Everything that happened to a resident, and what the files of the cases still lack."""
    resident = get_resident(session, actor, resident_id)
    note_read(resident)
    events = history(session, actor, resident)
    cases = find_cases(session, actor, resident_id=resident.pk)
    view = history_page(
        resident_seen(actor, resident, china_day(now())),
        full_name(session, resident.region_code),
        events,
        names_of(session, {event.by for event in events}),
        cases,
        checklists={case.pk: checklist_rows(checklist(session, case)) for case in cases},
        exports=exports_of(session, resident),
    )
    return render(request, view)


@router.post(
    "/residents/{resident_id}/file.pdf",
    dependencies=[needs(Action.reveal_residents), repeatable(READS), costs(Expense.paper)],
)
def file_as_pdf(session: WriteSession, actor: CurrentActor, resident_id: PathId, form: BareForm) -> Response:
    """One person, one file as one PDF. The reading and the SHA-256 of the file are audited."""
    resident = get_resident(session, actor, resident_id)
    content = _file(session, actor, resident, stated_purpose(session, actor, form))
    return _hand_out(session, actor, IssuedKind.person_file, resident, content)


@router.post(
    "/residents/{resident_id}/file.zip",
    dependencies=[needs(Action.reveal_residents), repeatable(READS), costs(Expense.paper)],
)
def file_as_archive(session: WriteSession, actor: CurrentActor, resident_id: PathId, form: BareForm) -> Response:
    """The same with every attachment, the entries as JSON, and the list of their SHA-256 sums.

    That is what an archive keeps (档案法实施条例 art. 39). The reading of each attachment is audited.
    """
    resident = get_resident(session, actor, resident_id)
    purpose = stated_purpose(session, actor, form)
    files = {"file.pdf": _file(session, actor, resident, purpose)}
    with use_language("zh_CN"):
        files["file.json"] = events_as_json(file_number(resident), history(session, actor, resident), event_words)
    for case in find_cases(session, actor, resident_id=resident.pk):
        for attachment in attachments_of(session, case):
            ending = "pdf" if attachment.media_type == "application/pdf" else "jpg"
            name = f"attachments/{attachment.pk}-{attachment.kind}.{ending}"
            files[name] = read_attachment(session, actor, attachment, purpose=purpose, budget=None)
    return _hand_out(session, actor, IssuedKind.person_archive, resident, archive_of(files))


def _file(session: Session, actor: Actor, resident: Resident, purpose: str) -> bytes:
    """The file as a PDF with personal fields in full; the reading is audited."""
    foot = f"{actor.display_name} {datetime.now(CHINA):%Y-%m-%d %H:%M:%S} 导出"
    with use_language("zh_CN"):
        facts = collect_person_file(session, actor, resident, purpose=purpose)
        return to_pdf(person_file(facts, event_words, foot))


_MEDIA_TYPES = {
    IssuedKind.person_file: ("application/pdf", "pdf"),
    IssuedKind.person_archive: ("application/zip", "zip"),
}
"""Media type and ending of the file name."""


def _hand_out(session: Session, actor: Actor, kind: IssuedKind, resident: Resident, content: bytes) -> Response:
    """The file as a download; its SHA-256 is kept."""
    issued = issue(session, actor, kind, resident, content)
    media_type, ending = _MEDIA_TYPES[kind]
    headers = {
        "content-disposition": f'attachment; filename="{file_number(resident)}.{ending}"',
        "cache-control": "no-store",
        "x-content-sha256": issued.sha256,
    }
    return Response(content, media_type=media_type, headers=headers)


@router.get(
    "/verify",
    dependencies=[
        open_to(
            Audience.everybody, "whoever holds a paper checks whether it was handed out; the paper itself is asked for"
        )
    ],
)
def show_verification(request: Request) -> Response:
    """For anyone who holds a file that was handed out, without signing in: is it authentic and unchanged?"""
    return render(request, VerificationPage())


@router.post(
    "/verify",
    dependencies=[
        open_to(
            Audience.everybody, "whoever holds a paper checks whether it was handed out; the paper itself is asked for"
        ),
        takes_body(MAX_BYTES),
        repeatable("it only compares a file"),
        costs(Expense.upload),
    ],
)
def verify(request: Request, session: ReadSession, form: BareForm) -> Response:
    """Looks up the SHA-256 of a file; the file itself is not kept."""
    file, typed = form.get("file"), str(form.get("seal", ""))[:80]
    seal = "".join(typed.split()).lower()
    if isinstance(file, UploadFile) and file.size:
        if file.size > MAX_BYTES:
            return render(request, VerificationPage(wrong=_("The file is larger than 60 MB.")), 422)
        seal = file_digest(file.file, "sha256").hexdigest()  # type: ignore[arg-type]  # read piece by piece
    if not seal:
        return render(request, VerificationPage(wrong=_("Choose the file, or enter its checksum.")), 422)
    issued = find_issued(session, seal)
    if issued is None:
        return render(request, VerificationPage(seal=seal))
    place = full_name(session, county_of(session, issued.region_code))
    return render(request, VerificationPage(seal, IssuedFileFacts(issued.kind, place, issued.issued_at)))
