"""Consents: giver, scope, end, witness and withdrawal (PIPL arts 13-17, 23, 29, 31; domain sections 4 and 13)."""

from datetime import date, datetime, timedelta
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlmodel import Session, select

from factories.accounts import COUNTY, VILLAGE, make_actor
from factories.projects import make_organization
from factories.residents import id_number, make_consent, make_resident
from tuoju.accounts.fields import ConsentData
from tuoju.accounts.models import Role
from tuoju.accounts.permissions import Actor
from tuoju.database.records import frozen_time, now
from tuoju.regions.calendar import CHINA, china_day
from tuoju.residents import consents
from tuoju.residents.consents import ConsentTerms, give_consent, permission_to_share, receivers_of
from tuoju.residents.data_policies import DataKind, DataPolicyInput, add_data_policy, data_policy_for, months_after
from tuoju.residents.errors import (
    AlreadyWithdrawn,
    ChildNotAsked,
    DuplicateDataPolicy,
    ExpiryImpossible,
    GuardianRequired,
    NoDataPolicy,
    NothingShared,
    RelationMissing,
    WitnessRequired,
)
from tuoju.residents.inputs import ConsentInput
from tuoju.residents.models import Consent, ConsentGiver, ConsentPurpose, GuardianRelation, Resident
from tuoju_notifications.kinds import NotificationKind
from tuoju_notifications.models import Notification

TODAY = china_day(now())


@pytest.fixture
def worker(session: Session) -> Actor:
    return make_actor(session)


@pytest.fixture
def receiver(session: Session) -> int:
    return make_organization(session).id or 0


@pytest.fixture
def resident(session: Session, worker: Actor) -> Resident:
    return make_resident(session, worker)


def agree(session: Session, worker: Actor, resident: Resident, receiver: int | None, **values: Any) -> Consent:
    act = {"purpose": ConsentPurpose.referral, "given_by": ConsentGiver.self, "method": "paper"}
    act |= {name: values.pop(name) for name in tuple(values) if name in act}
    return give_consent(session, worker, resident, organization_id=receiver, terms=ConsentTerms(**values), **act)


def allowed(session: Session, resident: Resident, receiver: int, need_id: int = 1, category: str = "A01") -> bool:
    grant = permission_to_share(session, resident.pk, receiver, need_id=need_id, category=category)
    by_list = receivers_of(session, [resident.pk]).allowed(resident.pk, need_id, category)
    assert (grant is not None) == (receiver in by_list)
    return grant is not None


class TestGiver:
    def test_is_for_one_receiver_and_can_be_taken_back(
        self, session: Session, worker: Actor, resident: Resident, receiver: int
    ) -> None:
        other = make_organization(session).id or 0
        consent = agree(session, worker, resident, receiver)
        assert allowed(session, resident, receiver)
        assert not allowed(session, resident, other)
        consents.withdraw_consent(session, worker, consent)
        assert not allowed(session, resident, receiver)

    def test_below_fourteen_a_guardian_agrees_and_says_the_relation(
        self, session: Session, worker: Actor, receiver: int
    ) -> None:
        """PIPL art. 31."""
        child = make_resident(session, worker, id_number=id_number(date(TODAY.year - 9, 1, 2)))
        with pytest.raises(GuardianRequired):
            agree(session, worker, child, receiver)
        with pytest.raises(RelationMissing):
            agree(session, worker, child, receiver, given_by=ConsentGiver.guardian)
        consent = agree(
            session, worker, child, receiver, given_by=ConsentGiver.guardian, relation=GuardianRelation.grandparent
        )
        assert consent.relation is GuardianRelation.grandparent

    def test_from_14_to_17_the_child_is_asked_too(self, session: Session, worker: Actor, receiver: int) -> None:
        """未保法 art. 4."""
        child = make_resident(session, worker, id_number=id_number(date(TODAY.year - 15, 1, 2)))
        by_guardian = {"given_by": ConsentGiver.guardian, "relation": GuardianRelation.parent}
        with pytest.raises(ChildNotAsked):
            agree(session, worker, child, receiver, **by_guardian)
        agree(session, worker, child, receiver)
        assert agree(session, worker, child, receiver, **by_guardian)

    def test_a_spoken_one_has_a_witness_who_does_not_record_it(
        self, session: Session, worker: Actor, resident: Resident, receiver: int
    ) -> None:
        """PIPL art. 14: given knowingly; who did not sign is heard by two."""
        for witness in ({}, {"witness_id": worker.user_id}, {"witness_name": "  "}):
            with pytest.raises(WitnessRequired):
                agree(session, worker, resident, receiver, method="spoken", **witness)
        colleague = make_actor(session)
        by_account = agree(session, worker, resident, receiver, method="spoken", witness_id=colleague.user_id)
        assert by_account.witness_id == colleague.user_id
        by_name = agree(
            session,
            worker,
            resident,
            None,
            purpose=ConsentPurpose.publicity,
            method="spoken",
            witness_name="测试邻居",
        )
        assert by_name.witness_name == "测试邻居"

    def test_a_second_tap_makes_no_second_line_and_another_scope_does(
        self, session: Session, worker: Actor, resident: Resident, receiver: int
    ) -> None:
        first = agree(session, worker, resident, receiver)
        assert agree(session, worker, resident, receiver) == first
        assert agree(session, worker, resident, receiver, category="A") != first


