"""What residents without an account are told: the moments that matter, by SMS only where it is safe and agreed to."""

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
from factories.deliveries import wait_for_a_lock
from factories.referrals import Scene, make_scene
from tuoju.accounts.errors import NotPermitted
from tuoju.accounts.models import Role
from tuoju.cases.models import Case, Need
from tuoju.cases.policies import PolicyInput, Scheme, add_policy, policy_for
from tuoju.cases.service import set_care
from tuoju.database.records import frozen_time, now
from tuoju.database.unit_of_work import UnitOfWork
from tuoju.launch.destinations import find_destinations
from tuoju.referrals import resident_updates as news
from tuoju.referrals import service
from tuoju.referrals.cancellations import withdraw_consent_and_cancel
from tuoju.referrals.errors import AlreadyRated, IllegalReferralStep, UpdatePageClosed
from tuoju.referrals.models import Referral
from tuoju.referrals.satisfaction import record_satisfaction
from tuoju.referrals.status import Answerer, AskedBy, Outcome, ReferralVerb, RejectionReason, UpdateKind, UpdateState
from tuoju.regions.calendar import CHINA, china_day
from tuoju.residents.inputs import ResidentInput
from tuoju.residents.models import Consent, ConsentGiver, ConsentPurpose, ReportedTo, Resident
from tuoju.residents.protection import ReportInput, report_harm
from tuoju.residents.service import give_consent
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
def _ways() -> Any:
    use_router(find_destinations)
    yield
    use_router(in_app_only)


