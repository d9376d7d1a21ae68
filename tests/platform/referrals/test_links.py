"""A link opens one referral, while it stands, and nothing else."""

import threading
from datetime import timedelta

import pytest
from sqlmodel import Session, col, select

from factories.accounts import make_actor
from factories.referrals import Scene, make_scene
from factories.residents import make_consent
from tuoju.accounts import audit
from tuoju.accounts.errors import NotPermitted
from tuoju.accounts.models import AuditEntry, Role
from tuoju.database.records import frozen_time, now
from tuoju.database.unit_of_work import UnitOfWork
from tuoju.referrals import cancellations as endings
from tuoju.referrals import links, messages, service
from tuoju.referrals.errors import FirstVisitImpossible, IllegalReferralStep, LinkClosed, NothingWritten, NotServing
from tuoju.referrals.models import Referral, ReferralEvent, ReferralLink
from tuoju.referrals.status import Outcome, ReferralState, ReferralVerb, RejectionReason, Side
from tuoju.regions.calendar import china_day
from tuoju.residents.models import Consent
from tuoju.residents.queries import readings_of
from tuoju.visits.inputs import VisitInput
from tuoju.visits.models import ServiceVisit
from tuoju.visits.service import complete, record_visit
from tuoju_notifications.kinds import NotificationKind
from tuoju_notifications.models import Notification
from tuoju_projects.queries import get_organization


@pytest.fixture
def scene(session: Session) -> Scene:
    return make_scene(session)


def sent(session: Session, scene: Scene) -> tuple[Referral, ReferralLink]:
    referral = scene.send(session)
    link = links.find_current_link(session, referral)
    assert link is not None
    return referral, link


def visit(scene: Scene, key: str = "by-link-0001") -> VisitInput:
    return VisitInput(submission_key=key, served_on=china_day(now()), minutes=45, served=[scene.resident.pk])


class TestToken:
    def test_is_not_in_the_database(self, session: Session, scene: Scene) -> None:
        _, link = sent(session, scene)
        token = links.token_of(link)
        assert token not in str(link.model_dump())
        assert links.handle_of(session, token) == link.handle

    def test_changed_opens_nothing(self, session: Session, scene: Scene) -> None:
        _, link = sent(session, scene)
        token = links.token_of(link)
        for changed in (token[:-1], token + "A", "A" + token, token.swapcase(), token.split(".")[1], "."):
            with pytest.raises(LinkClosed):
                links.handle_of(session, changed)

    def test_a_handle_alone_is_no_token(self, session: Session, scene: Scene) -> None:
        _, link = sent(session, scene)
        with pytest.raises(LinkClosed):
            links.handle_of(session, link.handle)

    def test_of_a_copied_row_opens_nothing(self, session: Session, scene: Scene) -> None:
        """Who could write a row but has not the key makes no link."""
        _, link = sent(session, scene)
        token = links.token_of(link)
        link.token_hash = "0" * 64
        session.flush()
        with pytest.raises(LinkClosed):
            links.handle_of(session, token)


class TestStands:
    def test_until_the_answer_is_due(self, session: Session, scene: Scene) -> None:
        referral, link = sent(session, scene)
        assert link.expires_at == referral.answer_due_at
        with frozen_time(link.expires_at), pytest.raises(LinkClosed):
            links.use(session, link.handle)

    def test_longer_with_each_use_in_service(self, session: Session, scene: Scene) -> None:
        referral, link = sent(session, scene)
        bearer, _ = links.use(session, link.handle)
        service.step(session, bearer, referral, ReferralVerb.accept)
        links.use(session, link.handle)
        later = now() + links.LIFETIME - timedelta(hours=1)
        with frozen_time(later):
            links.use(session, link.handle)
        with frozen_time(later + links.LIFETIME + timedelta(seconds=1)), pytest.raises(LinkClosed):
            links.use(session, link.handle)

    def test_until_a_new_one_is_made(self, session: Session, scene: Scene) -> None:
        referral, link = sent(session, scene)
        anew = links.issue(session, scene.charity, referral)
        assert links.use(session, anew.handle)[1] is referral
        with pytest.raises(LinkClosed):
            links.use(session, link.handle)

    def test_until_it_is_stopped(self, session: Session, scene: Scene) -> None:
        referral, link = sent(session, scene)
        links.revoke(session, scene.worker, referral)
        with pytest.raises(LinkClosed):
            links.use(session, link.handle)

    def test_until_the_consent_is_taken_back(self, session: Session, scene: Scene) -> None:
        """PIPL art. 15: at once."""
        referral, link = sent(session, scene)
        consent = session.get_one(Consent, referral.consent_id)
        endings.withdraw_consent_and_cancel(session, scene.worker, consent)
        with pytest.raises(LinkClosed):
            links.use(session, link.handle)
        with pytest.raises(LinkClosed):
            links.handle_of(session, links.token_of(link))
        with pytest.raises(LinkClosed):
            links.issue(session, scene.worker, referral)

    def test_until_the_referral_is_taken_back(self, session: Session, scene: Scene) -> None:
        referral, link = sent(session, scene)
        service.step(session, scene.worker, referral, ReferralVerb.cancel, note="不需要了")
        with pytest.raises(LinkClosed):
            links.use(session, link.handle)

    def test_until_it_is_closed(self, session: Session, scene: Scene) -> None:
        referral, link = sent(session, scene)
        bearer, _ = links.use(session, link.handle)
        service.step(session, bearer, referral, ReferralVerb.accept)
        record_visit(session, bearer, referral, visit(scene))
        complete(session, bearer, referral, outcome=Outcome.met)
        assert referral.state is ReferralState.completed
        with pytest.raises(LinkClosed):
            links.use(session, link.handle)


