"""Text similarity: terms of a text, and the BM25 index that changes in place."""

import math
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant

from matching.index_machine import SHORT_TEXTS, TextIndexMachine
from tuoju_matching.text import Bm25, grams
from tuoju_text.folding import common_forms

ANY_TEXT = st.text(alphabet=st.characters(), max_size=30)


def okapi(query: str, documents: list[str], *, k1: float = 1.2, b: float = 0.75) -> list[float]:
    """The published formula term by term, divided by the highest score that these terms could reach."""
    counts = [Counter(grams(document)) for document in documents]
    mean = max(sum(count.total() for count in counts) / len(counts), 1.0)
    scores, ceiling = [0.0] * len(documents), 0.0
    for term, repeats in Counter(grams(query)).items():
        n_containing = sum(term in count for count in counts)
        if n_containing:
            idf = repeats * math.log(1 + (len(documents) - n_containing + 0.5) / (n_containing + 0.5))
            ceiling += idf * (k1 + 1)
            for row, count in enumerate(counts):
                norm = k1 * (1 - b + b * count.total() / mean)
                scores[row] += idf * count[term] * (k1 + 1) / (count[term] + norm)
    return [score / ceiling if ceiling else 0.0 for score in scores]


class TestGrams:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("Ｍeals，助餐", ["meal", "助", "餐", "助餐"]),
            ("families buses class shoes this", ["family", "buse", "class", "shoes", "thi"]),
            ("扶贫 café_3岁", ["扶", "贫", "扶贫", "café", "3", "岁"]),
            ("𠮷野〇", ["𠮷", "野", "〇", "𠮷野", "野〇"]),
            ("\ud800\x00 ,。", []),
        ],
    )
    def test_are_characters_pairs_of_characters_and_words(self, text: str, expected: list[str]) -> None:
        assert grams(text) == expected


class TestSimilarity:
    @given(st.lists(SHORT_TEXTS, min_size=1, max_size=8), SHORT_TEXTS)
    def test_equals_the_published_formula(self, documents: list[str], query: str) -> None:
        scores = Bm25().fit(documents).similarity(query)
        assert scores == pytest.approx(okapi(query, documents), abs=1e-6)

    @given(st.lists(ANY_TEXT, max_size=5), ANY_TEXT)
    def test_is_between_0_and_1_for_any_text(self, documents: list[str], query: str) -> None:
        scores = Bm25().fit(documents).similarity(query)
        assert scores.shape == (len(documents),)
        assert ((scores >= 0) & (scores <= 1)).all()

    def test_of_unknown_terms_is_0(self) -> None:
        assert Bm25().fit(["上门做饭", ""]).similarity("xyz").tolist() == [0, 0]

    def test_of_an_empty_query_is_0(self) -> None:
        assert Bm25().fit(["", "做饭"]).similarity("").tolist() == [0, 0]

    @given(st.lists(SHORT_TEXTS, min_size=1, max_size=8), SHORT_TEXTS, st.data())
    def test_of_some_rows_equals_that_of_all_rows_to_the_bit(
        self, documents: list[str], query: str, data: st.DataObject
    ) -> None:
        index = Bm25().fit(documents)
        rows = data.draw(st.lists(st.integers(0, len(documents) - 1), max_size=4))
        assert index.similarity_rows(query, rows).tolist() == index.similarity(query)[rows].tolist()

    def test_an_unknown_row_is_rejected(self) -> None:
        with pytest.raises(IndexError, match="between 0 and 0"):
            Bm25().fit(["上门做饭"]).similarity_rows("做饭", [1])

    @pytest.mark.parametrize("value", [None, math.nan, 3, b"abc"])
    def test_a_value_that_is_not_a_text_is_rejected(self, value: object) -> None:
        with pytest.raises(TypeError, match="text 1 is"):
            Bm25().fit(["上门做饭", value])  # type: ignore[list-item]
        with pytest.raises(TypeError, match="the text is"):
            Bm25().fit([]).similarity(value)  # type: ignore[arg-type]


class TestTraditionalCharacters:
    @pytest.mark.parametrize(
        ("traditional", "simplified"),
        [("獨居老人沒人做飯", "独居老人没人做饭"), ("照護、輔導", "照护、辅导"), ("乾淨", "干净")],
    )
    def test_find_simplified_characters_and_the_reverse(self, traditional: str, simplified: str) -> None:
        assert grams(traditional) == grams(simplified)
        expected = Bm25().fit([simplified, "别的"]).similarity(simplified).tolist()
        for document, query in ((traditional, simplified), (simplified, traditional)):
            assert Bm25().fit([document, "别的"]).similarity(query).tolist() == expected

    @given(ANY_TEXT)
    def test_converting_twice_changes_nothing(self, text: str) -> None:
        assert grams(text.translate(common_forms())) == grams(text)


class Bm25Machine(TextIndexMachine):
    def create(self) -> Bm25:
        return Bm25()

    @invariant()
    def some_rows_equal_all_rows(self) -> None:
        live = [row for row, text in enumerate(self.texts) if text is not None]
        for query in self.QUERIES:
            assert self.index.similarity_rows(query, live).tolist() == self.index.similarity(query)[live].tolist()


TestChangesInPlace = Bm25Machine.TestCase
TestChangesInPlace.settings = settings(max_examples=40, stateful_step_count=15)
