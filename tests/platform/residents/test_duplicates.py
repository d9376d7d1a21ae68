"""Whether an ID number is known is told by one audited verb only (docs/decisions/0011; design.md section 7)."""

import pytest
from sqlmodel import Session, select

from factories.accounts import CITY, TOWNSHIP, VILLAGE, make_actor, make_user
from factories.residents import id_number, make_resident, resident_input
from tuoju.accounts.errors import NotPermitted
from tuoju.accounts.models import AuditEntry, Role
from tuoju.accounts.permissions import Actor
from tuoju.cases.inputs import CaseInput
from tuoju.cases.service import open_case
from tuoju.residents import duplicates, queries, service
from tuoju.residents.errors import AlreadyRegistered, DuplicateNotFound, DuplicateSettled
from tuoju.residents.inputs import SettlementInput
from tuoju.residents.models import DuplicateState, Household, PossibleDuplicate, Resident
from tuoju_notifications.kinds import NotificationKind
from tuoju_notifications.models import Notification

NEXT_VILLAGE = "341124105206"
ELSEWHERE = "341122103213"


@pytest.fixture
def worker(session: Session) -> Actor:
    return make_actor(session)


@pytest.fixture
def stranger(session: Session) -> Actor:
    return make_actor(session, region_code=ELSEWHERE)


@pytest.fixture
def known(session: Session, worker: Actor) -> Resident:
    return make_resident(session, worker)


def enter_again(session: Session, actor: Actor, known: Resident, **values: object) -> Resident:
    """A second file with the number of `known`, in the actor's own region."""
    return make_resident(session, actor, id_number=known.id_number, region_code=actor.region_code, **values)


def questions(session: Session) -> list[PossibleDuplicate]:
    return list(session.exec(select(PossibleDuplicate).order_by(PossibleDuplicate.id)))  # type: ignore[arg-type]


def told(session: Session) -> list[tuple[int, NotificationKind]]:
    duplicates.tell_officers(session)
    return sorted({(row.recipient_id, row.kind) for row in session.exec(select(Notification))})


def decide(choice: str) -> SettlementInput:
    return SettlementInput.model_validate({"choice": choice, "reason": "与两村核对过证件"})


class TestRegister:
    def test_a_number_known_elsewhere_is_taken_without_a_word(
        self, session: Session, stranger: Actor, known: Resident
    ) -> None:
        held = enter_again(session, stranger, known)
        assert (held.region_code, held.is_held, known.is_held) == (ELSEWHERE, True, False)
        (question,) = questions(session)
        assert (question.known_id, question.held_id, question.state) == (known.pk, held.pk, DuplicateState.open)

    def test_what_the_registrar_can_read_is_the_same_either_way(
        self, session: Session, stranger: Actor, known: Resident
    ) -> None:
        """Lists, search by number, the file itself and the next attempt."""
        held = enter_again(session, stranger, known)
        fresh = make_resident(session, stranger, region_code=ELSEWHERE)
        for resident in (held, fresh):
            assert queries.find_residents(session, stranger, text=resident.id_number or "") == [resident]
            assert queries.get_resident(session, stranger, resident.pk) == resident
            with pytest.raises(AlreadyRegistered) as caught:
                enter_again(session, stranger, resident)
            assert caught.value.resident_id == resident.pk
        audited = select(AuditEntry.action).where(AuditEntry.actor_id == stranger.user_id)
        assert set(session.exec(audited)) == {"register"}

    def test_the_look_up_leads_to_the_file_in_ones_own_scope(
        self, session: Session, stranger: Actor, known: Resident
    ) -> None:
        held = enter_again(session, stranger, known)
        assert service.find_by_id_number(session, stranger, known.id_number or "") == held

    def test_an_officer_over_both_is_shown_the_file_at_once(self, session: Session, known: Resident) -> None:
        officer = make_actor(session, role=Role.township_officer)
        with pytest.raises(AlreadyRegistered) as caught:
            make_resident(session, officer, id_number=known.id_number, region_code=NEXT_VILLAGE)
        assert caught.value.resident_id == known.pk


class TestCorrect:
    def test_a_number_known_elsewhere_is_taken_without_a_word(
        self, session: Session, stranger: Actor, known: Resident
    ) -> None:
        own = make_resident(session, stranger, region_code=ELSEWHERE)
        service.update(session, stranger, own, resident_input(id_number=known.id_number, region_code=ELSEWHERE))
        assert own.is_held
        assert [question.held_id for question in questions(session)] == [own.pk]

    def test_another_field_of_a_held_file_changes_nothing_about_the_number(
        self, session: Session, stranger: Actor, known: Resident
    ) -> None:
        held = enter_again(session, stranger, known)
        values = resident_input(id_number=held.id_number, region_code=ELSEWHERE, address="村西头1号")
        service.update(session, stranger, held, values)
        assert held.is_held
        assert len(questions(session)) == 1

    def test_a_corrected_number_closes_the_question(self, session: Session, stranger: Actor, known: Resident) -> None:
        held = enter_again(session, stranger, known)
        service.update(session, stranger, held, resident_input(region_code=ELSEWHERE))
        assert not held.is_held
        assert [question.state for question in questions(session)] == [DuplicateState.number_changed]

    def test_a_number_given_up_goes_to_the_file_that_waited_for_it(
        self, session: Session, worker: Actor, stranger: Actor, known: Resident
    ) -> None:
        held = enter_again(session, stranger, known)
        third = enter_again(session, make_actor(session, region_code="341103004001"), known)
        service.update(session, worker, known, resident_input())
        assert (held.is_held, third.is_held) == (False, True)
        still_open = [question for question in questions(session) if question.state is DuplicateState.open]
        assert [(question.known_id, question.held_id) for question in still_open] == [(held.pk, third.pk)]

    def test_in_scope_the_other_file_is_shown(self, session: Session, worker: Actor, known: Resident) -> None:
        other = make_resident(session, worker)
        with pytest.raises(AlreadyRegistered) as caught:
            service.update(session, worker, other, resident_input(id_number=known.id_number))
        assert caught.value.resident_id == known.pk


