"""The form of a project: what it starts from, and what was posted as an input of the registry."""

import re
from typing import Any

from sqlmodel import Session, col, select
from starlette.datastructures import FormData

from tuoju.accounts.permissions import Action, Actor, require, visible_regions
from tuoju.regions.models import Region, RegionLevel
from tuoju.regions.queries import is_current, names
from tuoju.web.kit.forms import BlankForm, SubmittedForm, fill, required_of
from tuoju.web.projects.views import CategoryChoices, ProjectForm, ProjectFormPage
from tuoju.words.labels import services
from tuoju.words.languages import gettext as _
from tuoju_projects.inputs import ProjectInput
from tuoju_projects.models import Project, RuleKind
from tuoju_projects.queries import find_organizations, rules_of

_FORM_RULES = (RuleKind.min_age, RuleKind.max_age, RuleKind.sex, RuleKind.vulnerability)
"""The kinds of rules that the form has fields for; the others of a project are kept."""
_SINGLE_RULES = (RuleKind.min_age, RuleKind.max_age, RuleKind.sex)
_AGES = (RuleKind.min_age, RuleKind.max_age)
_OWN_FIELDS = ("min_age", "max_age", "sex", "budget_yuan", "home_visits")
"""Fields of the form that are no fields of ProjectInput."""
_AMOUNT = re.compile(r"\d{1,9}(\.\d{1,2})?")
_AGE = re.compile(r"\d{1,3}")


def form_page(session: Session, actor: Actor, form: ProjectForm, project: Project | None = None) -> ProjectFormPage:
    """The page of the form, of a new project where `project` is None. Raises NotPermitted."""
    require(actor, Action.manage_projects)
    visible = select(Region.code).where(
        col(Region.code).in_(visible_regions(session, actor)),
        col(Region.level).in_([RegionLevel.city, RegionLevel.county]),
        is_current(),
    )
    return ProjectFormPage(
        form=form,
        is_new=project is None,
        action=f"/projects/{project.pk}" if project else "/projects",
        organizations=[(row.id, row.name) for row in find_organizations(session) if row.id is not None],
        categories=_category_choices(form),
        areas=list(names(session, session.exec(visible).all()).items()),
    )


def _category_choices(form: ProjectForm) -> list[CategoryChoices]:
    without_error = BlankForm(form.typed, required=form.required)
    return [
        CategoryChoices(form if number == 0 else without_error, title, choices)
        for number, (title, choices) in enumerate(services())
    ]


def blank_form(actor: Actor) -> BlankForm:
    """What the form of a new project starts from."""
    return BlankForm(
        {"home_visits": "yes", "places_total": 10, "areas": [actor.region_code]}, required=required_of(ProjectInput)
    )


def stored_values(session: Session, project: Project) -> dict[str, Any]:
    """What is stored of a project, as the fields of the form."""
    rules = {rule.kind: rule.values for rule in rules_of(session, [project.pk])[project.pk]}
    return {
        **project.model_dump(mode="json"),
        "budget_yuan": project.budget_fen / 100,
        "home_visits": "yes" if project.home_visits else "no",
        **{kind.value: rules.get(kind, [""])[0] for kind in _SINGLE_RULES},
        "vulnerability": rules.get(RuleKind.vulnerability, []),
    }


def fill_project(form: FormData) -> SubmittedForm[ProjectInput]:
    """The posted project; its rules come from a few plain fields, its budget in yuan."""
    rules = {kind.value: [value] for kind in _SINGLE_RULES if (value := str(form.get(kind, "")).strip())}
    if circumstances := [str(value) for value in form.getlist("vulnerability")]:
        rules["vulnerability"] = circumstances
    fen = _fen(str(form.get("budget_yuan", "")))
    filled = fill(form, ProjectInput, rules=rules, budget_fen=fen, home_visits=form.get("home_visits") == "yes")
    own_values: dict[str, Any] = {name: form.get(name) for name in _OWN_FIELDS}
    filled.typed = {**filled.typed, **own_values, "vulnerability": form.getlist("vulnerability")}
    if fen is None:
        filled.add("budget_yuan", _("Enter a number."))
    for kind in _AGES:
        if kind in rules and not _AGE.fullmatch(rules[kind][0]):
            filled.add(kind.value, _("Enter a number."))
    return filled


def _fen(typed: str) -> int | None:
    """A budget typed in yuan, in fen: 0 if empty, None if it is no amount."""
    yuan = typed.strip().replace(",", "") or "0"
    return round(float(yuan) * 100) if _AMOUNT.fullmatch(yuan) else None


def with_kept_rules(session: Session, project: Project, data: ProjectInput) -> ProjectInput:
    """The input with those stored rules of the project that the form has no fields for."""
    stored = rules_of(session, [project.pk])[project.pk]
    kept = {rule.kind: rule.values for rule in stored if rule.kind not in _FORM_RULES}
    return data.model_copy(update={"rules": {**kept, **data.rules}})
