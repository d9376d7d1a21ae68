"""Compiled loops work where no cache can be written, and run uncompiled where there is no numba."""

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


def test_works_without_numba() -> None:
    """`TUOJU_TEST_WITHOUT_NUMBA=1 pytest tests/matching` runs everything so."""
    folder = str(Path(tuoju_matching.__file__).parent.parent)
    script = f"import sys\nsys.modules['numba'] = None\nsys.path.insert(0, {folder!r})\n{SCRIPT.format(folder=folder)}"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "0\n1", done.stderr


def test_imports_nothing_slow_before_it_is_used() -> None:
    modules = [f"tuoju_matching.{path.stem}" for path in Path(tuoju_matching.__file__).parent.glob("*.py")]
    with_sklearn = ("categories", "fusion", "needs_as_said", "outcome_model")
    eager = {f"tuoju_matching.{name}" for name in with_sklearn}
    script = f"""
import sys
from importlib import import_module
for name in {sorted({*modules} - eager - {"tuoju_matching.numba_support"})!r}:
    import_module(name)
print(sorted({{"numba", "scipy", "sklearn"}} & sys.modules.keys()))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_small_problem_compiles_nothing() -> None:
    folder = str(Path(tuoju_matching.__file__).parent.parent)
    lines = SCRIPT.format(folder=folder).strip().splitlines()
    inside = "\n".join(f"    {line}" for line in lines if not line.startswith(("import", "from")))
    imports = "\n".join(line for line in lines if line.startswith(("import", "from")))
    script = f"""
import sys
sys.path.insert(0, {folder!r})
from tuoju_matching.compiled import SMALL_PAIRS, interpreted
{imports}
with interpreted(SMALL_PAIRS):
{inside}
print("numba" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["0", "1", "False"], done.stderr