class TestScope:
    def test_one_for_a_category_covers_its_needs_only(
        self, session: Session, worker: Actor, resident: Resident, receiver: int
    ) -> None:
        agree(session, worker, resident, receiver, category="B")
        assert allowed(session, resident, receiver, category="B02")
        assert not allowed(session, resident, receiver, category="A01")

    def test_a_referral_shares_at_least_the_facts_of_the_service(
        self, session: Session, worker: Actor, resident: Resident, receiver: int
    ) -> None:
        with pytest.raises(NothingShared):
            agree(session, worker, resident, receiver, data=(ConsentData.contact,))

    def test_only_the_kinds_of_data_it_names_are_shared(
        self, session: Session, worker: Actor, resident: Resident, receiver: int
    ) -> None:
        """PIPL arts 23, 29: the kinds of data are part of the consent; health is separate."""
        agree(session, worker, resident, receiver, data=(ConsentData.service,), category="A")
        agree(session, worker, resident, receiver, data=(ConsentData.service, ConsentData.contact), category="A01")
        for category, expected in (
            ("A02", {ConsentData.service}),
            ("A01", {ConsentData.service, ConsentData.contact}),
            ("B01", set()),
        ):
            assert receivers_of(session, [resident.pk]).shared(resident.pk, receiver, 1, category) == expected


class TestEnd:
    def test_it_ends_with_the_policy_or_earlier_never_later(
        self, session: Session, worker: Actor, resident: Resident, receiver: int
    ) -> None:
        policy = data_policy_for(session, DataKind.consent_referral, VILLAGE, TODAY)
        latest = policy.ends_on(TODAY)
        consent = agree(session, worker, resident, receiver)
        assert (consent.expires_on, consent.policy_id) == (latest, policy.pk)
        assert agree(session, worker, resident, receiver, category="A", expires_on=TODAY).expires_on == TODAY
        for day in (latest + timedelta(days=1), TODAY - timedelta(days=1)):
            with pytest.raises(ExpiryImpossible):
                agree(session, worker, resident, receiver, category="B", expires_on=day)

    def test_one_from_before_there_were_policies_has_no_end(
        self, session: Session, worker: Actor, resident: Resident, receiver: int
    ) -> None:
        consent = agree(session, worker, resident, receiver)
        consent.policy_id = consent.expires_on = None
        session.flush()
        with frozen_time(datetime(2060, 1, 1, tzinfo=CHINA)):
            assert allowed(session, resident, receiver)

    def test_a_new_policy_of_a_county_applies_to_new_consents(self, session: Session, receiver: int) -> None:
        administrator = make_actor(session, role=Role.administrator, region_code=COUNTY)
        worker = make_actor(session)
        before = agree(session, worker, make_resident(session, worker), receiver)
        inputs = DataPolicyInput(
            kind=DataKind.consent_referral,
            region_code=COUNTY,
            valid_from=TODAY,
            months=3,
            citation="测试条款",
            source="测试来源",
        )
        add_data_policy(session, administrator, inputs)
        with pytest.raises(DuplicateDataPolicy):
            add_data_policy(session, administrator, inputs)
        later = agree(session, worker, make_resident(session, worker), receiver)
        assert later.expires_on == months_after(TODAY, 3)
        assert before.expires_on == months_after(TODAY, 12)

    def test_without_a_policy_no_consent_is_recorded(
        self, session: Session, worker: Actor, resident: Resident, receiver: int
    ) -> None:
        with frozen_time(datetime(2022, 5, 1, tzinfo=CHINA)), pytest.raises(NoDataPolicy):
            agree(session, worker, resident, receiver)


