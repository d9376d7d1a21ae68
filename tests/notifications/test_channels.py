"""What every provider of every channel keeps to, each against a real server on this machine."""

import logging
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from benchmarks.receivers import HOOK_SECRET, ROBOT_SECRET, TOKEN, Mood, Receivers

from tuoju_notifications.channels.aliyun import Aliyun, authorization, canonical_query
from tuoju_notifications.channels.base import Accepted, Envelope, Failed, Provider, Refused
from tuoju_notifications.channels.http import AddressNotAllowed, public_address
from tuoju_notifications.channels.in_app import InApp, Shown
from tuoju_notifications.channels.robots import DingTalk, Feishu, WeCom
from tuoju_notifications.channels.sms import JsonGateway
from tuoju_notifications.channels.smtp import MailServer, Smtp
from tuoju_notifications.channels.webhooks import SignedWebhook
from tuoju_notifications.rendering import Message

MESSAGE = Message(
    subject="有一份转介等您答复：R-1",
    text="点这里：https://tuoju.example/r/1",
    html="<p>R-1" + "一二三四五六七八九十" * 60 + "</p>",
    link="https://tuoju.example/r/1",
    kind="referral_received",
    values={"number": "R-1", "link": "https://tuoju.example/r/1"},
)
PERSON = "13800001234"


@dataclass(frozen=True)
class Stand:
    """One provider, as it meets its server."""

    box: str
    provider: Callable[[str, int], Provider]
    address: Callable[[str], str]
    knows_repeats: bool = True
    shared: bool = True
    """Whether its trouble is everybody's: not so where each address is a server of its own."""

    def __repr__(self) -> str:
        return self.box


STANDS = [
    Stand(
        "mail",
        lambda _web, port: Smtp(MailServer("127.0.0.1", port), "托举 <post@tuoju.example>"),
        lambda _web: "a@b.test",
    ),
    Stand("sms", lambda web, _port: JsonGateway(f"{web}/sms", TOKEN), lambda _web: PERSON),
    Stand(
        "aliyun",
        lambda web, _port: Aliyun("key", "secret", sign_name="托举", templates={"_any": "SMS_1"}, url=f"{web}/aliyun/"),
        lambda _web: PERSON,
    ),
    Stand(
        "wecom",
        lambda _web, _port: WeCom(allow_private=True),
        lambda web: f"wecom+{web}/wecom?key=k",
        knows_repeats=False,
    ),
    Stand(
        "dingtalk",
        lambda _web, _port: DingTalk(allow_private=True),
        lambda web: f"dingtalk+{web}/dingtalk?access_token=t#{ROBOT_SECRET}",
        knows_repeats=False,
    ),
    Stand(
        "feishu",
        lambda _web, _port: Feishu(allow_private=True),
        lambda web: f"feishu+{web}/feishu/hook#{ROBOT_SECRET}",
        knows_repeats=False,
    ),
    Stand(
        "hook",
        lambda _web, _port: SignedWebhook(allow_private=True),
        lambda web: f"{web}/hook#{HOOK_SECRET}",
        shared=False,
    ),
]


@pytest.fixture(scope="module")
def servers() -> Iterator[Receivers]:
    receivers = Receivers().start()
    yield receivers
    receivers.stop()


@pytest.fixture
def receivers(servers: Receivers) -> Iterator[Receivers]:
    yield servers
    for box in servers.boxes.values():
        box.mood = Mood.well
        box.arrived.clear()
        box.texts.clear()
        box.handed_over.clear()


