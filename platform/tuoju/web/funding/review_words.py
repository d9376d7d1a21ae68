"""Anchors of the criteria: what none, half and all of the points mean (data/funding/criteria.csv)."""

from collections.abc import Mapping

from tuoju.funding.criteria import Criterion
from tuoju.words.languages import N_
from tuoju.words.languages import gettext as _

ANCHORS: Mapping[Criterion, tuple[str, str, str]] = {
    Criterion.need: (
        N_("no ground for the need, or outside the topics"),
        N_("described, without local data"),
        N_("figures of this call or house visits, and where the people come from"),
    ),
    Criterion.plan: (
        N_("a pile of activities"),
        N_("goals, activities and outputs roughly fit"),
        N_("clear logic with frequency, staff and a plan for risks"),
    ),
    Criterion.team: (
        N_("no full-time staff"),
        N_("full-time staff without like experience"),
        N_("qualified people and like projects that were finished well"),
    ),
    Criterion.outcomes: (
        N_("activities counted, nothing else"),
        N_("person-times and persons, without outcomes"),
        N_("persons, person-times and outcomes, each with target and proof"),
    ),
    Criterion.budget: (
        N_("above a cap, or heads misused"),
        N_("some prices high but explained"),
        N_("each price times count, unit cost not above the median of its kind"),
    ),
    Criterion.resources: (N_("none"), N_("intended"), N_("promised in writing: money, room or volunteers")),
    Criterion.innovation: (
        N_("copied"),
        N_("improved in part"),
        N_("a new way to fill the gap that others can copy"),
    ),
}


def anchors_of(criterion: Criterion) -> tuple[str, str, str]:
    """The anchors of a criterion in the language of the reader."""
    none, half, full = ANCHORS[criterion]
    return _(none), _(half), _(full)
