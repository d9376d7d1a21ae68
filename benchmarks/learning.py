"""What learning from outcomes gains: the learned ranker against the rules in a simulated city, over several seeds.

Each project of the city has a hidden quality that its record slowly shows. Needs arrive, are ranked by the rules, and
a worker chooses among the ten shown, mostly near the top; the outcome is drawn from the true probabilities. The
back-test sees only the log. Then new needs are ranked by both rankers and evaluated by the true probabilities. In a
second city the rules are optimal, so that nothing can be gained and no learned ranker should be adopted.
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

from benchmarks.matching import CATEGORIES, TAGS, WORDS, random_needs
from tuoju_matching.backtest import Decisions, Verdict, backtest
from tuoju_matching.features import FEATURES, Feature
from tuoju_matching.learned import LearnedRanker
from tuoju_matching.profiles import NeedProfile, ProjectProfile
from tuoju_matching.ranker import WEIGHTS, Ranked, RuleRanker

TODAY = date(2026, 11, 23)
SHOWN = 10
CHOICE_PROBABILITIES = np.array([0.45, 0.2, 0.1, 0.07, 0.05, 0.04, 0.03, 0.02, 0.02, 0.02])
"""Probability that a worker chooses each rank."""
GROUPS = ("sex", "age_band")


@dataclass
class City:
    """Projects with a hidden quality, and the true probabilities of outcomes.

    In the city of kind "records" the hidden quality decides, in that of kind "rules" the score of the rules.
    """

    kind: str
    generator: random.Random
    projects: list[ProjectProfile] = field(default_factory=list)

    def __post_init__(self) -> None:
        generator = self.generator
        self.projects = [
            ProjectProfile(
                id=number,
                name=f"项目{number}{generator.choice(WORDS)}",
                categories=tuple(generator.sample(CATEGORIES[:8], 3)),
                text="".join(generator.sample(WORDS, 3)),
                areas=(generator.choice(["341100000000", *(f"3411{county}000000" for county in range(21, 29))]),),
                starts_on=TODAY - timedelta(days=900),
                ends_on=TODAY + timedelta(days=900),
                places_left=generator.randint(1, 9),
                target_groups=tuple(generator.sample(TAGS, generator.randint(0, 2))),
                places_age_days=generator.randint(0, 40),
            )
            for number in range(150)
        ]
        self.quality = {project.id: generator.gauss(0, 1.2) for project in self.projects}
        self.outcomes: dict[int, list[tuple[bool, bool]]] = {project.id: [] for project in self.projects}

    def probabilities(self, ranked: Ranked) -> tuple[float, float]:
        """The true probabilities of acceptance, and of the need being met once accepted."""
        values = dict(zip(FEATURES, ranked.features, strict=True))
        if self.kind == "rules":
            fit = sum(WEIGHTS[feature] * values[feature] for feature in WEIGHTS)
            return _logistic(4 * fit - 0.5), _logistic(4 * fit - 1.5)
        quality = self.quality[ranked.project.id]
        return (
            _logistic(0.8 + quality + 0.5 * values[Feature.places]),
            _logistic(-0.6 + quality + 1.0 * values[Feature.text] + 0.8 * values[Feature.target_group]),
        )

    def value(self, ranked: Ranked) -> float:
        """The true probability of the need being met."""
        accepted, met = self.probabilities(ranked)
        return accepted * met

    def record_outcome(self, ranker: RuleRanker, project_id: int, accepted: bool, met: bool) -> None:
        """Add an outcome to the project's record, which the ranker sees."""
        outcomes = self.outcomes[project_id]
        outcomes.append((accepted, met))
        served = [met for accepted, met in outcomes if accepted]
        before = ranker.projects_[ranker.row_of_[project_id]]
        enough = len(outcomes) >= 3
        ranker.replace(
            replace(
                before,
                answered=len(outcomes),
                acceptance_rate=sum(accepted for accepted, _ in outcomes) / len(outcomes) if enough else None,
                response_days=1.0 if enough else None,
                ended=len(served),
                success_rate=sum(served) / len(served) if len(served) >= 3 else None,
            )
        )


def _logistic(log_odds: float) -> float:
    return 1.0 / (1.0 + exp(-log_odds))


