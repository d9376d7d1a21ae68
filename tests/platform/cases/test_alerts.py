"""Alerts (预警线索): each warning becomes a case or is set aside with a reason (domain section 2.5)."""

import threading
from datetime import date, datetime
from typing import Any

import pytest
from pydantic import ValidationError
from sqlmodel import Session, select

from factories.accounts import VILLAGE, make_actor
from factories.residents import id_number, make_resident
from tuoju.accounts.permissions import Actor
from tuoju.cases.alerts import count_alerts, dismiss_alert, find_alerts, get_alert, record_alert, verify_alert
from tuoju.cases.clock import last_day
from tuoju.cases.errors import AlertAlreadyAnswered, AlertNotFound, DuplicateAlert, ReasonRequired
from tuoju.cases.inputs import AlertInput, CaseInput, DismissalInput
from tuoju.cases.models import Alert, AlertState, Case, DismissalReason, OpenedBy
from tuoju.cases.policies import Scheme, policy_for
from tuoju.database.records import frozen_time
from tuoju.database.unit_of_work import UnitOfWork
from tuoju.regions.calendar import CHINA
from tuoju.residents.errors import AlreadyRegistered, ResidentNotFound
from tuoju.residents.models import Resident

CASE = CaseInput(hardship_cause="1")
THURSDAY = datetime(2026, 9, 24, 10, tzinfo=CHINA)


def warning(**values: Any) -> AlertInput:
    given = {
        "name": "王测试",
        "id_number": id_number(date(1958, 1, 2)),
        "region_code": VILLAGE,
        "source": "medical_cost",
        "content": "本年度自付医疗费用较高",
        "raised_on": "2026-09-20",
    }
    return AlertInput.model_validate(given | values)


def test_a_warning_is_looked_into_within_five_working_days(session: Session) -> None:
    """Ours: no law sets it. Over Mid-autumn and National Day it is long."""
    with frozen_time(THURSDAY):
        made = record_alert(session, make_actor(session), warning())
    assert last_day(made.due_at) == date(2026, 10, 9)


def test_another_rule_gives_another_term(session: Session) -> None:
    with frozen_time(THURSDAY):
        rule = policy_for(session, Scheme.society_relief, VILLAGE, THURSDAY.date())
        rule.alert_within = 1
        made = record_alert(session, make_actor(session), warning())
    assert last_day(made.due_at) == date(2026, 9, 28)


def test_verified_it_opens_the_file_and_the_case_whose_clock_runs_from_then(session: Session) -> None:
    """A warning not yet checked is not "discovered" (domain section 3)."""
    officer = make_actor(session)
    with frozen_time(THURSDAY):
        made = record_alert(session, officer, warning())
    with frozen_time(datetime(2026, 9, 28, 9, tzinfo=CHINA)):
        case = verify_alert(session, officer, made, CASE)
    person = session.get_one(Resident, case.resident_id)
    assert (person.name, person.born_on, person.region_code) == ("王测试", date(1958, 1, 2), VILLAGE)
    assert (case.opened_by, case.discovery_channel) == (OpenedBy.proactive_discovery, "4")
    assert case.started_at == datetime(2026, 9, 28, 9, tzinfo=CHINA)
    assert (made.state, made.case_id, made.resident_id) == (AlertState.verified, case.pk, person.pk)


def test_a_person_known_already_keeps_their_file(session: Session) -> None:
    officer = make_actor(session)
    known = make_resident(session, officer)
    made = record_alert(session, officer, warning(id_number=known.id_number))
    assert made.resident_id == known.pk
    assert verify_alert(session, officer, made, CASE).resident_id == known.pk


def test_a_file_in_another_place_is_not_opened_a_case_in(session: Session) -> None:
    officer = make_actor(session)
    elsewhere = make_actor(session, region_code="341122103213")
    known = make_resident(session, elsewhere, region_code="341122103213")
    made = record_alert(session, officer, warning(id_number=known.id_number))
    with pytest.raises(AlreadyRegistered):
        verify_alert(session, officer, made, CASE)
    assert made.state is AlertState.open


def test_checked_and_no_need_is_a_result(session: Session) -> None:
    officer = make_actor(session)
    made = record_alert(session, officer, warning())
    with pytest.raises(ReasonRequired):
        dismiss_alert(session, officer, made, DismissalInput(reason=DismissalReason.other))
    dismiss_alert(session, officer, made, DismissalInput(reason=DismissalReason.no_need))
    assert count_alerts(session, officer) == {AlertState.dismissed: 1}
    with pytest.raises(AlertAlreadyAnswered):
        verify_alert(session, officer, made, CASE)


def test_the_same_warning_is_on_the_list_once(session: Session) -> None:
    officer, given = make_actor(session), warning()
    record_alert(session, officer, given)
    with pytest.raises(DuplicateAlert):
        record_alert(session, officer, given)
    record_alert(session, officer, given.model_copy(update={"raised_on": date(2026, 9, 21)}))


def test_warnings_of_elsewhere_are_not_there(session: Session) -> None:
    officer = make_actor(session)
    made = record_alert(session, officer, warning())
    stranger = make_actor(session, region_code="341102010003")
    with pytest.raises(AlertNotFound):
        get_alert(session, stranger, made.pk)
    with pytest.raises(ResidentNotFound):
        record_alert(session, stranger, warning())
    assert find_alerts(session, stranger) == []


@pytest.mark.parametrize("wrong", [{"id_number": "341199195801020012"}, {"raised_on": "2099-01-01"}, {"name": " "}])
def test_what_no_warning_can_be(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        warning(**wrong)


@pytest.mark.postgres
def test_two_desks_answer_one_warning_once(unit_of_work: UnitOfWork) -> None:
    with unit_of_work.write() as session:
        officer = make_actor(session)
        alert_id = record_alert(session, officer, warning()).pk
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
