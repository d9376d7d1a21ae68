"""Rank one need among many projects: the columns against checking and scoring every project, in one run.

Two registries: a city, where one project in eight offers a service, and the hardest case, where every project offers
every service everywhere. Each need is ranked with its ten best projects and their reasons.
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
from tuoju_matching.explain import reason_sentences
from tuoju_matching.features import features_of
from tuoju_matching.profiles import NeedProfile, ProjectProfile, Rule, RuleKind, Urgency
from tuoju_matching.ranker import RuleRanker, weights_for

TODAY = date(2026, 11, 23)
CATEGORIES = [f"{group}{number:02d}" for group in "ABC" for number in range(1, 9)]
WORDS = ["上门做饭", "洗衣保洁", "陪伴老人", "心理疏导", "课业辅导", "康复训练", "助浴助行", "就业帮扶", "送餐", "探访"]
TAGS = ["DJ", "SN", "LS", "KC", "CJ"]
RUNS = 5


def random_path(generator: random.Random) -> tuple[str, ...]:
    county = f"3411{generator.randint(21, 28)}"
    town = f"{county}{generator.randint(100, 119)}"
    return ("341100000000", f"{county}000000", f"{town}000", f"{town}{generator.randint(200, 219)}")


def random_projects(
    count: int, generator: random.Random, *, categories: int = 3, everywhere: bool = False
) -> list[ProjectProfile]:
    return [
        ProjectProfile(
            id=number,
            name=f"项目{number}{generator.choice(WORDS)}",
            categories=tuple(generator.sample(CATEGORIES, categories)),
            text="".join(generator.sample(WORDS, 4)),
            areas=(random_path(generator)[0 if everywhere else generator.choice([0, 1, 1, 1, 2])],),
            starts_on=TODAY - timedelta(days=100),
            ends_on=TODAY + timedelta(days=200),
            places_left=generator.randint(1 if everywhere else 0, 9),
            target_groups=tuple(generator.sample(TAGS, generator.randint(0, 2))),
            places_age_days=generator.randint(0, 40),
            rules=_rules(generator),
            acceptance_rate=generator.choice([None, 0.5, 0.8, 0.95]),
            response_days=generator.choice([None, 1.0, 3.0]),
        )
        for number in range(count)
    ]


def _rules(generator: random.Random) -> tuple[Rule, ...]:
    drawn = [Rule(RuleKind.min_age, (str(generator.choice([0, 18, 60])),))]
    if generator.random() < 0.2:
        drawn.append(Rule(RuleKind.vulnerability, tuple(generator.sample(TAGS, 3))))
    if generator.random() < 0.1:
        drawn.append(Rule(RuleKind.disability_grade_at_most, (str(generator.randint(1, 4)),)))
    return tuple(drawn)


def random_needs(count: int, generator: random.Random) -> list[NeedProfile]:
    return [
        NeedProfile(
            id=number,
            category=generator.choice(CATEGORIES),
            text="".join(generator.sample(WORDS, 2)),
            region_path=random_path(generator),
            urgency=generator.choice(list(Urgency)),
            age=generator.randint(5, 95),
            vulnerabilities=frozenset(generator.sample(TAGS, 2)),
            disability_grade=generator.choice([None, None, 1, 3]),
        )
        for number in range(count)
    ]


def brute_force(ranker: RuleRanker, need: NeedProfile) -> list[int]:
    """Check, score and sort every project by itself; ids, best first."""
    weights, similarities = weights_for(need.urgency), ranker.text_.similarity(need.text)
    scores = []
    for row, project in enumerate(ranker.projects_):
        if not check(need, project, TODAY):
            values = features_of(need, project, float(similarities[row]))
            score = sum(weights.get(feature, 0.0) * value for feature, value in values.items())
            scores.append((-score, project.id))
    return [project_id for _, project_id in sorted(scores)]


def milliseconds(call: Callable[[NeedProfile], object], needs: list[NeedProfile]) -> list[float]:
    """CPU milliseconds of each call in this thread, after one call to warm up."""
    call(needs[0])
    gc.collect()
    times = []
    for need in needs:
        start = time.thread_time()
        call(need)
        times.append((time.thread_time() - start) * 1000)
    return times


def measure(count: int, *, hardest: bool) -> dict[str, Any]:
    generator = random.Random(1)
    projects = random_projects(count, generator, categories=len(CATEGORIES) if hardest else 3, everywhere=hardest)
    needs = random_needs(200, generator)
    ranker = RuleRanker().fit(projects)

    def rank(need: NeedProfile) -> list[list[str]]:
        return [reason_sentences(ranked, need, "zh") for ranked in ranker.rank(need, TODAY)]

    for need in needs[:10]:
        assert [ranked.project.id for ranked in ranker.rank(need, TODAY)] == brute_force(ranker, need)[:10]
    runs = [milliseconds(rank, needs) for _ in range(RUNS)]
    brute = milliseconds(lambda need: brute_force(ranker, need), needs[:20])
    change = [milliseconds(lambda need: ranker.set_places({need.id: need.id % 9 + 1}), needs) for _ in range(RUNS)]
    medians = [statistics.median(run) for run in runs]
    return {
        "projects": count,
        "registry": "hardest" if hardest else "city",
        "eligible": statistics.mean(len(ranker.eligible(need, TODAY)[0]) for need in needs),
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
    arguments = parser.parse_args()
    rows = [measure(count, hardest=hardest) for hardest in (False, True) for count in (1_000, 10_000)]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if arguments.json:
        print(
            json.dumps({"rows": rows, "peak_mib": peak, "python": platform.python_version(), "numpy": np.__version__})
        )
        return
    print(f"Python {platform.python_version()}, numpy {np.__version__}; one need ranked, ten best with their reasons;")
    print(f"CPU milliseconds, medians of {RUNS} runs of 200 needs (least to most); brute force checks and scores all")
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
