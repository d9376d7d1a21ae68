"""States of a notice and their lawful steps (after GOV.UK Notify)."""

from enum import StrEnum


class NoticeState(StrEnum):
    created = "created"
    sending = "sending"
    sent = "sent"
    delivered = "delivered"
    temporary_failure = "temporary_failure"
    permanent_failure = "permanent_failure"
    technical_failure = "technical_failure"


WAITING = frozenset({NoticeState.created, NoticeState.temporary_failure})
"""A notice in these states is still to be delivered."""
