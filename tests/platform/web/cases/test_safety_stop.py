"""Words of danger stop the page: what was seen, what to do now, and a choice.

社会救助法 art. 39; 未成年人保护法 art. 11.
"""

from datetime import timedelta

import pytest
from sqlmodel import select

from factories.accounts import VILLAGE, make_actor
from factories.databases import UnitOfWork
from factories.pages import Visitor
from factories.residents import make_resident
from tuoju.accounts.models import AuditEntry, Role
from tuoju.accounts.permissions import LINK_MATRIX, MATRIX, Action
from tuoju.cases.models import Need
from tuoju.cases.policies import Scheme, policy_for
from tuoju.database.records import now
from tuoju.regions.calendar import china_day
from tuoju.reminders.alarms import escalate_alarms
from tuoju.residents.models import ProtectionReport, ReportedTo
from tuoju.residents.protection import find_reports, follow_up
from tuoju_notifications.kinds import NotificationKind
from tuoju_notifications.models import Notification

TYPED = {"category": "C06", "summary": "", "urgency": "routine", "hardship_cause": "1"}
BEATEN = "他爸喝酒就打小孩，娃身上青一块紫一块"
HUNGRY = "家里断粮了，米缸见底"
SIGN = "老人把茶叶分给了几个邻居，说自己用不上了"
ROUTINE = "孩子数学跟不上，爷爷只会教算盘"


@pytest.fixture
def worker(unit_of_work: UnitOfWork) -> Visitor:
    return Visitor(unit_of_work)


@pytest.fixture
def address(unit_of_work: UnitOfWork, worker: Visitor) -> str:
    with unit_of_work.write() as session:
        return f"/cases?resident={make_resident(session, worker.actor).pk}"


def _alarms(unit_of_work: UnitOfWork) -> list[ProtectionReport]:
    with unit_of_work.read() as session:
        alarms = list(session.exec(select(ProtectionReport)))
        session.expunge_all()
        return alarms


def _texts(unit_of_work: UnitOfWork) -> list[str]:
    with unit_of_work.read() as session:
        return [need.text for need in session.exec(select(Need))]


def test_a_beaten_child_is_reported_and_never_referred(unit_of_work: UnitOfWork, worker: Visitor, address: str) -> None:
    township = Visitor(unit_of_work, Role.township_officer)
    stop = worker.post(address, {**TYPED, "text": BEATEN})
    assert stop.status_code == 422
    assert 'href="tel:110"' in stop.text
    (alarm,) = _alarms(unit_of_work)
    assert alarm.reported_to is ReportedTo.township
    assert alarm.dangers.startswith("child_harm")
    assert BEATEN in township.get("/protection").text
    with unit_of_work.read() as session:
        kinds = [notification.kind for notification in session.exec(select(Notification))]
        assert NotificationKind.safety_alarm in kinds
        assert session.exec(select(AuditEntry).where(AuditEntry.action == "raise_alarm")).one()
    worker.post(address, {**TYPED, "text": BEATEN, "safety": "danger", "alarm": str(alarm.pk)})
    assert _texts(unit_of_work) == []
    assert len(_alarms(unit_of_work)) == 1


def test_a_hungry_house_alarms_and_the_case_goes_on(unit_of_work: UnitOfWork, worker: Visitor, address: str) -> None:
    worker.post(address, {**TYPED, "text": HUNGRY})
    (alarm,) = _alarms(unit_of_work)
    worker.post(address, {**TYPED, "text": HUNGRY, "safety": "danger", "alarm": str(alarm.pk)})
    assert _texts(unit_of_work) == [HUNGRY]


def test_no_to_an_alarm_needs_a_reason_and_the_township_reads_both(
    unit_of_work: UnitOfWork, worker: Visitor, address: str
) -> None:
    township = Visitor(unit_of_work, Role.township_officer)
    worker.post(address, {**TYPED, "text": HUNGRY})
    (alarm,) = _alarms(unit_of_work)
    answer = {**TYPED, "text": HUNGRY, "safety": "none", "alarm": str(alarm.pk)}
    assert worker.post(address, answer).status_code == 422
    assert _texts(unit_of_work) == []
    worker.post(address, {**answer, "safety_reason": "刚送去了米和油"})
    assert _texts(unit_of_work) == [HUNGRY]
    assert "刚送去了米和油" in township.get("/protection").text


def test_a_sign_is_asked_about_and_one_tap_says_no(unit_of_work: UnitOfWork, worker: Visitor, address: str) -> None:
    stop = worker.post(address, {**TYPED, "text": SIGN})
    assert stop.status_code == 422
    alarms = _alarms(unit_of_work)
    answer = {"safety": "none", "safety_reason": "搬家了"} | ({"alarm": str(alarms[0].pk)} if alarms else {})
    worker.post(address, {**TYPED, "text": SIGN, **answer})
    assert len(_texts(unit_of_work)) == 1


def test_routine_words_do_not_stop(unit_of_work: UnitOfWork, worker: Visitor, address: str) -> None:
    worker.post(address, {**TYPED, "text": ROUTINE})
    assert _texts(unit_of_work) == [ROUTINE]
    assert _alarms(unit_of_work) == []


def test_an_alarm_of_another_cannot_be_denied(unit_of_work: UnitOfWork, worker: Visitor, address: str) -> None:
    worker.post(address, {**TYPED, "text": HUNGRY})
    (alarm,) = _alarms(unit_of_work)
    colleague = Visitor(unit_of_work)
    answer = {**TYPED, "text": HUNGRY, "safety": "none", "safety_reason": "没事", "alarm": str(alarm.pk)}
    assert colleague.post(address, answer).status_code == 404


def test_what_nobody_handles_in_the_minutes_of_the_policy_climbs_to_the_county_once(
    unit_of_work: UnitOfWork, worker: Visitor, address: str
) -> None:
    worker.post(address, {**TYPED, "text": BEATEN})
    with unit_of_work.write() as session:
        manager = make_actor(session, role=Role.program_manager)
        minutes = policy_for(session, Scheme.society_relief, VILLAGE, china_day(now())).alarm_minutes
        assert escalate_alarms(session, now() + timedelta(minutes=minutes - 1)) == 0
        assert find_reports(session, manager) == []
        late = now() + timedelta(minutes=minutes + 1)
        assert (escalate_alarms(session, late), escalate_alarms(session, late)) == (1, 0)
        (report,) = find_reports(session, manager)
        assert session.exec(select(AuditEntry).where(AuditEntry.action == "escalate_alarm")).one()
        follow_up(session, manager, report.pk, words="县里派人上门")
        assert report.followed_up_by == manager.user_id


def test_what_the_township_handles_in_time_does_not_climb(
    unit_of_work: UnitOfWork, worker: Visitor, address: str
) -> None:
    worker.post(address, {**TYPED, "text": BEATEN})
    with unit_of_work.write() as session:
        township = make_actor(session, role=Role.township_officer)
        follow_up(session, township, find_reports(session, township)[0].pk, words="现在过去")
        assert escalate_alarms(session, now() + timedelta(days=1)) == 0


def test_neither_charity_nor_administrator_reads_an_alarm() -> None:
    assert set(MATRIX[Action.read_alarms]).isdisjoint({Role.charity_staff, Role.administrator})
    assert Action.read_alarms not in LINK_MATRIX