def simulate(city: City, ranker: RuleRanker, count: int) -> Decisions:
    """Rank, choose and answer `count` needs one after the other, and return the log."""
    generator, features, starts = city.generator, [], [0]
    chosen, accepted, met, urgency, groups = [], [], [], [], {name: [] for name in GROUPS}
    for need in _city_needs(count, generator):
        shown = ranker.rank(need, TODAY, k=SHOWN)
        if not shown:
            continue
        choice = generator.choices(range(len(shown)), CHOICE_PROBABILITIES[: len(shown)].tolist())[0]
        accept_probability, met_probability = city.probabilities(shown[choice])
        is_accepted = generator.random() < accept_probability
        is_met = is_accepted and generator.random() < met_probability
        city.record_outcome(ranker, shown[choice].project.id, is_accepted, is_met)
        features += [ranked.features for ranked in shown]
        starts.append(len(features))
        chosen.append(choice)
        accepted.append(float(is_accepted))
        met.append(float(is_met))
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


def _city_needs(count: int, generator: random.Random) -> list[NeedProfile]:
    return [
        replace(need, category=generator.choice(CATEGORIES[:8]), sex=generator.choice(["male", "female"]))
        for need in random_needs(count, generator)
    ]


def true_value(city: City, ranker: RuleRanker, needs: list[NeedProfile]) -> float:
    """Mean true probability of a need being met if workers choose from what this ranker shows."""
    values = []
    for need in needs:
        shown = ranker.rank(need, TODAY, k=SHOWN)
        if shown:
            curve = CHOICE_PROBABILITIES[: len(shown)] / CHOICE_PROBABILITIES[: len(shown)].sum()
            values.append(float(curve @ [city.value(ranked) for ranked in shown]))
    return statistics.mean(values)


def best_value(city: City, ranker: RuleRanker, needs: list[NeedProfile]) -> float:
    """The same if the true probabilities did the ranking."""
    values = []
    for need in needs:
        best = sorted((city.value(ranked) for ranked in ranker.rank(need, TODAY, k=None)), reverse=True)[:SHOWN]
        if best:
            curve = CHOICE_PROBABILITIES[: len(best)] / CHOICE_PROBABILITIES[: len(best)].sum()
            values.append(float(curve @ best))
    return statistics.mean(values)


def run(kind: str, seed: int, decisions: int) -> dict[str, Any]:
    city = City(kind, random.Random(seed))
    rules = RuleRanker().fit(city.projects)
    verdict: Verdict = backtest(simulate(city, rules, decisions))
    needs = _city_needs(400, random.Random(seed + 10_000))
    by_rules = true_value(city, rules, needs)
    by_learned = by_rules
    if verdict.met is not None and any(verdict.met.log_odds.values()):
        by_learned = true_value(city, LearnedRanker(verdict.met).fit(rules.projects_), needs)
    assert verdict.gain is not None
    assert verdict.quality_met is not None
    return {
        "seed": seed,
        "finding": verdict.finding.value,
        "rules": by_rules,
        "learned": by_learned,
        "best": best_value(city, rules, needs),
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
    arguments = parser.parse_args()
    seeds = range(arguments.seeds)
    runs = {kind: [run(kind, seed, arguments.decisions) for seed in seeds] for kind in ("records", "rules")}
    columns = ("rules", "learned", "best", "gain", "gain_as_used", "estimated_gain", "auc")
    table = {
        kind: {name: interval([result[name] for result in results]) for name in columns}
        for kind, results in runs.items()
    }
    adopted = {kind: sum(result["finding"] == "better" for result in results) for kind, results in runs.items()}
    if arguments.json:
        print(json.dumps({"table": table, "adopted": adopted, "runs": runs, "decisions": arguments.decisions}))
        return
    print(f"Python {platform.python_version()}, scikit-learn {sklearn.__version__}; {arguments.seeds} seeds of")
    print(f"{arguments.decisions} needs each; true share of needs met, mean and 95 % interval over seeds")
    for kind, rows in table.items():
        decisive = "hidden quality" if kind == "records" else "the score of the rules"
        print(f"city where {decisive} decides; adopted {adopted[kind]}")
        for name, (middle, low, high) in rows.items():
            print(f"  {name:<15} {middle:7.4f}  ({low:.4f} to {high:.4f})")


if __name__ == "__main__":
    main()
