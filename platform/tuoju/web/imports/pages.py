"""Every list of the office in and out of Excel: template, dry run with an error per row, then the good rows or none;
and back out, masked, or in full for a purpose."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, UploadFile
from fastapi.responses import Response
from sqlmodel import Session
from starlette.datastructures import UploadFile as Upload

from tuoju.accounts import audit
from tuoju.accounts.permissions import Action, Actor, may, require
from tuoju.cases.service import discard_draft, find_draft, save_draft
from tuoju.database.records import now
from tuoju.documents.sheets.alerts import ALERTS
from tuoju.documents.sheets.list_sheet import ListSheet
from tuoju.documents.sheets.payments import PAYMENTS
from tuoju.documents.sheets.projects import PROJECTS
from tuoju.documents.sheets.residents import RESIDENTS
from tuoju.documents.sheets.visits import VISITS
from tuoju.regions.calendar import CHINA
from tuoju.regions.queries import county_of
from tuoju.residents.masking import mask_name
from tuoju.web.kit.dependencies import CurrentActor, Form, ReadSession, WriteSession
from tuoju.web.kit.forms import message_of
from tuoju.web.kit.rendering import redirect, render
from tuoju.words.labels import label
from tuoju.words.languages import gettext as _
from tuoju.words.languages import short_language
from tuoju_projects.sheets import Preview, RowError, Sheet, SheetError

router = APIRouter()
LISTS: Mapping[str, ListSheet] = {
    "residents": RESIDENTS,
    "alerts": ALERTS,
    "projects": PROJECTS,
    "visits": VISITS,
    "payments": PAYMENTS,
}
Name = Annotated[str, Path(pattern="^(residents|alerts|projects|visits|payments)$")]
MOST_BYTES = 5_000_000
KEPT = timedelta(hours=1)
SHOWN = 20
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _draft(name: str) -> str:
    return f"list-{name}"


@router.get("/imports/{name}")
def show(request: Request, actor: CurrentActor, name: Name) -> Response:
    return _page(request, actor, name)


def _page(request: Request, actor: Actor, name: str, wrong: str = "") -> Response:
    office = LISTS[name]
    into, out = may(actor, office.import_action), may(actor, office.export_action)
    if not into and not out:
        require(actor, office.import_action)
    return render(
        request,
        "imports/show.html",
        422 if wrong else 200,
        name=name,
        office=office,
        wrong=wrong,
        into=into,
        out=out,
        in_full=out and office.personal and may(actor, Action.reveal_residents),
    )


@router.get("/imports/{name}/template.xlsx")
def template(session: ReadSession, actor: CurrentActor, name: Name) -> Response:
    require(actor, LISTS[name].import_action)
    return _workbook(LISTS[name].sheet(session, actor).template(_language()), f"tuoju-{name}-template.xlsx")


@router.get("/exports/{name}.xlsx")
def export(session: WriteSession, actor: CurrentActor, name: Name) -> Response:
    """The list in the template's layout, masked; who took it out is on record."""
    return _export(session, actor, name, purpose="")


@router.post("/exports/{name}.xlsx")
def export_in_full(session: WriteSession, actor: CurrentActor, name: Name, form: Form) -> Response:
    """The same in full, for a purpose; every file read is on record."""
    require(actor, Action.reveal_residents)
    return _export(session, actor, name, purpose=str(form.get("purpose", "")).strip()[:60] or "export")


def _export(session: Session, actor: Actor, name: str, *, purpose: str) -> Response:
    office = LISTS[name]
    require(actor, office.export_action)
    told = purpose if office.personal else ""
    rows = office.out(session, actor, told)
    audit.record(session, actor, "export_list", name, scope=_scope(session, actor), purpose=told, rows=len(rows))
    how = _("in full, for: %(purpose)s") % {"purpose": told} if told else _("masked")
    foot = _("Taken out by %(name)s at %(time)s, %(how)s, %(count)s rows") % {
        "name": actor.display_name,
        "time": f"{datetime.now(CHINA):%Y-%m-%d %H:%M}",
        "how": how,
        "count": len(rows),
    }
    return _workbook(office.sheet(session, actor).template(_language(), rows, foot), f"tuoju-{name}.xlsx")


def _scope(session: Session, actor: Actor) -> str:
    return county_of(session, actor.region_code) if actor.region_code else f"organization:{actor.organization_id}"


def _language() -> int:
    return 0 if short_language() == "zh" else 1


def _workbook(content: bytes, name: str) -> Response:
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(content, media_type=XLSX, headers=headers)


@router.post("/imports/{name}")
def preview(request: Request, session: WriteSession, actor: CurrentActor, name: Name, form: Form) -> Response:
    """The dry run: nothing of the list is written; what was read is kept sealed until it is confirmed."""
    office = LISTS[name]
    require(actor, office.import_action)
    file = form.get("file")
    content = file.file.read(MOST_BYTES + 1) if isinstance(file, Upload | UploadFile) else b""
    if not content:
        return _page(request, actor, name, _("Please choose a file."))
    if len(content) > MOST_BYTES:
        return _page(request, actor, name, _("The file is larger than 5 MB."))
    sheet = office.sheet(session, actor)
    try:
        read = sheet.read(content)
    except SheetError as error:
        return _page(request, actor, name, _sheet_error(error))
    _check(session, actor, office, read)
    why: dict[int, list[str]] = {}
    for each in read.errors:
        why.setdefault(each.row, []).append(_heading(sheet, each) + _(": ") + _row_error(each))
    kept = {
        "rows": {row: made.model_dump(mode="json") for row, made in read.rows.items()},
        "typed": read.typed,
        "why": {row: " ".join(words) for row, words in why.items()},
    }
    save_draft(session, actor, _draft(name), json.dumps(kept, ensure_ascii=False))
    return render(
        request,
        "imports/preview.html",
        name=name,
        rows=[(row, _first(office, sheet, made)) for row, made in list(read.rows.items())[:SHOWN]],
        total=len(read.rows),
        errors=[
            (each.row, _heading(sheet, each), _row_error(each), each.typed) for each in sorted(read.errors, key=_row)
        ],
        bad_rows=len(why),
    )


