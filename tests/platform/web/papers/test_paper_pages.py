"""Printing from the pages: who may print, what a paper says, and that each reading in full is audited."""

import hashlib
import io
import re
import zipfile
from datetime import date

import pytest
from pypdf import PdfReader
from sqlmodel import select

from factories.accounts import CITY, VILLAGE, make_actor
from factories.cases import make_case
from factories.databases import UnitOfWork
from factories.pages import Visitor
from factories.referrals import make_scene
from factories.residents import make_resident
from tuoju.accounts.models import AuditEntry, Role
from tuoju.cases.attachments import add_attachment, clean_upload
from tuoju.cases.inputs import CaseInput
from tuoju.cases.models import AttachmentKind
from tuoju.cases.policies import Scheme
from tuoju.cases.service import open_case
from tuoju.database.records import now
from tuoju.documents.papers.typesetting import chinese_day
from tuoju.referrals.models import Referral
from tuoju.referrals.service import step
from tuoju.referrals.status import ReferralVerb
from tuoju.regions.calendar import china_day
from tuoju.relief.inputs import IncomeInput, PaymentInput
from tuoju.relief.queries import earmarked_accounts_of
from tuoju.relief.service import confirm_payment, open_fund, prepare_payment, receive
from tuoju.reports.summaries import last_month, prepare
from tuoju.words.formats import due_day


@pytest.fixture
def worker(unit_of_work: UnitOfWork) -> Visitor:
    return Visitor(unit_of_work)


PRINT = {"purpose": "print"}