class TestWithdrawal:
    def test_one_no_takes_back_every_line_for_that_receiver(
        self, session: Session, worker: Actor, resident: Resident, receiver: int
    ) -> None:
        own = agree(session, worker, resident, receiver)
        agree(session, worker, resident, receiver, category="A")
        consents.withdraw_consent(session, worker, own)
        assert not allowed(session, resident, receiver)
        with pytest.raises(AlreadyWithdrawn):
            consents.withdraw_consent(session, worker, own)

    def test_the_residents_own_withdrawal_is_told_to_the_officers(
        self, session: Session, worker: Actor, resident: Resident, receiver: int
    ) -> None:
        consent = agree(session, worker, resident, receiver)
        consents.withdraw_consent(session, None, consent)
        assert consent.withdrawn_by is None
        kind = NotificationKind.consent_withdrawn
        recipients = session.exec(select(Notification.recipient_id).where(Notification.kind == kind)).all()
        assert worker.user_id in recipients


days = st.dates(min_value=TODAY - timedelta(days=400), max_value=TODAY + timedelta(days=400))


class TestProperties:
    @hypothesis.given(
        given_on=days,
        asked_on=days,
        expires=st.none() | days,
        withdrawn=st.booleans(),
        bound=st.sampled_from([None, "A", "A01", "B"]),
        asked=st.sampled_from(["A01", "A02", "B01"]),
    )
    def test_it_permits_only_within_scope_and_time_and_while_not_withdrawn(
        self, given_on: date, asked_on: date, expires: date | None, withdrawn: bool, bound: str | None, asked: str
    ) -> None:
        consent = Consent(
            resident_id=1,
            purpose=ConsentPurpose.referral,
            organization_id=1,
            given_by=ConsentGiver.self,
            method="paper",
            given_at=datetime(given_on.year, given_on.month, given_on.day, tzinfo=CHINA),
            recorded_by=1,
            category=bound,
            expires_on=expires,
            withdrawn_at=now() if withdrawn else None,
        )
        in_time = expires is None or asked_on <= expires
        assert consent.stands_on(asked_on) == (in_time and not withdrawn)
        assert consent.covers(7, asked) == (bound is None or asked[: len(bound)] == bound)

    def test_the_question_of_the_database_is_that_of_the_row(
        self, session: Session, worker: Actor, resident: Resident, receiver: int
    ) -> None:
        """`stands` in SQL and `stands_on` in Python agree on every day around the end."""
        consent = agree(session, worker, resident, receiver, expires_on=TODAY + timedelta(days=2))
        for offset in range(-1, 5):
            day = TODAY + timedelta(days=offset)
            row = session.exec(select(Consent).where(Consent.id == consent.pk, consents.stands(day))).first()
            assert (row is not None) == consent.stands_on(day)

    @hypothesis.given(day=st.dates(min_value=date(2000, 1, 1), max_value=date(2100, 1, 1)), months=st.integers(0, 480))
    def test_months_keep_the_day_or_take_the_last_of_a_shorter_month(self, day: date, months: int) -> None:
        """民法典 art. 202."""
        end = months_after(day, months)
        assert (end.year - day.year) * 12 + end.month - day.month == months
        assert end.day == day.day or ((end + timedelta(days=1)).day == 1 and end.day < day.day)


class TestInput:
    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"organization_id": ""}, "organization_id"),
            ({"given_by": "guardian"}, "relation"),
            ({"method": "spoken"}, "witness_name"),
            ({"data": ["contact"]}, "data"),
            ({"category": "Z9"}, "category"),
            ({"given_by": None}, "given_by"),
            ({"method": None}, "method"),
        ],
    )
    def test_what_is_missing_is_told_at_its_field(self, values: dict[str, Any], field: str) -> None:
        with pytest.raises(ValidationError) as error:
            ConsentInput.model_validate({"organization_id": 1, "given_by": "self", "method": "paper", **values})
        assert [place["loc"][0] for place in error.value.errors()] == [field]

    def test_a_consent_without_receiver_names_none(self) -> None:
        consent = {"purpose": "publicity", "organization_id": 3, "given_by": "self", "method": "paper"}
        assert ConsentInput.model_validate(consent).organization_id is None


def test_the_factory_makes_an_unbounded_consent(session: Session, worker: Actor, receiver: int) -> None:
    consent = make_consent(session, worker, make_resident(session, worker), receiver)
    assert (set(consent.data), consent.need_id, consent.category) == (set(ConsentData), None, None)
