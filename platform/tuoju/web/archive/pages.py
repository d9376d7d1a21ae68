"""One person, one file: everything in order, what each case's file still lacks, and the file handed out and proved."""

from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlmodel import Session
from starlette.datastructures import UploadFile

from tuoju.accounts.permissions import Actor
from tuoju.accounts.queries import names_of
from tuoju.cases.attachments import attachments_of, read_attachment
from tuoju.cases.queries import find_cases
from tuoju.database.records import now
from tuoju.documents.papers.file_archive import archive_of, told_as_json
from tuoju.documents.papers.file_paper import file_number, person_file
from tuoju.documents.papers.typesetting import to_pdf
from tuoju.regions.calendar import CHINA, china_day
from tuoju.regions.queries import county_of, full_name
from tuoju.reports.checklist import checklist
from tuoju.reports.history import LIST_OF, Event, Happening, exports_of, history
from tuoju.reports.issuing import find_issued, issue, seal_of
from tuoju.reports.models import IssuedKind
from tuoju.residents.masking import masked
from tuoju.residents.models import Resident
from tuoju.residents.queries import get_resident
from tuoju.residents.service import reveal
from tuoju.web.archive.views import IssuedFileFacts, VerificationPage
from tuoju.web.kit.bounds import PathId
from tuoju.web.kit.checklists import checklist_rows
from tuoju.web.kit.dependencies import CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.rendering import render, render_view
from tuoju.words.labels import label, reading_words
from tuoju.words.languages import gettext as _
from tuoju.words.languages import use_language

router = APIRouter()
MAX_BYTES = 60_000_000


def event_words(event: Event) -> str:
    """What happened, in words; a case's step is told by its own name."""
    code = label(LIST_OF[event.happening], event.code) if event.happening in LIST_OF else ""
    if event.happening is Happening.read_in_full:
        code = reading_words(event.text)
    if event.happening is Happening.case_step:
        return code
    return _(": ").join(each for each in (label("happening", event.happening), code) if each)


@router.get("/residents/{resident_id}/history")
def show(request: Request, session: ReadSession, actor: CurrentActor, resident_id: PathId) -> Response:
    resident = get_resident(session, actor, resident_id)
    events = history(session, resident)
    cases = find_cases(session, actor, resident_id=resident.pk)
    return render(
        request,
        "residents/history.html",
        person=masked(resident, china_day(now())),
        place=full_name(session, resident.region_code),
        events=events,
        event_words=event_words,
        people=names_of(session, {each.by for each in events}),
        cases=cases,
        numbers={case.pk: case.number for case in cases},
        checklists={case.pk: checklist_rows(checklist(session, case)) for case in cases},
        exports=exports_of(session, resident),
    )


@router.get("/residents/{resident_id}/file.pdf")
def whole_file(session: WriteSession, actor: CurrentActor, resident_id: PathId) -> Response:
    """One person, one file as one PDF; the reading and the seal of what went out are on record."""
    resident = get_resident(session, actor, resident_id)
    content = _file(session, actor, resident)
    return _handed_out(session, actor, IssuedKind.person_file, resident, content, "application/pdf", "pdf")


@router.get("/residents/{resident_id}/file.zip")
def whole_archive(session: WriteSession, actor: CurrentActor, resident_id: PathId) -> Response:
    """The same with every attachment, the entries as JSON, and the list of their seals: what an archive keeps
    (档案法实施条例 art. 39). Each attachment's reading is on record."""
    resident = get_resident(session, actor, resident_id)
    files = {"file.pdf": _file(session, actor, resident)}
    with use_language("zh_CN"):
        files["file.json"] = told_as_json(file_number(resident), history(session, resident), event_words)
    for case in find_cases(session, actor, resident_id=resident.pk):
        for each in attachments_of(session, case):
            ending = "pdf" if each.media_type == "application/pdf" else "jpg"
            files[f"attachments/{each.pk}-{each.kind}.{ending}"] = read_attachment(session, actor, each)
    content = archive_of(files)
    return _handed_out(session, actor, IssuedKind.person_archive, resident, content, "application/zip", "zip")


def _file(session: Session, actor: Actor, resident: Resident) -> bytes:
    told = reveal(session, actor, resident, purpose="print")
    cases, events = find_cases(session, actor, resident_id=resident.pk), history(session, resident)
    with use_language("zh_CN"):
        paper = person_file(
            full_name(session, resident.region_code),
            resident,
            told,
            cases,
            {case.pk: checklist(session, case) for case in cases},
            events,
            [(case.number, each) for case in cases for each in attachments_of(session, case)],
            names_of(session, {each.by for each in events}),
            event_words,
            f"{actor.display_name} {datetime.now(CHINA):%Y-%m-%d %H:%M:%S} 导出",
        )
        return to_pdf(paper)


def _handed_out(
    session: Session, actor: Actor, kind: IssuedKind, resident: Resident, content: bytes, media_type: str, ending: str
) -> Response:
    made = issue(session, actor, kind, resident, content)
    headers = {
        "content-disposition": f'attachment; filename="{file_number(resident)}.{ending}"',
        "cache-control": "no-store",
        "x-content-sha256": made.sha256,
    }
    return Response(content, media_type=media_type, headers=headers)


@router.get("/verify")
def show_verification(request: Request) -> Response:
    """For anyone who holds a file that was handed out, without signing in: is it authentic and unchanged?"""
    return render_view(request, VerificationPage())


@router.post("/verify")
def verify(request: Request, session: ReadSession, form: Form) -> Response:
    """Looks up the SHA-256 of a file; the file itself is not kept."""
    file, typed = form.get("file"), str(form.get("seal", ""))[:80]
    content = file.file.read(MAX_BYTES + 1) if isinstance(file, UploadFile) else b""
    if len(content) > MAX_BYTES:
        return render_view(request, VerificationPage(wrong=_("The file is larger than 60 MB.")), 422)
    seal = seal_of(content) if content else "".join(typed.split()).lower()
    if not seal:
        return render_view(request, VerificationPage(wrong=_("Please choose the file, or type its seal.")), 422)
    issued = find_issued(session, seal)
    if issued is None:
        return render_view(request, VerificationPage(seal=seal))
    place = full_name(session, county_of(session, issued.region_code))
    return render_view(request, VerificationPage(seal, IssuedFileFacts(issued.kind, place, issued.issued_at)))
