"""States of an erasure, who takes its steps, and what stands against it."""

from collections.abc import Mapping
from enum import StrEnum


class Erasable(StrEnum):
    """What is erased together: all that names one person, or old rows of one kind in one county."""

    person = "person"
    dismissed_alert = "dismissed_alert"
    message_address = "message_address"
    draft = "draft"
    import_report = "import_report"


class ErasureGround(StrEnum):
    """Why: the person asked for it (PIPL art. 47), or the period of a policy is over."""

    request = "request"
    retention = "retention"


class ErasureState(StrEnum):
    """Where an erasure is in its life; ERASURE_STEPS has the lawful steps."""

    proposed = "proposed"
    restricted = "restricted"
    confirmed = "confirmed"
    done = "done"
    kept = "kept"


OPEN = frozenset({ErasureState.proposed, ErasureState.restricted, ErasureState.confirmed})
"""A person has at most one erasure in these states."""


class ErasureVerb(StrEnum):
    """What can be done with an erasure."""

    confirm = "confirm"
    approve = "approve"
    release = "release"
    keep = "keep"


_S, _V = ErasureState, ErasureVerb

ERASURE_STEPS: Mapping[tuple[ErasureState, ErasureVerb], ErasureState] = {
    (_S.proposed, _V.confirm): _S.confirmed,
    (_S.restricted, _V.release): _S.confirmed,
    (_S.confirmed, _V.approve): _S.done,
    (_S.proposed, _V.keep): _S.kept,
    (_S.restricted, _V.keep): _S.kept,
    (_S.confirmed, _V.keep): _S.kept,
}
"""`confirm` is the first of two persons, `approve` the second. A request is confirmed by whoever took it, or restricted
while something stands against it; `release` is the system's, once nothing does. `keep` says why the data stay."""


class EraseBlock(StrEnum):
    """What stands against the erasure of a person. PIPL art. 47: a period that law sets is not over; PIPL art. 13(3):
    a statutory duty is being done."""

    open_case = "open_case"
    live_referral = "live_referral"
    payment_kept = "payment_kept"
    other_duty = "other_duty"
