"""The plots of docs/matching.md, drawn with matplotlib where the extra `bench` is installed."""

from pathlib import Path
from typing import Any

try:
    import matplotlib as mpl
    from matplotlib import pyplot
except ImportError:
    pyplot = None
else:
    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "tuoju"


def draw_assignment(
    folder: Path, times: list[tuple[int, float]], costs: list[tuple[float, float]], modes: list[Any]
) -> None:
    """Draw time by needs, the cost of fairness, and the quality of each mode."""
    _require_matplotlib()
    figure, (left, middle, right) = pyplot.subplots(1, 3, figsize=(12, 3.4), layout="constrained")
    left.loglog([needs for needs, _ in times], [seconds for _, seconds in times], "o-")
    left.set(title="Time by number of needs", xlabel="needs", ylabel="seconds of one core")
    middle.plot([within for within, _ in costs], [100 * cost for _, cost in costs], "o-")
    middle.set(title="Cost of fairness", xlabel="largest difference of shares", ylabel="% of quality")
    right.barh([name for name, *_ in modes][::-1], [100 * share for _, share, _ in modes][::-1])
    right.set(title="Modes of assignment", xlabel="% of the optimum's quality", xlim=(80, 101))
    figure.savefig(folder / "assignment.svg", metadata={"Date": None})


def draw_retrieval(folder: Path, report: dict[str, Any]) -> None:
    """Draw nDCG@10 of every method with its interval, in a file named after the collection."""
    _require_matplotlib()
    rows = report["results"][::-1]
    metrics = [row["ndcg@10"] for row in rows]
    below = [metric["mean"] - metric["low"] for metric in metrics]
    above = [metric["high"] - metric["mean"] for metric in metrics]
    figure, axis = pyplot.subplots(figsize=(8, 3.4), layout="constrained")
    axis.errorbar(
        [metric["mean"] for metric in metrics],
        [f"{row['name']}, {row['ms_per_query']:.2g} ms" for row in rows],
        xerr=[below, above],
        fmt="o",
        capsize=3,
    )
    axis.set(title=f"{report['collection']}: nDCG@10, 95 % over queries")
    axis.grid(axis="x", alpha=0.3)
    figure.savefig(folder / f"{report['collection']}.svg", metadata={"Date": None})


def _require_matplotlib() -> None:
    if pyplot is None:
        raise SystemExit("plots require matplotlib: pip install 'tuoju[bench]'")
