"""A link opens one referral, while link and referral are open, and nothing else."""

import threading
from datetime import timedelta

import pytest
from sqlmodel import Session, col, select

from factories.accounts import make_actor
from factories.databases import UnitOfWork
from factories.referrals import Scene, make_scene
from factories.residents import make_consent
from tuoju.accounts import audit
from tuoju.accounts.errors import NotPermitted
from tuoju.accounts.models import AuditEntry, Role
from tuoju.database.records import frozen_time, now
from tuoju.referrals import cancellations as endings
from tuoju.referrals import links, messages, service
from tuoju.referrals.errors import IllegalReferralStep, LinkClosed, NotServing
from tuoju.referrals.models import Referral, ReferralEvent, ReferralLink
from tuoju.referrals.status import Outcome, ReferralState, ReferralVerb, RejectionReason
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
    def test_the_token_is_not_in_the_database(self, session: Session, scene: Scene) -> None:
        _, link = sent(session, scene)
        token = links.token_of(link)
        assert token not in str(link.model_dump())
        assert links.handle_of(session, token) == link.handle

    def test_a_changed_token_opens_nothing(self, session: Session, scene: Scene) -> None:
        _, link = sent(session, scene)
        token = links.token_of(link)
        for changed in (token[:-1], token + "A", "A" + token, token.swapcase(), token.split(".")[1], "."):
            with pytest.raises(LinkClosed):
                links.handle_of(session, changed)

    def test_a_handle_without_signature_opens_nothing(self, session: Session, scene: Scene) -> None:
        _, link = sent(session, scene)
        with pytest.raises(LinkClosed):
            links.handle_of(session, link.handle)

    def test_a_forged_row_opens_nothing(self, session: Session, scene: Scene) -> None:
        """Somebody who can write rows but does not have the key cannot make a link."""
        _, link = sent(session, scene)
        token = links.token_of(link)
        link.token_hash = "0" * 64
        session.flush()
        with pytest.raises(LinkClosed):
            links.handle_of(session, token)


class TestHowLongALinkIsOpen:
    def test_it_closes_when_the_answer_is_due(self, session: Session, scene: Scene) -> None:
        referral, link = sent(session, scene)
        assert link.expires_at == referral.answer_due_at
        with frozen_time(link.expires_at), pytest.raises(LinkClosed):
            links.use(session, link.handle)

    def test_each_use_in_service_prolongs_it(self, session: Session, scene: Scene) -> None:
        referral, link = sent(session, scene)
        holder, _ = links.use(session, link.handle)
        service.step(session, holder, referral, ReferralVerb.accept)
        links.use(session, link.handle)
        later = now() + links.LIFETIME - timedelta(hours=1)
        with frozen_time(later):
            links.use(session, link.handle)
        with frozen_time(later + links.LIFETIME + timedelta(seconds=1)), pytest.raises(LinkClosed):
            links.use(session, link.handle)

    def test_a_new_link_closes_the_old_one(self, session: Session, scene: Scene) -> None:
        referral, link = sent(session, scene)
        new_link = links.issue(session, scene.charity, referral)
        assert links.use(session, new_link.handle)[1] is referral
        with pytest.raises(LinkClosed):
            links.use(session, link.handle)

    def test_a_revocation_closes_it(self, session: Session, scene: Scene) -> None:
        referral, link = sent(session, scene)
        links.revoke(session, scene.worker, referral)
        with pytest.raises(LinkClosed):
            links.use(session, link.handle)

    def test_a_withdrawn_consent_closes_it(self, session: Session, scene: Scene) -> None:
        """PIPL art. 15: immediately."""
        referral, link = sent(session, scene)
        consent = session.get_one(Consent, referral.consent_id)
        endings.withdraw_consent_and_cancel(session, scene.worker, consent)
        with pytest.raises(LinkClosed):
            links.use(session, link.handle)
        with pytest.raises(LinkClosed):
            links.handle_of(session, links.token_of(link))
        with pytest.raises(LinkClosed):
            links.issue(session, scene.worker, referral)

    def test_a_cancelled_referral_closes_it(self, session: Session, scene: Scene) -> None:
        referral, link = sent(session, scene)
        service.step(session, scene.worker, referral, ReferralVerb.cancel, note="不需要了")
        with pytest.raises(LinkClosed):
            links.use(session, link.handle)

    def test_a_completed_referral_closes_it(self, session: Session, scene: Scene) -> None:
        referral, link = sent(session, scene)
        holder, _ = links.use(session, link.handle)
        service.step(session, holder, referral, ReferralVerb.accept)
        record_visit(session, holder, referral, visit(scene))
        complete(session, holder, referral, outcome=Outcome.met)
        assert referral.state is ReferralState.completed
        with pytest.raises(LinkClosed):
            links.use(session, link.handle)


