"""Every paper with long and rare content: no text over another, none over a line or past the edge, no empty box for a
character."""

import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from itertools import cycle

import pytest
from pypdf import PdfReader

from factories.databases import UnitOfWork
from factories.pdf_layout import faults_of
from factories.referrals import make_scene
from tuoju.accounts.fields import ConsentData
from tuoju.documents.papers import typefaces
from tuoju.documents.papers.blank_papers import BLANK_PAPERS
from tuoju.documents.papers.board_papers import notice_sheet, poster
from tuoju.documents.papers.consent_paper import ConsentFacts, consent_paper
from tuoju.documents.papers.file_paper import collect_person_file, person_file
from tuoju.documents.papers.held_paper import collect_held, held_paper
from tuoju.documents.papers.typesetting import (
    Block,
    Card,
    Cards,
    Document,
    Fields,
    Paragraph,
    Passage,
    Rows,
    Signatures,
    Simple,
    Together,
    scannable,
    to_pdf,
)
from tuoju.residents.models import ConsentGiver, ConsentPurpose

CASE_NUMBER = "341124105205-2026-00012"
RARE_NAME = "阿卜杜热合曼·𠮷\ue863·穆罕默德"
VALUES = (
    CASE_NUMBER,
    RARE_NAME,
    "低保家庭☑，因病致困，2026年11月23日起住院（第3次），自付12,345,678.90元；☐其他",
    "341199199001011234",
    "https://tuoju.example/board/341124105205",
)


def crowded(document: Document) -> Document:
    """The document with a long or rare value in every place that facts fill."""
    values = cycle(VALUES)
    return replace(
        document,
        blocks=[_crowded(block, values) for block in document.blocks],
        place=RARE_NAME * 3,
        number=CASE_NUMBER,
        rule=VALUES[2] * 4,
        foot=RARE_NAME * 4,
    )


def _crowded(block: Block, values: Iterator[str]) -> Block:
    match block:
        case Together():
            return replace(block, blocks=[_crowded_simple(inner, values) for inner in block.blocks])
        case _:
            return _crowded_simple(block, values)


def _crowded_simple(block: Simple, values: Iterator[str]) -> Simple:
    match block:
        case Fields():
            return replace(block, cells=[replace(cell, value=next(values)) for cell in block.cells])
        case Rows():
            return replace(block, rows=[[cell or next(values) for cell in row] for row in block.rows])
        case Passage():
            return replace(block, value=next(values) * 5)
        case Signatures():
            return replace(
                block, people=[replace(person, name=next(values), day="2026年11月23日") for person in block.people]
            )
    return block


def one_consent() -> Document:
    return consent_paper(
        ConsentFacts(
            place="", name="", id_number=None, guardian=None, number="", purpose=ConsentPurpose.referral, receiver="",
            data=tuple(ConsentData), bound="", given_by=ConsentGiver.guardian, relation="", method="", witness="",
            given_on=date(2026, 11, 23), expires_on=None, recorder="",
        )
    )  # fmt: skip


def cards() -> Document:
    code = scannable("https://tuoju.example", "").svg
    return Document(RARE_NAME, [Cards([Card(RARE_NAME, VALUES, code)] * 3), Paragraph("8" * 300)])


PAPERS: dict[str, Callable[[], Document]] = {
    **BLANK_PAPERS,
    "notice_a3": lambda: notice_sheet(None, [], large=True, address="https://tuoju.example"),
    "poster": lambda: poster(RARE_NAME, "https://tuoju.example"),
    "one_consent": one_consent,
    "cards": cards,
}


@pytest.mark.parametrize("name", PAPERS)
def test_long_and_rare_content_overprints_nothing(name: str) -> None:
    assert faults_of(to_pdf(crowded(PAPERS[name]()))) == []


def test_the_papers_of_a_person_overprint_nothing(unit_of_work: UnitOfWork) -> None:
    with unit_of_work.write() as session:
        scene = make_scene(session, name=RARE_NAME)
        scene.send(session)
        file = collect_person_file(session, scene.worker, scene.resident, purpose="print")
        held = collect_held(session, scene.worker, scene.resident, purpose="print")
        papers = [person_file(file, lambda event: event.kind), held_paper(held)]
    for paper in papers:
        assert faults_of(to_pdf(paper)) == []
        assert faults_of(to_pdf(crowded(paper))) == []


def test_a_character_of_no_typeface_is_printed_as_its_code_and_named() -> None:
    """Somebody who signs sees that their name is not complete, and where to write it."""
    text = "".join(
        page.extract_text()
        for page in PdfReader(io.BytesIO(to_pdf(Document("申请表", [Paragraph("张\U000323af三、𠮷☑\ue863")])))).pages
    )
    assert "张〔U+323AF〕三、𠮷☑䶮" in text
    assert "请手写补上：〔U+323AF〕" in text


def test_a_name_is_told_apart_by_what_can_be_printed() -> None:
    assert typefaces.unprintable(f"{VALUES}\n\t\u3000\u200b王\ufe00") == []
    assert typefaces.unprintable("𲎯三𲎯") == ["𲎯"]


class TestTheCheck:
    """The check itself sees what it is for."""

    def test_text_over_text_is_a_fault(self) -> None:
        rows = Rows(["救助对象", "困难原因"], [["\u2060".join("长" * 30), "因病致困"]], [1, 1])
        faults = faults_of(to_pdf(Document("公示", [rows])))
        assert any("overlaps" in fault for fault in faults)
        assert any("a line runs through" in fault for fault in faults)

    def test_a_missing_glyph_is_a_fault(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(typefaces, "_is_missing", lambda character: False)
        assert faults_of(to_pdf(Document("公示", [Paragraph("\U000323af")]))) == [
            "page 1: 1 characters are not in the typeface"
        ]
