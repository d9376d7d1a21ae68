"""The words of one kind of notification in one language."""

from dataclasses import dataclass


@dataclass(frozen=True)
class KindWords:
    """Jinja text, filled with the parameters of a notification; in `sms` and `email` also with its `link`.

    A message that leaves the application is the headline, the number and the next step in the layout of its channel.
    `sms` and `email` replace that where a kind has more to say.
    """

    in_app: str
    """The line in the list of notifications."""
    headline: str
    """What happened, without a full stop."""
    next_step: str = ""
    """What the recipient can do now, as a sentence; empty if there is nothing to add."""
    sms: str = ""
    """The whole SMS without its signature."""
    email: str = ""
    """The whole e-mail: its subject, a blank line, its text. Such an e-mail has no HTML part."""