@pytest.mark.parametrize("stand", STANDS, ids=repr)
class TestContract:
    """After `channels/base.py`."""

    @staticmethod
    def meet(stand: Stand, receivers: Receivers) -> tuple[Provider, Envelope]:
        provider = stand.provider(receivers.web, receivers.mail_port)
        return provider, Envelope("0" * 31 + "1", stand.address(receivers.web), MESSAGE, datetime.now(UTC))

    def test_a_message_arrives_with_its_number(self, stand: Stand, receivers: Receivers) -> None:
        provider, envelope = self.meet(stand, receivers)
        assert provider.serves(envelope.address)
        assert isinstance(provider.send(envelope), Accepted)
        [text] = receivers.boxes[stand.box].texts.values()
        assert "R-1" in text or "r/1" in text

    def test_two_messages_are_two(self, stand: Stand, receivers: Receivers) -> None:
        provider, envelope = self.meet(stand, receivers)
        provider.send(envelope)
        provider.send(replace(envelope, message_id="0" * 31 + "2"))
        assert len(receivers.boxes[stand.box].arrived) == 2

    def test_an_answer_that_is_lost_is_uncertain_and_asking_again_is_safe(
        self, stand: Stand, receivers: Receivers
    ) -> None:
        provider, envelope = self.meet(stand, receivers)
        box = receivers.boxes[stand.box]
        box.mood = Mood.swallow
        first = provider.send(envelope)
        assert isinstance(first, Failed)
        assert first.uncertain
        assert isinstance(provider.send(replace(envelope, uncertain=True)), Accepted)
        assert len(box.arrived) == (1 if stand.knows_repeats else 2)

    def test_a_refusal_is_final(self, stand: Stand, receivers: Receivers) -> None:
        provider, envelope = self.meet(stand, receivers)
        receivers.boxes[stand.box].mood = Mood.refuse
        assert isinstance(provider.send(envelope), Refused)

    def test_a_throttling_server_is_asked_later(self, stand: Stand, receivers: Receivers) -> None:
        provider, envelope = self.meet(stand, receivers)
        receivers.boxes[stand.box].mood = Mood.throttle
        outcome = provider.send(envelope)
        assert isinstance(outcome, Failed)
        assert not outcome.uncertain
        if stand.box in ("sms", "hook"):
            assert outcome.retry_after == timedelta(seconds=7)
        receivers.boxes[stand.box].mood = Mood.well
        assert isinstance(provider.send(envelope), Accepted)

    def test_a_failing_server_counts_against_itself_alone(self, stand: Stand, receivers: Receivers) -> None:
        provider, envelope = self.meet(stand, receivers)
        receivers.boxes[stand.box].mood = Mood.fail
        outcome = provider.send(envelope)
        assert isinstance(outcome, Failed)
        assert not outcome.uncertain
        assert outcome.provider_down is stand.shared

    def test_nobody_listening_is_no_doubt(self, stand: Stand, receivers: Receivers) -> None:
        provider = stand.provider("http://127.0.0.1:1", 1)
        outcome = provider.send(self.meet(stand, receivers)[1])
        if stand.box not in ("wecom", "dingtalk", "feishu", "hook"):
            assert isinstance(outcome, Failed)
            assert not outcome.uncertain
            assert outcome.provider_down

    def test_its_secrets_are_not_told(
        self, stand: Stand, receivers: Receivers, caplog: pytest.LogCaptureFixture
    ) -> None:
        provider, envelope = self.meet(stand, receivers)
        with caplog.at_level(logging.INFO):
            outcome = provider.send(envelope)
        messages = f"{provider!r} {outcome!r} {caplog.text}"
        assert [item for item in (TOKEN, ROBOT_SECRET, HOOK_SECRET, PERSON, "a@b.test") if item in messages] == []

    def test_serves_only_its_own_addresses(self, stand: Stand, receivers: Receivers) -> None:
        provider = stand.provider(receivers.web, receivers.mail_port)
        others = {other.address(receivers.web) for other in STANDS} - {stand.address(receivers.web)}
        assert [item for item in others if provider.serves(item)] == []


def test_every_provider_has_a_name_of_its_own(receivers: Receivers) -> None:
    names = [stand.provider(receivers.web, receivers.mail_port).name for stand in STANDS]
    names += [InApp().name, Shown().name]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("provider", [InApp(), Shown()], ids=lambda item: item.name)
def test_what_ends_within_the_application_is_delivered_at_once(provider: Provider) -> None:
    outcome = provider.send(Envelope("1", "", MESSAGE, datetime.now(UTC)))
    assert isinstance(outcome, Accepted)
    assert outcome.delivered


