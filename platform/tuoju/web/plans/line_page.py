"""Builds the page of one line of a plan."""

from collections.abc import Mapping, Sequence

from sqlmodel import Session

from tuoju.accounts.permissions import Action, Actor, may
from tuoju.cases.queries import URGENCY_ORDER
from tuoju.plans import changing, queries
from tuoju.plans.changing import Effect
from tuoju.plans.models import Plan, PlanLine
from tuoju.plans.problem import Problem, load
from tuoju.plans.status import LineState, PlanState
from tuoju.regions.queries import full_name
from tuoju.web.kit.charts import percent
from tuoju.web.plans.lines_page import waits_for_consent, without_reason
from tuoju.web.plans.plan_page import project_name, signed
from tuoju.web.plans.views import (
    ChangeCost,
    CostRow,
    LineChoices,
    LinePage,
    LineSummary,
    PlanHead,
    ProjectChoice,
    ShiftRow,
)
from tuoju.words.labels import label
from tuoju.words.languages import gettext as _
from tuoju.words.reasons import reasons_in_words
from tuoju_matching.ranker import Ranked
from tuoju_projects.models import Project
from tuoju_projects.queries import organizations_by_id, projects_by_id

MAX_SHIFTS = 20
"""How many of the lines that a change moves are listed."""

LEAVE_OUT = "none"
"""What a form says to leave the need out of the plan."""


def target_of(to: str) -> int | None:
    """The target that a form names: a project's id, None for LEAVE_OUT, 0 (AUTOMATIC) for the computation's choice."""
    return None if to == LEAVE_OUT else int(to)


def line_page(session: Session, actor: Actor, plan: Plan, line: PlanLine, to: str) -> LinePage:
    """The page of a line; with `to`, what that choice would cost. Raises as changing.effect."""
    problem = load(session, plan.region_code).only({line.need_id})
    ranked = changing.options(problem, problem.needs[0]) if problem.needs else []
    is_proposed = plan.state is PlanState.proposed
    ranking_changed = is_proposed and plan.ranker != problem.ranking.signature
    may_make = may(actor, Action.make_plans)
    effect = None
    if to and is_proposed and not ranking_changed:
        effect = changing.effect(session, plan, line.need_id, target_of(to))
    projects = _projects(session, line, ranked, effect)
    project_names = {project_id: project.name for project_id, project in projects.items()}
    may_change = is_proposed and bool(problem.needs) and not ranking_changed and may_make
    return LinePage(
        plan=PlanHead.of(plan, ""),
        line=_summary(session, line, project_names),
        ranking_changed=ranking_changed,
        may_repair=may_make,
        choices=_choices(session, plan, line, problem, ranked, projects, to) if may_change else None,
        cost=_cost(session, plan, effect, project_names, to) if effect is not None else None,
    )


def _projects(session: Session, line: PlanLine, ranked: Sequence[Ranked], effect: Effect | None) -> dict[int, Project]:
    """All projects that the page names."""
    shifts = effect.shifts if effect is not None else ()
    ids = {line.project_id, line.proposed_id}
    ids |= {option.project.id for option in ranked}
    ids |= {project_id for shift in shifts for project_id in (shift.before, shift.after)}
    return projects_by_id(session, {project_id for project_id in ids if project_id})


def _summary(session: Session, line: PlanLine, project_names: Mapping[int, str]) -> LineSummary:
    return LineSummary(
        need_id=line.need_id,
        category=line.category,
        urgency=line.urgency,
        state=line.state,
        place=full_name(session, line.region_code),
        waiting_days=line.waiting_days,
        sex=line.sex,
        age_group=line.age,
        hardship=line.hardship,
        goes_to=project_name(project_names, line.project_id),
        remarks=_remarks(line, project_names),
    )


def _remarks(line: PlanLine, project_names: Mapping[int, str]) -> list[str]:
    remarks = []
    if line.fixed:
        remark = _("chosen by hand")
        if line.proposed_id != line.project_id:
            name = project_name(project_names, line.proposed_id)
            remark += _("; ") + _("originally computed: %(name)s") % {"name": name}
        remarks.append(remark)
    if line.state is LineState.without:
        remarks.append(without_reason(line))
    if line.not_sent_reason:
        remarks.append(label("held_back", line.not_sent_reason))
    if waits_for_consent(line):
        remarks.append(_("consent needed"))
    return remarks


def _choices(
    session: Session,
    plan: Plan,
    line: PlanLine,
    problem: Problem,
    ranked: Sequence[Ranked],
    projects: Mapping[int, Project],
    to: str,
) -> LineChoices:
    organizations = organizations_by_id(session, {project.organization_id for project in projects.values()})
    reasons = reasons_in_words(session, problem.needs[0], ranked)
    taken = queries.count_taken_places(session, plan)
    is_left_out = line.state is LineState.left_out
    selected = to or _current_choice(line)
    choices = [
        ProjectChoice(
            project_id=option.project.id,
            name=projects[option.project.id].name,
            organization_name=organizations[projects[option.project.id].organization_id].name,
            fit=percent(option.score),
            places_left=option.project.places_left - taken.get(option.project.id, 0),
            reasons=reasons[option.project.id],
            is_current=option.project.id == line.project_id,
            is_selected=selected == str(option.project.id),
        )
        for option in ranked
    ]
    return LineChoices(choices, is_left_out, selected == LEAVE_OUT, selected == str(changing.AUTOMATIC))


def _current_choice(line: PlanLine) -> str:
    """What the form would say to leave the line as it is."""
    if line.state is LineState.left_out:
        return LEAVE_OUT
    return str(line.project_id or changing.AUTOMATIC)


def _cost(session: Session, plan: Plan, effect: Effect, project_names: Mapping[int, str], to: str) -> ChangeCost:
    shown = effect.shifts[:MAX_SHIFTS]
    lines = queries.find_lines_of_needs(session, plan, {shift.need_id for shift in shown})
    shifts = [
        ShiftRow(
            need_id=shift.need_id,
            category=lines[shift.need_id].category,
            urgency=lines[shift.need_id].urgency,
            before=project_name(project_names, shift.before),
            after=project_name(project_names, shift.after),
        )
        for shift in shown
    ]
    return ChangeCost(_cost_rows(effect), len(effect.shifts), shifts, to, plan.version)


def _cost_rows(effect: Effect) -> list[CostRow]:
    """Needs placed by urgency, all needs placed, and the total fit."""
    before, after = effect.before, effect.after
    counts = [
        (label("urgency", urgency), before.placed.get(urgency.value, 0), after.placed.get(urgency.value, 0))
        for urgency in URGENCY_ORDER
    ]
    counts = [row for row in counts if row[1] or row[2]]
    counts.append((_("With a project"), before.all_placed, after.all_placed))
    rows = [CostRow(words, str(old), str(new), signed(new - old)) for words, old, new in counts]
    fit = CostRow(
        _("Total fit"), f"{before.quality:.3f}", f"{after.quality:.3f}", f"{after.quality - before.quality:+.3f}"
    )
    return [*rows, fit]
