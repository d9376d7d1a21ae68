"""Chinese as it is produced, from parts that no source file shows together: papers, sheets and pages (GB/T 15834)."""

import re
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any

import pytest
from fastapi.routing import APIRoute
from python_calamine import CalamineWorkbook
from sqlmodel import select

from chinese_text import faults
from factories.accounts import CITY, VILLAGE
from factories.cases import make_case
from factories.databases import UnitOfWork
from factories.jobs import checked, exported, workbook
from factories.pages import Visitor
from factories.referrals import make_scene
from factories.residents import make_resident
from tuoju.accounts.fields import GatedText
from tuoju.accounts.models import Role
from tuoju.cases.models import RefusalReason
from tuoju.cases.policies import Policy, Scheme
from tuoju.documents.papers.blank_papers import BLANK_PAPERS
from tuoju.documents.papers.board_papers import notice_sheet, poster
from tuoju.documents.papers.case_facts import collect_case_facts
from tuoju.documents.papers.case_papers import CASE_PAPERS
from tuoju.documents.papers.summary_paper import monthly_summary
from tuoju.documents.papers.typesetting import Document
from tuoju.documents.sheets.lists import LISTS
from tuoju.documents.sheets.summary_book import SECTIONS
from tuoju.relief.models import Payment, PaymentState, PaymentWay
from tuoju.relief.service import open_fund
from tuoju.reports.summaries import last_month, prepare, sheet_of
from tuoju.web.pages import ROUTERS
from tuoju.words.languages import use_language


@pytest.fixture
def worker(unit_of_work: UnitOfWork) -> Visitor:
    return Visitor(unit_of_work)


