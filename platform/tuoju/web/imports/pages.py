"""Lists in and out of Excel: a template, a dry run with an error per row, then all good rows or none; and an export,
masked, or in full for a purpose."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request, UploadFile
from fastapi.responses import Response
from pydantic import BaseModel
from sqlmodel import Session
from starlette.datastructures import FormData
from starlette.datastructures import UploadFile as StarletteUploadFile

from tuoju.accounts import audit
from tuoju.accounts.permissions import Action, Actor, may, require
from tuoju.cases.service import discard_draft, find_draft, save_draft
from tuoju.database.records import now
from tuoju.documents.sheets.list_sheet import ListSheet
from tuoju.documents.sheets.lists import LISTS, ListName
from tuoju.regions.calendar import CHINA
from tuoju.regions.queries import county_of
from tuoju.residents.masking import mask_name
from tuoju.web.imports.messages import cell_message, sheet_message
from tuoju.web.imports.views import GoodRow, ListPage, PreviewPage, WrongCell
from tuoju.web.kit.dependencies import CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.rendering import redirect, render
from tuoju.words.labels import label
from tuoju.words.languages import gettext as _
from tuoju.words.languages import short_language
from tuoju_projects.sheets import Preview, RowError, Sheet, SheetError

router = APIRouter()
MAX_BYTES = 5_000_000
"""Size of an uploaded file."""
KEPT_FOR = timedelta(hours=1)
"""How long a dry run can be confirmed."""
MAX_SHOWN_ROWS = 20
MAX_SHOWN_ERRORS = 300
MAX_PURPOSE = 60
"""Characters of the purpose of an export in full."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class KeptImport(BaseModel):
    """What a dry run read, kept sealed as a draft until it is confirmed. All keys are Excel's row numbers."""

    rows: dict[int, dict[str, Any]] = {}
    """The rows that can be imported, as fields of the list's row model."""
    typed: dict[int, list[str]] = {}
    """The cells of the rows with errors, as typed."""
    reasons: dict[int, str] = {}
    """What is to be corrected in the rows with errors."""


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


@router.get("/imports/{name}/template.xlsx")
def template(session: ReadSession, actor: CurrentActor, name: ListName) -> Response:
    require(actor, LISTS[name].import_action)
    return _workbook(LISTS[name].sheet(session, actor).template(_language_index()), f"tuoju-{name}-template.xlsx")


@router.get("/exports/{name}.xlsx")
def export(session: WriteSession, actor: CurrentActor, name: ListName) -> Response:
    """The list in the layout of its template, masked. The export is audited."""
    return _export(session, actor, name, purpose="")


@router.post("/exports/{name}.xlsx")
def export_in_full(session: WriteSession, actor: CurrentActor, name: ListName, form: Form) -> Response:
    """The list in full, for a purpose. The export and the reading of every file are audited."""
    require(actor, Action.reveal_residents)
    return _export(session, actor, name, purpose=str(form.get("purpose", "")).strip()[:MAX_PURPOSE] or "export")


def _export(session: Session, actor: Actor, name: ListName, *, purpose: str) -> Response:
    """The workbook; with a purpose in full if the list is personal. Raises NotPermitted."""
    sheet = LISTS[name]
    require(actor, sheet.export_action)
    purpose = purpose if sheet.is_personal else ""
    rows = sheet.export_rows(session, actor, purpose)
    scope = _scope(session, actor)
    audit.record(session, actor, "export_list", name.value, scope=scope, purpose=purpose, rows=len(rows))
    foot = _("Exported by %(name)s at %(time)s, %(how)s, %(count)s rows") % {
        "name": actor.display_name,
        "time": f"{datetime.now(CHINA):%Y-%m-%d %H:%M}",
        "how": _("in full, for: %(purpose)s") % {"purpose": purpose} if purpose else _("masked"),
        "count": len(rows),
    }
    content = sheet.sheet(session, actor).template(_language_index(), rows, foot)
    return _workbook(content, f"tuoju-{name}.xlsx")


def _scope(session: Session, actor: Actor) -> str:
    """The audit scope of an import or export: the county, or the organization of a charity."""
    return county_of(session, actor.region_code) if actor.region_code else f"organization:{actor.organization_id}"


def _language_index() -> int:
    """The place of this request's language in the pair (Chinese, English)."""
    return 0 if short_language() == "zh" else 1


def _workbook(content: bytes, file_name: str) -> Response:
    headers = {"content-disposition": f'attachment; filename="{file_name}"', "cache-control": "no-store"}
    return Response(content, media_type=XLSX, headers=headers)


@router.post("/imports/{name}")
def preview(request: Request, session: WriteSession, actor: CurrentActor, name: ListName, form: Form) -> Response:
    """The dry run: no row is added; what was read is kept sealed until it is confirmed."""
    list_sheet = LISTS[name]
    require(actor, list_sheet.import_action)
    content = _uploaded(form)
    if not content:
        return _list_page(request, actor, name, _("Choose a file."))
    if len(content) > MAX_BYTES:
        return _list_page(request, actor, name, _("The file is larger than 5 MB."))
    sheet = list_sheet.sheet(session, actor)
    try:
        result = sheet.read(content)
    except SheetError as error:
        return _list_page(request, actor, name, sheet_message(error))
    _move_refused_rows(session, actor, list_sheet, result)
    save_draft(session, actor, _draft_key(name), _kept_import(sheet, result).model_dump_json())
    return render(request, _preview_page(name, list_sheet, sheet, result))