def agree(session: Session, scene: Scene) -> None:
    give_consent(
        session,
        scene.worker,
        scene.resident,
        purpose=ConsentPurpose.notifications,
        organization_id=None,
        given_by=ConsentGiver.self,
        method="spoken",
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
    given = VisitInput(submission_key="news-0001", served_on=china_day(now()), minutes=30, served=[scene.resident.pk])
    record_visit(session, scene.charity, referral, given)
    return complete(session, scene.charity, referral, outcome=Outcome.met)


def stands(session: Session, referral: Referral) -> list[UpdateState]:
    return [telling for _news, telling in news.updates_with_states(session, referral)]


def send(session: Session, scene: Scene) -> None:
    need, project = session.get_one(Need, scene.need.pk), session.get_one(Project, scene.project.pk)
    service.send(session, scene.worker, need, project)


Step = Callable[[Session, Scene], object]


def one_after_the_other(unit_of_work: UnitOfWork, engine: Engine, scene: Scene, both: tuple[Step, Step]) -> None:
    """Two transactions at once, of which the second waits for the first to be over."""
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


class TestMoments:
    def test_are_four_and_each_told_once(self, session: Session) -> None:
        scene = make_scene(session)
        agree(session, scene)
        referral = serve(session, scene)
        for moment in UpdateKind:
            news.inform_resident(
                session, referral, moment, day=china_day(now()).isoformat() if moment is UpdateKind.visit else ""
            )
        assert [each.kind for each in news.updates_of(session, referral)] == list(UpdateKind)
        assert [each.kind for each in to_resident(session)] == [
            NotificationKind.resident_referred,
            NotificationKind.resident_accepted,
            NotificationKind.resident_visit,
            NotificationKind.resident_closed,
        ]

    def test_a_project_that_returns_it_is_no_moment(self, session: Session) -> None:
        scene = make_scene(session)
        agree(session, scene)
        referral = scene.send(session)
        reason = RejectionReason.no_capacity
        service.step(session, scene.charity, referral, ReferralVerb.reject, reason=reason)
        assert [each.kind for each in to_resident(session)] == [NotificationKind.resident_referred]

    def test_say_nothing_of_the_person_or_the_need(self, session: Session) -> None:
        scene = make_scene(session)
        agree(session, scene)
        serve(session, scene)
        for each in to_resident(session):
            said = str({**each.parameters, "link": each.link})
            assert not [word for word in ("张建国", "13800001234", scene.need.text, "A01", "村东头") if word in said]
            assert set(each.parameters) == {"number", "organization", "day"}


class TestBySms:
    def test_with_consent_to_the_own_mobile(self, session: Session) -> None:
        scene = make_scene(session)
        agree(session, scene)
        scene.send(session)
        assert [(each.channel, each.address) for each in to_resident(session)] == [(Channel.sms, "13800001234")]

    @pytest.mark.parametrize(
        "person",
        [{"phone": None}, {"phone": "0550-3022685"}, {"phone_owner": "邻居"}],
        ids=["no phone", "a landline", "a neighbour's"],
    )
    def test_else_the_officer_tells_them(self, session: Session, person: dict[str, Any]) -> None:
        scene = make_scene(session, **person)
        agree(session, scene)
        referral = scene.send(session)
        assert to_resident(session) == []
        assert news.mark_told_in_person(session, scene.worker, referral) == 1
        assert news.mark_told_in_person(session, scene.worker, referral) == 0

    def test_not_without_consent(self, session: Session) -> None:
        scene = make_scene(session)
        scene.send(session)
        assert to_resident(session) == []

    def test_a_child_s_news_goes_to_the_guardian(self, session: Session) -> None:
        scene = make_scene(session)
        agree(session, scene)
        scene.resident.born_on, scene.resident.guardian_phone = date(2018, 5, 1), "13900001111"
        session.flush()
        scene.send(session)
        assert [each.address for each in to_resident(session)] == ["13900001111"]

    @pytest.mark.parametrize(
        ("moment", "wait"),
        [(NOON, None), ("2026-09-07T13:00:00Z", "2026-09-08T08:00"), ("2026-09-06T22:00:00Z", "2026-09-07T08:00")],
    )
    def test_not_at_night(self, session: Session, moment: str, wait: str | None) -> None:
        scene = make_scene(session)
        agree(session, scene)
        with time_machine.travel(moment, tick=False):
            destinations = news.destinations_of_resident(session, scene.resident.pk)
        found = destinations[0].not_before
        assert (found.isoformat()[:16] if found else None) == wait


def take_back(session: Session, scene: Scene) -> None:
    query = select(Consent).where(
        Consent.resident_id == scene.resident.pk, Consent.purpose == ConsentPurpose.notifications
    )
    withdraw_consent_and_cancel(session, scene.worker, session.exec(query).one())


class TestHours:
    def test_are_those_of_the_county(self, session: Session) -> None:
        scene = make_scene(session)
        agree(session, scene)
        admin = make_actor(session, role=Role.administrator, region_code=CITY)
        shipped = policy_for(session, Scheme.society_relief, VILLAGE, date(2026, 9, 1)).model_dump(
            exclude={"id", "valid_to"}
        )
        own = {"region_code": COUNTY, "valid_from": "2026-09-01", "news_from": "09:30", "news_until": "12:00"}
        add_policy(session, admin, PolicyInput.model_validate(shipped | own))
        with time_machine.travel(NOON, tick=False):
            [way] = news.destinations_of_resident(session, scene.resident.pk)
        assert way.not_before == datetime(2026, 9, 8, 9, 30, tzinfo=CHINA)

    def test_without_a_rule_the_officer_tells(self, session: Session) -> None:
        scene = make_scene(session)
        agree(session, scene)
        with time_machine.travel("2022-12-31T04:00:00Z", tick=False):
            assert news.destinations_of_resident(session, scene.resident.pk) == ()


class TestConsentTakenBack:
    def test_what_waits_for_the_morning_is_called_off_and_an_officer_tells_it(self, session: Session) -> None:
        with time_machine.travel("2026-09-07T13:00:00Z", tick=False):
            scene = make_scene(session)
            agree(session, scene)
            referral = scene.send(session)
            take_back(session, scene)
        [notification] = to_resident(session)
        session.refresh(notification)
        assert (notification.state, notification.last_error) == (NotificationState.called_off, "consent_withdrawn")
        assert news.mark_told_in_person(session, scene.worker, referral) == 1

    def test_what_was_sent_stays_so(self, session: Session) -> None:
        scene = make_scene(session)
        agree(session, scene)
        referral = scene.send(session)
        [notification] = to_resident(session)
        step(session, notification.pk, NotificationState.sending)
        step(session, notification.pk, NotificationState.sent)
        take_back(session, scene)
        session.refresh(notification)
        assert notification.state is NotificationState.sent
        assert news.mark_told_in_person(session, scene.worker, referral) == 0

    def test_another_consent_s_end_calls_nothing_off(self, session: Session) -> None:
        scene = make_scene(session)
        agree(session, scene)
        scene.send(session)
        query = select(Consent).where(
            Consent.resident_id == scene.resident.pk, Consent.purpose != ConsentPurpose.notifications
        )
        withdraw_consent_and_cancel(session, scene.worker, session.exec(query).one())
        [notification] = to_resident(session)
        session.refresh(notification)
        assert notification.state is NotificationState.created

    def test_all_news_rest_on_it(self) -> None:
        assert set(news.NOTIFICATION_OF.values()) == NEWS

    @pytest.mark.postgres
    @pytest.mark.parametrize("news_first", [True, False], ids=["news first", "withdrawal first"])
    def test_while_news_are_being_written(self, unit_of_work: UnitOfWork, engine: Engine, news_first: bool) -> None:
        """The second of the two waits for the first to be over, and nothing is left to be sent either way."""
        with unit_of_work.write() as session:
            scene = make_scene(session)
            agree(session, scene)

        one_after_the_other(unit_of_work, engine, scene, (send, take_back) if news_first else (take_back, send))
        with unit_of_work.read() as session:
            assert [each.state for each in to_resident(session)] == [NotificationState.called_off] * news_first
            [referral] = session.exec(select(Referral))
            assert stands(session, referral) == [UpdateState.tell_in_person]


def report(session: Session, scene: Scene) -> None:
    given = ReportInput(reported_to=ReportedTo.police, what="身上有伤")
    resident = session.get_one(Resident, scene.resident.pk)
    report_harm(session, scene.worker, scene.case.region_code, given, resident=resident)


def care(session: Session, scene: Scene) -> None:
    set_care(session, scene.worker, session.get_one(Case, scene.case.pk), with_care=True)


class TestNotSafeAnyMore:
    @pytest.mark.parametrize(("found", "code"), [(report, "not_safe"), (care, "with_care")], ids=["harm", "care"])
    def test_what_waits_is_called_off_and_an_officer_tells_it(
        self, session: Session, found: Callable[[Session, Scene], None], code: str
    ) -> None:
        scene = make_scene(session)
        agree(session, scene)
        referral = scene.send(session)
        found(session, scene)
        assert [(each.state, each.called_off) for each in to_resident(session)] == [
            (NotificationState.called_off, code)
        ]
        assert stands(session, referral) == [UpdateState.tell_in_person]

    def test_also_where_the_charity_says_so(self, session: Session) -> None:
        scene = make_scene(session)
        agree(session, scene)
        service.step(session, scene.charity, scene.send(session), ReferralVerb.reject, reason=RejectionReason.safety)
        assert [each.called_off for each in to_resident(session)] == ["with_care"]

    def test_of_another_case_of_the_same_person(self, session: Session) -> None:
        """They have one telephone."""
        scene = make_scene(session)
        agree(session, scene)
        set_care(session, scene.worker, make_case(session, scene.worker, scene.resident), with_care=True)
        scene.send(session)
        assert to_resident(session) == []

    @pytest.mark.postgres
    @pytest.mark.parametrize("found", [report, care], ids=["harm", "care"])
    @pytest.mark.parametrize("news_first", [True, False], ids=["news first", "finding first"])
    def test_while_news_are_being_written(
        self, unit_of_work: UnitOfWork, engine: Engine, found: Callable[[Session, Scene], None], news_first: bool
    ) -> None:
        with unit_of_work.write() as session:
            scene = make_scene(session)
            agree(session, scene)

        one_after_the_other(unit_of_work, engine, scene, (send, found) if news_first else (found, send))
        with unit_of_work.read() as session:
            assert [each.state for each in to_resident(session)] == [NotificationState.called_off] * news_first

    @pytest.mark.postgres
    def test_holds_between_counties_which_share_no_audit_chain(self, unit_of_work: UnitOfWork, engine: Engine) -> None:
        with unit_of_work.write() as session:
            scene = make_scene(session)
            agree(session, scene)
            referral_id = scene.send(session).pk

        def inform(session: Session, _scene: Scene) -> None:
            news.inform_resident(session, session.get_one(Referral, referral_id), UpdateKind.visit, day="2026-09-08")

        one_after_the_other(unit_of_work, engine, scene, (inform, report))
        with unit_of_work.read() as session:
            assert [each.state for each in to_resident(session)] == [NotificationState.called_off] * 2


class TestNumberChanged:
    @staticmethod
    def change(session: Session, scene: Scene, **changes: Any) -> list[tuple[str, NotificationState, str]]:
        given = {
            name: getattr(scene.resident, name) for name in ResidentInput.model_fields if name in Resident.model_fields
        }
        news.update_resident(session, scene.worker, scene.resident, ResidentInput.model_validate(given | changes))
        notifications = to_resident(session)
        for each in notifications:
            session.refresh(each)
        return [(each.address, each.state, each.called_off) for each in notifications]

    @pytest.fixture
    def scene(self, session: Session) -> Scene:
        scene = make_scene(session)
        agree(session, scene)
        return scene

    def test_what_waits_goes_to_the_new_one(self, session: Session, scene: Scene) -> None:
        referral = scene.send(session)
        assert self.change(session, scene, phone="13900002222") == [
            ("13800001234", NotificationState.called_off, "number_changed"),
            ("13900002222", NotificationState.created, ""),
        ]
        assert stands(session, referral) == [UpdateState.sms_queued]

    @pytest.mark.parametrize("gone", [{"phone": None}, {"phone_owner": "邻居"}], ids=["none", "a neighbour's"])
    def test_where_there_is_none_an_officer_tells_it(
        self, session: Session, scene: Scene, gone: dict[str, Any]
    ) -> None:
        referral = scene.send(session)
        assert self.change(session, scene, **gone) == [("13800001234", NotificationState.called_off, "number_changed")]
        assert stands(session, referral) == [UpdateState.tell_in_person]
        # What an officer has to tell does not leave after all when a number is found, perhaps long after.
        assert len(self.change(session, scene, phone="13900002222", phone_owner="")) == 1

    def test_another_change_and_what_was_sent_stay_as_they_are(self, session: Session, scene: Scene) -> None:
        scene.send(session)
        assert self.change(session, scene, address="村西头") == [("13800001234", NotificationState.created, "")]
        [notification] = to_resident(session)
        step(session, notification.pk, NotificationState.sending)
        step(session, notification.pk, NotificationState.sent)
        assert [state for _address, state, _code in self.change(session, scene, phone="13900002222")] == ["sent"]


class TestStanding:
    @pytest.mark.parametrize(
        ("steps", "telling"),
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
    def test_is_what_became_of_the_message(
        self, session: Session, steps: list[NotificationState], telling: UpdateState
    ) -> None:
        scene = make_scene(session)
        agree(session, scene)
        referral = scene.send(session)
        [notification] = to_resident(session)
        for each in steps:
            step(session, notification.pk, each)
        assert stands(session, referral) == [telling]
        assert news.mark_told_in_person(session, scene.worker, referral) == (telling is UpdateState.sms_failed)

    def test_of_one_called_off_while_it_is_sent_in_vain_is_to_be_told(self, session: Session) -> None:
        scene = make_scene(session)
        agree(session, scene)
        referral = scene.send(session)
        [notification] = to_resident(session)
        step(session, notification.pk, NotificationState.sending)
        take_back(session, scene)
        assert stands(session, referral) == [UpdateState.sms_queued]
        step(session, notification.pk, NotificationState.temporary_failure)
        assert stands(session, referral) == [UpdateState.tell_in_person]


class TestWithCare:
    def test_nothing_goes_to_the_telephone(self, session: Session) -> None:
        scene = make_scene(session)
        agree(session, scene)
        set_care(session, scene.worker, scene.case, with_care=True)
        referral = serve(session, scene)
        assert to_resident(session) == []
        assert set(stands(session, referral)) == {UpdateState.tell_in_person}
        with pytest.raises(UpdatePageClosed):
            news.referral_of(session, news.address_for(referral.pk).removeprefix("/my/"))

    def test_nor_of_someone_who_may_be_being_harmed(self, session: Session) -> None:
        scene = make_scene(session)
        agree(session, scene)
        report(session, scene)
        scene.send(session)
        assert to_resident(session) == []

    def test_a_charity_that_returns_it_for_safety_sets_it(self, session: Session) -> None:
        scene = make_scene(session)
        service.step(session, scene.charity, scene.send(session), ReferralVerb.reject, reason=RejectionReason.safety)
        assert scene.case.with_care


class TestOwnPage:
    def test_is_opened_by_its_signature_alone(self, session: Session) -> None:
        scene = make_scene(session)
        referral = scene.send(session)
        token = news.address_for(referral.pk).removeprefix("/my/")
        assert news.referral_of(session, token) is referral
        for wrong in (str(referral.pk), token[:-1], f"{referral.pk + 1}.{token.split('.')[1]}", "x.y", ""):
            with pytest.raises(UpdatePageClosed):
                news.referral_of(session, wrong)

    def test_closes_some_time_after_the_end(self, session: Session) -> None:
        scene = make_scene(session)
        referral = serve(session, scene)
        token = news.address_for(referral.pk).removeprefix("/my/")
        with frozen_time(now() + news.OPEN_AFTER + timedelta(hours=1)), pytest.raises(UpdatePageClosed):
            news.referral_of(session, token)


class TestSatisfaction:
    def test_is_said_once_through_the_link(self, session: Session) -> None:
        scene = make_scene(session)
        referral = serve(session, scene)
        record_satisfaction(
            session, None, referral, 2, solved=False, by=Answerer.family, asked_by=AskedBy.link, comment=" 来晚了 "
        )
        assert (referral.satisfaction, referral.solved, referral.satisfaction_comment) == (2, False, "来晚了")
        with pytest.raises(AlreadyRated):
            record_satisfaction(session, None, referral, 5)

    def test_is_never_asked_by_who_served(self, session: Session) -> None:
        """Domain section 5.8: not by the charity, also not by a manager who steers it."""
        scene = make_scene(session)
        referral = serve(session, scene)
        for actor in (scene.charity, make_actor(session, role=Role.program_manager)):
            with pytest.raises(NotPermitted):
                record_satisfaction(session, actor, referral, 5)

    def test_is_of_what_was_completed(self, session: Session) -> None:
        scene = make_scene(session)
        with pytest.raises(IllegalReferralStep):
            record_satisfaction(session, scene.worker, scene.send(session), 5)


def test_an_organization_is_named_so_that_its_call_is_known(session: Session) -> None:
    scene = make_scene(session)
    agree(session, scene)
    referral = scene.send(session)
    assert (
        to_resident(session)[0].parameters["organization"] == get_organization(session, referral.organization_id).name
    )
