"""What residents without an account are told, by SMS only where that is safe and they consented."""

import threading
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import Engine
from sqlmodel import Session, select

from factories.accounts import CITY, COUNTY, VILLAGE, make_actor
from factories.cases import make_case
from factories.databases import UnitOfWork
from factories.deliveries import wait_for_a_lock
from factories.referrals import Scene, make_scene
from tuoju.accounts.models import Role
from tuoju.cases.models import Case, Need
from tuoju.cases.policies import PolicyInput, Scheme, add_policy, policy_for
from tuoju.cases.service import set_care
from tuoju.database.records import frozen_time, now
from tuoju.launch.destinations import find_destinations
from tuoju.referrals import resident_updates, service
from tuoju.referrals.cancellations import withdraw_consent_and_cancel
from tuoju.referrals.errors import UpdatePageClosed
from tuoju.referrals.models import Referral
from tuoju.referrals.status import Outcome, ReferralVerb, RejectionReason, UpdateKind, UpdateState
from tuoju.regions.calendar import CHINA, china_day
from tuoju.residents.consents import give_consent
from tuoju.residents.inputs import ResidentInput
from tuoju.residents.models import Consent, ConsentGiver, ConsentPurpose, ReportedTo, Resident
from tuoju.residents.protection import ReportInput, report_harm
from tuoju.residents.telephone import NEWS
from tuoju.visits.inputs import VisitInput
from tuoju.visits.service import complete, record_visit
from tuoju_notifications.kinds import Channel, NotificationKind
from tuoju_notifications.models import Notification, RecipientType
from tuoju_notifications.routing import in_app_only, use_router
from tuoju_notifications.status import NotificationState
from tuoju_notifications.transitions import step
from tuoju_projects.models import Project
from tuoju_projects.queries import get_organization

NOON = "2026-09-07T04:00:00Z"


@pytest.fixture(autouse=True)
def _router() -> Any:
    use_router(find_destinations)
    yield
    use_router(in_app_only)


def consent_to_sms(session: Session, scene: Scene) -> None:
    give_consent(
        session,
        scene.worker,
        scene.resident,
        purpose=ConsentPurpose.notifications,
        organization_id=None,
        given_by=ConsentGiver.self,
        method="paper",
    )


def to_resident(session: Session) -> list[Notification]:
    return list(
        session.exec(
            select(Notification).where(Notification.recipient_type == RecipientType.resident).order_by(Notification.id)
        )
    )  # type: ignore[arg-type]


def serve(session: Session, scene: Scene) -> Referral:
    referral = scene.send(session)
    service.step(session, scene.charity, referral, ReferralVerb.accept)
    service.plan_first_visit(session, scene.charity, referral, china_day(now()))
    inputs = VisitInput(
        submission_key="update-0001", served_on=china_day(now()), minutes=30, served=[scene.resident.pk]
    )
    record_visit(session, scene.charity, referral, inputs)
    return complete(session, scene.charity, referral, outcome=Outcome.met)


def states_of_updates(session: Session, referral: Referral) -> list[UpdateState]:
    return [state for _row, state in resident_updates.updates_with_states(session, referral)]


def send(session: Session, scene: Scene) -> None:
    need, project = session.get_one(Need, scene.need.pk), session.get_one(Project, scene.project.pk)
    service.send(session, scene.worker, need, project)


Step = Callable[[Session, Scene], object]


def run_in_order(unit_of_work: UnitOfWork, engine: Engine, scene: Scene, both: tuple[Step, Step]) -> None:
    """Two transactions at the same time, of which the second waits until the first has ended."""
    first, second = both

    def follow() -> None:
        with unit_of_work.write() as session:
            second(session, scene)

    other = threading.Thread(target=follow)
    with unit_of_work.write() as session:
        first(session, scene)
        session.flush()
        other.start()
        wait_for_a_lock(engine)
    other.join(20)


