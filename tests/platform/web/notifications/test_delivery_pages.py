"""The pages of deliveries: for administrators only, without addresses, with a way to send again."""

import pytest
from sqlmodel import select

from factories.accounts import CITY, COUNTY
from factories.databases import UnitOfWork
from factories.notifications import mail_to, post_one
from factories.pages import Visitor, counted
from tuoju.accounts.models import AuditEntry, ContactPreferences, Role, Subscription
from tuoju_notifications.kinds import Channel, NotificationKind
from tuoju_notifications.models import Notification, PausedChannel
from tuoju_notifications.outbox import call_off
from tuoju_notifications.routing import user
from tuoju_notifications.status import NotificationState
from tuoju_notifications.transitions import step

PAGES = ("/deliveries", "/deliveries/messages", "/deliveries/templates", "/deliveries/subscriptions")

FORM = {"region_code": COUNTY, "name": "全椒救助群", "form": "wecom", "url": "https://qyapi.weixin.qq.com/x?key=1"}


@pytest.fixture
def admin(unit_of_work: UnitOfWork) -> Visitor:
    return Visitor(unit_of_work, role=Role.administrator, region_code=CITY)


def dead_letter(unit_of_work: UnitOfWork) -> int:
    with unit_of_work.write() as session, mail_to("someone@example.test"):
        [notification] = post_one(session)
        step(
            session, notification.pk, NotificationState.technical_failure, code="no_provider", last_error="no_provider"
        )
        return notification.pk


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("role", [Role.social_worker, Role.township_officer, Role.program_manager])
def test_only_administrators_see_deliveries(unit_of_work: UnitOfWork, path: str, role: Role) -> None:
    assert Visitor(unit_of_work, role=role).get(path).status_code == 403


class TestMessages:
    def test_a_dead_letter_is_shown_and_sent_again_once(self, unit_of_work: UnitOfWork, admin: Visitor) -> None:
        notification_id = dead_letter(unit_of_work)
        page = admin.get("/deliveries")
        assert f"/deliveries/messages/{notification_id}" in page.text
        assert "没有设置发送服务" in page.text
        assert "已重新发出" in admin.post(f"/deliveries/messages/{notification_id}/replay").text
        assert "已经在发送了" in admin.post(f"/deliveries/messages/{notification_id}/replay").text
        with unit_of_work.read() as session:
            assert session.get_one(Notification, notification_id).state is NotificationState.created
            replays = session.exec(select(AuditEntry).where(AuditEntry.action == "replay_notification")).all()
            assert len(replays) == 1

    def test_a_message_shows_its_history_but_not_its_address(self, unit_of_work: UnitOfWork, admin: Visitor) -> None:
        notification_id = dead_letter(unit_of_work)
        page = admin.get(f"/deliveries/messages/{notification_id}").text
        for words in ("已写好", "已放弃", "有一份转介等您答复", "R-1"):
            assert words in page
        assert "someone@example.test" not in page

    def test_a_message_that_was_called_off_says_why_and_cannot_be_sent_again(
        self, unit_of_work: UnitOfWork, admin: Visitor
    ) -> None:
        notification_id = dead_letter(unit_of_work)
        with unit_of_work.write() as session:
            call_off(session, user(1), {NotificationKind.referral_received}, code="consent_withdrawn")
        page = admin.get(f"/deliveries/messages/{notification_id}").text
        assert "已撤销" in page
        assert "服务对象已撤回同意" in page
        assert "/replay" not in page
        shown = admin.get("/deliveries").text
        assert "1条已撤销" in shown
        assert f"/deliveries/messages/{notification_id}" not in shown
        assert f"/deliveries/messages/{notification_id}" in admin.get("/deliveries/messages?state=called_off").text

    def test_a_message_is_found_by_the_number_of_its_referral(self, unit_of_work: UnitOfWork, admin: Visitor) -> None:
        notification_id = dead_letter(unit_of_work)
        assert f"/deliveries/messages/{notification_id}" in admin.get("/deliveries/messages?q=R-1").text
        assert "没有找到" in admin.get("/deliveries/messages?q=R-2").text

    def test_many_messages_take_no_more_queries(self, unit_of_work: UnitOfWork, admin: Visitor) -> None:
        def queries() -> int:
            with counted(unit_of_work.engine) as statements:
                admin.get("/deliveries")
            return len(statements)

        before = queries()
        with unit_of_work.write() as session, mail_to("a@example.test"):
            for number in range(30):
                post_one(session, f"k{number}")
        assert queries() == before