def text_of(pdf: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def readings(unit_of_work: UnitOfWork) -> list[str]:
    with unit_of_work.read() as session:
        return list(session.exec(select(AuditEntry.purpose).where(AuditEntry.action == "reveal")))


def test_a_paper_of_a_case_is_in_full_and_audited(unit_of_work: UnitOfWork, worker: Visitor) -> None:
    with unit_of_work.write() as session:
        case = make_case(session, worker.actor, scheme=Scheme.society_relief)
    response = worker.post(f"/cases/{case.pk}/papers/application.pdf", PRINT)
    assert response.headers["content-type"] == "application/pdf"
    assert "张建国" in text_of(response.content)
    assert "滁州市村级救急难互助社救助规则" in text_of(response.content)
    assert readings(unit_of_work) == ["print"]
    assert worker.post(f"/cases/{case.pk}/papers/nothing.pdf", PRINT).status_code == 404
    manager = Visitor(unit_of_work, role=Role.program_manager, region_code=CITY)
    assert manager.post(f"/cases/{case.pk}/papers/application.pdf", PRINT).status_code == 403
    stranger = Visitor(unit_of_work, region_code="341102010003")
    assert stranger.post(f"/cases/{case.pk}/papers/application.pdf", PRINT).status_code == 404


def test_a_slip_is_masked_until_the_charity_has_accepted(unit_of_work: UnitOfWork) -> None:
    """Whoever prints it: the paper goes to the charity, which gets the minimum before it accepts: surname, age
    band, township (PIPL art. 6)."""
    with unit_of_work.write() as session:
        scene = make_scene(session)
        referral = scene.send(session)
    here = f"/referrals/{referral.pk}/slip.pdf"
    worker = Visitor(unit_of_work)
    charity = Visitor(unit_of_work, role=Role.charity_staff, organization_id=scene.project.organization_id)
    for visitor in (worker, charity):
        text = text_of(visitor.post(here, PRINT).content)
        assert "张*" in text
        assert "马厂镇" in text
        assert "推荐理由" in text
        assert not any(secret in text for secret in ("*国", "建国", "13800001234", "村东头", "黄庵村"))
    with unit_of_work.write() as session:
        step(session, scene.charity, session.get_one(Referral, referral.pk), ReferralVerb.accept)
    for visitor in (worker, charity):
        assert "13800001234" in text_of(visitor.post(here, PRINT).content)
    assert sorted(readings(unit_of_work)) == ["print", "print"]


def test_anybody_can_print_the_board(unit_of_work: UnitOfWork, worker: Visitor) -> None:
    worker.client.cookies.clear()
    assert "救助公示" in text_of(worker.client.get(f"/board/{VILLAGE}/sheet.pdf").content)
    assert "扫一扫" in text_of(worker.client.get(f"/board/{VILLAGE}/poster.pdf").content)
    assert worker.client.get("/board/999999999999/sheet.pdf").status_code == 404


def test_the_file_of_a_person_is_one_pdf_with_a_registered_sha256(unit_of_work: UnitOfWork, worker: Visitor) -> None:
    with unit_of_work.write() as session:
        resident = make_resident(session, worker.actor)
        make_case(session, worker.actor, resident, scheme=Scheme.society_relief)
    response = worker.post(f"/residents/{resident.pk}/file.pdf", PRINT)
    assert "一人一档" in text_of(response.content)
    with unit_of_work.read() as session:
        sealed = session.exec(select(AuditEntry).where(AuditEntry.action == "export_file")).one().detail["sha256"]
    assert sealed == response.headers["x-content-sha256"] == hashlib.sha256(response.content).hexdigest()
    assert sealed in worker.get(f"/residents/{resident.pk}/history").text


class TestVerify:
    """Anybody who holds a file can check, without an account, whether it is authentic and unchanged, and no more."""

    def check(self, stranger: Visitor, content: bytes = b"", seal: str = "") -> str:
        token = re.search(r'name="form_token" value="([0-9a-f]+)"', stranger.client.get("/verify").text)
        assert token is not None
        files = {"file": ("x.pdf", content)} if content else {}
        return stranger.client.post("/verify", data={"form_token": token[1], "seal": seal}, files=files).text

    def test_a_stranger_can_verify_a_file(self, unit_of_work: UnitOfWork, worker: Visitor) -> None:
        with unit_of_work.write() as session:
            resident = make_resident(session, worker.actor)
            make_case(session, worker.actor, resident, scheme=Scheme.society_relief)
        content = worker.post(f"/residents/{resident.pk}/file.pdf", PRINT).content
        worker.client.cookies.clear()
        page = self.check(worker, content)
        assert "没有被改动" in page
        assert "全椒县" in page
        assert not any(secret in page for secret in ("张建国", "黄庵", "测试员"))
        assert "没有被改动" in self.check(worker, seal=hashlib.sha256(content).hexdigest().upper())
        assert "可能被改动过" in self.check(worker, content + b" ")
        assert "请选择文件" in self.check(worker)

    def test_the_archive_has_the_attachments_and_the_sha256_of_every_file(
        self, unit_of_work: UnitOfWork, worker: Visitor
    ) -> None:
        with unit_of_work.write() as session:
            resident = make_resident(session, worker.actor)
            case = make_case(session, worker.actor, resident, scheme=Scheme.society_relief)
            pdf = b"%PDF-1.7\n%%EOF\n"
            kind = AttachmentKind.consent
            kept = add_attachment(
                session, worker.actor, case, kind=kind, name="同意书.pdf", file=clean_upload(pdf)
            ).sha256
        content = worker.post(f"/residents/{resident.pk}/file.zip", PRINT).content
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            seals = dict(reversed(line.split("  ")) for line in archive.read("SHA256SUMS").decode().splitlines())
            for name, seal in seals.items():
                assert hashlib.sha256(archive.read(name)).hexdigest() == seal
            assert kept in seals.values()
            assert "file.json" in seals
        assert "没有被改动" in self.check(worker, content)
        with unit_of_work.read() as session:
            actions = list(session.exec(select(AuditEntry.action)))
        assert {"read_attachment", "export_file", "reveal"} <= set(actions)
        stranger = Visitor(unit_of_work, region_code="341102010003")
        assert stranger.post(f"/residents/{resident.pk}/file.zip", PRINT).status_code == 404


def test_blank_forms_and_the_monthly_summary_can_be_printed(unit_of_work: UnitOfWork, worker: Visitor) -> None:
    assert "空白表格" in worker.get("/papers").text
    assert worker.get("/papers/investigation.pdf").status_code == 200
    assert worker.get("/papers/nothing.pdf").status_code == 404
    with unit_of_work.write() as session:
        open_fund(session, worker.actor, VILLAGE)
        summary = prepare(session, worker.actor, VILLAGE, last_month(session, VILLAGE))
    text = text_of(worker.get(f"/summaries/editions/{summary.pk}/sheet.pdf").content)
    assert "零报告" in text
    assert summary.digest[:20] in "".join(text.split())


def test_the_slip_and_the_page_name_the_same_last_day(unit_of_work: UnitOfWork) -> None:
    """A deadline ends at midnight: its last day is the day before that instant."""
    with unit_of_work.write() as session:
        referral = make_scene(session).send(session)
        due = due_day(referral.answer_due_at)
    worker = Visitor(unit_of_work)
    assert due in worker.get(f"/referrals/{referral.pk}").text
    text = "".join(text_of(worker.post(f"/referrals/{referral.pk}/slip.pdf", PRINT).content).split())
    assert f"请于此日前答复{chinese_day(date.fromisoformat(due))}" in text


def test_the_open_account_says_what_the_money_was_spent_on(unit_of_work: UnitOfWork, worker: Visitor) -> None:
    with unit_of_work.write() as session:
        fund = open_fund(session, worker.actor, VILLAGE)
        money = {"source": "donation", "amount_yuan": 1000, "occurred_on": china_day(now())}
        receive(session, worker.actor, fund, IncomeInput.model_validate(money))
        urgent = CaseInput(hardship_cause="1", first_help_reason="断粮")
        case = open_case(session, worker.actor, make_resident(session, worker.actor), urgent)
        account = earmarked_accounts_of(session, fund)[0].pk
        payment = prepare_payment(
            session,
            worker.actor,
            case,
            PaymentInput.model_validate({"account_id": account, "way": "cash", "amount_yuan": 300}),
        )
        confirm_payment(session, make_actor(session), payment)
    text = "".join(text_of(worker.get(f"/funds/{VILLAGE}/account.pdf").content).split())
    assert "困难救助（因病），现金-300.00" in text
