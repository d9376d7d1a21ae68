"""Questions and answers between the charity and the worker who sent the referral."""

import pytest
from sqlmodel import Session, select

from factories.referrals import make_scene
from tuoju.referrals import links, messages, service
from tuoju.referrals.errors import IllegalReferralStep, NothingWritten
from tuoju.referrals.status import ReferralVerb, Side
from tuoju_notifications.kinds import NotificationKind
from tuoju_notifications.models import Notification


class TestWrite:
    def test_both_sides_write_and_notify_each_other(self, session: Session) -> None:
        scene = make_scene(session)
        referral = scene.send(session)
        link = links.find_current_link(session, referral)
        assert link is not None
        holder, _ = links.use(session, link.handle, name="王老师")
        messages.write(session, holder, referral, " 能自己开门吗? ")
        messages.write(session, scene.worker, referral, "能,走得慢")
        thread = messages.messages_of(session, referral)
        assert [(message.side, message.text, message.holder_name) for message in thread] == [
            (Side.receiver, "能自己开门吗?", "王老师"),
            (Side.sender, "能,走得慢", ""),
        ]
        notifications = session.exec(select(Notification)).all()
        recipients = {notification.kind: notification.recipient_id for notification in notifications}
        assert recipients[NotificationKind.referral_question] == scene.worker.user_id
        assert recipients[NotificationKind.referral_reply] == scene.charity.user_id
        assert "开门" not in str([notification.model_dump() for notification in notifications])

    def test_a_message_needs_words_and_a_live_referral(self, session: Session) -> None:
        scene = make_scene(session)
        referral = scene.send(session)
        with pytest.raises(NothingWritten):
            messages.write(session, scene.worker, referral, "  ")
        service.step(session, scene.worker, referral, ReferralVerb.cancel, note="不需要了")
        with pytest.raises(IllegalReferralStep):
            messages.write(session, scene.worker, referral, "您好")
