"""Every paper without facts, to print and fill in by hand where there is no network."""

from collections.abc import Callable, Mapping
from functools import partial

from tuoju.documents.papers.board_papers import notice_sheet
from tuoju.documents.papers.case_facts import CaseFacts
from tuoju.documents.papers.case_papers import CASE_PAPERS
from tuoju.documents.papers.file_paper import cover
from tuoju.documents.papers.referral_facts import ReferralFacts
from tuoju.documents.papers.request_papers import discovery
from tuoju.documents.papers.service_papers import service_record, slip
from tuoju.documents.papers.society_papers import minutes, open_account
from tuoju.documents.papers.summary_paper import blank_summary
from tuoju.documents.papers.typesetting import Document
from tuoju.documents.sheets.summary_book import SECTIONS

BLANK_PAPERS: Mapping[str, Callable[[], Document]] = {
    **{name: partial(paper, CaseFacts(), "") for name, paper in CASE_PAPERS.items()},
    "discovery": partial(discovery, CaseFacts()),
    "minutes": minutes,
    "notice": partial(notice_sheet, None, []),
    "open_account": partial(open_account, None),
    "slip": partial(slip, ReferralFacts()),
    "service_record": partial(service_record, ReferralFacts(), []),
    "summary": partial(blank_summary, SECTIONS),
    "cover": cover,
}
"""By the name in the address, which is a code of the list `blank_paper`."""
