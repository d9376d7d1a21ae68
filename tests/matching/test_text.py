"""Text similarity (docs/matching.md, Text): grams, and an index that changes in place without changing its answers."""

import math
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant

from matching.changing import SHORT, ChangedInPlace
from tuoju_matching.text import Bm25, _simplified, grams

ANY = st.text(alphabet=st.characters(), max_size=30)


def okapi(query: str, documents: list[str], *, k1: float = 1.2, b: float = 0.75) -> list[float]:
    """The formula as it is printed, term by term, over the most that these terms could give."""
    counts = [Counter(grams(document)) for document in documents]
    mean = max(sum(count.total() for count in counts) / len(counts), 1.0)
    scores, ceiling = [0.0] * len(documents), 0.0
    for term, often in Counter(grams(query)).items():
        found_in = sum(term in count for count in counts)
        if found_in:
            idf = often * math.log(1 + (len(documents) - found_in + 0.5) / (found_in + 0.5))
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
    def test_are_characters_pairs_and_words(self, text: str, expected: list[str]) -> None:
        assert grams(text) == expected


class TestSimilarity:
    @given(st.lists(SHORT, min_size=1, max_size=8), SHORT)
    def test_is_okapi_over_its_ceiling(self, documents: list[str], query: str) -> None:
        found = Bm25().fit(documents).similarity(query)
        assert found == pytest.approx(okapi(query, documents), abs=1e-6)

    @given(st.lists(ANY, max_size=5), ANY)
    def test_lies_between_0_and_1_for_any_text(self, documents: list[str], query: str) -> None:
        found = Bm25().fit(documents).similarity(query)
        assert found.shape == (len(documents),)
        assert ((found >= 0) & (found <= 1)).all()

    def test_of_nothing_known_is_0(self) -> None:
        assert Bm25().fit(["上门做饭", ""]).similarity("xyz").tolist() == [0, 0]

    @given(st.lists(SHORT, min_size=1, max_size=8), SHORT, st.data())
    def test_of_some_rows_is_that_of_all_to_the_bit(
        self, documents: list[str], query: str, data: st.DataObject
    ) -> None:
        index = Bm25().fit(documents)
        rows = data.draw(st.lists(st.integers(0, len(documents) - 1), max_size=4))
        assert index.similarity_rows(query, rows).tolist() == index.similarity(query)[rows].tolist()

    def test_of_a_row_that_is_not_there_is_refused(self) -> None:
        with pytest.raises(IndexError, match="from 0 to 0"):
            Bm25().fit(["上门做饭"]).similarity_rows("做饭", [1])

    @pytest.mark.parametrize("odd", [None, math.nan, 3, b"abc"])
    def test_text_must_be_text(self, odd: object) -> None:
        with pytest.raises(TypeError, match="text 1 is"):
            Bm25().fit(["上门做饭", odd])  # type: ignore[list-item]
        with pytest.raises(TypeError, match="the text is"):
            Bm25().fit([]).similarity(odd)  # type: ignore[arg-type]


class TestTraditional:
    @pytest.mark.parametrize(
        ("traditional", "simplified"),
        [("獨居老人沒人做飯", "独居老人没人做饭"), ("照護、輔導", "照护、辅导"), ("乾淨", "干净")],
    )
    def test_finds_what_is_written_in_simplified_characters_and_back(self, traditional: str, simplified: str) -> None:
        assert grams(traditional) == grams(simplified)
        alike = Bm25().fit([simplified, "别的"]).similarity(simplified).tolist()
        for kept, asked in ((traditional, simplified), (simplified, traditional)):
            assert Bm25().fit([kept, "别的"]).similarity(asked).tolist() == alike

    @given(ANY)
    def test_is_read_as_often_as_wished_with_one_result(self, text: str) -> None:
        assert grams(text.translate(_simplified())) == grams(text)


class Bm25InPlace(ChangedInPlace):
    def new(self) -> Bm25:
        return Bm25()

    @invariant()
    def rows_alone_answer_as_all(self) -> None:
        live = [row for row, text in enumerate(self.texts) if text is not None]
        for query in self.QUERIES:
            assert self.index.similarity_rows(query, live).tolist() == self.index.similarity(query)[live].tolist()


TestChangedInPlace = Bm25InPlace.TestCase
TestChangedInPlace.settings = settings(max_examples=40, stateful_step_count=15)
