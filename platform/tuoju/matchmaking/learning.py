"""Training of the ranker on past referrals: by a task, adopted after a back-test, and checked for drift later."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError
from sqlmodel import Session, col, select

from tuoju.accounts import audit
from tuoju.database.integrity import violated_unique
from tuoju.database.scopes import SYSTEM
from tuoju.database.unit_of_work import UnitOfWork
from tuoju.matchmaking.decisions import Exposure, History, Past
from tuoju.matchmaking.errors import IllegalRankerStep
from tuoju.matchmaking.models import RankerVersion
from tuoju.matchmaking.rankers import AUDIT_SCOPE, find_newest, move, put_into_use, stopped_by_person
from tuoju.matchmaking.ranking import find_in_use
from tuoju.matchmaking.status import RankerState, RankerVerb
from tuoju_matching.backtest import Decisions, Verdict, backtest, drift
from tuoju_matching.evaluation import Estimate, wilson
from tuoju_matching.learned import Coefficients

MIN_NEW_DECISIONS = 50
"""A new training starts when there are so many decisions more than the last training used."""

CONCURRENT_TRAINING = frozenset({"uq_ranker_version_number", "uq_ranker_version_in_use"})
"""Unique constraints that only another training at the same moment violates."""


def train(unit_of_work: UnitOfWork, read_history: Callable[[Session], History]) -> RankerVersion | None:
    """Check the ranker in use for drift, and train another if there are enough new decisions; None if there are not.

    `read_history` reads past decisions from the rooms above. Reads and fits outside any write transaction. Of two
    trainings at the same moment one is stored: the other violates CONCURRENT_TRAINING and returns None.
    """
    with unit_of_work.read(SYSTEM) as session:
        history, newest, in_use = read_history(session), find_newest(session), find_in_use(session)
        past = history.past
        learned_from = newest.decisions if newest else None
        drifted_id = in_use.pk if in_use is not None and _has_drifted(in_use, past) else None
    if drifted_id is not None:
        _take_out_of_use(unit_of_work, drifted_id)
    if learned_from is not None and len(past.decisions) < learned_from + MIN_NEW_DECISIONS:
        return None
    verdict = backtest(past.decisions)
    try:
        with unit_of_work.write(SYSTEM) as session:
            return store_training(session, verdict, past, history.exposure)
    except StaleDataError:
        return None
    except IntegrityError as error:
        if violated_unique(error) in CONCURRENT_TRAINING:
            return None
        raise


def _has_drifted(version: RankerVersion, past: Past) -> bool:
    """Whether the outcomes of decisions sent after the version's window differ from what it predicts for them."""
    if version.met is None or version.window_to is None:
        return False
    in_window = sum(day <= version.window_to for day in past.sent_on)
    if in_window in (0, len(past.decisions)):
        return False
    before = _slice(past.decisions, 0, in_window)
    since = _slice(past.decisions, in_window, len(past.decisions))
    return drift(Coefficients.from_json(version.met), since, before).detected


def _slice(decisions: Decisions, begin: int, end: int) -> Decisions:
    starts = decisions.starts[begin : end + 1]
    return Decisions(
        decisions.features[starts[0] : starts[-1]],
        starts - starts[0],
        decisions.chosen[begin:end],
        decisions.accepted[begin:end],
        decisions.met[begin:end],
        decisions.urgency[begin:end],
        {name: labels[begin:end] for name, labels in decisions.groups.items()},
    )


def store_training(session: Session, verdict: Verdict, past: Past, exposure: Exposure) -> RankerVersion:
    """Store a training with the verdict of its back-test; a better ranker replaces the ranker in use.

    Once a person has put a ranker out of use, a better one only becomes `ready` and waits for a person.
    """
    newest = find_newest(session)
    version = RankerVersion(
        number=newest.number + 1 if newest else 1,
        state=RankerState.ready if verdict.adopt else RankerState.not_adopted,
        finding=verdict.finding,
        window_from=past.sent_on[0] if past.sent_on else None,
        window_to=past.sent_on[-1] if past.sent_on else None,
        decisions=verdict.decisions,
        met=verdict.met.to_json() if verdict.met else None,
        acceptance=verdict.acceptance.to_json() if verdict.acceptance else None,
        report=_report(verdict, past, exposure),
    )
    for waiting in session.exec(select(RankerVersion).where(col(RankerVersion.state) == RankerState.ready)).all():
        if verdict.adopt:
            move(session, waiting, RankerVerb.supersede)
    session.add(version)
    session.flush()
    if verdict.adopt and not stopped_by_person(session):
        put_into_use(session, version, None)
    audit.record(session, None, "train_ranker", version, scope=AUDIT_SCOPE, finding=verdict.finding.value)
    return version


def _take_out_of_use(unit_of_work: UnitOfWork, version_id: int) -> None:
    """Take a drifted ranker out of use. Does nothing if a person has just changed its state."""
    try:
        with unit_of_work.write(SYSTEM) as session:
            version = session.get_one(RankerVersion, version_id)
            move(session, version, RankerVerb.drift)
            audit.record(session, None, "drift_ranker", version, scope=AUDIT_SCOPE)
    except (IllegalRankerStep, StaleDataError):
        return


def _report(verdict: Verdict, past: Past, exposure: Exposure) -> dict[str, Any]:
    """The results of the back-test as JSON."""
    report: dict[str, Any] = {"groups": _groups(verdict, past.decisions, exposure)}
    for name, estimate in (("rules", verdict.rules_value), ("gain", verdict.gain)):
        if estimate is not None:
            report[name] = _numbers(estimate)
    for name, quality in (("met", verdict.quality_met), ("acceptance", verdict.quality_acceptance)):
        if quality is not None:
            report[name] = {
                "auc": _numbers(quality.auc),
                "brier": _numbers(quality.brier),
                "base": quality.base,
                "reliability": [
                    {"predicted": bin_.predicted, **_numbers(bin_.observed)} for bin_ in quality.reliability
                ],
            }
    return report


def _groups(verdict: Verdict, decisions: Decisions, exposure: Exposure) -> list[dict[str, Any]]:
    """For each group: how many of its needs were sent, how many of those were met, and what the learned ranker would
    change."""
    gains = {(group.grouping, group.group): group for group in verdict.groups}
    rows = []
    for (grouping, group), (sent, needs) in sorted(exposure.items()):
        inside = decisions.groups[grouping] == group
        row: dict[str, Any] = {
            "grouping": grouping,
            "group": group,
            "exposure": _numbers(wilson(sent, needs)),
            "success": _numbers(wilson(int(decisions.met[inside].sum()), int(inside.sum()))),
        }
        if (gain := gains.get((grouping, group))) is not None:
            row |= {"gain": _numbers(gain.gain), "judged": gain.judged, "harmed": gain.harmed}
        rows.append(row)
    return rows


def _numbers(estimate: Estimate) -> dict[str, float | None]:
    """An estimate as JSON; None where the interval is open."""
    return {name: value if abs(value) != float("inf") else None for name, value in asdict(estimate).items()}
