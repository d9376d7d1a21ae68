"""Lists in and out of Excel: a template, and the start of an import or export, which a worker does."""

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlmodel import Session
from starlette.datastructures import FormData, UploadFile

from tuoju.accounts.permissions import Action, Actor, may, require
from tuoju.accounts.request_limits import Expense
from tuoju.documents.sheets.lists import LISTS, ListName
from tuoju.jobs.service import start_export, start_import
from tuoju.web.imports.views import ListPage
from tuoju.web.kit.body_limits import takes_body
from tuoju.web.kit.dependencies import BareForm, CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.gates import needs
from tuoju.web.kit.menu import IN_AND_OUT
from tuoju.web.kit.once import repeatable
from tuoju.web.kit.purposes import stated_purpose
from tuoju.web.kit.rate_limits import costs
from tuoju.web.kit.rendering import redirect, render
from tuoju.words.languages import gettext as _
from tuoju.words.languages import language, short_language

router = APIRouter(dependencies=[needs(*IN_AND_OUT)])
MAX_BYTES = 5_000_000
"""Size of an uploaded file."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@router.get("/imports/{name}")
def show(request: Request, actor: CurrentActor, name: ListName) -> Response:
    return _list_page(request, actor, name)


def _list_page(request: Request, actor: Actor, name: ListName, error: str = "") -> Response:
    """The page of a list, with what was wrong with the file. Raises NotPermitted for who may neither import nor
    export it."""
    sheet = LISTS[name]
    may_export = may(actor, sheet.export_action)
    if not may_export:
        require(actor, sheet.import_action)
    page = ListPage(
        name=name,
        home=sheet.home,
        error=error,
        template_help=_(
            "The template has lists to choose from. You can also use your own list: title rows, "
            "two header rows, merged cells, dates like 2024.3.1 and village names are "
            "understood. ID numbers must be text."
        ),
        may_import=may(actor, sheet.import_action),
        may_export=may_export,
        may_export_in_full=may_export and sheet.is_personal and may(actor, Action.reveal_residents),
        is_personal=sheet.is_personal,
    )
    return render(request, page, 422 if error else 200)


@router.get("/imports/{name}/template.xlsx", dependencies=[costs(Expense.export)])
def template(session: ReadSession, actor: CurrentActor, name: ListName) -> Response:
    require(actor, LISTS[name].import_action)
    return workbook(LISTS[name].sheet(session, actor).template(language_index()), f"tuoju-{name}-template.xlsx")


@router.post(
    "/imports/{name}",
    dependencies=[
        takes_body(MAX_BYTES),
        repeatable("the same file, while its import is open, is the same job"),
        costs(Expense.upload),
    ],
)
def upload(request: Request, session: WriteSession, actor: CurrentActor, name: ListName, form: BareForm) -> Response:
    """Start an import: a worker reads the file, and nothing is added before the trial run is confirmed."""
    require(actor, LISTS[name].import_action)
    content, file_name = _uploaded(form)
    if not content:
        return _list_page(request, actor, name, _("Choose a file."))
    if len(content) > MAX_BYTES:
        return _list_page(request, actor, name, _("The file is larger than 5 MB."))
    job = start_import(session, actor, name.value, content, file_name=file_name, language=language())
    return redirect(request, f"/jobs/{job.pk}")


def _uploaded(form: FormData) -> tuple[bytes, str]:
    """The posted file, at most one byte beyond the limit, and its name; empty if there is none."""
    file = form.get("file")
    if not isinstance(file, UploadFile):
        return b"", ""
    return file.file.read(MAX_BYTES + 1), file.filename or ""


@router.post("/exports/{name}", dependencies=[costs(Expense.export)])
def export(request: Request, session: WriteSession, actor: CurrentActor, name: ListName, form: Form) -> Response:
    """Start an export in the layout of the template, masked."""
    return _start_export(request, session, actor, name, purpose="")


@router.post("/exports/{name}/full", dependencies=[costs(Expense.export)])
def export_in_full(
    request: Request, session: WriteSession, actor: CurrentActor, name: ListName, form: Form
) -> Response:
    """Start an export in full, for a purpose. The budget is charged now; the worker puts the reading of every file on
    record."""
    require(actor, Action.reveal_residents)
    return _start_export(request, session, actor, name, purpose=stated_purpose(session, actor, form))


def _start_export(request: Request, session: Session, actor: Actor, name: ListName, *, purpose: str) -> Response:
    """Lists that are not personal ignore the purpose. Raises NotPermitted, TooManyJobs, BudgetSpent."""
    sheet = LISTS[name]
    require(actor, sheet.export_action)
    job = start_export(
        session,
        actor,
        name.value,
        purpose=purpose if sheet.is_personal else "",
        rows=sheet.count(session, actor),
        language=language(),
    )
    return redirect(request, f"/jobs/{job.pk}")


def language_index() -> int:
    """The place of this request's language in the pair (Chinese, English)."""
    return 0 if short_language() == "zh" else 1


def workbook(content: bytes, file_name: str) -> Response:
    """A workbook as a download that no cache keeps."""
    headers = {"content-disposition": f'attachment; filename="{file_name}"', "cache-control": "no-store"}
    return Response(content, media_type=XLSX, headers=headers)
