"""The ranking in use, by which lists, plans, trials, sheets and stored matches are scored."""

from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import ScalarSelect, func
from sqlalchemy import select as sql_select
from sqlmodel import Session, col, select

from tuoju.matchmaking.models import RankerVersion
from tuoju.matchmaking.status import RankerState
from tuoju_matching.learned import Coefficients
from tuoju_matching.ranker import Ranked

RULES = "rules-1"
"""Signature of the ranking by rules; that of a learned ranking holds its number."""

_LEARNED = "learned-"


class Chances(NamedTuple):
    """What a learned ranking predicts; probabilities."""

    acceptance: float
    """That the project accepts."""
    met: float
    """That the need is met once it is sent."""


@dataclass(frozen=True)
class Ranking:
    """What scores projects: a learned ranking, or the rules if all fields are None."""

    number: int | None = None
    met: Coefficients | None = None
    acceptance: Coefficients | None = None

    @property
    def signature(self) -> str:
        """Which ranking it is, as Match.ranker and Plan.ranker store it."""
        return RULES if self.number is None else f"{_LEARNED}{self.number}"

    def chances(self, ranked: Ranked) -> Chances | None:
        """The predictions for a project; None for the rules, which predict nothing."""
        if self.met is None or self.acceptance is None:
            return None
        return Chances(self.acceptance.chance(ranked.features), self.met.chance(ranked.features))


def ranking_in_use(session: Session) -> Ranking:
    """The learned ranking in use; the rules if there is none."""
    version = find_in_use(session)
    if version is None or version.met is None or version.acceptance is None:
        return Ranking()
    return Ranking(version.number, Coefficients.from_json(version.met), Coefficients.from_json(version.acceptance))


def id_in_use() -> ScalarSelect[int]:
    """A column for queries: the id of the training in use, which never changes; NULL where the rules rank."""
    in_use = sql_select(func.max(col(RankerVersion.id))).where(col(RankerVersion.state) == RankerState.in_use)
    return in_use.scalar_subquery()


def find_in_use(session: Session) -> RankerVersion | None:
    """The training in use; None where the rules rank."""
    return session.exec(select(RankerVersion).where(col(RankerVersion.state) == RankerState.in_use)).first()


def number_of(signature: str) -> int | None:
    """The number of a learned ranking by its signature; None for the rules."""
    return int(signature.removeprefix(_LEARNED)) if signature.startswith(_LEARNED) else None
