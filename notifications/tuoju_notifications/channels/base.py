"""What every provider of a channel keeps to: it is given a message with its key, and says what became of it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from tuoju_notifications.rendering import Message


@dataclass(frozen=True)
class Envelope:
    """One message on its way. Every attempt bears the same `message_id`, so that a provider can tell it has it
    already; `uncertain` says that an earlier attempt by this provider may have gone through."""

    message_id: str
    address: str
    message: Message
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
    """It may go later. `uncertain` where the provider may have taken it all the same: then only the same provider
    is asked again. `provider_down` counts against the provider; `retry_after` is what a throttling one asked for."""

    code: str
    uncertain: bool = False
    provider_down: bool = True
    retry_after: timedelta | None = None


Outcome = Accepted | Refused | Failed


class Provider(Protocol):
    """One way out for one channel."""

    @property
    def name(self) -> str:
        """Its name among all providers, for circuits and history."""

    def send(self, envelope: Envelope) -> Outcome:
        """Hand the message over, within a bounded time. Raises nothing that is not a defect."""
