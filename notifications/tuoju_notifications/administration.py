"""What an administrator does: replay a dead letter, stop a channel and let it go on."""

from uuid import uuid4

from sqlmodel import Session

from tuoju_notifications.kinds import Channel
from tuoju_notifications.models import Notification, PausedChannel, now
from tuoju_notifications.outbox import hand_over
from tuoju_notifications.status import NotificationState
from tuoju_notifications.transitions import step


class NotDead(Exception):
    """Only a notification that failed for good can be replayed."""


class ChannelCannotPause(Exception):
    """The inbox needs no provider: there is nothing to pause."""


def replay(session: Session, notification: Notification, *, by_id: int) -> None:
    """Send a dead letter again. Raises NotDead.

    A message that was refused goes out as a new one; one whose fate is not known keeps its key and its provider, so
    that it can still be recognised.
    """
    refused = notification.state is NotificationState.permanent_failure
    values = {"message_id": uuid4().hex} if refused else {}
    if refused or notification.last_error in ("no_provider", "template"):
        values["provider"] = ""
    moment = now()
    times = {"next_attempt_at": moment, "hand_over_at": moment}
    done = step(
        session,
        notification.pk,
        NotificationState.created,
        code="replayed",
        by_id=by_id,
        attempts=0,
        handovers=0,
        last_error="",
        **values,
        **times,
    )
    if not done:
        raise NotDead
    session.refresh(notification)
    hand_over(session, notification)


def pause_channel(session: Session, channel: Channel, *, by_id: int) -> None:
    """Let nothing leave by a channel; what is posted meanwhile waits. Raises ChannelCannotPause."""
    if channel is Channel.in_app:
        raise ChannelCannotPause
    if session.get(PausedChannel, channel) is None:
        session.add(PausedChannel(channel=channel, paused_by=by_id))
        session.flush()


def resume_channel(session: Session, channel: Channel) -> None:
    """Let a channel go on; the sweep hands over what waited."""
    paused = session.get(PausedChannel, channel)
    if paused is not None:
        session.delete(paused)
        session.flush()
