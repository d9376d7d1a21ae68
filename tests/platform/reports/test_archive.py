"""One person, one file: the history in order, and what a case's file lacks (domain section 5.4)."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from sqlmodel import Session

from factories.accounts import VILLAGE, make_actor
from factories.cases import make_case
from factories.residents import make_resident
from tuoju.accounts.permissions import Actor
from tuoju.cases import procedure
from tuoju.cases.attachments import add_attachment, clean_upload
from tuoju.cases.inputs import DecisionInput, InvestigationInput, OpinionInput
from tuoju.cases.models import AttachmentKind, Case
from tuoju.cases.policies import Scheme
from tuoju.cases.queries import steps_of
from tuoju.cases.service import lawful_verbs
from tuoju.cases.status import CaseState, CaseVerb
from tuoju.database.records import frozen_time
from tuoju.regions.calendar import CHINA, china_day
from tuoju.relief import queries
from tuoju.relief import service as relief
from tuoju.relief.inputs import IncomeInput, NoticeInput, PaymentInput
from tuoju.relief.notices import post_notice
from tuoju.reports.checklist import Paper, PaperStatus, checklist
from tuoju.reports.closing import close_case, to_file
from tuoju.reports.errors import FileIncomplete, PapersToFile
from tuoju.reports.history import EventKind, history
from tuoju.residents.models import Resident
from tuoju.residents.service import reveal

MONDAY = datetime(2026, 10, 12, 10, tzinfo=CHINA)
PDF = b"%PDF-1.7\n%%EOF\n"


def standings(session: Session, case: Case) -> dict[Paper, PaperStatus]:
    return {entry.paper: entry.status for entry in checklist(session, case)}


def test_the_file_fills_up_step_by_step_until_the_case_may_close(session: Session) -> None:
    officer, chair = make_actor(session), make_actor(session)
    with frozen_time(MONDAY):
        fund = relief.open_fund(session, officer, VILLAGE)
        money = {"source": "government", "amount_yuan": 3000, "occurred_on": MONDAY.date()}
        relief.receive(session, officer, fund, IncomeInput.model_validate(money))
        case = make_case(session, officer, scheme=Scheme.society_relief)
        at_first = standings(session, case)
        assert at_first[Paper.investigation] is at_first[Paper.decision] is PaperStatus.missing
        assert at_first[Paper.receipt] is at_first[Paper.consent] is PaperStatus.not_needed
        visit = {"visited_on": MONDAY.date(), "difficulties": "房屋漏雨", "conclusion": "money"}
        procedure.record_investigation(session, officer, case, InvestigationInput.model_validate(visit))
        opinion = OpinionInput.model_validate({"opinion": "relieve", "note": "情况属实"})
        procedure.give_opinion(session, officer, case, opinion)
        procedure.decide(session, chair, case, DecisionInput(approve=True, granted_yuan=Decimal(500)))
        inputs = {"account_id": queries.earmarked_accounts_of(session, fund)[0].pk, "way": "cash", "amount_yuan": 500}
        payment = relief.prepare_payment(session, officer, case, PaymentInput.model_validate(inputs))
        relief.confirm_payment(session, chair, payment)
        paid = standings(session, case)
        assert (paid[Paper.payment], paid[Paper.receipt]) == (PaperStatus.done, PaperStatus.to_file)
        assert paid[Paper.notice] is PaperStatus.missing
        add_attachment(session, officer, case, kind=AttachmentKind.receipt, name="收条.pdf", file=clean_upload(PDF))
        post_notice(session, officer, case, NoticeInput())
        assert standings(session, case)[Paper.receipt] is PaperStatus.done
        assert CaseVerb.close not in lawful_verbs(case)
    with frozen_time(MONDAY + timedelta(days=9)):
        at_last = standings(session, case)
        assert PaperStatus.missing not in at_last.values()
        assert at_last[Paper.wall_photo] is PaperStatus.to_file
        assert CaseVerb.close in lawful_verbs(case)


def test_a_missing_step_keeps_the_case_open(session: Session) -> None:
    """The checklist and the procedure tell the same: nothing closes while something is missing."""
    officer = make_actor(session)
    case = make_case(session, officer, scheme=Scheme.society_relief)
    assert PaperStatus.missing in standings(session, case).values()
    assert CaseVerb.close not in lawful_verbs(case)


def test_the_history_lists_all_events_in_order(session: Session) -> None:
    officer = make_actor(session)
    resident = make_resident(session, officer)
    case = make_case(session, officer, resident, scheme=Scheme.society_relief)
    visit = {"visited_on": china_day(case.accepted_at), "difficulties": "房屋漏雨", "conclusion": "money"}
    procedure.record_investigation(session, officer, case, InvestigationInput.model_validate(visit))
    add_attachment(session, officer, case, kind=AttachmentKind.home_photo, name="x.pdf", file=clean_upload(PDF))
    reveal(session, officer, session.get_one(Resident, resident.pk), purpose="check")
    events = history(session, officer, resident)
    assert [event.at for event in events] == sorted(event.at for event in events)
    assert [event.kind for event in events] == [
        EventKind.registered,
        EventKind.case_opened,
        EventKind.case_step,
        EventKind.visited,
        EventKind.paper_filed,
        EventKind.read_in_full,
    ]


class TestClosing:
    """What is missing keeps a case open; what is still to be filed asks for a reason (domain section 5.4)."""

    def test_a_case_without_its_papers_closes_only_with_a_reason(self, session: Session) -> None:
        case, officer = _ready(session)
        with frozen_time(MONDAY + timedelta(days=9)):
            with pytest.raises(PapersToFile) as refused:
                close_case(session, officer, case)
            assert Paper.wall_photo in refused.value.papers
            closed = close_case(session, officer, case, reason="照片被雨淋坏,已由监事书面证明")
        assert closed.state is CaseState.closed
        assert "雨淋" in steps_of(session, case)[-1].note

    def test_a_complete_file_closes_without_one(self, session: Session) -> None:
        case, officer = _ready(session)
        with frozen_time(MONDAY + timedelta(days=9)):
            for kind, number in zip(AttachmentKind, range(20), strict=False):
                content = PDF + f"%{number}\n%%EOF\n".encode()
                add_attachment(session, officer, case, kind=kind, name="x.pdf", file=clean_upload(content))
            assert to_file(session, case) == []
            assert close_case(session, officer, case).state is CaseState.closed

    def test_no_reason_replaces_a_missing_step(self, session: Session) -> None:
        officer = make_actor(session)
        case = make_case(session, officer, scheme=Scheme.society_relief)
        with pytest.raises(FileIncomplete):
            close_case(session, officer, case, reason="想早点结案")


def _ready(session: Session) -> tuple[Case, Actor]:
    """A case paid and put on the board on MONDAY."""
    officer, chair = make_actor(session), make_actor(session)
    with frozen_time(MONDAY):
        fund = relief.open_fund(session, officer, VILLAGE)
        money = {"source": "government", "amount_yuan": 3000, "occurred_on": MONDAY.date()}
        relief.receive(session, officer, fund, IncomeInput.model_validate(money))
        case = make_case(session, officer, scheme=Scheme.society_relief)
        visit = {"visited_on": MONDAY.date(), "difficulties": "房屋漏雨", "conclusion": "money"}
        procedure.record_investigation(session, officer, case, InvestigationInput.model_validate(visit))
        opinion = OpinionInput.model_validate({"opinion": "relieve", "note": "情况属实"})
        procedure.give_opinion(session, officer, case, opinion)
        procedure.decide(session, chair, case, DecisionInput(approve=True, granted_yuan=Decimal(500)))
        inputs = {"account_id": queries.earmarked_accounts_of(session, fund)[0].pk, "way": "cash", "amount_yuan": 500}
        payment = relief.prepare_payment(session, officer, case, PaymentInput.model_validate(inputs))
        relief.confirm_payment(session, chair, payment)
        post_notice(session, officer, case, NoticeInput())
    return case, officer