class TestBearer:
    def test_acts_for_its_one_referral_alone(self, session: Session, scene: Scene) -> None:
        """Also not for another referral to the same organization."""
        _, link = sent(session, scene)
        other = make_scene(session)
        other.project.organization_id = scene.project.organization_id
        session.flush()
        make_consent(session, other.worker, other.resident, scene.project.organization_id)
        second = other.send(session)
        bearer, _ = links.use(session, link.handle)
        assert second.organization_id == bearer.organization_id
        with pytest.raises(NotPermitted):
            service.step(session, bearer, second, ReferralVerb.accept)
        with pytest.raises(NotPermitted):
            messages.write(session, bearer, second, "您好")
        with pytest.raises(NotPermitted):
            record_visit(session, bearer, second, visit(other))
        service.step(session, other.worker, second, ReferralVerb.cancel, note="误发")
        with pytest.raises(NotPermitted):
            service.reveal(session, bearer, second)

    @pytest.mark.parametrize("verb", [ReferralVerb.cancel, ReferralVerb.mark_in_error, ReferralVerb.expire])
    def test_says_the_receivers_verbs_alone(self, session: Session, scene: Scene, verb: ReferralVerb) -> None:
        referral, link = sent(session, scene)
        bearer, _ = links.use(session, link.handle)
        with pytest.raises(NotPermitted):
            service.step(session, bearer, referral, verb, note="x")

    def test_reads_in_full_only_after_accepting(self, session: Session, scene: Scene) -> None:
        referral, link = sent(session, scene)
        bearer, _ = links.use(session, link.handle)
        with pytest.raises(NotServing):
            service.reveal(session, bearer, referral)

    def test_is_in_the_audit_and_the_residents_own_record(self, session: Session, scene: Scene) -> None:
        referral, link = sent(session, scene)
        bearer, _ = links.use(session, link.handle, name="王老师")
        links.record_page_view(session, bearer, referral)
        service.step(session, bearer, referral, ReferralVerb.accept)
        service.reveal(session, bearer, referral)
        entries = session.exec(select(AuditEntry).order_by(col(AuditEntry.id))).all()
        through = [each.action for each in entries if each.detail.get("via_link") == link.pk]
        assert through == ["read_by_link", "need_take_up", "referral_accept", "reveal"]
        audit.verify(session)
        organization = get_organization(session, referral.organization_id)
        assert [each.reader for each in readings_of(session, scene.resident)] == [organization.name]
        event = session.exec(select(ReferralEvent).where(ReferralEvent.verb == ReferralVerb.accept)).one()
        assert (event.by, event.link_id, event.holder_name) == (None, link.pk, "王老师")

    def test_records_visits_that_count(self, session: Session, scene: Scene) -> None:
        referral, link = sent(session, scene)
        bearer, _ = links.use(session, link.handle)
        service.step(session, bearer, referral, ReferralVerb.accept)
        kept = record_visit(session, bearer, referral, visit(scene))
        assert record_visit(session, bearer, referral, visit(scene)) is kept
        assert (kept.recorded_by, kept.link_id) == (None, link.pk)
        assert len(session.exec(select(ServiceVisit)).all()) == 1


class TestIssue:
    def test_by_either_side_alone(self, session: Session, scene: Scene) -> None:
        referral, _ = sent(session, scene)
        stranger = make_scene(session).charity
        manager = make_actor(session, role=Role.program_manager)
        for other in (stranger, manager):
            with pytest.raises(NotPermitted):
                links.issue(session, other, referral)
            with pytest.raises(NotPermitted):
                links.show(session, other, referral)
            with pytest.raises(NotPermitted):
                links.revoke(session, other, referral)

    def test_showing_it_is_audited(self, session: Session, scene: Scene) -> None:
        referral, link = sent(session, scene)
        assert links.show(session, scene.worker, referral) is link
        shown = session.exec(select(AuditEntry).where(AuditEntry.action == "show_link")).one()
        assert shown.actor_id == scene.worker.user_id


