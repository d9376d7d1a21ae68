"""The pages of the procedure: visit, opinion, decision, payment, public notice, objection."""

import pytest
from sqlmodel import col, select

from factories.accounts import CITY, VILLAGE
from factories.cases import make_case
from factories.databases import UnitOfWork
from factories.pages import Visitor
from factories.projects import make_organization
from tuoju.accounts.models import Role
from tuoju.cases.inputs import SELF_CARE_ITEMS, InvestigationInput
from tuoju.cases.models import Case, Investigation
from tuoju.cases.policies import Policy, Scheme
from tuoju.cases.status import CaseState
from tuoju.database.records import now
from tuoju.regions.calendar import china_day
from tuoju.relief.models import EarmarkedAccount, Objection, Payment, PublicNotice

TODAY = china_day(now()).isoformat()
VISIT = {"visited_on": TODAY, "difficulties": "屋顶漏雨,没有钱修", "conclusion": "money"}


@pytest.fixture
def worker(unit_of_work: UnitOfWork) -> Visitor:
    return Visitor(unit_of_work)


@pytest.fixture
def chair(unit_of_work: UnitOfWork, worker: Visitor) -> Visitor:
    return Visitor(unit_of_work)


@pytest.fixture
def case_id(unit_of_work: UnitOfWork, worker: Visitor) -> int:
    with unit_of_work.write() as session:
        return make_case(session, worker.actor, scheme=Scheme.society_relief).pk


def state_of(unit_of_work: UnitOfWork, case_id: int) -> CaseState:
    with unit_of_work.read() as session:
        return session.get_one(Case, case_id).state


def test_a_case_from_the_visit_to_the_public_notice(
    unit_of_work: UnitOfWork, worker: Visitor, chair: Visitor, case_id: int
) -> None:
    here = f"/cases/{case_id}"
    assert "登记入户调查" in worker.get(here).text
    assert worker.post(f"{here}/investigation", VISIT).status_code == 200
    worker.post(f"{here}/opinion", {"opinion": "relieve", "note": "情况属实"})
    assert worker.post(f"{here}/decision", {"approve": "true", "granted_yuan": "500"}).status_code == 409
    chair.post(f"{here}/decision", {"approve": "true", "granted_yuan": "500"})
    assert state_of(unit_of_work, case_id) is CaseState.approved
    worker.post(f"/funds/{VILLAGE}")
    worker.post(f"/funds/{VILLAGE}/income", {"source": "government", "amount_yuan": "3000", "occurred_on": TODAY})
    assert "3,000.00" in worker.get(f"/funds/{VILLAGE}").text
    with unit_of_work.read() as session:
        account = session.exec(select(EarmarkedAccount.id)).one()
    worker.post(f"{here}/payments", {"account_id": account, "way": "transfer", "amount_yuan": "500"})
    with unit_of_work.read() as session:
        payment = session.exec(select(Payment.id)).one()
    assert worker.post(f"/payments/{payment}/confirm").status_code == 403
    assert chair.post(f"/payments/{payment}/confirm").status_code == 200
    assert "2,500.00" in worker.get(f"/funds/{VILLAGE}").text
    leaking = worker.post(f"{here}/notice", {"remark": "患尿毒症", "by_number": "false"})
    assert leaking.status_code == 422
    assert "患尿毒症" in leaking.text
    worker.post(f"{here}/notice", {"remark": "", "by_number": "false"})
    assert state_of(unit_of_work, case_id) is CaseState.publicised
    with unit_of_work.read() as session:
        notice = session.exec(select(PublicNotice.id)).one()
    worker.post(f"/public-notices/{notice}/objections", {"content": "他家去年盖了新房"})
    assert state_of(unit_of_work, case_id) is CaseState.objected
    with unit_of_work.read() as session:
        objection = session.exec(select(Objection.id)).one()
    answer = {"upheld": "false", "recheck": "deliberation", "answer": "已复查,房屋为借住"}
    assert chair.post(f"/objections/{objection}/answer", answer).status_code == 409
    township = Visitor(unit_of_work, Role.township_officer)
    assert township.post(f"/objections/{objection}/answer", answer).status_code == 200
    assert state_of(unit_of_work, case_id) is CaseState.publicised
    assert "已复查" in worker.get(here).text


