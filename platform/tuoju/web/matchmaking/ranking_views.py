"""View objects of the page of learned rankers, built from a training's report."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

from sqlmodel import Session

from tuoju.accounts.permissions import Action, Actor, may
from tuoju.accounts.queries import names_of
from tuoju.matchmaking.models import RankerVersion
from tuoju.matchmaking.status import RANKER_STEPS, RankerState, RankerVerb
from tuoju.regions.queries import names
from tuoju.web.kit.charts import percent
from tuoju.web.kit.views import View
from tuoju.words.labels import label
from tuoju_matching.features import FEATURES
from tuoju_matching.learned import GROUP_MARGIN, LEAST_DECISIONS, LEAST_GROUP, Finding
from tuoju_matching.ranker import WEIGHTS


@dataclass(frozen=True)
class Interval:
    """An estimate and its interval, written out; `low` and `high` are empty where the interval is open."""

    value: str
    low: str
    high: str


@dataclass(frozen=True)
class CalibrationBin:
    """Decisions with about the same predicted chance, and how many of them came true."""

    predicted: float
    """Between 0 and 1, as `value`, `low` and `high`."""
    value: float
    low: float
    high: float
    predicted_share: str
    """Written out."""
    interval: Interval
    count: int


@dataclass(frozen=True)
class Quality:
    """How good the predicted chances of one kind are."""

    auc: Interval
    brier: Interval
    base: str
    """Mean squared error of a constant prediction, the mean."""


@dataclass(frozen=True)
class FeatureWeight:
    """How much a feature counts, out of 100."""

    words: str
    learned: int
    by_rules: int


@dataclass(frozen=True)
class BacktestResults:
    """What the back-test found."""

    met_by_rules: Interval
    """Share of needs met under the rules."""
    gain: Interval
    """Change under the learned ranking, in percentage points."""
    bins: Sequence[CalibrationBin]
    qualities: Sequence[Quality]
    """Of the chance that the project accepts, then of the chance that the need is met."""
    weights: Sequence[FeatureWeight]


@dataclass(frozen=True)
class GroupRow:
    """One group of people."""

    name: str
    exposure: Interval
    """Share of its needs that were sent to a project."""
    needs: int
    success: Interval | None
    """Share of the needs sent that were met; None if none was sent."""
    sent: int
    has_gain: bool
    """Whether the back-test compared the group."""
    gain: Interval | None
    """Change in percentage points; None if the group is too small to judge."""
    is_harmed: bool


@dataclass(frozen=True)
class GroupTable:
    """The groups under one grouping."""

    words: str
    rows: Sequence[GroupRow]


@dataclass(frozen=True)
class RankerCard:
    """One training."""

    number: int
    state: RankerState
    finding: Finding
    trained_at: datetime
    decisions: int
    window_from: date | None
    window_to: date | None
    moved_at: datetime | None
    moved_by: str
    """Who changed the state; empty for the training task."""
    needs_more_decisions: bool
    may_adopt: bool
    may_put_out: bool
    results: BacktestResults | None
    """None where there were too few decisions for a back-test."""
    groups: Sequence[GroupTable]


@dataclass(frozen=True)
class TrainingRow:
    """A training in the list of trainings."""

    number: int
    trained_at: datetime
    decisions: int
    state: RankerState


@dataclass(frozen=True)
class RankingPage(View):
    """How projects are ranked: the ranker in use, one training, and the list of trainings."""

    template: ClassVar[str] = "matchmaking/ranking/show.html"
    number_in_use: int | None
    """None where the rules rank."""
    card: RankerCard | None
    """None before the first training."""
    trainings: Sequence[TrainingRow]
    min_decisions: int = LEAST_DECISIONS
    min_group: int = LEAST_GROUP
    margin: int = percent(GROUP_MARGIN)
    """By how many percentage points a group may be worse off."""


def ranking_page(
    session: Session,
    actor: Actor,
    versions: Sequence[RankerVersion],
    version: RankerVersion | None,
    in_use: RankerVersion | None,
) -> RankingPage:
    """The page of one training; `versions` are the trainings to list, newest first."""
    return RankingPage(
        number_in_use=in_use.number if in_use is not None else None,
        card=_card(session, actor, version) if version is not None else None,
        trainings=[TrainingRow(row.number, row.trained_at, row.decisions, row.state) for row in versions],
    )


def _card(session: Session, actor: Actor, version: RankerVersion) -> RankerCard:
    people = names_of(session, {version.moved_by} if version.moved_by else set())
    return RankerCard(
        number=version.number,
        state=version.state,
        finding=version.finding,
        trained_at=version.trained_at,
        decisions=version.decisions,
        window_from=version.window_from,
        window_to=version.window_to,
        moved_at=version.moved_at,
        moved_by=people[version.moved_by] if version.moved_by else "",
        needs_more_decisions=version.finding is Finding.too_few,
        may_adopt=_may(actor, version, RankerVerb.adopt),
        may_put_out=_may(actor, version, RankerVerb.put_out),
        results=_results(version) if "gain" in version.report else None,
        groups=_group_tables(session, version.report.get("groups", [])),
    )


def _may(actor: Actor, version: RankerVersion, verb: RankerVerb) -> bool:
    return may(actor, Action.manage_ranker) and (version.state, verb) in RANKER_STEPS


def _results(version: RankerVersion) -> BacktestResults:
    report = version.report
    return BacktestResults(
        met_by_rules=_shares(report["rules"]),
        gain=_points(report["gain"]),
        bins=[_bin(numbers) for numbers in report["met"]["reliability"]],
        qualities=[_quality(report[kind]) for kind in ("acceptance", "met")],
        weights=_weights(version),
    )


def _quality(numbers: Mapping[str, Any]) -> Quality:
    return Quality(_shares(numbers["auc"]), _decimals(numbers["brier"]), f"{numbers['base']:.3f}")


def _bin(numbers: Mapping[str, Any]) -> CalibrationBin:
    return CalibrationBin(
        predicted=numbers["predicted"],
        value=numbers["value"],
        low=numbers["low"],
        high=numbers["high"],
        predicted_share=_share(numbers["predicted"]),
        interval=_shares(numbers),
        count=numbers["count"],
    )


def _weights(version: RankerVersion) -> list[FeatureWeight]:
    """Each feature's share of the learned weights and of the weights of the rules, the largest learned share first."""
    log_odds: dict[str, float] = version.met["log_odds"] if version.met else {}
    total = sum(log_odds.values()) or 1.0
    shares = [(feature, log_odds.get(feature, 0.0) / total, WEIGHTS.get(feature, 0.0)) for feature in FEATURES]
    shares.sort(key=lambda row: (-row[1], -row[2]))
    return [
        FeatureWeight(label("feature", feature), percent(learned), percent(rule)) for feature, learned, rule in shares
    ]


