"""Public notices: masked by construction, checked, up for their days, objected to (domain sections 3, 6, 17)."""

from datetime import date, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, select

from factories.accounts import VILLAGE, make_actor
from factories.api import make_app
from factories.databases import UnitOfWork
from factories.residents import make_resident
from tuoju.accounts.models import Role
from tuoju.accounts.permissions import Actor
from tuoju.cases import procedure, service
from tuoju.cases.errors import IllegalCaseStep
from tuoju.cases.inputs import CaseInput, DecisionInput, InvestigationInput, OpinionInput
from tuoju.cases.models import Case, ClockStep
from tuoju.cases.status import CaseState, CaseVerb
from tuoju.database.records import frozen_time
from tuoju.referrals.cancellations import withdraw_consent_and_cancel
from tuoju.regions.calendar import CHINA
from tuoju.relief import notices
from tuoju.relief import service as relief
from tuoju.relief.errors import (
    FundNotFound,
    NoticeLeaks,
    NoticePeriodOver,
    ObjectionAnswered,
    RecheckMissing,
    ReviewerWasInvolved,
)
from tuoju.relief.inputs import AnswerInput, NoticeInput, ObjectionInput, SocietyInput
from tuoju.relief.models import Help, PublicNotice, Recheck
from tuoju.relief.societies import record_society
from tuoju.residents.consents import ConsentTerms, give_consent
from tuoju.residents.leaks.kinds import LeakKind
from tuoju.residents.models import Consent, ConsentGiver, ConsentPurpose, GuardianRelation, Resident

MONDAY = datetime(2026, 10, 12, 10, tzinfo=CHINA)
VISIT = {"visited_on": MONDAY.date(), "difficulties": "房屋漏雨", "conclusion": "services"}
OBJECTION = ObjectionInput(content="他家去年盖了新房")
REFUSED = AnswerInput(upheld=False, recheck=Recheck.deliberation, answer="已复查,房屋为借住")


@pytest.fixture
def worker(session: Session) -> Actor:
    return make_actor(session)


@pytest.fixture
def chair(session: Session, worker: Actor) -> Actor:
    return make_actor(session)


def relieved(session: Session, worker: Actor, chair: Actor, **values: object) -> Case:
    """A case whose services were reported on MONDAY."""
    resident = make_resident(session, worker, **values)
    with frozen_time(MONDAY):
        case = service.open_case(session, worker, resident, CaseInput(hardship_cause="3"))
        visit = {"visited_on": MONDAY.date(), "difficulties": "房屋漏雨", "conclusion": "services"}
        procedure.record_investigation(session, worker, case, InvestigationInput.model_validate(visit))
        opinion = OpinionInput.model_validate({"opinion": "services_only", "note": "情况属实"})
        procedure.give_opinion(session, worker, case, opinion)
        procedure.decide(session, chair, case, DecisionInput(approve=True))
        return relief.report_services(session, worker, case)


def agree(session: Session, worker: Actor, case: Case, giver: ConsentGiver = ConsentGiver.self) -> None:
    give_consent(
        session,
        worker,
        session.get_one(Resident, case.resident_id),
        purpose=ConsentPurpose.publicity,
        organization_id=None,
        given_by=giver,
        method="paper",
        terms=ConsentTerms(relation=GuardianRelation.parent),
    )


def posted(session: Session, worker: Actor, case: Case, **inputs: object) -> PublicNotice:
    with frozen_time(MONDAY):
        return notices.post_notice(session, worker, case, NoticeInput.model_validate(inputs))


