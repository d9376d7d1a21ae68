"""Builds the page of one plan."""

from collections.abc import Callable, Mapping, Sequence

from sqlmodel import Session

from tuoju.accounts.permissions import Action, Actor, may
from tuoju.accounts.queries import names_of
from tuoju.plans import queries
from tuoju.plans.groups import Grouping
from tuoju.plans.models import Plan
from tuoju.plans.queries import Changes, Counts, Coverage, RepairDifference
from tuoju.plans.status import UNDER_WAY, LineState, PlanState, PlanVerb, verbs_from
from tuoju.regions.models import RegionLevel
from tuoju.regions.queries import full_name, get_region, names
from tuoju.web.kit.charts import percent
from tuoju.web.kit.maps import Shape, shapes
from tuoju.web.plans.flow_diagram import OTHER_PLACES, OTHER_PROJECTS, FlowDiagram, Label, draw
from tuoju.web.plans.mode_chart import COLOURS, mode_chart
from tuoju.web.plans.views import (
    CountyMap,
    CountyShape,
    CoverageTable,
    Failure,
    ModeRow,
    ModeTable,
    MovedRow,
    PlanHead,
    PlanPage,
    PlanResult,
    RepairSummary,
    ShareRow,
    Tile,
)
from tuoju.words.labels import label
from tuoju.words.languages import gettext as _
from tuoju.words.languages import ngettext
from tuoju_matching.problem import Mode
from tuoju_projects.queries import projects_by_id

MAX_MOVED_ROWS = 50
"""How many of the needs that a repair moved are listed."""

PROVEN_GAP = 5e-7
"""A smaller gap to the bound is shown as proven best."""

SHARE_BAR_WIDTH = 160

GroupName = Callable[[Grouping, str], str]
"""The words for a group under a grouping."""


def plan_page(session: Session, actor: Actor, plan: Plan) -> PlanPage:
    """The page of a plan that the actor may read."""
    counts = queries.count(session, plan)
    difference = queries.repair_difference(session, plan) if plan.state not in UNDER_WAY else None
    project_names = _project_names(session, counts, difference)
    head = PlanHead.of(
        plan, full_name(session, plan.region_code), names_of(session, {plan.made_by}).get(plan.made_by, "")
    )
    verbs = verbs_from(plan.state)
    may_make = may(actor, Action.make_plans)
    return PlanPage(
        plan=head,
        failure=Failure(plan.region_code, plan.fair_by, plan.fair_least) if plan.state is PlanState.failed else None,
        changes=change_sentences(queries.changes_since(session, plan)),
        repair=_repair_summary(difference, project_names) if difference is not None else None,
        result=_result(session, plan, counts, project_names) if plan.computed_at is not None else None,
        may_repair=may_make,
        may_approve=PlanVerb.approve in verbs and may(actor, Action.approve_plans),
        may_discard=PlanVerb.discard in verbs and may_make,
        may_retry=PlanVerb.retry in verbs and may_make,
    )


def _project_names(session: Session, counts: Counts, difference: RepairDifference | None) -> dict[int, str]:
    moves = difference.moved if difference is not None else []
    moved_projects = {project_id for _need_id, *ends in moves for project_id in ends if project_id is not None}
    projects = projects_by_id(session, counts.project_ids | moved_projects)
    return {project_id: project.name for project_id, project in projects.items()}


def project_name(project_names: Mapping[int, str], project_id: int | None) -> str:
    """The name of a project; "no project" for None."""
    return project_names.get(project_id, _("no project")) if project_id is not None else _("no project")


def change_sentences(changes: Changes) -> list[str]:
    """What has changed since the plan was computed, a sentence for each kind of change."""
    sentences = []
    if number := len(changes.answered):
        sentence = ngettext("%(num)s need is no longer open", "%(num)s needs are no longer open", number)
        sentences.append(sentence % {"num": number})
    if number := len(changes.new):
        sentence = ngettext("%(num)s need is new", "%(num)s needs are new", number)
        sentences.append(sentence % {"num": number})
    if number := len(changes.changed):
        sentence = ngettext("%(num)s need has changed", "%(num)s needs have changed", number)
        sentences.append(sentence % {"num": number})
    if number := len(changes.closed):
        sentence = ngettext("%(num)s project no longer takes people", "%(num)s projects no longer take people", number)
        sentences.append(sentence % {"num": number})
    if number := len(changes.opened):
        sentence = ngettext("%(num)s project has opened", "%(num)s projects have opened", number)
        sentences.append(sentence % {"num": number})
    if number := len(changes.places):
        sentence = ngettext(
            "%(num)s project has changed its places or eligibility rules",
            "%(num)s projects have changed their places or eligibility rules",
            number,
        )
        sentences.append(sentence % {"num": number})
    if changes.reranked:
        sentences.append(_("The ranking of projects has changed: a repair keeps only what people chose by hand"))
    return sentences


