"""States of a plan and of its lines, and the steps between them: one table for buttons, API and tests."""

from collections.abc import Mapping
from enum import StrEnum


class PlanState(StrEnum):
    computing = "computing"
    """A worker computes it, or will."""
    proposed = "proposed"
    """Computed; a person may change lines, approve or discard it."""
    sending = "sending"
    """Approved; a worker sends its referrals."""
    approved = "approved"
    """Approved, and every line is sent, waits for consent, or could not be sent."""
    superseded = "superseded"
    """A repair has replaced it."""
    discarded = "discarded"
    failed = "failed"
    """It could not be computed, or not as evenly as required."""


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
"""`finish`, `fail` and `complete` are the worker's verbs; `supersede` happens to a plan when its repair is computed.
Whether a proposed plan is stale is not a state: queries.changes_since compares it with the current rows."""

UNDER_WAY = frozenset({PlanState.computing, PlanState.sending})
"""A worker has something to do. A region has at most one plan in these states."""

VERBS_OF_PERSONS = frozenset({PlanVerb.retry, PlanVerb.approve, PlanVerb.discard})


def verbs_from(state: PlanState) -> tuple[PlanVerb, ...]:
    """What a person may do with a plan in `state`, in table order."""
    return tuple(verb for (start, verb) in PLAN_STEPS if start is state and verb in VERBS_OF_PERSONS)


class LineState(StrEnum):
    """What becomes of one need in a plan."""

    placed = "placed"
    """It goes to a project."""
    without = "without"
    """The computation found no project."""
    left_out = "left_out"
    """A person left it out of the plan."""
    sent = "sent"
    """The referral is sent."""
    waiting_for_consent = "waiting_for_consent"
    """The plan is approved, but the resident must still agree."""
    not_sent = "not_sent"
    """It could not be sent; NotSentReason says why."""


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
"""The first seven steps are taken while the plan is proposed: by a person, or because a person's change moves other
needs. The last three are taken while it is sent."""


class NotSentReason(StrEnum):
    """Why a line of an approved plan was not sent."""

    need_answered = "need_answered"
    """The need is no longer open."""
    no_place = "no_place"
    """The last place was given meanwhile."""
    project_closed = "project_closed"
    """The project is closed, suspended or outside its intake period."""
    not_eligible = "not_eligible"
    """A hard rule fails now."""
    busy = "busy"
    """Other transactions changed the same rows at each try."""


class PlanStage(StrEnum):
    """What the worker is doing."""

    waiting = "waiting"
    reading = "reading"
    solving = "solving"
    joining = "joining"
    comparing = "comparing"
    valuing = "valuing"
    writing = "writing"
    sending = "sending"
    done = "done"
