"""The residents' pages through the real application."""

import re
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from factories.accounts import VILLAGE
from factories.databases import UnitOfWork
from factories.pages import Visitor, counted
from factories.projects import make_organization
from factories.residents import id_number, make_consent, make_resident
from tuoju.accounts.models import AuditEntry, Role
from tuoju.cases.service import find_draft
from tuoju.database.records import now
from tuoju.regions.calendar import china_day
from tuoju.residents.models import Consent, EmergencyOverride, Resident
from tuoju.residents.service import override_for_emergency

ELSEWHERE = "341122103213"
SECRETS = ("欧阳建国", "13800001234", "村东头3号")


@pytest.fixture
def worker(unit_of_work: UnitOfWork) -> Visitor:
    return Visitor(unit_of_work)


@pytest.fixture
def resident(unit_of_work: UnitOfWork, worker: Visitor) -> Resident:
    with unit_of_work.write() as session:
        return make_resident(session, worker.actor, name="欧阳建国")


@pytest.fixture
def organization_id(unit_of_work: UnitOfWork) -> int:
    with unit_of_work.write() as session:
        return make_organization(session).id or 0


def typed(**values: Any) -> dict[str, Any]:
    return {
        "name": "钱春梅",
        "id_type": "resident_id",
        "id_number": id_number(),
        "region_code": VILLAGE,
        "sex": "female",
        "vulnerabilities": ["DJ", "WC"],
        "self_care": "not_assessed",
        "relief_category": "DB",
    } | values


class TestFind:
    def test_a_known_number_leads_to_the_file(self, worker: Visitor, resident: Resident) -> None:
        answer = worker.post("/residents/find", {"id_number": f" {resident.id_number} "})
        assert answer.url.path == f"/residents/{resident.pk}"
        assert "已有档案" in answer.text

    def test_an_unknown_number_fills_in_birth_and_sex(self, worker: Visitor) -> None:
        answer = worker.post("/residents/find", {"id_number": id_number(date(1948, 7, 9), male=True)})
        assert 'value="1948-07-09"' in answer.text
        assert 'name="sex" value="male" checked' in answer.text

    @pytest.mark.parametrize(("age", "opened"), [(9, True), (70, False)])
    def test_the_guardian_is_asked_for_where_the_number_is_a_childs(
        self, worker: Visitor, age: int, opened: bool
    ) -> None:
        number = id_number(date(china_day(now()).year - age, 1, 1))
        page = worker.post("/residents/find", {"id_number": number}).text
        assert ('<details class="panel" open>' in page) is opened

    def test_a_wrong_digit_is_told_at_the_field(self, worker: Visitor) -> None:
        answer = worker.post("/residents/find", {"id_number": "341199194505060023"})
        assert answer.status_code == 422
        assert 'id="id_number-wrong"' in answer.text
        assert 'value="341199194505060023"' in answer.text

    def test_a_file_elsewhere_is_named_by_its_township(self, unit_of_work: UnitOfWork, resident: Resident) -> None:
        stranger = Visitor(unit_of_work, region_code=ELSEWHERE)
        answer = stranger.post("/residents/find", {"id_number": resident.id_number})
        assert answer.status_code == 409
        assert "马厂镇" in answer.text
        assert not any(word in answer.text for word in (*SECRETS, "欧**国", "黄庵村"))


class TestRegister:
    def test_leads_on_to_the_case(self, worker: Visitor, unit_of_work: UnitOfWork) -> None:
        answer = worker.post("/residents", typed())
        assert answer.url.path == "/cases/new"
        with unit_of_work.read() as session:
            row = session.exec(select(Resident)).one()
            assert (row.name, row.vulnerabilities) == ("钱春梅", ["DJ", "WC"])

    def test_keeps_what_was_typed(self, worker: Visitor) -> None:
        answer = worker.post("/residents", typed(phone="123", disability_type="4"))
        assert answer.status_code == 422
        assert 'value="钱春梅"' in answer.text
        assert 'id="phone-wrong"' in answer.text
        assert 'value="WC" checked' in answer.text

    def test_asks_a_human_about_files_that_look_alike(self, worker: Visitor, unit_of_work: UnitOfWork) -> None:
        without = typed(id_type="none", id_number="")
        worker.post("/residents", without)
        answer = worker.post("/residents", without)
        assert answer.status_code == 409
        assert "是下面的人吗？" in answer.text
        assert worker.post("/residents", without | {"another_person": "true"}).url.path == "/cases/new"
        with unit_of_work.read() as session:
            assert len(session.exec(select(Resident)).all()) == 2

    def test_a_known_number_is_never_entered_twice(self, worker: Visitor, resident: Resident) -> None:
        answer = worker.post("/residents", typed(id_number=resident.id_number))
        assert answer.url.path == f"/residents/{resident.pk}"

    @pytest.mark.parametrize("code", ["WC", "CJ", "WCN", "ZB", "DQ", "JSTS", "LSET", "DJ"])
    def test_every_circumstance_is_offered(self, worker: Visitor, code: str) -> None:
        assert f'name="vulnerabilities" value="{code}"' in worker.get("/residents/new?form=full").text

    @pytest.mark.parametrize("code", ["TKGY", "DB", "DBBY", "GXZC", "QTKN"])
    def test_every_category_is_offered(self, worker: Visitor, code: str) -> None:
        assert f'name="relief_category" value="{code}"' in worker.get("/residents/new?form=full").text

    def test_nobody_is_put_on_dibao_by_default(self, worker: Visitor) -> None:
        assert 'name="relief_category" value="NONE" checked' in worker.get("/residents/new?form=full").text


