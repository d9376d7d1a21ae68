"""`tuoju plan`: the plan of a region in numbers; nothing is stored."""

from typing import Any

from sqlmodel import Session

from tuoju.plans import solving
from tuoju.plans.problem import load


def trial(session: Session, region_code: str) -> dict[str, Any]:
    """Counts of needs, quality and proven gap, the result of each mode, and the worth of a place by project id, as
    JSON. `ranker` is the signature of the ranking that scored. Raises RegionNotFound."""
    problem = load(session, region_code)
    best = solving.solve(problem)
    return {
        "region": region_code,
        "ranker": problem.ranking.signature,
        "needs": len(problem.needs),
        "placed": len(best.chosen),
        "quality": best.quality,
        "bound": best.bound,
        "gap": best.gap,
        "modes": solving.compare(problem, best, lambda _share: None),
        "prices": {str(project_id): price for project_id, price in best.prices.items() if price > 0},
    }
