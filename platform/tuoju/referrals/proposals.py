"""The projects proposed for a need: ranked by what this process holds of the registry, with what would rank higher."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from threading import Lock
from typing import Any, NamedTuple

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from tuoju.cases.models import Need
from tuoju.database.records import now
from tuoju.referrals.matchmaking import need_profile, not_taken_by, project_profiles, refused_for_good
from tuoju.referrals.models import RankerVersion
from tuoju.referrals.status import RankerState
from tuoju.regions.calendar import china_day
from tuoju_matching.counterfactual import Lift, lifts
from tuoju_matching.features import FEATURES, Feature
from tuoju_matching.learned import Coefficients, LearnedRanker
from tuoju_matching.profiles import NeedProfile
from tuoju_matching.ranker import Ranked, RuleRanker
from tuoju_projects.queries import open_projects, registry_stamp, versions_of_open

SHOWN = 10
"""How many a person is shown to choose from."""

RULES = "rules-1"
"""How the ranker by rules signs what it proposes; a learned one signs with its number."""


class Chances(NamedTuple):
    """What a learned ranker expects: that the project accepts, and that the need is met once sent."""

    acceptance: float
    met: float


@dataclass(frozen=True)
class Proposal:
    """What a person is shown to choose from, best first. `learned` is the number of the learned ranker, None where
    the rules rank; `chances` is by project id, and empty then."""

    profile: NeedProfile
    ranked: list[Ranked]
    weights: Mapping[Feature, float]
    learned: int | None
    chances: Mapping[int, Chances]

    @property
    def signature(self) -> str:
        return RULES if self.learned is None else f"learned-{self.learned}"

    @property
    def lifts(self) -> dict[int, tuple[Lift, ...]]:
        """What would have ranked each project higher."""
        return lifts(self.profile, self.ranked, self.weights)

    @property
    def slate(self) -> list[dict[str, Any]]:
        """All that is shown, as Match keeps it."""
        return [{"project_id": each.project.id, "features": features_by_name(each)} for each in self.ranked]


def features_by_name(ranked: Ranked) -> dict[str, float]:
    """The frozen features, by name: the list of features may grow."""
    return {feature.value: round(value, 6) for feature, value in zip(FEATURES, ranked.features, strict=True)}


@dataclass(frozen=True)
class _Learned:
    """The learned ranker in use, as plain numbers."""

    number: int
    met: Coefficients
    acceptance: Coefficients


class _Index:
    """The ranker of this process: changes of the registry are put in, a new day or a new model is fitted anew."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.base: tuple[object, ...] = ()
        self.stamp = ""
        self.seen: dict[int, tuple[int, datetime]] = {}
        self.learned: _Learned | None = None
        self.ranker = RuleRanker().fit([])

    @contextmanager
    def current(self, session: Session, today: date) -> Iterator[tuple[RuleRanker, _Learned | None]]:
        """The ranker as the session sees the registry, for this thread alone."""
        bind = session.get_bind()
        engine = bind if isinstance(bind, Engine) else bind.engine
        in_use = find_in_use(session)
        model = (in_use.pk, in_use.trained_at) if in_use else None
        base, stamp = (id(engine), today, model), registry_stamp(session)
        with self.lock:
            if base != self.base:
                self._fit(session, today, in_use)
            elif stamp != self.stamp:
                self._take_over(session, today)
            self.base, self.stamp = base, stamp
            yield self.ranker, self.learned

    def _fit(self, session: Session, today: date, in_use: RankerVersion | None) -> None:
        self.base = ()
        projects = open_projects(session, today)
        self.learned = _learned(in_use)
        ranker = LearnedRanker(self.learned.met) if self.learned else RuleRanker()
        self.ranker = ranker.fit(project_profiles(session, projects, today))
        self.seen = {project.pk: (project.version, project.changed_at) for project in projects}

    def _take_over(self, session: Session, today: date) -> None:
        """Put in what changed since: new, other and closed projects."""
        self.base = ()
        seen = versions_of_open(session, today)
        changed = {pk for pk, version in seen.items() if self.seen.get(pk) != version}
        profiles = project_profiles(session, open_projects(session, today, among=changed), today) if changed else []
        for project_id in self.seen.keys() - seen.keys():
            self.ranker.remove(project_id)
        for profile in profiles:
            (self.ranker.replace if profile.id in self.seen else self.ranker.add)(profile)
        self.seen = seen


_index = _Index()


def find_in_use(session: Session) -> RankerVersion | None:
    """The learned ranker in use; None where the rules rank."""
    return session.exec(select(RankerVersion).where(col(RankerVersion.state) == RankerState.in_use)).first()


def _learned(version: RankerVersion | None) -> _Learned | None:
    if version is None or version.met is None or version.acceptance is None:
        return None
    return _Learned(version.number, Coefficients.from_json(version.met), Coefficients.from_json(version.acceptance))


def propose(
    session: Session,
    need: Need,
    *,
    k: int | None = SHOWN,
    prices: Mapping[int, float] | None = None,
    untried: bool = False,
) -> Proposal:
    """The best projects for a need, without those that refused it for good; with `untried` also without those that had
    it and did not take it. A person chooses.

    `prices` is what a place of each project is worth to those who wait, by the newest plan; the caller knows plans.
    """
    today = china_day(now())
    profile, without = need_profile(session, need), refused_for_good(session, need)
    if untried:
        without |= not_taken_by(session, need)
    with _index.current(session, today) as (ranker, learned):
        ranked = ranker.rank(profile, today, k=k, without=without, prices=prices)
        weights = ranker.weights(profile.urgency)
    chances = {each.project.id: _chances(each, learned) for each in ranked} if learned else {}
    return Proposal(profile, ranked, weights, learned.number if learned else None, chances)


def rank_of(
    session: Session, need: Need, project_id: int, *, prices: Mapping[int, float] | None = None
) -> Ranked | None:
    """Where a project stands among all that may take a need; None if it may not, or refused it for good."""
    today = china_day(now())
    profile, without = need_profile(session, need), refused_for_good(session, need)
    with _index.current(session, today) as (ranker, _learned):
        return ranker.rank_of(profile, today, project_id, without=without, prices=prices)


def _chances(ranked: Ranked, learned: _Learned) -> Chances:
    return Chances(learned.acceptance.chance(ranked.features), learned.met.chance(ranked.features))
