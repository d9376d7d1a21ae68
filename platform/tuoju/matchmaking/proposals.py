"""The projects proposed for a need, ranked by an index of the registry that each process keeps in memory."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from threading import Lock
from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session

from tuoju.cases.models import Need
from tuoju.database.records import now
from tuoju.matchmaking.past_answers import PastAnswer, ReadAnswers, not_taken, refused_for_good
from tuoju.matchmaking.profiles import need_profile, project_profiles
from tuoju.matchmaking.ranking import Chances, Ranking, id_in_use, ranking_in_use
from tuoju.matchmaking.vectors import newest_vector, time_of_vector, with_need_vectors, with_project_vectors
from tuoju.regions.calendar import china_day
from tuoju_matching.counterfactual import Lift, lifts
from tuoju_matching.features import FEATURES, Feature
from tuoju_matching.learned import create_ranker
from tuoju_matching.profiles import NeedProfile
from tuoju_matching.ranker import Ranked, RuleRanker
from tuoju_projects.queries import open_projects, registry_stamp, versions_of_open

SHOWN = 10
"""How many projects a person chooses from."""


@dataclass(frozen=True)
class Proposal:
    """The projects that a person chooses from, best first, and how they were ranked."""

    profile: NeedProfile
    ranked: list[Ranked]
    weights: Mapping[Feature, float]
    """The weight of each feature for the need's urgency."""
    ranking: Ranking
    chances: Mapping[int, Chances]
    """By project id; empty where the rules rank."""

    @property
    def lifts(self) -> dict[int, tuple[Lift, ...]]:
        """By project id: which change would have ranked it higher."""
        return lifts(self.profile, self.ranked, self.weights)

    @property
    def slate(self) -> list[dict[str, Any]]:
        """The list as Match.slate stores it."""
        return [{"project_id": ranked.project.id, "features": features_by_name(ranked)} for ranked in self.ranked]


def features_by_name(ranked: Ranked) -> dict[str, float]:
    """The features by name, for storage: FEATURES may grow later."""
    return {feature.value: round(value, 6) for feature, value in zip(FEATURES, ranked.features, strict=True)}


class _Index:
    """The ranker of this process. It takes in changes of the registry; a new day or another ranking fits it again."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.base: tuple[object, ...] = ()
        """Pool of connections, day and ranking for which the ranker is fitted; empty while it is being changed."""
        self.stamp: list[object] = []
        """The registry's stamp when the ranker last took in its changes."""
        self.seen: dict[int, tuple[object, ...]] = {}
        """By project id the version and time of change of each project in the ranker, and the time of its vector."""
        self.ranking = Ranking()
        self.ranker = create_ranker(None).fit([])

    @contextmanager
    def current(self, session: Session, today: date, read_answers: ReadAnswers) -> Iterator[tuple[RuleRanker, Ranking]]:
        """The ranker as the session sees the registry; no other thread uses it within the block.

        `read_answers` is called only if the registry, the day or the ranking has changed.
        """
        bind = session.get_bind()
        engine = bind if isinstance(bind, Engine) else bind.engine
        *stamp, ranker_id = registry_stamp(session, newest_vector(), id_in_use())
        # Each transaction that writes has an engine with options of its own; they share the pool of the database.
        base = (engine.pool, today, ranker_id)
        with self.lock:
            if base != self.base:
                self._fit(session, today, ranking_in_use(session), read_answers)
            elif stamp != self.stamp:
                self._update(session, today, read_answers)
            self.base, self.stamp = base, stamp
            yield self.ranker, self.ranking

    def _fit(self, session: Session, today: date, ranking: Ranking, read_answers: ReadAnswers) -> None:
        self.base = ()
        projects = open_projects(session, today)
        self.ranking = ranking
        answers = read_answers(session, [project.pk for project in projects])
        profiles = project_profiles(session, projects, today, answers)
        self.ranker = create_ranker(ranking.met).fit(with_project_vectors(session, profiles))
        self.seen = self._versions(session, today)

    def _update(self, session: Session, today: date, read_answers: ReadAnswers) -> None:
        """Add, replace and remove the projects that have changed."""
        self.base = ()
        seen = self._versions(session, today)
        changed = {pk for pk, version in seen.items() if self.seen.get(pk) != version}
        profiles = []
        if changed:
            answers = read_answers(session, list(changed))
            profiles = project_profiles(session, open_projects(session, today, among=changed), today, answers)
            if any(seen[pk][-1] is not None for pk in changed):
                profiles = with_project_vectors(session, profiles)
        for project_id in self.seen.keys() - seen.keys():
            self.ranker.remove(project_id)
        for profile in profiles:
            (self.ranker.replace if profile.id in self.seen else self.ranker.add)(profile)
        self.seen = seen

    def _versions(self, session: Session, today: date) -> dict[int, tuple[object, ...]]:
        return versions_of_open(session, today, time_of_vector())


_index = _Index()


def propose(
    session: Session,
    need: Need,
    past: Sequence[PastAnswer],
    read_answers: ReadAnswers,
    *,
    limit: int | None = SHOWN,
    prices: Mapping[int, float] | None = None,
    exclude_tried: bool = False,
) -> Proposal:
    """The best projects for a need, without those that refused it for good. A person chooses.

    With `exclude_tried` also without those that did not take it for another reason.

    `past` holds the answers to this need, `read_answers` reads those of projects. `prices` is what a place of each
    project is worth to those who wait, by the newest plan. `limit` None returns all projects that may take the need.
    """
    today = china_day(now())
    (profile,) = with_need_vectors(session, [need_profile(session, need)])
    without = refused_for_good(past)
    if exclude_tried:
        without |= not_taken(past)
    with _index.current(session, today, read_answers) as (ranker, ranking):
        ranked = ranker.rank(profile, today, k=limit, without=without, prices=prices)
        weights = ranker.weights(profile.urgency)
    chances = {best.project.id: known for best in ranked if (known := ranking.chances(best)) is not None}
    return Proposal(profile, ranked, weights, ranking, chances)


def rank_of(
    session: Session,
    need: Need,
    project_id: int,
    past: Sequence[PastAnswer],
    read_answers: ReadAnswers,
    *,
    prices: Mapping[int, float] | None = None,
) -> Ranked | None:
    """The rank of a project among all that may take a need; None if it may not take it, or refused it for good.
    Parameters as for propose."""
    today = china_day(now())
    (profile,) = with_need_vectors(session, [need_profile(session, need)])
    without = refused_for_good(past)
    with _index.current(session, today, read_answers) as (ranker, _ranking):
        return ranker.rank_of(profile, today, project_id, without=without, prices=prices)
