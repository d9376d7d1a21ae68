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
    called_off = "called_off"


STEPS: Mapping[NoticeState, frozenset[NoticeState]] = {
    # Within the application, being committed is being delivered.
    NoticeState.created: frozenset(
        {
            NoticeState.sending,
            NoticeState.delivered,
            NoticeState.permanent_failure,
            NoticeState.technical_failure,
            NoticeState.called_off,
        }
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
            NoticeState.called_off,
        }
    ),
    # The rest comes by delivery receipt.
    NoticeState.sent: frozenset({NoticeState.delivered, NoticeState.permanent_failure}),
    NoticeState.delivered: frozenset(),
    # An administrator may replay what failed for good, unless it is called off.
    NoticeState.permanent_failure: frozenset({NoticeState.created, NoticeState.called_off}),
    NoticeState.technical_failure: frozenset({NoticeState.created, NoticeState.called_off}),
    # Nothing is sent from here; a sender thought lost may still report what it had sent before.
    NoticeState.called_off: frozenset({NoticeState.sent, NoticeState.delivered}),
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
