"""The benchmark of the assignment answers as promised: one JSON object with its ratios."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_prints_one_object_with_gap_and_ratios() -> None:
    asked = ["--needs", "200", "--projects", "5", "--edges", "3", "--runs", "1", "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.assignment", *asked], cwd=ROOT, capture_output=True, text=True, check=True
    )
    found = json.loads(done.stdout)
    assert found["gap"] < 1e-6
    assert found["versions"]["numpy"]
    if importlib.util.find_spec("ortools") is None:
        assert "not installed" in found["message"]
        return
    assert found["quality"] == pytest.approx(found["ortools_quality"])
    assert {"time_ratio_to_ortools", "memory_ratio_to_ortools"} <= set(found)