class TestInformResident:
    def test_there_are_four_updates_and_each_is_sent_once(self, session: Session) -> None:
        scene = make_scene(session)
        consent_to_sms(session, scene)
        referral = serve(session, scene)
        for moment in UpdateKind:
            resident_updates.inform_resident(
                session, referral, moment, day=china_day(now()).isoformat() if moment is UpdateKind.visit else ""
            )
        assert [row.kind for row in resident_updates.updates_of(session, referral)] == list(UpdateKind)
        assert [notification.kind for notification in to_resident(session)] == [
            NotificationKind.resident_referred,
            NotificationKind.resident_accepted,
            NotificationKind.resident_visit,
            NotificationKind.resident_closed,
        ]

    def test_a_rejection_is_no_update(self, session: Session) -> None:
        scene = make_scene(session)
        consent_to_sms(session, scene)
        referral = scene.send(session)
        reason = RejectionReason.no_capacity
        service.step(session, scene.charity, referral, ReferralVerb.reject, reason=reason)
        assert [notification.kind for notification in to_resident(session)] == [NotificationKind.resident_referred]

    def test_an_sms_says_nothing_of_the_person_or_the_need(self, session: Session) -> None:
        scene = make_scene(session)
        consent_to_sms(session, scene)
        serve(session, scene)
        for notification in to_resident(session):
            sms = str({**notification.parameters, "link": notification.link})
            assert not [word for word in ("张建国", "13800001234", scene.need.text, "A01", "村东头") if word in sms]
            assert set(notification.parameters) == {"number", "organization", "day"}


class TestDestinationsOfResident:
    def test_with_consent_the_own_mobile_gets_the_sms(self, session: Session) -> None:
        scene = make_scene(session)
        consent_to_sms(session, scene)
        scene.send(session)
        assert [(notification.channel, notification.address) for notification in to_resident(session)] == [
            (Channel.sms, "13800001234")
        ]

    @pytest.mark.parametrize(
        "person",
        [{"phone": None}, {"phone": "0550-3022685"}, {"phone_owner": "邻居"}],
        ids=["no phone", "a landline", "a neighbour's"],
    )
    def test_without_an_own_mobile_the_officer_tells_them(self, session: Session, person: dict[str, Any]) -> None:
        scene = make_scene(session, **person)
        consent_to_sms(session, scene)
        referral = scene.send(session)
        assert to_resident(session) == []
        assert resident_updates.mark_told_in_person(session, scene.worker, referral) == 1
        assert resident_updates.mark_told_in_person(session, scene.worker, referral) == 0

    def test_without_consent_no_sms_is_sent(self, session: Session) -> None:
        scene = make_scene(session)
        scene.send(session)
        assert to_resident(session) == []

    def test_the_sms_of_a_child_goes_to_the_guardian(self, session: Session) -> None:
        scene = make_scene(session)
        consent_to_sms(session, scene)
        scene.resident.born_on, scene.resident.guardian_phone = date(2018, 5, 1), "13900001111"
        session.flush()
        scene.send(session)
        assert [notification.address for notification in to_resident(session)] == ["13900001111"]

    @pytest.mark.parametrize(
        ("moment", "wait"),
        [(NOON, None), ("2026-09-07T13:00:00Z", "2026-09-08T08:00"), ("2026-09-06T22:00:00Z", "2026-09-07T08:00")],
    )
    def test_no_sms_is_sent_at_night(self, session: Session, moment: str, wait: str | None) -> None:
        scene = make_scene(session)
        consent_to_sms(session, scene)
        with time_machine.travel(moment, tick=False):
            destinations = resident_updates.destinations_of_resident(session, scene.resident.pk)
        not_before = destinations[0].not_before
        assert (not_before.isoformat()[:16] if not_before else None) == wait


def withdraw(session: Session, scene: Scene) -> None:
    query = select(Consent).where(
        Consent.resident_id == scene.resident.pk, Consent.purpose == ConsentPurpose.notifications
    )
    withdraw_consent_and_cancel(session, scene.worker, session.exec(query).one())


