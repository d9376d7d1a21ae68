"""States of a referral (FHIR Task words) and its lawful steps: one table for buttons, API and tests."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from tuoju.cases.status import NeedVerb


class ReferralState(StrEnum):
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


class Side(StrEnum):
    """Whose verb it is."""

    sender = "sender"
    receiver = "receiver"
    clock = "clock"


class PlaceEffect(StrEnum):
    """What a step does to the project's place (see tuoju_projects.capacity)."""

    none = "none"
    use = "use"
    free = "free"


@dataclass(frozen=True)
class Step:
    """Where a verb leads, who may say it, and what follows for the place and the need."""

    to: ReferralState
    side: Side
    place: PlaceEffect = PlaceEffect.none
    need: NeedVerb | None = None


_S, _V = ReferralState, ReferralVerb
_FREE_BACK = (PlaceEffect.free, NeedVerb.come_back)

STEPS: Mapping[tuple[ReferralState, ReferralVerb], Step] = {
    (_S.requested, _V.accept): Step(_S.accepted, Side.receiver, PlaceEffect.use, NeedVerb.take_up),
    (_S.requested, _V.reject): Step(_S.rejected, Side.receiver, *_FREE_BACK),
    (_S.requested, _V.waitlist): Step(_S.waitlisted, Side.receiver, PlaceEffect.free),
    (_S.requested, _V.expire): Step(_S.expired, Side.clock, *_FREE_BACK),
    (_S.requested, _V.cancel): Step(_S.cancelled, Side.sender, *_FREE_BACK),
    (_S.requested, _V.mark_in_error): Step(_S.entered_in_error, Side.sender, *_FREE_BACK),
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
"""`complete` moves the need by its outcome: met, partly met or unmet. Accepting from the waitlist takes a
place anew; accepting a request uses the one held when it was sent."""


class RejectionReason(StrEnum):
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
    met = "met"
    partly_met = "partly_met"
    unmet = "unmet"


class UpdateKind(StrEnum):
    """When a resident receives of a referral."""

    referred = "referred"
    accepted = "accepted"
    visit = "visit"
    closed = "closed"


class UpdateState(StrEnum):
    """How it stands with news for a resident."""

    tell_in_person = "tell_in_person"
    sms_queued = "sms_queued"
    sms_sent = "sms_sent"
    sms_failed = "sms_failed"
    told_in_person = "told_in_person"


TO_TELL_IN_PERSON = frozenset({UpdateState.tell_in_person, UpdateState.sms_failed})
"""News that stands so is an officer's to tell."""


class Answerer(StrEnum):
    """Who said how content the resident is (domain section 5.8)."""

    self = "self"
    family = "family"


class AskedBy(StrEnum):
    """How they were asked; never by who served."""

    in_person = "in_person"
    phone = "phone"
    link = "link"


HELPED = frozenset({Outcome.met, Outcome.partly_met})
"""A need met at least in part counts as met, as in the got-help rate."""

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
"""After these a project is not proposed for the same need again. After the others (no place then, something
missing, nobody reached, no answer) it may be: the ground for the refusal can pass."""


NEED_VERB_OF: Mapping[Outcome, NeedVerb] = {
    Outcome.met: NeedVerb.meet,
    Outcome.partly_met: NeedVerb.meet_partly,
    Outcome.unmet: NeedVerb.give_up,
}


def verbs_from(state: ReferralState, side: Side) -> tuple[ReferralVerb, ...]:
    """The verbs that `side` may say of a referral in `state`, in table order."""
    return tuple(verb for (start, verb), step in STEPS.items() if start is state and step.side is side)