class TestTellOfficers:
    def test_the_officer_whose_region_holds_both_is_told(self, session: Session, known: Resident) -> None:
        officer = make_user(session, role=Role.township_officer, region_code=TOWNSHIP)
        make_user(session, role=Role.township_officer, region_code="341122103000")
        enter_again(session, make_actor(session, region_code=NEXT_VILLAGE), known)
        assert told(session) == [(officer.pk, NotificationKind.duplicate_to_settle)]
        assert duplicates.tell_officers(session) == 0

    def test_without_one_the_administrator_hears_that_one_is_missing(
        self, session: Session, stranger: Actor, known: Resident
    ) -> None:
        administrator = make_user(session, role=Role.administrator, region_code=CITY)
        make_user(session, role=Role.township_officer, region_code=TOWNSHIP)
        enter_again(session, stranger, known)
        assert told(session) == [(administrator.pk, NotificationKind.duplicate_without_officer)]


class TestSettle:
    @pytest.fixture
    def officer(self, session: Session) -> Actor:
        return make_actor(session, role=Role.program_manager, region_code=CITY)

    @pytest.fixture
    def held(self, session: Session, stranger: Actor, known: Resident) -> Resident:
        return enter_again(session, stranger, known, address="新村8号", phone="13800009999")

    def test_one_person_has_one_file_with_every_case(
        self, session: Session, officer: Actor, worker: Actor, stranger: Actor, known: Resident, held: Resident
    ) -> None:
        mine = open_case(session, worker, known, CaseInput(hardship_cause="1"))
        theirs = open_case(session, stranger, held, CaseInput(hardship_cause="1"))
        merged, household = held.pk, held.household_id
        (question,) = duplicates.find_duplicates(session, officer)
        duplicates.settle(session, officer, question, decide("lives_at_known"))
        assert (mine.resident_id, theirs.resident_id) == (known.pk, known.pk)
        assert theirs.region_code == ELSEWHERE
        assert session.get(Resident, merged) is None
        assert session.get(Household, household) is None
        assert (question.state, question.merged_id) == (DuplicateState.same_person, merged)
        assert (known.region_code, known.address) == (VILLAGE, "村东头3号")

    def test_who_has_moved_is_kept_by_the_new_village(
        self, session: Session, officer: Actor, stranger: Actor, known: Resident, held: Resident
    ) -> None:
        household = held.household_id
        duplicates.settle(session, officer, questions(session)[0], decide("lives_at_held"))
        assert (known.region_code, known.household_id, known.address) == (ELSEWHERE, household, "新村8号")
        assert queries.get_resident(session, stranger, known.pk)

    def test_a_household_with_others_stays(
        self, session: Session, officer: Actor, stranger: Actor, held: Resident
    ) -> None:
        other = make_resident(session, stranger, region_code=ELSEWHERE, household_of=held.pk)
        duplicates.settle(session, officer, questions(session)[0], decide("lives_at_known"))
        assert queries.household_members(session, other) == [other]

    def test_two_people_have_the_number_compared(
        self, session: Session, officer: Actor, stranger: Actor, known: Resident, held: Resident
    ) -> None:
        duplicates.settle(session, officer, questions(session)[0], decide("other_person"))
        assert held.is_held
        assert told(session) == [(stranger.user_id, NotificationKind.number_to_compare)]

    def test_is_decided_once_and_audited_in_both_counties(
        self, session: Session, officer: Actor, held: Resident
    ) -> None:
        question = questions(session)[0]
        duplicates.settle(session, officer, question, decide("other_person"))
        with pytest.raises(DuplicateSettled):
            duplicates.get_duplicate(session, officer, question.pk)
        with pytest.raises(DuplicateSettled):
            duplicates.settle(session, officer, question, decide("lives_at_held"))
        scopes = session.exec(select(AuditEntry.scope).where(AuditEntry.action == "settle_duplicate")).all()
        assert {"341122000000", "341124000000"} <= set(scopes)

    def test_only_an_officer_over_both_sees_and_decides(
        self, session: Session, worker: Actor, stranger: Actor, held: Resident
    ) -> None:
        question = questions(session)[0]
        over_one = make_actor(session, role=Role.township_officer)
        assert duplicates.find_duplicates(session, over_one) == []
        with pytest.raises(DuplicateNotFound):
            duplicates.get_duplicate(session, over_one, question.pk)
        for actor in (worker, stranger):
            with pytest.raises(NotPermitted):
                duplicates.find_duplicates(session, actor)

    def test_the_readings_of_the_later_file_stay_with_the_person(
        self, session: Session, officer: Actor, stranger: Actor, known: Resident, held: Resident
    ) -> None:
        """PIPL art. 44."""
        service.reveal(session, stranger, held, purpose="visit")
        duplicates.settle(session, officer, questions(session)[0], decide("lives_at_known"))
        assert [reading.purpose for reading in queries.readings_of(session, known)] == ["visit"]


def test_an_unknown_number_is_free(session: Session, worker: Actor) -> None:
    assert not make_resident(session, worker, id_number=id_number()).is_held