class TestAskAnew:
    def test_makes_a_new_link_and_tells_the_sender(self, session: Session, scene: Scene) -> None:
        referral, link = sent(session, scene)
        links.request_new_link(session, links.token_of(link))
        fresh = links.find_current_link(session, referral)
        assert fresh is not None
        assert fresh.pk != link.pk
        told = session.exec(select(Notification).where(Notification.kind == NotificationKind.link_wanted)).one()
        assert told.recipient_id == scene.worker.user_id
        assert links.token_of(fresh) not in str(told.model_dump())

    @pytest.mark.parametrize("presented", ["", "x", "aaaa.bbbb", "x" * 500, "é.ü"])
    def test_a_guess_does_nothing(self, session: Session, scene: Scene, presented: str) -> None:
        referral, link = sent(session, scene)
        links.request_new_link(session, presented)
        assert links.find_current_link(session, referral) is link

    def test_of_an_ended_referral_does_nothing(self, session: Session, scene: Scene) -> None:
        referral, link = sent(session, scene)
        service.step(session, scene.worker, referral, ReferralVerb.cancel, note="不需要了")
        links.request_new_link(session, links.token_of(link))
        assert links.find_current_link(session, referral) is link


class TestMessages:
    def test_go_both_ways(self, session: Session, scene: Scene) -> None:
        referral, link = sent(session, scene)
        bearer, _ = links.use(session, link.handle, name="王老师")
        messages.write(session, bearer, referral, " 能自己开门吗? ")
        messages.write(session, scene.worker, referral, "能,走得慢")
        thread = messages.messages_of(session, referral)
        assert [(each.side, each.text, each.holder_name) for each in thread] == [
            (Side.receiver, "能自己开门吗?", "王老师"),
            (Side.sender, "能,走得慢", ""),
        ]
        kinds = {each.kind: each.recipient_id for each in session.exec(select(Notification)).all()}
        assert kinds[NotificationKind.referral_question] == scene.worker.user_id
        assert kinds[NotificationKind.referral_reply] == scene.charity.user_id
        assert "开门" not in str([each.model_dump() for each in session.exec(select(Notification)).all()])

    def test_need_words_and_a_live_referral(self, session: Session, scene: Scene) -> None:
        referral, _ = sent(session, scene)
        with pytest.raises(NothingWritten):
            messages.write(session, scene.worker, referral, "  ")
        service.step(session, scene.worker, referral, ReferralVerb.cancel, note="不需要了")
        with pytest.raises(IllegalReferralStep):
            messages.write(session, scene.worker, referral, "您好")


class TestFirstVisit:
    def test_is_promised_after_accepting(self, session: Session, scene: Scene) -> None:
        referral, link = sent(session, scene)
        bearer, _ = links.use(session, link.handle)
        today = china_day(now())
        with pytest.raises(IllegalReferralStep):
            service.plan_first_visit(session, bearer, referral, today)
        service.step(session, bearer, referral, ReferralVerb.accept)
        for day in (today - timedelta(days=1), today + timedelta(days=61)):
            with pytest.raises(FirstVisitImpossible):
                service.plan_first_visit(session, bearer, referral, day)
        service.plan_first_visit(session, bearer, referral, today + timedelta(days=3))
        assert referral.first_visit_on == today + timedelta(days=3)


def test_two_people_with_one_link_answer_once(unit_of_work: UnitOfWork) -> None:
    """The link's row is locked from its use to the commit: the second sees what the first has said."""
    with unit_of_work.write() as session:
        _, link = sent(session, make_scene(session))
        handle, referral_id = link.handle, link.referral_id
    start, lost = threading.Barrier(2), []

    def answer(verb: ReferralVerb, reason: RejectionReason | None) -> None:
        start.wait()
        try:
            with unit_of_work.write() as session:
                bearer, referral = links.use(session, handle)
                service.step(session, bearer, referral, verb, reason=reason)
        except (IllegalReferralStep, LinkClosed) as error:
            lost.append(error)

    answers = ((ReferralVerb.accept, None), (ReferralVerb.reject, RejectionReason.safety))
    both = [threading.Thread(target=answer, args=each) for each in answers]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    with unit_of_work.read() as session:
        events = session.exec(select(ReferralEvent).where(ReferralEvent.referral_id == referral_id)).all()
        assert len(events) == 2
        assert session.get_one(Referral, referral_id).state is events[1].state
    assert len(lost) == 1
