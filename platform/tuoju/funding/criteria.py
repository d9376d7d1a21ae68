"""The criteria by which applications are scored, and the points that a new call starts from."""

from collections.abc import Mapping
from enum import StrEnum


class Criterion(StrEnum):
    """What reviewers give points for. Points are those of the call; they sum to TOTAL."""

    need = "need"
    """Need and fit with the call."""
    plan = "plan"
    """Feasible and professional plan."""
    team = "team"
    """Team and track record: from the open part, after the others are locked."""
    outcomes = "outcomes"
    budget = "budget"
    """Budget and unit cost."""
    resources = "resources"
    """Own and matching resources."""
    innovation = "innovation"


TOTAL = 100
USUAL_POINTS: Mapping[Criterion, int] = {
    Criterion.need: 20,
    Criterion.plan: 20,
    Criterion.team: 15,
    Criterion.outcomes: 15,
    Criterion.budget: 15,
    Criterion.resources: 8,
    Criterion.innovation: 7,
}
"""Own proposal: the criteria were seen in calls of several cities, tables with points were not."""
