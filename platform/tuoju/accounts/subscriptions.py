"""Groups' robots and integrators' webhooks that hear of what happens in a region."""

import base64
import secrets
from collections.abc import Sequence
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError
from sqlmodel import Session, col, select

from tuoju.accounts import audit
from tuoju.accounts.errors import SubscriptionNotFound
from tuoju.accounts.models import Subscription
from tuoju.accounts.permissions import Action, Actor, require, visible_regions
from tuoju.database.records import now
from tuoju.database.scopes import Escape, system_scope
from tuoju.regions.queries import get_region
from tuoju_notifications.kinds import Channel, NotificationKind
from tuoju_notifications.models import RecipientType
from tuoju_notifications.outbox import post
from tuoju_notifications.routing import Destination, Recipient
from tuoju_text.inputs import Input


class SubscriberForm(StrEnum):
    """What listens: a group's robot of one of three makes, or an integrator's own address."""

    wecom = "wecom"
    dingtalk = "dingtalk"
    feishu = "feishu"
    webhook = "webhook"


class SubscriptionInput(Input):
    """A subscription as typed. A webhook's secret is made here and shown once; a robot's comes from its maker."""

    region_code: str
    name: str = Field(min_length=1, max_length=60)
    form: SubscriberForm
    url: str = Field(min_length=1, max_length=500)
    secret: str = Field(default="", max_length=200)
    urgent_only: bool = False

    @model_validator(mode="after")
    def _address(self) -> "SubscriptionInput":
        parts = urlsplit(self.url)
        if parts.scheme != "https" or not parts.hostname or parts.fragment:
            raise PydanticCustomError("https_address", "An address begins with https://")
        return self


def add_subscription(session: Session, actor: Actor, inputs: SubscriptionInput) -> tuple[Subscription, str]:
    """Let a group or an integrator hear of a region; with it the secret to be shown once ("" for a robot). Raises
    NotPermitted, SubscriptionNotFound for a region out of scope."""
    require(actor, Action.manage_subscriptions)
    if inputs.region_code not in set(session.exec(visible_regions(session, actor))):
        raise SubscriptionNotFound
    is_webhook = inputs.form is SubscriberForm.webhook
    secret = f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}" if is_webhook else inputs.secret
    prefix, ending = "" if is_webhook else f"{inputs.form.value}+", f"#{secret}" if secret else ""
    row = Subscription(
        region_code=inputs.region_code,
        name=inputs.name,
        channel=Channel.webhook if is_webhook else Channel.robot,
        address=f"{prefix}{inputs.url}{ending}",
        urgent_only=inputs.urgent_only,
        created_by=actor.user_id,
    )
    session.add(row)
    session.flush()
    audit.record(session, actor, "add_subscription", row, scope="accounts", channel=row.channel.value)
    return row, secret if is_webhook else ""


def stop_subscription(session: Session, actor: Actor, subscription_id: int) -> Subscription:
    """Tell it nothing more. Raises NotPermitted, SubscriptionNotFound."""
    row = get_subscription(session, actor, subscription_id)
    if row.stopped_at is None:
        row.stopped_at = now()
        session.flush()
        audit.record(session, actor, "stop_subscription", row, scope="accounts")
    return row


def get_subscription(session: Session, actor: Actor, subscription_id: int) -> Subscription:
    """Raises NotPermitted, SubscriptionNotFound, also out of scope."""
    require(actor, Action.manage_subscriptions)
    query = select(Subscription).where(
        Subscription.id == subscription_id, col(Subscription.region_code).in_(visible_regions(session, actor))
    )
    row = session.exec(query).first()
    if row is None:
        raise SubscriptionNotFound
    return row


def find_subscriptions(session: Session, actor: Actor) -> list[Subscription]:
    """Those of the actor's regions, the living ones first."""
    require(actor, Action.manage_subscriptions)
    query = select(Subscription).where(col(Subscription.region_code).in_(visible_regions(session, actor)))
    return sorted(session.exec(query), key=lambda row: (row.stopped_at is not None, row.pk))


def destinations_of_subscriber(session: Session, subscription_id: int) -> Sequence[Destination]:
    """Its one address, while it is not stopped."""
    row = session.get(Subscription, subscription_id)
    return () if row is None or row.stopped_at is not None else (Destination(row.channel, row.address),)


def notify_subscribers(
    session: Session, region_code: str, kind: NotificationKind, *, key: str, link: str, **parameters: Any
) -> None:
    """Tell every group and integrator whose region holds `region_code`; nothing personal, as in every notification."""
    codes = get_region(session, region_code).path.rstrip("/").split("/")
    query = select(Subscription).where(col(Subscription.region_code).in_(codes), col(Subscription.stopped_at).is_(None))
    with system_scope(session, Escape.outbox):
        subscriptions = list(session.exec(query))
    for row in subscriptions:
        if row.receives(kind.urgency):
            form = RecipientType.integrator if row.channel is Channel.webhook else RecipientType.group
            post(session, kind, recipient=Recipient(form, row.pk), key=key, link=link, **parameters)