class TestList:
    def test_is_masked_and_villages_carry_their_township(self, worker: Visitor, resident: Resident) -> None:
        page = worker.get("/residents").text
        assert "欧**国" in page
        assert "马厂镇黄庵村" in page
        assert not any(word in page for word in (*SECRETS, resident.id_number or ""))

    @pytest.mark.parametrize("text", ["阳建", "number"])
    def test_searches_by_post_so_that_no_address_names_anyone(
        self, worker: Visitor, resident: Resident, text: str
    ) -> None:
        sought = resident.id_number if text == "number" else text
        answer = worker.post("/residents/search", {"q": sought})
        assert "欧**国" in answer.text
        assert answer.url.query == b""

    def test_says_when_nobody_is_found(self, worker: Visitor, resident: Resident) -> None:
        assert "没有这个姓名或号码" in worker.post("/residents/search", {"q": "无此人"}).text

    def test_turns_the_page(self, worker: Visitor, unit_of_work: UnitOfWork) -> None:
        with unit_of_work.write() as session:
            made = [make_resident(session, worker.actor).pk for _ in range(51)]
        first = worker.get("/residents").text
        assert f'href="/residents/{made[0]}"' not in first
        assert f"before={made[1]}" in first
        assert "51位服务对象" in first
        assert f'href="/residents/{made[0]}"' in worker.get(f"/residents?before={made[1]}").text

    def test_an_officer_looks_at_one_village(self, unit_of_work: UnitOfWork, resident: Resident) -> None:
        officer = Visitor(unit_of_work, Role.township_officer)
        assert "欧**国" in officer.get(f"/residents?village={VILLAGE}").text
        assert "欧**国" not in officer.get("/residents?village=341124105206").text
        assert officer.get("/residents?village=x").status_code == 404

    def test_asks_the_database_the_same_number_of_times(
        self, worker: Visitor, unit_of_work: UnitOfWork, engine: Engine
    ) -> None:
        assert queries_for(worker, unit_of_work, engine, "/residents") <= 12


def queries_for(worker: Visitor, unit_of_work: UnitOfWork, engine: Engine, path: str) -> int:
    """How many statements a page runs, which twelve more residents must not change."""
    counts = []
    for more in (1, 12):
        with unit_of_work.write() as session:
            for _ in range(more):
                make_resident(session, worker.actor)
        with counted(engine) as statements:
            assert worker.get(path).status_code == 200
        counts.append(len(statements))
    assert counts[0] == counts[1]
    return counts[0]


class TestFile:
    def test_is_masked(self, worker: Visitor, resident: Resident) -> None:
        page = worker.get(f"/residents/{resident.pk}").text
        assert "138****1234" in page
        assert not any(word in page for word in (*SECRETS, resident.id_number or ""))

    def test_out_of_scope_is_not_there(self, unit_of_work: UnitOfWork, resident: Resident) -> None:
        stranger = Visitor(unit_of_work, region_code=ELSEWHERE)
        assert stranger.get(f"/residents/{resident.pk}").status_code == 404
        answer = stranger.post(f"/residents/{resident.pk}/reveal", {"purpose": "visit"})
        assert answer.status_code == 404
        assert not any(word in answer.text for word in SECRETS)

    def test_runs_few_statements(
        self, worker: Visitor, resident: Resident, unit_of_work: UnitOfWork, engine: Engine
    ) -> None:
        path = f"/residents/{resident.pk}"
        counts = []
        for _ in range(2):
            with unit_of_work.write() as session:
                for _each in range(3):
                    make_consent(session, worker.actor, resident, make_organization(session).id or 0)
                    make_resident(session, worker.actor, household_of=resident.pk)
            with counted(engine) as statements:
                worker.get(path)
            counts.append(len(statements))
        assert counts[0] == counts[1] <= 24  # three of them write the audit of the reading


class TestReveal:
    def test_shows_all_once_and_says_so_on_the_file(self, worker: Visitor, resident: Resident) -> None:
        page = worker.post(f"/residents/{resident.pk}/reveal", {"purpose": "visit"}).text
        assert all(word in page for word in (*SECRETS, resident.id_number or ""))
        after = worker.get(f"/residents/{resident.pk}").text
        assert re.search(r"测试员 · 查看完整信息\s+· 上门走访", after)
        assert not any(word in after for word in SECRETS)

    @pytest.mark.parametrize("purpose", ["", "curiosity"])
    def test_needs_a_purpose(self, worker: Visitor, resident: Resident, unit_of_work: UnitOfWork, purpose: str) -> None:
        answer = worker.post(f"/residents/{resident.pk}/reveal", {"purpose": purpose})
        assert answer.status_code == 422
        assert not any(word in answer.text for word in SECRETS)
        with unit_of_work.read() as session:
            assert session.exec(select(AuditEntry).where(AuditEntry.action == "reveal")).all() == []


