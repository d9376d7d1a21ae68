"""Providers that send nothing outside of the application."""

from dataclasses import dataclass

from tuoju_notifications.channels.base import Accepted, Envelope, Outcome


@dataclass(frozen=True)
class InApp:
    """The inbox of an account: a committed notification is delivered."""

    name: str = "in_app"

    def serves(self, address: str) -> bool:
        return True

    def send(self, envelope: Envelope) -> Outcome:
        return Accepted(delivered=True)


@dataclass(frozen=True)
class Shown:
    """E-mails and SMS of the demo: nothing is sent, the application shows what would have been."""

    name: str = "shown"

    def serves(self, address: str) -> bool:
        return True

    def send(self, envelope: Envelope) -> Outcome:
        return Accepted(reference=envelope.message_id, delivered=True)