def test_a_visit_with_errors_keeps_what_was_typed(worker: Visitor, case_id: int) -> None:
    typed = {**VISIT, "difficulties": "", "debts": "很多", "member-0-name": "欧阳小妹", "member-0-age": "老"}
    answer = worker.post(f"/cases/{case_id}/investigation", typed)
    assert answer.status_code == 422
    assert "欧阳小妹" in answer.text
    assert "很多" in answer.text


def test_pausing_the_clock_requires_a_reason(worker: Visitor, case_id: int) -> None:
    assert worker.get("/deadlines").text.count(f'href="/cases/{case_id}"') == 1
    assert worker.post(f"/cases/{case_id}/pause", {"reason": ""}).status_code == 422
    worker.post(f"/cases/{case_id}/pause", {"reason": "人在县医院"})
    assert "人在县医院" in worker.get("/deadlines").text
    worker.post(f"/cases/{case_id}/resume")
    assert "人在县医院" not in worker.get("/deadlines").text


@pytest.mark.parametrize("user_id", ["", "x", "0", "2147483648", "9" * 5000])
def test_kin_must_be_an_account(worker: Visitor, case_id: int, user_id: str) -> None:
    answer = worker.post(f"/cases/{case_id}/conflicts", {"user_id": user_id, "relation": "兄弟"})
    assert answer.status_code == 404


@pytest.mark.parametrize("role", [Role.charity_staff, Role.program_manager, Role.administrator])
def test_roles_without_field_work_may_take_no_step(unit_of_work: UnitOfWork, case_id: int, role: Role) -> None:
    with unit_of_work.write() as session:
        organization = make_organization(session).id if role is Role.charity_staff else None
    visitor = Visitor(unit_of_work, role, organization_id=organization, region_code=None if organization else CITY)
    steps = {
        "investigation": VISIT,
        "opinion": {"opinion": "relieve", "note": "情况属实"},
        "decision": {"approve": "true"},
        "pause": {"reason": "人在县医院"},
        "notice": {},
        "services": {},
    }
    for step, typed in steps.items():
        assert visitor.post(f"/cases/{case_id}/{step}", typed).status_code in (403, 404), step
    assert visitor.get(f"/funds/{VILLAGE}").status_code == 403
    assert state_of(unit_of_work, case_id) is CaseState.recorded


def test_a_case_of_another_village_is_not_found(unit_of_work: UnitOfWork, case_id: int) -> None:
    stranger = Visitor(unit_of_work, region_code="341122103213")
    assert stranger.get(f"/cases/{case_id}/investigation").status_code == 404
    assert stranger.post(f"/cases/{case_id}/decision", {"approve": "true"}).status_code == 404
    assert stranger.get(f"/funds/{VILLAGE}").status_code == 404


def test_an_administrator_puts_a_policy_into_force(unit_of_work: UnitOfWork, worker: Visitor) -> None:
    admin = Visitor(unit_of_work, Role.administrator, region_code=CITY)
    with unit_of_work.read() as session:
        old = session.exec(
            select(Policy).where(Policy.scheme == Scheme.society_relief, col(Policy.valid_to).is_(None))
        ).one()
        typed = {name: value for name, value in old.model_dump(mode="json").items() if value is not None}
    here = f"/policies/{typed['id']}/follow"
    typed |= {"title": "滁州市新规则", "valid_from": TODAY, "payment_cap_fen": "800", "news_until": "19:30"}
    assert worker.post(here, typed).status_code == 403
    wrong = admin.post(here, {**typed, "payment_cap_fen": "八百"})
    assert wrong.status_code == 422
    assert "八百" in wrong.text
    assert admin.post(here, {**typed, "payment_cap_fen": "9" * 13}).status_code == 422
    backwards = admin.post(here, {**typed, "reminders_until": "07:00"})
    assert backwards.status_code == 422
    assert "结束时间要晚于开始时间" in backwards.text
    admin.post(here, typed)
    with unit_of_work.read() as session:
        new = session.exec(select(Policy).where(Policy.title == "滁州市新规则")).one()
        assert new.payment_cap_fen == 80_000
    shown = worker.get("/policies").text
    assert "滁州市新规则" in shown
    assert "给服务对象发消息：08:00至19:30" in shown


def sections_of(page: str) -> list[str]:
    """The folded sections of the form, each from the attributes of its tag on."""
    return page.split('<details class="panel"')[1:]


