"""States of a notification and their lawful steps (after GOV.UK Notify)."""

from collections.abc import Mapping
from enum import StrEnum


class NotificationState(StrEnum):
    """Where a notification stands; `sent` is accepted by a provider, `delivered` arrived at its recipient."""

    created = "created"
    sending = "sending"
    sent = "sent"
    delivered = "delivered"
    temporary_failure = "temporary_failure"
    permanent_failure = "permanent_failure"
    technical_failure = "technical_failure"
    called_off = "called_off"


STEPS: Mapping[NotificationState, frozenset[NotificationState]] = {
    # Within the application, being committed is being delivered.
    NotificationState.created: frozenset(
        {
            NotificationState.sending,
            NotificationState.delivered,
            NotificationState.permanent_failure,
            NotificationState.technical_failure,
            NotificationState.called_off,
        }
    ),
    NotificationState.sending: frozenset(
        {
            NotificationState.sent,
            NotificationState.delivered,
            NotificationState.temporary_failure,
            NotificationState.permanent_failure,
            NotificationState.technical_failure,
        }
    ),
    # A sender whose lease ran out may still settle its claim, until another claims the notification.
    NotificationState.temporary_failure: frozenset(
        {
            NotificationState.sending,
            NotificationState.sent,
            NotificationState.delivered,
            NotificationState.permanent_failure,
            NotificationState.technical_failure,
            NotificationState.called_off,
        }
    ),
    # What follows comes by delivery receipt.
    NotificationState.sent: frozenset({NotificationState.delivered, NotificationState.permanent_failure}),
    NotificationState.delivered: frozenset(),
    # An administrator may replay what failed for good, unless it is called off.
    NotificationState.permanent_failure: frozenset({NotificationState.created, NotificationState.called_off}),
    NotificationState.technical_failure: frozenset({NotificationState.created, NotificationState.called_off}),
    # Nothing is sent from here; a sender that counted as lost may still report what it had sent before.
    NotificationState.called_off: frozenset({NotificationState.sent, NotificationState.delivered}),
}

WAITING = frozenset({NotificationState.created, NotificationState.temporary_failure})
"""A notification in these states is still to be delivered."""

OPEN = WAITING | {NotificationState.sending}
"""A notification in these states is not settled yet."""

DEAD = frozenset({NotificationState.permanent_failure, NotificationState.technical_failure})
"""Dead letters: not tried again unless an administrator replays them."""


def before(state: NotificationState) -> frozenset[NotificationState]:
    """The states from which a step leads to `state`."""
    return frozenset(origin for origin, targets in STEPS.items() if state in targets)
