"""Compiled loops work wherever the code may be installed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import tuoju_matching

SCRIPT = """
import numpy as np
from tuoju_matching import text
from tuoju_matching.graph import Waiting
from tuoju_matching.optimum import solve
assert text.__file__.startswith({folder!r}), text.__file__
print(text.Bm25().fit(["上门做饭", "课业辅导"]).similarity("做饭").argmax())
print(solve(Waiting(np.array([0, 2]), np.array([0, 1]), np.array([0.2, 0.8]), np.array([1, 1]))).edge[0])
"""


def test_works_where_no_cache_can_be_written(tmp_path: Path) -> None:
    """A plain file stands where numba would make its cache folder, beside the code and at home."""
    package = tmp_path / "tuoju_matching"
    shutil.copytree(Path(tuoju_matching.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    for barred in (package / "__pycache__", tmp_path / "home"):
        barred.write_text("")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("NUMBA_", "XDG_"))}
    done = subprocess.run(
        [sys.executable, "-B", "-c", SCRIPT.format(folder=str(package))],
        env={**kept, "PYTHONPATH": str(tmp_path), "HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "0\n1", done.stderr
