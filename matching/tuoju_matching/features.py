"""What speaks for a project: a few named numbers, each in [0, 1], each with its formula in one place."""

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from tuoju_matching.profiles import NeedProfile, ProjectProfile


class Feature(StrEnum):
    """The columns of the feature matrix, in order; more of each speaks for the project."""

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
    """No column: the price of a project's places in the last plan, which counts against it."""


FEATURES: tuple[Feature, ...] = tuple(feature for feature in Feature if feature is not Feature.scarcity)
STANDING = (
    Feature.focus,
    Feature.places,
    Feature.freshness,
    Feature.response,
    Feature.acceptance,
    Feature.quickness,
    Feature.success,
    Feature.experience,
)
"""Those that are known of a project without looking at the need."""

_COLUMN: dict[Feature, int] = {feature: column for column, feature in enumerate(FEATURES)}
_STANDING_COLUMNS = [_COLUMN[feature] for feature in STANDING]

PLACES_SATURATE = 5
FRESH_DAYS = 30
MUCH_EXPERIENCE = 20
NEUTRAL = 0.5
"""A project without a record is neither praised nor blamed."""

NAMED, HARDSHIP, EVERYONE = 1.0, 0.6, 0.3
"""A project that names a vulnerability of the person, only their relief category, or nobody."""


def feature_matrix(
    standing: NDArray[np.float64],
    *,
    text: NDArray[np.float64],
    target_group: NDArray[np.float64],
    nearness: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Put the columns together in the order of Feature.

    Parameters
    ----------
    standing : ndarray of shape (n_pairs, len(STANDING))
        What `standing_of` says of each project.
    text, target_group, nearness : ndarray of shape (n_pairs,)
        What depends on need and project together.

    Returns
    -------
    ndarray of shape (n_pairs, len(FEATURES)), Fortran order: columns are read one by one.
    """
    values = np.empty((len(standing), len(FEATURES)), order="F")
    values[:, _STANDING_COLUMNS] = standing
    values[:, _COLUMN[Feature.text]] = text
    values[:, _COLUMN[Feature.target_group]] = target_group
    values[:, _COLUMN[Feature.nearness]] = nearness
    return values


def features_of(need: NeedProfile, project: ProjectProfile, similar: float) -> dict[Feature, float]:
    """The same of one pair, by name; `similar` is the likeness of the texts, in [0, 1]."""
    together = {
        Feature.text: similar,
        Feature.target_group: target_group_fit(need, project),
        Feature.nearness: nearness(need, project),
    }
    found = {**together, **dict(zip(STANDING, standing_of(project), strict=True))}
    return {feature: found[feature] for feature in FEATURES}


def standing_of(project: ProjectProfile) -> tuple[float, ...]:
    """The values of STANDING, in that order."""
    return (
        1.0 / max(1, len(project.categories)),
        min(max(0, project.places_left), PLACES_SATURATE) / PLACES_SATURATE,
        max(0.0, 1.0 - max(0, project.places_age_days) / FRESH_DAYS),
        response_record(project),
        shrunken(project.acceptance_rate, project.answered),
        NEUTRAL if project.response_days is None else 1.0 / (1.0 + max(0.0, project.response_days) / 2.0),
        shrunken(project.success_rate, project.ended),
        min(max(0, project.answered), MUCH_EXPERIENCE) / MUCH_EXPERIENCE,
    )


def shrunken(rate: float | None, count: int) -> float:
    """The rate after `count` trials drawn towards one half by two more (Laplace's rule of succession).

    >>> shrunken(1.0, 2), shrunken(1.0, 98), shrunken(None, 0)
    (0.75, 0.99, 0.5)
    """
    return NEUTRAL if rate is None or count < 1 else (rate * count + 1.0) / (count + 2.0)


def target_group_fit(need: NeedProfile, project: ProjectProfile) -> float:
    """1 where the project names a vulnerability of the person, 0.6 where only the relief category; 0.3 where
    it is for everyone; else 0."""
    if not project.target_groups:
        return EVERYONE
    groups = frozenset(project.target_groups)
    if groups & need.vulnerabilities:
        return NAMED
    return HARDSHIP if need.relief_category in groups else 0.0


def nearness(need: NeedProfile, project: ProjectProfile) -> float:
    """How closely the served area fits around the village: 1 for the village itself, 0.25 for the city."""
    depths = [depth for depth, code in enumerate(need.region_path, start=1) if code in project.areas]
    return max(depths) / len(need.region_path) if depths else 0.0


def response_record(project: ProjectProfile) -> float:
    """Acceptance times quickness; neutral without a record."""
    if project.acceptance_rate is None:
        return NEUTRAL
    days = 1.0 if project.response_days is None else project.response_days
    return project.acceptance_rate / (1.0 + max(0.0, days) / 2.0)
