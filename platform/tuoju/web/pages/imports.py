"""Projects from Excel: template, dry run with an error per row, then all or the good rows; and back out."""

from typing import Any

from fastapi import APIRouter, Request, UploadFile
from fastapi.responses import Response
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlmodel import Session, col, select
from starlette.datastructures import UploadFile as Upload

from tuoju.accounts import audit
from tuoju.accounts.permissions import Action, Actor, require, visible_regions
from tuoju.regions.models import Region, RegionLevel
from tuoju.regions.queries import names
from tuoju.web.dependencies import CurrentActor, Form, ReadSession, WriteSession, settings_of
from tuoju.web.forms import message_of
from tuoju.web.languages import gettext as _
from tuoju.web.languages import short_language
from tuoju.web.registry import add_project, step_project
from tuoju.web.rendering import redirect, render
from tuoju.web.words import label, options, services
from tuoju_projects import excel
from tuoju_projects.errors import ProjectNameTaken
from tuoju_projects.inputs import ProjectInput
from tuoju_projects.queries import find_organizations, find_projects, organizations_by_id, rules_of
from tuoju_projects.status import ProjectVerb

router = APIRouter()
MOST_BYTES = 5_000_000
KEPT_SECONDS = 3600
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@router.get("/imports/projects")
def show(request: Request, actor: CurrentActor) -> Response:
    require(actor, Action.manage_projects)
    return render(request, "imports/projects.html", wrong="")


@router.get("/imports/projects/template.xlsx")
def template(session: ReadSession, actor: CurrentActor) -> Response:
    require(actor, Action.manage_projects)
    return _workbook(excel.template(_lists(session, actor), _column()), "tuoju-projects-template.xlsx")


@router.get("/imports/projects/export.xlsx")
def export(session: WriteSession, actor: CurrentActor) -> Response:
    """All projects in the template's own layout; who took them out is on record."""
    require(actor, Action.manage_projects)
    projects = find_projects(session)
    organizations = organizations_by_id(session, {each.organization_id for each in projects})
    places = names(session, {code for each in projects for code in each.areas})
    rules = rules_of(session, [each.pk for each in projects])
    rows = []
    for each in projects:
        limits = {rule.kind.value: rule.values for rule in rules[each.pk]}
        rows.append(
            {
                "name": each.name,
                "organization": organizations[each.organization_id].name,
                "description": each.description,
                "categories": "、".join(label("service_type", code) for code in each.categories),
                "target_groups": "、".join(_group_word(code) for code in each.target_groups),
                "areas": "、".join(places.get(code, code) for code in each.areas),
                "home_visits": "是" if each.home_visits else "否",
                "starts_on": each.starts_on.isoformat(),
                "ends_on": each.ends_on.isoformat(),
                "places_total": each.places_total,
                "target_person_times": each.target_person_times,
                "budget": each.budget_fen / 100,
                "min_age": limits.get("min_age", [""])[0],
                "max_age": limits.get("max_age", [""])[0],
                "sex": label("sex_word", limits["sex"][0]) if "sex" in limits else "",
            }
        )
    audit.record(session, actor, "export_projects", "projects", scope=_scope(actor), rows=len(rows))
    return _workbook(excel.template(_lists(session, actor), _column(), rows), "tuoju-projects.xlsx")


def _group_word(code: str) -> str:
    tags = dict(options("vulnerable_tag"))
    return tags.get(code) or label("relief_category", code)


def _column() -> int:
    return 0 if short_language() == "zh" else 1


def _workbook(content: bytes, name: str) -> Response:
    return Response(content, media_type=XLSX, headers={"content-disposition": f'attachment; filename="{name}"'})


def _scope(actor: Actor) -> str:
    return actor.region_code or "registry"


def _lists(session: Session, actor: Actor) -> dict[str, list[str]]:
    """The words offered in the cells of the template."""
    return {
        "organization": [each.name for each in find_organizations(session)],
        "categories": [words for _group, choices in services() for _code, words in choices],
        "target_groups": [words for _code, words in options("vulnerable_tag")],
        "areas": list(_areas(session, actor).values()),
        "home_visits": ["是", "否"],
        "sex": [label("sex_word", "male"), label("sex_word", "female")],
    }


