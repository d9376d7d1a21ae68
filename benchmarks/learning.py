"""What learning from outcomes is worth: a simulated city's learned ranker against the rules, over seeds.

In the city each project has a hidden worth that its record slowly shows. Needs come in, are ranked by the rules,
and a worker chooses among the ten shown, mostly near the top; what comes of it is drawn from the hidden truth. The
back-test sees only the log. Then fresh needs are ranked by both, and valued by the truth. In a second city the
rules are as good as can be, and nothing should be gained or adopted for long.
"""

import argparse
import json
import platform
import random
import statistics
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from math import exp, sqrt
from typing import Any

import numpy as np
import sklearn
from scipy.stats import t as student

from benchmarks.matching import CATEGORIES, TAGS, WORDS, needs
from tuoju_matching.backtest import Decisions, Verdict, backtest
from tuoju_matching.features import FEATURES, Feature
from tuoju_matching.learned import LearnedRanker
from tuoju_matching.profiles import NeedProfile, ProjectProfile
from tuoju_matching.ranker import WEIGHTS, Ranked, RuleRanker

TODAY = date(2026, 11, 23)
SHOWN = 10
CHOOSES = np.array([0.45, 0.2, 0.1, 0.07, 0.05, 0.04, 0.03, 0.02, 0.02, 0.02])
"""How readily a worker takes what stands at each rank."""
GROUPS = ("sex", "age_band")


@dataclass
class City:
    """Projects with a hidden worth, and the truth of what comes of a referral.

    In the city `records` the worth decides, in the city `rules` the rule score does.
    """

    kind: str
    chance: random.Random
    projects: list[ProjectProfile] = field(default_factory=list)

    def __post_init__(self) -> None:
        chance = self.chance
        self.projects = [
            ProjectProfile(
                id=number,
                name=f"项目{number}{chance.choice(WORDS)}",
                categories=tuple(chance.sample(CATEGORIES[:8], 3)),
                text="".join(chance.sample(WORDS, 3)),
                areas=(chance.choice(["341100000000", *(f"3411{county}000000" for county in range(21, 29))]),),
                starts_on=TODAY - timedelta(days=900),
                ends_on=TODAY + timedelta(days=900),
                places_left=chance.randint(1, 9),
                target_groups=tuple(chance.sample(TAGS, chance.randint(0, 2))),
                places_age_days=chance.randint(0, 40),
            )
            for number in range(150)
        ]
        self.worth = {project.id: chance.gauss(0, 1.2) for project in self.projects}
        self.record: dict[int, list[tuple[bool, bool]]] = {project.id: [] for project in self.projects}

    def chances(self, ranked: Ranked) -> tuple[float, float]:
        """The true probabilities of acceptance, and of the need being met once accepted."""
        values = dict(zip(FEATURES, ranked.features, strict=True))
        if self.kind == "rules":
            fit = sum(WEIGHTS[feature] * values[feature] for feature in WEIGHTS)
            return _logistic(4 * fit - 0.5), _logistic(4 * fit - 1.5)
        worth = self.worth[ranked.project.id]
        return (
            _logistic(0.8 + worth + 0.5 * values[Feature.places]),
            _logistic(-0.6 + worth + 1.0 * values[Feature.text] + 0.8 * values[Feature.target_group]),
        )

    def value(self, ranked: Ranked) -> float:
        accepted, met = self.chances(ranked)
        return accepted * met

    def learn(self, ranker: RuleRanker, project_id: int, accepted: bool, met: bool) -> None:
        """One more line in the project's record, for all to see."""
        lines = self.record[project_id]
        lines.append((accepted, met))
        served = [met for accepted, met in lines if accepted]
        before = ranker.projects_[ranker.row_of_[project_id]]
        enough = len(lines) >= 3
        ranker.replace(
            replace(
                before,
                answered=len(lines),
                acceptance_rate=sum(accepted for accepted, _ in lines) / len(lines) if enough else None,
                response_days=1.0 if enough else None,
                ended=len(served),
                success_rate=sum(served) / len(served) if len(served) >= 3 else None,
            )
        )


def _logistic(log_odds: float) -> float:
    return 1.0 / (1.0 + exp(-log_odds))


