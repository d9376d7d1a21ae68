"""Ranking one need among many projects: the columns against judging every project anew, in one run.

Two registries: a city's, where a service is offered by one project in eight, and the hardest there is, where every
project offers every need its service. Each need is ranked with its ten best and their reasons.
"""

import argparse
import gc
import json
import platform
import random
import resource
import statistics
import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np

from tuoju_matching.eligibility import check
from tuoju_matching.explain import reasons
from tuoju_matching.features import features_of
from tuoju_matching.profiles import NeedProfile, ProjectProfile, Rule, RuleKind, Urgency
from tuoju_matching.ranker import RuleRanker, weights_for

TODAY = date(2026, 11, 23)
CATEGORIES = [f"{group}{number:02d}" for group in "ABC" for number in range(1, 9)]
WORDS = ["上门做饭", "洗衣保洁", "陪伴老人", "心理疏导", "课业辅导", "康复训练", "助浴助行", "就业帮扶", "送餐", "探访"]
TAGS = ["DJ", "SN", "LS", "KC", "CJ"]
RUNS = 5


def paths(chance: random.Random) -> tuple[str, ...]:
    county = f"3411{chance.randint(21, 28)}"
    town = f"{county}{chance.randint(100, 119)}"
    return ("341100000000", f"{county}000000", f"{town}000", f"{town}{chance.randint(200, 219)}")


def projects(
    count: int, chance: random.Random, *, categories: int = 3, everywhere: bool = False
) -> list[ProjectProfile]:
    return [
        ProjectProfile(
            id=number,
            name=f"项目{number}{chance.choice(WORDS)}",
            categories=tuple(chance.sample(CATEGORIES, categories)),
            text="".join(chance.sample(WORDS, 4)),
            areas=(paths(chance)[0 if everywhere else chance.choice([0, 1, 1, 1, 2])],),
            starts_on=TODAY - timedelta(days=100),
            ends_on=TODAY + timedelta(days=200),
            places_left=chance.randint(1 if everywhere else 0, 9),
            target_groups=tuple(chance.sample(TAGS, chance.randint(0, 2))),
            places_age_days=chance.randint(0, 40),
            rules=_rules(chance),
            acceptance_rate=chance.choice([None, 0.5, 0.8, 0.95]),
            response_days=chance.choice([None, 1.0, 3.0]),
        )
        for number in range(count)
    ]


def _rules(chance: random.Random) -> tuple[Rule, ...]:
    drawn = [Rule(RuleKind.min_age, (str(chance.choice([0, 18, 60])),))]
    if chance.random() < 0.2:
        drawn.append(Rule(RuleKind.vulnerability, tuple(chance.sample(TAGS, 3))))
    if chance.random() < 0.1:
        drawn.append(Rule(RuleKind.disability_grade_at_most, (str(chance.randint(1, 4)),)))
    return tuple(drawn)


def needs(count: int, chance: random.Random) -> list[NeedProfile]:
    return [
        NeedProfile(
            id=number,
            category=chance.choice(CATEGORIES),
            text="".join(chance.sample(WORDS, 2)),
            region_path=paths(chance),
            urgency=chance.choice(list(Urgency)),
            age=chance.randint(5, 95),
            vulnerabilities=frozenset(chance.sample(TAGS, 2)),
            disability_grade=chance.choice([None, None, 1, 3]),
        )
        for number in range(count)
    ]


def brute_force(ranker: RuleRanker, need: NeedProfile) -> list[int]:
    """Every project judged, scored and sorted by itself; ids, best first."""
    weights, similar = weights_for(need.urgency), ranker.text_.similarity(need.text)
    found = []
    for row, project in enumerate(ranker.projects_):
        if not check(need, project, TODAY):
            values = features_of(need, project, float(similar[row]))
            found.append((-sum(weights.get(feature, 0.0) * value for feature, value in values.items()), project.id))
    return [project_id for _, project_id in sorted(found)]


def milliseconds(call: Callable[[NeedProfile], object], asked: list[NeedProfile]) -> list[float]:
    """Milliseconds of this core in each call, after one call to warm up; what other programs take is left out."""
    call(asked[0])
    gc.collect()
    taken = []
    for need in asked:
        start = time.thread_time()
        call(need)
        taken.append((time.thread_time() - start) * 1000)
    return taken


def measure(count: int, *, hardest: bool) -> dict[str, Any]:
    chance = random.Random(1)
    offered = projects(count, chance, categories=len(CATEGORIES) if hardest else 3, everywhere=hardest)
    asked = needs(200, chance)
    ranker = RuleRanker().fit(offered)

    def ranked(need: NeedProfile) -> list[list[str]]:
        return [reasons(each, need, "zh") for each in ranker.rank(need, TODAY)]

    for need in asked[:10]:
        assert [each.project.id for each in ranker.rank(need, TODAY)] == brute_force(ranker, need)[:10]
    runs = [milliseconds(ranked, asked) for _ in range(RUNS)]
    brute = milliseconds(lambda need: brute_force(ranker, need), asked[:20])
    change = [milliseconds(lambda need: ranker.set_places({need.id: need.id % 9 + 1}), asked) for _ in range(RUNS)]
    medians = [statistics.median(run) for run in runs]
    return {
        "projects": count,
        "registry": "hardest" if hardest else "city",
        "eligible": statistics.mean(len(ranker.eligible(need, TODAY)[0]) for need in asked),
        "p50_ms": statistics.median(medians),
        "p50_spread_ms": [min(medians), max(medians)],
        "p99_ms": statistics.median(float(np.percentile(run, 99)) for run in runs),
        "brute_p50_ms": statistics.median(brute),
        "ratio": statistics.median(medians) / statistics.median(brute),
        "change_p50_ms": statistics.median(statistics.median(run) for run in change),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    rows = [measure(count, hardest=hardest) for hardest in (False, True) for count in (1_000, 10_000)]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if asked.json:
        print(
            json.dumps({"rows": rows, "peak_mib": peak, "python": platform.python_version(), "numpy": np.__version__})
        )
        return
    print(f"Python {platform.python_version()}, numpy {np.__version__}; one need ranked, ten best with their reasons;")
    print(f"CPU milliseconds, medians of {RUNS} runs of 200 needs (least to most); brute force judges and scores all")
    print("registry projects eligible    p50 (spread)          p99    brute p50   ratio    one change")
    for row in rows:
        low, high = row["p50_spread_ms"]
        print(
            f"{row['registry']:<8} {row['projects']:>8} {row['eligible']:>8.0f} {row['p50_ms']:>6.2f} "
            f"({low:.2f} to {high:.2f}) {row['p99_ms']:>10.2f} {row['brute_p50_ms']:>12.1f} {row['ratio']:>7.4f} "
            f"{row['change_p50_ms']:>10.3f}"
        )
    print(f"peak memory {peak:.0f} MiB")


if __name__ == "__main__":
    main()
