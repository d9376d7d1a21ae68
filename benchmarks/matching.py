"""Ranking one need among many projects: the index against judging every project anew, in one run."""

import random
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta

from tuoju_matching.eligibility import check
from tuoju_matching.profiles import NeedProfile, ProjectProfile, Rule, RuleKind
from tuoju_matching.ranker import RuleRanker

TODAY = date(2026, 11, 23)
CATEGORIES = [f"{group}{number:02d}" for group in "ABC" for number in range(1, 9)]
WORDS = ["上门做饭", "洗衣保洁", "陪伴老人", "心理疏导", "课业辅导", "康复训练", "助浴助行", "就业帮扶", "送餐", "探访"]


def projects(count: int, chance: random.Random) -> list[ProjectProfile]:
    return [
        ProjectProfile(
            id=number,
            name=f"项目{number}{chance.choice(WORDS)}",
            categories=tuple(chance.sample(CATEGORIES, 3)),
            text="".join(chance.sample(WORDS, 4)),
            areas=(f"3411{chance.randint(1, 10):02d}000000",),
            starts_on=TODAY - timedelta(days=100),
            ends_on=TODAY + timedelta(days=200),
            places_left=chance.randint(0, 9),
            rules=(Rule(RuleKind.min_age, (str(chance.choice([0, 18, 60])),)),),
        )
        for number in range(count)
    ]


def needs(count: int, chance: random.Random) -> list[NeedProfile]:
    return [
        NeedProfile(
            id=number,
            category=chance.choice(CATEGORIES),
            text="".join(chance.sample(WORDS, 2)),
            region_path=("341100000000", f"3411{chance.randint(1, 10):02d}000000", "", ""),
            age=chance.randint(5, 95),
        )
        for number in range(count)
    ]


def milliseconds(call: Callable[[NeedProfile], object], asked: list[NeedProfile]) -> list[float]:
    taken = []
    for need in asked:
        start = time.perf_counter()
        call(need)
        taken.append((time.perf_counter() - start) * 1000)
    return sorted(taken)


def main() -> None:
    print(f"Python {sys.version.split()[0]}; milliseconds a need; ratio = index / brute force, medians of one run")
    for count in (1_000, 10_000):
        chance = random.Random(1)
        offered, asked = projects(count, chance), needs(200, chance)
        ranker = RuleRanker().fit(offered)
        indexed = milliseconds(lambda need, ranker=ranker: ranker.rank(need, TODAY), asked)
        brute = milliseconds(
            lambda need, offered=offered: [each for each in offered if not check(need, each, TODAY)], asked
        )
        middle = statistics.median(indexed)
        print(
            f"{count:>6} projects: p50 {middle:.2f}, p99 {indexed[-2]:.2f}; eligibility of all "
            f"{statistics.median(brute):.2f}; ratio {middle / statistics.median(brute):.2f}"
        )


if __name__ == "__main__":
    main()
