"""Alerts (预警线索): each becomes a case or is dismissed with a reason (domain section 2.5)."""

import threading
from datetime import date, datetime
from typing import Any

import pytest
from pydantic import ValidationError
from sqlmodel import Session, select

from factories.accounts import VILLAGE, make_actor
from factories.databases import UnitOfWork
from factories.residents import id_number, make_resident
from tuoju.accounts.permissions import Actor
from tuoju.cases.alerts import count_alerts, dismiss_alert, find_alerts, get_alert, record_alert, verify_alert
from tuoju.cases.clock import last_day
from tuoju.cases.errors import AlertAlreadyAnswered, AlertNotFound, DuplicateAlert, ReasonRequired
from tuoju.cases.inputs import AlertInput, CaseInput, DismissalInput
from tuoju.cases.models import Alert, AlertState, Case, DismissalReason, OpenedBy
from tuoju.cases.policies import Scheme, policy_for
from tuoju.database.records import frozen_time
from tuoju.regions.calendar import CHINA
from tuoju.residents.errors import ResidentNotFound
from tuoju.residents.models import Resident

CASE = CaseInput(hardship_cause="1")
THURSDAY = datetime(2026, 9, 24, 10, tzinfo=CHINA)


def alert_inputs(**values: Any) -> AlertInput:
    inputs = {
        "name": "王测试",
        "id_number": id_number(date(1958, 1, 2)),
        "region_code": VILLAGE,
        "source": "medical_cost",
        "content": "本年度自付医疗费用较高",
        "raised_on": "2026-09-20",
    }
    return AlertInput.model_validate(inputs | values)


def test_an_alert_is_due_within_five_working_days(session: Session) -> None:
    """Our own term, no law sets it. It spans Mid-autumn and National Day."""
    with frozen_time(THURSDAY):
        alert = record_alert(session, make_actor(session), alert_inputs())
    assert last_day(alert.due_at) == date(2026, 10, 9)


def test_the_term_comes_from_the_policy(session: Session) -> None:
    with frozen_time(THURSDAY):
        policy = policy_for(session, Scheme.society_relief, VILLAGE, THURSDAY.date())
        policy.alert_within = 1
        alert = record_alert(session, make_actor(session), alert_inputs())
    assert last_day(alert.due_at) == date(2026, 9, 28)


def test_verifying_registers_the_person_and_starts_the_clock_of_the_case(session: Session) -> None:
    """An alert that is not verified yet is no discovery (domain section 3)."""
    officer = make_actor(session)
    with frozen_time(THURSDAY):
        alert = record_alert(session, officer, alert_inputs())
    with frozen_time(datetime(2026, 9, 28, 9, tzinfo=CHINA)):
        case = verify_alert(session, officer, alert, CASE)
    person = session.get_one(Resident, case.resident_id)
    assert (person.name, person.born_on, person.region_code) == ("王测试", date(1958, 1, 2), VILLAGE)
    assert (case.opened_by, case.discovery_channel) == (OpenedBy.proactive_discovery, "4")
    assert case.started_at == datetime(2026, 9, 28, 9, tzinfo=CHINA)
    assert (alert.state, alert.case_id, alert.resident_id) == (AlertState.verified, case.pk, person.pk)


def test_a_registered_person_keeps_their_file(session: Session) -> None:
    officer = make_actor(session)
    known = make_resident(session, officer)
    alert = record_alert(session, officer, alert_inputs(id_number=known.id_number))
    assert alert.resident_id == known.pk
    assert verify_alert(session, officer, alert, CASE).resident_id == known.pk


def test_a_file_out_of_scope_is_not_told_of(session: Session) -> None:
    """The case is opened on a file of its own, which an officer above compares with the other one."""
    officer = make_actor(session)
    elsewhere = make_actor(session, region_code="341122103213")
    known = make_resident(session, elsewhere, region_code="341122103213")
    alert = record_alert(session, officer, alert_inputs(id_number=known.id_number))
    assert alert.resident_id is None
    case = verify_alert(session, officer, alert, CASE)
    own = session.get_one(Resident, case.resident_id)
    assert (own.region_code, own.is_held) == (VILLAGE, True)


def test_an_alert_of_another_village_is_not_told_of(session: Session) -> None:
    """design.md section 7: a DuplicateAlert from elsewhere would say that the person is on a list."""
    first = alert_inputs()
    record_alert(
        session,
        make_actor(session, region_code="341122103213"),
        first.model_copy(update={"region_code": "341122103213"}),
    )
    assert record_alert(session, make_actor(session), first).region_code == VILLAGE


def test_an_alert_can_be_dismissed_with_no_need(session: Session) -> None:
    officer = make_actor(session)
    alert = record_alert(session, officer, alert_inputs())
    with pytest.raises(ReasonRequired):
        dismiss_alert(session, officer, alert, DismissalInput(reason=DismissalReason.other))
    dismiss_alert(session, officer, alert, DismissalInput(reason=DismissalReason.no_need))
    assert count_alerts(session, officer) == {AlertState.dismissed: 1}
    with pytest.raises(AlertAlreadyAnswered):
        verify_alert(session, officer, alert, CASE)


def test_an_alert_of_the_same_person_source_and_day_is_a_duplicate(session: Session) -> None:
    officer, inputs = make_actor(session), alert_inputs()
    record_alert(session, officer, inputs)
    with pytest.raises(DuplicateAlert):
        record_alert(session, officer, inputs)
    record_alert(session, officer, inputs.model_copy(update={"raised_on": date(2026, 9, 21)}))


def test_alerts_out_of_scope_are_not_found(session: Session) -> None:
    officer = make_actor(session)
    alert = record_alert(session, officer, alert_inputs())
    stranger = make_actor(session, region_code="341102010003")
    with pytest.raises(AlertNotFound):
        get_alert(session, stranger, alert.pk)
    with pytest.raises(ResidentNotFound):
        record_alert(session, stranger, alert_inputs())
    assert find_alerts(session, stranger) == []


@pytest.mark.parametrize("wrong", [{"id_number": "341199195801020012"}, {"raised_on": "2099-01-01"}, {"name": " "}])
def test_invalid_alerts_are_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        alert_inputs(**wrong)


@pytest.mark.postgres
def test_only_the_first_of_two_simultaneous_answers_counts(unit_of_work: UnitOfWork) -> None:
    with unit_of_work.write() as session:
        officer = make_actor(session)
        alert_id = record_alert(session, officer, alert_inputs()).pk
    done: list[str] = []
    gate = threading.Barrier(2)

    def answer(actor: Actor) -> None:
        gate.wait()
        try:
            with unit_of_work.write() as session:
                verify_alert(session, actor, session.get_one(Alert, alert_id), CASE)
            done.append("case")
        except AlertAlreadyAnswered:
            done.append("late")

    desks = [threading.Thread(target=answer, args=(officer,)) for _ in range(2)]
    for desk in desks:
        desk.start()
    for desk in desks:
        desk.join()
    with unit_of_work.read() as session:
        assert len(session.exec(select(Case.id)).all()) == 1
    assert sorted(done) == ["case", "late"]
