"""What an administrator does: replay a dead letter, pause and resume a channel."""

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

    A message that was refused is sent as a new one. One whose outcome is uncertain keeps its key and its provider, so
    that the provider can recognise it.
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
    """Send nothing more on a channel; notifications wait. Raises ChannelCannotPause."""
    if channel is Channel.in_app:
        raise ChannelCannotPause
    if session.get(PausedChannel, channel) is None:
        session.add(PausedChannel(channel=channel, paused_by=by_id))
        session.flush()


def resume_channel(session: Session, channel: Channel) -> None:
    """Send on a channel again; the sweep hands over what waited."""
    paused = session.get(PausedChannel, channel)
    if paused is not None:
        session.delete(paused)
        session.flush()
