"""The contract of all providers: they are given a message with its idempotency key, and return its outcome."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from tuoju_notifications.rendering import Message


@dataclass(frozen=True)
class Envelope:
    """One message to send."""

    message_id: str
    """The same for every attempt, so that a provider can recognise a repeat."""
    address: str
    message: Message
    created_at: datetime
    uncertain: bool = False
    """An earlier attempt by this provider may have succeeded."""


@dataclass(frozen=True)
class Accepted:
    """The provider took the message; `delivered` if it has arrived with that, and no receipt follows."""

    reference: str = ""
    delivered: bool = False


@dataclass(frozen=True)
class Refused:
    """This message can never be sent to this address: trying again is useless."""

    code: str


@dataclass(frozen=True)
class Failed:
    """It may succeed later, not before `retry_after`.

    `uncertain`: the provider may have taken it all the same, so only the same provider may be asked again.
    `provider_down`: the fault is the provider's and not this message's, so other messages are not sent by it for a
    while, for `retry_after` if the provider said how long.
    """

    code: str
    uncertain: bool = False
    provider_down: bool = True
    retry_after: timedelta | None = None


Outcome = Accepted | Refused | Failed


@dataclass(frozen=True)
class Receipt:
    """What a provider reports later of a message it accepted, known by our `message_id` or by its own `reference`."""

    message_id: str
    reference: str
    delivered: bool
    code: str = ""


class Provider(Protocol):
    """Sends the messages of one channel."""

    @property
    def name(self) -> str:
        """Its name among all providers, for circuits and history."""

    def serves(self, address: str) -> bool:
        """Whether the address has a form that it can reach."""

    def send(self, envelope: Envelope) -> Outcome:
        """Send the message within a bounded time. Raises only if it has a defect."""


class ReceiptReader(Protocol):
    """A provider that reports later what became of its messages."""

    def receipts(self, body: bytes) -> Sequence[Receipt]:
        """The receipts in the body of a report. Raises ValueError if it is not a report."""