def _repair_summary(difference: RepairDifference, project_names: Mapping[int, str]) -> RepairSummary:
    rows = [
        MovedRow(need_id, project_name(project_names, before), project_name(project_names, after))
        for need_id, before, after in difference.moved[:MAX_MOVED_ROWS]
    ]
    return RepairSummary(
        unchanged=difference.unchanged,
        moved=len(difference.moved),
        added=len(difference.added),
        removed=len(difference.removed),
        rows=rows,
    )


def _result(session: Session, plan: Plan, counts: Counts, project_names: Mapping[int, str]) -> PlanResult:
    name = _group_names(session, counts)
    by_urgency = counts.by_urgency.items()
    cost = f"{plan.fairness_cost * 100:.2f}" if plan.fair_by is not None else ""
    return PlanResult(
        tiles=_tiles(plan, counts),
        flow=_flow(session, plan, counts, project_names, name) if counts.flows else None,
        map=_county_map(shapes(session), counts, name),
        by_urgency=[_share_row(label("urgency", urgency), of) for urgency, of in by_urgency if of.total],
        obstacles=_obstacles(counts),
        modes=_modes(plan, counts),
        fairness_cost=cost,
        coverage=_coverage(plan, counts, name),
    )


def _tiles(plan: Plan, counts: Counts) -> list[Tile]:
    lines = f"/plans/{plan.pk}/lines"
    overall = counts.overall
    number_of = counts.by_state.get
    if plan.state is PlanState.proposed:
        third = Tile(
            str(counts.without_consent),
            _("needs waiting for consent"),
            _("the village asks, and nothing is sent without it"),
            f"{lines}?state=placed",
        )
    else:
        note = _("%(waiting)s waiting for consent, %(held)s could not be sent") % {
            "waiting": number_of(LineState.waiting_for_consent, 0),
            "held": number_of(LineState.not_sent, 0),
        }
        third = Tile(str(number_of(LineState.sent, 0)), _("referrals sent"), note, f"{lines}?state=sent")
    without = str(number_of(LineState.without, 0))
    return [
        Tile(f"{overall.placed} / {overall.total}", _("needs have a project"), f"{percent(overall.share)}%", lines),
        Tile(without, _("without a project"), _("each with its reason"), f"{lines}?state=without"),
        third,
        Tile(f"{counts.fit:.1f}", _("total fit"), _proof(plan), ""),
    ]


def _proof(plan: Plan) -> str:
    if plan.gap <= PROVEN_GAP:
        return _("proven to be the best")
    return _("proven to be within %(gap)s%% of the best") % {"gap": f"{plan.gap * 100:.4f}"}


def _share_row(words: str, of: Coverage) -> ShareRow:
    return ShareRow(words, of.placed, of.total, percent(of.share), round(SHARE_BAR_WIDTH * of.share, 1))


def _obstacles(counts: Counts) -> list[tuple[str, int]]:
    if not counts.by_state.get(LineState.without):
        return []
    most_common_first = sorted(counts.obstacles.items(), key=lambda row: row[1], reverse=True)
    return [(no_place_words() if not kind else label("obstacle", kind), number) for kind, number in most_common_first]


def no_place_words() -> str:
    """Why a need has no project although some are eligible."""
    return _("The places went to needs that are more urgent or fit better")


