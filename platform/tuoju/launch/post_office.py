"""The post office of this process: its providers, as the settings name them, and its words."""

from collections.abc import Sequence

from sqlmodel import Session

from tuoju.launch.bootstrap import Parts
from tuoju_notifications.channels.base import Provider
from tuoju_notifications.channels.in_app import InApp, Shown
from tuoju_notifications.delivery import Office
from tuoju_notifications.kinds import Channel
from tuoju_notifications.models import Notice
from tuoju_notifications.rendering import Message, Templates


def open_office(parts: Parts) -> Office:
    """What the worker delivers with."""
    templates, address = Templates(), parts.settings.public_address.rstrip("/")

    def render(_session: Session, notice: Notice) -> Message:
        return templates.render(notice, address + notice.link)

    providers: dict[Channel, Sequence[Provider]] = {Channel.in_app: (InApp(),)}
    providers |= dict.fromkeys((Channel.email, Channel.sms), (Shown(),))
    return Office(parts.unit_of_work.write, providers, render)