class TestHoursOfSms:
    def test_the_policy_of_the_county_says_when(self, session: Session) -> None:
        scene = make_scene(session)
        consent_to_sms(session, scene)
        admin = make_actor(session, role=Role.administrator, region_code=CITY)
        shipped = policy_for(session, Scheme.society_relief, VILLAGE, date(2026, 9, 1)).model_dump(
            exclude={"id", "valid_to"}
        )
        own = {"region_code": COUNTY, "valid_from": "2026-09-01", "news_from": "09:30", "news_until": "12:00"}
        add_policy(session, admin, PolicyInput.model_validate(shipped | own))
        with time_machine.travel(NOON, tick=False):
            [destination] = resident_updates.destinations_of_resident(session, scene.resident.pk)
        assert destination.not_before == datetime(2026, 9, 8, 9, 30, tzinfo=CHINA)

    def test_without_a_policy_no_sms_is_sent(self, session: Session) -> None:
        scene = make_scene(session)
        consent_to_sms(session, scene)
        with time_machine.travel("2022-12-31T04:00:00Z", tick=False):
            assert resident_updates.destinations_of_resident(session, scene.resident.pk) == ()


class TestConsentWithdrawn:
    def test_what_waits_for_the_morning_is_called_off_and_an_officer_tells_it(self, session: Session) -> None:
        with time_machine.travel("2026-09-07T13:00:00Z", tick=False):
            scene = make_scene(session)
            consent_to_sms(session, scene)
            referral = scene.send(session)
            withdraw(session, scene)
        [notification] = to_resident(session)
        session.refresh(notification)
        assert (notification.state, notification.last_error) == (NotificationState.called_off, "consent_withdrawn")
        assert resident_updates.mark_told_in_person(session, scene.worker, referral) == 1

    def test_what_was_sent_stays_sent(self, session: Session) -> None:
        scene = make_scene(session)
        consent_to_sms(session, scene)
        referral = scene.send(session)
        [notification] = to_resident(session)
        step(session, notification.pk, NotificationState.sending)
        step(session, notification.pk, NotificationState.sent)
        withdraw(session, scene)
        session.refresh(notification)
        assert notification.state is NotificationState.sent
        assert resident_updates.mark_told_in_person(session, scene.worker, referral) == 0

    def test_withdrawing_another_consent_calls_nothing_off(self, session: Session) -> None:
        scene = make_scene(session)
        consent_to_sms(session, scene)
        scene.send(session)
        query = select(Consent).where(
            Consent.resident_id == scene.resident.pk, Consent.purpose != ConsentPurpose.notifications
        )
        withdraw_consent_and_cancel(session, scene.worker, session.exec(query).one())
        [notification] = to_resident(session)
        session.refresh(notification)
        assert notification.state is NotificationState.created

    def test_every_update_rests_on_this_consent(self) -> None:
        assert set(resident_updates.NOTIFICATION_OF.values()) == NEWS

    @pytest.mark.postgres
    @pytest.mark.parametrize("update_first", [True, False], ids=["update first", "withdrawal first"])
    def test_at_the_same_time_as_an_update_nothing_is_left_to_send(
        self, unit_of_work: UnitOfWork, engine: Engine, update_first: bool
    ) -> None:
        """The second waits until the first has ended; in either order nothing is left to be sent."""
        with unit_of_work.write() as session:
            scene = make_scene(session)
            consent_to_sms(session, scene)

        run_in_order(unit_of_work, engine, scene, (send, withdraw) if update_first else (withdraw, send))
        with unit_of_work.read() as session:
            assert [notification.state for notification in to_resident(session)] == [
                NotificationState.called_off
            ] * update_first
            [referral] = session.exec(select(Referral))
            assert states_of_updates(session, referral) == [UpdateState.tell_in_person]


def report(session: Session, scene: Scene) -> None:
    harm = ReportInput(reported_to=ReportedTo.police, what="身上有伤")
    resident = session.get_one(Resident, scene.resident.pk)
    report_harm(session, scene.worker, scene.case.region_code, harm, resident=resident)


def care(session: Session, scene: Scene) -> None:
    set_care(session, scene.worker, session.get_one(Case, scene.case.pk), with_care=True)


