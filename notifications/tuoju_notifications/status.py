"""States of a notice and their lawful steps (after GOV.UK Notify)."""

from collections.abc import Mapping
from enum import StrEnum


class NoticeState(StrEnum):
    created = "created"
    sending = "sending"
    sent = "sent"
    delivered = "delivered"
    temporary_failure = "temporary_failure"
    permanent_failure = "permanent_failure"
    technical_failure = "technical_failure"


STEPS: Mapping[NoticeState, frozenset[NoticeState]] = {
    # Within the application, being committed is being delivered.
    NoticeState.created: frozenset(
        {NoticeState.sending, NoticeState.delivered, NoticeState.permanent_failure, NoticeState.technical_failure}
    ),
    NoticeState.sending: frozenset(
        {
            NoticeState.sent,
            NoticeState.delivered,
            NoticeState.temporary_failure,
            NoticeState.permanent_failure,
            NoticeState.technical_failure,
        }
    ),
    # A sender whose lease ran out may still come back with the provider's answer, until another takes the notice.
    NoticeState.temporary_failure: frozenset(
        {
            NoticeState.sending,
            NoticeState.sent,
            NoticeState.delivered,
            NoticeState.permanent_failure,
            NoticeState.technical_failure,
        }
    ),
    # The rest comes by delivery receipt.
    NoticeState.sent: frozenset({NoticeState.delivered, NoticeState.permanent_failure}),
    NoticeState.delivered: frozenset(),
    # An administrator may replay what failed for good.
    NoticeState.permanent_failure: frozenset({NoticeState.created}),
    NoticeState.technical_failure: frozenset({NoticeState.created}),
}

WAITING = frozenset({NoticeState.created, NoticeState.temporary_failure})
"""A notice in these states is still to be delivered."""

OPEN = WAITING | {NoticeState.sending}
"""A notice in these states is not over yet."""

DEAD = frozenset({NoticeState.permanent_failure, NoticeState.technical_failure})
"""Nobody tries these again unless an administrator replays them: the dead letters."""


def before(state: NoticeState) -> frozenset[NoticeState]:
    """The states from which a step leads to `state`."""
    return frozenset(origin for origin, targets in STEPS.items() if state in targets)
