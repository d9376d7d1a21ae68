"""A restored copy sends nothing until it is said to be the live one."""

from datetime import timedelta

from factories.databases import UnitOfWork
from factories.deliveries import SmsDelivery
from tuoju_notifications.copies import find_copy, mark_as_copy, mark_as_live
from tuoju_notifications.delivery import deliver
from tuoju_notifications.models import now
from tuoju_notifications.status import NotificationState
from tuoju_notifications.sweeping import sweep


def test_nothing_is_sent_before_it_is_live(unit_of_work: UnitOfWork) -> None:
    delivery = SmsDelivery(unit_of_work)
    notification_id = delivery.post()
    with unit_of_work.write() as session:
        mark_as_copy(session, now())
    assert deliver(delivery.context, notification_id) is False
    with unit_of_work.write() as session:
        assert sweep(session, now() + timedelta(hours=1)) == []
    assert (delivery.first.sent, delivery.read(notification_id).state) == ([], NotificationState.created)
    with unit_of_work.write() as session:
        mark_as_live(session)
        assert find_copy(session) is None
    with unit_of_work.write() as session:
        assert [queued.notification_id for queued in sweep(session, now() + timedelta(hours=1))] == [notification_id]
    assert deliver(delivery.context, notification_id) is True


def test_a_copy_of_a_copy_has_one_mark(unit_of_work: UnitOfWork) -> None:
    first, second = now(), now() + timedelta(hours=1)
    with unit_of_work.write() as session:
        mark_as_copy(session, first)
        mark_as_copy(session, second)
        mark = find_copy(session)
        assert mark is not None
        assert mark.made_at == second
