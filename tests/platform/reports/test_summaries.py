"""Monthly summaries: counted, signed, handed in, accepted or returned, restated (domain section 5.5, rule R5)."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from factories.accounts import CITY, TOWNSHIP, VILLAGE, make_actor
from factories.cases import make_case
from tuoju.accounts.errors import NotPermitted
from tuoju.accounts.models import Role
from tuoju.accounts.permissions import Actor
from tuoju.cases import procedure
from tuoju.cases.inputs import DecisionInput, InvestigationInput, OpinionInput
from tuoju.cases.policies import Scheme
from tuoju.database.records import frozen_time
from tuoju.regions.calendar import CHINA
from tuoju.regions.models import RegionLevel
from tuoju.relief import queries
from tuoju.relief import service as relief
from tuoju.relief.inputs import IncomeInput, PaymentInput
from tuoju.relief.models import Payment
from tuoju.reports import summaries
from tuoju.reports.errors import (
    CorrectionReasonMissing,
    MonthNotOver,
    NotASociety,
    NothingToCorrect,
    SecondSignatureNeeded,
    SummaryAnswered,
    SummaryAwaitsAnswer,
    SummaryNotFound,
)
from tuoju.reports.models import MonthlySummary, SummaryState
from tuoju.reports.sheets import Sheet, period_of
from tuoju.reports.summaries import Difference

OCTOBER = "2026-10"
MONDAY = datetime(2026, 10, 12, 10, tzinfo=CHINA)
AFTER = datetime(2026, 11, 2, 10, tzinfo=CHINA)


@pytest.fixture
def officer(session: Session) -> Actor:
    return make_actor(session)


@pytest.fixture
def chair(session: Session, officer: Actor) -> Actor:
    return make_actor(session)


@pytest.fixture
def township(session: Session) -> Actor:
    return make_actor(session, role=Role.township_officer)


def open_fund(session: Session, officer: Actor, yuan: int = 3000, village: str = VILLAGE) -> int:
    fund = relief.open_fund(session, officer, village)
    money = {"source": "donation", "amount_yuan": yuan, "occurred_on": date(2026, 9, 1)}
    with frozen_time(datetime(2026, 9, 1, 10, tzinfo=CHINA)):
        relief.receive(session, officer, fund, IncomeInput.model_validate(money))
    return queries.earmarked_accounts_of(session, fund)[0].pk


def pay(session: Session, officer: Actor, chair: Actor, account_id: int, yuan: int, at: datetime = MONDAY) -> Payment:
    with frozen_time(at):
        case = make_case(session, officer, scheme=Scheme.society_relief)
        visit = {"visited_on": at.date(), "difficulties": "房屋漏雨", "conclusion": "money"}
        procedure.record_investigation(session, officer, case, InvestigationInput.model_validate(visit))
        opinion = OpinionInput.model_validate({"opinion": "relieve", "note": "情况属实"})
        procedure.give_opinion(session, officer, case, opinion)
        procedure.decide(session, chair, case, DecisionInput(approve=True, granted_yuan=Decimal(yuan)))
        inputs = PaymentInput.model_validate({"account_id": account_id, "way": "cash", "amount_yuan": yuan})
        return relief.confirm_payment(session, chair, relief.prepare_payment(session, officer, case, inputs))


def hand_in(session: Session, officer: Actor, chair: Actor) -> MonthlySummary:
    made = summaries.prepare(session, officer, VILLAGE, OCTOBER)
    return summaries.sign(session, chair, made)


def test_the_sheet_counts_the_month(session: Session, officer: Actor, chair: Actor) -> None:
    account = open_fund(session, officer)
    pay(session, officer, chair, account, 800)
    with frozen_time(AFTER):
        sheet = summaries.sheet_of(summaries.prepare(session, officer, VILLAGE, OCTOBER))
    assert (sheet.opening_fen, sheet.relief_fen, sheet.closing_fen) == (300_000, 80_000, 220_000)
    assert (sheet.relief_person_times, sheet.relief_household_times, sheet.by_cause) == (1, 1, {"1": 1})
    assert (sheet.cases_opened, sheet.cases_discovered, sheet.cases_relieved, sheet.cases_in_time) == (1, 1, 1, 1)
    assert sheet.average_days == 0.5
    assert not sheet.nothing_happened


def test_the_fund_of_a_sheet_always_adds_up(session: Session, officer: Actor, chair: Actor) -> None:
    """上月结余 + 收入 - 支出 + 追缴 = 本月结余, which is what the ledger holds."""
    account = open_fund(session, officer)
    payment = pay(session, officer, chair, account, 500)
    with frozen_time(MONDAY + timedelta(days=3)):
        relief.recover_payment(session, chair, payment, note="情况不符")
    with frozen_time(AFTER):
        sheet = summaries.sheet_of(summaries.prepare(session, officer, VILLAGE, OCTOBER))
        fund = queries.get_fund(session, officer, VILLAGE)
        assert sheet.closing_fen == queries.balance_on(session, fund, date(2026, 10, 31)) == 300_000
    assert (sheet.relief_fen, sheet.recovered_fen) == (50_000, 50_000)


def test_the_person_who_prepared_a_summary_may_not_sign_it(session: Session, officer: Actor, chair: Actor) -> None:
    """填报人 and 社长 are two (domain section 17, item 7)."""
    open_fund(session, officer)
    with frozen_time(AFTER):
        made = summaries.prepare(session, officer, VILLAGE, OCTOBER)
        with pytest.raises(SecondSignatureNeeded):
            summaries.sign(session, officer, made)
        assert summaries.sign(session, chair, made).state is SummaryState.handed_in


def test_a_society_of_one_officer_signs_alone(session: Session) -> None:
    alone = make_actor(session, region_code="341124105206")
    open_fund(session, alone, village="341124105206")
    with frozen_time(AFTER):
        made = summaries.prepare(session, alone, "341124105206", OCTOBER)
        assert summaries.sign(session, alone, made).signed_by == alone.user_id


def test_a_signed_zero_report_is_not_a_missing_one(
    session: Session, officer: Actor, chair: Actor, township: Actor
) -> None:
    """S8; 零报告 ≠ 未报 (domain section 17, item 19)."""
    open_fund(session, officer)
    other = make_actor(session, region_code="341124105206")
    open_fund(session, other, village="341124105206")
    with frozen_time(AFTER):
        assert hand_in(session, officer, chair).nothing_happened
        lines = summaries.summaries_of_month(session, township, OCTOBER, TOWNSHIP)
    assert [(line.region_code, line.missing) for line in lines] == [(VILLAGE, False), ("341124105206", True)]


def test_a_month_that_is_not_over_is_not_reported(session: Session, officer: Actor) -> None:
    open_fund(session, officer)
    with frozen_time(datetime(2026, 10, 31, 23, tzinfo=CHINA)), pytest.raises(MonthNotOver):
        summaries.prepare(session, officer, VILLAGE, OCTOBER)


def test_a_village_without_a_society_reports_nothing(session: Session, officer: Actor) -> None:
    with frozen_time(AFTER), pytest.raises(NotASociety):
        summaries.prepare(session, officer, VILLAGE, OCTOBER)


def test_late_entries_do_not_change_what_was_signed(
    session: Session, officer: Actor, chair: Actor, township: Actor
) -> None:
    """Domain section 17, item 20: they show as a difference, and come in as a restatement with its reason."""
    account = open_fund(session, officer)
    with frozen_time(AFTER):
        first = hand_in(session, officer, chair)
        summaries.accept(session, township, first)
        with pytest.raises(NothingToCorrect):
            summaries.prepare(session, officer, VILLAGE, OCTOBER, reason="再报一次")
    late = {"source": "donation", "amount_yuan": 200, "occurred_on": date(2026, 10, 20)}
    with frozen_time(AFTER + timedelta(days=1)):
        relief.receive(session, officer, queries.get_fund(session, officer, VILLAGE), IncomeInput.model_validate(late))
        assert summaries.recount(session, first) == []
        assert summaries.since_counted(session, first) == [
            Difference("income_donation_fen", 0, 20_000),
            Difference("closing_fen", 300_000, 320_000),
        ]
        with pytest.raises(CorrectionReasonMissing):
            summaries.prepare(session, officer, VILLAGE, OCTOBER)
        second = summaries.prepare(session, officer, VILLAGE, OCTOBER, reason="补记一笔捐款")
    assert (second.edition, summaries.sheet_of(first).closing_fen) == (2, 300_000)
    assert summaries.differences(summaries.sheet_of(first), summaries.sheet_of(second))
    assert account


def test_a_visit_marked_in_error_later_is_a_difference_too(session: Session, officer: Actor, chair: Actor) -> None:
    account = open_fund(session, officer)
    payment = pay(session, officer, chair, account, 500)
    with frozen_time(AFTER):
        made = hand_in(session, officer, chair)
    with frozen_time(AFTER + timedelta(days=1)):
        relief.recover_payment(session, chair, payment, note="情况不符")
        # The money came back in November: October stays as it was.
        assert summaries.since_counted(session, made) == []


def test_the_township_returns_a_summary_with_a_reason_and_receives_a_new_edition(
    session: Session, officer: Actor, chair: Actor, township: Actor
) -> None:
    open_fund(session, officer)
    with frozen_time(AFTER):
        first = hand_in(session, officer, chair)
        with pytest.raises(SummaryAwaitsAnswer):
            summaries.prepare(session, officer, VILLAGE, OCTOBER)
        with pytest.raises(CorrectionReasonMissing):
            summaries.return_back(session, township, first, reason=" ")
        summaries.return_back(session, township, first, reason="捐款未入账")
        assert summaries.summaries_of_month(session, township, OCTOBER, TOWNSHIP)[0].missing
        again = summaries.prepare(session, officer, VILLAGE, OCTOBER)
        assert (again.edition, again.reason, again.state) == (2, "捐款未入账", SummaryState.prepared)
        summaries.accept(session, township, summaries.sign(session, chair, again))
        with pytest.raises(SummaryAnswered):
            summaries.accept(session, township, again)


def test_only_the_level_above_answers(session: Session, officer: Actor, chair: Actor, township: Actor) -> None:
    open_fund(session, officer)
    with frozen_time(AFTER):
        made = hand_in(session, officer, chair)
        with pytest.raises(NotPermitted):
            summaries.accept(session, chair, made)
        own = summaries.sign(session, township, summaries.prepare(session, township, TOWNSHIP, OCTOBER))
        with pytest.raises(SummaryNotFound):
            summaries.accept(session, township, own)
        manager = make_actor(session, role=Role.program_manager, region_code=CITY)
        assert summaries.accept(session, manager, own).state is SummaryState.accepted
        lines = summaries.summaries_of_month(session, manager, OCTOBER, CITY, RegionLevel.township)
        assert [(line.region_code, line.missing) for line in lines] == [(TOWNSHIP, False)]


def test_a_summary_out_of_scope_is_not_found(session: Session, officer: Actor, chair: Actor) -> None:
    open_fund(session, officer)
    stranger = make_actor(session, region_code="341102010003")
    with frozen_time(AFTER):
        made = hand_in(session, officer, chair)
        with pytest.raises(SummaryNotFound):
            summaries.get_summary(session, stranger, made.pk)
        with pytest.raises(SummaryNotFound):
            summaries.prepare(session, stranger, VILLAGE, OCTOBER)


def test_the_digest_reveals_a_changed_sheet(session: Session, officer: Actor, chair: Actor) -> None:
    open_fund(session, officer)
    with frozen_time(AFTER):
        made = hand_in(session, officer, chair)
    assert summaries.digest_of(made) == made.digest
    session.expunge(made)
    made.sheet = {**made.sheet, "relief_fen": 1}
    assert summaries.digest_of(made) != made.digest
    assert summaries.recount(session, made) == [Difference("relief_fen", 1, 0)]


NOVEMBER = "2026-11"
DECEMBER = datetime(2026, 12, 2, 10, tzinfo=CHINA)


def give_late(session: Session, officer: Actor, yuan: int, day: date) -> None:
    late = {"source": "donation", "amount_yuan": yuan, "occurred_on": day}
    relief.receive(session, officer, queries.get_fund(session, officer, VILLAGE), IncomeInput.model_validate(late))


class TestLateEntries:
    """Domain section 5.5: frozen once handed in; what comes late goes to the next month as an adjustment."""

    def test_late_entries_are_adjustments_of_the_next_month(
        self, session: Session, officer: Actor, chair: Actor
    ) -> None:
        open_fund(session, officer)
        with frozen_time(AFTER):
            october = hand_in(session, officer, chair)
        with frozen_time(AFTER + timedelta(days=3)):
            give_late(session, officer, 200, date(2026, 10, 20))
            give_late(session, officer, 50, date(2026, 11, 5))
        with frozen_time(DECEMBER):
            november = summaries.sheet_of(
                summaries.sign(session, chair, summaries.prepare(session, officer, VILLAGE, NOVEMBER))
            )
            assert november.income_donation_fen == 5_000
            assert november.adjustments == {OCTOBER: {"income_donation_fen": 20_000}}
            # What was reported, its adjustment and what is carried over are one equation.
            assert summaries.sheet_of(october).closing_fen + 20_000 == november.opening_fen
            assert summaries.since_counted(session, october) == []

    def test_late_entries_are_reported_once_and_again_only_if_they_change(
        self, session: Session, officer: Actor, chair: Actor
    ) -> None:
        open_fund(session, officer)
        with frozen_time(AFTER):
            hand_in(session, officer, chair)
        with frozen_time(AFTER + timedelta(days=3)):
            give_late(session, officer, 200, date(2026, 10, 20))
        with frozen_time(DECEMBER):
            summaries.sign(session, chair, summaries.prepare(session, officer, VILLAGE, NOVEMBER))
        with frozen_time(DECEMBER + timedelta(days=1)):
            give_late(session, officer, 30, date(2026, 10, 21))
        with frozen_time(datetime(2027, 1, 4, 10, tzinfo=CHINA)):
            december = summaries.sheet_of(summaries.prepare(session, officer, VILLAGE, "2026-12"))
        assert december.adjustments == {OCTOBER: {"income_donation_fen": 3_000}}

    def test_a_month_of_late_entries_alone_is_no_zero_report(
        self, session: Session, officer: Actor, chair: Actor
    ) -> None:
        open_fund(session, officer)
        with frozen_time(AFTER):
            hand_in(session, officer, chair)
        with frozen_time(AFTER + timedelta(days=3)):
            give_late(session, officer, 200, date(2026, 10, 20))
        with frozen_time(DECEMBER):
            assert not summaries.prepare(session, officer, VILLAGE, NOVEMBER).nothing_happened


def test_the_sheet_equals_counts_by_independent_queries(session: Session, officer: Actor, chair: Actor) -> None:
    """The same numbers from plain SQL over payments, steps and events, which the sheet does not read."""
    account = open_fund(session, officer)
    for yuan, day in ((800, 0), (300, 1), (150, 3)):
        pay(session, officer, chair, account, yuan, MONDAY + timedelta(days=day))
    with frozen_time(AFTER):
        sheet = summaries.sheet_of(summaries.prepare(session, officer, VILLAGE, OCTOBER))
    paid = """SELECT count(*), sum(p.amount_fen) FROM relief_payment p JOIN assistance_case c ON c.id = p.case_id
        WHERE p.state = 'paid' AND c.region_code = :village"""
    steps = """SELECT count(*) FROM case_step s JOIN assistance_case c ON c.id = s.case_id
        WHERE s.verb = 'complete_relief' AND c.region_code = :village"""
    accounts = """SELECT sum(a.balance_fen) FROM earmarked_account a JOIN fund f ON f.id = a.fund_id
        WHERE f.region_code = :village"""
    opened = "SELECT count(*) FROM audit_entry WHERE action = 'open_case'"

    def rows(query: str) -> list[object]:
        known = {"village": VILLAGE} if ":village" in query else {}
        return list(session.connection().execute(text(query), known).one())

    assert rows(paid) == [sheet.relief_person_times, sheet.relief_fen] == [3, 125_000]
    assert rows(steps) == [sheet.cases_relieved]
    assert rows(accounts) == [sheet.closing_fen]
    assert rows(opened) == [sheet.cases_opened]
    assert sum(sheet.by_category.values()) == sum(sheet.by_cause.values()) == 3


@pytest.mark.parametrize("change", ["UPDATE monthly_summary SET sheet = '{}'", "DELETE FROM monthly_summary"])
def test_the_database_rejects_changes_of_a_signed_summary(
    session: Session, officer: Actor, chair: Actor, change: str
) -> None:
    """Whoever writes past the program too: a snapshot is immutable."""
    open_fund(session, officer)
    with frozen_time(AFTER):
        made = summaries.prepare(session, officer, VILLAGE, OCTOBER)
        session.connection().execute(text("UPDATE monthly_summary SET nothing_happened = true"))
        summaries.sign(session, chair, made)
    with pytest.raises(DBAPIError, match="stays as it is"), session.begin_nested():
        session.connection().execute(text(change))


def test_the_townships_sheet_is_the_sum_of_its_societies(session: Session, officer: Actor, chair: Actor) -> None:
    """All numbers add up but persons (domain rule 5.7)."""
    account = open_fund(session, officer)
    pay(session, officer, chair, account, 800)
    pay(session, officer, chair, account, 300, MONDAY + timedelta(days=1))
    other = make_actor(session, region_code="341124105206")
    open_fund(session, other, 1000, village="341124105206")
    township = make_actor(session, role=Role.township_officer)
    with frozen_time(AFTER):
        parts = [
            summaries.sheet_of(summaries.prepare(session, who, code, OCTOBER))
            for who, code in ((officer, VILLAGE), (other, "341124105206"))
        ]
        total = summaries.sheet_of(summaries.prepare(session, township, TOWNSHIP, OCTOBER))
    for name in set(Sheet.model_fields) - {"by_cause", "by_category", "adjustments", "service_persons"}:
        assert getattr(total, name) == sum(getattr(part, name) for part in parts), name


@pytest.mark.parametrize(
    ("cutoff", "first", "last"),
    [(0, date(2026, 2, 1), date(2026, 2, 28)), (20, date(2026, 1, 21), date(2026, 2, 20))],
)
def test_a_reporting_month_follows_the_cut_off_day(cutoff: int, first: date, last: date) -> None:
    """Rule R5: month end, or the 20th as some counties have it."""
    assert period_of("2026-02", cutoff) == (first, last)
