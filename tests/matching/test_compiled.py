"""Compiled loops work where no cache can be written."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import tuoju_matching

SCRIPT = """
import numpy as np
from tuoju_matching import text
from tuoju_matching.graph import EligibilityGraph
from tuoju_matching.optimum import solve
assert text.__file__.startswith({folder!r}), text.__file__
print(text.Bm25().fit(["上门做饭", "课业辅导"]).similarity("做饭").argmax())
print(solve(EligibilityGraph(np.array([0, 2]), np.array([0, 1]), np.array([0.2, 0.8]), np.array([1, 1]))).edge[0])
"""


def test_works_without_a_writable_cache_directory(tmp_path: Path) -> None:
    """Plain files block the directories that numba would create, beside the code and in the home directory."""
    package = tmp_path / "tuoju_matching"
    shutil.copytree(Path(tuoju_matching.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    for blocked in (package / "__pycache__", tmp_path / "home"):
        blocked.write_text("")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("NUMBA_", "XDG_"))}
    done = subprocess.run(
        [sys.executable, "-B", "-c", SCRIPT.format(folder=str(package))],
        env={**environment, "PYTHONPATH": str(tmp_path), "HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "0\n1", done.stderr
