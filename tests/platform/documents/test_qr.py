"""QR codes: one drawing for pages, one for paper, of the same code."""

import re

from tuoju.documents import qr

ADDRESS = "https://tuoju.example/r/abcdef"


def modules(drawn: str) -> str:
    """The dark modules as the drawing runs through them, from the first one on."""
    return re.findall(r'class="qrline" stroke="#000" d="M\S+ [\d.]+([^"]+)"', drawn)[0]


def test_on_a_page_the_style_sheet_decides_the_size_and_nothing_is_inline() -> None:
    head = qr.on_page(ADDRESS).partition(">")[0]
    assert "viewBox" in head
    assert "width" not in head
    assert "style=" not in qr.on_page(ADDRESS)


def test_on_paper_it_has_its_size() -> None:
    assert qr.on_paper(ADDRESS).startswith('<svg width="132" height="132"')


def test_both_are_the_same_code() -> None:
    assert modules(qr.on_page(ADDRESS)) == modules(qr.on_paper(ADDRESS)) != modules(qr.on_paper(ADDRESS[:-1] + "g"))
