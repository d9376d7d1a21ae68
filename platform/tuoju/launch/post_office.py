"""The post office of this process: its providers and its words."""

import re

from sqlmodel import Session

from tuoju.launch.bootstrap import Parts
from tuoju.launch.providers import make_providers
from tuoju.referrals.links import address_for
from tuoju_notifications.delivery import Office
from tuoju_notifications.models import Notice, RecipientType
from tuoju_notifications.rendering import Message, Templates


def open_office(parts: Parts) -> Office:
    """What the worker delivers with."""
    templates, address = Templates(), parts.settings.public_address.rstrip("/")

    def render(session: Session, notice: Notice) -> Message:
        return templates.render(notice, address + _path(session, notice))

    return Office(parts.unit_of_work.write, make_providers(parts.settings), render)


def _path(session: Session, notice: Notice) -> str:
    """Where a message leads: an organization's contact has no account, so for it the referral's link is put in now."""
    referral = re.fullmatch(r"/referrals/(\d+)(#\w+)?", notice.link)
    if notice.recipient_type is RecipientType.organization and referral:
        return address_for(session, int(referral[1]))
    return notice.link
