"""The assignment benchmark prints one JSON object with the gap and the ratios."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_prints_one_object_with_gap_and_ratios() -> None:
    arguments = ["--needs", "200", "--projects", "5", "--edges", "3", "--runs", "1", "--json"]
    process = subprocess.run(
        [sys.executable, "-m", "benchmarks.assignment", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    report = json.loads(process.stdout)
    assert report["gap"] < 1e-6
    assert report["versions"]["numpy"]
    if importlib.util.find_spec("ortools") is None:
        assert "not installed" in report["message"]
        return
    assert report["quality"] == pytest.approx(report["ortools_quality"])
    assert {"time_ratio_to_ortools", "memory_ratio_to_ortools"} <= set(report)