class TestChannels:
    def test_a_channel_is_paused_and_resumed(self, unit_of_work: UnitOfWork, admin: Visitor) -> None:
        assert "已暂停" in admin.post("/deliveries/channels/sms/pause").text
        with unit_of_work.read() as session:
            assert session.get(PausedChannel, Channel.sms) is not None
        assert "已恢复" in admin.post("/deliveries/channels/sms/resume").text
        with unit_of_work.read() as session:
            assert session.get(PausedChannel, Channel.sms) is None

    @pytest.mark.parametrize("path", ["in_app/pause", "sms/burn"])
    def test_the_inbox_cannot_pause_and_no_other_verb_exists(self, admin: Visitor, path: str) -> None:
        assert admin.post(f"/deliveries/channels/{path}").status_code == 404


@pytest.mark.parametrize("language", ["zh_CN", "en"])
@pytest.mark.parametrize("channel", [channel for channel in Channel if channel is not Channel.in_app])
def test_the_text_of_every_kind_is_shown(admin: Visitor, channel: Channel, language: str) -> None:
    page = admin.get(f"/deliveries/templates?channel={channel}&to={language}").text
    assert page.count('class="said') == len(NotificationKind)


class TestSubscriptions:
    def test_a_wrong_address_loses_nothing_typed(self, admin: Visitor) -> None:
        answer = admin.post("/deliveries/subscriptions", FORM | {"url": "http://x", "urgent_only": "true"})
        assert answer.status_code == 422
        assert "全椒救助群" in answer.text
        assert "以 https:// 开头" in answer.text

    def test_a_webhooks_secret_is_shown_once(self, unit_of_work: UnitOfWork, admin: Visitor) -> None:
        form = FORM | {"form": "webhook", "url": "https://example.test/in", "urgent_only": "false"}
        assert "whsec_" in admin.post("/deliveries/subscriptions", form).text
        with unit_of_work.read() as session:
            row_id = session.exec(select(Subscription)).one().pk
        for path in ("/deliveries/subscriptions", f"/deliveries/subscriptions/{row_id}"):
            assert "whsec_" not in admin.get(path).text
        assert "不再给它发消息" in admin.post(f"/deliveries/subscriptions/{row_id}/stop").text


class TestPreferences:
    def test_preferences_are_saved_and_shown(self, unit_of_work: UnitOfWork) -> None:
        worker = Visitor(unit_of_work)
        form = {"by_email": "everything", "by_sms": "nothing"}
        worker.post("/reach", form | {"quiet_from": "21:00", "quiet_to": "07:00"})
        assert 'value="21:00"' in worker.get("/reach").text

    def test_addresses_are_saved_and_shown(self, unit_of_work: UnitOfWork) -> None:
        worker = Visitor(unit_of_work)
        assert "a@example.test" in worker.post("/reach/addresses", {"email": "a@example.test", "mobile": ""}).text
        with unit_of_work.read() as session:
            assert session.exec(select(ContactPreferences)).one().email == "a@example.test"

    def test_a_wrong_address_of_ones_own_loses_nothing_typed(self, unit_of_work: UnitOfWork) -> None:
        typed = {"email": "a@example.test", "mobile": "1"}
        answer = Visitor(unit_of_work).post("/reach/addresses", typed)
        assert answer.status_code == 422
        assert "a@example.test" in answer.text

    def test_quiet_hours_need_both_ends(self, unit_of_work: UnitOfWork) -> None:
        answer = Visitor(unit_of_work).post("/reach", {"quiet_from": "21:00"})
        assert answer.status_code == 422
        assert 'value="21:00"' in answer.text
        assert "都填" in answer.text