def _uploaded(form: FormData) -> bytes:
    """The posted file, at most one byte beyond the limit; empty if there is none."""
    file = form.get("file")
    return file.file.read(MAX_BYTES + 1) if isinstance(file, StarletteUploadFile | UploadFile) else b""


def _move_refused_rows(session: Session, actor: Actor, list_sheet: ListSheet, result: Preview[Any]) -> None:
    """Move to the errors the rows that are duplicates of what is stored, or that the verb of the list would refuse."""
    for row, model in list(result.rows.items()):
        problems = list_sheet.check(session, actor, model)
        if problems:
            del result.rows[row]
            texts = model.model_dump(mode="json")
            result.typed[row] = result.written[row]
            result.errors += [RowError(row, field, code, str(texts.get(field) or "")) for field, code in problems]


def _kept_import(sheet: Sheet[Any], result: Preview[Any]) -> KeptImport:
    reasons: dict[int, list[str]] = {}
    for error in result.errors:
        reasons.setdefault(error.row, []).append(_heading(sheet, error) + _(": ") + cell_message(error))
    return KeptImport(
        rows={row: model.model_dump(mode="json") for row, model in result.rows.items()},
        typed=result.typed,
        reasons={row: " ".join(sentences) for row, sentences in reasons.items()},
    )


def _preview_page(name: ListName, list_sheet: ListSheet, sheet: Sheet[Any], result: Preview[Any]) -> PreviewPage:
    errors = [
        WrongCell(error.row, _heading(sheet, error), cell_message(error), error.typed)
        for error in sorted(result.errors, key=lambda error: error.row)
    ]
    shown = list(result.rows.items())[:MAX_SHOWN_ROWS]
    return PreviewPage(
        name=name,
        total=len(result.rows),
        bad_rows=len({error.row for error in result.errors}),
        rows=[GoodRow(row, _first_cell(list_sheet, sheet, model)) for row, model in shown],
        more_rows=len(result.rows) - len(shown),
        errors=errors[:MAX_SHOWN_ERRORS],
        has_more_errors=len(errors) > MAX_SHOWN_ERRORS,
    )


def _first_cell(list_sheet: ListSheet, sheet: Sheet[Any], model: BaseModel) -> str:
    text = str(getattr(model, sheet.columns[0].name))
    return mask_name(text) if list_sheet.is_personal else text


def _heading(sheet: Sheet[Any], error: RowError) -> str:
    headings: Mapping[str, str] = {column.name: column.headings[_language_index()] for column in sheet.columns}
    return headings.get(error.field, error.field)


def _draft_key(name: ListName) -> str:
    return f"list-{name}"


def _find_kept_import(session: Session, actor: Actor, name: ListName) -> KeptImport | None:
    """What the last dry run read; None if there is none or it is older than KEPT_FOR."""
    draft = find_draft(session, actor, _draft_key(name))
    if draft is None or draft.saved_at < now() - KEPT_FOR:
        return None
    return KeptImport.model_validate_json(draft.content)


@router.get("/imports/{name}/bad-rows.xlsx")
def bad_rows(session: ReadSession, actor: CurrentActor, name: ListName) -> Response:
    """The rows with errors, each with what is to be corrected; the corrected file can be read in again."""
    require(actor, LISTS[name].import_action)
    kept = _find_kept_import(session, actor, name) or KeptImport()
    content = LISTS[name].sheet(session, actor).bad_rows(kept.typed, kept.reasons, _language_index())
    return _workbook(content, f"tuoju-{name}-to-correct.xlsx")


@router.post("/imports/{name}/confirm")
def confirm(request: Request, session: WriteSession, actor: CurrentActor, name: ListName, form: Form) -> Response:
    """Add every row of the dry run in one transaction: all of them, or none if one cannot be added any more."""
    list_sheet = LISTS[name]
    require(actor, list_sheet.import_action)
    kept = _find_kept_import(session, actor, name)
    if kept is None:
        return redirect(request, f"/imports/{name}", _("Upload the file again."))
    model = list_sheet.sheet(session, actor).model
    for row, values in kept.rows.items():
        try:
            with session.begin_nested():
                list_sheet.add(session, actor, model.model_validate(values))
        except list_sheet.add_errors:
            session.rollback()
            message = _("Row %(row)s can no longer be added. Nothing was imported. Upload the file again.")
            return redirect(request, f"/imports/{name}", message % {"row": row})
    discard_draft(session, actor, _draft_key(name))
    scope = _scope(session, actor)
    audit.record(session, actor, "import_list", name.value, scope=scope, rows=len(kept.rows))
    return redirect(
        request,
        list_sheet.home,
        _("%(list)s: %(count)s imported.") % {"list": label("office_list", name), "count": len(kept.rows)},
    )
