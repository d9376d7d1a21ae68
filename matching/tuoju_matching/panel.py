"""Scores of a panel: the strictness of reviewers taken out of the mean, with spread, interval and band."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import isfinite, sqrt

import numpy as np

RIDGE = 4.0
"""Weight of the assumption that no reviewer is stricter than another; in reviews."""
WIDE_SPREAD = 25.0
"""Points between the highest and the lowest review of an application above which the panel must discuss it."""
NORMAL_95 = 1.96

Reviews = Mapping[tuple[int, int], float]
"""Points in [0, 100] by (reviewer, application). A review that is missing, voided or withdrawn is not in it."""


@dataclass(frozen=True, slots=True)
class PanelScore:
    """What the reviews of one application say.

    Attributes
    ----------
    mean : float
        Raw mean of the reviews.
    adjusted : float
        Mean after the strictness of its reviewers is taken out.
    spread : float
        Highest less lowest review.
    reviews : int
    error : float or None
        Standard error of `adjusted`: the spread within applications, pooled over the call, over the root of `reviews`.
        None if the call has too few reviews to tell.
    """

    mean: float
    adjusted: float
    spread: float
    reviews: int
    error: float | None

    @property
    def interval(self) -> tuple[float, float]:
        """95 percent interval of `adjusted`; everything if the error is not known."""
        half = NORMAL_95 * self.error if self.error is not None else float("inf")
        return self.adjusted - half, self.adjusted + half


@dataclass(frozen=True)
class PanelResult:
    """Scores of a call.

    Attributes
    ----------
    scores : dict of application to PanelScore
        Applications with at least one review.
    strictness : dict of reviewer to float
        Points that the reviewer gives less than the others; negative for lenient ones. For the manager only.
    separate_groups : int
        Groups of reviewers who share no application, directly or through others: if more than 1, the strictness of a
        group cannot be told from the quality of what it read.
    """

    scores: dict[int, PanelScore]
    strictness: dict[int, float]
    separate_groups: int

    def ranked(self, *, adjusted: bool = True) -> list[int]:
        """The applications from the highest score to the lowest; ties by their number."""
        return sorted(
            self.scores,
            key=lambda application: (
                -(self.scores[application].adjusted if adjusted else self.scores[application].mean),
                application,
            ),
        )


def adjust_scores(reviews: Reviews) -> PanelResult:
    """Fit score = quality of the application - strictness of the reviewer by least squares, with a ridge on strictness.

    Parameters
    ----------
    reviews : mapping of (reviewer, application) to float
        What is missing stays missing: it is neither 0 nor a mean.

    Raises
    ------
    ValueError
        If a score is not a number between 0 and 100.

    Notes
    -----
    The two-way model of panels that read in part; where everybody read everything, adjusted and raw means are equal.
    """
    if any(not isfinite(points) or not 0.0 <= points <= 100.0 for points in reviews.values()):
        raise ValueError("scores must be between 0 and 100")
    reviewers = sorted({reviewer for reviewer, _ in reviews})
    applications = sorted({application for _, application in reviews})
    if not reviews:
        return PanelResult({}, {}, 0)
    reviewer_row = np.array([reviewers.index(reviewer) for reviewer, _ in reviews])
    application_row = np.array([applications.index(application) for _, application in reviews])
    points = np.array(list(reviews.values()), dtype=np.float64)
    counts = np.bincount(application_row)
    means = np.bincount(application_row, weights=points) / counts
    read = np.zeros((len(reviewers), len(applications)))
    read[reviewer_row, application_row] = 1.0
    # Without the qualities, which are means of what remains, the normal equations are those of the strictness alone.
    left = np.diag(read.sum(axis=1) + RIDGE) - (read / counts) @ read.T
    right = -np.bincount(reviewer_row, weights=points - means[application_row], minlength=len(reviewers))
    strictness = np.linalg.solve(left, right)
    adjusted = means + (strictness @ read) / counts
    residuals = points - adjusted[application_row] + strictness[reviewer_row]
    groups = count_separate_groups(reviews)
    freedom = len(points) - len(applications) - (len(reviewers) - groups)
    pooled = sqrt(float(residuals @ residuals) / freedom) if freedom > 0 else None
    scores = {}
    for row, application in enumerate(applications):
        own = points[application_row == row]
        error = pooled / sqrt(len(own)) if pooled is not None else None
        spread = float(own.max() - own.min())
        scores[application] = PanelScore(float(means[row]), float(adjusted[row]), spread, len(own), error)
    return PanelResult(scores, dict(zip(reviewers, strictness.tolist(), strict=True)), groups)


def count_separate_groups(reviews: Collection[tuple[int, int]]) -> int:
    """How many groups of reviewers share no application with each other, directly or through others."""
    read: dict[int, set[int]] = {}
    for reviewer, application in reviews:
        read.setdefault(reviewer, set()).add(application)
    groups: list[set[int]] = []
    for applications in read.values():
        touching = [group for group in groups if group & applications]
        groups = [group for group in groups if not group & applications]
        groups.append(applications.union(*touching))
    return len(groups)


def band(result: PanelResult, awards: int) -> tuple[int, ...]:
    """The applications that the reviews cannot place above or below the line after `awards` of them: those whose
    interval holds the middle between the last above the line and the first below. Empty if there is no line."""
    ranked = result.ranked()
    if not 0 < awards < len(ranked):
        return ()
    line = (result.scores[ranked[awards - 1]].adjusted + result.scores[ranked[awards]].adjusted) / 2
    within = (
        application
        for application in ranked
        if result.scores[application].interval[0] <= line <= result.scores[application].interval[1]
    )
    return tuple(within)


def crossing_the_line(result: PanelResult, awards: int) -> tuple[int, ...]:
    """The applications that adjusting moves across the line after `awards` of them, best adjusted first."""
    above, above_raw = set(result.ranked()[:awards]), set(result.ranked(adjusted=False)[:awards])
    return tuple(application for application in result.ranked() if application in above ^ above_raw)


def must_discuss(result: PanelResult, awards: int) -> tuple[int, ...]:
    """The applications that the panel must discuss and name in its minutes: reviews more than `WIDE_SPREAD` apart, or
    moved across the line by adjusting. Best adjusted first."""
    crossing = crossing_the_line(result, awards)
    wide = {application for application, score in result.scores.items() if score.spread > WIDE_SPREAD}
    return tuple(application for application in result.ranked() if application in wide or application in crossing)
