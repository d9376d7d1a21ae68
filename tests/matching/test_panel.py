"""Scores of a panel against least squares of the whole model, and the rules of assigning reviewers."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuoju_matching.panel import (
    RIDGE,
    adjust_scores,
    band,
    count_separate_groups,
    crossing_the_line,
    must_discuss,
)
from tuoju_matching.panel_assignment import (
    ReviewerAssignment,
    assign_reviewers,
    with_replacement,
    without_pair,
)

PAIRS = st.tuples(st.integers(1, 5), st.integers(1, 8))
REVIEWS = st.dictionaries(PAIRS, st.floats(0, 100), min_size=1)


def complete(qualities: dict[int, float], strictness: dict[int, float]) -> dict[tuple[int, int], float]:
    """Everybody reads everything, without noise."""
    return {(who, item): value - strict for who, strict in strictness.items() for item, value in qualities.items()}


class TestAdjustScores:
    @settings(deadline=None)
    @given(REVIEWS)
    def test_solves_the_least_squares_of_the_whole_model(self, reviews: dict[tuple[int, int], float]) -> None:
        result = adjust_scores(reviews)
        reviewers, applications = list(result.strictness), list(result.scores)
        rows, points = [], []
        for (reviewer, application), value in reviews.items():
            row = np.zeros(len(reviewers) + len(applications))
            row[reviewers.index(reviewer)] = -1.0
            row[len(reviewers) + applications.index(application)] = 1.0
            rows.append(row)
            points.append(value)
        for number in range(len(reviewers)):
            row = np.zeros(len(reviewers) + len(applications))
            row[number] = RIDGE**0.5
            rows.append(row)
            points.append(0.0)
        solution = np.linalg.lstsq(np.array(rows), np.array(points), rcond=None)[0]
        assert list(result.strictness.values()) == pytest.approx(solution[: len(reviewers)].tolist(), abs=1e-6)
        adjusted = [score.adjusted for score in result.scores.values()]
        assert adjusted == pytest.approx(solution[len(reviewers) :].tolist(), abs=1e-6)

    @settings(deadline=None)
    @given(REVIEWS)
    def test_missing_is_missing(self, reviews: dict[tuple[int, int], float]) -> None:
        """A review that is not there is no 0 and no mean: every mean is that of its own reviews."""
        scores = adjust_scores(reviews).scores
        for application, score in scores.items():
            own = [value for (_, item), value in reviews.items() if item == application]
            assert score.mean == pytest.approx(sum(own) / len(own))
            assert (score.reviews, score.spread) == (len(own), max(own) - min(own))
        assert set(scores) == {item for _, item in reviews}

    @settings(deadline=None)
    @given(st.lists(st.lists(st.floats(0, 100), min_size=4, max_size=4), min_size=1, max_size=5))
    def test_adjusts_nothing_where_everybody_read_everything(self, points: list[list[float]]) -> None:
        reviews = {(who, item): value for who, row in enumerate(points) for item, value in enumerate(row)}
        for score in adjust_scores(reviews).scores.values():
            assert score.adjusted == pytest.approx(score.mean, abs=1e-6)

    def test_strict_and_lenient(self) -> None:
        """Golden scenario G3: a reviewer gives 12 points less to all; adjusting mends the order."""
        qualities = {1: 79.0, 2: 76.0, **{item: 50.0 + item for item in range(3, 15)}}
        full = complete(qualities, {1: 12.0, 2: 0.0, 3: 0.0, 4: 0.0})
        # The strict one reads the best application and not the second.
        reviews = {pair: value for pair, value in full.items() if pair not in {(1, 2), (2, 1)}}
        result = adjust_scores(reviews)
        assert result.ranked(adjusted=False)[:2] == [2, 1]
        assert result.ranked()[:2] == [1, 2]
        assert max(result.strictness, key=lambda who: result.strictness[who]) == 1
        assert crossing_the_line(result, 1) == (1, 2)
        assert must_discuss(result, 1)[:2] == (1, 2)

    def test_a_voided_review_leaves_the_mean(self) -> None:
        """Golden scenario G2: without the review of the conflicted reviewer the others decide."""
        reviews = {(1, 1): 100.0, (2, 1): 60.0, (3, 1): 60.0}
        del reviews[(1, 1)]
        score = adjust_scores(reviews).scores[1]
        assert (score.mean, score.adjusted, score.reviews) == (60.0, pytest.approx(60.0), 2)

    def test_reviewers_without_anything_in_common_are_counted(self) -> None:
        assert adjust_scores({(1, 1): 50.0, (2, 2): 60.0}).separate_groups == 2
        assert count_separate_groups({(1, 1), (2, 2), (3, 1), (3, 2)}) == 1

    @pytest.mark.parametrize("points", [-0.01, 100.01, float("nan")])
    def test_a_score_out_of_range_is_refused(self, points: float) -> None:
        with pytest.raises(ValueError, match="between 0 and 100"):
            adjust_scores({(1, 1): points})

    def test_nothing_to_adjust(self) -> None:
        assert adjust_scores({}).scores == {}
        alone = adjust_scores({(1, 1): 70.0}).scores[1]
        assert (alone.error, alone.interval) == (None, (float("-inf"), float("inf")))

    def test_finds_the_order_where_means_do_not(self) -> None:
        """Panels that read in part, strictness of twice the quality: more of the true best third is found."""
        generator = random.Random(1)
        hits = {"mean": 0, "adjusted": 0}
        for _ in range(20):
            quality = {item: generator.gauss(60, 5) for item in range(60)}
            strict = {who: generator.gauss(0, 10) for who in range(7)}
            reviews = {
                (who, item): min(100.0, max(0.0, quality[item] - strict[who] + generator.gauss(0, 8)))
                for item in quality
                for who in generator.sample(range(7), 3)
            }
            best = set(sorted(quality, key=lambda item: -quality[item])[:20])
            result = adjust_scores(reviews)
            hits["mean"] += len(best & set(result.ranked(adjusted=False)[:20]))
            hits["adjusted"] += len(best & set(result.ranked()[:20]))
        assert hits["adjusted"] > hits["mean"]


class TestBand:
    def test_holds_those_that_the_reviews_cannot_place(self) -> None:
        reviews = {
            (who, item): value + noise
            for item, value in {1: 90.0, 2: 71.0, 3: 70.0, 4: 40.0}.items()
            for who, noise in {1: -2.0, 2: 2.0, 3: 0.0 if item % 2 else 3.0}.items()
        }
        result = adjust_scores(reviews)
        assert band(result, 2) == (2, 3)
        assert band(result, 0) == band(result, 4) == ()

    def test_an_unclear_application_is_discussed(self) -> None:
        result = adjust_scores({(1, 1): 90.0, (2, 1): 60.0, (1, 2): 50.0, (2, 2): 49.0})
        assert 1 in must_discuss(result, 1)


class TestAssignReviewers:
    @pytest.mark.parametrize("count", [1, 30])
    def test_everybody_reads_all_up_to_thirty(self, count: int) -> None:
        assignment = assign_reviewers([1, 2, 3], range(count), conflicts={(2, 0)})
        assert assignment.pairs == {(who, item) for who in (1, 2, 3) for item in range(count)} - {(2, 0)}
        assert assignment.short == {0: 2}

    @pytest.mark.parametrize(("n_reviewers", "count"), [(5, 31), (6, 45), (7, 38), (9, 60), (12, 40)])
    def test_loads_are_equal_and_reviewers_comparable(self, n_reviewers: int, count: int) -> None:
        chance = random.Random(count)
        reviewers = range(n_reviewers)
        pairs = [(who, item) for who in reviewers for item in range(count)]
        conflicts = {pair for pair in pairs if chance.random() < 0.02}
        fit = {pair: chance.choice([0.0, 0.5, 1.0]) for pair in pairs}
        assignment = assign_reviewers(reviewers, range(count), conflicts=conflicts, fit=fit)
        assert not assignment.pairs & conflicts
        free = {item: sum((who, item) not in conflicts for who in reviewers) for item in range(count)}
        assert {item: len(assignment.readers(item)) for item in range(count)} == {
            item: min(5, number) for item, number in free.items()
        }
        loads = [len(read) for read in assignment.order.values()]
        # Where five read five, a conflict takes a reader away and the loads follow from that.
        assert max(loads) - min(loads) <= 1 or n_reviewers == 5
        assert assignment.is_connected
        assert assignment.least_shared >= 3 or n_reviewers > 9

    def test_the_application_with_the_worst_fit_is_served_first(self) -> None:
        """Reviewer 0 alone knows the last application; a sum alone could give it to others."""
        fit = {(who, item): 0.0 if item == 39 and who else 1.0 for who in range(6) for item in range(40)}
        assert 0 in assign_reviewers(range(6), range(40), fit=fit).readers(39)

    def test_the_order_of_reading_is_random_and_repeatable(self) -> None:
        first, again = (assign_reviewers([1, 2], range(20), seed=7) for _ in range(2))
        assert first == again
        assert first.order[1] != first.order[2]
        assert sorted(first.order[1]) == list(range(20))

    @pytest.mark.parametrize(("reviewers", "readers"), [([1, 1], 5), ([1], 0)])
    def test_bad_input_is_refused(self, reviewers: list[int], readers: int) -> None:
        with pytest.raises(ValueError, match="listed once"):
            assign_reviewers(reviewers, [1], readers=readers)


class TestLateConflict:
    def test_the_review_is_void_and_another_reads(self) -> None:
        assignment = ReviewerAssignment({1: (10, 11), 2: (10,), 3: ()}, 2, (10, 11))
        after, replacement = with_replacement(without_pair(assignment, 1, 10), 10, conflicts={(1, 10)})
        assert replacement == 3
        assert after.readers(10) == (2, 3)
        assert after.order[3] == (10,)

    def test_the_panel_is_told_where_nobody_is_left(self) -> None:
        assignment = ReviewerAssignment({1: (10,), 2: (10,)}, 2, (10,))
        after, replacement = with_replacement(without_pair(assignment, 1, 10), 10, conflicts={(1, 10)})
        assert replacement is None
        assert after.short == {10: 1}

    def test_a_review_that_was_not_assigned_cannot_be_void(self) -> None:
        with pytest.raises(ValueError, match="does not read"):
            without_pair(ReviewerAssignment({1: ()}, 1, (10,)), 1, 10)
