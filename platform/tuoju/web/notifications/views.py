"""View objects of the pages of notifications: the inbox, preferences, deliveries and subscriptions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from tuoju.accounts.contact_preferences import ContactPreferencesInput, OwnAddressesInput
from tuoju.accounts.models import Subscription
from tuoju.accounts.subscriptions import SubscriptionInput
from tuoju.web.kit.forms import BlankForm, SubmittedForm
from tuoju.web.kit.views import FilterLink, View
from tuoju.web.notifications.subjects import matter_of
from tuoju.words.formats import china_time
from tuoju.words.languages import gettext as _
from tuoju.words.notifications import sentence, trouble
from tuoju_notifications.kinds import Channel, Urgency
from tuoju_notifications.models import Circuit, Notification, NotificationEvent, RecipientType
from tuoju_notifications.overview import ChannelFigures
from tuoju_notifications.rendering import Message
from tuoju_notifications.status import DEAD, NotificationState

PreferencesForm = BlankForm | SubmittedForm[ContactPreferencesInput]
SubscriptionForm = BlankForm | SubmittedForm[SubscriptionInput]
CHART_WIDTH = 600
_FILLS = {"delivered": "#1d5c4f", "sent": "#7fb0a3", "queued": "#d9a441", "failed": "#a8442a", "called_off": "#9aa3a0"}


@dataclass(frozen=True)
class InboxRow:
    """A notification in the inbox of its recipient."""

    notification_id: int
    text: str
    created_at: datetime
    is_new: bool


@dataclass(frozen=True)
class InboxGroup:
    """The notifications about one matter, latest first."""

    subject: str
    """The person masked, the service, the village and the due day; empty for what is about nobody."""
    rows: Sequence[InboxRow]


@dataclass(frozen=True)
class InboxPage(View):
    """The notifications of the signed-in user by what they are about, latest first."""

    template: ClassVar[str] = "notifications/index.html"
    groups: Sequence[InboxGroup]
    filters: Sequence[FilterLink]
    unread: int
    up_to: int
    """The latest notification on the page."""
    older_url: str


def inbox_page(
    notifications: Sequence[Notification],
    subjects: Mapping[str, str],
    *,
    unread: int,
    only_new: bool,
    older_url: str,
) -> InboxPage:
    """The inbox in the language of the request; `subjects` say what each matter is about."""
    matters: dict[str, list[Notification]] = {}
    for notification in notifications:
        matters.setdefault(matter_of(notification), []).append(notification)
    return InboxPage(
        groups=[InboxGroup(subjects.get(matter, ""), _inbox_rows(rows)) for matter, rows in matters.items()],
        filters=[
            FilterLink(_("All"), "/notifications", not only_new),
            FilterLink(_("New") + f" {unread}", "/notifications?only=new", only_new),
        ],
        unread=unread,
        up_to=max((notification.pk for notification in notifications), default=0),
        older_url=older_url,
    )


def _inbox_rows(notifications: Sequence[Notification]) -> list[InboxRow]:
    return [
        InboxRow(notification.pk, sentence(notification), notification.created_at, notification.read_at is None)
        for notification in notifications
    ]


@dataclass(frozen=True)
class PreferencesPage(View):
    """On which channels a user is notified, and their quiet hours."""

    template: ClassVar[str] = "notifications/preferences/form.html"
    form: PreferencesForm
    waits_for: Sequence[str]
    """The channels whose address is not confirmed yet, as codes."""
    email: str
    mobile: str


@dataclass(frozen=True)
class OwnAddressesPage(View):
    """Where a user is reached outside the application."""

    template: ClassVar[str] = "notifications/preferences/addresses.html"
    form: BlankForm | SubmittedForm[OwnAddressesInput]


@dataclass(frozen=True)
class MessageRow:
    """One message in a list. `trouble` says in words what went wrong last; empty if nothing did."""

    message_id: int
    text: str
    state: NotificationState
    channel: Channel
    created_at: datetime
    attempts: int
    trouble: str


def message_rows(messages: Sequence[Notification]) -> list[MessageRow]:
    """Messages as rows of a list, in the same order."""
    return [
        MessageRow(
            message.pk,
            sentence(message),
            message.state,
            message.channel,
            message.created_at,
            message.attempts,
            trouble(message.last_error) if message.last_error else "",
        )
        for message in messages
    ]


@dataclass(frozen=True)
class BarPart:
    """One coloured part of a bar; `x` and `width` in units of CHART_WIDTH."""

    x: float
    width: float
    fill: str


@dataclass(frozen=True)
class ChannelCard:
    """The deliveries of one channel.

    `total` is the sum of all counts; `bar` shows their shares. The times within which half and 95 of 100 messages
    reached their provider are in seconds with one decimal, empty if there are none. `switch_url` pauses or resumes the
    channel; empty for the inbox, which cannot pause.
    """

    channel: Channel
    total: int
    delivered: int
    sent: int
    queued: int
    failed: int
    called_off: int
    bar: Sequence[BarPart]
    half_within: str
    most_within: str
    oldest_waiting: datetime | None
    paused_at: datetime | None
    switch_url: str

    @property
    def messages_url(self) -> str:
        """The list of the messages of this channel, to which a state can be added."""
        return f"/deliveries/messages?channel={self.channel}"


def channel_card(figures: ChannelFigures) -> ChannelCard:
    """The card of a channel on the overview of deliveries."""
    counts = {name: getattr(figures, name) for name in _FILLS}
    has_times = figures.p50 is not None and figures.channel is not Channel.in_app
    verb = "resume" if figures.paused_at else "pause"
    return ChannelCard(
        channel=figures.channel,
        total=sum(counts.values()),
        **counts,
        bar=_bar(counts),
        half_within=f"{figures.p50:.1f}" if has_times else "",
        most_within=f"{figures.p95:.1f}" if has_times else "",
        oldest_waiting=figures.oldest_waiting,
        paused_at=figures.paused_at,
        switch_url="" if figures.channel is Channel.in_app else f"/deliveries/channels/{figures.channel}/{verb}",
    )


def _bar(counts: Mapping[str, int]) -> list[BarPart]:
    total, x, parts = sum(counts.values()), 0.0, []
    for name, count in counts.items():
        width = CHART_WIDTH * count / total if total else 0.0
        parts.append(BarPart(round(x, 1), round(width, 1), _FILLS[name]))
        x += width
    return parts


@dataclass(frozen=True)
class DeliveriesPage(View):
    """All channels since a moment, the providers left alone, and the messages that did not arrive."""

    template: ClassVar[str] = "notifications/delivery/show.html"
    since: datetime
    channels: Sequence[ChannelCard]
    circuits: Sequence[Circuit]
    dead_letters: Sequence[MessageRow]


@dataclass(frozen=True)
class MessagesPage(View):
    """Messages of all channels, latest first, as searched for and filtered; `older_url` is empty on the last page."""

    template: ClassVar[str] = "notifications/delivery/messages.html"
    q: str
    channel: Channel | None
    state: NotificationState | None
    channel_links: Sequence[FilterLink]
    rows: Sequence[MessageRow]
    older_url: str


@dataclass(frozen=True)
class EventRow:
    """One step of a message: the state it led to, why, and when, by which attempt, provider and administrator."""

    state: NotificationState
    reason: str
    facts: Sequence[str]


def event_row(event: NotificationEvent, people: Mapping[int, str]) -> EventRow:
    """A step of a message; `people` are the names of accounts by id."""
    facts = [
        china_time(event.at),
        _("attempt %(number)s") % {"number": event.attempt} if event.attempt else "",
        event.provider,
        people.get(event.by_id, "") if event.by_id else "",
    ]
    return EventRow(event.state, trouble(event.code) if event.code else "", [fact for fact in facts if fact])


@dataclass(frozen=True)
class MessagePage(View):
    """One message: its steps, where it goes, and its text unless it stays in the application."""

    template: ClassVar[str] = "notifications/delivery/message.html"
    title: str
    state: NotificationState
    events: Sequence[EventRow]
    replay_url: str
    """Empty unless the message failed for good."""
    channel: Channel
    recipient_type: RecipientType
    recipient_id: int
    created_at: datetime
    not_before: datetime | None
    provider_reference: str
    says: Message | None


def message_page(
    message: Notification, events: Sequence[NotificationEvent], people: Mapping[int, str], says: Message | None
) -> MessagePage:
    """The page of a message; its address is left out."""
    return MessagePage(
        title=sentence(message),
        state=message.state,
        events=[event_row(event, people) for event in events],
        replay_url=f"/deliveries/messages/{message.pk}/replay" if message.state in DEAD else "",
        channel=message.channel,
        recipient_type=message.recipient_type,
        recipient_id=message.recipient_id,
        created_at=message.created_at,
        not_before=message.not_before,
        provider_reference=message.provider_reference,
        says=says,
    )


@dataclass(frozen=True)
class SampleRow:
    """What one kind of notification says, with sample data."""

    title: str
    urgency: Urgency
    channels: Sequence[Channel]
    says: Message


@dataclass(frozen=True)
class SamplesPage(View):
    """What every kind of notification says on one channel in one language."""

    template: ClassVar[str] = "notifications/delivery/templates.html"
    links: Sequence[FilterLink]
    samples: Sequence[SampleRow]


@dataclass(frozen=True)
class SubscriptionRow:
    """A group robot or an integrator in the list."""

    subscription_id: int
    name: str
    channel: Channel
    place: str
    urgent_only: bool
    is_stopped: bool
    stop_url: str
    """Empty if it is stopped."""


def subscription_row(subscription: Subscription, places: Mapping[str, str]) -> SubscriptionRow:
    """A subscription in the list; `places` are the names of regions by code."""
    return SubscriptionRow(
        subscription.pk,
        subscription.name,
        subscription.channel,
        places[subscription.region_code],
        subscription.urgent_only,
        subscription.stopped_at is not None,
        "" if subscription.stopped_at else f"/deliveries/subscriptions/{subscription.pk}/stop",
    )


@dataclass(frozen=True)
class SubscriptionsPage(View):
    """Group robots and integrators, and the form for another; `secret` is that of a webhook just made, shown once."""

    template: ClassVar[str] = "notifications/delivery/subscriptions.html"
    rows: Sequence[SubscriptionRow]
    regions: Sequence[tuple[str, str]]
    form: SubscriptionForm
    secret: str


@dataclass(frozen=True)
class SubscriptionPage(View):
    """One subscription, and what was sent to it."""

    template: ClassVar[str] = "notifications/delivery/subscription.html"
    name: str
    channel: Channel
    place: str
    messages: Sequence[MessageRow]
