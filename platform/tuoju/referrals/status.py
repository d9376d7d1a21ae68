"""States of a referral (named as in FHIR Task) and its allowed steps: one table for buttons, API and tests."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from tuoju.cases.status import NeedVerb


class ReferralState(StrEnum):
    """Where a referral is in its life."""

    requested = "requested"
    waitlisted = "waitlisted"
    accepted = "accepted"
    in_progress = "in_progress"
    on_hold = "on_hold"
    completed = "completed"
    failed = "failed"
    rejected = "rejected"
    expired = "expired"
    cancelled = "cancelled"
    entered_in_error = "entered_in_error"


LIVE = frozenset(
    {
        ReferralState.requested,
        ReferralState.waitlisted,
        ReferralState.accepted,
        ReferralState.in_progress,
        ReferralState.on_hold,
    }
)
"""A need has at most one referral in these states."""


class ReferralVerb(StrEnum):
    """What can be done with a referral."""

    accept = "accept"
    reject = "reject"
    waitlist = "waitlist"
    expire = "expire"
    start = "start"
    hold = "hold"
    resume = "resume"
    complete = "complete"
    fail = "fail"
    cancel = "cancel"
    mark_in_error = "mark_in_error"
    reopen = "reopen"


class Side(StrEnum):
    """Who may use a verb: who sent the referral, the organization it went to, or the clock."""

    sender = "sender"
    receiver = "receiver"
    clock = "clock"


class PlaceEffect(StrEnum):
    """What a step does to the project's place (see tuoju_projects.capacity)."""

    none = "none"
    hold = "hold"
    use = "use"
    free = "free"


@dataclass(frozen=True)
class Step:
    """What one verb does in one state."""

    to: ReferralState
    """The state after the step."""
    side: Side
    """Who may take the step."""
    place: PlaceEffect = PlaceEffect.none
    """What happens to the project's place."""
    need: NeedVerb | None = None
    """The step of the need that follows; None if the need stays as it is, or its step depends on the outcome."""


_S, _V = ReferralState, ReferralVerb
_FREE_BACK = (PlaceEffect.free, NeedVerb.come_back)

STEPS: Mapping[tuple[ReferralState, ReferralVerb], Step] = {
    (_S.requested, _V.accept): Step(_S.accepted, Side.receiver, PlaceEffect.use, NeedVerb.take_up),
    (_S.requested, _V.reject): Step(_S.rejected, Side.receiver, *_FREE_BACK),
    (_S.requested, _V.waitlist): Step(_S.waitlisted, Side.receiver, PlaceEffect.free),
    (_S.requested, _V.expire): Step(_S.expired, Side.clock, *_FREE_BACK),
    (_S.requested, _V.cancel): Step(_S.cancelled, Side.sender, *_FREE_BACK),
    (_S.requested, _V.mark_in_error): Step(_S.entered_in_error, Side.sender, *_FREE_BACK),
    (_S.expired, _V.reopen): Step(_S.requested, Side.sender, PlaceEffect.hold, NeedVerb.refer),
    (_S.waitlisted, _V.accept): Step(_S.accepted, Side.receiver, PlaceEffect.use, NeedVerb.take_up),
    (_S.waitlisted, _V.reject): Step(_S.rejected, Side.receiver, need=NeedVerb.come_back),
    (_S.waitlisted, _V.cancel): Step(_S.cancelled, Side.sender, need=NeedVerb.come_back),
    (_S.accepted, _V.start): Step(_S.in_progress, Side.receiver),
    (_S.accepted, _V.fail): Step(_S.failed, Side.receiver, *_FREE_BACK),
    (_S.accepted, _V.cancel): Step(_S.cancelled, Side.sender, *_FREE_BACK),
    (_S.in_progress, _V.hold): Step(_S.on_hold, Side.receiver),
    (_S.on_hold, _V.resume): Step(_S.in_progress, Side.receiver),
    (_S.in_progress, _V.complete): Step(_S.completed, Side.receiver, PlaceEffect.free),
    (_S.in_progress, _V.fail): Step(_S.failed, Side.receiver, *_FREE_BACK),
    (_S.in_progress, _V.cancel): Step(_S.cancelled, Side.sender, *_FREE_BACK),
    (_S.on_hold, _V.fail): Step(_S.failed, Side.receiver, *_FREE_BACK),
    (_S.on_hold, _V.cancel): Step(_S.cancelled, Side.sender, *_FREE_BACK),
}
"""`complete` moves the need by its outcome: met, partly met or unmet. Accepting a request uses the place that was held
when it was sent; accepting from the waitlist has to take a new place, because waitlisting freed the first."""


class RejectionReason(StrEnum):
    """Why a charity rejects a referral."""

    no_capacity = "no_capacity"
    not_eligible = "not_eligible"
    outside_service_area = "outside_service_area"
    service_not_offered = "service_not_offered"
    already_served = "already_served"
    missing_information = "missing_information"
    safety = "safety"
    could_not_contact = "could_not_contact"
    resident_declined = "resident_declined"
    duplicate = "duplicate"
    other = "other"


class Outcome(StrEnum):
    """What a completed referral did for the need (服务成效)."""

    met = "met"
    partly_met = "partly_met"
    unmet = "unmet"


class UpdateKind(StrEnum):
    """What a resident is told about a referral: it was sent, was accepted, a visit has its day, it was closed."""

    referred = "referred"
    accepted = "accepted"
    visit = "visit"
    closed = "closed"


class UpdateState(StrEnum):
    """Whether a resident has received an update. Not stored: computed from the row and its SMS."""

    tell_in_person = "tell_in_person"
    sms_queued = "sms_queued"
    sms_sent = "sms_sent"
    sms_failed = "sms_failed"
    told_in_person = "told_in_person"


TO_TELL_IN_PERSON = frozenset({UpdateState.tell_in_person, UpdateState.sms_failed})
"""In these states an officer has to tell the resident."""


class Answerer(StrEnum):
    """Who answered the question about satisfaction (domain section 5.8)."""

    self = "self"
    family = "family"


class AskedBy(StrEnum):
    """How the question about satisfaction was asked; the charity that served never asks it."""

    in_person = "in_person"
    phone = "phone"
    link = "link"


HELPED = frozenset({Outcome.met, Outcome.partly_met})
"""Outcomes that count as met, as in the got-help rate."""

NOT_AGAIN = frozenset(
    {
        RejectionReason.not_eligible,
        RejectionReason.outside_service_area,
        RejectionReason.service_not_offered,
        RejectionReason.already_served,
        RejectionReason.resident_declined,
        RejectionReason.duplicate,
        RejectionReason.safety,
    }
)
"""After these reasons a project is not proposed for the same need again. After the others it may be, because the reason
can pass: no place at that time, information was missing, nobody was reached."""


NEED_VERB_OF: Mapping[Outcome, NeedVerb] = {
    Outcome.met: NeedVerb.meet,
    Outcome.partly_met: NeedVerb.meet_partly,
    Outcome.unmet: NeedVerb.give_up,
}
"""How the need moves when its referral is completed."""


def verbs_from(state: ReferralState, side: Side) -> tuple[ReferralVerb, ...]:
    """The verbs that `side` may use in `state`, in the order of the table."""
    return tuple(verb for (start, verb), step in STEPS.items() if start is state and step.side is side)
