"""States of a plan and of its lines, and their lawful steps: one table for buttons, API and tests."""

from collections.abc import Mapping
from enum import StrEnum


class PlanState(StrEnum):
    computing = "computing"
    proposed = "proposed"
    sending = "sending"
    approved = "approved"
    superseded = "superseded"
    discarded = "discarded"
    failed = "failed"


class PlanVerb(StrEnum):
    finish = "finish"
    fail = "fail"
    retry = "retry"
    supersede = "supersede"
    approve = "approve"
    complete = "complete"
    discard = "discard"


_S, _V = PlanState, PlanVerb

PLAN_STEPS: Mapping[tuple[PlanState, PlanVerb], PlanState] = {
    (_S.computing, _V.finish): _S.proposed,
    (_S.computing, _V.fail): _S.failed,
    (_S.computing, _V.discard): _S.discarded,
    (_S.failed, _V.retry): _S.computing,
    (_S.failed, _V.discard): _S.discarded,
    (_S.proposed, _V.supersede): _S.superseded,
    (_S.proposed, _V.approve): _S.sending,
    (_S.proposed, _V.discard): _S.discarded,
    (_S.sending, _V.complete): _S.approved,
}
"""`finish`, `fail` and `complete` are the worker's; `supersede` happens to a plan when its repair is done. Whether a
proposed plan is stale is no state but a comparison with the rows of now (queries.changes_since): it can not be late."""

UNDER_WAY = frozenset({PlanState.computing, PlanState.sending})
"""A worker has something to do; one plan of a region at a time."""

PERSONS_VERBS = frozenset({PlanVerb.retry, PlanVerb.approve, PlanVerb.discard})


def verbs_from(state: PlanState) -> tuple[PlanVerb, ...]:
    """What a person may do with a plan in `state`, in table order."""
    return tuple(verb for (start, verb) in PLAN_STEPS if start is state and verb in PERSONS_VERBS)


class LineState(StrEnum):
    """What becomes of one need in a plan."""

    placed = "placed"
    without = "without"
    left_out = "left_out"
    sent = "sent"
    waiting_for_consent = "waiting_for_consent"
    not_sent = "not_sent"


class LineVerb(StrEnum):
    place = "place"
    leave_without = "leave_without"
    leave_out = "leave_out"
    send = "send"
    ask_consent = "ask_consent"
    mark_not_sent = "mark_not_sent"


_L, _W = LineState, LineVerb

LINE_STEPS: Mapping[tuple[LineState, LineVerb], LineState] = {
    (_L.placed, _W.place): _L.placed,
    (_L.placed, _W.leave_without): _L.without,
    (_L.placed, _W.leave_out): _L.left_out,
    (_L.without, _W.place): _L.placed,
    (_L.without, _W.leave_out): _L.left_out,
    (_L.left_out, _W.place): _L.placed,
    (_L.left_out, _W.leave_without): _L.without,
    (_L.placed, _W.send): _L.sent,
    (_L.placed, _W.ask_consent): _L.waiting_for_consent,
    (_L.placed, _W.mark_not_sent): _L.not_sent,
}
"""The first seven while the plan is proposed, by a person or by what a person's change does to the others; the last
three while it is sent."""


class NotSentReason(StrEnum):
    """Why a line of an approved plan was not sent."""

    need_answered = "need_answered"
    no_place = "no_place"
    project_closed = "project_closed"
    not_eligible = "not_eligible"
    busy = "busy"


class PlanStage(StrEnum):
    """What the worker is at."""

    waiting = "waiting"
    reading = "reading"
    solving = "solving"
    joining = "joining"
    comparing = "comparing"
    valuing = "valuing"
    writing = "writing"
    sending = "sending"
    done = "done"
