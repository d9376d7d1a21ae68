"""Prometheus and SMS gateways use tokens of their own, and get nothing personal."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from factories.databases import UnitOfWork
from factories.notifications import post_one, routed_to
from tuoju.web.app import create_app
from tuoju.web.kit.settings import ReceiptGate, WebSettings
from tuoju_notifications.channels.base import Accepted, Envelope, Outcome
from tuoju_notifications.channels.sms import JsonGateway
from tuoju_notifications.delivery import DeliveryContext, deliver
from tuoju_notifications.kinds import Channel
from tuoju_notifications.models import Notification
from tuoju_notifications.rendering import Templates
from tuoju_notifications.routing import Destination
from tuoju_notifications.status import NotificationState

NUMBER = "13800001234"
SETTINGS = WebSettings(
    secret_key="k" * 32,
    secure_cookies=False,
    metrics_token="metrics",
    receipt_gates={"sms": ReceiptGate("receipts", JsonGateway("https://sms.example", "t"))},
)


class Taking:
    """A gateway that takes everything."""

    name = "sms"

    def serves(self, address: str) -> bool:
        return True

    def send(self, envelope: Envelope) -> Outcome:
        return Accepted(reference="theirs-1")


@pytest.fixture
def sent(unit_of_work: UnitOfWork) -> int:
    """An SMS that its gateway has taken."""
    with routed_to(Destination(Channel.sms, NUMBER)), unit_of_work.write() as session:
        [notification] = post_one(session)
    templates = Templates()
    deliver(
        DeliveryContext(unit_of_work.write, {Channel.sms: (Taking(),)}, lambda _s, n: templates.render(n, "https://x")),
        notification.pk,
    )
    return notification.pk


@pytest.fixture
def client(unit_of_work: UnitOfWork) -> Iterator[TestClient]:
    with TestClient(create_app(unit_of_work, SETTINGS)) as client:
        yield client


class TestMetrics:
    def test_the_token_opens_the_counts(self, client: TestClient, sent: int) -> None:
        text = client.get("/metrics", headers={"Authorization": "Bearer metrics"}).text
        assert 'tuoju_notification_steps_total{channel="sms",state="sent"} 1.0' in text
        assert 'tuoju_notifications_open{channel="sms",queue="urgent"} 0.0' in text
        assert 'tuoju_notification_wait_seconds_count{channel="sms"} 1.0' in text
        assert NUMBER not in text

    @pytest.mark.parametrize("header", ["", "Bearer wrong", "Bearer ", "Basic metrics"])
    def test_without_the_token_they_do_not_exist(self, client: TestClient, header: str) -> None:
        assert client.get("/metrics", headers={"Authorization": header}).status_code == 404

    def test_an_empty_token_opens_nothing_if_none_is_set(self, unit_of_work: UnitOfWork) -> None:
        with TestClient(create_app(unit_of_work, replace(SETTINGS, metrics_token=""))) as client:
            assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


class TestReceipts:
    @pytest.mark.parametrize(
        "by", [{"headers": {"Authorization": "Bearer receipts"}}, {"params": {"token": "receipts"}}]
    )
    def test_a_receipt_settles_its_message(
        self, client: TestClient, sent: int, unit_of_work: UnitOfWork, by: dict[str, dict[str, str]]
    ) -> None:
        answer = client.post("/receipts/sms", json={"id": "theirs-1", "status": "delivered"}, **by)  # type: ignore[arg-type]
        assert answer.json()["code"] == 0
        with unit_of_work.read() as session:
            assert session.get_one(Notification, sent).state is NotificationState.delivered

    def test_a_receipt_needs_the_token_of_a_known_gateway(self, client: TestClient, sent: int) -> None:
        body = {"id": "theirs-1", "status": "delivered"}
        assert client.post("/receipts/sms", json=body).status_code == 404
        assert client.post("/receipts/other?token=receipts", json=body).status_code == 404

    def test_a_body_that_is_no_receipt_is_rejected(self, client: TestClient) -> None:
        assert client.post("/receipts/sms?token=receipts", content=b"[1]").status_code == 400
        assert client.post("/receipts/sms?token=receipts", content=b"x" * 1_200_000).status_code == 413
