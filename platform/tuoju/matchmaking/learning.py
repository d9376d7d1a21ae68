"""The ranker learns from what became of past referrals: trained by a task, adopted by the back-test, watched since."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError
from sqlmodel import Session, col, select

from tuoju.accounts import audit
from tuoju.database.integrity import violated_unique
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
"""So many decisions more than the last training saw are worth another."""

CONCURRENT_TRAINING = frozenset({"uq_ranker_version_number", "uq_ranker_version_in_use"})
"""Unique constraints that only another training at the same moment violates."""


def train(unit_of_work: UnitOfWork, read_history: Callable[[Session], History]) -> RankerVersion | None:
    """Look whether the ranker in use still holds, and train another if there is enough to learn; None if there is not.

    `read_history` reads past decisions from the rooms above. Reads and fits outside any write. Two that train at once
    make one version: the other finds its number taken.
    """
    with unit_of_work.read() as session:
        history, newest, in_use = read_history(session), find_newest(session), find_in_use(session)
        past = history.past
        learned_from = newest.decisions if newest else None
        shaken = in_use.pk if in_use is not None and _has_drifted(in_use, past) else None
    if shaken is not None:
        _move_in(unit_of_work, shaken, RankerVerb.drift)
    if learned_from is not None and len(past.decisions) < learned_from + MIN_NEW_DECISIONS:
        return None
    verdict = backtest(past.decisions)
    try:
        with unit_of_work.write() as session:
            return keep(session, verdict, past, history.exposure)
    except StaleDataError:
        return None
    except IntegrityError as error:
        if violated_unique(error) in CONCURRENT_TRAINING:
            return None
        raise


def _has_drifted(version: RankerVersion, past: Past) -> bool:
    """Whether what came of the decisions sent after the version's window left what it would have said of them."""
    if version.met is None or version.window_to is None:
        return False
    known = sum(day <= version.window_to for day in past.sent_on)
    if known in (0, len(past.decisions)):
        return False
    before, since = _part(past.decisions, 0, known), _part(past.decisions, known, len(past.decisions))
    return drift(Coefficients.from_json(version.met), since, before).detected


def _part(decisions: Decisions, begin: int, end: int) -> Decisions:
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


def keep(session: Session, verdict: Verdict, past: Past, exposure: Exposure) -> RankerVersion:
    """Keep a training with its verdict; a better one takes the place of the one in use.

    Once a person has put a ranker out of use, a better one is only made ready, and waits for a person.
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


def _move_in(unit_of_work: UnitOfWork, version_id: int, verb: RankerVerb) -> None:
    """The clock moves a version; if someone was quicker there is nothing to do."""
    try:
        with unit_of_work.write() as session:
            version = session.get_one(RankerVersion, version_id)
            move(session, version, verb)
            audit.record(session, None, f"{verb}_ranker", version, scope=AUDIT_SCOPE)
    except (IllegalRankerStep, StaleDataError):
        return


def _report(verdict: Verdict, past: Past, exposure: Exposure) -> dict[str, Any]:
    """The back-test in plain numbers."""
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
                    {"predicted": each.predicted, **_numbers(each.observed)} for each in quality.reliability
                ],
            }
    return report


def _groups(verdict: Verdict, decisions: Decisions, exposure: Exposure) -> list[dict[str, Any]]:
    """Each group: how many of its needs were sent, how many sent were met, what the learned ranker would change."""
    gains = {(each.grouping, each.group): each for each in verdict.groups}
    found = []
    for (grouping, group), (sent, needs) in sorted(exposure.items()):
        inside = decisions.groups[grouping] == group
        line: dict[str, Any] = {
            "grouping": grouping,
            "group": group,
            "exposure": _numbers(wilson(sent, needs)),
            "success": _numbers(wilson(int(decisions.met[inside].sum()), int(inside.sum()))),
        }
        if (gain := gains.get((grouping, group))) is not None:
            line |= {"gain": _numbers(gain.gain), "judged": gain.judged, "harmed": gain.harmed}
        found.append(line)
    return found


def _numbers(estimate: Estimate) -> dict[str, float | None]:
    """An estimate as JSON: an interval without an end is None there."""
    return {name: value if abs(value) != float("inf") else None for name, value in asdict(estimate).items()}
