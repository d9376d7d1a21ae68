"""The category suggester is a scikit-learn classifier over texts."""

import math
import warnings

import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError, SkipTestWarning
from sklearn.utils.estimator_checks import check_estimator

from tuoju_matching.categories import CategorySuggester

TEXTS = ["送餐上门", "没人做饭", "洗澡不便", "上门助浴", "作业辅导", "孩子补课"]
LABELS = ["B01", "B01", "B02", "B02", "C06", "C06"]


@pytest.fixture
def suggester() -> CategorySuggester:
    return CategorySuggester().fit(TEXTS, LABELS)


class TestCategorySuggester:
    def test_passes_the_estimator_checks_of_scikit_learn(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SkipTestWarning)
            check_estimator(CategorySuggester())

    def test_keeps_the_estimator_contract(self, suggester: CategorySuggester) -> None:
        assert clone(suggester).get_params() == {"C": 0.3, "most_common": 0.5}
        assert suggester.classes_.tolist() == ["B01", "B02", "C06"]
        assert suggester.decision_function(["饭"]).shape == (1, 3)
        assert suggester.score(TEXTS, LABELS) == 1
        with pytest.raises(NotFittedError):
            CategorySuggester().predict(["饭"])

    def test_suggests_up_to_three_categories_the_most_likely_first(self, suggester: CategorySuggester) -> None:
        assert suggester.suggest("老人没法做饭")[0] == "B01"
        assert len(suggester.suggest("上门", within=math.inf)) == 3
        assert suggester.suggest("上门", k=1, within=math.inf) == suggester.suggest("上门", within=math.inf)[:1]

    @pytest.mark.parametrize("text", ["", "xyz", "\x00\ud800", "!?"])
    def test_suggests_nothing_for_a_text_without_known_terms(self, suggester: CategorySuggester, text: str) -> None:
        assert suggester.suggest(text) == []

    @pytest.mark.parametrize(
        ("texts", "labels", "error", "message"),
        [
            ("做饭", ["B01"], TypeError, "expected a list of texts"),
            (["做饭", math.nan], ["B01", "B02"], TypeError, "text 1 is float"),
            (["做饭"], ["B01", "B02"], ValueError, "labels must have shape"),
            (["做饭", "送餐"], ["B01", "B01"], ValueError, "two categories"),
            (["", "!"], ["B01", "B02"], ValueError, "vocabulary"),
            ([], [], ValueError, "two categories"),
        ],
    )
    def test_invalid_data_is_rejected(
        self, texts: list[str], labels: list[str], error: type[Exception], message: str
    ) -> None:
        with pytest.raises(error, match=message):
            CategorySuggester().fit(texts, labels)