def _modes(plan: Plan, counts: Counts) -> ModeTable:
    """This plan as it is now, then each mode as it was computed; the free optimum only where this plan may differ."""
    this = {urgency.value: of.placed for urgency, of in counts.by_urgency.items()}
    constrained = plan.fair_by is not None or plan.previous_id is not None or plan.changed_at is not None
    rows: list[tuple[str, Mapping[str, int], float]] = [(label("plan_mode", "this"), this, counts.fit)]
    for mode, values in reversed(plan.comparison.items()):
        if constrained or mode != Mode.optimum:
            rows.append((label("plan_mode", mode), values["placed"], values["quality"]))
    urgencies = [urgency for urgency, of in counts.by_urgency.items() if of.total]
    return ModeTable(
        urgencies=[label("urgency", urgency) for urgency in urgencies],
        rows=[
            ModeRow(
                words=words,
                counts=[placed.get(urgency.value, 0) for urgency in urgencies],
                total=sum(placed.values()),
                fit=f"{fit:.2f}",
                against_plan="—" if placed is this else _against(sum(this.values()), counts.fit, placed, fit),
            )
            for words, placed, fit in rows
        ],
        chart=mode_chart([(words, placed) for words, placed, _fit in rows], list(counts.by_urgency)),
        legend=[(COLOURS[urgency], label("urgency", urgency)) for urgency in counts.by_urgency],
    )


def _against(total: int, total_fit: float, placed: Mapping[str, int], fit: float) -> str:
    """How many more needs a mode places than this plan, and how much more fit it has."""
    return f"{signed(sum(placed.values()) - total)} · {fit - total_fit:+.2f}"


def signed(number: int) -> str:
    """A difference with its sign; 0 has none."""
    return f"{number:+d}" if number else "0"


def _coverage(plan: Plan, counts: Counts, name: GroupName) -> list[CoverageTable]:
    """A table for every grouping under which there is more than one group."""
    groupings = [grouping for grouping in Grouping if len(counts.by_group[grouping]) > 1]
    return [
        CoverageTable(
            words=label("grouping", grouping),
            is_open=grouping is groupings[0] or grouping is plan.fair_by,
            rows=[_share_row(name(grouping, group), of) for group, of in sorted(counts.by_group[grouping].items())],
        )
        for grouping in groupings
    ]


def _flow(
    session: Session, plan: Plan, counts: Counts, project_names: Mapping[int, str], name: GroupName
) -> FlowDiagram:
    """Ribbons from the townships of a county, or the counties of a city, to the projects."""
    is_city = get_region(session, plan.region_code).level is RegionLevel.city
    grouping = Grouping.county if is_city else Grouping.township
    lines = f"/plans/{plan.pk}/lines"

    def place_label(code: str) -> Label:
        if code == OTHER_PLACES:
            return Label(_("Other townships"), "")
        return Label(name(grouping, code), f"{lines}?township={code}")

    def project_label(project_id: int | None) -> Label:
        if project_id is None:
            return Label(_("Without a project"), f"{lines}?state=without")
        if project_id == OTHER_PROJECTS:
            return Label(_("Other projects"), "")
        return Label(project_names.get(project_id, _("Other projects")), f"{lines}?project={project_id}")

    return draw(counts.flows_by(grouping), place_label, project_label)


def _county_map(outlines: Sequence[Shape], counts: Counts, name: GroupName) -> CountyMap:
    counties = []
    for shape in outlines:
        of = counts.by_group[Grouping.county].get(shape.code)
        county = CountyShape(
            path=shape.path,
            is_known=of is not None,
            opacity=round(0.15 + 0.65 * of.share, 2) if of is not None else 0.25,
            text=f"{name(Grouping.county, shape.code)} {of.placed}/{of.total}" if of is not None else "",
            text_x=shape.x,
            text_y=shape.label_y,
        )
        counties.append(county)
    return CountyMap(counties)


_LABELS_OF_GROUPS = {
    Grouping.remoteness: "remoteness",
    Grouping.hardship: "relief_category",
    Grouping.sex: "sex_word",
    Grouping.age: "age_band",
}
"""By grouping the list of labels for its groups; counties and townships have names."""


def _group_names(session: Session, counts: Counts) -> GroupName:
    codes = {*counts.by_group[Grouping.county], *counts.by_group[Grouping.township]}
    places = names(session, codes | {shape.code for shape in shapes(session)})

    def name(grouping: Grouping, group: str) -> str:
        kind = _LABELS_OF_GROUPS.get(grouping)
        return label(kind, group) if kind is not None else places.get(group, group)

    return name