class TestTelephoneNotSafe:
    @pytest.mark.parametrize(("finding", "code"), [(report, "not_safe"), (care, "with_care")], ids=["harm", "care"])
    def test_what_waits_is_called_off_and_an_officer_tells_it(
        self, session: Session, finding: Callable[[Session, Scene], None], code: str
    ) -> None:
        scene = make_scene(session)
        consent_to_sms(session, scene)
        referral = scene.send(session)
        finding(session, scene)
        assert [(notification.state, notification.called_off) for notification in to_resident(session)] == [
            (NotificationState.called_off, code)
        ]
        assert states_of_updates(session, referral) == [UpdateState.tell_in_person]

    def test_a_rejection_for_safety_calls_the_sms_off(self, session: Session) -> None:
        scene = make_scene(session)
        consent_to_sms(session, scene)
        service.step(session, scene.charity, scene.send(session), ReferralVerb.reject, reason=RejectionReason.safety)
        assert [notification.called_off for notification in to_resident(session)] == ["with_care"]

    def test_care_in_another_case_of_the_person_counts(self, session: Session) -> None:
        """They have one telephone."""
        scene = make_scene(session)
        consent_to_sms(session, scene)
        set_care(session, scene.worker, make_case(session, scene.worker, scene.resident), with_care=True)
        scene.send(session)
        assert to_resident(session) == []

    @pytest.mark.postgres
    @pytest.mark.parametrize("finding", [report, care], ids=["harm", "care"])
    @pytest.mark.parametrize("update_first", [True, False], ids=["update first", "finding first"])
    def test_at_the_same_time_as_an_update_nothing_is_left_to_send(
        self, unit_of_work: UnitOfWork, engine: Engine, finding: Callable[[Session, Scene], None], update_first: bool
    ) -> None:
        with unit_of_work.write() as session:
            scene = make_scene(session)
            consent_to_sms(session, scene)

        run_in_order(unit_of_work, engine, scene, (send, finding) if update_first else (finding, send))
        with unit_of_work.read() as session:
            assert [notification.state for notification in to_resident(session)] == [
                NotificationState.called_off
            ] * update_first

    @pytest.mark.postgres
    def test_a_report_in_another_county_waits_for_the_update(self, unit_of_work: UnitOfWork, engine: Engine) -> None:
        with unit_of_work.write() as session:
            scene = make_scene(session)
            consent_to_sms(session, scene)
            referral_id = scene.send(session).pk

        def inform(session: Session, _scene: Scene) -> None:
            resident_updates.inform_resident(
                session, session.get_one(Referral, referral_id), UpdateKind.visit, day="2026-09-08"
            )

        run_in_order(unit_of_work, engine, scene, (inform, report))
        with unit_of_work.read() as session:
            assert [notification.state for notification in to_resident(session)] == [NotificationState.called_off] * 2


class TestNumberChanged:
    @staticmethod
    def change(session: Session, scene: Scene, **changes: Any) -> list[tuple[str, NotificationState, str]]:
        current = {
            name: getattr(scene.resident, name) for name in ResidentInput.model_fields if name in Resident.model_fields
        }
        resident_updates.update_resident(
            session, scene.worker, scene.resident, ResidentInput.model_validate(current | changes)
        )
        notifications = to_resident(session)
        for notification in notifications:
            session.refresh(notification)
        return [(row.address, row.state, row.called_off) for row in notifications]

    @pytest.fixture
    def scene(self, session: Session) -> Scene:
        scene = make_scene(session)
        consent_to_sms(session, scene)
        return scene

    def test_what_waits_goes_to_the_new_number(self, session: Session, scene: Scene) -> None:
        referral = scene.send(session)
        assert self.change(session, scene, phone="13900002222") == [
            ("13800001234", NotificationState.called_off, "number_changed"),
            ("13900002222", NotificationState.created, ""),
        ]
        assert states_of_updates(session, referral) == [UpdateState.sms_queued]

    @pytest.mark.parametrize("gone", [{"phone": None}, {"phone_owner": "邻居"}], ids=["none", "a neighbour's"])
    def test_without_a_number_an_officer_tells_it(self, session: Session, scene: Scene, gone: dict[str, Any]) -> None:
        referral = scene.send(session)
        assert self.change(session, scene, **gone) == [("13800001234", NotificationState.called_off, "number_changed")]
        assert states_of_updates(session, referral) == [UpdateState.tell_in_person]
        # What an officer has to tell stays so: no SMS leaves when a number is added, perhaps much later.
        assert len(self.change(session, scene, phone="13900002222", phone_owner="")) == 1

    def test_another_change_or_a_sent_sms_changes_nothing(self, session: Session, scene: Scene) -> None:
        scene.send(session)
        assert self.change(session, scene, address="村西头") == [("13800001234", NotificationState.created, "")]
        [notification] = to_resident(session)
        step(session, notification.pk, NotificationState.sending)
        step(session, notification.pk, NotificationState.sent)
        assert [state for _address, state, _code in self.change(session, scene, phone="13900002222")] == ["sent"]


