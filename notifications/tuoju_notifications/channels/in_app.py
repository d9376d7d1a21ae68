"""Channels that end within the application."""

from dataclasses import dataclass

from tuoju_notifications.channels.base import Accepted, Envelope, Outcome


@dataclass(frozen=True)
class InApp:
    """The inbox of an account: being committed is being delivered."""

    name: str = "in_app"

    def serves(self, address: str) -> bool:
        return True

    def send(self, envelope: Envelope) -> Outcome:
        return Accepted(delivered=True)


@dataclass(frozen=True)
class Shown:
    """The demo's e-mails and SMS: nothing leaves the machine, the application shows what would have been sent."""

    name: str = "shown"

    def serves(self, address: str) -> bool:
        return True

    def send(self, envelope: Envelope) -> Outcome:
        return Accepted(reference=envelope.message_id, delivered=True)