def live(city: City, ranker: RuleRanker, count: int) -> Decisions:
    """So many needs ranked, chosen and answered, one after the other, as a log."""
    chance, features, starts = city.chance, [], [0]
    chosen, accepted, met, urgency, groups = [], [], [], [], {name: [] for name in GROUPS}
    for need in _needs(count, chance):
        shown = ranker.rank(need, TODAY, k=SHOWN)
        if not shown:
            continue
        taken = chance.choices(range(len(shown)), CHOOSES[: len(shown)].tolist())[0]
        takes, helps = city.chances(shown[taken])
        answer = chance.random() < takes
        outcome = answer and chance.random() < helps
        city.learn(ranker, shown[taken].project.id, answer, outcome)
        features += [each.features for each in shown]
        starts.append(len(features))
        chosen.append(taken)
        accepted.append(float(answer))
        met.append(float(outcome))
        urgency.append(int(need.urgency))
        groups["sex"].append(need.sex or "")
        groups["age_band"].append("60+" if (need.age or 0) >= 60 else "0-59")
    return Decisions(
        np.array(features),
        np.array(starts),
        np.array(chosen),
        np.array(accepted),
        np.array(met),
        np.array(urgency),
        {name: np.array(labels) for name, labels in groups.items()},
    )


def _needs(count: int, chance: random.Random) -> list[NeedProfile]:
    return [
        replace(need, category=chance.choice(CATEGORIES[:8]), sex=chance.choice(["male", "female"]))
        for need in needs(count, chance)
    ]


def valued(city: City, ranker: RuleRanker, asked: list[NeedProfile]) -> float:
    """Mean true chance of a need being met, if workers choose as they do from what this ranker shows."""
    found = []
    for need in asked:
        shown = ranker.rank(need, TODAY, k=SHOWN)
        if shown:
            curve = CHOOSES[: len(shown)] / CHOOSES[: len(shown)].sum()
            found.append(float(curve @ [city.value(each) for each in shown]))
    return statistics.mean(found)


def best(city: City, ranker: RuleRanker, asked: list[NeedProfile]) -> float:
    """The same, had the truth itself done the ranking."""
    found = []
    for need in asked:
        values = sorted((city.value(each) for each in ranker.rank(need, TODAY, k=None)), reverse=True)[:SHOWN]
        if values:
            curve = CHOOSES[: len(values)] / CHOOSES[: len(values)].sum()
            found.append(float(curve @ values))
    return statistics.mean(found)


def run(kind: str, seed: int, decisions: int) -> dict[str, Any]:
    city = City(kind, random.Random(seed))
    rules = RuleRanker().fit(city.projects)
    verdict: Verdict = backtest(live(city, rules, decisions))
    asked = _needs(400, random.Random(seed + 10_000))
    by_rules = valued(city, rules, asked)
    by_learned = by_rules
    if verdict.met is not None and any(verdict.met.log_odds.values()):
        by_learned = valued(city, LearnedRanker(verdict.met).fit(rules.projects_), asked)
    assert verdict.gain is not None
    assert verdict.quality_met is not None
    return {
        "seed": seed,
        "finding": verdict.finding.value,
        "rules": by_rules,
        "learned": by_learned,
        "best": best(city, rules, asked),
        "gain": by_learned - by_rules,
        "gain_as_used": by_learned - by_rules if verdict.adopt else 0.0,
        "estimated_gain": verdict.gain.value,
        "estimated_low": verdict.gain.low,
        "estimated_high": verdict.gain.high,
        "auc": verdict.quality_met.auc.value,
    }


def interval(values: list[float]) -> tuple[float, float, float]:
    """Mean and its 95 percent interval over seeds (Student)."""
    middle = statistics.mean(values)
    if len(values) < 2:
        return middle, float("-inf"), float("inf")
    half = float(student.ppf(0.975, len(values) - 1)) * statistics.stdev(values) / sqrt(len(values))
    return middle, middle - half, middle + half


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--decisions", type=int, default=2000)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    runs = {kind: [run(kind, seed, asked.decisions) for seed in range(asked.seeds)] for kind in ("records", "rules")}
    columns = ("rules", "learned", "best", "gain", "gain_as_used", "estimated_gain", "auc")
    table = {kind: {name: interval([each[name] for each in found]) for name in columns} for kind, found in runs.items()}
    adopted = {kind: sum(each["finding"] == "better" for each in found) for kind, found in runs.items()}
    if asked.json:
        print(json.dumps({"table": table, "adopted": adopted, "runs": runs, "decisions": asked.decisions}))
        return
    print(f"Python {platform.python_version()}, scikit-learn {sklearn.__version__}; {asked.seeds} seeds of")
    print(f"{asked.decisions} needs each; share of needs met by the truth, mean and 95 % interval over seeds")
    for kind, found in table.items():
        print(
            f"city where {'hidden worth' if kind == 'records' else 'the rule score'} decides; adopted {adopted[kind]}"
        )
        for name, (middle, low, high) in found.items():
            print(f"  {name:<15} {middle:7.4f}  ({low:.4f} to {high:.4f})")


if __name__ == "__main__":
    main()