def _row(error: RowError) -> int:
    return error.row


def _first(office: ListSheet, sheet: Sheet[Any], made: Any) -> str:
    first = str(getattr(made, sheet.columns[0].name))
    return mask_name(first) if office.personal else first


def _check(session: Session, actor: Actor, office: ListSheet, read: Preview[Any]) -> None:
    """Move to the errors what the list knows already, or what its verb would refuse."""
    for row, made in list(read.rows.items()):
        found = office.check(session, actor, made)
        if found:
            del read.rows[row]
            texts = made.model_dump(mode="json")
            read.typed[row] = read.written[row]
            read.errors += [RowError(row, field, code, str(texts.get(field) or "")) for field, code in found]


def _heading(sheet: Sheet[Any], error: RowError) -> str:
    return next((each.headings[_language()] for each in sheet.columns if each.name == error.field), error.field)


def _row_error(error: RowError) -> str:
    match error.code:
        case "missing":
            return _("Please fill this in.")
        case "unknown_organization":
            return _("No organization of this name; please add it first.")
        case "not_in_list":
            return _("Not in the list.")
        case "not_a_date":
            return _("A date like 2026-11-23, please.")
        case "not_a_number":
            return _("A number, please.")
        case "number_not_text":
            return _("Excel has rounded this number: format the column as text and type it again.")
        case "twice":
            return _("It stands twice in the sheet.")
        case "known":
            return _("It is here already.")
        case "looks_alike":
            return _("Someone of this name, sex and birth date is here already. Please add this person by hand.")
        case "several_villages":
            return _("Several villages have this name: please write the township too.")
        case "unknown_village":
            return _("No village of this name in your area.")
        case "unknown_case":
            return _("No case of this number in your area.")
        case "not_approved":
            return _("This case is not approved, or nothing is left to pay.")
        case "above_grant":
            return _("More than is still to be paid of what was granted.")
        case "no_fund":
            return _("This society has no fund yet.")
        case "unknown_referral":
            return _("No referral of this number is yours.")
        case "not_in_service":
            return _("This referral is not in service.")
        case "served_on":
            return _("The day lies before the acceptance or in the future.")
        case "not_of_household":
            return _("Not everyone named belongs to the household.")
        case "period":
            return _("The end lies before the start.")
        case _:
            return message_of(error.code, {"ge": 0, "gt": 0, "le": "", "max_length": ""})


def _sheet_error(error: SheetError) -> str:
    match error.code:
        case "too_long":
            return _("More than %(count)s rows. Please split the file.") % {"count": error.detail}
        case "columns_missing":
            return _("This is another sheet. Columns missing: %(names)s") % {"names": error.detail}
        case "empty":
            return _("The sheet has no rows.")
        case _:
            return _("This file can not be read. Please save it as .xlsx.")


def _kept(session: Session, actor: Actor, name: str) -> dict[str, Any] | None:
    """What the last dry run read, unless it is too old."""
    draft = find_draft(session, actor, _draft(name))
    if draft is None or draft.saved_at < now() - KEPT:
        return None
    kept: dict[str, Any] = json.loads(draft.content)
    return kept


@router.get("/imports/{name}/bad-rows.xlsx")
def bad_rows(session: ReadSession, actor: CurrentActor, name: Name) -> Response:
    """The rows that could not be read, each with what is to be corrected, to be read in again."""
    require(actor, LISTS[name].import_action)
    kept = _kept(session, actor, name) or {"typed": {}, "why": {}}
    content = LISTS[name].sheet(session, actor).bad_rows(kept["typed"], kept["why"], _language())
    return _workbook(content, f"tuoju-{name}-to-correct.xlsx")


@router.post("/imports/{name}/confirm")
def confirm(request: Request, session: WriteSession, actor: CurrentActor, name: Name, form: Form) -> Response:
    """Add every row that was read, in one transaction: all of them, or none if one can not be."""
    office = LISTS[name]
    require(actor, office.import_action)
    kept = _kept(session, actor, name)
    if kept is None:
        return redirect(request, f"/imports/{name}", _("Please read the file in once more."))
    model = office.sheet(session, actor).model
    for row, values in kept["rows"].items():
        try:
            with session.begin_nested():
                office.add(session, actor, model.model_validate(values))
        except office.known:
            session.rollback()
            words = _("Row %(row)s can not be added any more. Nothing was imported; please read the file in once more.")
            return redirect(request, f"/imports/{name}", words % {"row": row})
    discard_draft(session, actor, _draft(name))
    scope = _scope(session, actor)
    audit.record(session, actor, "import_list", name, scope=scope, rows=len(kept["rows"]))
    return redirect(
        request,
        office.home,
        _("%(list)s: %(count)s imported.") % {"list": label("office_list", name), "count": len(kept["rows"])},
    )
