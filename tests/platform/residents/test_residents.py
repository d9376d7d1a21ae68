"""Residents: numbers, masks, consent, and nothing in clear at rest (domain.md sections 11-13)."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlmodel import Session, select, text

from factories.accounts import TOWNSHIP, make_actor
from factories.databases import UnitOfWork
from factories.projects import make_organization
from factories.residents import id_number, make_consent, make_resident, resident_input
from tuoju.accounts import audit
from tuoju.accounts.errors import NotPermitted
from tuoju.accounts.models import AuditEntry, Role
from tuoju.accounts.permissions import Actor
from tuoju.residents import queries, service
from tuoju.residents.consents import permission_to_share, receivers_of, withdraw_consent
from tuoju.residents.errors import (
    AlreadyRegistered,
    IdProblem,
    InvalidIdNumber,
    LooksAlike,
    OwnOverride,
    ResidentNotFound,
)
from tuoju.residents.identity import age_on, check_id_number, index_of
from tuoju.residents.masking import mask_id_number, mask_name, mask_phone
from tuoju.residents.models import Consent, EmergencyOverride, Household, Resident, Sex
from tuoju.residents.views import resident_seen
from tuoju_notifications.kinds import NotificationKind
from tuoju_notifications.models import Notification

TODAY = date(2026, 11, 23)
HAN = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5)


class TestCheckIdNumber:
    @given(st.dates(date(1900, 1, 1), TODAY), st.booleans())
    def test_any_sound_number_tells_birth_and_sex(self, born_on: date, male: bool) -> None:
        """A birth before 1992 under a 3411 code is sound: such people are our main clients."""
        messages = check_id_number(id_number(born_on, male=male), today=TODAY)
        assert (messages.born_on, messages.sex) == (born_on, Sex.male if male else Sex.female)

    @given(st.integers(0, 16), st.integers(1, 9))
    def test_one_wrong_digit_is_never_accepted(self, place: int, shift: int) -> None:
        number = id_number()
        wrong = number[:place] + str((int(number[place]) + shift) % 10) + number[place + 1 :]
        with pytest.raises(InvalidIdNumber):
            check_id_number(wrong, today=TODAY)

    def test_full_width_spaces_and_small_x_are_forgiven(self) -> None:
        number = next(result for _ in range(500) if (result := id_number()).endswith("X"))
        typed = f" {number[:6]} {number[6:14]}-{number[14:].lower()}".translate(
            {ord("0") + digit: chr(ord("0") + digit) for digit in range(10)}
        )
        assert check_id_number(typed, today=TODAY).number == number
        assert index_of(typed) == index_of(number)

    @pytest.mark.parametrize(
        ("typed", "problem"),
        [
            ("12345", IdProblem.layout),
            ("341199209913320001", IdProblem.date),
            ("341199195003040013", IdProblem.checksum),
        ],
    )
    def test_says_what_is_wrong(self, typed: str, problem: IdProblem) -> None:
        with pytest.raises(InvalidIdNumber) as caught:
            check_id_number(typed, today=TODAY)
        assert caught.value.problem is problem

    def test_age_counts_birthdays(self) -> None:
        assert (age_on(date(2000, 11, 24), TODAY), age_on(date(2000, 11, 23), TODAY)) == (25, 26)


class TestMask:
    def test_as_the_field_masks(self) -> None:
        assert (mask_name("张三"), mask_name("刘子林"), mask_phone("13812341234")) == ("张*", "刘*林", "138****1234")
        assert mask_id_number("341199195003040123") == "34*************123"

    @given(st.text(HAN, min_size=1, max_size=4), st.sampled_from(("", " ", "\u3000", "\u200b", "·", "•")))
    def test_a_mask_never_shows_every_character_of_a_name(self, name: str, gap: str) -> None:
        shown = [character for character in mask_name(gap.join(name)) if character in name]
        assert len(shown) < len(name)


class TestAtRest:
    def test_nothing_personal_stands_in_clear(self, session: Session) -> None:
        resident = make_resident(session, make_actor(session))
        row = session.exec(text("SELECT * FROM resident WHERE id = :id").bindparams(id=resident.pk)).one()
        stored = " ".join(str(value) for value in row)
        for value in (resident.name, resident.id_number, resident.phone, resident.address, "1950-03-04"):
            assert str(value) not in stored


class TestRegister:
    def test_a_person_is_never_entered_twice(self, session: Session) -> None:
        worker = make_actor(session)
        first = make_resident(session, worker)
        with pytest.raises(AlreadyRegistered) as caught:
            service.register(session, worker, resident_input(id_number=first.id_number))
        assert caught.value.resident_id == first.pk

    def test_only_within_ones_own_region(self, session: Session) -> None:
        with pytest.raises(ResidentNotFound):
            service.register(session, make_actor(session), resident_input(region_code="341122103213"))

    def test_of_two_desks_at_once_one_opens_the_file(self, unit_of_work: UnitOfWork) -> None:
        """The other is led to it."""
        with unit_of_work.write() as session:
            actors = [make_actor(session) for _ in range(4)]
        values, start = resident_input(), threading.Barrier(4)

        def desk(actor: Actor) -> tuple[str, int | None]:
            start.wait(10)
            try:
                with unit_of_work.write() as session:
                    return "opened", service.register(session, actor, values).pk
            except AlreadyRegistered as error:
                return "known", error.resident_id

        with ThreadPoolExecutor(4) as desks:
            answers = sorted(desks.map(desk, actors))
        assert [word for word, _ in answers] == ["known"] * 3 + ["opened"]
        assert len({resident_id for _, resident_id in answers}) == 1
        with unit_of_work.read() as session:
            assert len(session.exec(select(Household)).all()) == 1

    def test_an_unlisted_code_is_refused(self) -> None:
        for wrong in ({"relief_category": "RICH"}, {"vulnerabilities": ["SN", "TALL"]}):
            with pytest.raises(ValidationError):
                resident_input(**wrong)

    def test_without_a_document_the_number_is_left_out(self) -> None:
        assert resident_input(id_type="none", id_number="").id_number is None
        with pytest.raises(ValidationError):
            resident_input(id_number="")


class TestFind:
    def test_looks_in_the_whole_city_and_leaves_a_trace(self, session: Session) -> None:
        resident = make_resident(session, make_actor(session))
        stranger = make_actor(session, region_code="341122103213")
        assert service.find_by_id_number(session, stranger, resident.id_number or "") == resident
        entry = session.exec(select(AuditEntry).where(AuditEntry.action == "look_up")).one()
        assert (entry.actor_id, entry.subject_id) == (stranger.user_id, str(resident.pk))

    def test_nobody_is_found_by_a_number_without_a_file(self, session: Session) -> None:
        assert service.find_by_id_number(session, make_actor(session), id_number()) is None


class TestLooksAlike:
    """Without a document a human decides (domain.md section 12)."""

    KNOWN: ClassVar = {"id_type": "none", "id_number": "", "name": "张 三", "born_on": "1950-03-04", "sex": "male"}

    @pytest.mark.parametrize(
        ("differs", "alike"),
        [
            ({}, True),
            ({"name": "张三"}, True),
            ({"born_on": None}, True),
            ({"sex": "unknown"}, True),
            ({"born_on": "1950-03-05"}, True),
            ({"born_on": "1950-03-05", "phone": "13800009999"}, False),
            ({"sex": "female", "phone": ""}, False),
            ({"name": "张四"}, True),
            ({"name": "张四", "born_on": "1950-03-05"}, True),
            ({"name": "张四", "phone": "13800009999"}, True),
            ({"name": "张四", "born_on": "1950-03-05", "phone": "13800009999"}, False),
            ({"name": "李四"}, False),
            ({"name": "张四五"}, False),
            ({"region_code": "341124105206"}, False),
        ],
    )
    def test_by_name_birth_and_telephone_in_the_village(
        self, session: Session, differs: dict[str, str | None], alike: bool
    ) -> None:
        officer = make_actor(session, role=Role.township_officer)
        first = make_resident(session, officer, **self.KNOWN)
        values = resident_input(**self.KNOWN | differs)
        assert queries.find_look_alikes(session, values) == ([first.pk] if alike else [])

    def test_a_new_document_is_compared_with_files_that_have_none(self, session: Session) -> None:
        worker = make_actor(session)
        first = make_resident(session, worker, **self.KNOWN)
        number = {"id_type": "resident_id", "id_number": id_number(male=True)}
        with pytest.raises(LooksAlike) as caught:
            make_resident(session, worker, **self.KNOWN | number)
        assert caught.value.resident_ids == [first.pk]

    def test_one_wrong_character_of_the_number_is_asked_and_another_number_is_not(self, session: Session) -> None:
        worker = make_actor(session)
        first = make_resident(session, worker, **self.KNOWN | {"id_type": "passport", "id_number": "G12345678"})
        slip = resident_input(**self.KNOWN | {"id_type": "passport", "id_number": "G12345679"})
        assert queries.find_look_alikes(session, slip) == [first.pk]
        other = resident_input(**self.KNOWN | {"id_type": "passport", "id_number": "G87654321"})
        assert queries.find_look_alikes(session, other) == []

    def test_nothing_is_told_of_a_file_in_another_village(self, session: Session) -> None:
        officer = make_actor(session, role=Role.township_officer)
        make_resident(session, officer, **self.KNOWN)
        elsewhere = resident_input(**self.KNOWN | {"name": "张四", "region_code": "341124105206"})
        assert queries.find_look_alikes(session, elsewhere) == []

    def test_the_desk_may_say_it_is_somebody_else(self, session: Session) -> None:
        worker = make_actor(session)
        first = make_resident(session, worker, **self.KNOWN)
        assert make_resident(session, worker, **self.KNOWN, another_person=True) != first

    def test_two_documents_are_two_people(self, session: Session) -> None:
        worker = make_actor(session)
        assert make_resident(session, worker).id != make_resident(session, worker).id


class TestScope:
    def test_out_of_scope_is_not_found(self, session: Session) -> None:
        resident = make_resident(session, make_actor(session))
        assert queries.get_resident(session, make_actor(session, role=Role.township_officer), resident.pk)
        with pytest.raises(ResidentNotFound):
            queries.get_resident(session, make_actor(session, region_code="341122103213"), resident.pk)

    def test_a_program_manager_reads_no_files(self, session: Session) -> None:
        resident = make_resident(session, make_actor(session))
        with pytest.raises(NotPermitted):
            queries.get_resident(session, make_actor(session, role=Role.program_manager), resident.pk)


def allowed(session: Session, resident: Resident, organization_id: int) -> Consent | EmergencyOverride | None:
    """What allows telling the organization of any need of the resident."""
    return permission_to_share(session, resident.pk, organization_id, need_id=1, category="A01")


class TestOverride:
    def test_a_no_said_later_ends_it(self, session: Session) -> None:
        worker = make_actor(session)
        resident, organization = make_resident(session, worker), make_organization(session)
        service.override_for_emergency(session, worker, resident, organization.id or 0, reason="昏迷,联系不上家人")
        consent = make_consent(session, worker, resident, organization.id or 0)
        withdraw_consent(session, worker, consent)
        assert allowed(session, resident, organization.id or 0) is None
        assert receivers_of(session, [resident.pk]).allowed(resident.pk, 1, "A01") == set()

    def test_the_townships_officers_are_told(self, session: Session) -> None:
        worker, officer = make_actor(session), make_actor(session, role=Role.township_officer)
        resident, organization = make_resident(session, worker), make_organization(session)
        service.override_for_emergency(session, worker, resident, organization.id or 0, reason="昏迷,联系不上家人")
        notice = session.exec(select(Notification).where(Notification.recipient_id == officer.user_id)).one()
        assert notice.kind is NotificationKind.override_to_review
        assert "昏迷" not in notice.model_dump_json()

    def test_is_reviewed_by_someone_else_and_can_be_struck_down(self, session: Session) -> None:
        officer = make_actor(session, role=Role.township_officer, region_code=TOWNSHIP)
        other = make_actor(session, role=Role.township_officer, region_code=TOWNSHIP)
        resident = make_resident(session, officer)
        organization = make_organization(session)
        override = service.override_for_emergency(
            session, officer, resident, organization.id or 0, reason="突发大病,联系不上家人"
        )
        assert allowed(session, resident, organization.id or 0) == override
        with pytest.raises(OwnOverride):
            service.review_override(session, officer, override, upheld=True)
        service.review_override(session, other, override, upheld=False)
        assert allowed(session, resident, organization.id or 0) is None


class TestReveal:
    def test_every_full_reading_is_audited_and_the_audit_names_nobody(self, session: Session) -> None:
        worker = make_actor(session)
        resident = make_resident(session, worker)
        assert resident_seen(worker, resident, TODAY).name == "张*国"
        assert service.reveal(session, worker, resident, purpose="visit").name == "张建国"
        entry = session.exec(select(AuditEntry).where(AuditEntry.action == "reveal")).one()
        assert (entry.actor_id, entry.subject_id, entry.purpose) == (worker.user_id, str(resident.pk), "visit")
        assert "张" not in entry.model_dump_json()
        assert audit.verify(session).findings == []
        [reading] = queries.readings_of(session, resident)
        assert (reading.reader, reading.purpose) == ("测试员", "visit")