class TestPosting:
    def test_is_due_two_working_days_after_relief(self, session: Session, worker: Actor, chair: Actor) -> None:
        case = relieved(session, worker, chair)
        assert case.due_at == datetime(2026, 10, 15, tzinfo=CHINA)

    def test_is_on_the_board_for_seven_days_from_the_day_after(
        self, session: Session, worker: Actor, chair: Actor
    ) -> None:
        case = relieved(session, worker, chair)
        notice = posted(session, worker, case)
        assert (notice.first_day, notice.last_day) == (date(2026, 10, 13), date(2026, 10, 19))
        assert case.state is CaseState.publicised
        assert notices.on_board(session, VILLAGE, date(2026, 10, 19)) == [notice]
        assert notices.on_board(session, VILLAGE, date(2026, 10, 20)) == []

    def test_without_consent_it_shows_the_case_number(self, session: Session, worker: Actor, chair: Actor) -> None:
        """PIPL art. 25: no publication without separate consent."""
        case = relieved(session, worker, chair, name="欧阳建国")
        assert posted(session, worker, case).shown_name == case.number

    def test_with_consent_it_shows_the_masked_name(self, session: Session, worker: Actor, chair: Actor) -> None:
        case = relieved(session, worker, chair, name="欧阳建国")
        agree(session, worker, case)
        assert posted(session, worker, case).shown_name == "欧**国"

    def test_a_name_that_cannot_be_masked_is_replaced_by_the_case_number(
        self, session: Session, worker: Actor, chair: Actor
    ) -> None:
        case = relieved(session, worker, chair)
        agree(session, worker, case)
        assert posted(session, worker, case, by_number=True).shown_name == case.number

    def test_a_child_is_never_named(self, session: Session, worker: Actor, chair: Actor) -> None:
        """未成年人保护法 art. 4."""
        child = {"born_on": date(2017, 5, 1), "guardian_name": "周奶奶", "id_type": "none", "id_number": None}
        case = relieved(session, worker, chair, **child)
        agree(session, worker, case, ConsentGiver.guardian)
        assert posted(session, worker, case).shown_name == case.number

    @pytest.mark.parametrize(
        ("remark", "kind"),
        [
            ("患尿毒症,透析", LeakKind.health_detail),
            ("电话13800001234", LeakKind.phone),
            ("身份证34119919420305112X", LeakKind.id_number),
            ("家住村东三组18号", LeakKind.address),
            ("欧阳建国家", LeakKind.name_in_full),
        ],
    )
    def test_a_remark_that_identifies_someone_is_rejected(
        self, session: Session, worker: Actor, chair: Actor, remark: str, kind: LeakKind
    ) -> None:
        case = relieved(session, worker, chair, name="欧阳建国")
        with pytest.raises(NoticeLeaks) as caught:
            posted(session, worker, case, remark=remark)
        assert kind in {leak.kind for leak in caught.value.leaks}
        assert (case.state, notices.notice_of(session, case)) == (CaseState.relieved, None)

    def test_nothing_is_posted_before_relief(self, session: Session, worker: Actor) -> None:
        case = service.open_case(session, worker, make_resident(session, worker), CaseInput(hardship_cause="3"))
        with pytest.raises(IllegalCaseStep):
            posted(session, worker, case)
        assert case.notice_ends_on is None

    def test_is_taken_down_after_its_last_day(self, session: Session, worker: Actor, chair: Actor) -> None:
        notice = posted(session, worker, relieved(session, worker, chair))
        with frozen_time(MONDAY + timedelta(days=7)):
            assert notices.take_down_ended(session) == 0
        with frozen_time(MONDAY + timedelta(days=8)):
            assert notices.take_down_ended(session) == 1
            assert notices.take_down_ended(session) == 0
        assert notice.taken_down_at is not None

    def test_the_case_closes_only_when_its_days_are_over(self, session: Session, worker: Actor, chair: Actor) -> None:
        case = relieved(session, worker, chair)
        posted(session, worker, case)
        with frozen_time(MONDAY + timedelta(days=7)):
            assert CaseVerb.close not in service.lawful_verbs(case)
        with frozen_time(MONDAY + timedelta(days=8)):
            assert service.step_case(session, worker, case, CaseVerb.close).state is CaseState.closed


