"""The full eligible graph, scored while looked at, against storing every edge (design.md section 6)."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuoju_matching import full
from tuoju_matching.full import FullSolution, Kinds, solve_full
from tuoju_matching.graph import Waiting
from tuoju_matching.optimum import solve


def stored(kinds: Kinds) -> Waiting:
    """Every edge of it."""
    lists = [kinds.projects[kinds.indptr[kind] : kinds.indptr[kind + 1]] for kind in kinds.kind_of]
    rows = np.repeat(np.arange(len(lists)), [len(each) for each in lists])
    indices = np.concatenate([*lists, np.zeros(0, dtype=np.int32)]).astype(np.int32)
    products = (kinds.need_features[rows] * kinds.project_features[indices]).sum(axis=1)
    return Waiting(
        indptr=np.cumsum([0, *(len(each) for each in lists)]),
        indices=indices,
        scores=np.maximum(0.0, (kinds.base[indices] + products).astype(np.float64)),
        places=kinds.places,
        urgency=kinds.urgency,
    )


def drawn(seed: int, needs: int, projects: int, supply: float) -> Kinds:
    chance = np.random.default_rng(seed)
    lists = [np.flatnonzero(chance.random(projects) < 0.5) for _ in range(4)]
    return Kinds(
        kind_of=chance.integers(0, 4, needs).astype(np.int32),
        indptr=np.cumsum([0, *(len(each) for each in lists)]),
        projects=np.concatenate(lists).astype(np.int32),
        need_features=chance.random((needs, 2)).astype(np.float32),
        project_features=chance.random((projects, 2)).astype(np.float32),
        base=chance.random(projects).astype(np.float32),
        places=chance.multinomial(int(needs * supply), np.full(projects, 1 / projects)),
        urgency=chance.integers(0, 3, needs),
    )


class TestSolveFull:
    @settings(deadline=None, max_examples=150)
    @given(st.integers(0, 10**6), st.integers(0, 12), st.integers(1, 6), st.sampled_from([0.0, 0.5, 1.0, 1.5]))
    def test_equals_the_plan_on_stored_edges(self, seed: int, needs: int, projects: int, supply: float) -> None:
        kinds = drawn(seed, needs, projects, supply)
        found, exact = solve_full(kinds, gap=1e-8), solve(stored(kinds))
        placed = np.bincount(kinds.urgency[found.project >= 0], minlength=3).tolist()
        assert placed == np.bincount(kinds.urgency[exact.edge >= 0], minlength=3).tolist()
        assert found.quality == pytest.approx(exact.quality, abs=1e-5)
        assert found.bound == pytest.approx(found.quality, abs=1e-5)

    @pytest.mark.parametrize("supply", [0.6, 1.2])
    def test_prices_in_what_the_candidates_lack(self, monkeypatch: pytest.MonkeyPatch, supply: float) -> None:
        monkeypatch.setattr(full, "WHOLE", 1000)
        monkeypatch.setattr(full, "CANDIDATES", 2)
        kinds = drawn(7, 4000, 40, supply)
        found, exact = solve_full(kinds), solve(stored(kinds))
        assert found.passes > 1
        assert found.quality == pytest.approx(exact.quality, rel=1e-6)
        assert (found.bound - found.quality) / found.bound <= 1e-6
        taken = np.bincount(found.project[found.project >= 0], minlength=40)
        assert (taken <= kinds.places).all()

    def test_a_sample_comes_to_its_end(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Though it leaves some projects without a place, whose price is then of no account."""
        monkeypatch.setattr(full, "WHOLE", 1000)
        monkeypatch.setattr(full, "LEAST_PLACES", 1)
        kinds = replace(drawn(5, 4000, 40, 0.8), places=np.arange(40) % 8)
        passes = []

        def counted(*given: Any) -> FullSolution:
            found = priced(*given)
            passes.append(found.passes)
            return found

        priced = full._price_in
        monkeypatch.setattr(full, "_price_in", counted)
        solve_full(kinds)
        assert len(passes) > 1
        assert max(passes) <= 10

    def test_the_same_whatever_the_number_of_threads(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(full, "WHOLE", 1000)
        kinds = drawn(3, 2000, 30, 0.8)
        plans = []
        for threads in (1, 2, 3):
            monkeypatch.setattr(full, "THREADS", threads)
            plans.append(solve_full(kinds).project.tolist())
        assert plans[0] == plans[1] == plans[2]


class TestKinds:
    @pytest.mark.parametrize(
        ("changed", "words"),
        [
            ({"base": np.array([np.nan, 1.0])}, "base must be finite"),
            ({"base": np.array([1.0])}, "base must have shape"),
            ({"need_features": np.ones((1, 3))}, "need_features must have shape"),
            ({"kind_of": np.array([4])}, "kind that is not there"),
            ({"projects": np.array([0, 5])}, "project that is not there"),
            ({"places": np.array([-1, 1])}, "places must not be negative"),
            ({"urgency": np.array([-1])}, "urgency"),
        ],
    )
    def test_says_what_is_wrong(self, changed: dict[str, object], words: str) -> None:
        right = {
            "kind_of": np.array([0]),
            "indptr": np.array([0, 2]),
            "projects": np.array([0, 1]),
            "need_features": np.ones((1, 1)),
            "project_features": np.ones((2, 1)),
            "base": np.ones(2),
            "places": np.array([1, 1]),
        }
        with pytest.raises(ValueError, match=words):
            Kinds(**{**right, **changed})  # type: ignore[arg-type]
