"""The page of one project, built from its rows."""

from sqlmodel import Session

from tuoju.accounts.permissions import Actor
from tuoju.database.records import now
from tuoju.referrals.contacts import may_change_contact
from tuoju.regions.calendar import china_day
from tuoju.regions.queries import names
from tuoju.registry.service import may_manage_project, may_state_places
from tuoju.web.kit.edits import filled_from, stored_fields
from tuoju.web.kit.forms import BlankForm
from tuoju.web.projects.views import PlaceRow, PlacesForm, PlacesPanel, ProjectPage, RuleRow, StepButton
from tuoju.words.formats import yuan
from tuoju.words.labels import label, target_group
from tuoju.words.languages import gettext as _
from tuoju_projects.inputs import PlacesInput
from tuoju_projects.models import EligibilityRule, Project, RuleKind
from tuoju_projects.queries import get_organization, place_entries, rules_of
from tuoju_projects.status import STEPS, ProjectVerb

SEPARATOR = "、"
SHOWN_ENTRIES = 20
"""Rows of the capacity ledger on the page."""

_LIST_OF_RULE = {
    RuleKind.sex: "sex_word",
    RuleKind.relief_category: "relief_category",
    RuleKind.vulnerability: "vulnerable_tag",
    RuleKind.self_care: "self_care_word",
    RuleKind.disability_type: "disability_type",
}
"""The code list of a rule's values; the other kinds are numbers."""

_STARTING_VERBS = (ProjectVerb.open, ProjectVerb.resume)


def project_page(
    session: Session, actor: Actor, project: Project, places_form: PlacesForm | None = None
) -> ProjectPage:
    """Everything the page of a project shows to this actor; `places_form` is the form of the places that came back."""
    organization_id, here = project.organization_id, f"/projects/{project.pk}"
    may_manage = may_manage_project(session, actor, project)
    has_contact = may_change_contact(session, actor, organization_id)
    return ProjectPage(
        name=project.name,
        state=project.state,
        organization=get_organization(session, organization_id).name,
        contact_url=f"/organizations/{organization_id}/contact" if has_contact else "",
        edit_url=f"{here}/edit" if may_manage else "",
        steps=_steps(project) if may_manage else [],
        description=project.description,
        facts=_facts(project, names(session, project.areas)),
        rules=[_rule_row(rule) for rule in rules_of(session, [project.pk])[project.pk]],
        source=project.source,
        invented=SEPARATOR.join(label("project_field", field) for field in project.invented),
        places=_places(session, actor, project, places_form),
    )


def _steps(project: Project) -> list[StepButton]:
    """The steps that are lawful in the project's state."""
    return [
        StepButton(
            url=f"/projects/{project.pk}/{verb}",
            words=label("project_verb", verb),
            confirm=label("project_verb", verb) + _("?"),
            kind="go" if verb in _STARTING_VERBS else "stop",
        )
        for state, verb in STEPS
        if state is project.state
    ]


def _facts(project: Project, area_names: dict[str, str]) -> list[tuple[str, str]]:
    groups = SEPARATOR.join(target_group(code) for code in project.target_groups)
    facts = [
        (_("Services"), SEPARATOR.join(label("service_type", code) for code in project.categories)),
        (_("Meant for"), groups or _("Everyone in hardship")),
        (_("Area"), SEPARATOR.join(area_names.get(code, code) for code in project.areas)),
        (_("Period"), _period(project)),
        (_("Home visits"), _("Yes") if project.home_visits else _("No")),
        (_("Funding"), _funding(project)),
    ]
    if project.target_person_times:
        facts.append((_("Target"), _("%(times)s person-times") % {"times": project.target_person_times}))
    return facts


def _period(project: Project) -> str:
    period = f"{project.starts_on} – {project.ends_on}"
    if project.last_intake_on is None:
        return period
    return f"{period} · " + _("takes people until %(day)s") % {"day": project.last_intake_on}


def _funding(project: Project) -> str:
    funding = label("funding_type", project.funding_type)
    return f"{funding} · ¥{yuan(project.budget_fen)}" if project.budget_fen else funding


def _rule_row(rule: EligibilityRule) -> RuleRow:
    code_list = _LIST_OF_RULE.get(rule.kind)
    values = [label(code_list, value) for value in rule.values] if code_list else rule.values
    return RuleRow(rule.kind, SEPARATOR.join(values))


def _stored(project: Project) -> BlankForm:
    return filled_from(stored_fields(project, PlacesInput), PlacesInput)


def _places(session: Session, actor: Actor, project: Project, form: PlacesForm | None) -> PlacesPanel:
    taken = 100 * project.places_taken / project.places_total if project.places_total else 100
    entries = place_entries(session, project.pk, limit=SHOWN_ENTRIES)
    return PlacesPanel(
        project_id=project.pk,
        left=project.places_left,
        total=project.places_total,
        taken_width=f"{round(taken, 1)}%",
        stated_days_ago=(china_day(now()) - china_day(project.places_stated_at)).days,
        form=(form or _stored(project)) if may_state_places(session, actor, project) else None,
        entries=[PlaceRow(entry.at, entry.move, f"{entry.change:+d}") for entry in entries],
    )