_LABELS_OF_GROUPS = {"sex": "sex_word", "age": "age_band", "hardship": "relief_category"}
"""By grouping the list of labels for its groups; a county has its name."""


def _group_tables(session: Session, lines: Sequence[Mapping[str, Any]]) -> list[GroupTable]:
    places = names(session, {line["group"] for line in lines if line["grouping"] == "county"})
    rows: dict[str, list[GroupRow]] = {}
    for line in lines:
        grouping, group = line["grouping"], line["group"]
        name = places.get(group, group) if grouping == "county" else label(_LABELS_OF_GROUPS[grouping], group)
        rows.setdefault(grouping, []).append(_group_row(name, line))
    return [GroupTable(label("grouping", grouping), of_grouping) for grouping, of_grouping in rows.items()]


def _group_row(name: str, line: Mapping[str, Any]) -> GroupRow:
    return GroupRow(
        name=name,
        exposure=_shares(line["exposure"]),
        needs=line["exposure"]["count"],
        success=_shares(line["success"]) if line["success"]["count"] else None,
        sent=line["success"]["count"],
        has_gain="gain" in line,
        gain=_points(line["gain"]) if line.get("judged") else None,
        is_harmed=bool(line.get("harmed")),
    )


def _interval(numbers: Mapping[str, Any], written: Callable[[float], str]) -> Interval:
    closed = numbers["low"] is not None and numbers["high"] is not None
    ends = (written(numbers["low"]), written(numbers["high"])) if closed else ("", "")
    return Interval(written(numbers["value"]), *ends)


def _share(value: float) -> str:
    return f"{round(value * 100, 1)}%"


def _shares(numbers: Mapping[str, Any]) -> Interval:
    return _interval(numbers, _share)


def _points(numbers: Mapping[str, Any]) -> Interval:
    return _interval(numbers, lambda value: f"{value * 100:+.1f}")


def _decimals(numbers: Mapping[str, Any]) -> Interval:
    return _interval(numbers, lambda value: f"{value:.3f}")