class TestObjection:
    """Golden scenario S5: an objection on day 6."""

    def test_stops_the_case_until_it_is_answered(self, session: Session, worker: Actor, chair: Actor) -> None:
        township = make_actor(session, role=Role.township_officer)
        case = relieved(session, worker, chair)
        notice = posted(session, worker, case)
        with frozen_time(MONDAY + timedelta(days=6)):
            objection = notices.receive_objection(session, worker, notice, OBJECTION)
        assert case.state is CaseState.objected
        assert objection.due_at == datetime(2026, 10, 24, tzinfo=CHINA)
        with frozen_time(MONDAY + timedelta(days=9)):
            assert CaseVerb.close not in service.lawful_verbs(case)
            notices.answer_objection(session, township, objection, REFUSED)
            assert CaseVerb.close in service.lawful_verbs(case)
        with pytest.raises(ObjectionAnswered):
            notices.answer_objection(session, township, objection, REFUSED)

    def test_after_the_last_day_it_is_too_late(self, session: Session, worker: Actor, chair: Actor) -> None:
        notice = posted(session, worker, relieved(session, worker, chair))
        with frozen_time(MONDAY + timedelta(days=8)), pytest.raises(NoticePeriodOver):
            notices.receive_objection(session, worker, notice, OBJECTION)

    def test_two_villagers_may_object_and_each_is_answered(self, session: Session, worker: Actor, chair: Actor) -> None:
        township = make_actor(session, role=Role.township_officer)
        case = relieved(session, worker, chair)
        notice = posted(session, worker, case)
        with frozen_time(MONDAY + timedelta(days=2)):
            both = [notices.receive_objection(session, worker, notice, OBJECTION) for _ in range(2)]
            notices.answer_objection(session, township, both[1], REFUSED)
            assert case.state is CaseState.objected
            notices.answer_objection(session, township, both[0], REFUSED)
        assert case.state is CaseState.publicised

    def test_an_open_objection_has_a_deadline(self, session: Session, worker: Actor, chair: Actor) -> None:
        case = relieved(session, worker, chair)
        notice = posted(session, worker, case)
        with frozen_time(MONDAY + timedelta(days=6)):
            objection = notices.receive_objection(session, worker, notice, OBJECTION)
        assert (case.due_step, case.due_at) == (ClockStep.objection, objection.due_at)

    def test_a_person_involved_in_the_case_may_not_answer_it(
        self, session: Session, worker: Actor, chair: Actor
    ) -> None:
        case = relieved(session, worker, chair)
        with frozen_time(MONDAY):
            objection = notices.receive_objection(session, worker, posted(session, worker, case), OBJECTION)
        for actor in (worker, chair):
            with pytest.raises(ReviewerWasInvolved):
                notices.answer_objection(session, actor, objection, REFUSED)

    def test_a_second_visit_needs_two_people(self, session: Session, worker: Actor, chair: Actor) -> None:
        """低保审核确认办法 art. 19; the number is the rule's."""
        township, visit = make_actor(session, role=Role.township_officer), VISIT | {"difficulties": "房屋为借住"}
        answer = AnswerInput(upheld=False, recheck=Recheck.revisit, answer="已复查,房屋为借住")
        case = relieved(session, worker, chair)
        with frozen_time(MONDAY + timedelta(days=1)):
            objection = notices.receive_objection(session, worker, posted(session, worker, case), OBJECTION)
        with frozen_time(MONDAY + timedelta(days=2)):
            procedure.record_investigation(session, township, case, InvestigationInput.model_validate(visit))
            with pytest.raises(RecheckMissing):
                notices.answer_objection(session, township, objection, answer)
            two = InvestigationInput.model_validate(visit | {"companions": [worker.user_id]})
            procedure.record_investigation(session, township, case, two)
            assert notices.answer_objection(session, township, objection, answer).upheld is False


