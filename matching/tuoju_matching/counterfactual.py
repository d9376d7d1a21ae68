"""What would have ranked a project higher: for each thing that counts, the smallest change of it alone."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from tuoju_matching.features import FRESH_DAYS, PLACES_SATURATE, Feature, features_of
from tuoju_matching.profiles import NeedProfile, ProjectProfile
from tuoju_matching.ranker import Ranked, summed

STEP = 5
"""Rates are tried in steps of five percent."""


@dataclass(frozen=True, slots=True)
class Lift:
    """One change that lifts a project, everything else being as it is.

    Attributes
    ----------
    feature : Feature
        What changes; a change of the record may move several features at once, and all are counted.
    wanted, actual : str
        What it would have to be and what it is: a number, a code, or "" where words have to do.
    reaches : int
        The rank it would have: 1, or one above the next.
    codes : str
        The code list of `wanted`; "" where it is a number.
    """

    feature: Feature
    wanted: str
    actual: str
    reaches: int
    codes: str = ""


def lifts(need: NeedProfile, ranked: Sequence[Ranked], weights: Mapping[Feature, float]) -> dict[int, tuple[Lift, ...]]:
    """For every project but the first of a ranked list, what would lift it, by project id.

    For each feature the smallest change that makes it first; where none does, the smallest that puts it above
    the one before it. Features that can do neither are left out.
    """
    first = ranked[0] if ranked else None
    return {
        below.project.id: _lifts_of(need, below, above, first, weights)
        for above, below in pairwise(ranked)
        if first is not None
    }


def _lifts_of(
    need: NeedProfile, own: Ranked, above: Ranked, first: Ranked, weights: Mapping[Feature, float]
) -> tuple[Lift, ...]:
    similar = own.features[0]
    price = next((part.value for part in own.contributions if part.feature is Feature.scarcity), 0.0)

    def score(project: ProjectProfile) -> float:
        found = features_of(need, project, similar)
        total = summed(weights.get(feature, 0.0) * value for feature, value in found.items())
        return total - price if price else total

    found = []
    for feature in Feature:
        tried = [(wanted, actual, score(changed)) for wanted, actual, changed in _changes(feature, need, own.project)]
        tried += _of_the_score(feature, own, weights, price)
        for goal in (first, above):
            enough = next((each for each in tried if _beats(each[2], own.project.id, goal)), None)
            if enough is not None:
                found.append(Lift(feature, enough[0], enough[1], goal.rank, _codes(feature, enough[0], need)))
                break
    return tuple(sorted(found, key=lambda lift: lift.reaches))


def _codes(feature: Feature, wanted: str, need: NeedProfile) -> str:
    if feature is Feature.nearness:
        return "region"
    if feature is Feature.target_group:
        return "vulnerable_tag" if wanted in need.vulnerabilities else "relief_category"
    return ""


def _beats(score: float, project_id: int, goal: Ranked) -> bool:
    return (-score, project_id) < (-goal.score, goal.project.id)


def _changes(feature: Feature, need: NeedProfile, project: ProjectProfile) -> Iterator[tuple[str, str, ProjectProfile]]:
    """(wanted, actual, the project so changed), the smallest change first."""
    match feature:
        case Feature.focus:
            for count in range(len(project.categories) - 1, 0, -1):
                fewer = (need.category,) * count
                yield str(count), str(len(project.categories)), replace(project, categories=fewer)
        case Feature.target_group:
            for code in (need.relief_category, *sorted(need.vulnerabilities)):
                if code not in (*project.target_groups, "NONE"):
                    yield code, "", replace(project, target_groups=(*project.target_groups, code))
        case Feature.nearness:
            for code in need.region_path:
                if code not in project.areas:
                    yield code, "", replace(project, areas=(*project.areas, code))
        case Feature.places:
            for count in range(project.places_left + 1, PLACES_SATURATE + 1):
                yield str(count), str(project.places_left), replace(project, places_left=count)
        case Feature.freshness:
            for days in range(min(project.places_age_days, FRESH_DAYS) - 1, -1, -1):
                yield str(days), str(project.places_age_days), replace(project, places_age_days=days)
        case Feature.acceptance if project.acceptance_rate is not None:
            for share, actual in _rates(project.acceptance_rate):
                yield str(share), actual, replace(project, acceptance_rate=share / 100)
        case Feature.success if project.success_rate is not None:
            for share, actual in _rates(project.success_rate):
                yield str(share), actual, replace(project, success_rate=share / 100)
        case Feature.quickness if project.response_days is not None:
            for halves in range(int(project.response_days * 2), -1, -1):
                if (wait := halves / 2) < project.response_days:
                    yield f"{wait:g}", f"{project.response_days:.1f}", replace(project, response_days=wait)
        case _:
            return


def _rates(rate: float) -> Iterator[tuple[int, str]]:
    lowest = int(rate * 100) // STEP + 1
    for share in range(lowest * STEP, 101, STEP):
        yield share, str(round(rate * 100))


def _of_the_score(
    feature: Feature, own: Ranked, weights: Mapping[Feature, float], price: float
) -> list[tuple[str, str, float]]:
    """The two things that no changed profile shows: a closer text, and a lower price; the most they can do."""
    if feature is Feature.text and (gain := weights.get(Feature.text, 0.0) * (1.0 - own.features[0])) > 0:
        return [("", "", own.score + gain)]
    if feature is Feature.scarcity and price > 0:
        return [("", "", own.score + price)]
    return []