def _areas(session: Session, actor: Actor) -> dict[str, str]:
    """City, counties and townships in scope; a township named with its county."""
    visible = select(Region.code).where(
        col(Region.code).in_(visible_regions(session, actor)), Region.level != RegionLevel.village
    )
    return names(session, session.exec(visible).all())


def _lookups(session: Session, actor: Actor) -> excel.Lookups:
    """Words, full names and codes are all understood; a village by its code, since names repeat."""
    organizations = {each.name: each.id for each in find_organizations(session)}
    leaves = {words: code for _group, choices in services() for code, words in choices}
    groups = {words: code for kind in ("vulnerable_tag", "relief_category") for code, words in options(kind)}
    areas = {words: code for code, words in _areas(session, actor).items()}
    known = set(session.exec(visible_regions(session, actor)))

    def code_in(words: dict[str, str]) -> excel.Codes:
        return lambda typed: typed if typed in words.values() else words.get(typed)

    return excel.Lookups(
        organization=lambda typed: organizations.get(typed),
        category=code_in(leaves),
        group=code_in(groups),
        area=lambda typed: typed if typed in known else areas.get(typed),
    )


@router.post("/imports/projects")
def preview(request: Request, session: ReadSession, actor: CurrentActor, form: Form) -> Response:
    """The dry run: nothing is written; what was read travels signed in the page until it is confirmed."""
    require(actor, Action.manage_projects)
    file = form.get("file")
    content = file.file.read(MOST_BYTES + 1) if isinstance(file, Upload | UploadFile) else b""
    if not content:
        return render(request, "imports/projects.html", 422, wrong=_("Please choose a file."))
    if len(content) > MOST_BYTES:
        return render(request, "imports/projects.html", 422, wrong=_("The file is larger than 5 MB."))
    try:
        read = excel.read_projects(content, _lookups(session, actor))
    except excel.SheetError as error:
        return render(request, "imports/projects.html", 422, wrong=_sheet_error(error))
    rows = {str(row): made.model_dump(mode="json") for row, made in read.rows.items()}
    return render(
        request,
        "imports/preview.html",
        rows=read.rows,
        errors=[(each.row, _heading(each.field), _row_error(each), each.typed) for each in read.errors],
        bad_rows=len({each.row for each in read.errors}),
        kept=_signer(request, actor).dumps(rows) if rows else "",
    )


def _signer(request: Request, actor: Actor) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(settings_of(request).secret_key, salt=f"import-{actor.user_id}")


def _heading(field: str) -> str:
    return excel.HEADINGS[field][_column()] if field in excel.HEADINGS else field


def _row_error(error: excel.RowError) -> str:
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
        case "twice":
            return _("This project stands twice in the sheet.")
        case "taken":
            return _("The organization has a project of this name already.")
        case "period":
            return _("The end lies before the start.")
        case _:
            return message_of(error.code, {})


def _sheet_error(error: excel.SheetError) -> str:
    match error.code:
        case "too_long":
            return _("More than %(count)s rows. Please split the file.") % {"count": error.detail}
        case "columns_missing":
            return _("This is not the projects sheet. Columns missing: %(names)s") % {"names": error.detail}
        case "empty":
            return _("The sheet has no rows.")
        case _:
            return _("This file can not be read. Please save it as .xlsx.")


@router.post("/imports/projects/confirm")
def confirm(request: Request, session: WriteSession, actor: CurrentActor, form: Form) -> Response:
    """Add every row that was read, in one transaction: all of them, or none if one can not be."""
    require(actor, Action.manage_projects)
    try:
        rows: dict[str, Any] = _signer(request, actor).loads(str(form.get("kept", "")), max_age=KEPT_SECONDS)
    except BadSignature:
        return redirect(request, "/imports/projects", _("Please read the file in once more."))
    for row, values in rows.items():
        given = ProjectInput.model_validate(values)
        try:
            with session.begin_nested():
                project = add_project(session, actor, given)
                step_project(session, actor, project, ProjectVerb.open)
        except ProjectNameTaken:
            session.rollback()
            words = _("Row %(row)s: %(name)s is there already. Nothing was imported.")
            return redirect(request, "/imports/projects", words % {"row": row, "name": given.name})
    return redirect(request, "/projects", _("%(count)s projects imported and open.") % {"count": len(rows)})