class TestTheVisitOnAPhone:
    """The form is long and the connection weak, so nothing typed may be lost (domain section 16)."""

    def test_a_draft_works_without_javascript(self, unit_of_work: UnitOfWork, worker: Visitor, case_id: int) -> None:
        here = f"/cases/{case_id}/investigation"
        typed = {**VISIT, "difficulties": "", "member-1-name": "欧阳小妹", "member-1-age": "老", "eats_alone": "false"}
        page = worker.post(f"{here}/draft", typed).text
        assert all(text in page for text in ("欧阳小妹", 'value="老"', "草稿"))
        with unit_of_work.read() as session:
            assert session.exec(select(Investigation)).all() == []
        assert worker.save_draft(f"investigation-{case_id}", {"wish": ["有人做饭"]}).status_code == 204
        assert "有人做饭" in worker.get(here).text
        worker.post(here, VISIT)
        assert "有人做饭" not in worker.get(here).text

    def test_errors_of_a_household_member_are_shown_at_the_cell(self, worker: Visitor, case_id: int) -> None:
        typed = {**VISIT, "member-2-kinship": "孙女", "member-2-age": "二百"}
        answer = worker.post(f"/cases/{case_id}/investigation", typed)
        assert answer.status_code == 422
        assert 'id="member-0-age-wrong"' in answer.text
        assert 'id="member-0-name-wrong"' in answer.text
        assert 'value="孙女"' in answer.text

    def test_no_finding_is_preset(self, unit_of_work: UnitOfWork, worker: Visitor, case_id: int) -> None:
        """What stands over two signatures was asked and answered."""
        here = f"/cases/{case_id}/investigation"
        assert " checked" not in worker.get(here).text.split("eats_alone", 1)[1].split("</form>")[0]
        blank = dict.fromkeys((f"{item}_alone" for item in SELF_CARE_ITEMS), "") | {
            "income_work": "",
            "money": "",
            "suggested_yuan": "",
        }
        page = worker.post(here, {**VISIT, **blank}).text
        assert "未评估" in page
        with unit_of_work.read() as session:
            visit = session.exec(select(Investigation)).one()
            findings = InvestigationInput.model_validate_json(visit.findings)
        assert (findings.eats_alone, findings.income_work, findings.money, findings.land_mu) == (None,) * 4

    def test_the_sections_that_the_cause_asks_for_are_open(self, worker: Visitor, case_id: int) -> None:
        """An illness asks about health and money; housing is one tap away, with what is answered of it."""
        page = worker.get(f"/cases/{case_id}/investigation").text
        is_open = {part.split("</summary>")[0].split(".")[0][-1]: "open" in part[:30] for part in sections_of(page)}
        assert [number for number, opened in is_open.items() if opened] == ["4", "6"]
        assert "已填0项，共8项" in page

    def test_several_visitors_and_several_conclusions_are_recorded(
        self, unit_of_work: UnitOfWork, worker: Visitor, chair: Visitor, case_id: int
    ) -> None:
        typed = {
            **VISIT,
            "companions": [str(chair.actor.user_id)],
            "conclusion": ["money", "referral"],
            "land_mu": "3.5",
            "safety": "c",
            **{f"{item}_alone": str(item != "bathes").lower() for item in SELF_CARE_ITEMS},
        }
        page = worker.post(f"/cases/{case_id}/investigation", typed).text
        assert "部分不能自理" in page
        with unit_of_work.read() as session:
            visit = session.exec(select(Investigation)).one()
            went, findings = visit.investigator_ids, InvestigationInput.model_validate_json(visit.findings)
        assert went == sorted([worker.actor.user_id, chair.actor.user_id])
        assert (findings.conclusion, str(findings.land_mu), findings.safety) == (["money", "referral"], "3.5", "c")

    @pytest.mark.parametrize(
        ("wrong", "at"),
        [
            ({"visited_on": "2999-01-01"}, "visited_on"),
            ({"conclusion": ["money", "no_need"]}, "conclusion"),
            ({"conclusion": []}, "conclusion"),
        ],
    )
    def test_impossible_values_are_refused_at_their_field(
        self, worker: Visitor, case_id: int, wrong: dict[str, object], at: str
    ) -> None:
        answer = worker.post(f"/cases/{case_id}/investigation", {**VISIT, **wrong})
        assert answer.status_code == 422
        assert 'class="wrong"' in answer.text.partition(f'name="{at}"')[0][-900:]