class TestUpdatesWithStates:
    @pytest.mark.parametrize(
        ("steps", "state"),
        [
            ([], UpdateState.sms_queued),
            ([NotificationState.sending, NotificationState.temporary_failure], UpdateState.sms_queued),
            ([NotificationState.sending, NotificationState.sent, NotificationState.delivered], UpdateState.sms_sent),
            ([NotificationState.sending, NotificationState.permanent_failure], UpdateState.sms_failed),
            (
                [NotificationState.sending, NotificationState.sent, NotificationState.permanent_failure],
                UpdateState.sms_failed,
            ),
        ],
    )
    def test_the_state_follows_the_sms(
        self, session: Session, steps: list[NotificationState], state: UpdateState
    ) -> None:
        scene = make_scene(session)
        consent_to_sms(session, scene)
        referral = scene.send(session)
        [notification] = to_resident(session)
        for next_state in steps:
            step(session, notification.pk, next_state)
        assert states_of_updates(session, referral) == [state]
        assert resident_updates.mark_told_in_person(session, scene.worker, referral) == (
            state is UpdateState.sms_failed
        )

    def test_an_sms_called_off_while_it_fails_is_left_to_the_officer(self, session: Session) -> None:
        scene = make_scene(session)
        consent_to_sms(session, scene)
        referral = scene.send(session)
        [notification] = to_resident(session)
        step(session, notification.pk, NotificationState.sending)
        withdraw(session, scene)
        assert states_of_updates(session, referral) == [UpdateState.sms_queued]
        step(session, notification.pk, NotificationState.temporary_failure)
        assert states_of_updates(session, referral) == [UpdateState.tell_in_person]


class TestWithCare:
    def test_no_sms_is_sent_and_the_page_is_closed(self, session: Session) -> None:
        scene = make_scene(session)
        consent_to_sms(session, scene)
        set_care(session, scene.worker, scene.case, with_care=True)
        referral = serve(session, scene)
        assert to_resident(session) == []
        assert set(states_of_updates(session, referral)) == {UpdateState.tell_in_person}
        with pytest.raises(UpdatePageClosed):
            resident_updates.referral_of(session, resident_updates.address_for(referral.pk).removeprefix("/my/"))

    def test_reported_harm_stops_the_sms(self, session: Session) -> None:
        scene = make_scene(session)
        consent_to_sms(session, scene)
        report(session, scene)
        scene.send(session)
        assert to_resident(session) == []

    def test_a_rejection_for_safety_sets_care(self, session: Session) -> None:
        scene = make_scene(session)
        service.step(session, scene.charity, scene.send(session), ReferralVerb.reject, reason=RejectionReason.safety)
        assert scene.case.with_care


class TestResidentPage:
    def test_only_a_signed_token_opens_it(self, session: Session) -> None:
        scene = make_scene(session)
        referral = scene.send(session)
        token = resident_updates.address_for(referral.pk).removeprefix("/my/")
        assert resident_updates.referral_of(session, token) is referral
        for wrong in (str(referral.pk), token[:-1], f"{referral.pk + 1}.{token.split('.')[1]}", "x.y", ""):
            with pytest.raises(UpdatePageClosed):
                resident_updates.referral_of(session, wrong)

    def test_it_closes_sixty_days_after_the_end(self, session: Session) -> None:
        scene = make_scene(session)
        referral = serve(session, scene)
        token = resident_updates.address_for(referral.pk).removeprefix("/my/")
        with frozen_time(now() + resident_updates.OPEN_AFTER + timedelta(hours=1)), pytest.raises(UpdatePageClosed):
            resident_updates.referral_of(session, token)


def test_an_sms_names_the_organization_so_that_its_call_is_expected(session: Session) -> None:
    scene = make_scene(session)
    consent_to_sms(session, scene)
    referral = scene.send(session)
    assert (
        to_resident(session)[0].parameters["organization"] == get_organization(session, referral.organization_id).name
    )