class TestSmallVillages:
    """Combinations that point at one person (domain 6; PIPL art. 73): one trait is enough where few live."""

    REMARK = "七十八岁,已发放米油"

    def test_a_village_of_unknown_size_counts_as_small(self, session: Session, worker: Actor, chair: Actor) -> None:
        case = relieved(session, worker, chair)
        with pytest.raises(NoticeLeaks) as caught:
            posted(session, worker, case, remark=self.REMARK)
        assert {leak.kind for leak in caught.value.leaks} == {LeakKind.points_at_one}

    @pytest.mark.parametrize(("households", "leaks"), [(99, True), (100, False), (640, False)])
    def test_the_recorded_number_of_households_decides(
        self, session: Session, worker: Actor, chair: Actor, households: int, leaks: bool
    ) -> None:
        record_society(session, worker, VILLAGE, SocietyInput(households=households))
        case = relieved(session, worker, chair)
        assert bool(notices.leaks_in(session, case, self.REMARK)) is leaks

    def test_a_remark_may_name_the_telephone_for_objections(
        self, session: Session, worker: Actor, chair: Actor
    ) -> None:
        record_society(session, worker, VILLAGE, SocietyInput(households=640, telephone="0550-3022685"))
        case = relieved(session, worker, chair)
        assert notices.leaks_in(session, case, "监督电话0550-3022685") == []
        assert notices.leaks_in(session, case, "电话0550-3022686") != []

    def test_the_facts_of_a_society_out_of_scope_are_not_recorded(self, session: Session, worker: Actor) -> None:
        with pytest.raises(FundNotFound):
            record_society(session, worker, "341122103213", SocietyInput(households=640))


def test_withdrawn_consent_replaces_the_name_by_the_case_number(session: Session, worker: Actor, chair: Actor) -> None:
    """PIPL art. 15."""
    case = relieved(session, worker, chair, name="欧阳建国")
    agree(session, worker, case)
    notice = posted(session, worker, case)
    consent = session.exec(select(Consent).where(Consent.purpose == ConsentPurpose.publicity)).one()
    with frozen_time(MONDAY + timedelta(days=1)):
        withdraw_consent_and_cancel(session, worker, consent)
    assert notice.shown_name == case.number


def test_the_notice_says_in_which_form_help_came(session: Session, worker: Actor, chair: Actor) -> None:
    """The article: 基本情况、原因、方式."""
    assert posted(session, worker, relieved(session, worker, chair)).helps == [Help.services]


class TestBoard:
    def test_the_board_is_open_to_everybody_and_names_nobody(self, unit_of_work: UnitOfWork) -> None:
        with unit_of_work.write() as session:
            worker = make_actor(session)
            chair = make_actor(session)
            resident = make_resident(session, worker, name="欧阳建国")
            case = service.open_case(session, worker, resident, CaseInput(hardship_cause="3"))
            visit = {"visited_on": date(2026, 10, 12), "difficulties": "房屋漏雨", "conclusion": "services"}
            procedure.record_investigation(session, worker, case, InvestigationInput.model_validate(visit))
            opinion = OpinionInput.model_validate({"opinion": "services_only", "note": "情况属实"})
            procedure.give_opinion(session, worker, case, opinion)
            procedure.decide(session, chair, case, DecisionInput(approve=True))
            relief.report_services(session, worker, case)
            agree(session, worker, case)
            notices.post_notice(session, worker, case, NoticeInput())
            personal = [resident.name, resident.phone, resident.id_number, resident.address]
        visitor = TestClient(make_app(unit_of_work))
        page = visitor.get(f"/board/{VILLAGE}")
        assert page.status_code == 200
        assert "欧**国" in page.text
        assert not [field for field in personal if field and field in page.text]
        assert visitor.get("/board/999999999999").status_code == 404
        assert visitor.get("/board/nowhere").status_code == 404
        with unit_of_work.read() as session:
            assert session.exec(select(PublicNotice)).one().region_code == VILLAGE
