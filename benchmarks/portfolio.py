"""Choose awards for a call: the portfolio against the ranking by score and a greedy choice, over several seeds.

python -m benchmarks.portfolio [--seeds 20] [--needs 900] [--applications 60] [--json]

Each round has a true quality of every application, of which the portfolio and the ranking see a noisy score, and a true
chance that a served need is met, of which they see a short record. Needs met are counted with the true chances, after
the assignment core has placed the needs at the awards.
"""

import argparse
import json
import os
import platform
import random
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import numpy as np
import scipy

from tuoju_matching.portfolio import Portfolio, solve_portfolio
from tuoju_matching.portfolio_analysis import frontier
from tuoju_matching.portfolio_baselines import assign_to_awards, fund_greedily, rank_by_score, weigh
from tuoju_matching.portfolio_problem import (
    Application,
    Level,
    Limits,
    PortfolioProblem,
    build_portfolio_problem,
)
from tuoju_matching.profiles import NeedProfile, ProjectProfile, Rule, RuleKind, Urgency

STARTS_ON = date(2027, 3, 1)
CATEGORIES = [f"{group}{number:02d}" for group in "ABC" for number in range(1, 5)]
COUNTIES = [f"3411{county}000000" for county in range(21, 29)]
TOWNSHIPS = 12
"""Townships of a county."""
ORGANIZATIONS = 45
BUDGET = 150_000_000
"""1.5 million yuan, of about 3.5 million asked."""
URGENCY_SHARES = (0.45, 0.3, 0.2, 0.05)


def random_round(seed: int, needs: int, applications: int) -> tuple[PortfolioProblem, dict[int, float]]:
    """A round of a call, and the true chance of each application by id."""
    generator = random.Random(seed)
    category_weights = [generator.random() ** 2 + 0.05 for _ in CATEGORIES]
    county_weights = [generator.random() ** 2 + 0.05 for _ in COUNTIES]
    waiting = []
    for number in range(needs):
        county = generator.choices(COUNTIES, county_weights)[0]
        township = f"{county[:6]}{100 + generator.randrange(TOWNSHIPS)}000"
        waiting.append(
            NeedProfile(
                id=number,
                category=generator.choices(CATEGORIES, category_weights)[0],
                text="",
                region_path=("341100000000", county, township),
                urgency=generator.choices(list(Urgency), URGENCY_SHARES)[0],
                age=generator.randint(5, 95),
            )
        )
    quality = {organization: generator.gauss(0, 1) for organization in range(ORGANIZATIONS)}
    offered, chances = [], {}
    for number in range(applications):
        organization = generator.randrange(ORGANIZATIONS)
        application, chance = _random_application(needs + number, organization, quality[organization], generator)
        offered.append(application)
        chances[application.id] = chance
    return build_portfolio_problem(waiting, [], offered, Limits(budget=BUDGET), STARTS_ON), chances


