"""The integer program and the queues against every plan there is (design.md section 6)."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.instances import keeps_places, plans, shares, value, waitings
from tuoju_matching.exact import Unfair, solve_whole
from tuoju_matching.graph import Waiting
from tuoju_matching.queues import serve_in_order, without_envy

WHOLE = np.array([0, 1], dtype=np.int64)


class TestSolveWhole:
    @settings(deadline=None)
    @given(waitings(needs=4, projects=3, sized=True))
    def test_is_as_good_as_trying_everything(self, waiting: Waiting) -> None:
        found = solve_whole(waiting)
        assert keeps_places(waiting, found.edge)
        best = max(value(waiting, edge) for edge in plans(waiting))
        assert value(waiting, found.edge) == pytest.approx(best, abs=1e-6)
        assert found.bound >= found.quality - 1e-6

    @settings(deadline=None)
    @given(waitings(needs=4, projects=3), st.data())
    def test_holds_the_groups_together_or_says_how_near_they_come(self, waiting: Waiting, data: st.DataObject) -> None:
        n_needs = waiting.n_needs
        groups = np.array(data.draw(st.lists(st.integers(-1, 1), min_size=n_needs, max_size=n_needs)), dtype=np.int64)
        within = data.draw(st.sampled_from([0.0, 0.25, 0.5]))
        counts = max(value(waiting, edge)[:3] for edge in plans(waiting))
        same = [edge for edge in plans(waiting) if value(waiting, edge)[:3] == counts]

        def spread(edge: np.ndarray) -> float:
            found = shares(edge, groups)
            return max(found) - min(found) if found else 0.0

        smallest = min(spread(edge) for edge in same)
        if smallest > within:
            with pytest.raises(Unfair) as caught:
                solve_whole(waiting, groups, within)
            assert caught.value.smallest == pytest.approx(smallest, abs=1e-6)
            return
        found = solve_whole(waiting, groups, within)
        assert spread(found.edge) <= within + 1e-9
        best = max(value(waiting, edge) for edge in same if spread(edge) <= within)
        assert value(waiting, found.edge) == pytest.approx(best, abs=1e-6)


class TestServeInOrder:
    @settings(deadline=None)
    @given(waitings(sized=True), st.randoms())
    def test_nobody_could_have_had_better_at_their_turn(self, waiting: Waiting, chance: object) -> None:
        order = np.arange(waiting.n_needs)
        chance.shuffle(order)  # type: ignore[attr-defined]
        edge = serve_in_order(waiting, order)
        left = waiting.places.copy()
        for need in order:
            span = range(waiting.indptr[need], waiting.indptr[need + 1])
            free = [waiting.scores[each] for each in span if left[waiting.indices[each]] >= waiting.sizes[need]]
            assert (edge[need] >= 0) == bool(free)
            if free:
                assert waiting.scores[edge[need]] == max(free)
                left[waiting.indices[edge[need]]] -= waiting.sizes[need]


class TestWithoutEnvy:
    @settings(deadline=None)
    @given(waitings(needs=8), st.data())
    def test_nobody_envies_a_weaker_claim(self, waiting: Waiting, data: st.DataObject) -> None:
        n_needs = waiting.n_needs
        waited = np.array(data.draw(st.lists(st.integers(0, 3), min_size=n_needs, max_size=n_needs)), dtype=np.int64)
        edge = without_envy(waiting, waited)
        assert keeps_places(waiting, edge)

        def claim(need: int, project: int) -> tuple[float, ...]:
            at = next(e for e in range(waiting.indptr[need], waiting.indptr[need + 1]) if waiting.indices[e] == project)
            return (waiting.urgency[need], waiting.scores[at], waited[need], -need)

        for need in range(n_needs):
            mine = waiting.scores[edge[need]] if edge[need] >= 0 else -1.0
            for each in range(waiting.indptr[need], waiting.indptr[need + 1]):
                if waiting.scores[each] <= mine:
                    continue
                project = waiting.indices[each]
                there = [row for row in range(n_needs) if edge[row] >= 0 and waiting.indices[edge[row]] == project]
                assert len(there) == waiting.places[project]
                assert all(claim(row, project) > claim(need, project) for row in there)


class TestWaiting:
    @pytest.mark.parametrize(
        ("changed", "words"),
        [
            ({"scores": np.array([np.nan])}, "finite"),
            ({"scores": np.array([-1.0])}, "not negative"),
            ({"scores": np.array([1.0, 1.0])}, "shape"),
            ({"places": np.array([-1])}, "places must not be negative"),
            ({"places": np.array([1.5])}, "whole"),
            ({"indices": np.array([1])}, "not there"),
            ({"indptr": np.array([1, 1])}, "start at 0"),
            ({"urgency": np.array([1, 1])}, "urgency"),
            ({"sizes": np.array([0])}, "at least 1"),
            ({"indptr": np.array([0, 2]), "indices": np.array([0, 0]), "scores": np.array([1.0, 1.0])}, "twice"),
        ],
    )
    def test_says_what_is_wrong(self, changed: dict[str, object], words: str) -> None:
        right = {"indptr": WHOLE, "indices": np.array([0]), "scores": np.array([1.0]), "places": np.array([1])}
        with pytest.raises(ValueError, match=words):
            Waiting(**{**right, **changed})  # type: ignore[arg-type]
