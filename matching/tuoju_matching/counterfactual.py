"""What would have ranked a project higher: for each feature, the smallest change of it alone."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

from tuoju_matching.features import FRESH_DAYS, PLACES_SATURATE, Feature, features_of
from tuoju_matching.profiles import NeedProfile, ProjectProfile
from tuoju_matching.ranker import Ranked, summed

RATE_STEP = 5
"""Rates are tried in steps of this many percent."""


@dataclass(frozen=True, slots=True)
class Lift:
    """One change that would lift a project in the ranking, everything else staying as it is.

    Attributes
    ----------
    feature : Feature
        What changes. A change of the record may move several features at once; all of them are counted.
    wanted, actual : str
        The value that would be needed and the current value: a number, a code, or "" where only words describe it.
    reaches : int
        The rank after the change: 1, or the rank of the project above.
    codes : str
        The code list of `wanted`; "" where it is a number.
    """

    feature: Feature
    wanted: str
    actual: str
    reaches: int
    codes: str = ""


class _Trial(NamedTuple):
    """A change that was tried, and the score it leads to."""

    wanted: str
    actual: str
    score: float


def lifts(need: NeedProfile, ranked: Sequence[Ranked], weights: Mapping[Feature, float]) -> dict[int, tuple[Lift, ...]]:
    """For every project of a ranked list but the first, find what would lift it, by project id.

    For each feature this is the smallest change that makes the project first; if there is none, the smallest one that
    puts it above the project before it. Features that can do neither are left out.
    """
    first = ranked[0] if ranked else None
    return {
        below.project.id: _lifts_of(need, below, (first, above), weights)
        for above, below in pairwise(ranked)
        if first is not None
    }


def _lifts_of(
    need: NeedProfile, own: Ranked, goals: Sequence[Ranked], weights: Mapping[Feature, float]
) -> tuple[Lift, ...]:
    text_similarity = own.features[0]
    price = next((part.value for part in own.contributions if part.feature is Feature.scarcity), 0.0)

    def score(project: ProjectProfile) -> float:
        values = features_of(need, project, text_similarity)
        total = summed(weights.get(feature, 0.0) * value for feature, value in values.items())
        return total - price if price else total

    result = []
    for feature in Feature:
        trials = [_Trial(wanted, actual, score(project)) for wanted, actual, project in _changes(feature, need, own)]
        trials += _changes_of_score(feature, own, weights, price)
        for goal in goals:
            trial = next((trial for trial in trials if _beats(trial.score, own.project.id, goal)), None)
            if trial is not None:
                codes = _code_list(feature, trial.wanted, need)
                result.append(Lift(feature, trial.wanted, trial.actual, goal.rank, codes))
                break
    return tuple(sorted(result, key=lambda lift: lift.reaches))


def _code_list(feature: Feature, wanted: str, need: NeedProfile) -> str:
    if feature is Feature.nearness:
        return "region"
    if feature is Feature.target_group:
        return "vulnerable_tag" if wanted in need.vulnerabilities else "relief_category"
    return ""


def _beats(score: float, project_id: int, goal: Ranked) -> bool:
    return (-score, project_id) < (-goal.score, goal.project.id)


_Changes = Iterator[tuple[str, str, ProjectProfile]]
"""Triples (wanted, actual, changed project), the smallest change first."""


def _changes(feature: Feature, need: NeedProfile, own: Ranked) -> _Changes:
    changes = _CHANGES.get(feature)
    return changes(need, own.project) if changes is not None else iter(())


def _fewer_categories(need: NeedProfile, project: ProjectProfile) -> _Changes:
    for count in range(len(project.categories) - 1, 0, -1):
        yield str(count), str(len(project.categories)), replace(project, categories=(need.category,) * count)


def _another_target_group(need: NeedProfile, project: ProjectProfile) -> _Changes:
    for code in (need.relief_category, *sorted(need.vulnerabilities)):
        if code not in (*project.target_groups, "NONE"):
            yield code, "", replace(project, target_groups=(*project.target_groups, code))


def _another_area(need: NeedProfile, project: ProjectProfile) -> _Changes:
    for code in need.region_path:
        if code not in project.areas:
            yield code, "", replace(project, areas=(*project.areas, code))


def _more_places(_need: NeedProfile, project: ProjectProfile) -> _Changes:
    for count in range(project.places_left + 1, PLACES_SATURATE + 1):
        yield str(count), str(project.places_left), replace(project, places_left=count)


def _fresher_places(_need: NeedProfile, project: ProjectProfile) -> _Changes:
    for days in range(min(project.places_age_days, FRESH_DAYS) - 1, -1, -1):
        yield str(days), str(project.places_age_days), replace(project, places_age_days=days)


def _higher_acceptance(_need: NeedProfile, project: ProjectProfile) -> _Changes:
    for percent, actual in _higher_rates(project.acceptance_rate):
        yield str(percent), actual, replace(project, acceptance_rate=percent / 100)


def _higher_success(_need: NeedProfile, project: ProjectProfile) -> _Changes:
    for percent, actual in _higher_rates(project.success_rate):
        yield str(percent), actual, replace(project, success_rate=percent / 100)


def _higher_rates(rate: float | None) -> Iterator[tuple[int, str]]:
    """Pairs (percent, current percent); none without a record."""
    if rate is None:
        return
    lowest = int(rate * 100) // RATE_STEP + 1
    for percent in range(lowest * RATE_STEP, 101, RATE_STEP):
        yield percent, str(round(rate * 100))


def _faster_answers(_need: NeedProfile, project: ProjectProfile) -> _Changes:
    if project.response_days is None:
        return
    for half_days in range(int(project.response_days * 2), -1, -1):
        if (days := half_days / 2) < project.response_days:
            yield f"{days:g}", f"{project.response_days:.1f}", replace(project, response_days=days)


_CHANGES: Mapping[Feature, Callable[[NeedProfile, ProjectProfile], _Changes]] = {
    Feature.focus: _fewer_categories,
    Feature.target_group: _another_target_group,
    Feature.nearness: _another_area,
    Feature.places: _more_places,
    Feature.freshness: _fresher_places,
    Feature.acceptance: _higher_acceptance,
    Feature.success: _higher_success,
    Feature.quickness: _faster_answers,
}


def _changes_of_score(feature: Feature, own: Ranked, weights: Mapping[Feature, float], price: float) -> list[_Trial]:
    """The two changes that no profile shows, a closer text and a lower price, each at its largest effect."""
    if feature is Feature.text and (gain := weights.get(Feature.text, 0.0) * (1.0 - own.features[0])) > 0:
        return [_Trial("", "", own.score + gain)]
    if feature is Feature.scarcity and price > 0:
        return [_Trial("", "", own.score + price)]
    return []
