"""The list of projects (项目目录) in and out of Excel."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlmodel import Session, col, func, select

from tuoju.accounts.permissions import Action, Actor, visible_regions
from tuoju.documents.sheets.list_sheet import Batch, ListSheet
from tuoju.regions.models import Region, RegionLevel
from tuoju.regions.queries import is_current, names
from tuoju.registry.service import add_project, step_project
from tuoju.words.labels import label, options, services, target_group
from tuoju_projects.cells import code_of_word
from tuoju_projects.errors import ProjectNameTaken
from tuoju_projects.excel import Lookups, ProjectRow, project_sheet
from tuoju_projects.models import Project
from tuoju_projects.queries import find_organizations, find_projects, organizations_by_id, rules_of
from tuoju_projects.sheets import Sheet
from tuoju_projects.status import ProjectVerb


def _areas(session: Session, actor: Actor) -> dict[str, str]:
    """City, counties and townships in scope, by code; a township is named with its county."""
    visible = select(Region.code).where(
        col(Region.code).in_(visible_regions(session, actor)), Region.level != RegionLevel.village, is_current()
    )
    return names(session, session.exec(visible).all())


def _sheet(session: Session, actor: Actor) -> Sheet[ProjectRow]:
    """Cells may have words, full names or codes; a village needs its code, since village names repeat."""
    organizations = {organization.name: organization.id for organization in find_organizations(session)}
    leaves = {words: code for _group, choices in services() for code, words in choices}
    groups = {words: code for kind in ("vulnerable_tag", "relief_category") for code, words in options(kind)}
    areas = {words: code for code, words in _areas(session, actor).items()}
    visible = set(session.exec(visible_regions(session, actor)))
    lookups = Lookups(
        organization=code_of_word(organizations),
        category=code_of_word(leaves | {code: code for code in leaves.values()}),
        group=code_of_word(groups | {code: code for code in groups.values()}),
        area=lambda typed: typed if typed in visible else areas.get(typed),
    )
    offered = {
        "organization_id": list(organizations),
        "categories": list(leaves),
        "target_groups": [words for _code, words in options("vulnerable_tag")],
        "areas": list(areas),
        "home_visits": ["是", "否"],
        "sex": ["男", "女"],
    }
    return project_sheet(lookups, offered)


def _check(session: Session, _actor: Actor, row: ProjectRow) -> Sequence[tuple[str, str]]:
    same = select(Project.id).where(Project.organization_id == row.organization_id, Project.name == row.name)
    return [("name", "known")] if session.exec(same).first() is not None else []


def _add(session: Session, actor: Actor, row: ProjectRow) -> None:
    step_project(session, actor, add_project(session, actor, row), ProjectVerb.open)


def _count(session: Session, _actor: Actor) -> int:
    return session.exec(select(func.count(col(Project.id)))).one()


def _export_batch(session: Session, _actor: Actor, _purpose: str, _after: Any) -> Batch:
    """All projects at once: a city has some thousands, in the order of names."""
    projects = find_projects(session)
    organizations = organizations_by_id(session, {project.organization_id for project in projects})
    places = names(session, {code for project in projects for code in project.areas})
    rules = rules_of(session, [project.pk for project in projects])
    rows: list[Mapping[str, Any]] = []
    for project in projects:
        limits = {rule.kind.value: rule.values for rule in rules[project.pk]}
        rows.append(
            {
                "name": project.name,
                "organization_id": organizations[project.organization_id].name,
                "description": project.description,
                "categories": "、".join(label("service_type", code) for code in project.categories),
                "target_groups": "、".join(target_group(code) for code in project.target_groups),
                "areas": "、".join(places.get(code, code) for code in project.areas),
                "home_visits": "是" if project.home_visits else "否",
                "starts_on": project.starts_on.isoformat(),
                "ends_on": project.ends_on.isoformat(),
                "places_total": project.places_total,
                "target_person_times": project.target_person_times,
                "budget_fen": project.budget_fen / 100,
                "min_age": limits.get("min_age", [""])[0],
                "max_age": limits.get("max_age", [""])[0],
                "sex": {"male": "男", "female": "女"}.get(limits.get("sex", [""])[0], ""),
            }
        )
    return Batch(rows, None)


PROJECTS = ListSheet(
    sheet=_sheet,
    add=_add,
    check=_check,
    count=_count,
    export_batch=_export_batch,
    add_errors=(ProjectNameTaken,),
    import_action=Action.manage_projects,
    export_action=Action.manage_projects,
    home="/projects",
    is_personal=False,
)
