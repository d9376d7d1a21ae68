"""TUOJU_TEST_WITHOUT_NUMBA=1 runs these tests as on a machine where numba cannot be installed."""

import os
import sys

if os.environ.get("TUOJU_TEST_WITHOUT_NUMBA"):
    sys.modules["numba"] = None  # type: ignore[assignment]
