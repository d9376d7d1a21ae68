"""Forms as PDF: typed text is printed unchanged, with embedded Chinese fonts (domain section 16)."""

import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from tuoju.cases.inputs import InvestigationInput
from tuoju.documents.papers.blank_papers import BLANK_PAPERS
from tuoju.documents.papers.case_facts import CaseFacts
from tuoju.documents.papers.case_papers import CASE_PAPERS
from tuoju.documents.papers.typesetting import (
    Choice,
    Choices,
    Document,
    Field,
    Fields,
    Large,
    Paragraph,
    Passage,
    Rows,
    Signature,
    Signatures,
    scannable,
    to_pdf,
)
from tuoju.relief.amounts import in_capitals

HOSTILE = '#set text(red) *b* _i_ $x$ #read("/etc/passwd") <tag> @ref \\ // /* 张"三'


def text_of(pdf: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def squeezed(words: str) -> str:
    return "".join(words.split())


def test_typed_text_is_never_markup() -> None:
    blocks = [
        Fields([Field("姓名", HOSTILE)]),
        Passage("情况", HOSTILE),
        Rows(["列"], [[HOSTILE]], [1]),
        Paragraph(HOSTILE),
    ]
    text = squeezed(text_of(to_pdf(Document(HOSTILE, blocks, HOSTILE, HOSTILE, HOSTILE, HOSTILE))))
    assert text.count(squeezed(HOSTILE)) >= 7


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=80))
def test_any_text_can_be_printed(words: str) -> None:
    blocks = [
        Fields([Field(words, words)]),
        Choices(words, [Choice(words, True)]),
        Signatures([Signature(words, words, words)]),
        Large(words),
    ]
    assert to_pdf(Document(words, blocks)).startswith(b"%PDF")


def test_fonts_are_embedded() -> None:
    """A printer in a village hall has no Chinese type of its own."""
    page = PdfReader(io.BytesIO(to_pdf(Document("申请表", [Paragraph("困难")])))).pages[0]
    fonts = page["/Resources"]["/Font"].values()  # type: ignore[index]
    for font in fonts:
        descriptor = font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
        assert any(key in descriptor for key in ("/FontFile", "/FontFile2", "/FontFile3"))


@pytest.mark.parametrize("name", BLANK_PAPERS)
def test_every_blank_form_has_one_page_or_two(name: str) -> None:
    """Domain section 17, item 24: for the pen, where there is no network."""
    pages = PdfReader(io.BytesIO(to_pdf(BLANK_PAPERS[name]()))).pages
    assert len(pages) == (2 if name in ("investigation", "slip") else 1)


def test_a_long_household_table_continues_on_the_next_page() -> None:
    members = [{"name": f"家人{number}", "age": number, "kinship": "孙子"} for number in range(12)]
    visit = InvestigationInput.model_validate(
        {"visited_on": "2026-10-12", "members": members, "difficulties": "房屋漏雨," * 150, "conclusion": "money"}
    )
    pdf = to_pdf(CASE_PAPERS["investigation"](CaseFacts(visit=visit), ""))
    pages = PdfReader(io.BytesIO(pdf)).pages
    assert len(pages) == 2
    text = squeezed(text_of(pdf))
    assert all(f"家人{number}" in text for number in range(12))


def test_a_visit_prints_nothing_that_nobody_said() -> None:
    """A visit that answered only what it must: no amount of 0, no tick under a domain of needs."""
    visit = InvestigationInput.model_validate(
        {"visited_on": "2026-10-12", "difficulties": "房屋漏雨", "conclusion": "money"}
    )
    printed = squeezed(text_of(to_pdf(CASE_PAPERS["investigation"](CaseFacts(visit=visit), ""))))
    assert "√" not in printed
    assert "0" not in printed.replace("2026年10月12日", "")


def test_an_amount_is_printed_in_digits_and_in_capitals() -> None:
    text = text_of(to_pdf(CASE_PAPERS["receipt"](CaseFacts(paid_fen=120_050), "")))
    assert "1,200.50元" in squeezed(text)
    assert in_capitals(120_050) in text


def test_an_address_becomes_a_qr_code() -> None:
    code = scannable("https://tuoju.example/board/341124105205", "扫码")
    assert code.svg.startswith("<svg")
    assert json.dumps(code.svg)
