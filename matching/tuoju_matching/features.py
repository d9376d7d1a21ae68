"""The features that speak for a project: named numbers in [0, 1], each with one formula."""

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from tuoju_matching.profiles import NeedProfile, ProjectProfile


class Feature(StrEnum):
    """The columns of the feature matrix in order; a higher value speaks for the project."""

    text = "text"
    focus = "focus"
    target_group = "target_group"
    nearness = "nearness"
    places = "places"
    freshness = "freshness"
    response = "response"
    acceptance = "acceptance"
    quickness = "quickness"
    success = "success"
    experience = "experience"
    scarcity = "scarcity"
    """Not a column: the price of a project's places in the last plan, which counts against the project."""


FEATURES: tuple[Feature, ...] = tuple(feature for feature in Feature if feature is not Feature.scarcity)
PROJECT_FEATURES = (
    Feature.focus,
    Feature.places,
    Feature.freshness,
    Feature.response,
    Feature.acceptance,
    Feature.quickness,
    Feature.success,
    Feature.experience,
)
"""Features that depend on the project alone."""

_COLUMN: dict[Feature, int] = {feature: column for column, feature in enumerate(FEATURES)}
_PROJECT_COLUMNS = [_COLUMN[feature] for feature in PROJECT_FEATURES]

PLACES_SATURATE = 5
"""More free places than this do not raise `places`."""
FRESH_DAYS = 30
"""`freshness` is 0 from this age of the number of places, in days."""
MUCH_EXPERIENCE = 20
"""More answered referrals than this do not raise `experience`."""
NEUTRAL = 0.5
"""The value for a project without a record."""

NAMED, HARDSHIP, EVERYONE = 1.0, 0.6, 0.3
"""Target group fit: the project names a vulnerability of the person, only the category of hardship, or no group."""


def feature_matrix(
    project_values: NDArray[np.float64],
    *,
    text: NDArray[np.float64],
    target_group: NDArray[np.float64],
    nearness: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Assemble the columns in the order of FEATURES.

    Parameters
    ----------
    project_values : ndarray of shape (n_pairs, len(PROJECT_FEATURES))
        The result of `project_features` for the project of each pair.
    text, target_group, nearness : ndarray of shape (n_pairs,)
        The features that depend on need and project.

    Returns
    -------
    ndarray of shape (n_pairs, len(FEATURES)), in Fortran order because it is read by columns.
    """
    values = np.empty((len(project_values), len(FEATURES)), order="F")
    values[:, _PROJECT_COLUMNS] = project_values
    values[:, _COLUMN[Feature.text]] = text
    values[:, _COLUMN[Feature.target_group]] = target_group
    values[:, _COLUMN[Feature.nearness]] = nearness
    return values


def features_of(need: NeedProfile, project: ProjectProfile, text_similarity: float) -> dict[Feature, float]:
    """The features of one pair in the order of FEATURES; `text_similarity` is in [0, 1]."""
    values = {
        Feature.text: text_similarity,
        Feature.target_group: target_group_fit(need, project),
        Feature.nearness: nearness(need, project),
        **dict(zip(PROJECT_FEATURES, project_features(project), strict=True)),
    }
    return {feature: values[feature] for feature in FEATURES}


def project_features(project: ProjectProfile) -> tuple[float, ...]:
    """The values of PROJECT_FEATURES in that order."""
    return (
        1.0 / max(1, len(project.categories)),
        min(max(0, project.places_left), PLACES_SATURATE) / PLACES_SATURATE,
        max(0.0, 1.0 - max(0, project.places_age_days) / FRESH_DAYS),
        response_record(project),
        smoothed_rate(project.acceptance_rate, project.answered),
        NEUTRAL if project.response_days is None else 1.0 / (1.0 + max(0.0, project.response_days) / 2.0),
        smoothed_rate(project.success_rate, project.ended),
        min(max(0, project.answered), MUCH_EXPERIENCE) / MUCH_EXPERIENCE,
    )


def smoothed_rate(rate: float | None, count: int) -> float:
    """The rate after `count` trials with one success and one failure added (Laplace's rule of succession).

    >>> smoothed_rate(1.0, 2), smoothed_rate(1.0, 98), smoothed_rate(None, 0)
    (0.75, 0.99, 0.5)
    """
    return NEUTRAL if rate is None or count < 1 else (rate * count + 1.0) / (count + 2.0)


def target_group_fit(need: NeedProfile, project: ProjectProfile) -> float:
    """How well the project's target groups fit the person.

    NAMED if the project names a vulnerability of the person, HARDSHIP if only the category of hardship, EVERYONE if
    it names no group, else 0.
    """
    if not project.target_groups:
        return EVERYONE
    groups = frozenset(project.target_groups)
    if groups & need.vulnerabilities:
        return NAMED
    return HARDSHIP if need.relief_category in groups else 0.0


def nearness(need: NeedProfile, project: ProjectProfile) -> float:
    """How narrowly the served area contains the village: 1 for the village itself, 0.25 for the city, 0 outside."""
    depths = [depth for depth, code in enumerate(need.region_path, start=1) if code in project.areas]
    return max(depths) / len(need.region_path) if depths else 0.0


def response_record(project: ProjectProfile) -> float:
    """Acceptance rate times quickness; NEUTRAL without a record."""
    if project.acceptance_rate is None:
        return NEUTRAL
    days = 1.0 if project.response_days is None else project.response_days
    return project.acceptance_rate / (1.0 + max(0.0, days) / 2.0)