class TestSmtp:
    def test_a_conversation_the_server_has_ended_is_begun_again(self, receivers: Receivers) -> None:
        provider = Smtp(MailServer("127.0.0.1", receivers.mail_port), "post@tuoju.example")
        envelope = Envelope("1", "a@b.test", MESSAGE, datetime.now(UTC))
        receivers.boxes["mail"].mood = Mood.fail
        assert isinstance(provider.send(envelope), Failed)
        receivers.boxes["mail"].mood = Mood.well
        assert isinstance(provider.send(envelope), Accepted)

    def test_a_line_that_broke_between_two_messages_is_no_failure(self, receivers: Receivers) -> None:
        provider = Smtp(MailServer("127.0.0.1", receivers.mail_port), "post@tuoju.example")
        envelope = Envelope("1", "a@b.test", MESSAGE, datetime.now(UTC))
        assert isinstance(provider.send(envelope), Accepted)
        provider._kept.connection.sock.shutdown(socket.SHUT_RDWR)
        assert isinstance(provider.send(replace(envelope, message_id="2")), Accepted)
        assert set(receivers.boxes["mail"].handed_over.values()) == {1}

    def test_many_messages_are_one_conversation(self, receivers: Receivers) -> None:
        provider = Smtp(MailServer("127.0.0.1", receivers.mail_port), "post@tuoju.example")
        envelope = Envelope("1", "a@b.test", MESSAGE, datetime.now(UTC))
        conversations = set()
        for number in range(3):
            assert isinstance(provider.send(replace(envelope, message_id=str(number))), Accepted)
            conversations.add(provider._kept.connection)
        assert len(conversations) == 1

    @pytest.mark.parametrize("address", ["a@b.test\r\nRCPT TO:<x@y.test>", "a b@c.test", "张@b.test"])
    def test_an_address_can_not_carry_a_command(self, receivers: Receivers, address: str) -> None:
        provider = Smtp(MailServer("127.0.0.1", receivers.mail_port), "post@tuoju.example")
        assert isinstance(provider.send(Envelope("1", address, MESSAGE, datetime.now(UTC))), Refused)
        assert receivers.boxes["mail"].arrived == {}


def test_aliyun_signs_as_its_published_example() -> None:
    """https://www.alibabacloud.com/help/en/sdk/product-overview/v3-request-structure-and-signature"""
    query = {"ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd", "RegionId": "cn-shanghai"}
    headers = {
        "host": "ecs.cn-shanghai.aliyuncs.com",
        "x-acs-action": "RunInstances",
        "x-acs-content-sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "x-acs-date": "2023-10-26T10:22:32Z",
        "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
        "x-acs-version": "2014-05-26",
    }
    signed = authorization("YourAccessKeyId", "YourAccessKeySecret", canonical_query(query), headers)
    assert signed.endswith("Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0")


class TestHooksStayOutside:
    """Whoever may write an address must not reach what is inside."""

    @pytest.mark.parametrize(
        "host",
        [
            "127.0.0.1",
            "localhost",
            "10.1.2.3",
            "192.168.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",  # noqa: S104
            "::1",
            "::ffff:127.0.0.1",
            "2002:7f00:1::",
            "fe80::1",
            "fc00::1",
            "224.0.0.1",
            "2130706433",
            "0x7f.1",
        ],
    )
    def test_no_address_inside_is_asked(self, host: str) -> None:
        with pytest.raises(AddressNotAllowed):
            public_address(host, 443)

    @pytest.mark.parametrize(
        "stand", [item for item in STANDS if item.box in ("wecom", "dingtalk", "feishu", "hook")], ids=repr
    )
    def test_a_provider_asks_none(self, stand: Stand, receivers: Receivers) -> None:
        provider: Provider = {"wecom": WeCom, "dingtalk": DingTalk, "feishu": Feishu, "hook": SignedWebhook}[
            stand.box
        ]()
        outcome = provider.send(Envelope("1", stand.address(receivers.web), MESSAGE, datetime.now(UTC)))
        assert outcome == Refused("address_not_allowed")
        assert receivers.boxes[stand.box].arrived == {}

    def test_a_public_address_is_asked(self) -> None:
        assert public_address("1.1.1.1", 443) == "1.1.1.1"
