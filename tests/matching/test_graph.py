"""The eligibility graph rejects arrays that do not fit each other."""

import numpy as np
import pytest

from tuoju_matching.graph import EligibilityGraph


class TestEligibilityGraph:
    @pytest.mark.parametrize(
        ("changed", "message"),
        [
            ({"scores": np.array([np.nan])}, "scores must be finite"),
            ({"scores": np.array([-1.0])}, "scores must be finite and >= 0"),
            ({"scores": np.array([1.0, 1.0])}, "scores must have shape"),
            ({"places": np.array([-1])}, "places must be >= 0"),
            ({"places": np.array([1.5])}, "places must be integers"),
            ({"indices": np.array([1])}, "indices must be between"),
            ({"indptr": np.array([1, 1])}, "indptr must start at 0"),
            ({"urgency": np.array([1, 1])}, "urgency must have shape"),
            ({"sizes": np.array([0])}, "sizes must be >= 1"),
            ({"indptr": np.array([0, 2]), "indices": np.array([0, 0]), "scores": np.array([1.0, 1.0])}, "twice"),
        ],
    )
    def test_an_invalid_array_is_named(self, changed: dict[str, object], message: str) -> None:
        valid = {
            "indptr": np.array([0, 1], dtype=np.int64),
            "indices": np.array([0]),
            "scores": np.array([1.0]),
            "places": np.array([1]),
        }
        with pytest.raises(ValueError, match=message):
            EligibilityGraph(**{**valid, **changed})  # type: ignore[arg-type]
