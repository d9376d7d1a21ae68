"""The ranking in use: the one source of what scores projects, for lists, plans, trials, sheets and what is sent."""

from dataclasses import dataclass
from typing import NamedTuple

from sqlmodel import Session, col, select

from tuoju.matchmaking.models import RankerVersion
from tuoju.matchmaking.status import RankerState
from tuoju_matching.learned import Coefficients
from tuoju_matching.ranker import Ranked

RULES = "rules-1"
"""How the ranking by rules signs what it scored; a learned one signs with its number."""

_LEARNED = "learned-"


class Chances(NamedTuple):
    """What a learned ranking expects: that the project accepts, and that the need is met once sent."""

    acceptance: float
    met: float


@dataclass(frozen=True)
class Ranking:
    """What scores projects: the learned ranking of a number, as plain coefficients, or the rules (all None)."""

    number: int | None = None
    met: Coefficients | None = None
    acceptance: Coefficients | None = None

    @property
    def signature(self) -> str:
        """As Match and Plan keep it."""
        return RULES if self.number is None else f"{_LEARNED}{self.number}"

    def chances(self, ranked: Ranked) -> Chances | None:
        """None where the rules rank: they expect nothing."""
        if self.met is None or self.acceptance is None:
            return None
        return Chances(self.acceptance.chance(ranked.features), self.met.chance(ranked.features))


def ranking_in_use(session: Session) -> Ranking:
    """The learned ranking in use, or the rules."""
    version = find_in_use(session)
    if version is None or version.met is None or version.acceptance is None:
        return Ranking()
    return Ranking(version.number, Coefficients.from_json(version.met), Coefficients.from_json(version.acceptance))


def find_in_use(session: Session) -> RankerVersion | None:
    """The training in use, with its card; None where the rules rank."""
    return session.exec(select(RankerVersion).where(col(RankerVersion.state) == RankerState.in_use)).first()


def number_of(signature: str) -> int | None:
    """The number of the learned ranking that signed; None for the rules."""
    return int(signature.removeprefix(_LEARNED)) if signature.startswith(_LEARNED) else None
