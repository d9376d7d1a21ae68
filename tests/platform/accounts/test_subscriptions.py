"""Groups and integrators hear of their region, and of no other."""

import pytest
from pydantic import ValidationError
from sqlmodel import Session, col, select

from factories.accounts import CITY, COUNTY, VILLAGE, make_actor
from factories.notifications import routed_to
from factories.referrals import make_scene
from tuoju.accounts.errors import NotPermitted, SubscriptionNotFound
from tuoju.accounts.models import Role
from tuoju.accounts.permissions import Actor
from tuoju.accounts.subscriptions import (
    SubscriptionInput,
    add_subscription,
    destinations_of_subscriber,
    get_subscription,
    notify_subscribers,
    stop_subscription,
)
from tuoju.referrals.service import step
from tuoju.referrals.status import ReferralVerb
from tuoju_notifications.kinds import Channel, NotificationKind
from tuoju_notifications.models import Notification, RecipientType
from tuoju_notifications.routing import Destination

ELSEWHERE = "341125000000"


@pytest.fixture
def admin(session: Session) -> Actor:
    return make_actor(session, role=Role.administrator, region_code=CITY)


def robot(**values: object) -> SubscriptionInput:
    results = {
        "region_code": COUNTY,
        "name": "全椒救助群",
        "form": "wecom",
        "url": "https://qyapi.weixin.qq.com/x?key=1",
    }
    return SubscriptionInput.model_validate(results | values)


def tell(session: Session, region_code: str, kind: NotificationKind = NotificationKind.gap_found) -> list[Notification]:
    with routed_to(Destination(Channel.robot, "wecom+https://example.test")):
        notify_subscribers(session, region_code, kind, key=f"gap:{region_code}", link="/needs/1", number="1")
    return list(session.exec(select(Notification)))


class TestAdd:
    def test_a_robots_address_holds_make_and_secret(self, session: Session, admin: Actor) -> None:
        row, shown = add_subscription(session, admin, robot(form="feishu", secret="s"))
        assert (row.address, shown) == ("feishu+https://qyapi.weixin.qq.com/x?key=1#s", "")

    def test_a_webhook_gets_a_secret_that_is_shown_once(self, session: Session, admin: Actor) -> None:
        row, shown = add_subscription(session, admin, robot(form="webhook", url="https://example.test/in"))
        assert shown.startswith("whsec_")
        assert (row.channel, row.address) == (Channel.webhook, f"https://example.test/in#{shown}")

    def test_only_of_ones_own_region(self, session: Session) -> None:
        county = make_actor(session, role=Role.administrator, region_code=COUNTY)
        with pytest.raises(SubscriptionNotFound):
            add_subscription(session, county, robot(region_code=ELSEWHERE))

    def test_by_an_administrator(self, session: Session) -> None:
        with pytest.raises(NotPermitted):
            add_subscription(session, make_actor(session, role=Role.program_manager), robot())

    @pytest.mark.parametrize("url", ["http://example.test", "example.test", "https://example.test/#x"])
    def test_an_address_is_https(self, url: str) -> None:
        with pytest.raises(ValidationError):
            robot(url=url)


class TestTell:
    def test_of_what_happens_within_its_region(self, session: Session, admin: Actor) -> None:
        row, _ = add_subscription(session, admin, robot())
        [notification] = tell(session, VILLAGE)
        assert (notification.recipient_type, notification.recipient_id) == (RecipientType.group, row.pk)

    def test_of_nothing_elsewhere(self, session: Session, admin: Actor) -> None:
        add_subscription(session, admin, robot(region_code=ELSEWHERE))
        assert tell(session, VILLAGE) == []

    def test_only_what_is_urgent_if_it_wants_no_more(self, session: Session, admin: Actor) -> None:
        add_subscription(session, admin, robot(urgent_only=True))
        assert tell(session, VILLAGE) == []
        assert len(tell(session, VILLAGE, NotificationKind.override_to_review)) == 1

    def test_of_nothing_once_stopped(self, session: Session, admin: Actor) -> None:
        row, _ = add_subscription(session, admin, robot())
        stop_subscription(session, admin, row.pk)
        assert tell(session, VILLAGE) == []
        assert destinations_of_subscriber(session, row.pk) == ()

    def test_another_county_does_not_find_it(self, session: Session, admin: Actor) -> None:
        row, _ = add_subscription(session, admin, robot())
        other = make_actor(session, role=Role.administrator, region_code=ELSEWHERE)
        with pytest.raises(SubscriptionNotFound):
            get_subscription(session, other, row.pk)


def test_an_integrator_hears_each_step_of_a_referral_of_its_area(session: Session, admin: Actor) -> None:
    add_subscription(session, admin, robot(form="webhook", url="https://example.test/in"))
    scene = make_scene(session)
    with routed_to(Destination(Channel.webhook, "https://example.test/in#whsec_x")):
        step(session, scene.charity, scene.send(session), ReferralVerb.accept)
    order = (
        select(Notification.kind)
        .where(Notification.recipient_type == RecipientType.integrator)
        .order_by(col(Notification.id))
    )
    assert list(session.exec(order)) == [NotificationKind.referral_received, NotificationKind.referral_accepted]
