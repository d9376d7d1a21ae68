"""What every provider of a channel keeps to: it is given a message with its key, and says what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from tuoju_notifications.rendering import Message


@dataclass(frozen=True)
class Envelope:
    """One message on its way. Every attempt bears the same `message_id`, so that a provider can tell it has it
    already; `uncertain` says that an earlier attempt by this provider may have gone through."""

    message_id: str
    address: str
    message: Message
    created_at: datetime
    uncertain: bool = False


@dataclass(frozen=True)
class Accepted:
    """The provider has it; `delivered` where being accepted is being there and no receipt follows."""

    reference: str = ""
    delivered: bool = False


@dataclass(frozen=True)
class Refused:
    """This message will never go to this address: trying again is no use."""

    code: str


@dataclass(frozen=True)
class Failed:
    """It may go later, and not before `retry_after`. `uncertain` where the provider may have taken it all the same:
    then only the same provider is asked again. `provider_down` where it is the provider's trouble and not this
    message's: others are spared it, for `retry_after` where the provider said how long."""

    code: str
    uncertain: bool = False
    provider_down: bool = True
    retry_after: timedelta | None = None


Outcome = Accepted | Refused | Failed


@dataclass(frozen=True)
class Receipt:
    """What a provider says later of a message it took, known by our `message_id` or by its own `reference`."""

    message_id: str
    reference: str
    delivered: bool
    code: str = ""


class Provider(Protocol):
    """One way out for one channel."""

    @property
    def name(self) -> str:
        """Its name among all providers, for circuits and history."""

    def serves(self, address: str) -> bool:
        """Whether an address is of the form it can reach."""

    def send(self, envelope: Envelope) -> Outcome:
        """Hand the message over, within a bounded time. Raises nothing that is not a defect."""


class ReceiptReader(Protocol):
    """A provider that reports later what became of its messages."""

    def receipts(self, body: bytes) -> Sequence[Receipt]:
        """What the body of a report says. Raises ValueError if it is none."""