def texts(value: Any) -> Iterator[str]:
    """Every text within a document."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from texts(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from texts(part)


def faults_on(document: Document) -> list[str]:
    return [fault for text in texts(asdict(document)) for fault in faults(text)]


def faults_in(workbook: bytes) -> list[str]:
    book = CalamineWorkbook.from_filelike(BytesIO(workbook))
    lines = [line for name in book.sheet_names for line in book.get_sheet_by_name(name).to_python()]
    return [fault for line in lines for cell in line if isinstance(cell, str) for fault in faults(cell)]


INLINE = re.compile(r"</?(?:strong|b|a|span|em|output|mark)\b[^>]*>")
SPACED = re.compile(r".{0,8}(?: [，。：；？！）]|（ ).{0,8}")
"""A space beside a full-width mark, as indented templates may leave it."""
ATTRIBUTES = re.compile(r'\b(?:title|alt|placeholder|aria-label|data-confirm)="([^"]*)"')


def faults_on_page(html: str) -> list[str]:
    """Of the text as it is read: what stands in a row within one block, and the attributes that are shown."""
    shown = re.sub(r"<(script|style)\b.*?</\1>", "", html, flags=re.DOTALL)
    blocks = re.split(r"<[^>]*>", INLINE.sub("", shown))
    texts_shown = [" ".join(text.split()) for text in [*blocks, *ATTRIBUTES.findall(shown)]]
    return [fault for text in texts_shown for fault in (*faults(text), *SPACED.findall(text))]


class TestPapers:
    @pytest.mark.parametrize("name", BLANK_PAPERS)
    def test_a_blank_form(self, name: str) -> None:
        with use_language("zh_CN"):
            assert faults_on(BLANK_PAPERS[name]()) == []

    @pytest.mark.parametrize("name", CASE_PAPERS)
    def test_a_paper_of_a_case(self, unit_of_work: UnitOfWork, worker: Visitor, name: str) -> None:
        with unit_of_work.write() as session, use_language("zh_CN"):
            case = make_case(session, worker.actor, scheme=Scheme.society_relief)
            goods = Payment(
                id=1,
                case_id=case.pk,
                account_id=1,
                way=PaymentWay.goods,
                goods="米、油",
                amount_fen=50_000,
                state=PaymentState.paid,
                prepared_by=worker.actor.user_id,
                paid_at=datetime(2026, 11, 23, 2, tzinfo=UTC),
            )
            facts = replace(
                collect_case_facts(session, worker.actor, case, purpose="print"),
                payments=[goods],
                refusal=next(iter(RefusalReason)),
                decided_on=date(2026, 11, 23),
            )
            assert faults_on(CASE_PAPERS[name](facts, "测试员 2026-11-23 14:05 打印")) == []

    def test_the_notice_sheet_and_the_poster(self, unit_of_work: UnitOfWork) -> None:
        with unit_of_work.read() as session, use_language("zh_CN"):
            policy = session.exec(select(Policy).where(Policy.scheme == Scheme.society_relief)).first()
            sheet = notice_sheet("马厂镇黄庵村", [], policy=policy, telephone="0550-3022685", large=True)
            assert faults_on(sheet) == []
            assert faults_on(poster("马厂镇黄庵村", "https://tuoju.example/board/341124105205")) == []

    def test_the_monthly_summary(self, unit_of_work: UnitOfWork, worker: Visitor) -> None:
        with unit_of_work.write() as session, use_language("zh_CN"):
            open_fund(session, worker.actor, VILLAGE)
            summary = prepare(session, worker.actor, VILLAGE, last_month(session, VILLAGE))
            people, reason = {worker.actor.user_id: "测试员"}, GatedText("补报两笔")
            paper = monthly_summary("黄庵村", summary, sheet_of(summary), SECTIONS, people, reason=reason)
            assert faults_on(paper) == []


class TestSheets:
    @pytest.mark.parametrize("name", LISTS)
    def test_the_template_of_a_list(self, unit_of_work: UnitOfWork, worker: Visitor, name: str) -> None:
        with unit_of_work.write() as session, use_language("zh_CN"):
            make_scene(session)
            assert faults_in(LISTS[name].sheet(session, worker.actor).template()) == []

    def test_rows_to_correct(self, unit_of_work: UnitOfWork, worker: Visitor) -> None:
        row = {"name": "李秀英", "id_number": "1", "region_code": "某某村"}
        content = workbook(unit_of_work, worker, "residents", row)
        address, page = checked(unit_of_work, worker, "residents", content)
        assert faults_on_page(page) == []
        for name in ("bad-rows", "report"):
            assert faults_in(worker.post(f"{address}/{name}.xlsx").content) == []

    def test_an_export(self, unit_of_work: UnitOfWork, worker: Visitor) -> None:
        with unit_of_work.write() as session:
            make_resident(session, worker.actor)
        assert faults_in(exported(unit_of_work, worker, "residents")) == []

    def test_the_monthly_summary(self, unit_of_work: UnitOfWork, worker: Visitor) -> None:
        with unit_of_work.write() as session:
            open_fund(session, worker.actor, VILLAGE)
            summary = prepare(session, worker.actor, VILLAGE, last_month(session, VILLAGE)).pk
        assert faults_in(worker.get(f"/summaries/editions/{summary}/sheet.xlsx").content) == []


def pages() -> list[str]:
    """The addresses of all pages that need no number."""
    routes = (route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute))
    return sorted({route.path for route in routes if "GET" in (route.methods or ()) and "{" not in route.path})


@pytest.mark.parametrize("role", [Role.social_worker, Role.program_manager, Role.administrator])
def test_pages(unit_of_work: UnitOfWork, role: Role) -> None:
    with unit_of_work.write() as session:
        scene = make_scene(session)
        referral = scene.send(session).pk
        case, person, need = scene.case.pk, scene.resident.pk, scene.need.pk
        make_case(session, scene.worker, scheme=Scheme.society_relief)
    visitor = Visitor(unit_of_work, role=role, region_code=VILLAGE if role is Role.social_worker else CITY)
    results = {}
    shown = (f"/cases/{case}", f"/residents/{person}", f"/residents/{person}/history", f"/needs/{need}/matches")
    for path in [*pages(), *shown, f"/referrals/{referral}", f"/board/{VILLAGE}"]:
        answer = visitor.get(path)
        if answer.is_success and "text/html" in answer.headers["content-type"]:
            results[path] = faults_on_page(answer.text)
    assert len(results) > 10
    assert {path: marks for path, marks in results.items() if marks} == {}
