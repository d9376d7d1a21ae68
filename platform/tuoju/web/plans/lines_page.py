"""Builds the page of the lines of a plan."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import urlencode

from sqlmodel import Session

from tuoju.plans import queries
from tuoju.plans.groups import Grouping
from tuoju.plans.models import Plan, PlanLine
from tuoju.plans.queries import Counts, LineFilter
from tuoju.plans.status import LineState
from tuoju.regions.queries import full_name, names
from tuoju.web.kit.charts import percent
from tuoju.web.kit.views import FilterLink
from tuoju.web.plans.plan_page import no_place_words
from tuoju.web.plans.views import FilterOption, LineRow, LinesPage, PlanHead, SelectFilter
from tuoju.words.labels import label
from tuoju.words.languages import gettext as _
from tuoju_projects.queries import projects_by_id

LINES_PER_PAGE = 100


def lines_page(session: Session, plan: Plan, line_filter: LineFilter, page: int) -> LinesPage:
    """A page of the lines of a plan, counted from 1."""
    counts = queries.count(session, plan)
    offset = (page - 1) * LINES_PER_PAGE
    lines = queries.find_lines(session, plan, line_filter, offset=offset, limit=LINES_PER_PAGE)
    total = queries.count_lines(session, plan, line_filter)
    pages = -(-total // LINES_PER_PAGE)
    villages = {line.region_code for line in lines}
    places = names(session, villages | counts.by_group[Grouping.township].keys())
    project_names = _project_names(session, counts, lines)
    return LinesPage(
        plan=PlanHead.of(plan, full_name(session, plan.region_code)),
        total=total,
        states=_state_links(plan, counts, line_filter),
        state=line_filter.state,
        filters=_filters(counts, line_filter, places, project_names),
        lines=[_row(line, places, project_names) for line in lines],
        page=page,
        pages=pages,
        back_url=_url(plan, line_filter, page - 1) if page > 1 else "",
        next_url=_url(plan, line_filter, page + 1) if page < pages else "",
    )


def _project_names(session: Session, counts: Counts, lines: Sequence[PlanLine]) -> dict[int, str]:
    ids = {project_id for line in lines for project_id in (line.project_id, line.proposed_id) if project_id is not None}
    projects = projects_by_id(session, counts.project_ids | ids)
    return {project_id: project.name for project_id, project in projects.items()}


def _url(plan: Plan, line_filter: LineFilter, page: int = 1) -> str:
    query = {
        "state": line_filter.state,
        "urgency": line_filter.urgency,
        "category": line_filter.category,
        "township": line_filter.township,
        "project": line_filter.project or "",
        "page": page,
    }
    return f"/plans/{plan.pk}/lines?{urlencode(query)}"


def _state_links(plan: Plan, counts: Counts, line_filter: LineFilter) -> list[FilterLink]:
    url = _url(plan, replace(line_filter, state=""))
    links = [FilterLink(f"{_('All')} {counts.overall.total}", url, is_current=not line_filter.state)]
    for state, number in sorted(counts.by_state.items()):
        url = _url(plan, replace(line_filter, state=state))
        links.append(FilterLink(f"{label('line_state', state)} {number}", url, is_current=line_filter.state == state))
    return links


def _filters(
    counts: Counts, line_filter: LineFilter, places: Mapping[str, str], project_names: Mapping[int, str]
) -> list[SelectFilter]:
    urgencies = [
        FilterOption(urgency, _with_number(label("urgency", urgency), of.total), line_filter.urgency == urgency)
        for urgency, of in counts.by_urgency.items()
        if of.total
    ]
    categories = [
        FilterOption(code, _with_number(label("service_type", code), of.total), line_filter.category == code)
        for code, of in sorted(counts.by_category.items())
    ]
    townships = [
        FilterOption(code, places[code], line_filter.township == code)
        for code in sorted(counts.by_group[Grouping.township])
    ]
    projects = [
        FilterOption(str(project_id), name, line_filter.project == project_id)
        for project_id, name in project_names.items()
    ]
    return [
        SelectFilter("urgency", _("Urgency"), _("Any urgency"), urgencies),
        SelectFilter("category", _("Service"), _("All services"), categories),
        SelectFilter("township", _("Township"), _("All townships"), townships),
        SelectFilter("project", _("Project"), _("All projects"), projects),
    ]


def _with_number(words: str, number: int) -> str:
    return f"{words}{_(' (')}{number}{_(')')}"


def _row(line: PlanLine, places: Mapping[str, str], project_names: Mapping[int, str]) -> LineRow:
    has_project = line.project_id is not None
    return LineRow(
        need_id=line.need_id,
        category=line.category,
        urgency=line.urgency,
        place=places[line.region_code],
        waiting_days=line.waiting_days,
        goes_to=project_names[line.project_id] if line.project_id is not None else _reason(line),
        fit=percent(line.score) if line.score is not None else None,
        state=line.state,
        referral_id=line.referral_id,
        notes=[*([_reason(line)] if has_project and line.not_sent_reason else []), *_notes(line)],
    )


def _reason(line: PlanLine) -> str:
    """Why a need has no project, or why its line was not sent."""
    if line.state is LineState.without:
        return without_reason(line)
    return label("held_back", line.not_sent_reason) if line.not_sent_reason else ""


def without_reason(line: PlanLine) -> str:
    """Why a need has no project."""
    if line.eligible:
        return no_place_words()
    return _("No project fits: %(obstacle)s") % {"obstacle": label("obstacle", line.obstacle)}


def _notes(line: PlanLine) -> list[str]:
    notes = [_("chosen by hand")] if line.fixed else []
    if waits_for_consent(line):
        notes.append(_("consent needed"))
    return notes


def waits_for_consent(line: PlanLine) -> bool:
    """Whether the resident must agree before the line can be sent."""
    return line.state is LineState.placed and not line.consented
