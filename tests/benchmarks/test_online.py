"""The benchmark of placing one by one, on a small year of its own."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
AFFILIATES = ("A", "B", "C")


def write_year(folder: Path, cases: int = 120) -> Path:
    """A year in which A is good for the first cases, but much better for some of the later ones."""
    random = np.random.default_rng(3)
    rows = {name: [["case", *AFFILIATES]] for name in ("Employment_Weight", "Compatibility")}
    sizes = [["case", "children", "adults", "seniors"]]
    for case in range(cases):
        special = random.random() < 0.3
        weights = [1.0 if special else 0.5, 0.4, 0.1 if special else 0.4]
        rows["Employment_Weight"].append([case, *(round(weight * random.uniform(0.9, 1.1), 4) for weight in weights)])
        rows["Compatibility"].append([case, 1, 1, 1])
        sizes.append([case, int(random.integers(0, 3)), 1, 0])
    people = sum(sum(row[1:]) for row in sizes[1:])
    capacity = [["affiliate", "stated", "children", "adults", "seniors"]]
    capacity += [
        [name, "", 0, round(people * share), 0] for name, share in zip(AFFILIATES, (0.3, 0.4, 0.4), strict=True)
    ]
    for name, lines in {**rows, "size": sizes, "cap": capacity}.items():
        text = "\n".join(",".join(map(str, line)) for line in lines)
        (folder / f"Y1_{name}.csv").write_text(text, encoding="utf-8")
    return folder / "Y1"


def test_forward_prices_come_closer_to_the_hindsight_optimum_than_fit_alone(tmp_path: Path) -> None:
    arguments = ["--past", str(write_year(tmp_path)), "--seeds", "2", "--json"]
    process = subprocess.run(
        [sys.executable, "-m", "benchmarks.online", *arguments], cwd=ROOT, capture_output=True, text=True, check=True
    )
    report = json.loads(process.stdout)
    assert report["greedy"] < report["forward"] <= 1.0
    assert len(report["forward_by_seed"]) == 2


def test_says_so_when_the_files_are_not_there(tmp_path: Path) -> None:
    arguments = ["--past", str(tmp_path / "none")]
    process = subprocess.run(
        [sys.executable, "-m", "benchmarks.online", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert process.returncode == 1
    assert "not there" in process.stderr