class TestLinkHolder:
    def test_acts_for_one_referral_only(self, session: Session, scene: Scene) -> None:
        """Not for another referral, even to the same organization."""
        _, link = sent(session, scene)
        other = make_scene(session)
        other.project.organization_id = scene.project.organization_id
        session.flush()
        make_consent(session, other.worker, other.resident, scene.project.organization_id)
        second = other.send(session)
        holder, _ = links.use(session, link.handle)
        assert second.organization_id == holder.organization_id
        with pytest.raises(NotPermitted):
            service.step(session, holder, second, ReferralVerb.accept)
        with pytest.raises(NotPermitted):
            messages.write(session, holder, second, "您好")
        with pytest.raises(NotPermitted):
            record_visit(session, holder, second, visit(other))
        service.step(session, other.worker, second, ReferralVerb.cancel, note="误发")
        with pytest.raises(NotPermitted):
            service.reveal(session, holder, second, purpose="serve")

    @pytest.mark.parametrize("verb", [ReferralVerb.cancel, ReferralVerb.mark_in_error, ReferralVerb.expire])
    def test_takes_no_step_of_the_sender_or_the_clock(self, session: Session, scene: Scene, verb: ReferralVerb) -> None:
        referral, link = sent(session, scene)
        holder, _ = links.use(session, link.handle)
        with pytest.raises(NotPermitted):
            service.step(session, holder, referral, verb, note="x")

    def test_reads_in_full_only_after_accepting(self, session: Session, scene: Scene) -> None:
        referral, link = sent(session, scene)
        holder, _ = links.use(session, link.handle)
        with pytest.raises(NotServing):
            service.reveal(session, holder, referral, purpose="serve")

    def test_stands_in_the_audit_and_in_the_readings_of_the_resident(self, session: Session, scene: Scene) -> None:
        referral, link = sent(session, scene)
        holder, _ = links.use(session, link.handle, name="王老师")
        links.record_page_view(session, holder, referral)
        service.step(session, holder, referral, ReferralVerb.accept)
        service.reveal(session, holder, referral, purpose="serve")
        entries = session.exec(select(AuditEntry).order_by(col(AuditEntry.id))).all()
        actions = [entry.action for entry in entries if entry.detail.get("via_link") == link.pk]
        assert actions == ["read_by_link", "need_take_up", "referral_accept", "reveal"]
        assert audit.verify(session).findings == []
        organization = get_organization(session, referral.organization_id)
        assert [reading.reader for reading in readings_of(session, scene.resident)] == [organization.name]
        event = session.exec(select(ReferralEvent).where(ReferralEvent.verb == ReferralVerb.accept)).one()
        assert (event.by, event.link_id, event.holder_name) == (None, link.pk, "王老师")

    def test_records_visits(self, session: Session, scene: Scene) -> None:
        referral, link = sent(session, scene)
        holder, _ = links.use(session, link.handle)
        service.step(session, holder, referral, ReferralVerb.accept)
        kept = record_visit(session, holder, referral, visit(scene))
        assert record_visit(session, holder, referral, visit(scene)) is kept
        assert (kept.recorded_by, kept.link_id) == (None, link.pk)
        assert len(session.exec(select(ServiceVisit)).all()) == 1


class TestIssue:
    def test_only_the_two_sides_issue_show_and_revoke(self, session: Session, scene: Scene) -> None:
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

    def test_showing_a_link_is_audited(self, session: Session, scene: Scene) -> None:
        referral, link = sent(session, scene)
        assert links.show(session, scene.worker, referral) is link
        shown = session.exec(select(AuditEntry).where(AuditEntry.action == "show_link")).one()
        assert shown.actor_id == scene.worker.user_id


class TestRequestNewLink:
    def test_it_issues_a_link_and_notifies_the_sender(self, session: Session, scene: Scene) -> None:
        referral, link = sent(session, scene)
        links.request_new_link(session, links.token_of(link))
        new_link = links.find_current_link(session, referral)
        assert new_link is not None
        assert new_link.pk != link.pk
        notification = session.exec(select(Notification).where(Notification.kind == NotificationKind.link_wanted)).one()
        assert notification.recipient_id == scene.worker.user_id
        assert links.token_of(new_link) not in str(notification.model_dump())

    @pytest.mark.parametrize("presented", ["", "x", "aaaa.bbbb", "x" * 500, "é.ü"])
    def test_an_unknown_token_does_nothing(self, session: Session, scene: Scene, presented: str) -> None:
        referral, link = sent(session, scene)
        links.request_new_link(session, presented)
        assert links.find_current_link(session, referral) is link

    def test_an_ended_referral_gets_no_new_link(self, session: Session, scene: Scene) -> None:
        referral, link = sent(session, scene)
        service.step(session, scene.worker, referral, ReferralVerb.cancel, note="不需要了")
        links.request_new_link(session, links.token_of(link))
        assert links.find_current_link(session, referral) is link


def test_two_people_with_one_link_answer_once(unit_of_work: UnitOfWork) -> None:
    """The link's row is locked from its use to the commit: the second sees the answer of the first."""
    with unit_of_work.write() as session:
        _, link = sent(session, make_scene(session))
        handle, referral_id = link.handle, link.referral_id
    start, lost = threading.Barrier(2), []

    def answer(verb: ReferralVerb, reason: RejectionReason | None) -> None:
        start.wait()
        try:
            with unit_of_work.write() as session:
                holder, referral = links.use(session, handle)
                service.step(session, holder, referral, verb, reason=reason)
        except (IllegalReferralStep, LinkClosed) as error:
            lost.append(error)

    answers = ((ReferralVerb.accept, None), (ReferralVerb.reject, RejectionReason.safety))
    both = [threading.Thread(target=answer, args=verb_and_reason) for verb_and_reason in answers]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    with unit_of_work.read() as session:
        events = session.exec(select(ReferralEvent).where(ReferralEvent.referral_id == referral_id)).all()
        assert len(events) == 2
        assert session.get_one(Referral, referral_id).state is events[1].state
    assert len(lost) == 1
