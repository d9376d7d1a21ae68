"""Vectors of texts in rows, and the one weight that joins meaning and characters."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.builders import TODAY, need, project
from tuoju_matching.explain import reason_sentences
from tuoju_matching.features import Feature
from tuoju_matching.meaning import FAR, MEANING_SHARE, NEAR, VectorRows, fused, pack
from tuoju_matching.ranker import RuleRanker

EAST = pack([1.0, 0.0])
NORTH = pack([0.0, 1.0])


def at_cosine(cosine: float) -> bytes:
    """A vector that has this cosine with EAST."""
    return pack([cosine, np.sqrt(1 - cosine**2)])


class TestRows:
    def test_cosines_from_far_to_near_are_values_from_0_to_1(self) -> None:
        rows = VectorRows().fit([NORTH, at_cosine((FAR + NEAR) / 2), EAST])
        assert rows.closeness(EAST, np.arange(3)) == pytest.approx([0.0, 0.5, 1.0], abs=0.01)

    def test_a_text_without_a_vector_has_no_closeness(self) -> None:
        rows = VectorRows().fit([b"", EAST])
        assert np.isnan(rows.closeness(EAST, np.arange(2))).tolist() == [True, False]
        assert np.isnan(rows.closeness(b"", np.arange(2))).all()

    def test_vectors_may_come_later_and_rows_are_used_again(self) -> None:
        rows = VectorRows().fit([b""])
        rows.replace(0, EAST)
        assert rows.add(NORTH) == 1
        rows.remove(0)
        assert rows.add(EAST) == 0
        assert rows.closeness(EAST, np.arange(2)).tolist() == [1.0, 0.0]

    def test_vectors_of_two_models_are_not_mixed(self) -> None:
        with pytest.raises(ValueError, match="3 numbers"):
            VectorRows().fit([EAST]).add(pack([1.0, 0.0, 0.0]))

    @given(st.lists(st.integers(0, 9), min_size=1, unique=True))
    def test_a_row_has_the_same_closeness_whatever_the_other_rows_are(self, chosen: list[int]) -> None:
        *vectors, query = (pack(vector) for vector in np.random.default_rng(0).random((11, 33)))
        rows = VectorRows().fit(vectors)
        assert (rows.closeness(query, np.array(chosen)) == rows.closeness(query, np.arange(10))[chosen]).all()


@given(st.floats(0, 1), st.floats(0, 1) | st.just(np.nan))
def test_the_fused_similarity_lies_between_both(characters: float, closeness: float) -> None:
    (value,) = fused(np.array([characters]), np.array([closeness]))
    if np.isnan(closeness):
        assert value == characters
    else:
        assert min(characters, closeness) - 1e-9 <= value <= max(characters, closeness) + 1e-9


class TestRanking:
    def test_a_project_that_shares_no_character_is_found_by_its_meaning(self) -> None:
        asked = need(text="没人做饭", meaning=EAST)
        offers = [project(id=number, name="", text="x", meaning=vector) for number, vector in enumerate((NORTH, EAST))]
        best = RuleRanker().fit(offers).rank(asked, TODAY)[0]
        assert best.project.id == 1
        assert best.features[0] == pytest.approx(MEANING_SHARE, abs=0.01)
        assert "Its description is close in meaning to the need" in reason_sentences(best, asked, "en")

    def test_without_its_vector_it_is_ranked_by_characters(self) -> None:
        asked = need(text="没人做饭", meaning=EAST)
        by_characters = RuleRanker().fit([project(text="上门做饭")]).rank(need(text="没人做饭"), TODAY)[0]
        ranked = RuleRanker().fit([project(text="上门做饭")]).rank(asked, TODAY)[0]
        assert ranked.features == by_characters.features
        assert ranked.contributions[0].feature is Feature.text

    def test_a_vector_that_comes_later_is_taken_in(self) -> None:
        asked = need(text="没人做饭", meaning=EAST)
        ranker = RuleRanker().fit([project(id=1)])
        ranker.replace(project(id=1, meaning=EAST))
        fitted = RuleRanker().fit([project(id=1, meaning=EAST)])
        assert ranker.rank(asked, TODAY)[0].features == fitted.rank(asked, TODAY)[0].features