def consented(organization_id: int) -> dict[str, str]:
    """The form of a consent to one organization, filled in by hand."""
    chosen = {"purpose": "referral", "given_by": "self", "method": "paper", "data": "service"}
    return {**chosen, "organization_id": str(organization_id)}


class TestConsent:
    def test_is_given_and_taken_back(
        self, worker: Visitor, resident: Resident, organization_id: int, unit_of_work: UnitOfWork
    ) -> None:
        results = consented(organization_id)
        assert "已记录" in worker.post(f"/residents/{resident.pk}/consents", results).text
        with unit_of_work.read() as session:
            consent_id = session.exec(select(Consent)).one().pk
        assert worker.post(f"/consents/{consent_id}/withdraw").status_code == 200
        assert worker.post(f"/consents/{consent_id}/withdraw").status_code == 409

    @pytest.mark.parametrize(
        ("field", "wrong"),
        [
            ("organization_id", ""),
            ("organization_id", "²"),
            ("organization_id", "9" * 30),
            ("purpose", "sale"),
            ("given_by", "neighbour"),
            ("method", "mail"),
            ("method", "spoken"),
            ("data", "contact"),
            ("data", ""),
            ("expires_on", "2099-01-01"),
            ("category", "Z9"),
        ],
    )
    def test_what_is_wrong_stands_at_the_field(
        self, worker: Visitor, resident: Resident, organization_id: int, field: str, wrong: str
    ) -> None:
        results = consented(organization_id) | {field: wrong}
        answer = worker.post(f"/residents/{resident.pk}/consents", results)
        assert answer.status_code == 422
        assert 'class="wrong"' in answer.text

    def test_an_organization_that_is_none_is_not_found(self, worker: Visitor, resident: Resident) -> None:
        results = consented(99999)
        assert worker.post(f"/residents/{resident.pk}/consents", results).status_code == 404

    @pytest.mark.parametrize(
        ("age", "giver", "message"), [(9, "self", "监护人"), (15, "guardian", "本人同意"), (9, "guardian", "已记录")]
    )
    def test_of_a_child(
        self,
        worker: Visitor,
        organization_id: int,
        unit_of_work: UnitOfWork,
        age: int,
        giver: str,
        message: str,
    ) -> None:
        born_on = date(china_day(now()).year - age, 1, 1)
        with unit_of_work.write() as session:
            child_id = make_resident(session, worker.actor, id_number=id_number(born_on)).pk
        results = consented(organization_id) | {"given_by": giver, "relation": "parent" if giver == "guardian" else ""}
        assert message in worker.post(f"/residents/{child_id}/consents", results).text


class TestOverride:
    @pytest.mark.parametrize("wrong", [{"reason": " "}, {"organization_id": "²"}, {"reason": "火" * 501}])
    def test_without_a_sound_reason_nothing_is_made(
        self,
        worker: Visitor,
        resident: Resident,
        organization_id: int,
        unit_of_work: UnitOfWork,
        wrong: dict[str, str],
    ) -> None:
        values = {"organization_id": str(organization_id), "reason": "昏迷,联系不上家人"} | wrong
        assert "须写明" in worker.post(f"/residents/{resident.pk}/overrides", values).text
        with unit_of_work.read() as session:
            assert session.exec(select(EmergencyOverride)).all() == []

    def test_an_officer_reviews_what_another_made(
        self, worker: Visitor, resident: Resident, organization_id: int, unit_of_work: UnitOfWork
    ) -> None:
        with unit_of_work.write() as session:
            override_for_emergency(session, worker.actor, resident, organization_id, reason="昏迷,联系不上家人")
        officer = Visitor(unit_of_work, Role.township_officer)
        assert "昏迷" in officer.get("/overrides").text
        with unit_of_work.read() as session:
            override_id = session.exec(select(EmergencyOverride)).one().pk
        assert worker.post(f"/overrides/{override_id}", {"upheld": "yes"}).status_code == 403
        assert officer.post(f"/overrides/{override_id}", {"upheld": "yes"}).status_code == 200
        assert officer.post(f"/overrides/{override_id}", {"upheld": "no"}).status_code == 409


def test_registering_throws_the_draft_away(worker: Visitor, unit_of_work: UnitOfWork) -> None:
    worker.save_draft("resident-new-0a1b2c3d4e5f", {"name": ["钱春梅"]})
    worker.post("/residents", {**typed(), "draft": "0a1b2c3d4e5f"})
    with unit_of_work.read() as session:
        assert find_draft(session, worker.actor, "resident-new-0a1b2c3d4e5f") is None