def _random_application(
    application_id: int, organization: int, quality: float, generator: random.Random
) -> tuple[Application, float]:
    county = generator.choice(COUNTIES)
    towns = [f"{county[:6]}{100 + number}000" for number in generator.sample(range(TOWNSHIPS), 6)]
    ask = generator.randrange(20, 100) * 100_000
    places = max(5, round(ask / 100_000 * generator.uniform(0.3, 0.9)))
    chance = float(np.clip(0.7 + 0.1 * quality, 0.3, 0.95))
    ended = generator.choice([0, 10, 20, 30])
    met = sum(generator.random() < chance for _ in range(ended))
    profile = ProjectProfile(
        id=application_id,
        name="",
        categories=tuple(generator.sample(CATEGORIES, generator.choice([2, 3, 4]))),
        text="",
        areas=(county,) if generator.random() < 0.7 else tuple(towns),
        starts_on=STARTS_ON,
        ends_on=STARTS_ON + timedelta(days=300),
        places_left=places,
        rules=(Rule(RuleKind.min_age, ("60",)),) if generator.random() < 0.3 else (),
        ended=ended,
        success_rate=met / ended if ended else None,
    )
    score = float(np.clip(74 + 6 * quality + generator.gauss(0, 5), 0, 100))
    levels = (Level(ask, places), Level(ask * 7 // 10, max(1, places * 6 // 10)))
    return Application(profile, organization, generator.choice("abcde"), score, levels, score_error=3.0), chance


def measure(seed: int, needs: int, applications: int) -> dict[str, Any]:
    """One round: time of one solve, and the three portfolios."""
    problem, chances = random_round(seed, needs, applications)
    started = time.process_time()
    optimum = solve_portfolio(problem)
    seconds = time.process_time() - started
    assigned, ranked, greedy = assign_to_awards(problem, optimum.levels), rank_by_score(problem), fund_greedily(problem)
    return {
        "seed": seed,
        "cpu_s": seconds,
        "groups": len(problem.groups.sizes),
        "edges": len(problem.groups.edge_row),
        "asked": sum(application.levels[0].award for application in problem.applications),
        "equals_assignment": assigned.placed == optimum.placed and abs(assigned.value - optimum.value) < 1e-3,
        "placed": optimum.total_placed,
        "placed_by_score": ranked.total_placed,
        "met": _met(optimum, chances),
        "met_by_score": _met(ranked, chances),
        "urgent": _urgent(optimum),
        "urgent_by_score": _urgent(ranked),
        "worst_county": optimum.worst_county,
        "worst_county_by_score": ranked.worst_county,
        "greedy_share": weigh(greedy.placed) / weigh(optimum.placed),
    }


def _met(portfolio: Portfolio, chances: dict[int, float]) -> float:
    return sum(count * chances[application_id] for application_id, count in portfolio.served.items())


def _urgent(portfolio: Portfolio) -> int:
    return portfolio.placed[Urgency.urgent] + portfolio.placed[Urgency.life_threatening]


def summarise(rounds: list[dict[str, Any]]) -> dict[str, Any]:
    """Medians and ranges over the rounds."""
    met = sorted(entry["met"] / entry["met_by_score"] for entry in rounds)
    seconds = sorted(entry["cpu_s"] for entry in rounds)
    return {
        "rounds": len(rounds),
        "median_cpu_s": statistics.median(seconds),
        "least_cpu_s": seconds[0],
        "most_cpu_s": seconds[-1],
        "needs_met_ratio_to_score_ranking": statistics.median(met),
        "least_ratio": met[0],
        "most_ratio": met[-1],
        "urgent_ratio": statistics.median(entry["urgent"] / max(1, entry["urgent_by_score"]) for entry in rounds),
        "worst_county": statistics.median(entry["worst_county"] for entry in rounds),
        "worst_county_by_score": statistics.median(entry["worst_county_by_score"] for entry in rounds),
        "greedy_share_of_optimum": statistics.median(entry["greedy_share"] for entry in rounds),
        "least_greedy_share": min(entry["greedy_share"] for entry in rounds),
        "equals_assignment": all(entry["equals_assignment"] for entry in rounds),
        "median_groups": statistics.median(entry["groups"] for entry in rounds),
        "median_edges": statistics.median(entry["edges"] for entry in rounds),
        "median_asked": statistics.median(entry["asked"] for entry in rounds),
        "python": platform.python_version(),
        "scipy": scipy.__version__,
    }


def measure_frontier(seed: int, needs: int, applications: int) -> list[dict[str, float]]:
    """The five points of one round."""
    problem, _ = random_round(seed, needs, applications)
    return [
        {
            "weight": point.weight,
            "placed": point.portfolio.total_placed,
            "urgent": _urgent(point.portfolio),
            "mean_score": point.mean_score,
            "worst_county": point.portfolio.worst_county,
            "money": point.portfolio.money,
            "new_organizations": point.new_organizations,
        }
        for point in frontier(problem)
    ]


@contextmanager
def _solver_output_to_stderr() -> Iterator[None]:
    """HiGHS prints a line of its own to the standard output now and then, which must stay JSON."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--needs", type=int, default=900)
    parser.add_argument("--applications", type=int, default=60)
    parser.add_argument("--frontier", action="store_true", help="the five points of the first seed as well")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with _solver_output_to_stderr():
        rounds = [measure(seed, arguments.needs, arguments.applications) for seed in range(arguments.seeds)]
        points = measure_frontier(0, arguments.needs, arguments.applications) if arguments.frontier else []
    report = summarise(rounds) | ({"frontier": points} if points else {})
    if arguments.json:
        print(json.dumps(report, indent=2))
        return
    for name, value in report.items():
        print(f"{name:<34} {value:.3f}" if isinstance(value, float) else f"{name:<34} {value}")


if __name__ == "__main__":
    main()
