"""The running counts always equal a recount of the history."""

from collections import Counter

from sqlmodel import select

from factories.databases import UnitOfWork
from factories.notifications import post_one, routed_to
from tuoju_notifications.channels.base import Accepted, Envelope, Failed, Outcome, Refused
from tuoju_notifications.delivery import DeliveryContext, deliver
from tuoju_notifications.kinds import Channel
from tuoju_notifications.models import Notification, NotificationEvent, Tally
from tuoju_notifications.rendering import Templates
from tuoju_notifications.routing import Destination
from tuoju_notifications.status import NotificationState
from tuoju_notifications.tallies import BEYOND, BUCKETS, bucket_of


class Fickle:
    """A provider that takes, refuses and fails in turn."""

    name = "fickle"

    def __init__(self) -> None:
        self.asked = 0

    def serves(self, address: str) -> bool:
        return True

    def send(self, envelope: Envelope) -> Outcome:
        self.asked += 1
        return (Accepted(), Accepted(delivered=True), Refused("no"), Failed("busy", provider_down=False))[
            self.asked % 4
        ]


def test_counts_equal_a_recount(unit_of_work: UnitOfWork) -> None:
    templates, fickle = Templates(), Fickle()
    context = DeliveryContext(
        unit_of_work.write, {Channel.sms: (fickle,)}, lambda _s, n: templates.render(n, "https://x")
    )
    with (
        routed_to(Destination(Channel.in_app), Destination(Channel.sms, "13800001234")),
        unit_of_work.write() as session,
    ):
        ids = [item.pk for number in range(13) for item in post_one(session, f"k{number}")]
    for notification_id in ids:
        deliver(context, notification_id)
    with unit_of_work.read() as session:
        history = Counter(
            (notification.channel, event.state)
            for event, notification in session.exec(
                select(NotificationEvent, Notification).where(NotificationEvent.notification_id == Notification.id)
            )
            if event.state not in (NotificationState.created, NotificationState.sending)
        )
        tallies: Counter[tuple[Channel, NotificationState]] = Counter()
        waits = 0
        for tally in session.exec(select(Tally)):
            tallies[(tally.channel, tally.state)] += tally.steps
            waits += tally.steps if tally.bucket >= 0 else 0
    assert tallies == history
    assert waits == history[(Channel.sms, NotificationState.sent)] + history[(Channel.sms, NotificationState.delivered)]


def test_every_wait_has_its_bucket() -> None:
    assert [bucket_of(bound) for bound in BUCKETS] == list(range(len(BUCKETS)))
    assert bucket_of(10**9) == BEYOND
